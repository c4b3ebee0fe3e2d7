"""Max, average, L2 and global average pooling, forward and backward. Every channel is pooled by itself."""

import numpy as np

from course_utils.layers.arguments import check_array, check_cache, check_dout
from course_utils.layers.memory import empty_like_images, is_batch_last
from course_utils.layers.pooling_windows import Pool, Setting, pool_over

Cache = tuple[np.ndarray, Setting, Setting, Setting]
LongCache = tuple[np.ndarray, Setting, Setting, Setting, np.ndarray]


def max_pool2d_forward(
    x: np.ndarray, kernel_size: Setting, stride: Setting | None = None, padding: Setting = 0
) -> tuple[np.ndarray, LongCache]:
    """The largest entry in every window. A NaN in a window wins, as in PyTorch; padding never does.

    x: (N, C, H, W) array; kernel_size, stride, padding: an integer or a pair (rows, columns). stride None means
    kernel_size; padding is at most half of kernel_size.
    Returns out (N, C, OH, OW), its sides by `conv_output_size`, and for `max_pool2d_backward` the cache
    (x, kernel_size, stride, padding, switches). switches has the shape of out and holds where in its window each maximum
    was, KW * row + column: the first of equals.

    Raises TypeError if x is not floating point or a setting is not an integer; ValueError if a setting is out of range
    or the window does not fit.
    """
    pool = pool_over(x, kernel_size, stride, padding)
    out = empty_like_images(x, pool.out)
    switches = np.empty_like(out, np.min_scalar_type(pool.entries - 1))
    padded, windows = pool.pad(x, -np.inf), None
    for block, largest, switch in pool.blocks(padded, out, switches):
        # From a copy of the windows, for which the same room does: several passes over strided views would cost more.
        windows = np.empty((pool.entries, *largest.shape), x.dtype) if windows is None else windows
        for window, tap in zip(windows, pool.taps(block), strict=True):
            window[...] = tap
        np.maximum.reduce(windows, axis=0, out=largest)
        _first_places(windows, largest, switch)
    if np.isnan(out.max(initial=-np.inf)):
        _last_nan_places(pool, padded, switches)
    if pool.padding != (0, 0):
        # Where all is minus infinity the padding is an equal, and may come first.
        np.maximum(switches, _first_inside(pool), out=switches)
    return out, (*_cache(x, kernel_size, stride, padding), switches)


def max_pool2d_backward(dout: np.ndarray, cache: LongCache) -> np.ndarray:
    """dx: every window passes its gradient to the entry that won it; where windows overlap, gradients add up.

    dout: (N, C, OH, OW), the gradient of the loss with respect to out; cache: from `max_pool2d_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    check_cache(cache, "(x, kernel_size, stride, padding, switches)", "max_pool2d_forward")
    x, *settings, switches = cache
    pool = pool_over(x, *settings)
    check_dout(dout, (*x.shape[:2], *pool.out), x)
    dpadded = pool.empty(x)
    starts, steps = _window_starts(pool, dpadded), _steps(switches, pool, dpadded)
    for dblock, dresult, step in pool.blocks(dpadded, dout, steps, clear=True):
        places = step.astype(np.intp)
        places += starts
        np.add.at(dblock.reshape(-1), places.reshape(-1), dresult.reshape(-1))
    return pool.unpad(dpadded)


def avg_pool2d_forward(
    x: np.ndarray, kernel_size: Setting, stride: Setting | None = None, padding: Setting = 0
) -> tuple[np.ndarray, Cache]:
    """The mean of every window. Zeros in the padding count as entries, which is PyTorch's default.

    Arguments, shapes and errors as in `max_pool2d_forward`; the cache is (x, kernel_size, stride, padding).
    """
    pool = pool_over(x, kernel_size, stride, padding)
    out = pool.sums(x)
    out /= pool.entries
    return out, _cache(x, kernel_size, stride, padding)


def avg_pool2d_backward(dout: np.ndarray, cache: Cache) -> np.ndarray:
    """dx: every window shares its gradient out equally among its entries, the padding's included.

    dout: (N, C, OH, OW), the gradient of the loss with respect to out; cache: from `avg_pool2d_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    check_cache(cache, "(x, kernel_size, stride, padding)", "avg_pool2d_forward")
    x = cache[0]
    pool = pool_over(*cache)
    check_dout(dout, (*x.shape[:2], *pool.out), x)
    return pool.spread(dout / pool.entries, x)


def l2_pool2d_forward(
    x: np.ndarray, kernel_size: Setting, stride: Setting | None = None, padding: Setting = 0
) -> tuple[np.ndarray, LongCache]:
    """The length of every window taken as a vector: the root of the sum of its squares, not of their mean.

    Arguments, shapes and errors as in `max_pool2d_forward`; the cache is (x, kernel_size, stride, padding, out).
    `torch.nn.functional.lp_pool2d` with norm_type=2 is the same, without padding.
    """
    pool = pool_over(x, kernel_size, stride, padding)
    out = np.sqrt(pool.sums(x * x))
    return out, (*_cache(x, kernel_size, stride, padding), out)


def l2_pool2d_backward(dout: np.ndarray, cache: LongCache) -> np.ndarray:
    """dx: every window gives each entry its gradient times entry / length.

    dout: (N, C, OH, OW), the gradient of the loss with respect to out; cache: from `l2_pool2d_forward`. A window that is
    0 everywhere has no slope; it gives 0, as in PyTorch. A length is never negative: the sign of x is in its gradient.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    check_cache(cache, "(x, kernel_size, stride, padding, out)", "l2_pool2d_forward")
    x, *settings, out = cache
    check_dout(dout, out.shape, x)
    share = np.divide(dout, out, out=np.zeros_like(out), where=out != 0)
    return x * pool_over(x, *settings).spread(share, x)


def global_avg_pool2d_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean of every channel: x (N, C, H, W) gives out (N, C, 1, 1), whatever H and W are. The cache is x.

    Raises TypeError or ValueError if x is not a floating-point array of four axes.
    """
    check_array("x", x, "(N, C, H, W)")
    return x.mean(axis=(2, 3), keepdims=True), x


def global_avg_pool2d_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """dx: every entry of a channel gets an equal share of its gradient.

    dout: (N, C, 1, 1), the gradient of the loss with respect to out; cache: from `global_avg_pool2d_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    x = cache
    check_dout(dout, (*x.shape[:2], 1, 1), x)
    dx = np.empty_like(x)
    dx[...] = dout / (x.shape[2] * x.shape[3])
    return dx


