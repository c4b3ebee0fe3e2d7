"""The fixed split of a data set that brings none."""

import numpy as np

TEST_EVERY = 5


def every_fifth(labels: np.ndarray) -> np.ndarray:
    """labels (N,) → (N,) bool: True, for the test, at every fifth picture of each class, in their order.

    No random numbers are used, so the split is the same on every machine.
    """
    test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        test[np.flatnonzero(labels == label)[TEST_EVERY - 1 :: TEST_EVERY]] = True
    return test
