"""Floating-point numbers bit by bit."""

from collections.abc import Sequence

from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import INK, INPUT, KERNEL, MUTED, TITLE, VERMILLION, Drawing, plural, style

# Name: bits of the exponent and of the fraction; one more is the sign.
FORMATS = {"float64": (11, 52), "float32": (8, 23), "bfloat16": (8, 7), "float16": (5, 10)}
# Inches: a bit, a row, and the room for the names.
BIT, TALL, ROW, LEFT = 0.118, 0.32, 0.95, 1.0


@style()
def number_formats(names: Sequence[str] = tuple(FORMATS)) -> Drawing:
    """The bits of floating-point formats: sign, exponent and fraction, with the largest number and the digits that they give."""
    if not names or set(names) - set(FORMATS):
        raise ValueError(f"names must hold some of {', '.join(FORMATS)}, got {names!r}")
    widest = max(1 + sum(FORMATS[name]) for name in names)
    diagram = Diagram(LEFT + max(widest * BIT, 5.9) + 0.1, ROW * len(names), cell=1.0)
    told = []
    for row, name in enumerate(names):
        y = row * ROW + 0.02
        exponent, fraction = FORMATS[name]
        diagram.text(0, y + TALL / 2, name, ha="left", size=TITLE, weight="bold")
        x = LEFT
        for count, face in ((1, VERMILLION), (exponent, KERNEL), (fraction, INPUT)):
            for bit in range(count):
                diagram.box(x + bit * BIT, y, BIT, TALL, face=face, edge=INK, lw=0.6)
            x += count * BIT
        words = f"sign, {exponent} bits of exponent, {fraction} of fraction"
        limits = f"up to {_largest(exponent, fraction)}, steps of 1 in {_thousands(2**fraction)}"
        diagram.text(LEFT, y + TALL + 0.16, f"{words}: {limits}", ha="left", color=MUTED)
        told.append(f"{name}: {words}; {limits}")
    return diagram.finish(f"The bits of {plural(len(names), 'format')}. {'. '.join(told)}.")


def _largest(exponent: int, fraction: int) -> str:
    """The largest finite number, about: 65,504 or 3.4e38."""
    bias = 2 ** (exponent - 1) - 1
    # In whole numbers: the largest float64 has no room for rounding up.
    largest = (2 ** (fraction + 1) - 1) * 2 ** (bias - fraction)
    return f"{largest:,}" if largest < 1e9 else f"{float(largest):.1e}".replace("+", "")


def _thousands(count: int) -> str:
    return f"{count:,}" if count < 1e9 else f"{count:.1e}".replace("+", "")
