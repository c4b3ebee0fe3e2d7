"""Many numbers at once: those of each layer of a network, and those of repeated runs."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from course_utils.figures.arguments import as_vector, same_length
from course_utils.figures.charts import chart
from course_utils.figures.drawing import BLUE, INK, MUTED, ORANGE, PALETTE, RULE, Drawing, plural, style

MOST_LAYERS = 12
BINS = 41


@style()
def layer_histograms(rows: Mapping[str, Sequence[np.ndarray]], reach: float = 4.0, xlabel: str = "value") -> Drawing:
    """Histograms of the numbers in each layer, one row a network, all from -reach to reach; the spread stands above each.

    rows: {name: [array of any shape, one a layer]}, as many layers in each. Numbers beyond the reach fall into the outermost
    bins. The spread is the standard deviation.
    """
    if not rows or len(rows) > 3:
        raise ValueError(f"rows must hold one to three networks, got {len(rows)}")
    depth = len(next(iter(rows.values())))
    if not 1 <= depth <= MOST_LAYERS:
        raise ValueError(f"rows must hold 1 to {MOST_LAYERS} layers each, got {depth}")
    if not reach > 0:
        raise ValueError(f"reach must be above zero, got {reach!r}")
    figure = Figure(figsize=(9.4, 1.35 * len(rows) + 0.75))
    figure.set_layout_engine("constrained", w_pad=0.03, h_pad=0.06, rect=(0.01, 0.02, 0.98, 0.96))
    grid = figure.subplots(len(rows), depth, squeeze=False)
    edges = np.linspace(-reach, reach, BINS + 1)
    ends = []
    for i, ((name, layers), axes) in enumerate(zip(rows.items(), grid, strict=True)):
        same_length("rows' first network", range(depth), f"rows[{name!r}]", layers)
        spreads = [float(np.std(layer)) for layer in layers]
        for j, (layer, spread, ax) in enumerate(zip(layers, spreads, axes, strict=True)):
            shares, _ = np.histogram(np.clip(layer, -reach, reach), edges)
            ax.stairs(shares, edges, fill=True, color=PALETTE[i])
            ax.set(yticks=[], xticks=[-reach, 0, reach] if depth < 6 else [0], xlim=(-reach, reach))
            ax.spines["left"].set_visible(False)
            ax.set_title(f"layer {j + 1}\n±{_short(spread)}" if i == 0 else f"±{_short(spread)}", fontsize=11)
            ax.tick_params(labelbottom=i == len(rows) - 1)
        axes[0].set_ylabel(name)
        ends.append(f"{name}, spread from {_short(spreads[0])} to {_short(spreads[-1])}")
    figure.supxlabel(f"{xlabel}, from {-reach:g} to {reach:g} in each box".replace("-", "−"), fontsize=11)
    return Drawing(figure, f"Histograms of the numbers in {plural(depth, 'layer')}: {'; '.join(ends)}.")


@style()
def accuracy_by_learning_rate(rates: Sequence[float], series: Mapping[str, np.ndarray]) -> Drawing:
    """Accuracy against learning rate on a log scale: a point for each run, a line through the means of the runs.

    series: {name: (runs, rates)}, accuracies from 0 to 1.
    """
    xs = as_vector(rates, "rates")
    if xs.min() <= 0:
        raise ValueError("rates must be above zero, because their axis is logarithmic")
    if not series or len(series) > 3:
        raise ValueError(f"series must hold one to three networks, got {len(series)}")
    figure, ax = chart(8.2, 4.0)
    parts = []
    for (name, runs), color, marker, line in zip(
        series.items(), (BLUE, ORANGE, MUTED), ("o", "s", "^"), ("-", "--", ":"), strict=False
    ):
        runs = np.atleast_2d(np.asarray(runs, dtype=float))
        if runs.ndim != 2 or runs.shape[1] != len(xs):
            raise ValueError(f"series[{name!r}] must have shape (runs, {len(xs)}), got {runs.shape}")
        ax.plot(xs, runs.mean(axis=0), color=color, ls=line, lw=2)
        points = np.tile(xs, len(runs)), runs.ravel()
        ax.scatter(*points, color=color, marker=marker, s=45, edgecolors=INK, lw=0.6, zorder=3, label=name)
        best = xs[runs.mean(axis=0) >= 0.9]
        parts.append(
            f"{name}, at least 90% on average " + (f"from {best[0]:g} to {best[-1]:g}" if len(best) else "at no rate")
        )
    ax.set(xscale="log", xlabel="learning rate", ylabel="accuracy on test digits", ylim=(0, 1.03))
    ax.set_xticks(xs, labels=[f"{x:g}" for x in xs])
    ax.minorticks_off()
    ax.grid(True, color=RULE, lw=0.5)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return Drawing(figure, f"Accuracy against learning rate: {'; '.join(parts)}.")


def _short(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"
