"""Small matrices with their numbers: pixels, one step of a sliding window, zero padding."""

import numpy as np
from matplotlib import colormaps

from course_utils.figures.arguments import as_count, as_matrix
from course_utils.figures.diagram import Diagram, cell_for, common_decimals, shades
from course_utils.figures.drawing import (
    INPUT,
    KERNEL,
    MUTED,
    OUTPUT,
    PAPER,
    SIGNED,
    TITLE,
    Drawing,
    number,
    plural,
    style,
)

MOST = 16


@style()
def pixel_grid(
    values: np.ndarray,
    highlight: tuple[int, int, int, int] | None = None,
    title: str | None = None,
    decimals: int | None = None,
) -> Drawing:
    """A small matrix (H, W) as pixels with their numbers; `highlight` = (row, column, height, width) is outlined.

    Gray from the smallest to the largest number; where some are negative, blue below zero and orange above.
    """
    values = as_matrix(values, "values", MOST)
    rows, columns = values.shape
    decimals = common_decimals(values) if decimals is None else as_count(decimals, "decimals", 0, 4)
    top = 1 if title else 0
    width = max(columns, 0.27 * len(title or ""))
    diagram = Diagram(width, rows + top, cell_for(decimals, values))
    if title:
        diagram.text(
            columns / 2 if width == columns else 0, 0.5, title, size=TITLE, ha="center" if width == columns else "left"
        )
    diagram.grid(0, top, values, faces=pixel_shades(values), decimals=decimals)
    alt = f"{title + ': a' if title else 'A'} grid of {rows} by {columns} numbers, from {_span(values, decimals)}."
    if highlight is not None:
        row, column, height, wide = _inside(highlight, values.shape)
        diagram.window(column, row + top, wide, height)
        alt += f" A window of {height} by {wide} is outlined at row {row}, column {column}."
    return diagram.finish(alt)


@style()
def sliding_step(
    x: np.ndarray,
    kernel: np.ndarray,
    row: int,
    column: int,
    out: np.ndarray,
    names: tuple[str, str, str] = ("input", "kernel", "output"),
) -> Drawing:
    """One step of a sliding dot product: the window of `x`, times `kernel`, summed into `out[row, column]`.

    x: (H, W). kernel: (KH, KW). out: (OH, OW), the outputs so far; NaN is drawn as an empty cell. The window's top left
    corner is at (row, column): stride 1, no padding. names: what to call x, kernel and out.
    """
    x, kernel, out = as_matrix(x, "x", MOST), as_matrix(kernel, "kernel", MOST), as_matrix(out, "out", MOST)
    height, width = kernel.shape
    places = (x.shape[0] - height + 1, x.shape[1] - width + 1)
    if min(places) < 1:
        raise ValueError(f"kernel has shape {kernel.shape}, which does not fit in x with shape {x.shape}")
    if out.shape != places:
        raise ValueError(f"out must have shape {places}, one number for each place of the window, got {out.shape}")
    row, column = as_count(row, "row", 0, places[0] - 1), as_count(column, "column", 0, places[1] - 1)

    products = x[row : row + height, column : column + width] * kernel
    cell = max(cell_for(common_decimals(grid), grid) for grid in (x, kernel, products, out))
    gap = 1.1
    tall = max(len(x), height + 2)
    diagram = Diagram(x.shape[1] + 2 * width + out.shape[1] + 3 * gap, tall + 1, cell)

    left = 0.0
    for name, grid, face, sign, window in (
        (names[0], x, INPUT, "×", (width, height)),
        (names[1], kernel, KERNEL, "=", None),
        ("products", products, PAPER, "→", None),
        (names[2], out, OUTPUT, "", (1, 1)),
    ):
        top = 1 + (tall - len(grid)) / 2
        diagram.text(left + grid.shape[1] / 2, top - 0.45, name, size=TITLE)
        diagram.grid(left, top, grid, faces=face, decimals=common_decimals(grid))
        if window is not None:
            diagram.window(left + column, top + row, *window)
        left += grid.shape[1] + gap
        diagram.text(left - gap / 2, 1 + tall / 2, sign, size=16, color=MUTED)
    total = number(products.sum(), common_decimals(products))
    diagram.text(
        x.shape[1] + 1.5 * width + 2 * gap, 1 + (tall + height) / 2 + 0.55, f"sum {total}", size=TITLE, weight="bold"
    )
    return diagram.finish(
        f"A {height} by {width} {names[1]} at row {row}, column {column} of a {x.shape[0]} by {x.shape[1]} {names[0]}. The "
        f"products of window and {names[1]} sum to {total}, which is {names[2]}[{row}, {column}] of "
        f"{places[0]} by {places[1]}."
    )


