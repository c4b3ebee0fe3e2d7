"""The outlines of shapes10: ten shapes, each as its distance from the centre along every direction.

A shape that is seen whole from its centre is a function of the angle. Drawn from a table, thousands are turned, scaled
and moved at once.
"""

from functools import cache

import numpy as np

SHAPES = ("disc", "ring", "square", "frame", "triangle", "star", "cross", "heart", "half-disc", "arrow")
# Directions in a table: at a radius of 16 pixels they lie a quarter of a pixel apart.
ANGLES = 400
# Enclosed by each outline at scale 1: none is known by its size.
AREA = 1.9
# What is cut out of ring and frame, as a part of their outline.
HOLE = 0.58


@cache
def radii() -> tuple[np.ndarray, np.ndarray]:
    """(10, ANGLES) outer and inner radius of each shape of SHAPES at angles 0, 2 pi/ANGLES, …; inner is 0 where it is full.

    An angle of 0 points up, as triangle, star, arrow and the gap of the heart do, and grows clockwise.
    """
    disc = np.ones(ANGLES)
    square = _from_corners(_corners(4, turned=np.pi / 4))
    full = {
        "disc": disc,
        "ring": disc,
        "square": square,
        "frame": square,
        "triangle": _from_corners(_corners(3)),
        "star": _from_corners(_corners(5, waist=0.42)),
        "cross": _from_corners(CROSS),
        "heart": _from_corners(_heart()),
        "half-disc": _from_corners(_half_disc()),
        "arrow": _from_corners(ARROW),
    }
    outer = np.stack([full[shape] for shape in SHAPES])
    # A sector of radius r and angle t has the area r² t / 2.
    outer *= np.sqrt(AREA / (np.pi * (outer**2).mean(axis=1, keepdims=True)))
    hollow = np.isin(SHAPES, ("ring", "frame"))[:, None]
    return outer, np.where(hollow, HOLE * outer, 0.0)


def coverage(
    shape: np.ndarray, x: np.ndarray, y: np.ndarray, scale: np.ndarray, turn: np.ndarray, side: int
) -> np.ndarray:
    """(N, side, side): how much of each pixel each of N shapes covers, from 0 to 1.

    shape: (N,) places in SHAPES. x, y: (N,) centres in pixels from the upper left corner. scale: (N,) radius in pixels of
    a shape of radius 1. turn: (N,) clockwise, in radians.
    """
    outer, inner = radii()
    pixel = np.arange(side) + 0.5
    right, down = (pixel - x[:, None])[:, None, :], (pixel - y[:, None])[:, :, None]
    distance = np.sqrt(right**2 + down**2)
    angle = np.arctan2(right, -down) - turn[:, None, None]
    place = np.rint(angle * (ANGLES / (2 * np.pi))).astype(np.int64) % ANGLES + ANGLES * shape[:, None, None]
    scale = scale[:, None, None]
    # Within half a pixel of the outline a pixel is covered in part, which smooths it.
    within = np.clip(outer.ravel()[place] * scale - distance + 0.5, 0, 1)
    hollow = inner.ravel()[place] * scale
    return within * np.where(hollow > 0, np.clip(distance - hollow + 0.5, 0, 1), 1)


# Corners are (right, up) of the centre.
ARROW = ((0, 1), (0.8, 0.15), (0.3, 0.15), (0.3, -0.9), (-0.3, -0.9), (-0.3, 0.15), (-0.8, 0.15))
CROSS = tuple(
    (right * x, up * y)
    for right, up, corners in (
        (1, 1, ((0.36, 1), (0.36, 0.36), (1, 0.36))),
        (1, -1, ((1, 0.36), (0.36, 0.36), (0.36, 1))),
        (-1, -1, ((0.36, 1), (0.36, 0.36), (1, 0.36))),
        (-1, 1, ((1, 0.36), (0.36, 0.36), (0.36, 1))),
    )
    for x, y in corners
)


def _corners(count: int, waist: float = 1.0, turned: float = 0.0) -> np.ndarray:
    """A regular polygon with this many corners; a star with a waist below 1, the radius of a corner between two."""
    angle = turned + np.pi / count * np.arange(2 * count)
    radius = np.where(np.arange(2 * count) % 2, waist, 1.0)
    keep = slice(None) if waist < 1 else slice(None, None, 2)
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)[keep]


def _heart() -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    up = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([16 * np.sin(t) ** 3, up + 2], axis=1)


def _half_disc() -> np.ndarray:
    t = np.linspace(0, np.pi, 60)
    return np.stack([np.cos(t), np.sin(t) - 0.42], axis=1)


def _from_corners(corners: np.ndarray) -> np.ndarray:
    """(ANGLES,) distance at which the ray in each direction leaves the polygon around the centre."""
    start = np.asarray(corners, dtype=np.float64)
    edge = np.roll(start, -1, axis=0) - start
    angle = 2 * np.pi / ANGLES * np.arange(ANGLES)[:, None]
    right, up = np.sin(angle), np.cos(angle)
    # The ray's point t (right, up) is the edge's point start + s edge; Cramer's rule gives t and s.
    determinant = up * edge[:, 0] - right * edge[:, 1]
    determinant = np.where(np.abs(determinant) < 1e-12, np.nan, determinant)
    t = (start[:, 1] * edge[:, 0] - start[:, 0] * edge[:, 1]) / determinant
    s = (right * start[:, 1] - up * start[:, 0]) / determinant
    hit = (t > 0) & (s >= -1e-9) & (s <= 1 + 1e-9)
    return np.where(hit, t, 0).max(axis=1)
