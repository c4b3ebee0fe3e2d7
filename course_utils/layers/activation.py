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
    """dx: dout where x was positive, 0 elsewhere. At x = 0, where there is no slope, it takes 0, as PyTorch does.

    Raises TypeError or ValueError if dout has another dtype or shape than x.
    """
    x = cache
    if not isinstance(x, np.ndarray):
        raise TypeError(f"cache must be the array x that relu_forward returned, got {type(x).__name__}")
    check_dout(dout, x.shape, x)
    return np.where(x > 0, dout, np.zeros((), x.dtype))
