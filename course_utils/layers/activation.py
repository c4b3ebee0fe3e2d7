"""Activation functions, forward and backward, entry by entry, for arrays of any shape."""

import numpy as np

from course_utils.layers.arguments import check_dout, check_floating

# LeNet-5's: LeCun et al. 1998, appendix A.
_AMPLITUDE, _SLOPE = 1.7159, 2 / 3


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
    _check_cache(dout, cache, "x", "relu_forward")
    # Of the bits of dout, all where x was positive and none elsewhere: np.where, which has to choose at every entry, takes
    # five times as long, and a product with 0 would let an infinite gradient through as NaN.
    bits = f"i{cache.itemsize}"
    return (dout.view(bits) * (cache > 0)).view(cache.dtype)


def tanh_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """out = tanh(x), from -1 to 1. Returns out and the cache, which is out as well.

    Raises TypeError if x is not floating point.
    """
    check_floating("x", x)
    out = np.tanh(x)
    return out, out


def tanh_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """dx = dout (1 - out²). Raises TypeError or ValueError if dout has another dtype or shape than out."""
    _check_cache(dout, cache, "out", "tanh_forward")
    return dout * (1 - cache * cache)


def sigmoid_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """out = 1 / (1 + exp(-x)), from 0 to 1. Returns out and the cache, which is out as well.

    Raises TypeError if x is not floating point.
    """
    check_floating("x", x)
    # Only numbers from 0 to 1: exp(-x) itself overflows for a large negative x.
    small = np.exp(-np.abs(x))
    out = np.where(x < 0, small, np.ones((), x.dtype)) / (1 + small)
    return out, out


def sigmoid_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """dx = dout out (1 - out). Raises TypeError or ValueError if dout has another dtype or shape than out."""
    _check_cache(dout, cache, "out", "sigmoid_forward")
    return dout * cache * (1 - cache)


def scaled_tanh_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """out = 1.7159 tanh(2x/3), LeNet-5's squashing function: it takes 1 to 1 and -1 to -1, nearly.

    Returns out and the cache, which is out as well. LeCun et al. 1998, appendix A.

    Raises TypeError if x is not floating point.
    """
    check_floating("x", x)
    out = _AMPLITUDE * np.tanh(_SLOPE * x)
    return out, out


def scaled_tanh_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """dx = dout 2/3 (1.7159 - out²/1.7159). Raises TypeError or ValueError if dout has another dtype or shape than out."""
    _check_cache(dout, cache, "out", "scaled_tanh_forward")
    return dout * (_SLOPE * _AMPLITUDE - _SLOPE / _AMPLITUDE * (cache * cache))


def _check_cache(dout: np.ndarray, cache: np.ndarray, what: str, forward: str) -> None:
    if not isinstance(cache, np.ndarray | np.floating):
        raise TypeError(f"cache must be the array {what} that {forward} returned, got {type(cache).__name__}")
    check_dout(dout, cache.shape, cache)
