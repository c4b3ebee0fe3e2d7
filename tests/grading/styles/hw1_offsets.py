"""Homework 1 by padding and slicing: one step for each place of the kernel, all outputs at once."""

import numpy as np


def both(value):
    return (value, value) if np.ndim(value) == 0 else tuple(value)


def framed(x, padding, fill=0.0):
    (ph, pw), (batch, channels, height, width) = both(padding), x.shape
    frame = np.full((batch, channels, height + 2 * ph, width + 2 * pw), fill, x.dtype)
    frame[:, :, ph : ph + height, pw : pw + width] = x
    return frame


def unframed(frame, padding):
    ph, pw = both(padding)
    return frame[:, :, ph : frame.shape[2] - ph, pw : frame.shape[3] - pw]


def reached(size, kernel_size, stride, dilation=1):
    """For each place of the kernel the slice of pixels that all its outputs see there."""
    count = (size - dilation * (kernel_size - 1) - 1) // stride + 1
    return [slice(tap * dilation, tap * dilation + (count - 1) * stride + 1, stride) for tap in range(kernel_size)]


def taps(frame, kernel, stride, dilation=1):
    """(row in the kernel, column in the kernel, view of the frame) for each place of the kernel."""
    (sh, sw), (dh, dw) = both(stride), both(dilation)
    for p, rows in enumerate(reached(frame.shape[2], kernel[0], sh, dh)):
        for q, columns in enumerate(reached(frame.shape[3], kernel[1], sw, dw)):
            yield p, q, frame[:, :, rows, columns]


# %%
def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    out = 0
    for p, q, view in taps(framed(x, padding), weight.shape[2:], stride, dilation):
        pieces = zip(np.split(view, groups, axis=1), np.split(weight[:, :, p, q], groups), strict=True)
        # (k, c) times (n, c, i, j) gives (k, n, i, j).
        out = out + np.concatenate([np.tensordot(w, v, axes=(1, 1)) for v, w in pieces])
    out = out.swapaxes(0, 1)
    if bias is not None:
        out = out + bias.reshape(-1, 1, 1)
    return out, {"x": x, "weight": weight}


# %%
def conv2d_backward(dout, cache):
    x, weight, bias, stride, padding, dilation, groups = cache
    frame = framed(x, padding)
    dframe, dweight = np.zeros_like(frame), np.empty_like(weight)
    dviews = taps(dframe, weight.shape[2:], stride, dilation)
    parts = np.split(dout, groups, axis=1)
    for (p, q, view), (_, _, dview) in zip(taps(frame, weight.shape[2:], stride, dilation), dviews, strict=True):
        views, kernels = np.split(view, groups, axis=1), np.split(weight[:, :, p, q], groups)
        dweight[:, :, p, q] = np.concatenate(
            [np.tensordot(d, v, axes=((0, 2, 3), (0, 2, 3))) for d, v in zip(parts, views, strict=True)]
        )
        dview += np.concatenate(
            [np.tensordot(k, d, axes=(0, 1)) for d, k in zip(parts, kernels, strict=True)]
        ).swapaxes(0, 1)
    return unframed(dframe, padding), dweight, None if bias is None else dout.sum((0, 2, 3))


# %%
def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    stride = kernel_size if stride is None else stride
    views = [view for _, _, view in taps(framed(x, padding, -np.inf), both(kernel_size), stride)]
    out = views[0].copy()
    for view in views[1:]:
        larger = view > out
        out[larger] = view[larger]
    return out, None


# %%
def max_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache[:4]
    stride = kernel_size if stride is None else stride
    out = max_pool2d_forward(x, kernel_size, stride, padding)[0]
    frame = framed(x, padding, -np.inf)
    dframe = np.zeros(frame.shape, dout.dtype)
    waiting = np.ones(dout.shape, bool)
    dviews = taps(dframe, both(kernel_size), stride)
    for (_, _, view), (_, _, dview) in zip(taps(frame, both(kernel_size), stride), dviews, strict=True):
        won = waiting & (view == out)
        dview += np.where(won, dout, 0)
        waiting &= ~won
    return unframed(dframe, padding)


# %%
def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    (sh, sw), kernel = both(stride), weight.shape[2:]
    size = (x.shape[2] - 1) * sh + kernel[0], (x.shape[3] - 1) * sw + kernel[1]
    page = np.zeros((len(x), weight.shape[1], *size), x.dtype)
    for p, q, view in taps(page, kernel, stride):
        view += np.tensordot(weight[:, :, p, q], x, axes=(0, 1)).swapaxes(0, 1)
    if min(side - 2 * cut for side, cut in zip(size, both(padding), strict=True)) <= 0:
        raise ValueError("the padding cuts everything off")
    out = unframed(page, padding)
    return out if bias is None else out + bias[:, np.newaxis, np.newaxis]
