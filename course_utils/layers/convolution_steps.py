"""The backward pass of a convolution in three steps, one gradient each, in the plain form: im2col, a product, col2im.

`conv2d_backward` gives the same three numbers for number, and faster. Lesson 04 writes the steps one after the other.
"""

import numpy as np

from course_utils.layers.arguments import check_cache, check_dout
from course_utils.layers.convolution import Cache, conv2d_forward
from course_utils.layers.im2col import col2im, im2col


def conv2d_backward_bias(dout: np.ndarray, cache: Cache) -> np.ndarray | None:
    """dbias (K,): what each filter's outputs sum up to, over images and places; None where bias was None.

    dout: (N, K, OH, OW), the gradient of the loss with respect to out; cache: from `conv2d_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out. So do the other two steps.
    """
    _check(dout, cache)
    return None if cache[2] is None else dout.sum(axis=(0, 2, 3))


def conv2d_backward_weight(dout: np.ndarray, cache: Cache) -> np.ndarray:
    """dweight (K, C/groups, KH, KW): every tap gathers dout times the pixel that it saw, over images and places."""
    _check(dout, cache)
    x, weight, _, *settings, groups = cache
    columns = im2col(x, weight.shape[2:], *settings)
    columns = columns.reshape(len(x), groups, weight[0].size, columns.shape[2])
    return (_by_group(dout, groups) @ columns.swapaxes(2, 3)).sum(axis=0).reshape(weight.shape)


def conv2d_backward_input(dout: np.ndarray, cache: Cache) -> np.ndarray:
    """dx (N, C, H, W): every pixel gathers dout times the tap that saw it, over filters and places."""
    _check(dout, cache)
    x, weight, _, *settings, groups = cache
    filters = weight.reshape(groups, len(weight) // groups, -1)
    dcolumns = filters.swapaxes(1, 2) @ _by_group(dout, groups)
    dcolumns = dcolumns.reshape(len(x), groups * weight[0].size, dcolumns.shape[3])
    return col2im(dcolumns, x.shape[2:], weight.shape[2:], *settings)


def _check(dout: np.ndarray, cache: Cache) -> None:
    check_cache(cache, "(x, weight, bias, stride, padding, dilation, groups)", "conv2d_forward")
    x = cache[0]
    # An empty batch has the right shape of output and costs nothing to filter.
    shape = conv2d_forward(x[:0], *cache[1:])[0].shape[1:]
    check_dout(dout, (len(x), *shape), x)


def _by_group(dout: np.ndarray, groups: int) -> np.ndarray:
    """(N, groups, K/groups, OH·OW)."""
    images, filters, rows, columns = dout.shape
    return dout.reshape(images, groups, filters // groups, rows * columns)
