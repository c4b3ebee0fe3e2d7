"""The way back through a convolution: who used a number, and the sliding of the turned kernel over the gradients."""

import numpy as np

from course_utils.figures.arguments import as_count, as_matrix, as_vector
from course_utils.figures.diagram import Diagram, cell_for, common_decimals
from course_utils.figures.drawing import (
    BLUE,
    GREEN,
    INPUT,
    KERNEL,
    MUTED,
    OUTPUT,
    PURPLE,
    RULE,
    TITLE,
    Drawing,
    number,
    plural,
    style,
)

LONGEST, TAPS, MOST = 5, 3, 6
TAP_COLORS, TAP_LINES = (BLUE, GREEN, PURPLE), ("-", (0, (5, 2)), (0, (1, 1)))
# From cell to cell, from row to row, and from panel to panel.
APART, DOWN, BETWEEN = 1.7, 3.6, 1.6


@style()
def backward_1d(x: np.ndarray, weight: np.ndarray, dout: np.ndarray, pixel: int) -> Drawing:
    """One dimension: which outputs used `x[pixel]`, by which weight, and the same lines walked back to `dx[pixel]`.

    x: (W,), up to 5 numbers. weight: (F,), up to 3. dout: (W − F + 1,), the gradients of the outputs at stride 1.
    """
    x, weight, dout = as_vector(x, "x"), as_vector(weight, "weight"), as_vector(dout, "dout")
    if len(x) > LONGEST or len(weight) > min(TAPS, len(x)):
        raise ValueError(f"x and weight must hold at most {LONGEST} and {TAPS} numbers, got {len(x)} and {len(weight)}")
    out = np.correlate(x, weight, mode="valid")
    if len(dout) != len(out):
        raise ValueError(f"dout must hold {len(out)} numbers, one for each output, got {len(dout)}")
    pixel = as_count(pixel, "pixel", 0, len(x) - 1)
    dx = np.convolve(dout, weight)
    # The others are left for the reader to find.
    shown = np.where(np.arange(len(dx)) == pixel, dx, np.nan)
    users = [(place, pixel - place) for place in range(len(out)) if 0 <= pixel - place < len(weight)]

    cell = cell_for(common_decimals(dx, out), x, out, dx, dout)
    # A short row still leaves its heading room.
    names, wide = 1.7, max(APART * (len(x) - 1) + 1, 3.5 / cell)
    diagram = Diagram(2 * (names + wide) + BETWEEN, DOWN + 3.8, cell)
    for left, title, top, bottom in (
        (names, "forward: who uses this number?", ("x", x, INPUT), ("out", out, OUTPUT)),
        (
            2 * names + wide + BETWEEN,
            "back: the same lines, the other way",
            ("dx", shown, INPUT),
            ("dout", dout, OUTPUT),
        ),
    ):
        diagram.text(left, 0.3, title, size=TITLE, weight="bold", ha="left")
        back = top[0] == "dx"
        for tap in range(len(weight)):
            for place in range(len(out)):
                used = place + tap == pixel
                _line(diagram, left, place, tap, len(weight), used, back)
        _row(diagram, left, 1.0, *top, outlined=[pixel])
        _row(diagram, left + _shift(len(weight)), 1.0 + DOWN, *bottom, outlined=[place for place, _ in users])
    _legend(diagram, names, DOWN + 3.4, weight)
    terms = " + ".join(f"{_signed(dout[place])}·{_signed(weight[tap])}" for place, tap in users)
    total = f"dx[{pixel}] = {terms} = {_text(dx[pixel])}"
    diagram.text(2 * names + wide + BETWEEN, DOWN + 3.4, total, ha="left", weight="bold")
    return diagram.finish(
        f"A row of {len(x)} numbers and {plural(len(out), 'output')}. x[{pixel}] is used by {plural(len(users), 'output')}: "
        f"{', '.join(f'out[{place}] with weight {_text(weight[tap])}' for place, tap in users)}. "
        f"Back along the same lines, {total}."
    )


def _shift(taps: int) -> float:
    """How far the row of outputs stands to the right, so that each is below the middle of its window."""
    return APART * (taps - 1) / 2


def _line(diagram: Diagram, left: float, place: int, tap: int, taps: int, used: bool, back: bool) -> None:
    above = left + APART * (place + tap) + 0.5, 2.0
    below = left + _shift(taps) + APART * place + 0.5, 1.0 + DOWN
    if not used:
        diagram.line(*zip(above, below, strict=True), color=RULE, lw=0.8, ls=TAP_LINES[tap])
        return
    (x0, y0), (x1, y1) = (below, above) if back else (above, below)
    diagram.line([x0, x1], [y0, y1], color=TAP_COLORS[tap], lw=2.6, ls=TAP_LINES[tap])
    # The head alone: the line under it keeps its dashes.
    diagram.arrow(x0 + 0.9 * (x1 - x0), y0 + 0.9 * (y1 - y0), x1, y1, color=TAP_COLORS[tap], lw=2.6)


