"""Shift the input and the response shifts with it; and what padding does to a picture, layer after layer."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from course_utils.figures.arguments import as_matrix, same_length
from course_utils.figures.drawing import Drawing, plural, style
from course_utils.figures.images import color_bar, show_picture


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
    ratio = x.shape[0] / x.shape[1]
    figure = Figure(figsize=(8.6, 2 * (2.5 * ratio + 0.35) + 0.7))
    figure.set_layout_engine("constrained")
    axes = figure.subplot_mosaic([["x", "out", "difference"], ["shifted_x", "shifted_out", "difference"]])
    show_picture(axes["x"], x, "gray", low, high)
    show_picture(axes["shifted_x"], shifted_x, "gray", low, high)
    for name, picture in (("out", out), ("shifted_out", shifted_out), ("difference", difference)):
        shown = show_picture(axes[name], picture, "signed", -most, most)
    left = np.abs(difference).max()
    titles = ("input", "the input, shifted", "response", "response to the shifted input", f"difference, at most {left:.2g}")
    for name, title in zip(names, titles, strict=True):
        axes[name].set_title(title)
    color_bar(figure, shown, [axes["out"], axes["shifted_out"], axes["difference"]], most, "response")
    return Drawing(
        figure,
        f"An input of {x.shape[0]} by {x.shape[1]} and its response, above the shifted input and its response, all on one "
        f"scale. The difference that is left after shifting the first response is at most {left:.2g}.",
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
        [as_matrix(a, f"{name}[{i}]") for i, a in enumerate(row)] for name, row in (("padded", padded), ("unpadded", unpadded))
    ]
    low = min(a.min() for row in rows for a in row)
    high = max(a.max() for row in rows for a in row)
    tall = max(a.shape[0] for row in rows for a in row)
    wide = max(a.shape[1] for row in rows for a in row)
    each = min(9.0 / len(padded), 2.6)
    figure = Figure(figsize=(each * len(padded) + 0.4, 2 * (each * tall / wide + 0.3) + 0.3))
    figure.set_layout_engine("constrained")
    axes = figure.subplots(2, len(padded), squeeze=False)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            ax = axes[i, j]
            show_picture(ax, picture, "gray", min(low, 0), max(high, 1e-12))
            # One scale for all: a picture that has shrunk sits small in the middle of the space that the input fills.
            height, width = picture.shape

            ax.set_xlim((width - wide) / 2 - 0.5, (width + wide) / 2 - 0.5)
            ax.set_ylim((height + tall) / 2 - 0.5, (height - tall) / 2 - 0.5)
            for spine in ax.spines.values():
                spine.set_visible(False)
            ax.set_xlabel(f"{height} × {width}")
            if titles is not None and i == 0:
                ax.set_title(titles[j])
        axes[i, 0].set_ylabel("with padding" if i == 0 else "without padding")
    first, last = rows[1][0].shape, rows[1][-1].shape
    return Drawing(
        figure,
        f"A picture after each of {plural(len(padded) - 1, 'layer')}. With padding its size goes from "
        f"{rows[0][0].shape[0]} by {rows[0][0].shape[1]} to {rows[0][-1].shape[0]} by {rows[0][-1].shape[1]}; "
        f"without, from {first[0]} by {first[1]} to {last[0]} by {last[1]}.",
    )
