"""One output of a convolution layer, with every number that goes into it."""

import numpy as np

from course_utils.figures.arguments import as_count
from course_utils.figures.diagram import Diagram, cell_for, common_decimals
from course_utils.figures.drawing import INPUT, KERNEL, OUTPUT, PAPER, TITLE, Drawing, number, style
from course_utils.figures.grids import hollow_zeros
from course_utils.layers import conv2d_forward

# What still fits across a page: cells over all slices of the padded input.
WIDEST = 34


@style()
def convolution_step(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int = 1, padding: int = 0, step: int = 0
) -> Drawing:
    """Output number `step` of a convolution, counted filter by filter and row by row.

    x: (C, H, W). weight: (K, C, KH, KW). bias: (K,). Above, the slices of the padded input with the window; below each,
    the filter's slice, the products and their sum; last, the sums and the bias added; right, the outputs so far.
    """
    x, weight, bias = (np.asarray(a, dtype=float) for a in (x, weight, bias))
    if x.ndim != 3 or weight.ndim != 4 or weight.shape[1] != len(x) or bias.shape != (len(weight),):
        raise ValueError(
            f"x must be (C, H, W), weight (K, C, KH, KW) and bias (K,), got {x.shape}, {weight.shape} and {bias.shape}"
        )
    stride, padding = as_count(stride, "stride"), as_count(padding, "padding", 0)
    filters, channels, height, width = weight.shape
    padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    if height > padded.shape[1] or width > padded.shape[2]:
        raise ValueError(f"weight {weight.shape} does not fit in x {x.shape} with padding={padding}")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))[:, ::stride, ::stride]
    out = conv2d_forward(x[None], weight, bias, stride, padding)[0][0]
    step = as_count(step, "step", 0, out.size - 1)
    k, row, column = (int(i) for i in np.unravel_index(step, out.shape))
    products = windows[:, row, column] * weight[k]
    sums = products.sum(axis=(1, 2))
    shown = np.where(np.arange(out.size).reshape(out.shape) <= step, out, np.nan)

    slot = max(padded.shape[2], 2 * width + 1) + 1
    if channels * slot + out.shape[2] > WIDEST:
        raise ValueError(f"x {x.shape} is too large to be drawn: try up to 3 channels of 7 by 7, padding included")
    cell = max(cell_for(common_decimals(a), a, least=0.34) for a in (x, weight, products, out))
    deep = padded.shape[1]
    tall = max(1.2 + deep + 1.5 + height + 2.6, filters * (out.shape[1] + 1.6))
    diagram = Diagram(channels * slot + 1.2 + max(out.shape[2], 3), tall, cell)
    terms = []
    for c in range(channels):
        left = c * slot
        diagram.text(left, 0.45, f"input, channel {c}", size=TITLE, ha="left")
        hollow_zeros(diagram, left, 1, deep, padded.shape[2], padding)
        diagram.grid(left + padding, 1 + padding, x[c], faces=INPUT, decimals=common_decimals(x))
        diagram.window(left + column * stride, 1 + row * stride, width, height)
        below = 1 + deep + 1.5
        diagram.text(left, below - 0.5, f"filter {k}", ha="left")
        diagram.grid(left, below, weight[k, c], faces=KERNEL, decimals=common_decimals(weight))
        diagram.text(left + width + 1, below - 0.5, "× window", ha="left")
        diagram.grid(left + width + 1, below, products[c], faces=PAPER, decimals=common_decimals(products))
        terms.append(_plain(sums[c]))
        diagram.text(left + 1.5 * width + 1, below + height + 0.6, f"sum {terms[-1]}", weight="bold")
    last = _plain(out[k, row, column])
    equation = f"{' + '.join([terms[0], *map(_signed, terms[1:])])} + bias {_signed(_plain(bias[k]))} = {last}"
    diagram.text(0, 1 + deep + 1.5 + height + 1.9, equation, ha="left", size=14, weight="bold")
    for f in range(filters):
        left, top = channels * slot + 1.2, 1 + f * (out.shape[1] + 1.6)
        diagram.text(left, top - 0.55, f"output {f}", size=TITLE, ha="left")
        diagram.grid(left, top, shown[f], faces=OUTPUT, decimals=common_decimals(out))
        if f == k:
            diagram.window(left + column, top + row, 1, 1)
    return diagram.finish(
        f"Step {step + 1} of {out.size}: filter {k}, output row {row}, column {column}. The channels' sums are "
        f"{', '.join(terms)}; with the bias {_plain(bias[k])} the output is {last}."
    )


def _signed(term: str) -> str:
    return f"({term})" if term.startswith("−") else term


def _plain(value: float) -> str:
    return number(value, common_decimals(value))
