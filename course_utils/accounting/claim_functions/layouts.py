"""Where windows lie: which inputs one output reads, what fits, and a picture's windows as a matrix."""

from itertools import pairwise

from course_utils.layers.sizes import conv_output_size


def window(place: int, kernel_size: int, stride: int = 1) -> tuple[int, int]:
    """(first, one past the last) input that the output at `place` reads along one axis, as a slice has them."""
    return place * stride, place * stride + kernel_size


def taps(kernel_size: int, dilation: int = 1) -> tuple[int, ...]:
    """The inputs that output 0 reads along one axis. dilation: the distance between them, as PyTorch counts it."""
    return tuple(dilation * tap for tap in range(kernel_size))


def dilation_of(*inputs: int) -> int:
    """PyTorch's dilation of a filter that reads these inputs along one axis: the distance between neighbours.

    Raises ValueError if the distances differ.
    """
    distances = {right - left for left, right in pairwise(inputs)}
    if len(distances) != 1:
        raise ValueError(f"inputs must lie evenly and be at least two, got {inputs}")
    return distances.pop()


def paddings_that_fit(size: int, kernel_size: int, stride: int) -> int:
    """How many paddings below kernel_size, the same at both ends, leave no pixel over after the last window."""
    return sum((size - kernel_size + 2 * padding) % stride == 0 for padding in range(kernel_size))


def settings_that_change_the_volume() -> int:
    """How many of a layer's settings K, F, S and P change the volume that it makes of 33x33, each alone."""

    def volume(filters: int = 8, kernel_size: int = 3, stride: int = 1, padding: int = 1) -> tuple[int, int]:
        return conv_output_size(33, kernel_size, stride, padding), filters

    changes = ({"filters": 9}, {"kernel_size": 5}, {"stride": 2}, {"padding": 0})
    return sum(volume(**change) != volume() for change in changes)


def columns_shape(size: int, in_channels: int, kernel_size: int, stride: int = 1, padding: int = 0) -> tuple[int, int]:
    """(rows, columns) of the matrix of a square picture's windows, each window stretched into a column."""
    places = conv_output_size(size, kernel_size, stride, padding)
    return kernel_size * kernel_size * in_channels, places * places


def max_pooled(picture: tuple[tuple[int, ...], ...], kernel_size: int, stride: int) -> tuple[int, ...]:
    """Max pooling of one slice, given as its rows; the results row by row."""
    height, width = len(picture), len(picture[0])
    rows = range(conv_output_size(height, kernel_size, stride))
    columns = range(conv_output_size(width, kernel_size, stride))
    return tuple(
        max(
            picture[y][x]
            for y in range(*window(row, kernel_size, stride))
            for x in range(*window(column, kernel_size, stride))
        )
        for row in rows
        for column in columns
    )


FUNCTIONS = (
    window,
    taps,
    dilation_of,
    paddings_that_fit,
    settings_that_change_the_volume,
    columns_shape,
    max_pooled,
)
