"""Helpers to write cases: small arrays of whole numbers to print, and random arrays of every layout and dtype."""

from typing import Any

import numpy as np

from course_utils.exercises.specification import with_gaps


def counting(*shape: int, start: int = 1) -> np.ndarray:
    """start, start + 1, … in an array of that shape, float64: every place is told apart."""
    return np.arange(start, start + int(np.prod(shape)), dtype=np.float64).reshape(shape)


def digits(seed: int, *shape: int, low: int = -4, high: int = 5) -> np.ndarray:
    """Whole numbers from low to high - 1 as float64, the same for the same seed: numbers that a page can show."""
    return np.random.default_rng(seed).integers(low, high, shape).astype(np.float64)


def random_arrays(rng: np.random.Generator, **shapes: tuple[int, ...] | None) -> dict[str, Any]:
    """Normal arrays of the given shapes (None stays None), all float64 or all float32, some of them with gaps."""
    dtype = rng.choice([np.float64, np.float32])
    arrays = {}
    for name, shape in shapes.items():
        if shape is None:
            arrays[name] = None
            continue
        array = rng.standard_normal(shape).astype(dtype)
        arrays[name] = with_gaps(array) if rng.random() < 0.3 else array
    return arrays


def int_or_pair(rng: np.random.Generator, low: int, high: int) -> int | tuple[int, int]:
    """A whole number from low to high, or a pair of them, as often the one as the other."""
    first, second = (int(value) for value in rng.integers(low, high + 1, 2))
    return first if rng.random() < 0.5 else (first, second)
