"""Augmentation: a batch of pictures, each a little changed by chance, so that a network does not see the same twice.

x: (N, C, H, W) array, which stays as it is; what comes back has its shape and dtype. Every picture has a chance of its own,
and all channels of a picture are changed alike. Raises TypeError or ValueError if an argument does not fit.
"""

import numpy as np

from course_utils.layers.arguments import check_array, check_generator, check_integer, check_number


def random_crop_flip(x: np.ndarray, padding: int, rng: np.random.Generator) -> np.ndarray:
    """Pad with zeros, cut a piece of the old size out at random, and mirror every second picture, by chance.

    One draw of all offsets, `rng.integers(0, 2 * padding + 1, size=(2, N))`, rows before columns, and then one of all
    flips, left to right where `rng.random(N) < 0.5`.
    """
    cropped = random_shift(x, check_integer("padding", padding, least=0), rng)
    return random_horizontal_flip(cropped, rng)


def random_horizontal_flip(x: np.ndarray, rng: np.random.Generator, p: float = 0.5) -> np.ndarray:
    """Mirror each picture left to right where `rng.random(N) < p`; 0 <= p <= 1."""
    check_array("x", x, "(N, C, H, W)")
    check_generator(rng)
    if check_number("p", p) > 1:
        raise ValueError(f"p must be at most 1, got {p}")
    flips = rng.random(len(x)) < p
    return np.where(flips[:, None, None, None], x[:, :, :, ::-1], x)


def random_shift(x: np.ndarray, largest: int, rng: np.random.Generator) -> np.ndarray:
    """Move each picture by up to `largest` pixels along both axes; what moves in is 0.

    The offsets, `rng.integers(0, 2 * largest + 1, size=(2, N))`, rows before columns, say where in the picture with a
    border of `largest` zeros the new one begins: `largest` leaves it where it was.
    """
    check_array("x", x, "(N, C, H, W)")
    largest = check_integer("largest", largest, least=0)
    check_generator(rng)
    rows, columns = rng.integers(0, 2 * largest + 1, size=(2, len(x)))
    height, width = x.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (largest, largest), (largest, largest)))
    out = np.empty(x.shape, x.dtype)
    for picture, moved, row, column in zip(padded, out, rows, columns, strict=True):
        moved[...] = picture[:, row : row + height, column : column + width]
    return out
