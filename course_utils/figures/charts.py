"""Counts, times and sizes as charts."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_utils.figures.arguments import as_count, as_vector, same_length
from course_utils.figures.diagram import MARGIN
from course_utils.figures.drawing import BLUE, INK, MUTED, PALETTE, RULE, Drawing, plural, style

MARKERS = ("o", "s", "^", "D", "v", "P")
LINES = ("-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 3)))


@style()
def weight_counts(
    labels: Sequence[str], counts: Sequence[int], xlabel: str = "weights and biases (log scale)"
) -> Drawing:
    """Bars on a log scale, longest first as given, each with its exact number beside it."""
    same_length("labels", labels, "counts", counts)
    counts = [as_count(count, "counts' numbers") for count in counts]
    figure, ax = chart(8.6, 0.55 * len(counts) + 1.0)
    ax.barh(range(len(counts)), counts, color=BLUE, height=0.62)
    ax.set_yticks(range(len(counts)), labels=labels)
    ax.invert_yaxis()
    ax.set_xscale("log")
    low = 10 ** np.floor(np.log10(min(counts)) - 0.3)
    decades = np.log10(max(counts) / low)
    # Room for the number of the longest bar, on the log scale.
    ax.set_xlim(low, max(counts) * 10 ** (0.26 * decades))
    for i, count in enumerate(counts):
        ax.text(count * 10 ** (0.012 * decades), i, f"{count:,}", va="center", color=INK)
    ax.set_xlabel(xlabel)
    ax.tick_params(axis="y", length=0)
    ax.minorticks_off()
    return Drawing(
        figure, f"Bars, {xlabel}: " + "; ".join(f"{n}, {c:,}" for n, c in zip(labels, counts, strict=True)) + "."
    )


@style()
def time_curves(
    sizes: Sequence[float],
    series: Mapping[str, Sequence[float]],
    xlabel: str,
    ylabel: str,
    slope: float | None = None,
) -> Drawing:
    """Curves on two log scales, each with its own colour, line and marker; `slope` draws a dotted guide of that exponent."""
    xs = as_vector(sizes, "sizes")
    if not series or len(series) > len(MARKERS):
        raise ValueError(f"series must hold one to {len(MARKERS)} curves, got {len(series)}")
    curves = {name: as_vector(ys, f"series[{name!r}]") for name, ys in series.items()}
    for name, ys in curves.items():
        same_length("sizes", xs, f"series[{name!r}]", ys)
    if min(xs.min(), *(ys.min() for ys in curves.values())) <= 0:
        raise ValueError("sizes and series must be above zero, because both axes are logarithmic")
    figure, ax = chart(7.4, 4.4)
    for (name, ys), color, line, marker in zip(curves.items(), PALETTE, LINES, MARKERS, strict=False):
        ax.plot(
            xs,
            ys,
            color=color,
            ls=line,
            marker=marker,
            ms=7,
            lw=2,
            label=name,
            markeredgecolor=INK,
            markeredgewidth=0.6,
        )
    if slope is not None:
        top = max(ys[-1] for ys in curves.values())
        ax.plot(xs, 1.8 * top * (xs / xs[-1]) ** slope, color=MUTED, ls=":", lw=1.5, label=f"slope {slope:g}")
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    ax.set_xticks(xs, labels=[f"{x:g}" for x in xs])
    ax.minorticks_off()
    ax.grid(True, color=RULE, lw=0.5)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    ends = "; ".join(f"{name}, from {ys[0]:.2g} to {ys[-1]:.2g}" for name, ys in curves.items())
    return Drawing(figure, f"{ylabel} against {xlabel}, from {xs[0]:g} to {xs[-1]:g}, both on log scales: {ends}.")


@style()
def sizes_with_depth(size: int, kernel_size: int, depth: int, paddings: Sequence[int] = (0, 1)) -> Drawing:
    """The width of a picture after each of `depth` convolutions at stride 1, for several paddings."""
    size, kernel_size = as_count(size, "size", 1, 4096), as_count(kernel_size, "kernel_size", 1)
    depth = as_count(depth, "depth", 1, 200)
    if not 1 <= len(paddings) <= len(MARKERS):
        raise ValueError(f"paddings must hold one to {len(MARKERS)} numbers, got {paddings!r}")
    figure, ax = chart(7.4, 3.8)
    ends = []
    for padding, color, line, marker in zip(paddings, PALETTE, LINES, MARKERS, strict=False):
        grow = 2 * as_count(padding, "paddings' numbers", 0) - (kernel_size - 1)
        # A layer whose kernel is larger than its padded input has no output: the curve ends before it.
        widths = [size]
        while len(widths) <= depth and widths[-1] + grow >= 1:
            widths.append(widths[-1] + grow)
        ax.plot(widths, color=color, ls=line, marker=marker, ms=6, lw=2, label=f"padding {padding}", clip_on=False)
        last = len(widths) - 1
        ends.append(f"with padding {padding}, {plural(widths[-1], 'pixel')} after {plural(last, 'layer')}")
        if last < depth:
            ends[-1] += ", where the kernel no longer fits"
    ax.set(xlabel="layers", ylabel="width (pixels)", xlim=(0, depth), ylim=(0, None))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(True, color=RULE, lw=0.5)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.02, 0.5))
    return Drawing(figure, f"Width of a {size}-pixel picture through {kernel_size}-wide windows: {'; '.join(ends)}.")


def chart(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of this size in inches, with room for labels, and its one pair of axes."""
    figure = Figure(figsize=(width, height))
    figure.set_layout_engine("constrained", w_pad=MARGIN, h_pad=MARGIN)
    return figure, figure.subplots()
