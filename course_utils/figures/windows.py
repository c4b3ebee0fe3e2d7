"""One axis of a convolution: where a window fits, and where a dilated kernel's taps sit."""

from collections.abc import Sequence

import numpy as np

from course_utils.figures.arguments import as_count
from course_utils.figures.diagram import Diagram, common_decimals
from course_utils.figures.drawing import (
    BLUE,
    INPUT,
    MUTED,
    PAPER,
    RULE,
    SKY,
    TITLE,
    VERMILLION,
    Drawing,
    number,
    plural,
    style,
)

# Up to here every pixel is a cell with its number; beyond, the row is drawn to scale in the same width.
NUMBERED = 20
MOST = 4096
STAIRS = 9
# Widths and distances in cells.
BESIDE, TEXT, GAP = 13, 8.4, 0.7


_BACKING = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}


@style()
def window_positions(
    size: int, kernel_size: int, strides: Sequence[int] = (1, 2, 3), padding: int = 0, dilation: int = 1
) -> Drawing:
    """For each stride, a row of `size` pixels with every place of the window drawn as a bar beneath it.

    Padding is hollow. A pixel that no window sees is hatched, and the place that would hang over the edge is dashed.
    Raises ValueError if the dilated kernel is larger than the padded row.
    """
    size = as_count(size, "size", 1, MOST)
    kernel_size = as_count(kernel_size, "kernel_size", 1)
    padding, dilation = as_count(padding, "padding", 0), as_count(dilation, "dilation", 1)
    strides = [as_count(s, "strides' numbers", 1) for s in strides]
    if not strides:
        raise ValueError(f"strides must name at least one stride, got {strides!r}")
    rows = [_Slide(size, kernel_size, stride, padding, dilation) for stride in strides]

    # A short row leaves space beside it for the formula; above a long one it needs a line of its own.
    columns = rows[0].padded + max(row.overhang for row in rows)
    beside = columns <= BESIDE
    unit = 1 if rows[0].padded <= NUMBERED else NUMBERED / rows[0].padded
    head = 0 if beside else 0.9
    heights = [head + 1.25 + 0.55 * max(row.lanes, 2 if beside else 1) + GAP for row in rows]
    diagram = Diagram(columns + TEXT if beside else max(columns * unit, 17), sum(heights) - GAP)
    top = 0.0
    for row, height in zip(rows, heights, strict=True):
        if beside:
            x, y = columns + 0.8, top + 0.5
            diagram.text(x, y, f"stride {row.stride}", size=TITLE, weight="bold", ha="left")
            diagram.text(x, y + 0.75, row.formula(), ha="left")
            diagram.text(x, y + 1.5, row.count(), ha="left", color=MUTED)
        else:
            diagram.text(0, top + 0.35, f"stride {row.stride}", size=TITLE, weight="bold", ha="left")
            diagram.text(2.6, top + 0.35, f"{row.formula()};  {row.count()}", ha="left")
        _draw_pixels(diagram, row, top + head, unit)
        _draw_windows(diagram, row, top + head + 1.25, unit)
        top += height
    return diagram.finish(
        f"A window of {kernel_size} sliding along {plural(size, 'pixel')}"
        + (f" with {padding} of padding at each end" if padding else "")
        + (f", dilation {dilation}" if dilation > 1 else "")
        + ". "
        + " ".join(row.sentence() for row in rows)
    )


