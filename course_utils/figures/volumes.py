"""Activation volumes as boxes: height up, channels across, width into the page."""

from collections.abc import Sequence

import numpy as np

from course_utils.figures.arguments import as_count, same_length
from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import (
    BLUE,
    INK,
    INPUT,
    KERNEL,
    MUTED,
    OUTPUT,
    PAPER,
    TITLE,
    VERMILLION,
    Drawing,
    plural,
    style,
)

# The longest edge of a box, in inches, and how much of the width is seen, going up and to the right.
LONGEST, SLANT = 2.0, 0.42
# Beyond this ratio of largest to smallest the small edges would vanish, so edges are drawn by their square root.
TRUE_SCALE = 16
COLUMN = 10


@style()
def volumes(shapes: Sequence[tuple[int, int, int]], labels: Sequence[str] | None = None) -> Drawing:
    """Boxes for volumes of shape (channels, height, width), joined by arrows, with a label above each.

    To scale where the largest extent is up to 16 times the smallest, else by square roots; the figure says which.
    """
    shapes = [as_shape(shape, f"shapes[{i}]") for i, shape in enumerate(shapes)]
    labels = [""] * len(shapes) if labels is None else list(labels)
    same_length("shapes", shapes, "labels", labels)
    extents = [extent for shape in shapes for extent in shape]
    root = max(extents) > TRUE_SCALE * min(extents)
    power = 0.5 if root else 1.0
    scale = LONGEST / max(extents) ** power
    sizes = [tuple(scale * extent**power for extent in shape) for shape in shapes]

    # A box is c inches across and its top edge slants w * SLANT to the right and up.
    names = ["{} × {} × {}".format(*shape) for shape in shapes]
    widths = [
        max(c + SLANT * w, 0.105 * len(name), 0.115 * len(label))
        for (c, _, w), name, label in zip(sizes, names, labels, strict=True)
    ]
    talls = [h + SLANT * w for _, h, w in sizes]
    tall, gap = max(talls), 0.75
    diagram = Diagram(sum(widths) + gap * (len(widths) - 1), tall + 1.25, cell=1.0)
    x = 0.0
    for i, ((c, h, w), name, label, width, high) in enumerate(zip(sizes, names, labels, widths, talls, strict=True)):
        top = 0.4 + (tall - high) / 2
        box(diagram, x + (width - c - SLANT * w) / 2, top, c, h, w, INPUT if i == 0 else OUTPUT, shapes[i][0])
        diagram.text(x + width / 2, 0.12, label, size=TITLE)
        diagram.text(x + width / 2, tall + 0.68, name, weight="bold")
        if i + 1 < len(shapes):
            diagram.arrow(x + width + 0.12, 0.4 + tall / 2, x + width + gap - 0.12, 0.4 + tall / 2)
        x += width + gap
    note = "channels × height × width" + (", edges drawn by square roots" if root else ", to scale")
    diagram.text(0, tall + 1.1, note, color=MUTED, ha="left")
    parts = [f"{label + ', ' if label else ''}{name}" for label, name in zip(labels, names, strict=True)]
    return diagram.finish(f"Volumes as boxes, {note}: {'; then '.join(parts)}.")


