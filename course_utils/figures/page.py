"""A page measured in inches from its top left corner, for figures that hold pictures: `place` puts one, `bar` its colour bar.

Fixed places keep pictures of one row aligned, whatever their titles and colour bars need.
"""

import textwrap
from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from course_utils.figures.diagram import MARGIN, common_decimals, readable_on
from course_utils.figures.drawing import RULE, SIGNED, SMALL, TITLE, Drawing, number

TITLE_HEIGHT = 0.3
BAR_HEIGHT = 0.42
LABEL_HEIGHT = 0.24
LINE = 0.2


class Page:
    """`width` by `height` inches, with a margin."""

    def __init__(self, width: float, height: float):
        self.size = (width + 2 * MARGIN, height + 2 * MARGIN)
        self.figure = Figure(figsize=self.size)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        wide, tall = self.size
        return self.figure.add_axes(
            ((x + MARGIN) / wide, (tall - y - height - MARGIN) / tall, width / wide, height / tall)
        )

    def text(self, x: float, y: float, text: str, *, size: float = SMALL, ha="center", **options) -> None:
        """Text whose baseline is `y` inches from the top."""
        wide, tall = self.size
        self.figure.text(
            (x + MARGIN) / wide, (tall - y - MARGIN) / tall, text, fontsize=size, ha=ha, va="baseline", **options
        )

    def picture(self, x, y, width, height, picture, cmap, low, high, title=None) -> tuple[Axes, AxesImage]:
        """A picture in a hairline frame, without ticks, with its title above."""
        ax = self.axes(x, y, width, height)
        shown = ax.imshow(picture, cmap=SIGNED if cmap == "signed" else "gray", vmin=low, vmax=high, aspect="auto")
        ax.set(xticks=[], yticks=[])
        for spine in ax.spines.values():
            spine.set(visible=True, color=RULE, linewidth=0.8)
        lines = wrapped(title, width)
        for i, line in enumerate(lines):
            self.text(x + width / 2, y - 0.1 - LINE * (len(lines) - 1 - i), line, size=TITLE)
        return ax, shown

    def numbers(self, x, y, width, height, values: np.ndarray, faces: np.ndarray, title=None) -> None:
        """A small matrix as coloured cells, faces (H, W, 3), with its numbers."""
        ax, _ = self.picture(x, y, width, height, faces, "gray", 0, 1, title)
        for edge in range(1, values.shape[1]):
            ax.axvline(edge - 0.5, color=RULE, lw=0.8)
        for edge in range(1, values.shape[0]):
            ax.axhline(edge - 0.5, color=RULE, lw=0.8)
        decimals = common_decimals(values)
        for i, j in np.ndindex(values.shape):
            text = number(values[i, j], decimals)
            ax.text(j, i, text, ha="center", va="center_baseline", fontsize=SMALL, color=readable_on(faces[i, j]))

    def bar(self, x: float, y: float, width: float, shown: AxesImage, label: str | None = None) -> None:
        """A colour bar `BAR_HEIGHT` high, and `LABEL_HEIGHT` more with a label."""
        bar = Colorbar(self.axes(x, y, width, 0.12), shown, orientation="horizontal")
        low, high = shown.norm.vmin, shown.norm.vmax
        ticks = [low, 0.0, high] if low < 0 < high else [low, high]
        bar.set_ticks(ticks, labels=[number(tick, common_decimals(tick)) for tick in ticks])
        # The outer labels end with the bar instead of sticking out into its neighbour.
        for tick, side in zip(bar.ax.get_xticklabels(), ("left", *["center"] * (len(ticks) - 2), "right"), strict=True):
            tick.set_horizontalalignment(side)
        bar.outline.set(color=RULE, linewidth=0.8)
        if label:
            self.text(x + width / 2, y + BAR_HEIGHT + 0.15, label)

    def finish(self, alt: str) -> Drawing:
        return Drawing(self.figure, alt)


def wrapped(title: str | None, width: float) -> list[str]:
    """The lines of a title over something `width` inches wide."""
    # A letter of 12-point DejaVu Sans is a little under a tenth of an inch wide; a title may stick out by half of one.
    return textwrap.wrap(title or "", max(int((width + 0.1) / 0.095), 8))


def title_height(titles: Iterable[str], width: float) -> float:
    """Room for the tallest of these titles, each over something `width` inches wide."""
    lines = max((len(wrapped(title, width)) for title in titles), default=0)
    return TITLE_HEIGHT + LINE * (lines - 1) if lines else 0.0
