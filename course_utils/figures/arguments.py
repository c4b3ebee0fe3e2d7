"""Checks of what a figure is given: each error names the argument, its value, and what would be right."""

from collections.abc import Sequence

import numpy as np


def as_matrix(values, name: str, most: int | None = None) -> np.ndarray:
    """`values` as a float (H, W) array. Raises ValueError if it is not a matrix of numbers, or has over `most` a side."""
    matrix = _as_numbers(values, name)
    if matrix.ndim == 3 and matrix.shape[0] == 1:
        matrix = matrix[0]
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"{name} must have shape (H, W), got {np.shape(values)}")
    if most is not None and max(matrix.shape) > most:
        raise ValueError(
            f"{name} has shape {matrix.shape}; numbers are readable up to {most} a side: pass a part of it"
        )
    return matrix


def as_vector(values, name: str) -> np.ndarray:
    """`values` as a float (N,) array. Raises ValueError if it is not a row of numbers."""
    vector = _as_numbers(values, name)
    if vector.ndim != 1 or vector.size == 0:
        raise ValueError(f"{name} must have shape (N,), got {np.shape(values)}")
    return vector


def as_picture(values, name: str) -> np.ndarray:
    """`values` as float (H, W), or (H, W, 3) as matplotlib wants colour. Raises ValueError for any other shape."""
    picture = _as_numbers(values, name)
    if picture.ndim == 3 and picture.shape[0] == 1:
        picture = picture[0]
    if picture.size and picture.ndim == 2:
        return picture
    if picture.size and picture.ndim == 3 and picture.shape[0] == 3:
        return np.clip(picture.transpose(1, 2, 0), 0, 1)
    raise ValueError(f"{name} must have shape (H, W), (1, H, W) or (3, H, W), got {np.shape(values)}")


def as_count(value, name: str, least: int = 1, most: int | None = None) -> int:
    """`value` as an int. Raises ValueError if it is not a whole number, below `least`, or above `most`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"{name} must be a whole number, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    if most is not None and value > most:
        raise ValueError(f"{name} must be at most {most} to be drawn, got {value}")
    return int(value)


def same_length(name: str, items: Sequence, other_name: str, others: Sequence) -> None:
    """Raises ValueError unless both have the same length, at least one."""
    if len(items) != len(others):
        raise ValueError(f"{name} and {other_name} must have the same length, got {len(items)} and {len(others)}")
    if len(items) == 0:
        raise ValueError(f"{name} must not be empty, got {items!r}")


def _as_numbers(values, name: str) -> np.ndarray:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers, got {values!r}") from error
