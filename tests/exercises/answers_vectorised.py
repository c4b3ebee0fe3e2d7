"""Right answers to every exercise without a loop over pixels: window views, einsum, matrix products, index arithmetic."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def to_gray(image):
    return np.einsum("chw->hw", image) / np.asarray(3, image.dtype)


def horizontal_difference(image):
    return np.diff(image, axis=1)


def correlate2d(x, kernel):
    windows = sliding_window_view(x, kernel.shape)
    return np.tensordot(windows, kernel, axes=kernel.ndim).reshape(windows.shape[x.ndim - 2 : x.ndim])


def locally_connected2d(x, weight, bias=None, stride=1):
    sh, sw = pair(stride)
    windows = sliding_window_view(x, weight.shape[-2:], axis=(2, 3))[:, :, ::sh, ::sw]
    out = np.einsum("ncijab,ijkcab->nkij", windows, weight)
    return out if bias is None else out + bias.transpose(2, 0, 1)


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    starts = np.arange(0, size + 2 * padding - dilation * (kernel_size - 1), stride)
    if not len(starts):
        raise ValueError("the kernel does not fit")
    return len(starts)


def count_conv_parameters(in_channels, out_channels, kernel_size, groups=1, bias=True):
    weight = (out_channels, in_channels // groups, *pair(kernel_size))
    return math.prod(weight) + bias * out_channels


def _columns(x, weight, stride, padding, dilation, groups):
    """(N, G, C/G, OH, OW, KH, KW) windows of the padded x, without a copy but that of the padding."""
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    kh, kw = weight.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    reach = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    windows = sliding_window_view(padded, reach, axis=(2, 3))[:, :, ::sh, ::sw, ::dh, ::dw]
    return windows.reshape(len(x), groups, -1, *windows.shape[2:])


def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    columns = _columns(x, weight, stride, padding, dilation, groups)
    filters = weight.reshape(groups, -1, *weight.shape[1:])
    out = np.einsum("ngcijab,gkcab->ngkij", columns, filters, optimize=True)
    out = out.reshape(len(x), len(weight), *out.shape[3:])
    if bias is not None:
        out = out + bias[:, None, None]
    return out, (x, weight, bias, stride, padding, dilation, groups)


def conv2d_backward(dout, cache):
    """dweight as a correlation; dx by scattering the columns' gradient back to where im2col took them from."""
    x, weight, bias, stride, padding, dilation, groups = cache
    columns = _columns(x, weight, stride, padding, dilation, groups)
    filters = weight.reshape(groups, -1, *weight.shape[1:])
    grouped = dout.reshape(len(x), groups, -1, *dout.shape[2:])
    dweight = np.einsum("ngcijab,ngkij->gkcab", columns, grouped, optimize=True).reshape(weight.shape)
    dcolumns = np.einsum("ngkij,gkcab->ngcijab", grouped, filters, optimize=True)
    # The columns of an array that holds its own positions say where each number came from; 0 is the border.
    positions = np.arange(1, x.size + 1, dtype=np.float64).reshape(x.shape)
    sources = _columns(positions, weight, stride, padding, dilation, groups).astype(int)
    dx = np.bincount(sources.ravel(), dcolumns.ravel(), minlength=x.size + 1)[1:].reshape(x.shape).astype(x.dtype)
    return dx, dweight, None if bias is None else np.einsum("nkij->k", dout)


def _pool_windows(x, kernel_size, stride, padding, border):
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=border)
    windows = sliding_window_view(padded, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]
    return windows.reshape(*windows.shape[:4], kh * kw)


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    return _pool_windows(x, kernel_size, stride, padding, -np.inf).max(axis=-1), (x, kernel_size, stride, padding)


def max_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache[:4]
    winners = _pool_windows(x, kernel_size, stride, padding, -np.inf).argmax(axis=-1)
    positions = np.arange(x.size, dtype=np.float64).reshape(x.shape)
    sources = _pool_windows(positions, kernel_size, stride, padding, -1)
    places = np.take_along_axis(sources, winners[..., None], axis=-1).astype(int)
    dx = np.zeros(x.size, x.dtype)
    np.add.at(dx, places.ravel(), dout.ravel())
    return dx.reshape(x.shape)


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    return _pool_windows(x, kernel_size, stride, padding, 0).mean(axis=-1), (x, kernel_size, stride, padding)


def avg_pool2d_backward(dout, cache):
    """Each window's share, added at every pixel of the window; the border's shares fall into a slot of their own."""
    x, kernel_size, stride, padding = cache[:4]
    positions = np.arange(1, x.size + 1, dtype=np.float64).reshape(x.shape)
    sources = _pool_windows(positions, kernel_size, stride, padding, 0).astype(int)
    shares = np.broadcast_to((dout / sources.shape[-1])[..., None], sources.shape)
    return np.bincount(sources.ravel(), shares.ravel(), minlength=x.size + 1)[1:].reshape(x.shape).astype(x.dtype)


def linear_forward(x, weight, bias=None):
    return np.einsum("nd,md->nm", x, weight) + (0 if bias is None else bias), (x, weight, bias)


def linear_backward(dout, cache):
    x, weight, bias = cache
    dbias = None if bias is None else np.einsum("nm->m", dout)
    return np.einsum("nm,md->nd", dout, weight), np.einsum("nm,nd->md", dout, x), dbias


def relu_forward(x):
    return np.where(x > 0, x, np.zeros_like(x)), x


def relu_backward(dout, cache):
    dx = dout.copy()
    dx[cache <= 0] = 0
    return dx
