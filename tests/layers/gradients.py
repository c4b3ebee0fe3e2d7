"""Helpers of the layers' tests: numeric gradients, and arrays that no layer may modify."""

from collections.abc import Callable

import numpy as np


def numeric_gradient(loss: Callable[[np.ndarray], float], array: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences of `loss`, over every entry of a float64 array."""
    gradient = np.empty_like(array)
    for index in np.ndindex(array.shape):
        up, down = array.copy(), array.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (loss(up) - loss(down)) / (2 * step)
    return gradient


def frozen(array: np.ndarray) -> np.ndarray:
    """The same array, read-only: whoever writes to it raises."""
    array.flags.writeable = False
    return array


def scattered(array: np.ndarray) -> np.ndarray:
    """The same values in memory that is not contiguous along any axis."""
    wide = np.full([2 * length for length in array.shape], np.nan, array.dtype)
    view = wide[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    return view
