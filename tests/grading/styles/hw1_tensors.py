"""Homework 1 as sums of products of four arrays: which tap of which output sees which pixel is an array of 0 and 1."""

from math import inf

import numpy as np

pair = lambda value: value if isinstance(value, tuple) else (value,) * 2  # noqa: E731


def sight(size, kernel, stride, padding, dilation=1):
    """(outputs, taps, pixels): 1 where the tap of that output sees that pixel."""
    outputs = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    pixel = np.arange(outputs)[:, None] * stride + np.arange(kernel) * dilation - padding
    return (pixel[..., None] == np.arange(size)).astype(float)


def sights(size, kernel, *settings):
    return [sight(*numbers) for numbers in zip(size, kernel, *map(pair, settings), strict=True)]


# %%
def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    rows, columns = sights(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    n, _, h, w = x.shape
    k, depth, p, q = weight.shape
    out = np.einsum(
        "ngchw,iph,jqw,gkcpq->ngkij",
        x.reshape(n, groups, depth, h, w),
        rows,
        columns,
        weight.reshape(groups, k // groups, depth, p, q),
        optimize="greedy",
    )
    out = out.reshape(n, k, len(rows), len(columns))
    if bias is not None:
        out = out + bias.reshape(k, 1, 1)
    return out.astype(x.dtype), (rows, columns)


# %%
def conv2d_backward(dout, cache):
    """The same product, with another of its factors left out each time."""
    x, weight, bias, stride, padding, dilation, groups = cache
    rows, columns = sights(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    pictures = x.reshape(len(x), groups, -1, *x.shape[2:])
    filters = weight.reshape(groups, -1, *weight.shape[1:])
    upstream = dout.reshape(len(x), groups, -1, *dout.shape[2:])
    dx = np.einsum("ngkij,iph,jqw,gkcpq->ngchw", upstream, rows, columns, filters, optimize="greedy")
    dweight = np.einsum("ngkij,iph,jqw,ngchw->gkcpq", upstream, rows, columns, pictures, optimize="greedy")
    dbias = np.einsum("nkij->k", dout) if bias is not None else None
    return dx.reshape(x.shape).astype(x.dtype), dweight.reshape(weight.shape).astype(x.dtype), dbias


# %%
def competing(x, kernel_size, stride, padding):
    """(N, C, OH, OW, H·W): the pixel where the window holds it, else minus infinity."""
    rows, columns = sights(x.shape[2:], pair(kernel_size), stride or kernel_size, padding, 1)
    held = np.einsum("iph,jqw->ijhw", rows, columns) > 0
    seen = np.where(held, x[:, :, None, None], -inf)
    return seen.reshape(*seen.shape[:4], -1)


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    return competing(x, kernel_size, stride, padding).max(axis=-1).astype(x.dtype), (x, kernel_size, stride, padding)


# %%
def max_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache[:4]
    winners = competing(x, kernel_size, stride, padding).argmax(axis=-1)
    picked = np.eye(x.shape[2] * x.shape[3], dtype=dout.dtype)[winners]
    return np.einsum("ncij,ncijz->ncz", dout, picked).reshape(x.shape)


# %%
def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    settings = zip(x.shape[2:], weight.shape[2:], pair(stride), pair(padding), strict=True)
    size = [(side - 1) * step + kernel - 2 * cut for side, kernel, step, cut in settings]
    if any(side <= 0 for side in size):
        raise ValueError(f"the output would be {size}")
    rows, columns = sights(size, weight.shape[2:], stride, padding, 1)
    out = np.einsum("ncij,iph,jqw,ckpq->nkhw", x, rows, columns, weight, optimize="greedy")
    out += np.zeros((1, 1, 1)) if bias is None else bias[:, None, None]
    return out.astype(x.dtype)
