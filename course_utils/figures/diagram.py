"""A drawing board measured in cells: x to the right, y down, (0, 0) the top left corner.

A diagram knows its size in cells before anything is drawn, so every cell has the same size in every figure and
nothing is cut off.
"""

from collections import defaultdict

import numpy as np
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import Colormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from course_utils.figures.drawing import INK, MUTED, PAPER, RULE, SMALL, VERMILLION, Drawing, number

MARGIN = 0.18
CELL = 0.42


class Diagram:
    """`width` by `height` cells of `cell` inches, with a margin."""

    def __init__(self, width: float, height: float, cell: float = CELL):
        self.cell = cell
        inches = (width * cell + 2 * MARGIN, height * cell + 2 * MARGIN)
        self.figure = Figure(figsize=inches)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim(-MARGIN / cell, width + MARGIN / cell)
        self.axes.set_ylim(height + MARGIN / cell, -MARGIN / cell)

    def text(
        self, x: float, y: float, text: str, *, size=SMALL, color=INK, ha="center", va="center", **options
    ) -> None:
        self.axes.text(x, y, text, fontsize=size, color=color, ha=ha, va=va, **options)

    def box(
        self, x: float, y: float, width=1.0, height=1.0, *, face="none", edge=RULE, lw=1.0, ls="-", hatch=None, z=1.0
    ) -> None:
        self.axes.add_patch(
            Rectangle((x, y), width, height, facecolor=face, edgecolor=edge, lw=lw, ls=ls, hatch=hatch, zorder=z)
        )

    def polygon(self, points, *, face="none", edge=INK, lw=1.0, z=1.0) -> None:
        self.axes.add_patch(
            Polygon(points, closed=True, facecolor=face, edgecolor=edge, lw=lw, zorder=z, joinstyle="round")
        )

    def line(self, xs, ys, *, color=INK, lw=1.2, ls="-", z=0.9) -> None:
        self.axes.add_line(Line2D(xs, ys, color=color, lw=lw, ls=ls, zorder=z, solid_capstyle="butt"))

    def arrow(self, x0: float, y0: float, x1: float, y1: float, *, color=MUTED, lw=1.6, ls="-") -> None:
        look = {"color": color, "lw": lw, "ls": ls, "shrinkA": 0, "shrinkB": 0}
        self.axes.add_patch(FancyArrowPatch((x0, y0), (x1, y1), arrowstyle="-|>", mutation_scale=13, **look))

    def window(self, x: float, y: float, width: float, height: float) -> None:
        """The outline of what is looked at: vermillion within white, so that it shows on any gray."""
        self.box(x, y, width, height, edge=PAPER, lw=5, z=3)
        self.box(x, y, width, height, edge=VERMILLION, lw=2.8, z=3.1)

    def grid(self, x: float, y: float, values: np.ndarray, *, faces=PAPER, decimals=None) -> None:
        """A matrix as cells with its numbers; NaN is left empty. `faces` is one colour or one for each cell."""
        rows, columns = values.shape
        corners = [(x + j, y + i) for i in range(rows) for j in range(columns)]
        colors = np.broadcast_to(np.asarray(to_rgb(faces)) if isinstance(faces, str) else faces, (rows, columns, 3))
        self.cells(corners, colors.reshape(-1, 3))
        labels = defaultdict(list)
        for (a, b), value, color in zip(corners, values.ravel(), colors.reshape(-1, 3), strict=True):
            if not np.isnan(value):
                labels[number(value, decimals), readable_on(color)].append((a + 0.5, b + 0.5))
        for (text, color), centres in labels.items():
            self.repeat(text, centres, color)

    def cells(self, corners: list[tuple[float, float]], faces, lw=0.8, ls="-") -> None:
        """Unit squares with these top left corners."""
        squares = [[(a, b), (a + 1, b), (a + 1, b + 1), (a, b + 1)] for a, b in corners]
        collection = PolyCollection(squares, facecolors=faces, edgecolors=RULE, linewidths=lw, linestyles=[ls])
        self.axes.add_collection(collection, autolim=False)

    def repeat(self, text: str, centres: list[tuple[float, float]], color: str = INK) -> None:
        """The same short text at many places, drawn as one shape: a widget of two hundred numbers feels the difference."""
        shape = TextPath((0, 0), text, size=SMALL, prop=FontProperties(family="DejaVu Sans"))
        extent, digits = shape.get_extents(), 0.73 * SMALL
        points = Affine2D().translate(-(extent.x0 + extent.x1) / 2, -digits / 2).scale(1 / 72)
        shapes = PathCollection(
            [shape],
            offsets=centres,
            offset_transform=self.axes.transData,
            facecolors=color,
            edgecolors="none",
            zorder=2.2,
        )
        shapes.set_transform(points + self.figure.dpi_scale_trans)
        self.axes.add_collection(shapes, autolim=False)

    def finish(self, alt: str) -> Drawing:
        return Drawing(self.figure, alt)


def readable_on(color) -> str:
    """Ink or paper, whichever stands out more from an RGB colour."""
    return INK if np.dot(color, (0.299, 0.587, 0.114)) > 0.5 else PAPER


def shades(values: np.ndarray, cmap: Colormap, low: float, high: float) -> np.ndarray:
    """(H, W) → (H, W, 3): the colour of each value on a map from `low` to `high`."""
    scaled = (np.nan_to_num(values, nan=high) - low) / (high - low if high > low else 1)
    return cmap(np.clip(scaled, 0, 1))[..., :3]


def common_decimals(*arrays: np.ndarray | float) -> int:
    """0 if all numbers are whole, else as many decimals, up to 2, as they need."""
    values = np.concatenate([np.ravel(a) for a in arrays]).astype(float)
    values = values[~np.isnan(values)]
    for decimals in (0, 1):
        if np.allclose(values, np.round(values, decimals), rtol=0, atol=1e-6):
            return decimals
    return 2


def cell_for(decimals: int, *arrays: np.ndarray, least: float = CELL) -> float:
    """The cell size, in inches, in which the longest of these numbers fits."""
    texts = [number(v, decimals) for a in arrays for v in np.ravel(a) if not np.isnan(v)]
    return max([least] + [sum(_ADVANCE.get(letter, 0.097) for letter in text) + 0.12 for text in texts])


# How wide letters of 11-point DejaVu Sans are, in inches; every digit is as wide as any other.
_ADVANCE = {"−": 0.128, ".": 0.049}
