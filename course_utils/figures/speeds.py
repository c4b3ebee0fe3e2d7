"""How fast several ways to compute the same are, beside what the machine could do."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from course_utils.figures.arguments import same_length
from course_utils.figures.diagram import MARGIN
from course_utils.figures.drawing import BLUE, INK, ORANGE, VERMILLION, Drawing, style

# Inches: the whole, one bar with its gap, above and below the bars, and a column of words.
WIDTH, ROW, HEAD, FOOT, COLUMN = 9.4, 0.42, 0.35, 0.6, 0.95


@style()
def speed_ladder(
    labels: Sequence[str],
    speeds: Sequence[float],
    ceiling: float | None = None,
    ceiling_label: str = "the bare matrix product",
    columns: Mapping[str, Sequence[str]] | None = None,
    others: int = 0,
    xlabel: str = "GFLOP/s (log scale)",
) -> Drawing:
    """Bars on a log scale, one a rung, their speeds beside them, and a dashed line where the ceiling is.

    `columns`: what else stands beside the bars, {heading: [a word for each bar]}. The last `others` bars are hatched:
    they are what the rungs are compared with.
    """
    same_length("labels", labels, "speeds", speeds)
    beside = {xlabel.removesuffix(" (log scale)"): [_short(speed) for speed in speeds], **(columns or {})}
    for heading, words in beside.items():
        same_length("labels", labels, f"columns[{heading!r}]", words)
    if min([*speeds, ceiling or 1]) <= 0:
        raise ValueError(f"speeds must be above zero, because the axis is logarithmic, got {min(speeds)}")
    # A letter of 11-point DejaVu Sans is a little under a tenth of an inch wide.
    left, right = 0.092 * max(map(len, labels)) + 0.3, COLUMN * len(beside) + 0.2
    tall = ROW * len(labels)
    wide, high = WIDTH + 2 * MARGIN, tall + HEAD + FOOT + 2 * MARGIN
    figure = Figure(figsize=(wide, high))
    ax = figure.add_axes((left / wide, (FOOT + MARGIN) / high, (wide - left - right) / wide, tall / high))
    own = len(labels) - others
    bars = ax.barh(range(len(labels)), speeds, color=[BLUE] * own + [ORANGE] * others, height=0.62)
    for bar in bars[own:]:
        bar.set(hatch="//", edgecolor=INK, linewidth=0.8)
    ax.set_yticks(range(len(labels)), labels=labels)
    ax.tick_params(axis="y", length=0)
    low = 10 ** np.floor(np.log10(min(speeds)) - 0.3)
    ax.set(xscale="log", xlabel=xlabel, xlim=(low, 1.3 * max([*speeds, ceiling or 0])), ylim=(len(labels) - 0.5, -0.5))
    ax.minorticks_off()
    for number, (heading, words) in enumerate(beside.items(), start=1):
        for y, word in zip((-0.75, *range(len(labels))), (heading, *words), strict=True):
            x = 1 + COLUMN * number / (wide - left - right)
            ax.text(x, y, word, ha="right", va="center", transform=ax.get_yaxis_transform())
    if ceiling:
        ax.axvline(ceiling, color=VERMILLION, ls="--", lw=2)
        ax.text(ceiling, -0.75, f"{ceiling_label}: {_short(ceiling)}", color=VERMILLION, ha="right", va="center")
    names = list(beside)
    rungs = "; ".join(
        f"{label}, " + ", ".join(f"{beside[name][i]} {name}" for name in names) for i, label in enumerate(labels)
    )
    top = f" {ceiling_label[0].upper()}{ceiling_label[1:]}: {_short(ceiling)}." if ceiling else ""
    return Drawing(figure, f"Bars, {xlabel}: {rungs}.{top}")


def _short(value: float) -> str:
    """Two digits that count, or all before the point: 0.0031, 1.4, 87, 145."""
    return f"{value:,.0f}" if value >= 10 else f"{float(f'{value:.2g}'):g}"
