"""Many small pictures in rows, one a layer or a network: what its layers answer, or what its weights look like."""

from collections.abc import Mapping

import numpy as np

from course_utils.figures.drawing import MUTED, TITLE, Drawing, plural, style
from course_utils.figures.page import Page

WIDTH, NAMES, GAP, LARGEST = 9.4, 1.0, 0.07, 0.86
MOST_MAPS, MOST_ROWS = 16, 5


@style()
def feature_maps(rows: Mapping[str, np.ndarray]) -> Drawing:
    """Rows of maps, {name: (C, H, W)}, up to 16 in a row: blue below zero, white zero, orange above.

    Every row has a scale of its own, up to its largest size.
    """
    if not 1 <= len(rows) <= MOST_ROWS:
        raise ValueError(f"rows must hold one to {MOST_ROWS} rows, got {len(rows)}")
    rows = {name: np.asarray(maps, dtype=float) for name, maps in rows.items()}
    for name, maps in rows.items():
        if maps.ndim != 3 or not 1 <= len(maps) <= MOST_MAPS or maps.size == 0:
            raise ValueError(f"rows[{name!r}] must have shape (C, H, W) with up to {MOST_MAPS} maps, got {maps.shape}")
    sides = [min(LARGEST, (WIDTH - NAMES) / len(maps) - GAP) for maps in rows.values()]
    heights = [side * maps.shape[1] / maps.shape[2] for side, maps in zip(sides, rows.values(), strict=True)]
    page = Page(WIDTH, sum(max(height, 0.4) + 0.14 for height in heights) + 0.3)
    top, told = 0.0, []
    for (name, maps), side, height in zip(rows.items(), sides, heights, strict=True):
        size = np.abs(maps).max() or 1.0
        page.text(0, top + max(height, 0.4) / 2, name, size=TITLE, ha="left")
        page.text(0, top + max(height, 0.4) / 2 + 0.2, f"{maps.shape[1]}x{maps.shape[2]}", ha="left", color=MUTED)
        for place, picture in enumerate(maps):
            page.picture(NAMES + place * (side + GAP), top, side, height, picture, "signed", -size, size)
        top += max(height, 0.4) + 0.14
        told.append(f"{name}, {plural(len(maps), 'map')} of {maps.shape[1]} by {maps.shape[2]}")
    page.text(NAMES, top + 0.12, "blue below zero, orange above; each row on its own scale", ha="left", color=MUTED)
    return Drawing(page.figure, f"Rows of small pictures: {'; '.join(told)}.")
