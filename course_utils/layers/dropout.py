"""Dropout: every number is silenced with a probability, anew at each step (Srivastava et al. 2014)."""

import numpy as np

from course_utils.layers.arguments import check_dout, check_floating, check_generator, check_number, check_same_dtype

Factor = np.ndarray | float | None


def dropout_forward(
    x: np.ndarray, p: float, training: bool = True, rng: np.random.Generator | None = None, inverted: bool = True
) -> tuple[np.ndarray, Factor]:
    """Silence each entry of x, of any shape, with probability p; 0 <= p < 1.

    Kept are the entries where `rng.random(x.shape) >= p`. With `inverted`, today's convention and PyTorch's, they are
    divided by 1 - p in training, and evaluation passes x on as it is. Without, as first published, training does not scale
    and evaluation multiplies by 1 - p. Only training needs rng.
    Returns out, which may be x itself, and the cache for `dropout_backward`: what x was multiplied by, an array in training,
    a number in evaluation without `inverted`, or None where x was passed on.

    Raises TypeError if x is not floating point or training has no rng, ValueError if p is out of range.
    """
    check_floating("x", x)
    p = check_number("p", p, below=1)
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    check_generator(rng)
    mask = np.asarray(rng.random(x.shape) >= p, x.dtype)
    if inverted:
        mask /= 1 - p
    return x * mask, mask


def dropout_backward(dout: np.ndarray, cache: Factor) -> np.ndarray:
    """dx: what was silenced gets no gradient, the rest dout, multiplied as x was.

    dout: the gradient of the loss with respect to out; cache: from `dropout_forward`. A mask of truth values will do for
    what was silenced but not scaled. dx may be dout itself.

    Raises TypeError or ValueError if dout has another dtype or shape than x.
    """
    check_floating("dout", dout)
    if cache is None:
        return dout
    if not isinstance(cache, np.ndarray | int | float | np.number):
        raise TypeError(
            "cache must be what dropout_forward multiplied x by, an array, a number or None, "
            f"got {type(cache).__name__}"
        )
    if np.ndim(cache) == 0:
        return dout * float(cache)
    check_dout(dout, cache.shape, dout)
    if cache.dtype != bool:
        check_same_dtype("cache", cache, "dout", dout)
    return dout * cache
