"""im2col copies what a sliding window sees into the columns of a matrix; col2im adds columns back into images.

They are each other's transpose: for any columns, sum(im2col(x) * columns) equals sum(x * col2im(columns)). That is why
the second leads gradients back through the first. A convolution in between is one matrix product (Chellapilla et al. 2006).
"""

from collections.abc import Iterator

import numpy as np

from course_utils.layers.arguments import Pair, check_array, check_pair
from course_utils.layers.sizes import conv_output_size

# For every tap of the kernel, the pixels that it sees: a slice of the padded rows and one of the padded columns.
Taps = Iterator[tuple[int, int, slice, slice]]


def im2col(
    x: np.ndarray,
    kernel_size: int | Pair,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
) -> np.ndarray:
    """Every place of the window as a column, as `torch.nn.functional.unfold`.

    x: (N, C, H, W) array. kernel_size, stride, padding, dilation: an integer or a pair (rows, columns).
    Returns (N, C·KH·KW, OH·OW): down a column channel by channel and in each row by row, places row by row.

    Raises TypeError if x is not floating point or a setting is not an integer, ValueError if a setting is out of range
    or the kernel does not fit.
    """
    check_array("x", x, "(N, C, H, W)")
    images, channels = x.shape[:2]
    padding = check_pair("padding", padding, least=0)
    kernel, out, taps = _slide(x.shape[2:], kernel_size, stride, padding, dilation)
    padded = _padded(x.shape, padding, x.dtype)
    _inside(padded, padding)[...] = x
    columns = np.empty((images, channels, *kernel, *out), x.dtype)
    for i, j, rows, across in taps:
        columns[:, :, i, j] = padded[:, :, rows, across]
    return columns.reshape(images, channels * kernel[0] * kernel[1], out[0] * out[1])


def col2im(
    columns: np.ndarray,
    image_size: Pair,
    kernel_size: int | Pair,
    stride: int | Pair = 1,
    padding: int | Pair = 0,
    dilation: int | Pair = 1,
) -> np.ndarray:
    """Add every number of the columns to the pixel that im2col would have taken it from, as `torch.nn.functional.fold`.

    columns: (N, C·KH·KW, OH·OW) array; image_size: (H, W) of the images, without padding. What would fall on the padding
    is dropped. Returns (N, C, H, W).

    Raises as `im2col` does, and ValueError if the columns do not belong to such images and such a window.
    """
    check_array("columns", columns, "(N, C·KH·KW, OH·OW)")
    size, padding = check_pair("image_size", image_size, least=1), check_pair("padding", padding, least=0)
    kernel, out, taps = _slide(size, kernel_size, stride, padding, dilation)
    images, depth, places = columns.shape
    window = kernel[0] * kernel[1]
    if depth % window or places != out[0] * out[1]:
        raise ValueError(
            f"columns must have a multiple of {window} rows, one for each pixel of a window, and "
            f"{out[0] * out[1]} columns, one for each of {out[0]} by {out[1]} places, got shape {columns.shape}"
        )
    by_tap = columns.reshape(images, depth // window, *kernel, *out)
    padded = _padded((images, depth // window, *size), padding, columns.dtype)
    # Windows overlap, but what one tap sees at two places does not: add tap by tap.
    for i, j, rows, across in taps:
        padded[:, :, rows, across] += by_tap[:, :, i, j]
    return _inside(padded, padding).copy()


def _slide(size: Pair, kernel_size, stride, padding: Pair, dilation) -> tuple[Pair, Pair, Taps]:
    """The kernel's sides, how many places it has down and across, and what each of its taps sees."""
    kernel, stride = check_pair("kernel_size", kernel_size, least=1), check_pair("stride", stride, least=1)
    dilation = check_pair("dilation", dilation, least=1)
    out = tuple(map(conv_output_size, size, kernel, stride, padding, dilation))

    def seen(axis: int, tap: int) -> slice:
        start = tap * dilation[axis]
        return slice(start, start + (out[axis] - 1) * stride[axis] + 1, stride[axis])

    return kernel, out, ((i, j, seen(0, i), seen(1, j)) for i, j in np.ndindex(kernel))


def _padded(shape: tuple[int, ...], padding: Pair, dtype: np.dtype) -> np.ndarray:
    """Zeros for images of that shape with their border."""
    images, channels, height, width = shape
    top, left = padding
    return np.zeros((images, channels, height + 2 * top, width + 2 * left), dtype)


def _inside(padded: np.ndarray, padding: Pair) -> np.ndarray:
    """The images within their border, a view."""
    top, left = padding
    return padded[:, :, top : padded.shape[2] - top, left : padded.shape[3] - left]
