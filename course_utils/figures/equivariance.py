"""Shift the input and the response shifts with it; and what padding does to a picture, layer after layer."""

from collections.abc import Sequence

import numpy as np

from course_utils.figures.arguments import as_matrix, same_length
from course_utils.figures.drawing import TITLE, Drawing, plural, style
from course_utils.figures.page import BAR_HEIGHT, TITLE_HEIGHT, Page


@style()
def shift_equivariance(
    x: np.ndarray, shifted_x: np.ndarray, out: np.ndarray, shifted_out: np.ndarray, difference: np.ndarray
) -> Drawing:
    """Input and response, above the shifted input and its response; right, what is left when one is shifted onto the other.

    All (H, W). `difference` is the caller's: the response of the shifted input less the shifted response, where both exist.
    """
    names = ("x", "shifted_x", "out", "shifted_out", "difference")
    x, shifted_x, out, shifted_out, difference = (
        as_matrix(a, name) for a, name in zip((x, shifted_x, out, shifted_out, difference), names, strict=True)
    )
    most = max(np.abs(a).max() for a in (out, shifted_out, difference)) or 1.0
    low, high = min(0.0, x.min(), shifted_x.min()), max(1.0, x.max(), shifted_x.max())
    wide, gap = 2.6, 0.35
    tall = wide * x.shape[0] / x.shape[1]
    second = TITLE_HEIGHT + tall + gap
    page = Page(3 * wide + 2 * gap, second + TITLE_HEIGHT + tall + 0.1 + BAR_HEIGHT)
    middle, right = wide + gap, 2 * (wide + gap)
    left = np.abs(difference).max()
    rest = "zero" if left == 0 else f"at most {left:.1g}"
    page.picture(0, TITLE_HEIGHT, wide, tall, x, "gray", low, high, "input")
    page.picture(0, second + TITLE_HEIGHT, wide, tall, shifted_x, "gray", low, high, "input, shifted")
    page.picture(middle, TITLE_HEIGHT, wide, tall, out, "signed", -most, most, "its response")
    page.picture(middle, second + TITLE_HEIGHT, wide, tall, shifted_out, "signed", -most, most, "its response")
    _, shown = page.picture(
        right, TITLE_HEIGHT + second / 2, wide, tall, difference, "signed", -most, most, f"difference: {rest}"
    )
    page.bar(middle, second + TITLE_HEIGHT + tall + 0.1, wide, shown)
    return page.finish(
        f"An input of {x.shape[0]} by {x.shape[1]} and its response, above the shifted input and its response, all on one "
        f"scale. The difference that is left after shifting the first response is {rest}.",
    )


@style()
def border_washed_away(
    padded: Sequence[np.ndarray], unpadded: Sequence[np.ndarray], titles: Sequence[str] | None = None
) -> Drawing:
    """The same picture after layer upon layer: with zero padding in the first row, without in the second, drawn to scale.

    padded, unpadded: (H, W) arrays, up to six each, the first of both being the input. Without padding the picture
    shrinks; with it the size stays, and zeros seep in from the border.
    """
    same_length("padded", padded, "unpadded", unpadded)
    if len(padded) > 6:
        raise ValueError(f"padded must hold up to 6 pictures, got {len(padded)}")
    if titles is not None:
        same_length("padded", padded, "titles", titles)
    rows = [
        [as_matrix(a, f"{name}[{i}]") for i, a in enumerate(row)]
        for name, row in (("padded", padded), ("unpadded", unpadded))
    ]
    low = min(a.min() for row in rows for a in row)
    high = max(a.max() for row in rows for a in row)
    if titles is None:
        titles = ["input"] + [plural(i, "layer") for i in range(1, len(padded))]
    pixel = min((9.0 - 0.15 * len(padded)) / sum(row.shape[1] for row in rows[0]), 2.4 / rows[0][0].shape[1])
    tall = max(a.shape[0] for row in rows for a in row) * pixel
    steps = [max(a.shape[1], b.shape[1]) * pixel + 0.15 for a, b in zip(*rows, strict=True)]
    page = Page(sum(steps) - 0.15, 2 * tall + 4.4 * TITLE_HEIGHT)
    for i, (name, row) in enumerate(zip(("with zero padding", "without padding"), rows, strict=True)):
        top = i * (tall + 2.6 * TITLE_HEIGHT) + TITLE_HEIGHT
        page.text(0, top - 0.1, name, size=TITLE, ha="left", weight="bold")
        x = 0.0
        for picture, title, step in zip(row, titles, steps, strict=True):
            # One scale for all: a picture that has shrunk sits small in the middle of the space that the input fills.
            height, width = picture.shape[0] * pixel, picture.shape[1] * pixel
            left = x + (step - 0.15 - width) / 2
            page.picture(left, top + (tall - height) / 2, width, height, picture, "gray", min(low, 0), max(high, 1e-12))
            page.text(x + (step - 0.15) / 2, top + tall + 0.2, f"{title}: {picture.shape[0]} × {picture.shape[1]}")
            x += step
    first, last = rows[1][0].shape, rows[1][-1].shape
    return page.finish(
        f"A picture at {len(padded)} stages of a network: {', '.join(titles)}. With padding its size goes from "
        f"{rows[0][0].shape[0]} by {rows[0][0].shape[1]} to {rows[0][-1].shape[0]} by {rows[0][-1].shape[1]}; "
        f"without, from {first[0]} by {first[1]} to {last[0]} by {last[1]}.",
    )