@style()
def padding_figure(x: np.ndarray, padding: int = 1) -> Drawing:
    """x (H, W), and the same with a border of `padding` zeros, drawn hollow."""
    x, padding = as_matrix(x, "x", MOST - 4), as_count(padding, "padding", 0, 4)
    (rows, columns), decimals = x.shape, common_decimals(x)
    tall, wide, gap = rows + 2 * padding, columns + 2 * padding, 2.2
    diagram = Diagram(columns + gap + wide, tall + 1, cell_for(decimals, x))
    diagram.text(columns / 2, padding + 0.55, f"{rows} × {columns}", size=TITLE)
    diagram.grid(0, padding + 1, x, faces=INPUT, decimals=decimals)
    diagram.arrow(columns + 0.5, 1 + tall / 2, columns + gap - 0.5, 1 + tall / 2)
    left = columns + gap
    diagram.text(left + wide / 2, 0.55, f"{tall} × {wide}", size=TITLE)
    hollow_zeros(diagram, left, 1, tall, wide, padding)
    diagram.grid(left + padding, 1 + padding, x, faces=INPUT, decimals=decimals)
    return diagram.finish(
        f"A {rows} by {columns} input beside the same input with {plural(padding, 'ring')} of zeros around it, "
        f"{tall} by {wide}."
    )


def hollow_zeros(diagram: Diagram, x: float, y: float, rows: int, columns: int, padding: int) -> None:
    """The border of a padded grid: dashed cells with a muted zero."""
    border = [
        (x + j, y + i)
        for i in range(rows)
        for j in range(columns)
        if not (padding <= i < rows - padding and padding <= j < columns - padding)
    ]
    if border:
        diagram.cells(border, "none", lw=0.9, ls=(0, (3, 2)))
        diagram.repeat("0", [(a + 0.5, b + 0.5) for a, b in border], MUTED)


def pixel_shades(values: np.ndarray) -> np.ndarray:
    """(H, W, 3): gray from smallest to largest, or the signed colours around zero if any number is negative."""
    low, high = np.nanmin(values), np.nanmax(values)
    if low < 0:
        return signed_shades(values)
    if low == high:
        return shades(values, colormaps["gray"], 0, max(high, 1))
    return shades(values, colormaps["gray"], min(low, 0), high)


def signed_shades(values: np.ndarray) -> np.ndarray:
    """(H, W, 3): blue below zero, white at zero, orange above, at three quarters of their strength."""
    most = np.nanmax(np.abs(values)) / 0.75 or 1.0
    return shades(values, SIGNED, -most, most)


def _span(values: np.ndarray, decimals: int) -> str:
    return f"{number(np.nanmin(values), decimals)} to {number(np.nanmax(values), decimals)}"


def _inside(highlight, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    if len(highlight) != 4:
        raise ValueError(f"highlight must be (row, column, height, width), got {highlight!r}")
    row, column, height, width = (as_count(v, "highlight's numbers", 0) for v in highlight)
    if height < 1 or width < 1 or row + height > shape[0] or column + width > shape[1]:
        raise ValueError(f"highlight {highlight} does not lie inside the grid of shape {shape}")
    return row, column, height, width
