"""The little volume of the running demo in lesson 02: small whole numbers, the same every time."""

import numpy as np


def running_demo() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x (3, 5, 5) of 0 to 2, two filters (2, 3, 3, 3) of -1 to 1, biases (2,); all float64."""
    rng = np.random.default_rng(SEED)
    x = rng.integers(0, 3, (3, 5, 5)).astype(np.float64)
    weight = rng.integers(-1, 2, (2, 3, 3, 3)).astype(np.float64)
    return x, weight, np.array([1.0, 0.0])


# Chosen so that the first output has three channel sums that differ and one that is negative.
SEED = 274