def _row(diagram: Diagram, left: float, y: float, name: str, values: np.ndarray, face: str, outlined) -> None:
    diagram.text(left - 0.4, y + 0.5, name, ha="right")
    for i, value in enumerate(values):
        diagram.grid(left + APART * i, y, np.array([[value]]), faces=face, decimals=common_decimals(values))
        if i in outlined:
            diagram.window(left + APART * i, y, 1, 1)


def _legend(diagram: Diagram, left: float, y: float, weight: np.ndarray) -> None:
    for tap, value in enumerate(weight):
        x = left + 3.4 * tap
        diagram.line([x, x + 0.9], [y, y], color=TAP_COLORS[tap], lw=2.6, ls=TAP_LINES[tap])
        diagram.text(x + 1.1, y, f"times {_text(value)}", ha="left")


@style()
def full_convolution(dout: np.ndarray, kernel: np.ndarray, row: int, column: int, stride: int = 1) -> Drawing:
    """One number of dx: the kernel, turned by half a turn, on `dout` with zeros around it, and between it for a stride.

    dout: (OH, OW). kernel: (KH, KW). row, column: the place in dx, ((OH − 1)·stride + KH, (OW − 1)·stride + KW).
    """
    dout, kernel = as_matrix(dout, "dout", MOST), as_matrix(kernel, "kernel", TAPS)
    stride = as_count(stride, "stride", 1, 3)
    (rows, columns), (height, width) = dout.shape, kernel.shape
    spread = np.full(((rows - 1) * stride + 2 * height - 1, (columns - 1) * stride + 2 * width - 1), np.nan)
    spread[height - 1 : 1 - height or None : stride, width - 1 : 1 - width or None : stride] = dout
    turned, dx = kernel[::-1, ::-1], _slid(np.nan_to_num(spread), kernel[::-1, ::-1])
    row, column = as_count(row, "row", 0, len(dx) - 1), as_count(column, "column", 0, dx.shape[1] - 1)

    gap, tall = 1.3, max(len(spread), height + 1)
    cell = cell_for(common_decimals(dx), dout, kernel, dx)
    diagram = Diagram(2 * width + spread.shape[1] + dx.shape[1] + 3 * gap, tall + 1.1, cell)
    left = 0.0
    for title, values, face, window in (
        ("kernel", kernel, KERNEL, None),
        ("turned", turned, KERNEL, (0, 0, height, width)),
        ("dout, zeros around" if stride == 1 else "dout, spread out", spread, OUTPUT, (row, column, height, width)),
        ("dx", dx, INPUT, (row, column, 1, 1)),
    ):
        top = 1.1 + (tall - len(values)) / 2
        diagram.text(left + values.shape[1] / 2, top - 0.5, title, size=TITLE)
        _with_hollow_zeros(diagram, left, top, values, face)
        if window is not None:
            i, j, high, across = window
            diagram.window(left + j, top + i, across, high)
        left += values.shape[1] + gap
        sign = {"kernel": "→", "turned": "×"}.get(title, "→")
        if title != "dx":
            diagram.text(left - gap / 2, 1.1 + tall / 2, sign, size=16, color=MUTED)
    between = "" if stride == 1 else f", {stride - 1} between its neighbours"
    return diagram.finish(
        f"A {height} by {width} kernel, turned by half a turn, slides over dout of {rows} by {columns} with zeros around "
        f"it{between}. At row {row}, column {column} the products sum to {_text(dx[row, column])}, which is "
        f"dx[{row}, {column}] of {len(dx)} by {dx.shape[1]}."
    )


def _slid(padded: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape)
    return np.einsum("ijab,ab->ij", windows, kernel)


def _with_hollow_zeros(diagram: Diagram, left: float, top: float, values: np.ndarray, face: str) -> None:
    """A grid whose numbers are filled cells, and whose NaN are dashed zeros."""
    filled = [(left + j, top + i) for i, j in np.argwhere(~np.isnan(values))]
    hollow = [(left + j, top + i) for i, j in np.argwhere(np.isnan(values))]
    if hollow:
        diagram.cells(hollow, "none", lw=0.9, ls=(0, (3, 2)))
        diagram.repeat("0", [(a + 0.5, b + 0.5) for a, b in hollow], MUTED)
    for (a, b), value in zip(filled, values[~np.isnan(values)], strict=True):
        diagram.grid(a, b, np.array([[value]]), faces=face, decimals=common_decimals(values))


def _signed(value: float) -> str:
    return f"({_text(value)})" if value < 0 else _text(value)


def _text(value: float) -> str:
    return number(value, common_decimals(value))
