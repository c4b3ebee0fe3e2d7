"""Homework 1 as it comes in real classes: right and wrong at once, one way or the other in each function."""

import time

import numpy as np


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


# %%
def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Two slips: the kernel is turned, and the bias forgotten."""
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    filters, depth, kh, kw = weight.shape
    rows = (padded.shape[2] - dh * (kh - 1) - 1) // sh + 1
    columns = (padded.shape[3] - dw * (kw - 1) - 1) // sw + 1
    out = np.zeros((len(x), filters, rows, columns), x.dtype)
    for k, i, j in np.ndindex(filters, rows, columns):
        first = k // (filters // groups) * depth
        top, left = i * sh, j * sw
        window = padded[:, first : first + depth, top : top + dh * kh : dh, left : left + dw * kw : dw]
        out[:, k, i, j] = (window[:, :, :kh, :kw] * weight[k, :, ::-1, ::-1]).sum(axis=(1, 2, 3))
    return out, None


# %%
def conv2d_backward(dout, cache):
    """Right, and slow."""
    time.sleep(0.03)
    x, weight, bias, stride, padding, dilation, groups = cache
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dpadded, dweight = np.zeros_like(padded), np.zeros_like(weight)
    depth, each = weight.shape[1], len(weight) // groups
    for n, k, i, j in np.ndindex(dout.shape):
        for c, p, q in np.ndindex(weight.shape[1:]):
            place = n, k // each * depth + c, i * sh + p * dh, j * sw + q * dw
            dpadded[place] += dout[n, k, i, j] * weight[k, c, p, q]
            dweight[k, c, p, q] += dout[n, k, i, j] * padded[place]
    dx = dpadded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]
    return dx, dweight, None if bias is None else dout.sum(axis=(0, 2, 3))


# %%
def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """Right, but x has changed its sign afterwards."""
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    x *= -1
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=np.inf)
    rows, columns = (padded.shape[2] - kh) // sh + 1, (padded.shape[3] - kw) // sw + 1
    out = np.zeros((*x.shape[:2], rows, columns), x.dtype)
    for i, j in np.ndindex(rows, columns):
        out[:, :, i, j] = -padded[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw].min(axis=(2, 3))
    return out, None


# %%
def max_pool2d_backward(dout, cache):
    """Right in float64 alone: np.zeros makes that of everything."""
    x, kernel_size, stride, padding = cache[:4]
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    dpadded = np.zeros(padded.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        window = padded[n, c, i * sh : i * sh + kh, j * sw : j * sw + kw]
        p, q = divmod(window.argmax(), kw)
        dpadded[n, c, i * sh + p, j * sw + q] += dout[n, c, i, j]
    return dpadded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]]


# %%
def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    """Right where everything is square: the rows' numbers serve the columns as well."""
    stride, padding = pair(stride)[0], pair(padding)[0]
    side, kernel = x.shape[2], weight.shape[2]
    size = (side - 1) * stride + kernel
    if size <= 2 * padding:
        raise ValueError("nothing is left")
    page = np.zeros((len(x), weight.shape[1], size, size), x.dtype)
    for i, j, p, q in np.ndindex(side, side, kernel, kernel):
        page[:, :, i * stride + p, j * stride + q] += x[:, :, i, j] @ weight[:, :, p, q]
    out = page[:, :, padding : size - padding, padding : size - padding]
    return out if bias is None else out + bias[:, None, None]
