"""Where the numbers of a batch of images lie in memory: as (N, C, H, W), or with the batch last, as (H, W, C, N).

Every array of images has the axes N, C, H, W. A convolution of a large batch computes its result with the batch last,
because that is faster, and hands it on seen as (N, C, H, W), without a copy. Functions of single entries keep the order of
what they are given, by NumPy's own rule; pooling keeps it too.
"""

from collections.abc import Sequence

import numpy as np


def is_batch_last(x: np.ndarray) -> bool:
    """Whether an array (N, C, H, W) lies in memory as (H, W, C, N), and not also as (N, C, H, W)."""
    return x.transpose(2, 3, 1, 0).flags.c_contiguous and not x.flags.c_contiguous


def as_batch_last(x: np.ndarray) -> np.ndarray:
    """(N, C, H, W) to a contiguous (H, W, C, N), without a copy if it lies so already."""
    turned = x.transpose(2, 3, 1, 0)
    if turned.flags.c_contiguous:
        return turned
    out = np.empty(turned.shape, x.dtype)
    # Channel by channel: all at once reach too far in memory, and take up to five times as long.
    for channel in range(x.shape[1]):
        out[:, :, channel] = turned[:, :, channel]
    return out


def as_images(array: np.ndarray) -> np.ndarray:
    """The array (H, W, C, N) seen as (N, C, H, W). No copy."""
    return array.transpose(3, 2, 0, 1)


def empty_like_images(x: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Room for as many images of another size (H, W), of the dtype of x and in its order in memory."""
    height, width = size
    if is_batch_last(x):
        return as_images(np.empty((height, width, x.shape[1], len(x)), x.dtype))
    return np.empty((*x.shape[:2], height, width), x.dtype)
