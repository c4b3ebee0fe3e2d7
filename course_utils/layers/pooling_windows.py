"""How the window of a pooling layer slides, and the two moves all of them make: collect a window, give back to a window."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from course_utils.layers.arguments import Pair, check_array, check_pair
from course_utils.layers.memory import empty_like_images, is_batch_last
from course_utils.layers.sizes import conv_output_size

Setting = int | Pair


def pool_over(x: np.ndarray, kernel_size: Setting, stride: Setting | None, padding: Setting) -> "Pool":
    """The windows of a pooling layer over x (N, C, H, W), every argument checked.

    Raises TypeError if x is not floating point or a setting is not an integer; ValueError if a setting is out of range
    or the window does not fit.
    """
    check_array("x", x, "(N, C, H, W)")
    kernel = check_pair("kernel_size", kernel_size, least=1)
    stride = kernel if stride is None else check_pair("stride", stride, least=1)
    padding = check_pair("padding", padding, least=0)
    for side, edge in zip(kernel, padding, strict=True):
        if edge > side // 2:
            raise ValueError(f"padding must be at most half of kernel_size {side}, so {side // 2}, got {edge}")
    out = tuple(map(conv_output_size, x.shape[2:], kernel, stride, padding))
    return Pool(kernel, stride, padding, out)


@dataclass(frozen=True)
class Pool:
    """How the window slides: all pairs are (rows, columns), and `out` is how many places it has."""

    kernel: Pair
    stride: Pair
    padding: Pair
    out: Pair

    @property
    def entries(self) -> int:
        """How many entries a window has, the padding's included."""
        return self.kernel[0] * self.kernel[1]

    def sums(self, x: np.ndarray) -> np.ndarray:
        """(N, C, OH, OW) array: the sum of every window; padding counts as 0."""
        out = empty_like_images(x, self.out)
        out.fill(0)
        for block, total in self.blocks(self.pad(x, 0), out):
            for tap in self.taps(block):
                total += tap
        return out

    def spread(self, share: np.ndarray, x: np.ndarray) -> np.ndarray:
        """An array like x: every entry the sum of the shares (N, C, OH, OW) of the windows that it lies in."""
        padded = self.empty(x)
        for block, given in self.blocks(padded, share, clear=True):
            for tap in self.taps(block):
                tap += given
        return self.unpad(padded)

    def pad(self, x: np.ndarray, value: float) -> np.ndarray:
        """x with `value` around each image, as (N, C, H + 2P, W + 2P); x itself where there is no padding."""
        if self.padding == (0, 0):
            return x
        padded = self.empty(x)
        padded.fill(value)
        self.inside(padded)[...] = x
        return padded

    def empty(self, x: np.ndarray) -> np.ndarray:
        """Room for padded images like x, not filled."""
        return empty_like_images(x, [side + 2 * edge for side, edge in zip(x.shape[2:], self.padding, strict=True)])

    def inside(self, padded: np.ndarray) -> np.ndarray:
        """The images within a padded array. A view."""
        height, width = padded.shape[2:]
        top, left = self.padding
        return padded[:, :, top : height - top, left : width - left]

    def unpad(self, padded: np.ndarray) -> np.ndarray:
        """The images within a padded array, without gaps in memory."""
        return padded if self.padding == (0, 0) else self.inside(padded).copy(order="K")

    def blocks(self, padded: np.ndarray, *results: np.ndarray, clear: bool = False) -> Iterator[tuple[np.ndarray, ...]]:
        """A block of the padded images at a time, with the places (N, C, OH, OW) of each result that belong to it.

        A block is small enough that all passes over it stay in the processor's cache: an image (C, H, W), or where the batch
        comes last in memory what a row of places sees in all images, (KH, W, C, N), with places (OW, C, N). With `clear`,
        the padded images are set to 0, each no earlier than it must be.
        """
        if not is_batch_last(padded):
            for image, *places in zip(padded, *results, strict=True):
                if clear:
                    image.fill(0)
                yield image, *places
            return
        if clear:
            # Blocks overlap, so all at once.
            padded.fill(0)
        padded, *results = (array.transpose(2, 3, 1, 0) for array in (padded, *results))
        (height, _), (step, _) = self.kernel, self.stride
        for row in range(self.out[0]):
            yield padded[row * step : row * step + height], *(result[row] for result in results)

    def taps(self, block: np.ndarray) -> list[np.ndarray]:
        """Views of a block, one for every entry of the window in row-major order, each with the block's places."""
        (row_step, column_step), (rows, columns) = self.stride, self.out
        down, across = row_step * rows, column_step * columns
        places = product(*map(range, self.kernel))
        if block.ndim == 4:
            return [block[i, j : j + across : column_step] for i, j in places]
        return [block[:, i : i + down : row_step, j : j + across : column_step] for i, j in places]
