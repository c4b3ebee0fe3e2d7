"""Gradients by trial: nudge every number a little and see how the result moves. Slow, and hard to get wrong.

A backward pass is compared with it entry by entry; `relative_error` says by how much the two differ.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.layers.arguments import check_floating


def numeric_gradient(f: Callable[[np.ndarray], Any], x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The gradient of f at x by central differences, (f(x + step) - f(x - step)) / (2 step) for every entry in turn.

    f: a function that takes an array like x and returns one number; it is called twice for each entry of x, with a copy
    that it may keep or change. x: float64 array of any shape. Returns an array of the shape of x.

    Raises TypeError if x is not float64, in which a difference of nearly equal numbers keeps enough digits; ValueError if
    step is not positive or f returns more than one number.
    """
    check_floating("x", x)
    if x.dtype != np.float64:
        raise TypeError(f"x must be float64, got {x.dtype}; convert it with x.astype(np.float64)")
    if not step > 0:
        raise ValueError(f"step must be above 0, got {step}")
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (_number(f(up)) - _number(f(down))) / (2 * step)
    return gradient


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """How far two arrays are apart, as a share of their size: max |a - b| / max (|a| + |b|), both over all entries.

    0 for equal arrays, two of zeros and two empty ones included; 1 where a = -b. An entry that is NaN makes it NaN. Below
    about 1e-7 two float64 gradients agree, above 1e-3 one of them is wrong; in between, look at the step and for kinks.

    Raises ValueError if the shapes differ: broadcasting would hide it.
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"a and b must have the same shape, got {a.shape} and {b.shape}")
    scale = np.max(np.abs(a) + np.abs(b), initial=0)
    return 0.0 if scale == 0 else float(np.max(np.abs(a - b)) / scale)


def _number(value: Any) -> float:
    if np.size(value) != 1:
        raise ValueError(f"f must return one number, got an array of shape {np.shape(value)}; sum what it returns")
    return np.asarray(value).item()
