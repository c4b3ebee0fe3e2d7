"""Blocks of layers with a shortcut around them, side by side."""

from collections.abc import Sequence

from matplotlib.patches import Circle

from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import INK, INPUT, KERNEL, MUTED, OUTPUT, PAPER, TITLE, VERMILLION, Drawing, style

# Inches: a layer's box, the room between two, the lane of the shortcut beside them, and between two blocks.
WIDE, TALL, GAP, LANE, BETWEEN = 1.5, 0.36, 0.24, 1.55, 0.25
HEAD, END = 0.75, 1.35
_ACTIVATIONS = ("ReLU",)


@style()
def residual_blocks(blocks: Sequence[tuple[str, Sequence[str], str | None]]) -> Drawing:
    """Each block from top to bottom: x, its layers, the sum where it has a shortcut, the last ReLU.

    blocks: (title, layers, shortcut). layers: such as ["3x3, 64", "ReLU", "3x3, 64"]; the last ReLU is drawn without being
    named. shortcut: None where there is none; "" where x itself is carried around; else what it goes through, such as
    "1x1, 128". Raises ValueError without blocks, or for a block without layers.
    """
    if not blocks:
        raise ValueError("blocks must hold at least one block, got none")
    for title, layers, _ in blocks:
        if not layers:
            raise ValueError(f"layers must name at least one layer, got none for {title!r}")
    most = max(len(layers) for _, layers, _ in blocks)
    length = most * (TALL + GAP)
    widths = [WIDE + (LANE if shortcut is not None else 0.3) for _, _, shortcut in blocks]
    diagram = Diagram(sum(widths) + BETWEEN * (len(blocks) - 1), HEAD + length + END, cell=1.0)
    left = 0.0
    for (title, layers, shortcut), width in zip(blocks, widths, strict=True):
        _draw(diagram, left, length, title, layers, shortcut)
        left += width + BETWEEN
    told = "; ".join(_told(*block) for block in blocks)
    return diagram.finish(f"{told[0].upper()}{told[1:]}.")


def _draw(
    diagram: Diagram, left: float, length: float, title: str, layers: Sequence[str], shortcut: str | None
) -> None:
    middle, bottom = left + WIDE / 2, HEAD + length
    diagram.text(left, 0.1, title, size=TITLE, ha="left", weight="bold")
    diagram.text(middle, 0.47, "x", style="italic")
    step = length / len(layers)
    above = HEAD - 0.15
    for i, layer in enumerate(layers):
        y = HEAD + i * step + (step - TALL) / 2
        diagram.arrow(middle, above, middle, y)
        face = PAPER if layer in _ACTIVATIONS else KERNEL
        diagram.box(left, y, WIDE, TALL, face=face, edge=INK, lw=1.2, z=2)
        diagram.text(middle, y + TALL / 2, layer, zorder=3)
        above = y + TALL
    end = bottom + 0.22
    if shortcut is None:
        diagram.arrow(middle, above, middle, end + 0.34)
    else:
        diagram.arrow(middle, above, middle, end - 0.14)
        _sum(diagram, middle, end)
        diagram.arrow(middle, end + 0.14, middle, end + 0.34)
        _around(diagram, left, middle, end, shortcut)
    diagram.box(left, end + 0.34, WIDE, TALL, face=PAPER, edge=INK, lw=1.2, z=2)
    diagram.text(middle, end + 0.34 + TALL / 2, "ReLU", zorder=3)
    diagram.arrow(middle, end + 0.34 + TALL, middle, end + 0.98)


def _sum(diagram: Diagram, x: float, y: float) -> None:
    diagram.axes.add_patch(Circle((x, y), 0.14, facecolor=OUTPUT, edgecolor=INK, lw=1.2, zorder=2))
    diagram.text(x, y, "+", size=TITLE, zorder=3)


def _around(diagram: Diagram, left: float, middle: float, end: float, shortcut: str) -> None:
    """The way from above the first layer to the sum, with what stands in it."""
    lane, start = left + WIDE + 0.78, HEAD - 0.08
    diagram.line([middle, lane, lane], [start, start, end], color=VERMILLION, lw=2.0, z=1.0)
    diagram.arrow(lane, end, middle + 0.14, end, color=VERMILLION, lw=2.0)
    centre = (start + end) / 2
    if shortcut:
        lines = shortcut.split("\n")
        tall = TALL + 0.18 * (len(lines) - 1)
        diagram.box(lane - 0.62, centre - tall / 2, 1.3, tall, face=INPUT, edge=INK, lw=1.2, z=2)
        diagram.text(lane + 0.05, centre, shortcut, zorder=3)
    else:
        diagram.text(lane + 0.1, centre, "x itself", color=MUTED, ha="left")


def _told(title: str, layers: Sequence[str], shortcut: str | None) -> str:
    way = ", then ".join(layers)
    if shortcut is None:
        return f"{title}: {way}, then ReLU, without a shortcut"
    around = shortcut.replace("\n", " ") or "x itself"
    return f"{title}: {way}; to its output {around} is added; then ReLU"
