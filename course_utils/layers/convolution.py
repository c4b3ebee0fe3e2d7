"""Convolution of a batch of images with a bank of filters, forward and backward.

Both directions copy what the window sees at every place into a column, so that the work becomes a matrix product (im2col;
Chellapilla et al. 2006), a tile of about a thousand places at a time. A 1x1 convolution needs no windows: its columns are
the pixels themselves. A large batch with few channels is computed in `large_batches`, without columns.
"""

import numpy as np

from course_utils.layers import large_batches
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
    (x, weight, bias, stride, padding, dilation, groups), all as given. In memory out may lie with the batch last.

    Raises TypeError if an array is not floating point, the dtypes differ, or a setting is not an integer; ValueError if a
    setting is out of range or the shapes do not fit.
    """
    sliding = _check(x, weight, bias, stride, padding, dilation, groups)
    cache = (x, weight, bias, stride, padding, dilation, groups)
    if large_batches.suits(x, weight, groups, sliding):
        return large_batches.forward(x, weight, bias, sliding), cache
    forward = _pointwise_forward if _is_pointwise(sliding) else _forward
    out = forward(x, _filter_rows(weight, groups), sliding)
    if bias is not None:
        out += bias[:, None, None]
    return out, cache


def conv2d_backward(
    dout: np.ndarray, cache: Cache, input_gradient: bool = True
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray | None]:
    """The gradients (dx, dweight, dbias), each shaped as what it belongs to; dbias is None where bias was.

    dout: (N, K, OH, OW), the gradient of the loss with respect to out; cache: from `conv2d_forward`. Without
    input_gradient, dx is None and costs nothing: nobody asks for that of a network's first layer.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    check_cache(cache, "(x, weight, bias, stride, padding, dilation, groups)", "conv2d_forward")
    x, weight, bias, *_, groups = cache
    sliding = _check(*cache)
    check_dout(dout, (len(x), len(weight), *sliding.out), x)
    if large_batches.suits(x, weight, groups, sliding):
        dx, dweight, dbias = large_batches.backward(dout, x, weight, sliding, input_gradient)
        return dx, dweight, None if bias is None else dbias
    pointwise = _is_pointwise(sliding)
    filters, dx = _filter_rows(weight, groups), None
    if input_gradient:
        dx = (_pointwise_input_gradient if pointwise else _input_gradient)(dout, x, filters, sliding)
    dfilters = (_pointwise_filter_gradient if pointwise else _filter_gradient)(dout, x, filters, sliding)
    return dx, dfilters.reshape(weight.shape), None if bias is None else dout.sum(axis=(0, 2, 3))


def _check(x, weight, bias, stride, padding, dilation, groups) -> Sliding:
    check_array("x", x, "(N, C, H, W)")
    check_array("weight", weight, "(K, C/groups, KH, KW)", like=x)
    check_bias(bias, (len(weight),), x)
    stride = check_pair("stride", stride, least=1)
    padding = check_pair("padding", padding, least=0)
    dilation = check_pair("dilation", dilation, least=1)
    groups = check_integer("groups", groups, least=1)
    channels, filters, needed = x.shape[1], len(weight), weight.shape[1] * groups
    if channels % groups or filters % groups:
        raise ValueError(f"groups must divide the {channels} channels and the {filters} filters, got {groups}")
    if needed != channels:
        raise ValueError(f"x has {channels} channels, but weight {weight.shape} with groups={groups} needs {needed}")
    kernel = weight.shape[2:]
    out = tuple(map(conv_output_size, x.shape[2:], kernel, stride, padding, dilation))
    return Sliding(kernel, stride, padding, dilation, out)


