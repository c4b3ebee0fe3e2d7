"""One-dimensional signals: correlation and convolution beside each other, with the flip between them."""

import numpy as np

from course_utils.figures.arguments import as_count, as_vector
from course_utils.figures.diagram import Diagram, cell_for, common_decimals
from course_utils.figures.drawing import INPUT, KERNEL, MUTED, OUTPUT, PAPER, TITLE, Drawing, number, style

LONGEST = 12


@style()
def correlation_and_convolution(signal: np.ndarray, kernel: np.ndarray, position: int = 0) -> Drawing:
    """The same signal and kernel, correlated and convolved: the only difference is that convolution flips the kernel.

    signal: (N,), up to 12 numbers. kernel: (F,). The kernel is drawn where it makes output `position`; the outputs are
    those where the whole kernel lies on the signal, N − F + 1 of them.
    """
    signal, kernel = as_vector(signal, "signal"), as_vector(kernel, "kernel")
    if len(signal) > LONGEST:
        raise ValueError(f"signal must hold at most {LONGEST} numbers to be drawn, got {len(signal)}")
    if len(kernel) > len(signal):
        raise ValueError(f"kernel has {len(kernel)} numbers, which do not fit on a signal of {len(signal)}")
    count = len(signal) - len(kernel) + 1
    position = as_count(position, "position", 0, count - 1)

    slid = {"correlation": kernel, "convolution": kernel[::-1]}
    outs = {name: np.correlate(signal, k, mode="valid") for name, k in slid.items()}
    cell = max(cell_for(common_decimals(a), a) for a in (signal, kernel, signal[:, None] * kernel, *outs.values()))
    names, gap = 3.4, 1.2
    # A short signal still leaves its heading room.
    wide = max(len(signal), 2.9 / cell)
    diagram = Diagram(names + 2 * wide + gap, 7.4, cell)
    for y, name in ((1.0, "signal"), (2.3, "kernel"), (3.6, "products"), (5.9, "output")):
        diagram.text(0, y + 0.5, name, ha="left")
    for i, (name, used) in enumerate(slid.items()):
        left = names + i * (wide + gap)
        products = signal[position : position + len(kernel)] * used
        how = "kernel as it is" if name == "correlation" else "kernel flipped"
        diagram.text(left, 0.0, name, size=TITLE, weight="bold", ha="left")
        diagram.text(left, 0.55, how, ha="left", color=MUTED)
        _row(diagram, left, 1.0, signal, INPUT)
        diagram.window(left + position, 1.0, len(kernel), 1)
        _row(diagram, left + position, 2.3, used, KERNEL)
        _row(diagram, left + position, 3.6, products, PAPER)
        middle = left + position + len(kernel) / 2
        diagram.arrow(middle, 4.7, middle, 5.8)
        total = number(products.sum(), common_decimals(products))
        diagram.text(middle + 0.3, 5.2, f"sum {total}", ha="left", weight="bold")
        _row(diagram, left + (len(kernel) - 1) / 2, 5.9, outs[name], OUTPUT)
        diagram.window(middle - 0.5, 5.9, 1, 1)
    return diagram.finish(
        f"A signal of {len(signal)} numbers and a kernel of {len(kernel)}. At output {position}, correlation multiplies by the "
        f"kernel as it is and gives {_text(outs['correlation'][position])}; convolution flips it first and gives "
        f"{_text(outs['convolution'][position])}."
    )


def _row(diagram: Diagram, x: float, y: float, values: np.ndarray, face: str) -> None:
    diagram.grid(x, y, values[None], faces=face, decimals=common_decimals(values))


def _text(value: float) -> str:
    return number(value, common_decimals(value))
