"""Resizing pictures with NumPy: larger by bilinear interpolation, smaller by area averaging.

Both are separable: a matrix for the rows, another for the columns, each row of which sums to one.
"""

import numpy as np


def bilinear(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """images (..., H, W) → (..., height, width) by bilinear interpolation, pixel centres aligned as PyTorch does.

    The same as `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`.
    """
    rows = _interpolating(images.shape[-2], height).astype(images.dtype)
    columns = _interpolating(images.shape[-1], width).astype(images.dtype)
    return rows @ images @ columns.T


def area_average(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """images (..., H, W) → (..., height, width): each new pixel is the mean of the area that it covers."""
    rows = _averaging(images.shape[-2], height).astype(images.dtype)
    columns = _averaging(images.shape[-1], width).astype(images.dtype)
    return np.clip(rows @ images @ columns.T, 0, 1)


def _interpolating(old: int, new: int) -> np.ndarray:
    """(new, old) matrix: the two nearest old pixels share each new one by distance."""
    place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    left = np.minimum(place.astype(int), old - 1)
    right = np.minimum(left + 1, old - 1)
    matrix = np.zeros((new, old))
    np.add.at(matrix, (np.arange(new), left), 1 - (place - left))
    np.add.at(matrix, (np.arange(new), right), place - left)
    return matrix


def _averaging(old: int, new: int) -> np.ndarray:
    """(new, old) matrix: the share of each old pixel in each new one."""
    edges = np.arange(new + 1) * old / new
    first, last = edges[:-1, None], edges[1:, None]
    pixel = np.arange(old)
    overlap = np.minimum(last, pixel + 1) - np.maximum(first, pixel)
    return np.clip(overlap, 0, None) * new / old
