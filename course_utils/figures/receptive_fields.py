"""What an output sees: the taps of a chain of layers along one axis, and the field on a picture, layer by layer."""

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Rectangle

from course_utils.accounting import receptive_field
from course_utils.figures.arguments import as_count, as_picture, same_length
from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import (
    BLUE,
    INK,
    INPUT,
    MUTED,
    ORANGE,
    PAPER,
    RULE,
    TITLE,
    VERMILLION,
    Drawing,
    plural,
    style,
)
from course_utils.figures.page import TITLE_HEIGHT, Page
from course_utils.layers import conv_output_size

# A layer of a chain: its name, kernel size, stride and padding along each axis.
Layer = tuple[str, int, int, int]

WIDEST, MOST_LAYERS = 40, 24
SIDE, BAR, LETTER = 3.6, 0.26, 0.092
# Inches of the whole, and of what is written beside the bars.
WIDTH, BESIDE = 9.7, 1.35


@style()
def receptive_field_pyramid(
    kernel_sizes: Sequence[int],
    strides: Sequence[int] | None = None,
    dilations: Sequence[int] | None = None,
    labels: Sequence[str] | None = None,
) -> Drawing:
    """A chain of layers along one axis, the picture below: what one output is made of, and where its neighbour looks.

    Places that the output depends on are dark, those that only the neighbour adds are light with a dashed edge. Beside
    each level stand its field and jump. labels: one for each layer, first layer first.
    """
    depth = len(kernel_sizes)
    strides = [1] * depth if strides is None else list(strides)
    dilations = [1] * depth if dilations is None else list(dilations)
    fields = [receptive_field(kernel_sizes[:n], strides[:n], dilations[:n]) for n in range(depth + 1)]
    labels = [f"layer {n + 1}" for n in range(depth)] if labels is None else list(labels)
    same_length("kernel_sizes", kernel_sizes, "labels", labels)
    wide = fields[-1][0] + fields[-1][1]
    if depth > 5 or wide > WIDEST:
        raise ValueError(
            f"kernel_sizes and strides make {plural(depth, 'layer')} that see {fields[-1][0]} pixels; up to 5 layers and "
            f"{WIDEST} pixels with the neighbour can be drawn"
        )
    used = _used(kernel_sizes, strides, dilations, 0)
    other = _used(kernel_sizes, strides, dilations, 1)
    names = [
        f"{label}: {k} wide" + (f", stride {s}" if s > 1 else "") + (f", dilation {d}" if d > 1 else "")
        for label, k, s, d in zip(labels, kernel_sizes, strides, dilations, strict=True)
    ]
    cell = min(0.36, 4.6 / wide)
    left, right = (max(LETTER * len(name) for name in (*names, "picture")) + 0.2) / cell, 2.0 / cell
    level = 0.68 / cell
    diagram = Diagram(left + wide + right, depth * level + 1 + 0.75 / cell, cell)
    centres = _centres(kernel_sizes, strides, dilations)
    # Lines first, so that the boxes cover their ends.
    for n in range(depth, 0, -1):
        top, below = (depth - n) * level + 1, (depth - n + 1) * level
        for place in used[n]:
            for tap in range(kernel_sizes[n - 1]):
                under = place * strides[n - 1] + tap * dilations[n - 1]
                diagram.line(
                    [left + centres(n, place), left + centres(n - 1, under)], [top, below], color=MUTED, lw=0.7
                )
    for n in range(depth + 1):
        y = (depth - n) * level
        for place in sorted({*used[n], *other[n], *range(max(max(used[n]), max(other[n])) + 1)}):
            mine, its = place in used[n], place in other[n]
            face = (ORANGE if n == depth else BLUE) if mine else INPUT if its else PAPER
            edge, ls = (VERMILLION, (0, (2, 1.5))) if its and not mine else (RULE, "-")
            x = left + centres(n, place) - 0.5
            diagram.box(x + 0.06, y + 0.06, 0.88, 0.88, face=face, edge=edge, ls=ls, lw=1.2, z=2)
        field, jump = fields[n]
        diagram.text(left - 0.25 / cell, y + 0.5, names[n - 1] if n else "picture", ha="right")
        seen = f"sees {field}, jump {jump}" if n else "1 pixel, jump 1"
        diagram.text(left + wide + 0.2 / cell, y + 0.5, seen, ha="left", weight="bold" if n == depth else "normal")
    _brackets(diagram, left, depth * level + 1, cell, *fields[-1])
    told = "; ".join(
        f"{name}, sees {field}, jump {jump}" for name, (field, jump) in zip(names, fields[1:], strict=True)
    )
    return diagram.finish(
        f"A pyramid of taps along one axis, from one output down to the picture: {told}. One output sees "
        f"{plural(fields[-1][0], 'pixel')}, and its neighbour the same number {plural(fields[-1][1], 'pixel')} further on."
    )


