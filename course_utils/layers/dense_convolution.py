"""A dense layer written as a convolution, and a convolution written as a dense layer."""

import math

import numpy as np

from course_utils.layers.arguments import Pair, check_array, check_integer, check_pair
from course_utils.layers.sizes import conv_output_size

Shape = tuple[int, int, int]


def fc_to_conv(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    """The filters (M, C, H, W) of the convolution that computes what a dense layer on a flattened volume computes.

    weight: (M, C·H·W), one neuron a row; input_shape: (C, H, W) of the volume that was flattened. The bias stays as it
    is. On a volume of just that size the convolution has one place; on a larger one it slides the dense layer over it.
    The filters are the same numbers in the same memory, where the weight lies in one piece.

    Raises TypeError if weight is not floating point or a number of input_shape is not an integer, ValueError if they do
    not fit.
    """
    check_array("weight", weight, "(M, C·H·W)")
    shape = _check_shape(input_shape)
    if weight.shape[1] != math.prod(shape):
        raise ValueError(
            f"input_shape must hold as many numbers as a row of weight, {weight.shape[1]}, "
            f"got {shape}, which holds {math.prod(shape)}"
        )
    return weight.reshape(len(weight), *shape)


def conv_to_fc(weight: np.ndarray, input_shape: Shape, stride: int | Pair = 1, padding: int | Pair = 0) -> np.ndarray:
    """The matrix (K·OH·OW, C·H·W) of the dense layer that computes what a convolution computes, mostly zeros.

    weight: (K, C, KH, KW); input_shape: (C, H, W) of the volume it looks at; stride, padding: an integer or a pair (rows,
    columns). The matrix times a flattened volume is the flattened output. It is very large: meant for small volumes.

    Raises TypeError if weight is not floating point or a setting is not an integer, ValueError if a setting is out of
    range, the kernel does not fit or the channels differ.
    """
    check_array("weight", weight, "(K, C, KH, KW)")
    channels, height, width = _check_shape(input_shape)
    down, across = check_pair("stride", stride, least=1)
    top, left = check_pair("padding", padding, least=0)
    filters, depth, tall, wide = weight.shape
    if depth != channels:
        raise ValueError(
            f"input_shape {tuple(input_shape)} has {channels} channels, but weight {weight.shape} needs {depth}"
        )
    rows = conv_output_size(height, tall, down, top)
    columns = conv_output_size(width, wide, across, left)
    dense = np.zeros((filters, rows, columns, channels, height + 2 * top, width + 2 * left), weight.dtype)
    for i, j in np.ndindex(rows, columns):
        dense[:, i, j, :, i * down : i * down + tall, j * across : j * across + wide] = weight
    # The padding is always 0, so no weight is needed for it.
    dense = dense[..., top : top + height, left : left + width]
    return dense.reshape(filters * rows * columns, channels * height * width)


def _check_shape(input_shape: Shape) -> Shape:
    if not isinstance(input_shape, tuple | list) or len(input_shape) != 3:
        raise ValueError(f"input_shape must be three integers (C, H, W), got {input_shape!r}")
    channels, height, width = (check_integer(f"input_shape[{i}]", n, least=1) for i, n in enumerate(input_shape))
    return channels, height, width