def _filter_rows(weight: np.ndarray, groups: int) -> np.ndarray:
    """(groups, K/groups, C/groups·KH·KW): each filter a row."""
    return weight.reshape(groups, len(weight) // groups, -1)


def _forward(x: np.ndarray, filters: np.ndarray, sliding: Sliding) -> np.ndarray:
    groups, group_filters, taps = filters.shape
    out = np.empty((len(x), groups * group_filters, *sliding.out), x.dtype)
    for images in sliding.image_chunks(len(x)):
        windows = sliding.windows(sliding.pad(x[images]))
        result = np.empty((groups * group_filters, *windows.shape[3:]), x.dtype)
        for rows in sliding.row_bands():
            # Windows overlap in memory, so this reshape copies them: a row a tap, a column a place.
            columns = windows[:, :, :, rows].reshape(groups, taps, -1)
            np.matmul(filters, columns, out=result[:, rows].reshape(groups, group_filters, -1))
        out[images] = result.transpose(3, 0, 1, 2)
    return out


def _input_gradient(dout: np.ndarray, x: np.ndarray, filters: np.ndarray, sliding: Sliding) -> np.ndarray:
    mirror = sliding.mirror(x.shape[2:])
    # Both ways give the same dx. The mirrored convolution copies windows of dout, which has a channel a filter.
    if mirror is not None and dout.shape[1] <= x.shape[1]:
        return _forward(dout, _flip(filters, sliding), mirror)
    return _spread(dout, x, filters, sliding)


def _flip(filters: np.ndarray, sliding: Sliding) -> np.ndarray:
    """(groups, C/groups, K/groups·KH·KW): every kernel flipped, and filters and channels exchanged."""
    groups, group_filters, _ = filters.shape
    kernels = filters.reshape(groups, group_filters, -1, *sliding.kernel)
    kernels = kernels[..., ::-1, ::-1].swapaxes(1, 2)
    return kernels.reshape(groups, kernels.shape[1], -1)


def _spread(dout: np.ndarray, x: np.ndarray, filters: np.ndarray, sliding: Sliding) -> np.ndarray:
    """Every place sends its gradient, times the filter, back to the pixels it saw; a pixel adds up what arrives."""
    groups, group_filters, _ = filters.shape
    dx = np.empty(x.shape, x.dtype)
    for images in sliding.image_chunks(len(x)):
        dpadded = sliding.zeros(x[images])
        dwindows = sliding.windows(dpadded)
        dresult = np.ascontiguousarray(dout[images].transpose(1, 2, 3, 0))
        for rows in sliding.row_bands():
            dcolumns = filters.swapaxes(1, 2) @ dresult[:, rows].reshape(groups, group_filters, -1)
            dcolumns = dcolumns.reshape(dwindows[:, :, :, rows].shape)
            # Windows overlap, but what one tap sees at two places does not: add tap by tap.
            for i, j in np.ndindex(sliding.kernel):
                dwindows[:, i, j, rows] += dcolumns[:, i, j]
        dx[images] = sliding.unpad(dpadded)
    return dx


def _filter_gradient(dout: np.ndarray, x: np.ndarray, filters: np.ndarray, sliding: Sliding) -> np.ndarray:
    """Every tap of a filter gathers dout times what the tap saw, over all places and images."""
    groups, group_filters, taps = filters.shape
    # A filter a column, not a row: with the long matrix first, the product below is a quarter faster.
    dfilters = np.zeros((groups, taps, group_filters), x.dtype)
    for images in sliding.image_chunks(len(x)):
        windows = sliding.windows(sliding.pad(x[images]))
        dresult = np.ascontiguousarray(dout[images].transpose(1, 2, 3, 0))
        for rows in sliding.row_bands():
            columns = windows[:, :, :, rows].reshape(groups, taps, -1)
            dfilters += columns @ dresult[:, rows].reshape(groups, group_filters, -1).swapaxes(1, 2)
    return dfilters.swapaxes(1, 2)


def _is_pointwise(sliding: Sliding) -> bool:
    return sliding.kernel == (1, 1) and sliding.stride == (1, 1) and sliding.padding == (0, 0)


def _pointwise_forward(x: np.ndarray, filters: np.ndarray, sliding: Sliding) -> np.ndarray:
    groups, group_filters, channels = filters.shape
    out = filters @ x.reshape(len(x), groups, channels, sliding.places)
    return out.reshape(len(x), groups * group_filters, *sliding.out)


def _pointwise_input_gradient(dout: np.ndarray, x: np.ndarray, filters: np.ndarray, sliding: Sliding) -> np.ndarray:
    groups, group_filters, _ = filters.shape
    dresult = dout.reshape(len(x), groups, group_filters, sliding.places)
    return (filters.swapaxes(1, 2) @ dresult).reshape(x.shape)


def _pointwise_filter_gradient(dout: np.ndarray, x: np.ndarray, filters: np.ndarray, sliding: Sliding) -> np.ndarray:
    groups, group_filters, channels = filters.shape
    pixels = x.reshape(len(x), groups, channels, sliding.places)
    dresult = dout.reshape(len(x), groups, group_filters, sliding.places)
    dfilters = np.zeros(filters.shape, x.dtype)
    for image, dimage in zip(pixels, dresult, strict=True):
        dfilters += dimage @ image.swapaxes(1, 2)
    return dfilters
