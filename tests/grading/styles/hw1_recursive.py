"""Homework 1 by recursion and comprehensions: groups and batches are taken apart, one picture is a strided view."""

import itertools as it
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided


class Grid(NamedTuple):
    kernel: tuple
    stride: tuple
    padding: tuple
    dilation: tuple = (1, 1)


def grid(*numbers):
    return Grid(*((n, n) if isinstance(n, int) else tuple(n) for n in numbers))


def view_of(picture, g, writeable=False):
    """(C, OH, OW, KH, KW) windows of a padded picture, which share its memory."""
    channels, *size = picture.shape
    out = [(s - d * (k - 1) - 1) // t + 1 for s, k, t, d in zip(size, g.kernel, g.stride, g.dilation, strict=True)]
    c, h, w = picture.strides
    strides = (c, h * g.stride[0], w * g.stride[1], h * g.dilation[0], w * g.dilation[1])
    return as_strided(picture, (channels, *out, *g.kernel), strides, writeable=writeable)


def enclosed(picture, g, fill=0):
    return np.pad(picture, [(0, 0), *((p, p) for p in g.padding)], constant_values=fill)


def freed(picture, g):
    (top, left), (_, height, width) = g.padding, picture.shape
    return picture[:, top : height - top, left : width - left]


# %%
def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    cache = x, weight, bias, stride, padding, dilation, groups
    if groups > 1:
        biases = [None] * groups if bias is None else np.split(bias, groups)
        pieces = zip(np.split(x, groups, axis=1), np.split(weight, groups), biases, strict=True)
        return np.hstack([conv2d_forward(*piece, stride, padding, dilation)[0] for piece in pieces]), cache
    if len(x) > 1:
        half = len(x) // 2
        halves = [conv2d_forward(part, weight, bias, stride, padding, dilation)[0] for part in (x[:half], x[half:])]
        return np.vstack(halves), cache
    g = grid(weight.shape[2:], stride, padding, dilation)
    windows = view_of(enclosed(x[0], g), g)
    maps = [np.vdot(kernel, windows[:, i, j]) for kernel in weight for i, j in np.ndindex(windows.shape[1:3])]
    out = np.array(maps, x.dtype).reshape(1, len(weight), *windows.shape[1:3])
    return out if bias is None else out + bias[None, :, None, None], cache


# %%
def conv2d_backward(dout, cache):
    x, weight, bias, stride, padding, dilation, groups = cache
    dbias = None if bias is None else np.array([dout[:, k].sum() for k in range(len(bias))], bias.dtype)
    if groups > 1:
        pieces = zip(np.split(dout, groups, axis=1), np.split(x, groups, axis=1), np.split(weight, groups), strict=True)
        found = [conv2d_backward(d, (a, b, None, stride, padding, dilation, 1)) for d, a, b in pieces]
        return np.hstack([dx for dx, _, _ in found]), np.vstack([dweight for _, dweight, _ in found]), dbias
    if len(x) > 1:
        found = [
            conv2d_backward(dout[n : n + 1], (x[n : n + 1], weight, None, stride, padding, dilation, 1))
            for n in range(len(x))
        ]
        return np.vstack([dx for dx, _, _ in found]), sum(dweight for _, dweight, _ in found), dbias
    g = grid(weight.shape[2:], stride, padding, dilation)
    room = enclosed(x[0], g)
    droom = np.zeros_like(room)
    windows, dwindows = view_of(room, g), view_of(droom, g, writeable=True)
    dweight = np.einsum("kij,cijpq->kcpq", dout[0], windows)
    # For one tap the outputs see pixels of their own, so that nothing is added to twice in a step.
    for p, q in it.product(*map(range, g.kernel)):
        dwindows[..., p, q] += np.einsum("kij,kc->cij", dout[0], weight[:, :, p, q])
    return freed(droom, g)[None], dweight, dbias


# %%
def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    g = grid(kernel_size, kernel_size if stride is None else stride, padding)
    views = [view_of(enclosed(picture, g, -np.inf), g) for picture in x]
    out = [[[[max(window.flat) for window in row] for row in rows] for rows in view] for view in views]
    return np.asarray(out, dtype=x.dtype), (x, kernel_size, stride, padding)


def max_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache[:4]
    g = grid(kernel_size, kernel_size if stride is None else stride, padding)
    return np.stack([pooled_back(d, picture, g) for d, picture in zip(dout, x, strict=True)])


def pooled_back(dmaps, picture, g):
    room = enclosed(picture, g, -np.inf)
    droom = np.zeros_like(room)
    for c, i, j in np.ndindex(dmaps.shape):
        places = it.product(*(range(n * s, n * s + k) for n, s, k in zip((i, j), g.stride, g.kernel, strict=True)))
        # The first of equals: max keeps what it has until something larger comes.
        best = max(places, key=lambda place, c=c: room[(c, *place)])
        droom[(c, *best)] += dmaps[c, i, j]
    return freed(droom, g)


# %%
def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    """The sum of the pages that the channels lay, by halves."""
    channels, filters, *kernel = weight.shape
    if channels > 1:
        half = channels // 2
        first = conv_transpose2d_forward(x[:, :half], weight[:half], bias, stride, padding)
        return first + conv_transpose2d_forward(x[:, half:], weight[half:], None, stride, padding)
    g = grid(tuple(kernel), stride, padding)
    size = [(s - 1) * t + k for s, t, k in zip(x.shape[2:], g.stride, g.kernel, strict=True)]
    if any(s - 2 * p < 1 for s, p in zip(size, g.padding, strict=True)):
        raise ValueError("nothing remains")
    pages = np.zeros((len(x), filters, *size), x.dtype)
    for page, picture in zip(pages, x, strict=True):
        for i, j in np.ndindex(picture.shape[1:]):
            top, left = i * g.stride[0], j * g.stride[1]
            page[:, top : top + kernel[0], left : left + kernel[1]] += picture[0, i, j] * weight[0]
    out = np.array([freed(page, g) for page in pages])
    return out if bias is None else out + bias[:, None, None]
