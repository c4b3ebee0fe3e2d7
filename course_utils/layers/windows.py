"""Sliding windows over a batch, and the tiles in which a convolution works through them.

Inside a convolution images lie as (C, H, W, N), the batch last: the pixels that a window reads at one of its places then
lie side by side for all images of a tile, and side by side is what makes a copy fast.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from course_utils.layers.arguments import Pair

# Output pixels in one matrix product: few enough that its columns stay in the processor's cache, and enough to keep the
# processor busy.
TILE = 1024


@dataclass(frozen=True)
class Sliding:
    """How a window slides: all pairs are (rows, columns), and `out` is how many places it has."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    out: Pair

    def image_chunks(self, images: int) -> Iterator[slice]:
        """Slices of the batch: as many images at a time as fit in one tile, at least one."""
        step = max(1, TILE // (self.out[0] * self.out[1]))
        return (slice(start, min(start + step, images)) for start in range(0, images, step))

    def row_bands(self) -> Iterator[slice]:
        """Slices of the output's rows: as many rows of one image as fill one tile."""
        rows, columns = self.out
        step = -(-TILE // columns)
        return (slice(start, min(start + step, rows)) for start in range(0, rows, step))

    def pad(self, images: np.ndarray) -> np.ndarray:
        """(N, C, H, W) images as a (C, H + 2P, W + 2P, N) array with zeros around each."""
        n, channels, height, width = images.shape
        top, left = self.padding
        padded = np.zeros((channels, height + 2 * top, width + 2 * left, n), images.dtype)
        padded[:, top : top + height, left : left + width] = images.transpose(1, 2, 3, 0)
        return padded

    def unpad(self, padded: np.ndarray) -> np.ndarray:
        """The images within a (C, H + 2P, W + 2P, N) array, as (N, C, H, W). A view."""
        _, height, width, _ = padded.shape
        top, left = self.padding
        return padded[:, top : height - top, left : width - left].transpose(3, 0, 1, 2)

    def windows(self, padded: np.ndarray) -> np.ndarray:
        """(C, KH, KW, OH, OW, N) view of a padded array: what each tap of the kernel sees at each place. No copy.

        Places that overlap share memory, so write to it one tap at a time.
        """
        channel, row, column, image = padded.strides
        return np.lib.stride_tricks.as_strided(
            padded,
            (len(padded), *self.kernel, *self.out, padded.shape[-1]),
            (
                channel,
                row * self.dilation[0],
                column * self.dilation[1],
                row * self.stride[0],
                column * self.stride[1],
                image,
            ),
        )
