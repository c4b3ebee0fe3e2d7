"""Max pooling with all its numbers: windows and winners on the way there, switches and gradients on the way back."""

import numpy as np
from matplotlib.colors import to_rgb

from course_utils.figures.arguments import as_count, as_matrix
from course_utils.figures.diagram import CELL, Diagram, cell_for, common_decimals
from course_utils.figures.drawing import GREEN, INK, INPUT, OUTPUT, PAPER, TITLE, Drawing, number, style
from course_utils.layers import max_pool2d_backward, max_pool2d_forward

MOST = 9
GAP = 1.5
# What must fit across a page, in inches.
WIDEST = 9.4


@style()
def max_pooling(
    x: np.ndarray,
    kernel_size: int = 2,
    stride: int | None = None,
    dout: np.ndarray | None = None,
    step: int | None = None,
) -> Drawing:
    """x (H, W), its maxima and switches; with `dout` (OH, OW) also, in a second row, the gradients and where they go.

    An entry that wins a window is dark green, and so is one that gets gradient. With `step` the windows up to that one, row by
    row, are done, and that one is outlined; without it all are done, and windows that lie side by side are framed.
    """
    x, kernel_size = as_matrix(x, "x", MOST), as_count(kernel_size, "kernel_size")
    stride = kernel_size if stride is None else as_count(stride, "stride")
    if kernel_size > min(x.shape):
        raise ValueError(f"kernel_size must be at most the sides of x, {x.shape}, got {kernel_size}")
    out, cache = max_pool2d_forward(x[None, None], kernel_size, stride)
    out, switches = out[0, 0], cache[4][0, 0].astype(float)
    done = np.full(out.shape, True)
    if step is not None:
        step = as_count(step, "step", 0, out.size - 1)
        done = np.arange(out.size).reshape(out.shape) <= step
    grids = {"output": out, "switches": switches}
    if dout is not None:
        dout = as_matrix(dout, "dout", MOST)
        if dout.shape != out.shape:
            raise ValueError(f"dout must have shape {out.shape}, one number for each window, got {dout.shape}")
        grids |= {"dout": dout, "dx": _passed_back(np.where(done, dout, 0), cache)}
    return _draw(x, kernel_size, stride, done, step, grids)


def _passed_back(dout: np.ndarray, cache) -> np.ndarray:
    return max_pool2d_backward(dout[None, None], cache)[0, 0]


def _draw(x, kernel_size, stride, done, step, grids) -> Drawing:
    out, switches = grids["output"], grids["switches"]
    (rows, columns), (high, wide) = out.shape, x.shape
    tall = max(high, rows) + 1.3
    width = wide + GAP + columns + GAP + max(columns, 2.4)
    cell = max([CELL] + [cell_for(common_decimals(grid), grid) for grid in (x, *grids.values())])
    diagram = Diagram(width, tall * (2 if "dx" in grids else 1) - 0.3, min(cell, WIDEST / width))

    middle, right = wide + GAP, wide + 2 * GAP + columns
    won = {_winner(switches, kernel_size, stride, i, j) for i, j in np.argwhere(done)}
    faces = np.broadcast_to(to_rgb(INPUT), (high, wide, 3)).copy()
    for place in won:
        faces[place] = to_rgb(GREEN)
    lower = 1 + (high - rows) / 2
    _grid(diagram, 0, 1, "input", x, faces)
    _grid(diagram, middle, lower, "output", np.where(done, out, np.nan), OUTPUT)
    _grid(diagram, right, lower, "switches", np.where(done, switches, np.nan), PAPER)
    diagram.arrow(wide + 0.3, 1 + high / 2, middle - 0.3, 1 + high / 2)
    if "dx" in grids:
        dx, top = grids["dx"], tall
        faces = np.where((dx != 0)[..., None], to_rgb(GREEN), to_rgb(INPUT))
        _grid(diagram, 0, 1 + top, "gradient of the input", dx, faces)
        _grid(diagram, middle, lower + top, "dout", np.where(done, grids["dout"], np.nan), PAPER)
        diagram.arrow(middle - 0.3, 1 + top + high / 2, wide + 0.3, 1 + top + high / 2)
    for top in (0, tall) if "dx" in grids else (0,):
        _outline(diagram, 1 + top, middle, lower + top, kernel_size, stride, out.shape, step)
    return diagram.finish(_alt(x, kernel_size, stride, done, step, grids))


def _grid(diagram: Diagram, left: float, top: float, name: str, values: np.ndarray, faces) -> None:
    diagram.text(left + values.shape[1] / 2, top - 0.5, name, size=TITLE)
    diagram.grid(left, top, values, faces=faces, decimals=common_decimals(values))


def _outline(diagram, top, middle, lower, kernel_size, stride, places, step) -> None:
    """The window of the step and its place in the output; without a step, all windows if they lie apart."""
    if step is not None:
        i, j = divmod(step, places[1])
        diagram.window(j * stride, top + i * stride, kernel_size, kernel_size)
        diagram.window(middle + j, lower + i, 1, 1)
    elif stride >= kernel_size:
        for i, j in np.ndindex(places):
            diagram.box(j * stride, top + i * stride, kernel_size, kernel_size, edge=INK, lw=1.8, z=2.5)


def _winner(switches: np.ndarray, kernel_size: int, stride: int, i: int, j: int) -> tuple[int, int]:
    row, column = divmod(int(switches[i, j]), kernel_size)
    return int(i * stride + row), int(j * stride + column)


def _alt(x, kernel_size, stride, done, step, grids) -> str:
    out, switches = grids["output"], grids["switches"]
    alt = (
        f"Max pooling of a {x.shape[0]} by {x.shape[1]} input with {kernel_size} by {kernel_size} windows and stride "
        f"{stride}. "
    )
    if step is None:
        return (
            alt
            + f"Output: {_rows(out)}. Switches: {_rows(switches)}."
            + (
                f" Gradient of the output: {_rows(grids['dout'])}. Of the input: {_rows(grids['dx'])}."
                if "dx" in grids
                else ""
            )
        )
    i, j = divmod(step, out.shape[1])
    row, column = _winner(switches, kernel_size, stride, i, j)
    alt += (
        f"Window {step + 1} of {out.size}: the largest is {_text(out[i, j])}, at place {_text(switches[i, j])} of the "
        f"window, which is row {row}, column {column} of the input."
    )
    if "dx" in grids:
        alt += f" It gets {_text(grids['dout'][i, j])}, and has {_text(grids['dx'][row, column])} so far."
    return alt


def _rows(values: np.ndarray) -> str:
    return " | ".join(" ".join(_text(value) for value in row) for row in values)


def _text(value: float) -> str:
    return number(value, common_decimals(value))