def _cache(x: np.ndarray, kernel_size: Setting, stride: Setting | None, padding: Setting) -> Cache:
    return x, kernel_size, kernel_size if stride is None else stride, padding


def _first_places(windows: np.ndarray, largest: np.ndarray, switch: np.ndarray) -> None:
    """Fill `switch` with the first index at which windows, (KH*KW, …), equals `largest`."""
    # Counts the entries before the first that is equal. The last needs no look: if no other was equal, it is.
    before = windows[0] != largest
    switch[...] = before
    for tap in windows[1:-1]:
        before &= tap != largest
        switch += before.view(np.uint8)


def _last_nan_places(pool: Pool, padded: np.ndarray, switches: np.ndarray) -> None:
    """Correct the switches of windows with NaN: no NaN equals another, and of several PyTorch keeps the last."""
    for block, switch in pool.blocks(padded, switches):
        for index, tap in enumerate(pool.taps(block)):
            switch[np.isnan(tap)] = index


def _first_inside(pool: Pool) -> np.ndarray:
    """(OH, OW) array: the index of each window's first entry that is not padding."""
    rows, columns = (
        np.maximum(0, padding - stride * np.arange(places))
        for padding, stride, places in zip(pool.padding, pool.stride, pool.out, strict=True)
    )
    return (pool.kernel[1] * rows[:, None] + columns).astype(np.min_scalar_type(pool.entries - 1))


def _window_starts(pool: Pool, padded: np.ndarray) -> np.ndarray:
    """Where the first entry of each window lies in a block of the padded images laid out flat, for every place of the block."""
    _, channel, row, column = (stride // padded.itemsize for stride in padded.strides)
    (row_step, column_step), (rows, columns) = pool.stride, pool.out
    channels = channel * np.arange(padded.shape[1])
    across = column * column_step * np.arange(columns)
    if is_batch_last(padded):
        return across[:, None, None] + channels[:, None] + np.arange(len(padded))
    down = row * row_step * np.arange(rows)
    return channels[:, None, None] + down[:, None] + across


def _steps(switches: np.ndarray, pool: Pool, padded: np.ndarray) -> np.ndarray:
    """How far each maximum lies behind the first entry of its window, in a block of the padded images laid out flat.

    A switch is KW * i + j, for row i and column j of the window: in the smallest integers that hold the steps, for speed.
    """
    row, column = (stride // padded.itemsize for stride in padded.strides[2:])
    height, width = pool.kernel
    small = np.min_scalar_type(row * height)
    switches = switches.astype(small, copy=False)
    steps = switches // width
    steps *= small.type(row - column * width)
    steps += switches if column == 1 else switches * small.type(column)
    return steps
