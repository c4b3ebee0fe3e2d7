"""im2col drawn: windows as the columns of a matrix, and where a window's pixels lie in memory."""

from collections.abc import Sequence

import numpy as np

from course_utils.figures.arguments import as_count, as_matrix
from course_utils.figures.diagram import Diagram, cell_for, common_decimals
from course_utils.figures.drawing import (
    BLUE,
    GREEN,
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
from course_utils.layers import conv_output_size

# How the windows are told apart: by colour, by the kind of line, and by a letter.
MARKS = ((VERMILLION, "-"), (BLUE, (0, (3, 1.5))), (GREEN, (0, (1, 1))))
MOST_COLUMNS, MOST_TAPS = 12, 12
GAP = 2.4
# How wide a letter of a title is, in inches.
LETTER = 0.1
# Cells in the strip of memory; and beside the picture, room for what is written there.
LONGEST, BESIDE = 24, 9

Place = tuple[int, int]


@style()
def im2col_diagram(x: np.ndarray, weight: np.ndarray, places: Sequence[Place] = ((0, 0),)) -> Drawing:
    """A picture, its windows as the columns of a matrix, and below, filters as rows times columns: the output.

    x: (H, W). weight: (K, KH, KW), filters. `places`: up to three (row, column) of the window, each outlined in the
    picture and around its column, with a letter. Stride 1, no padding.
    """
    x = as_matrix(x, "x", 8)
    kernels = [as_matrix(kernel, f"weight[{k}]", 4) for k, kernel in enumerate(weight)]
    if not 1 <= len(kernels) <= 4:
        raise ValueError(f"weight must hold one to four filters, got {len(kernels)}")
    tall, wide = kernels[0].shape
    out = (conv_output_size(x.shape[0], tall), conv_output_size(x.shape[1], wide))
    if tall * wide > MOST_TAPS or out[0] * out[1] > MOST_COLUMNS:
        raise ValueError(
            f"x {x.shape} with a window of {tall} by {wide} gives a matrix of {tall * wide} by {out[0] * out[1]}; "
            f"at most {MOST_TAPS} by {MOST_COLUMNS} can be drawn"
        )
    places = _checked(places, out)
    windows = np.lib.stride_tricks.sliding_window_view(x, (tall, wide))
    columns, rows = windows.reshape(-1, tall * wide).T, np.stack([kernel.ravel() for kernel in kernels])
    product = rows @ columns
    cell = max(cell_for(common_decimals(grid), grid) for grid in (x, columns, rows, product))

    # Falk's scheme: each number of the product stands where its row and its column meet.
    grids = {
        f"picture, {x.shape[0]} × {x.shape[1]}": (x, INPUT),
        f"columns, {tall * wide} × {columns.shape[1]}": (columns, INPUT),
        f"filters as rows, {len(rows)} × {rows.shape[1]}": (rows, KERNEL),
        f"output, {len(rows)} × {columns.shape[1]}": (product, OUTPUT),
    }
    widths = [max(grid.shape[1], LETTER * len(title) / cell) for title, (grid, _) in grids.items()]
    left, right = max(widths[::2]), max(widths[1::2])
    above = max(len(x), len(columns)) + 1
    lower = above + 1.9
    picture, second = (left - x.shape[1]) / 2, left + GAP + (right - columns.shape[1]) / 2
    # The letters stand below the last row, outside of everything that is coloured.
    diagram = Diagram(left + GAP + right, lower + len(rows) + 0.8, cell)
    corners = (
        (picture, above - len(x)),
        (second, above - len(columns)),
        ((left - rows.shape[1]) / 2, lower),
        (second, lower),
    )
    for (title, (grid, face)), (at_x, at_y) in zip(grids.items(), corners, strict=True):
        diagram.text(at_x + grid.shape[1] / 2, at_y - 0.5, title, size=TITLE)
        diagram.grid(at_x, at_y, grid, faces=face, decimals=common_decimals(grid))
    diagram.arrow(left + 0.4, above - len(columns) / 2, left + GAP - 0.4, above - len(columns) / 2)
    diagram.text(left + GAP / 2, lower + len(rows) / 2, "→", size=16, color=MUTED)
    for (row, column), (color, line), letter in zip(places, MARKS, "abc", strict=False):
        index = row * out[1] + column
        _outline(diagram, picture + column, above - len(x) + row, wide, tall, color, line)
        _outline(diagram, second + index, above - len(columns), 1, len(columns), color, line)
        _outline(diagram, second + index, lower, 1, len(rows), color, line)
        diagram.text(second + index + 0.5, lower + len(rows) + 0.5, letter, color=color, weight="bold", size=TITLE)
    return diagram.finish(
        f"A {x.shape[0]} by {x.shape[1]} picture; its {columns.shape[1]} windows of {tall} by {wide} as columns of a "
        f"{tall * wide} by {columns.shape[1]} matrix; {plural(len(rows), 'filter')} as rows; the product, {len(rows)} by "
        f"{columns.shape[1]}. Marked: "
        + "; ".join(f"the window at {place}, column {place[0] * out[1] + place[1]}" for place in places)
        + "."
    )


@style()
def window_in_memory(
    size: tuple[int, int] = (4, 6), kernel_size: int = 2, places: Sequence[Place] = ((0, 1), (2, 3)), itemsize: int = 4
) -> Drawing:
    """A picture (H, W) whose pixels bear their number in memory, and below the memory as one strip.

    The windows at up to three `places` are outlined in both, so that one sees which pixels lie together. The steps from a
    pixel to its neighbours are given in bytes, for numbers of `itemsize` bytes.
    """
    height, width = (as_count(side, "size's numbers", 1) for side in size)
    kernel_size, itemsize = as_count(kernel_size, "kernel_size", 1), as_count(itemsize, "itemsize", 1)
    if height * width > LONGEST:
        raise ValueError(f"size must hold at most {LONGEST} pixels to be drawn, got {height * width}")
    out = (conv_output_size(height, kernel_size), conv_output_size(width, kernel_size))
    places = _checked(places, out)
    numbers = np.arange(height * width, dtype=float)
    across, strip = max(height * width, width + 2 * BESIDE), height + 2.8
    left, start = (across - width) / 2, (across - height * width) / 2
    diagram = Diagram(across, strip + 2.4, 0.4)
    diagram.text(left + width / 2, 0.5, f"the picture, {height} × {width}", size=TITLE)
    diagram.grid(left, 1, numbers.reshape(height, width), faces=INPUT, decimals=0)
    diagram.arrow(left + width + 0.6, 1.5, left + width + 2.2, 1.5)
    diagram.text(left + width + 2.6, 1.5, f"one to the right: {itemsize} bytes", ha="left")
    diagram.arrow(left - 0.8, 1.2, left - 0.8, 2.8)
    diagram.text(left - 1.3, 2.0, f"one down: {width * itemsize} bytes", ha="right")
    diagram.text(across / 2, strip - 0.5, "the same in memory", size=TITLE)
    diagram.grid(start, strip, numbers[None], faces=INPUT, decimals=0)
    for (row, column), (color, line), letter in zip(places, MARKS, "abc", strict=False):
        _outline(diagram, left + column, 1 + row, kernel_size, kernel_size, color, line)
        for i in range(kernel_size):
            piece = start + (row + i) * width + column
            _outline(diagram, piece, strip, kernel_size, 1, color, line)
            diagram.text(piece + kernel_size / 2, strip + 1.5, letter, color=color, weight="bold", size=TITLE)
    lies = "; ".join(
        f"the window at {place} in {plural(kernel_size, 'piece')}, from pixels "
        + " and ".join(str((place[0] + i) * width + place[1]) for i in range(kernel_size))
        for place in places
    )
    return diagram.finish(
        f"A {height} by {width} picture and the same {height * width} numbers as one strip of memory. A step to the right "
        f"is {itemsize} bytes, a step down {width * itemsize} bytes. Outlined: {lies}."
    )


def _checked(places: Sequence[Place], out: Place) -> list[Place]:
    if not 1 <= len(places) <= len(MARKS):
        raise ValueError(f"places must hold one to {len(MARKS)} pairs (row, column), got {places!r}")
    rows = [as_count(row, "a place's row", 0, out[0] - 1) for row, _ in places]
    columns = [as_count(column, "a place's column", 0, out[1] - 1) for _, column in places]
    return list(zip(rows, columns, strict=True))


def _outline(diagram: Diagram, x: float, y: float, width: float, height: float, color: str, line) -> None:
    """A window's outline within white; where outlines cross, both can be seen."""
    diagram.box(x, y, width, height, edge=PAPER, lw=4.4, z=3)
    diagram.box(x, y, width, height, edge=color, lw=2.6, ls=line, z=3.2)
