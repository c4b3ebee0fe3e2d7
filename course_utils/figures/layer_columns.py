"""A network's layers in columns, each with its settings, and nothing about its sizes."""

from collections.abc import Sequence

from matplotlib.patches import Circle

from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import INK, INPUT, KERNEL, OUTPUT, TITLE, VERMILLION, Drawing, style

# Inches: a layer's box, the room between two, the lane of a shortcut beside its column, and between columns.
WIDE, TALL, GAP, LANE, BETWEEN = 1.95, 0.72, 0.26, 2.35, 0.45
HEAD, SUM, FOOT = 0.62, 0.48, 0.4
Layer = tuple[str, str, str]


@style()
def layer_columns(columns: Sequence[tuple[str, Sequence[Layer], Layer | None]]) -> Drawing:
    """Columns of layers, each from top to bottom; where one ends the next begins.

    columns: (title, layers, shortcut). A layer is (name, what it is, its settings), such as ("conv1", "7x7, 3 → 16",
    "stride 2, padding 3"). shortcut: the layer on the way around a whole column, to whose output it is added, or None.
    Raises ValueError without columns, or for a column without layers.
    """
    if not columns:
        raise ValueError("columns must hold at least one column, got none")
    for title, layers, _ in columns:
        if not layers:
            raise ValueError(f"layers must hold at least one layer, got none for {title!r}")
    widths = [WIDE + (LANE if shortcut else 0) for _, _, shortcut in columns]
    tall = max(len(layers) * (TALL + GAP) + (SUM if shortcut else 0) for _, layers, shortcut in columns)
    diagram = Diagram(sum(widths) + BETWEEN * (len(columns) - 1), HEAD + tall + FOOT, cell=1.0)
    left = 0.0
    for number, ((title, layers, shortcut), width) in enumerate(zip(columns, widths, strict=True)):
        before = "picture" if number == 0 else ""
        after = "scores" if number == len(columns) - 1 else ""
        _column(diagram, left, title, layers, shortcut, (before, after))
        left += width + BETWEEN
    told = "; ".join(_told(*column) for column in columns)
    return diagram.finish(f"A network's layers in {len(columns)} columns. {told}.")


def _column(
    diagram: Diagram,
    left: float,
    title: str,
    layers: Sequence[Layer],
    shortcut: Layer | None,
    ends: tuple[str, str],
) -> None:
    middle = left + WIDE / 2
    diagram.text(left, 0.08, title, size=TITLE, ha="left", weight="bold")
    diagram.text(middle, 0.34, ends[0], style="italic")
    y = HEAD
    above = HEAD - 0.18
    for layer in layers:
        diagram.arrow(middle, above, middle, y)
        _box(diagram, left, y, layer, KERNEL)
        above = y + TALL
        y += TALL + GAP
    end = above + SUM - 0.14
    if shortcut:
        lane, start, centre = left + WIDE + LANE - WIDE / 2, HEAD - 0.12, (HEAD + above) / 2
        diagram.arrow(middle, above, middle, end - 0.14)
        diagram.axes.add_patch(Circle((middle, end), 0.14, facecolor=OUTPUT, edgecolor=INK, lw=1.2, zorder=2))
        diagram.text(middle, end, "+", size=TITLE, zorder=3)
        diagram.line([middle, lane, lane], [start, start, end], color=VERMILLION, lw=2.0, z=1.0)
        diagram.arrow(lane, end, middle + 0.14, end, color=VERMILLION, lw=2.0)
        _box(diagram, lane - WIDE / 2, centre - TALL / 2, shortcut, INPUT)
        above = end + 0.14
    diagram.arrow(middle, above, middle, above + 0.36)
    if ends[1]:
        diagram.text(middle, above + 0.5, ends[1], style="italic")


def _box(diagram: Diagram, x: float, y: float, layer: Layer, face: str) -> None:
    lines = [text for text in layer if text]
    diagram.box(x, y, WIDE, TALL, face=face, edge=INK, lw=1.2, z=2)
    for number, text in enumerate(lines):
        place = y + TALL / 2 + 0.2 * (number - (len(lines) - 1) / 2)
        diagram.text(x + WIDE / 2, place, text, weight="normal" if number else "bold", zorder=3)


def _told(title: str, layers: Sequence[Layer], shortcut: Layer | None) -> str:
    way = ", then ".join(_words(layer) for layer in layers)
    return f"{title}: {way}" + (
        f"; to its output is added what {_words(shortcut)} makes of its input" if shortcut else ""
    )


def _words(layer: Layer) -> str:
    name, *rest = layer
    return f"{name} ({', '.join(filter(None, rest))})" if any(rest) else name