@style()
def depth_column(shape: tuple[int, int, int] = (3, 32, 32), kernel_size: int = 5, filters: int = 5) -> Drawing:
    """One window through the full depth of a volume, and the column of outputs that it makes, one for each filter.

    shape: (channels, height, width). With kernel_size=1 it is the 1x1 convolution.
    """
    channels, height, width = as_shape(shape, "shape")
    filters = as_count(filters, "filters")
    kernel_size = as_count(kernel_size, "kernel_size", 1, min(height, width))
    c, h, w = 0.9, 2.3, 2.3
    f = max(kernel_size / height, 0.07) * h
    ball, start = 0.34, 2.9
    # A long column is drawn as its ends, with dots between.
    shown = filters if filters <= COLUMN else COLUMN
    diagram = Diagram(max(6.6, start + shown * (ball + 0.14)), h + SLANT * w + 0.75, cell=1.0)
    top = 0.0
    box(diagram, 0, top, c, h, w, INPUT, channels)
    # The window sits in the middle of the height, on the near side, and runs through every channel.
    y = top + SLANT * w + (h - f) * 0.45
    box(diagram, 0, y - SLANT * f, c, f, f, KERNEL, channels, edge=VERMILLION, lw=1.8)
    weights = channels * kernel_size**2
    middle = y + f / 2 - SLANT * f / 2
    for k in range(shown):
        x = start + k * (ball + 0.14)
        if filters > COLUMN and k == COLUMN - 2:
            diagram.text(x + ball / 2, middle, "…", size=TITLE)
            continue
        diagram.box(x, middle - ball / 2, ball, ball, face=OUTPUT, edge=INK, lw=1.2, z=3)
    for corner in (y - SLANT * f, y + f - SLANT * f):
        diagram.line(
            [c + SLANT * f, start - 0.06],
            [corner, middle + (ball / 2 if corner > middle else -ball / 2)],
            color=VERMILLION,
            ls=(0, (4, 2)),
            z=2.5,
        )
    diagram.text(
        start,
        middle - 0.5,
        f"depth column: {plural(filters, 'filter')}, {plural(filters, 'number')}",
        ha="left",
        size=TITLE,
    )
    diagram.text(
        start,
        middle + 0.42,
        f"each: {channels}·{kernel_size}·{kernel_size} = {plural(weights, 'weight')}, and a bias",
        ha="left",
    )
    diagram.text(0, h + SLANT * w + 0.32, f"{channels} × {height} × {width}", ha="left", weight="bold")
    diagram.text(0, h + SLANT * w + 0.62, "channels × height × width", ha="left", color=MUTED)
    return diagram.finish(
        f"A volume of {channels} by {height} by {width} with a window of {kernel_size} by {kernel_size} through all "
        f"{plural(channels, 'channel')}. {plural(filters, 'filter').capitalize()} of {plural(weights, 'weight')} each turn it "
        f"into a column of {plural(filters, 'number')}."
    )


def box(diagram: Diagram, x, y, c, h, w, face, channels: int, edge=INK, lw=1.1) -> None:
    """A box whose front is c by h inches; its width recedes up and to the right. y is its very top."""
    dx, dy = SLANT * w, SLANT * w
    y0, y1 = y + dy, y + dy + h
    diagram.polygon([(x, y0), (x + c, y0), (x + c, y1), (x, y1)], face=face, edge=edge, lw=lw, z=2)
    diagram.polygon([(x, y0), (x + dx, y0 - dy), (x + c + dx, y0 - dy), (x + c, y0)], face=PAPER, edge=edge, lw=lw, z=2)
    side = [(x + c, y0), (x + c + dx, y0 - dy), (x + c + dx, y1 - dy), (x + c, y1)]
    diagram.polygon(side, face=_darker(face), edge=edge, lw=lw, z=2)
    if 1 < channels <= 16:
        for cut in np.arange(1, channels) / channels * c:
            diagram.line([x + cut, x + cut], [y0, y1], color=BLUE if edge == INK else edge, lw=0.7, z=2.1)
            diagram.line([x + cut, x + cut + dx], [y0, y0 - dy], color=BLUE if edge == INK else edge, lw=0.7, z=2.1)


def _darker(color: str) -> tuple[float, float, float]:
    return tuple(0.86 * int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))


def as_shape(shape, name: str) -> tuple[int, int, int]:
    """(channels, height, width) as whole numbers above 0; ValueError for anything else."""
    if len(shape) != 3:
        raise ValueError(f"{name} must be (channels, height, width), got {shape!r}")
    return tuple(as_count(extent, f"{name}'s numbers") for extent in shape)
