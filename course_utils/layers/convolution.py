"""Convolution of a batch of images with a bank of filters, forward and backward.

Both directions copy the sliding windows into columns, one column a place, so that the work is a matrix product (im2col;
Chellapilla et al. 2006). A 1x1 convolution needs no windows: its columns are the pixels themselves.
"""

import numpy as np

from course_utils.layers.arguments import (
    Pair,
    check_array,
    check_bias,
    check_cache,
    check_dout,
    check_integer,
    check_pair,
)
from course_utils.layers.sizes import conv_output_size
from course_utils.layers.windows import Sliding

Cache = tuple[np.ndarray, np.ndarray, np.ndarray | None, int | Pair, int | Pair, int | Pair, int]


def conv2d_forward(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
) -> tuple[np.ndarray, Cache]:
    """Slide every filter over every image. As in PyTorch, the kernel is not flipped and padding is zeros.

    x: (N, C, H, W) array; weight: (K, C/groups, KH, KW), K filters; bias: (K,) or None.
    stride, padding, dilation: an integer or a pair (rows, columns). With groups > 1, channels and filters are split into
    that many equal runs, and the filters of a run see the channels of that run only.
    Returns out (N, K, OH, OW), its sides by `conv_output_size`, and for `conv2d_backward` the cache
    (x, weight, bias, stride, padding, dilation, groups), all as given.

    Raises TypeError if an array is not floating point, the dtypes differ, or a setting is not an integer; ValueError if a
    setting is out of range or the shapes do not fit.
    """
    sliding = _check(x, weight, bias, stride, padding, dilation, groups)
    filters = _filter_rows(weight, groups)
    if _is_pointwise(sliding):
        out = _pointwise_forward(x, filters)
    else:
        out = _forward(x, filters, sliding)
    out = out.reshape(len(x), len(weight), *sliding.out)
    if bias is not None:
        out += bias[:, None, None]
    return out, (x, weight, bias, stride, padding, dilation, groups)


def conv2d_backward(
    dout: np.ndarray, cache: Cache
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """The gradients (dx, dweight, dbias), each shaped as what it belongs to; dbias is None where bias was.

    dout: (N, K, OH, OW), the gradient of the loss with respect to out; cache: from `conv2d_forward`.
    """
    check_cache(cache, "(x, weight, bias, stride, padding, dilation, groups)", "conv2d_forward")
    x, weight, bias, *_, groups = cache
    sliding = _check(*cache)
    check_dout(dout, (len(x), len(weight), *sliding.out), x)
    filters = _filter_rows(weight, groups)
    backward = _pointwise_backward if _is_pointwise(sliding) else _backward
    dx, dfilters = backward(dout, x, filters, sliding)
    dbias = None if bias is None else dout.sum(axis=(0, 2, 3))
    return dx, dfilters.reshape(weight.shape), dbias


def _check(x, weight, bias, stride, padding, dilation, groups) -> Sliding:
    check_array("x", x, "(N, C, H, W)")
    check_array("weight", weight, "(K, C/groups, KH, KW)", like=x)
    check_bias(bias, len(weight), x)
    stride = check_pair("stride", stride, least=1)
    padding = check_pair("padding", padding, least=0)
    dilation = check_pair("dilation", dilation, least=1)
    groups = check_integer("groups", groups, least=1)
    channels, filters = x.shape[1], len(weight)
    if channels % groups or filters % groups:
        raise ValueError(f"groups must divide the {channels} channels and the {filters} filters, got {groups}")
    if weight.shape[1] * groups != channels:
        raise ValueError(
            f"x has {channels} channels, but weight {weight.shape} with groups={groups} needs {weight.shape[1] * groups}"
        )
    kernel = weight.shape[2:]
    out = tuple(map(conv_output_size, x.shape[2:], kernel, stride, padding, dilation))
    return Sliding(kernel, stride, padding, dilation, out)


def _filter_rows(weight: np.ndarray, groups: int) -> np.ndarray:
    """(groups, K/groups, C/groups·KH·KW): each filter a row."""
    return weight.reshape(groups, len(weight) // groups, -1)


def _forward(x: np.ndarray, filters: np.ndarray, sliding: Sliding) -> np.ndarray:
    groups, group_filters, _ = filters.shape
    out = np.empty((len(x), groups * group_filters, *sliding.out), x.dtype)
    buffer = np.empty(0, x.dtype)
    for images in sliding.image_chunks(len(x)):
        windows = sliding.windows(sliding.pad(x[images]))
        result = np.empty((groups, group_filters, *windows.shape[3:]), x.dtype)
        for rows in sliding.row_bands():
            columns, buffer = _columns(windows[:, :, :, rows], groups, buffer)
            np.matmul(filters, columns, out=result[:, :, rows].reshape(groups, group_filters, -1))
        out[images] = result.reshape(-1, *windows.shape[3:]).transpose(3, 0, 1, 2)
    return out


def _backward(dout, x, filters, sliding):
    groups, group_filters, taps = filters.shape
    dx = np.empty(x.shape, x.dtype)
    # One row a tap rather than a filter: the matrix product below is faster this way round.
    dfilters = np.zeros((groups, taps, group_filters), x.dtype)
    buffer = np.empty(0, x.dtype)
    for images in sliding.image_chunks(len(x)):
        padded = sliding.pad(x[images])
        windows = sliding.windows(padded)
        dpadded = np.zeros_like(padded)
        dwindows = sliding.windows(dpadded)
        dresult = np.ascontiguousarray(dout[images].transpose(1, 2, 3, 0))
        dresult = dresult.reshape(groups, group_filters, *windows.shape[3:])
        for rows in sliding.row_bands():
            columns, buffer = _columns(windows[:, :, :, rows], groups, buffer)
            dband = dresult[:, :, rows].reshape(groups, group_filters, -1)
            dfilters += columns @ dband.swapaxes(1, 2)
            dcolumns = np.matmul(filters.swapaxes(1, 2), dband, out=columns)
            dtaps = dcolumns.reshape(windows[:, :, :, rows].shape)
            for i, j in np.ndindex(sliding.kernel):
                dwindows[:, i, j, rows] += dtaps[:, i, j]
        dx[images] = sliding.unpad(dpadded)
    return dx, dfilters.swapaxes(1, 2)


def _columns(windows, groups, buffer):
    if buffer.size < windows.size:
        buffer = np.empty(windows.size, windows.dtype)
    columns = buffer[: windows.size].reshape(windows.shape)
    columns[...] = windows
    return columns.reshape(groups, len(windows) // groups * windows.shape[1] * windows.shape[2], -1), buffer


def _is_pointwise(sliding: Sliding) -> bool:
    return sliding.kernel == (1, 1) and sliding.stride == (1, 1) and sliding.padding == (0, 0)


def _pointwise_forward(x: np.ndarray, filters: np.ndarray) -> np.ndarray:
    return filters @ x.reshape(len(x), len(filters), filters.shape[2], -1)


def _pointwise_backward(dout, x, filters, sliding):
    pixels = x.reshape(len(x), len(filters), filters.shape[2], -1)
    dresult = dout.reshape(len(x), len(filters), filters.shape[1], -1)
    dfilters = np.zeros_like(filters)
    for image, dimage in zip(pixels, dresult, strict=True):
        dfilters += dimage @ image.swapaxes(1, 2)
    dx = filters.swapaxes(1, 2) @ dresult
    return dx.reshape(x.shape), dfilters
