"""Max and average pooling, forward and backward. Every channel is pooled by itself."""

from dataclasses import dataclass
from math import prod

import numpy as np

from course_utils.layers.arguments import Pair, check_array, check_cache, check_dout, check_pair
from course_utils.layers.sizes import conv_output_size

Setting = int | Pair
MaxCache = tuple[np.ndarray, Setting, Setting, Setting, np.ndarray]
AverageCache = tuple[np.ndarray, Setting, Setting, Setting]


def max_pool2d_forward(
    x: np.ndarray, kernel_size: Setting, stride: Setting | None = None, padding: Setting = 0
) -> tuple[np.ndarray, MaxCache]:
    """The largest entry in every window. A NaN in a window wins, as in PyTorch; padding never does.

    x: (N, C, H, W) array; kernel_size, stride, padding: an integer or a pair (rows, columns). stride None means
    kernel_size; padding is at most half of kernel_size.
    Returns out (N, C, OH, OW), its sides by `conv_output_size`, and for `max_pool2d_backward` the cache
    (x, kernel_size, stride, padding, switches). switches has the shape of out and holds where in its window each maximum
    was, KW * row + column: the first of equals.

    Raises TypeError if x is not floating point or a setting is not an integer; ValueError if a setting is out of range
    or the window does not fit.
    """
    pool = _check(x, kernel_size, stride, padding)
    out = np.empty((*x.shape[:2], *pool.out), x.dtype)
    switches = np.empty(out.shape, np.min_scalar_type(prod(pool.kernel) - 1))
    switches[...] = pool.first_taps()
    # Image by image, so that all passes over one stay in the processor's cache.
    for image, largest, switch in zip(pool.pad(x, -np.inf), out, switches, strict=True):
        taps = pool.taps(image)
        largest[...] = taps[0]
        for index, tap in enumerate(taps[1:], start=1):
            # Three passes over a strided slice would cost more than this copy.
            values = tap.copy()
            wins = (values > largest) | np.isnan(values)
            # Indices only grow, so the latest winner has the largest.
            np.maximum(switch, wins * switches.dtype.type(index), out=switch)
            np.maximum(largest, values, out=largest)
    return out, (x, kernel_size, kernel_size if stride is None else stride, padding, switches)


def max_pool2d_backward(dout: np.ndarray, cache: MaxCache) -> np.ndarray:
    """dx: every window passes its gradient to the entry that won it; where windows overlap, gradients add up.

    dout: (N, C, OH, OW), the gradient of the loss with respect to out; cache: from `max_pool2d_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    check_cache(cache, "(x, kernel_size, stride, padding, switches)", "max_pool2d_forward")
    x, *settings, switches = cache
    pool = _check(x, *settings)
    check_dout(dout, (*x.shape[:2], *pool.out), x)
    dpadded = pool.zeros(x)
    # Where the first tap of every window lies in one padded image, and how much further on each tap does.
    positions = np.arange(prod(dpadded.shape[1:])).reshape(dpadded.shape[1:])
    starts = pool.taps(positions)[0]
    steps = np.array([tap[0, 0, 0] for tap in pool.taps(positions)]) - starts[0, 0, 0]
    for dimage, dresult, switch in zip(dpadded, dout, switches, strict=True):
        np.add.at(dimage.reshape(-1), (starts + steps.take(switch)).reshape(-1), dresult.reshape(-1))
    return np.ascontiguousarray(pool.inside(dpadded))


def avg_pool2d_forward(
    x: np.ndarray, kernel_size: Setting, stride: Setting | None = None, padding: Setting = 0
) -> tuple[np.ndarray, AverageCache]:
    """The mean of every window. Zeros in the padding count as entries, which is PyTorch's default.

    Arguments, shapes and errors as in `max_pool2d_forward`; the cache is (x, kernel_size, stride, padding).
    """
    pool = _check(x, kernel_size, stride, padding)
    out = np.zeros((*x.shape[:2], *pool.out), x.dtype)
    for image, mean in zip(pool.pad(x, 0), out, strict=True):
        for tap in pool.taps(image):
            mean += tap
    out /= prod(pool.kernel)
    return out, (x, kernel_size, kernel_size if stride is None else stride, padding)


def avg_pool2d_backward(dout: np.ndarray, cache: AverageCache) -> np.ndarray:
    """dx: every window shares its gradient out equally among its entries, the padding's included.

    dout: (N, C, OH, OW), the gradient of the loss with respect to out; cache: from `avg_pool2d_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    check_cache(cache, "(x, kernel_size, stride, padding)", "avg_pool2d_forward")
    x = cache[0]
    pool = _check(*cache)
    check_dout(dout, (*x.shape[:2], *pool.out), x)
    dpadded = pool.zeros(x)
    for dimage, dresult in zip(dpadded, dout, strict=True):
        share = dresult / (prod(pool.kernel))
        for tap in pool.taps(dimage):
            tap += share
    return np.ascontiguousarray(pool.inside(dpadded))


@dataclass(frozen=True)
class _Pool:
    """How the window slides: all pairs are (rows, columns), and `out` is how many places it has."""

    kernel: Pair
    stride: Pair
    padding: Pair
    out: Pair

    def pad(self, x: np.ndarray, value: float) -> np.ndarray:
        """x with `value` around each image, as (N, C, H + 2P, W + 2P); x itself where there is no padding."""
        if self.padding == (0, 0):
            return x
        padded = np.full_like(self.zeros(x), value)
        self.inside(padded)[...] = x
        return padded

    def zeros(self, x: np.ndarray) -> np.ndarray:
        """A padded array for images of the shape and dtype of x."""
        n, channels, height, width = x.shape
        top, left = self.padding
        return np.zeros((n, channels, height + 2 * top, width + 2 * left), x.dtype)

    def inside(self, padded: np.ndarray) -> np.ndarray:
        """The images within a padded array. A view."""
        height, width = padded.shape[2:]
        top, left = self.padding
        return padded[:, :, top : height - top, left : width - left]

    def first_taps(self) -> np.ndarray:
        """(OH, OW) array: the index of each window's first entry that is not padding."""
        rows, columns = (
            np.maximum(0, padding - stride * np.arange(places))
            for padding, stride, places in zip(self.padding, self.stride, self.out, strict=True)
        )
        return self.kernel[1] * rows[:, None] + columns

    def taps(self, image: np.ndarray) -> list[np.ndarray]:
        """(C, OH, OW) views of a padded image, one for every entry of the window in row-major order."""
        (row_step, column_step), (rows, columns) = self.stride, self.out
        return [
            image[:, i : i + row_step * rows : row_step, j : j + column_step * columns : column_step]
            for i, j in np.ndindex(self.kernel)
        ]


def _check(x: np.ndarray, kernel_size: Setting, stride: Setting | None, padding: Setting) -> _Pool:
    check_array("x", x, "(N, C, H, W)")
    kernel = check_pair("kernel_size", kernel_size, least=1)
    stride = kernel if stride is None else check_pair("stride", stride, least=1)
    padding = check_pair("padding", padding, least=0)
    for side, edge in zip(kernel, padding, strict=True):
        if edge > side // 2:
            raise ValueError(f"padding must be at most half of kernel_size {side}, so {side // 2}, got {edge}")
    out = tuple(map(conv_output_size, x.shape[2:], kernel, stride, padding))
    return _Pool(kernel, stride, padding, out)