def _used(kernel_sizes, strides, dilations, place: int) -> list[list[int]]:
    """The places of each level, the picture first, that the output at `place` of the last layer depends on."""
    levels = [[place]]
    for k, s, d in reversed(list(zip(kernel_sizes, strides, dilations, strict=True))):
        levels.append(sorted({at * s + tap * d for at in levels[-1] for tap in range(k)}))
    return levels[::-1]


def _centres(kernel_sizes, strides, dilations):
    """A function of (level, place): the middle of what that place sees, in pixels from the picture's left end."""
    middles = [(0.5, 1)]
    for n in range(len(kernel_sizes)):
        first, jump = middles[-1]
        middles.append((first + dilations[n] * (kernel_sizes[n] - 1) * jump / 2, jump * strides[n]))
    return lambda level, place: middles[level][0] + place * middles[level][1]


def _brackets(diagram: Diagram, left: float, y: float, cell: float, field: int, jump: int) -> None:
    """Below the picture: how far the output sees, and how far the neighbour's window is moved."""
    for start, end, text, depth, color in (
        (0, field, f"field: {field}", 0.16, INK),
        (field, field + jump, f"jump: {jump}", 0.16, VERMILLION),
    ):
        low, high = y + 0.08 / cell, y + depth / cell
        diagram.line([left + start + 0.1] * 2 + [left + end - 0.1] * 2, [low, high, high, low], color=color, lw=1.5)
        ha, x = ("center", left + (start + end) / 2) if text.startswith("field") else ("left", left + start + 0.1)
        diagram.text(x, y + 0.42 / cell, text, color=color, size=TITLE, ha=ha)


