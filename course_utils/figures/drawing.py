"""What every figure is made of: one style, one palette, and `Drawing`, a picture with its alternative text."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import matplotlib.style
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

DPI = 100
SMALL, TITLE = 11, 12

# Okabe and Ito's palette: distinct with every common kind of colour blindness. The order also alternates dark and
# light, so that neighbours differ in black and white.
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, VERMILLION, SKY)
INK, MUTED, RULE, PAPER = "#1B1B1B", "#555555", "#B5B5B5", "#FFFFFF"

# What a grid of numbers is, told by its tint.
INPUT, KERNEL, OUTPUT = "#DCEBF7", "#FCE6C3", "#D3EEE3"

# Below zero blue, zero white, above zero orange. Blue is much the darker, so the sign survives in black and white.
# An odd number of steps keeps zero white.
# Colour rises steeply near zero, because most responses to a photograph are small.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", [(0, "#00345C"), (0.3, "#5B9BD0"), (0.5, "#FFFFFF"), (0.7, "#F5BE4F"), (1, "#D98200")], N=257
)

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": SMALL,
    "axes.titlesize": TITLE,
    "axes.labelsize": SMALL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "figure.facecolor": PAPER,
    "figure.constrained_layout.h_pad": 0.1,
    "figure.constrained_layout.w_pad": 0.1,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "hatch.linewidth": 0.8,
}


@contextmanager
def style() -> Iterator[None]:
    """The course's style for as long as the block runs, whatever the learner's own settings; also a decorator."""
    with matplotlib.style.context(["default", _STYLE]):
        yield


class Drawing:
    """A finished figure with its alternative text, which a notebook shows as a picture.

    It belongs to no pyplot state: it need not be closed, and it does not change a figure of the learner's.
    """

    def __init__(self, figure: Figure, alt: str):
        self.figure = figure
        self.alt = alt
        self._png = b""

    def png(self) -> bytes:
        """The picture as PNG, at 100 dots per inch; the same bytes each time."""
        if not self._png:
            self._png = self._render("png", metadata={"Software": None})
        return self._png

    def small_png(self) -> bytes:
        """The same in 256 colours: what a notebook keeps. A photograph is a third of the size; a moment's work."""
        picture = Image.open(BytesIO(self.png())).convert("RGB")
        buffer = BytesIO()
        _in_256_colours(picture).save(buffer, format="png", optimize=True, dpi=(DPI, DPI))
        return buffer.getvalue()

    def savefig(self, path: str | Path) -> None:
        """Write the picture to `path`, in the format that its ending names: .png, .svg or .pdf."""
        path = Path(path)
        kind = path.suffix.lower().removeprefix(".")
        if kind not in ("png", "svg", "pdf"):
            raise ValueError(f"path must end in .png, .svg or .pdf, got {str(path)!r}")
        path.write_bytes(self.png() if kind == "png" else self._render(kind))

    def _render(self, kind: str, **options) -> bytes:
        buffer = BytesIO()
        # Fonts and hinting are read when a figure is drawn, not when it is made.
        with style():
            self.figure.savefig(buffer, format=kind, **options)
        return buffer.getvalue()

    def __repr__(self) -> str:
        return self.alt

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        return {"image/png": self.small_png(), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


def _in_256_colours(picture: Image.Image) -> Image.Image:
    if picture.getcolors(256):
        return picture.quantize(256)
    palette = picture.quantize(255, Image.Quantize.MAXCOVERAGE)
    indices = np.array(picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG))
    # The paper stays white: a palette chosen for the whole picture may hold only a near white.
    indices[(np.asarray(picture) == 255).all(axis=-1)] = 255
    small = Image.fromarray(indices)
    colours = palette.getpalette()
    small.putpalette([*colours, *[0] * (255 * 3 - len(colours)), 255, 255, 255])
    return small


def number(value: float, decimals: int | None = None) -> str:
    """A number as text: a true minus sign, no negative zero, and no decimals for whole numbers unless asked for."""
    if decimals is None:
        decimals = 0 if float(value).is_integer() else 2
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def plural(count: int, noun: str) -> str:
    """`1 pixel`, `3 pixels`, `no pixels`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
