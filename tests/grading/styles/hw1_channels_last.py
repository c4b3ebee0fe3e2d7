"""Homework 1 with the channels last and in float64 inside; what comes back is a view of another layout."""

import numpy as np
from numpy import ndarray

# %%


def inside(x: ndarray) -> ndarray:
    """(N, C, H, W) to (N, H, W, C) in float64."""
    return np.ascontiguousarray(np.transpose(x, (0, 2, 3, 1)), dtype="float64")


def outside(x: ndarray, dtype) -> ndarray:
    return np.transpose(x, (0, 3, 1, 2)).astype(dtype)


def two(number) -> tuple:
    return tuple(number) if isinstance(number, tuple | list) else (int(number), int(number))


def pad_last(x, padding, value=0.0):
    ph, pw = two(padding)
    return np.pad(x, [(0, 0), (ph, ph), (pw, pw), (0, 0)], mode="constant", constant_values=value)


def crop_last(x, padding):
    ph, pw = two(padding)
    x = x[:, ph:-ph] if ph else x
    return x[:, :, pw:-pw] if pw else x


# %%
def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (dh, dw) = two(stride), two(dilation)
    filters, depth, kh, kw = weight.shape
    kernels = inside(weight)  # (K, KH, KW, depth)
    padded = pad_last(inside(x), padding)
    high, wide = (kh - 1) * dh + 1, (kw - 1) * dw + 1
    tops = range(0, padded.shape[1] - high + 1, sh)
    lefts = range(0, padded.shape[2] - wide + 1, sw)
    out = np.empty((len(x), len(tops), len(lefts), filters))
    for k in range(filters):
        first = depth * (k * groups // filters)
        for i, top in enumerate(tops):
            for j, left in enumerate(lefts):
                window = padded[:, top : top + high : dh, left : left + wide : dw, first : first + depth]
                out[:, i, j, k] = np.tensordot(window, kernels[k], axes=3)
    if bias is not None:
        out += bias
    return outside(out, x.dtype), None


# %%
def conv2d_backward(dout, cache):
    """dx by sliding the turned kernels over dout, between whose numbers there are zeros."""
    x, weight, bias, stride, padding, dilation, groups = cache
    (sh, sw), (dh, dw) = two(stride), two(dilation)
    filters, depth, kh, kw = weight.shape
    padded, kernels, upstream = pad_last(inside(x), padding), inside(weight), inside(dout)
    batch, oh, ow, _ = upstream.shape
    spread = np.zeros((batch, (oh - 1) * sh + 1, (ow - 1) * sw + 1, filters))
    spread[:, ::sh, ::sw] = upstream
    high, wide = (kh - 1) * dh, (kw - 1) * dw
    around = np.pad(spread, [(0, 0), (high, high), (wide, wide), (0, 0)])
    rows, columns = spread.shape[1] + high, spread.shape[2] + wide
    dpadded, dkernels = np.zeros(padded.shape), np.zeros(kernels.shape)
    for k in range(filters):
        seen = slice(depth * (k * groups // filters), depth * (k * groups // filters) + depth)
        for p in range(kh):
            for q in range(kw):
                turned = kernels[k, kh - 1 - p, kw - 1 - q]
                dpadded[:, :rows, :columns, seen] += (
                    around[:, p * dh : p * dh + rows, q * dw : q * dw + columns, k, None] * turned
                )
                under = padded[:, p * dh :, q * dw :, seen][:, : spread.shape[1], : spread.shape[2]]
                dkernels[k, p, q] = np.tensordot(spread[..., k], under, axes=3)
    dbias = None if bias is None else upstream.sum(axis=(0, 1, 2)).astype(bias.dtype)
    return outside(crop_last(dpadded, padding), x.dtype), outside(dkernels, weight.dtype), dbias


# %%
def stacked(x, kernel_size, stride, padding):
    """(taps, N, OH, OW, C): what each output sees, tap by tap."""
    (kh, kw), (sh, sw) = two(kernel_size), two(kernel_size if stride is None else stride)
    padded = pad_last(inside(x), padding, -np.inf)
    oh, ow = 1 + (padded.shape[1] - kh) // sh, 1 + (padded.shape[2] - kw) // sw
    return np.stack([padded[:, p::sh, q::sw][:, :oh, :ow] for p in range(kh) for q in range(kw)])


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    seen = stacked(x, kernel_size, stride, padding)
    return outside(seen.max(0), x.dtype), seen.argmax(0)


def max_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache[0], cache[1], cache[2], cache[3]
    (kh, kw), (sh, sw), (ph, pw) = two(kernel_size), two(kernel_size if stride is None else stride), two(padding)
    winner, upstream = stacked(x, kernel_size, stride, padding).argmax(0), inside(dout)
    dx = np.zeros((len(x), x.shape[2] + 2 * ph, x.shape[3] + 2 * pw, x.shape[1]))
    for n, i, j, c in np.ndindex(winner.shape):
        p, q = divmod(int(winner[n, i, j, c]), kw)
        assert p < kh
        dx[n, i * sh + p, j * sw + q, c] += upstream[n, i, j, c]
    return outside(crop_last(dx, padding), x.dtype)


# %%
def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    """Every pixel that comes out collects from those whose filters reach it."""
    (sh, sw), (ph, pw) = two(stride), two(padding)
    given = inside(x)
    batch, height, width, _ = given.shape
    _, filters, kh, kw = weight.shape
    rows, columns = sh * (height - 1) + kh - 2 * ph, sw * (width - 1) + kw - 2 * pw
    if not (rows > 0 and columns > 0):
        raise ValueError("padding")
    out = np.zeros((batch, rows, columns, filters)) + (0 if bias is None else bias)
    for r in range(rows):
        for c in range(columns):
            for i in range(height):
                for j in range(width):
                    p, q = r + ph - i * sh, c + pw - j * sw
                    if 0 <= p < kh and 0 <= q < kw:
                        out[:, r, c] += given[:, i, j] @ weight[:, :, p, q].astype("float64")
    return outside(out, x.dtype)
