"""Claims of the CS231n notes that take more than one formula: dense evaluation, and what fills the memory."""

import numpy as np

from course_utils.accounting.formulas import receptive_field
from course_utils.accounting.lecture_networks import network
from course_utils.layers.sizes import conv_output_size


def passes_for_stride(network_stride: int, wanted: int) -> int:
    """Forward passes over a shifted picture for scores `wanted` pixels apart, where one pass has them further apart.

    A pass over the picture shifted by (dy, dx) gives the places that leave the remainder (dy, dx) when divided by
    `network_stride`: counted are the remainders of all places that are wanted.
    """
    places = range(0, network_stride * wanted, wanted)
    return len({(y % network_stride, x % network_stride) for y in places for x in places})


def cells_of_a_crop_that_differ(size: int, *blocks: int) -> int:
    """Outputs of a network as VGG that are not the same on a square crop as on the larger picture it was cut from.

    blocks: how many 3x3 convolutions with padding 1 stand before each 2x2 pool. An output differs where it sees beyond
    the crop's edge: zeros there, pixels in the larger picture.
    """
    layers = [layer for block in blocks for layer in ((3, 1, 1),) * block + ((2, 2, 0),)]
    start, jump, places = 0, 1, size
    for kernel_size, stride, padding in layers:
        start -= padding * jump
        jump *= stride
        places = conv_output_size(places, kernel_size, stride, padding)
    kernel_sizes, strides, _ = zip(*layers, strict=True)
    field, _ = receptive_field(kernel_sizes, strides)
    inside = sum(start + place * jump >= 0 and start + place * jump + field <= size for place in range(places))
    return places**2 - inside**2


def percent_activations(activations: int, parameters: int, batch_size: int, optimizer_values: int = 1) -> float:
    """Share of activations and their gradients in what training holds, in percent.

    The rest is parameters, their gradients and the optimizer's values.
    """
    kept = batch_size * 2 * activations
    return 100 * kept / (kept + parameters * (2 + optimizer_values))


def bytes_per_number(dtype: str) -> int:
    """Bytes that one number of a NumPy type takes."""
    return np.dtype(dtype).itemsize


def pooling_layers(name: str) -> int:
    """How many max poolings a network has."""
    return sum(step.type == "MaxPool2d" for step in network(name).steps)


FUNCTIONS = (
    passes_for_stride,
    cells_of_a_crop_that_differ,
    percent_activations,
    bytes_per_number,
    pooling_layers,
)