@style()
def receptive_field_view(
    picture: np.ndarray, layers: Sequence[Layer], layer: int, row: int, column: int, note: str = ""
) -> Drawing:
    """The field of one output on a picture (H, W) or (3, H, W), and beside it its width in every layer below.

    layers: (name, kernel_size, stride, padding), the first on the picture, at most 24. layer: from 0, whose output at
    (row, column) is looked at. In the bars a map's whole width is the width of the picture.
    """
    shown = as_picture(picture, "picture")
    layer = as_count(layer, "layer", 0, len(layers) - 1)
    if len(layers) > MOST_LAYERS:
        raise ValueError(f"layers must hold at most {MOST_LAYERS} layers, got {len(layers)}")
    sizes = map_sizes(shown.shape[:2], layers)
    row = as_count(row, "row", 0, sizes[layer + 1][0] - 1)
    column = as_count(column, "column", 0, sizes[layer + 1][1] - 1)
    rows, columns = _spans(layers, layer, row), _spans(layers, layer, column)
    (top, bottom), (left, right) = rows[0], columns[0]
    field, jump = receptive_field(*([part[i] for part in layers[: layer + 1]] for i in (1, 2)))

    names = ["picture", *(name for name, *_ in layers)]
    gutter = LETTER * max(map(len, names)) + 0.55
    tall = SIDE * shown.shape[0] / shown.shape[1]
    page = Page(WIDTH, TITLE_HEIGHT + max(tall + 0.45, BAR * len(names)))
    low, high = (0, 1) if shown.min() >= 0 and shown.max() <= 1 else (shown.min(), shown.max())
    title = f"{names[layer + 1]}, output ({row}, {column})"
    ax, _ = page.picture(0, TITLE_HEIGHT, SIDE, tall, shown, "gray", low, high, title)
    for color, width in ((PAPER, 5), (VERMILLION, 2.8)):
        size = right - left + 1, bottom - top + 1
        ax.add_patch(Rectangle((left - 0.5, top - 0.5), *size, fill=False, edgecolor=color, lw=width))
    ax.set(xlim=(-0.5, shown.shape[1] - 0.5), ylim=(shown.shape[0] - 0.5, -0.5))
    outside = top < 0 or left < 0 or bottom >= shown.shape[0] or right >= shown.shape[1]
    page.text(SIDE / 2, TITLE_HEIGHT + tall + 0.22, f"sees {field} × {field} pixels, jump {jump}", weight="bold")
    if outside:
        whole = top <= 0 and left <= 0 and bottom >= shown.shape[0] - 1 and right >= shown.shape[1] - 1
        words = "the whole picture, and padding around it" if whole else "a part of it lies in the padding"
        page.text(SIDE / 2, TITLE_HEIGHT + tall + 0.44, words, color=MUTED)
    _bars(page, SIDE + gutter, names, [size[1] for size in sizes], columns, layer)
    told = "; ".join(
        f"{name}, {plural(last - first + 1, 'column')} of {size[1]}"
        for name, (first, last), size in zip(names, columns, sizes, strict=False)
    )
    return page.finish(
        f"{note}Output ({row}, {column}) of {names[layer + 1]} sees {field} by {field} pixels of a picture of "
        f"{shown.shape[0]} by {shown.shape[1]}: rows {top} to {bottom}, columns {left} to {right}, outlined. The jump is "
        f"{jump}. It reaches over these columns, layer by layer: {told}.".replace("-", "−")
    )


def map_sizes(size: tuple[int, int], layers: Sequence[Layer]) -> list[tuple[int, int]]:
    """(height, width) of the picture and of each layer's maps. Raises ValueError where a kernel does not fit."""
    sizes = [tuple(size)]
    for _, kernel_size, stride, padding in layers:
        sizes.append(tuple(conv_output_size(side, kernel_size, stride, padding) for side in sizes[-1]))
    return sizes


def _spans(layers: Sequence[Layer], layer: int, place: int) -> list[tuple[int, int]]:
    """First and last place that one output depends on, in the picture and in each map up to its own."""
    spans = [(place, place)]
    for _, kernel_size, stride, padding in reversed(layers[: layer + 1]):
        first, last = spans[-1]
        spans.append((first * stride - padding, last * stride - padding + kernel_size - 1))
    return spans[::-1]


def _bars(page: Page, x: float, names, widths, spans, layer: int) -> None:
    ax = page.axes(x, TITLE_HEIGHT, WIDTH - BESIDE - x, BAR * len(names))
    ax.set(xlim=(-0.02, 1.02), ylim=(len(names) - 0.5, -0.5), xticks=[])
    ax.set_yticks(range(len(names)), labels=names)
    ax.tick_params(axis="y", length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    page.text((x + WIDTH - BESIDE) / 2, TITLE_HEIGHT - 0.1, "its width in each map", size=TITLE)
    for y, width in enumerate(widths):
        ax.add_patch(Rectangle((0, y - 0.32), 1, 0.64, facecolor=PAPER, edgecolor=RULE, lw=0.8))
        word = f"{width} wide"
        if y <= layer + 1:
            first, last = max(spans[y][0], 0), min(spans[y][1], width - 1)
            face = ORANGE if y == layer + 1 else BLUE
            if last >= first:
                share = max((last - first + 1) / width, 0.008)
                ax.add_patch(Rectangle((first / width, y - 0.32), share, 0.64, facecolor=face, edgecolor=INK, lw=0.6))
            word = f"{spans[y][1] - spans[y][0] + 1} of {width}"
        ax.text(1.04, y, word, va="center_baseline", color=INK if y <= layer + 1 else MUTED)