class _Slide:
    """The places of one window along one padded row, counted from the left end of the padding."""

    def __init__(self, size: int, kernel_size: int, stride: int, padding: int, dilation: int):
        self.size, self.kernel_size, self.stride, self.padding, self.dilation = (
            size,
            kernel_size,
            stride,
            padding,
            dilation,
        )
        self.reach = dilation * (kernel_size - 1) + 1
        self.padded = size + 2 * padding
        self.room = self.padded - self.reach
        if self.room < 0:
            raise ValueError(
                f"kernel_size={kernel_size} with dilation={dilation} reaches over {self.reach} pixels, "
                f"but size={size} with padding={padding} has {self.padded}: take a smaller kernel or more padding"
            )
        self.starts = list(range(0, self.room + 1, stride))
        seen = np.zeros(self.padded, dtype=bool)
        for tap in range(kernel_size):
            seen[[start + tap * dilation for start in self.starts]] = True
        self.unseen = [i - padding for i in range(padding, padding + size) if not seen[i]]

    @property
    def fits(self) -> bool:
        return self.room % self.stride == 0

    @property
    def overhang(self) -> int:
        """How far the first window that does not fit hangs over the end; 0 if the last one ends there exactly."""
        return 0 if self.fits else self.starts[-1] + self.stride + self.reach - self.padded

    @property
    def lanes(self) -> int:
        """Lines needed for the bars: one each while there are few, else as many as overlap."""
        bars = len(self.starts) + (not self.fits)
        return bars if bars <= STAIRS else -(-self.reach // self.stride)

    def formula(self) -> str:
        ends = f" + 2·{self.padding}" if self.padding else ""
        value = self.room / self.stride + 1
        return f"({self.size} − {self.reach}{ends}) / {self.stride} + 1 = {number(value, common_decimals(value))}"

    def count(self) -> str:
        unseen = f", {plural(len(self.unseen), 'pixel')} never seen" if self.unseen else ""
        return plural(len(self.starts), "place") + unseen

    def sentence(self) -> str:
        unseen = len(self.unseen)
        return (
            f"Stride {self.stride}: {plural(len(self.starts), 'place')}"
            + ("" if self.fits else ", and the next would hang over the edge")
            + f"; {plural(unseen, 'pixel')} unseen."
        )


def _draw_pixels(diagram: Diagram, row: _Slide, y: float, unit: float) -> None:
    numbered = row.padded <= NUMBERED
    if not numbered:
        if row.padding:
            diagram.box(0, y, row.padded * unit, 1, edge=MUTED, ls=(0, (3, 2)))
        diagram.box(row.padding * unit, y, row.size * unit, 1, face=INPUT, edge=MUTED)
        diagram.text(row.padding * unit + 0.2, y + 0.52, "0", ha="left", zorder=4, bbox=_BACKING)
        diagram.text(
            (row.padding + row.size) * unit - 0.2, y + 0.52, f"{row.size - 1}", ha="right", zorder=4, bbox=_BACKING
        )
    for place in range(row.padded if numbered else 0):
        pixel = place - row.padding
        if 0 <= pixel < row.size:
            diagram.box(place, y, face=INPUT, edge=MUTED)
            diagram.repeat(f"{pixel}", [(place + 0.5, y + 0.5)])
        else:
            diagram.box(place + 0.06, y + 0.06, 0.88, 0.88, edge=MUTED, ls=(0, (3, 2)))
            diagram.repeat("0", [(place + 0.5, y + 0.5)], MUTED)
    for pixel in row.unseen:
        x = (pixel + row.padding) * unit
        diagram.box(x, y, unit, 1, face=PAPER, edge=VERMILLION, lw=1.6 if numbered else 0.6, hatch="////", z=2)
        if numbered:
            diagram.box(x + 0.22, y + 0.2, 0.56, 0.6, face=PAPER, edge="none", z=2.1)


def _draw_windows(diagram: Diagram, row: _Slide, y: float, unit: float) -> None:
    for index, start in enumerate(row.starts):
        _draw_bar(diagram, row, start, y + 0.55 * (index % row.lanes), unit, color=(BLUE, SKY)[index % 2])
    if not row.fits:
        index = len(row.starts)
        start = index * row.stride
        lane = y + 0.55 * (index % row.lanes)
        diagram.box(start * unit, lane, row.reach * unit, 0.36, edge=VERMILLION, ls=(0, (3, 2)), lw=1.5)
        if index < STAIRS and start * unit >= 3.5:
            diagram.text(start * unit - 0.2, lane + 0.2, "does not fit", ha="right")


def _draw_bar(diagram: Diagram, row: _Slide, start: int, y: float, unit: float, color: str) -> None:
    edge = 0.06 if unit == 1 else 0
    if row.dilation == 1:
        diagram.box(start * unit + edge, y, row.reach * unit - 2 * edge, 0.36, face=color, edge=PAPER, lw=0.6)
        return
    diagram.line([start * unit + edge, (start + row.reach) * unit - edge], [y + 0.18] * 2, color=color, lw=1.5)
    for tap in range(row.kernel_size):
        x = (start + tap * row.dilation) * unit
        diagram.box(x + edge, y, unit - 2 * edge, 0.36, face=color, edge=PAPER, lw=0.6)


@style()
def dilated_taps(kernel_size: int = 3, dilations: Sequence[int] = (1, 2, 3)) -> Drawing:
    """Where the taps of a square kernel sit for each dilation, with its reach, and both ways to number a dilation."""
    kernel_size = as_count(kernel_size, "kernel_size", 1, 7)
    dilations = [as_count(d, "dilations' numbers", 1, 8) for d in dilations]
    reaches = [d * (kernel_size - 1) + 1 for d in dilations]
    if not len(reaches) >= 1 or sum(reaches) > 40:
        raise ValueError(f"dilations must hold one to a few small numbers, got {dilations!r}")
    widths = [max(reach, 5.5) for reach in reaches]
    tall, gap = max(reaches), 1.2
    diagram = Diagram(sum(widths) + gap * (len(widths) - 1), tall + 3.4, cell=0.38)
    left = 0.0
    for dilation, reach, width in zip(dilations, reaches, widths, strict=True):
        middle, x, y = left + width / 2, left + (width - reach) / 2, tall - reach
        for i in range(reach):
            for j in range(reach):
                tap = i % dilation == 0 and j % dilation == 0
                diagram.box(x + j, y + i, face=BLUE if tap else PAPER, edge=RULE)
        diagram.line([x, x, x, x + reach, x + reach, x + reach], [tall + v for v in (0.25, 0.55, 0.4, 0.4, 0.25, 0.55)])
        diagram.text(middle, tall + 1.0, f"reach {reach}", size=TITLE, weight="bold")
        diagram.text(middle, tall + 2.0, f"PyTorch: {dilation}")
        diagram.text(middle, tall + 2.9, f"older notes: {dilation - 1}", color=MUTED)
        left += width + gap
    parts = [
        f"dilation {d} in PyTorch ({d - 1} in older notes) reaches over {r} pixels"
        for d, r in zip(dilations, reaches, strict=True)
    ]
    return diagram.finish(f"The taps of a {kernel_size} by {kernel_size} kernel: {'; '.join(parts)}.")
