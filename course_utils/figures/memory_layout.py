"""Where the numbers of a picture lie in memory, channels first and channels last."""

import numpy as np
from matplotlib.colors import to_rgb

from course_utils.figures.arguments import as_count
from course_utils.figures.diagram import Diagram, readable_on
from course_utils.figures.drawing import BLUE, GREEN, MUTED, ORANGE, PAPER, TITLE, Drawing, plural, style

# One colour a channel; the first three are those of the maps.
CHANNELS = (BLUE, ORANGE, GREEN)
LETTERS = "abc"
NAMES = {"NCHW": (0, 1, 2), "NHWC": (1, 2, 0)}


@style()
def memory_layout(channels: int = 3, height: int = 2, width: int = 3) -> Drawing:
    """One picture of (channels, height, width) as maps, and below it the same numbers as they lie in memory in two orders.

    Every number shows its channel's letter, its row and its column; its colour is its channel's. channels is at most 3.
    """
    channels, height = as_count(channels, "channels", 1, 3), as_count(height, "height", 1, 4)
    width = as_count(width, "width", 1, 6)
    total = channels * height * width
    if total > 24:
        raise ValueError(f"channels * height * width must be at most 24, so that a row of memory fits, got {total}")
    left = 2.4
    # The line on strides is 14 cells long.
    diagram = Diagram(left + max(total, channels * (width + 1), 14), height + 6.4)
    for channel in range(channels):
        x = left + channel * (width + 1)
        diagram.text(x + width / 2, -0.05, f"channel {LETTERS[channel]}", color=MUTED)
        for i, j in np.ndindex(height, width):
            _cell(diagram, x + j, 0.5 + i, channel, i, j)
    told = []
    sizes = channels, height, width
    for row, (name, order) in enumerate(NAMES.items()):
        y = height + 1.6 + 2.6 * row
        strides = _strides(sizes, order)
        diagram.text(0, y + 0.5, name, ha="left", size=TITLE, weight="bold")
        for place, index in enumerate(np.ndindex(*(sizes[axis] for axis in order))):
            where = dict(zip(order, index, strict=True))
            _cell(diagram, left + place, y, where[0], where[1], where[2])
        steps = ", ".join(
            f"{step} to the next {axis}" for step, axis in zip(strides, ("channel", "row", "column"), strict=True)
        )
        diagram.text(left, y + 1.45, f"strides: {steps}", ha="left", color=MUTED)
        told.append(f"{name}, strides {strides}")
    diagram.text(left, height + 1.15, "in memory", ha="left", color=MUTED)
    return diagram.finish(
        f"A picture of {plural(channels, 'channel')}, {plural(height, 'row')} and {plural(width, 'column')}, and its {total} "
        f"numbers in memory, coloured by channel: {'; '.join(told)}. In NCHW each channel lies in one piece, in NHWC the "
        "channels of a pixel lie side by side."
    )


def _strides(sizes: tuple[int, int, int], order: tuple[int, ...]) -> tuple[int, ...]:
    """How far apart neighbours lie along (channel, row, column), if memory runs through the axes in this order."""
    strides, step = [0, 0, 0], 1
    for axis in reversed(order):
        strides[axis], step = step, step * sizes[axis]
    return tuple(strides)


def _cell(diagram: Diagram, x: float, y: float, channel: int, row: int, column: int) -> None:
    face = CHANNELS[channel]
    diagram.box(x, y, face=face, edge=PAPER, lw=1.2)
    diagram.text(x + 0.5, y + 0.5, f"{LETTERS[channel]}{row}{column}", color=readable_on(to_rgb(face)))
