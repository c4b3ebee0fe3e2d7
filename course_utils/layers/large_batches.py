"""Convolution of a large batch, forward and backward, without a copy of the windows.

Here images lie in memory as (H, W, C, N), the batch last. What one row of the kernel sees at one place, in all images, is
then a single block of KW·C rows of N numbers, which a matrix product reads where it lies: the blocks of neighbouring places
overlap. So nothing is copied but the padding, and every place adds up one product a kernel row. Results are laid out alike,
seen as (N, C, H, W), and the next layer finds them so.
"""

import numpy as np

from course_utils.layers.memory import as_batch_last, as_images, is_batch_last
from course_utils.layers.windows import Sliding

# With fewer images the products are too narrow to be fast; with more channels times filters, products of tiles are as fast.
LEAST_BATCH = 32
MOST_CONNECTIONS = 64 * 128


def suits(x: np.ndarray, weight: np.ndarray, groups: int, sliding: Sliding) -> bool:
    """Whether a convolution of x can, and should, be computed here."""
    if len(x) < LEAST_BATCH or len(weight) * x.shape[1] > MOST_CONNECTIONS:
        return False
    if groups > 1 or sliding.dilation[1] > 1:
        return False
    # A 1x1 kernel has no windows to copy, so it is not worth while to turn the images round.
    return sliding.kernel != (1, 1) or is_batch_last(x)


def forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None, sliding: Sliding) -> np.ndarray:
    """out (N, K, OH, OW), a view of an array (OH, OW, K, N)."""
    seen = _blocks(_pad(x, sliding), sliding)
    kernel_rows = _kernel_rows(weight)
    out = np.empty((*sliding.out, len(weight), len(x)), x.dtype)
    product = np.empty(out.shape[1:], x.dtype)
    # A row of places at a time, which stays in the processor's cache.
    for row, blocks in zip(out, seen, strict=True):
        np.matmul(kernel_rows[0], blocks[:, 0], out=row)
        for i in range(1, len(kernel_rows)):
            row += np.matmul(kernel_rows[i], blocks[:, i], out=product)
        if bias is not None:
            row += bias[:, None]
    return as_images(out)


def backward(
    dout: np.ndarray, x: np.ndarray, weight: np.ndarray, sliding: Sliding, input_gradient: bool
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray]:
    """(dx, dweight, dbias); dx is a view of an array (H, W, C, N), or None if nobody asks for it."""
    dout = as_batch_last(dout)
    dx = _input_gradient(dout, x, weight, sliding) if input_gradient else None
    return dx, _filter_gradient(dout, x, weight, sliding), dout.sum(axis=(0, 1)).sum(axis=1)


def _input_gradient(dout: np.ndarray, x: np.ndarray, weight: np.ndarray, sliding: Sliding) -> np.ndarray:
    mirror = sliding.mirror(x.shape[2:])
    if mirror is None:
        return _spread(dout, x, weight, sliding)
    flipped = weight[:, :, ::-1, ::-1].swapaxes(0, 1)
    return forward(as_images(dout), flipped, None, mirror)


def _filter_gradient(dout: np.ndarray, x: np.ndarray, weight: np.ndarray, sliding: Sliding) -> np.ndarray:
    """dweight: at every place a kernel row gathers dout, here (OH, OW, K, N), times the block that it saw."""
    filters, channels, height, width = weight.shape
    seen = _blocks(_pad(x, sliding), sliding)
    dkernel_rows = np.zeros((height, width * channels, filters), x.dtype)
    products = np.empty((sliding.out[1], *dkernel_rows.shape[1:]), x.dtype)
    for drow, blocks in zip(dout, seen, strict=True):
        # (OW, N, K): a product is twice as fast with its second matrix laid out so.
        drow = np.ascontiguousarray(drow.swapaxes(1, 2))
        for i in range(height):
            dkernel_rows[i] += np.matmul(blocks[:, i], drow, out=products).sum(axis=0)
    return np.ascontiguousarray(dkernel_rows.reshape(height, width, channels, filters).transpose(3, 2, 0, 1))


def _spread(dout: np.ndarray, x: np.ndarray, weight: np.ndarray, sliding: Sliding) -> np.ndarray:
    """dx: every place sends its gradient, times the filters, back to the blocks it saw; a pixel adds up what arrives."""
    (step_down, step), (_, columns) = sliding.stride, sliding.out
    images, channels, height, width = x.shape
    (top, left), down = sliding.padding, sliding.dilation[0]
    dpadded = np.zeros((height + 2 * top, width + 2 * left, channels, images), x.dtype)
    back = _kernel_rows(weight).swapaxes(1, 2)
    for place, drow in enumerate(dout):
        for i, kernel_row in enumerate(back):
            dblocks = (kernel_row @ drow).reshape(columns, -1, channels, images)
            target = dpadded[place * step_down + i * down]
            # Blocks overlap, but what one tap saw at two places does not: add tap by tap.
            for j in range(dblocks.shape[1]):
                target[j : j + columns * step : step] += dblocks[:, j]
    return as_images(np.ascontiguousarray(dpadded[top : top + height, left : left + width]))


def _pad(x: np.ndarray, sliding: Sliding) -> np.ndarray:
    """(H + 2P, W + 2P, C, N) array with zeros around the images, or of x itself where it can be used as it lies."""
    (top, left), (images, channels, height, width) = sliding.padding, x.shape
    if (top, left) == (0, 0):
        return as_batch_last(x)
    padded = np.zeros((height + 2 * top, width + 2 * left, channels, images), x.dtype)
    padded[top : top + height, left : left + width] = as_batch_last(x)
    return padded


def _blocks(padded: np.ndarray, sliding: Sliding) -> np.ndarray:
    """(OH, OW, KH, KW·C, N) view of a padded array: the block that each kernel row sees at each place. No copy."""
    (height, width), (down, _), (step_down, step) = sliding.kernel, sliding.dilation, sliding.stride
    _, columns, channels, images = padded.shape
    # From the shape: along an axis of length 1 an array may have any stride.
    number = padded.itemsize
    channel = images * number
    column = channels * channel
    row = columns * column
    # Unlike as_strided, this constructor refuses a view that leaves the array.
    return np.ndarray(
        (*sliding.out, height, width * channels, images),
        padded.dtype,
        buffer=padded,
        strides=(row * step_down, column * step, row * down, channel, number),
    )


def _kernel_rows(weight: np.ndarray) -> np.ndarray:
    """(KH, K, KW·C) array: each kernel row in the order of a block."""
    filters, _, height, _ = weight.shape
    return np.ascontiguousarray(weight.transpose(2, 0, 3, 1)).reshape(height, filters, -1)
