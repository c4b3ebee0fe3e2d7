"""The rectified linear unit, forward and backward."""

import numpy as np

from course_utils.layers.arguments import check_dout, check_floating


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """out = max(x, 0), entry by entry, for x of any shape; NaN stays NaN. Returns out and the cache, which is x.

    Raises TypeError if x is not floating point.
    """
    check_floating("x", x)
    return np.maximum(x, 0), x


def relu_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """dx: dout where x was positive, 0 elsewhere. At x = 0, where there is no slope, it takes 0, as PyTorch does."""
    x = cache
    check_floating("cache", x)
    check_dout(dout, x.shape, x)
    return dout * (x > 0)
