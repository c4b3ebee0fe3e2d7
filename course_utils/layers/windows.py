"""Sliding windows over a batch, and the tiles in which a convolution works through them.

Inside a convolution images lie as (C, H, W, N), the batch last: the pixels that a window reads at one of its places then
lie side by side for all images of a tile, and side by side is what makes a copy fast.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

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

    @property
    def places(self) -> int:
        """How many places the window has in one image."""
        return self.out[0] * self.out[1]

    def mirror(self, image: Pair) -> "Sliding | None":
        """How the flipped kernel slides over the gradient of the output to give that of an input of this size.

        A tap that saw one pixel further on sends its gradient one pixel back, so for stride 1 the way back is a
        convolution too, padded by what the way there left out. None for other strides and for larger paddings.
        """
        reach = [dilation * (side - 1) for dilation, side in zip(self.dilation, self.kernel, strict=True)]
        padding = (reach[0] - self.padding[0], reach[1] - self.padding[1])
        if self.stride != (1, 1) or min(padding) < 0:
            return None
        return replace(self, padding=padding, out=image)

    def image_chunks(self, images: int) -> Iterator[slice]:
        """Slices of the batch: as many images at a time as fit in one tile, at least one."""
        step = max(1, TILE // self.places)
        return (slice(start, min(start + step, images)) for start in range(0, images, step))

    def row_bands(self) -> Iterator[slice]:
        """Slices of the output's rows: as many rows of one image as fill one tile."""
        rows, columns = self.out
        step = -(-TILE // columns)
        return (slice(start, min(start + step, rows)) for start in range(0, rows, step))

    def pad(self, images: np.ndarray) -> np.ndarray:
        """(N, C, H, W) images as a (C, H + 2P, W + 2P, N) array with zeros around each."""
        padded = self.zeros(images)
        self.unpad(padded)[...] = images
        return padded

    def zeros(self, images: np.ndarray) -> np.ndarray:
        """The array that `pad` fills, for images of this shape and dtype."""
        n, channels, height, width = images.shape
        top, left = self.padding
        return np.zeros((channels, height + 2 * top, width + 2 * left, n), images.dtype)

    def unpad(self, padded: np.ndarray) -> np.ndarray:
        """The images within a padded array, as (N, C, H, W). A view: write to it, and the padded array changes."""
        _, height, width, _ = padded.shape
        top, left = self.padding
        return padded[:, top : height - top, left : width - left].transpose(3, 0, 1, 2)

    def windows(self, padded: np.ndarray) -> np.ndarray:
        """(C, KH, KW, OH, OW, N) view of a padded array: what each tap of the kernel sees at each place. No copy.

        Places that overlap share memory, so write to it one tap at a time.
        """
        (down, across), (row_step, column_step) = self.dilation, self.stride
        channel, row, column, image = padded.strides
        # Unlike as_strided, this constructor refuses a view that leaves the array.
        return np.ndarray(
            (len(padded), *self.kernel, *self.out, padded.shape[-1]),
            padded.dtype,
            buffer=padded,
            strides=(channel, row * down, column * across, row * row_step, column * column_step, image),
        )
