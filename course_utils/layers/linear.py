"""The fully connected layer, forward and backward."""

import numpy as np

from course_utils.layers.arguments import check_array, check_bias, check_cache, check_dout

Cache = tuple[np.ndarray, np.ndarray, np.ndarray | None]


def linear_forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> tuple[np.ndarray, Cache]:
    """out = x @ weight.T + bias, as PyTorch's Linear.

    x: (N, D) array, one example a row; weight: (M, D), one neuron a row; bias: (M,) or None.
    Returns out (N, M) and the cache (x, weight, bias) for `linear_backward`.

    Raises TypeError if an array is not floating point or the dtypes differ, ValueError if the shapes do not fit.
    """
    _check(x, weight, bias)
    out = x @ weight.T
    if bias is not None:
        out += bias
    return out, (x, weight, bias)


def linear_backward(dout: np.ndarray, cache: Cache) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """The gradients (dx, dweight, dbias), each shaped as what it belongs to; dbias is None where bias was.

    dout: (N, M), the gradient of the loss with respect to out.
    """
    check_cache(cache, "(x, weight, bias)", "linear_forward")
    x, weight, bias = cache
    _check(x, weight, bias)
    check_dout(dout, (len(x), len(weight)), x)
    return dout @ weight, dout.T @ x, None if bias is None else dout.sum(axis=0)


def _check(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> None:
    check_array("x", x, "(N, D)")
    check_array("weight", weight, "(M, D)", like=x)
    if weight.shape[1] != x.shape[1]:
        raise ValueError(f"x has {x.shape[1]} features, but weight {weight.shape} needs {weight.shape[1]}")
    check_bias(bias, (len(weight),), x)
