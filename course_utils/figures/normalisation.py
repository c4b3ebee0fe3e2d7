"""Normalisation layers: which numbers share a mean, the graph of batch norm, and what neighbouring channels do."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from course_utils.figures.arguments import as_count, as_vector, same_length
from course_utils.figures.charts import chart
from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import (
    BLUE,
    INK,
    INPUT,
    KERNEL,
    MUTED,
    ORANGE,
    OUTPUT,
    PAPER,
    RULE,
    TITLE,
    VERMILLION,
    Drawing,
    plural,
    style,
)

KINDS = ("batch", "layer", "instance", "group")
PLACES = 2


@style()
def shared_means(kinds: Sequence[str] = KINDS, batch: int = 4, channels: int = 6, groups: int = 2) -> Drawing:
    """Which numbers are averaged together, for each kind of normalisation: "batch", "layer", "instance", "group".

    A row for each picture of a batch, a column for each channel, and in every cell a map of 2x2 places. All places of one
    tint share a mean and a variance; the outlined ones are one such set.
    """
    if not kinds or set(kinds) - set(KINDS):
        raise ValueError(f"kinds must hold some of {', '.join(KINDS)}, got {kinds!r}")
    batch, channels = as_count(batch, "batch", 1, 6), as_count(channels, "channels", 1, 8)
    groups = as_count(groups, "groups")
    if channels % groups:
        raise ValueError(f"groups must divide channels={channels}, got {groups}")
    cell, gap, top = 0.31, 0.5, 0.75
    wide, tall = channels * cell, batch * cell
    diagram = Diagram(0.55 + len(kinds) * (wide + gap) - gap, top + tall + 0.75, cell=1.0)
    parts = []
    for i, kind in enumerate(kinds):
        # Rows and columns of the blocks that share a mean.
        rows, columns = {"batch": (batch, 1), "layer": (1, channels), "instance": (1, 1)}.get(
            kind, (1, channels // groups)
        )
        left = 0.55 + i * (wide + gap)
        diagram.text(left + wide / 2, 0.1, f"{kind} norm", size=TITLE, weight="bold")
        diagram.text(left + wide / 2, top - 0.2, "channels", color=MUTED)
        for n, c in np.ndindex(batch, channels):
            odd = (n // rows + c // columns) % 2
            _map(diagram, left + c * cell, top + n * cell, cell, KERNEL if odd else INPUT)
        diagram.box(left, top, columns * cell, rows * cell, edge=VERMILLION, lw=3, z=3)
        means, each = (batch // rows) * (channels // columns), rows * columns * PLACES**2
        diagram.text(left + wide / 2, top + tall + 0.28, plural(means, "mean"))
        diagram.text(left + wide / 2, top + tall + 0.56, f"of {plural(each, 'number')}")
        parts.append(f"{kind} norm, {plural(means, 'mean')} of {plural(each, 'number')}")
    diagram.text(0.2, top + tall / 2, "pictures", color=MUTED, rotation=90)
    return diagram.finish(
        f"{plural(batch, 'picture')} by {plural(channels, 'channel')}, each a map of {PLACES} by {PLACES} places, and which of "
        f"these numbers share a mean: {'; '.join(parts)}."
    )


@style()
def batch_norm_graph() -> Drawing:
    """The computation of batch norm as a graph, and where gradients meet on the way back."""
    diagram = Diagram(9.5, 3.1, cell=1.0)
    upper, lower, height = 0.6, 2.3, 0.5
    main = [(0.0, 0.7, "x", INPUT), (2.3, 1.2, "d = x − μ", PAPER), (5.3, 1.2, "x̂ = d · s", PAPER)]
    main.append((8.0, 1.5, "y = γ x̂ + β", OUTPUT))
    side = [(0.85, 1.2, "μ = mean x", PAPER), (2.95, 1.5, "σ² = mean d²", PAPER)]
    side.append((5.1, 1.6, "s = 1/√(σ² + ε)", PAPER))
    for y, boxes in ((upper, main), (lower, side)):
        for x, width, label, face in boxes:
            diagram.box(x, y, width, height, face=face, edge=INK, lw=1.2)
            diagram.text(x + width / 2, y + height / 2, label)
    middle = upper + height / 2
    for (x, width, *_), (after, *_) in pairwise(main):
        diagram.arrow(x + width, middle, after, middle)
    diagram.arrow(2.05, lower, 2.55, upper + height)
    diagram.arrow(0.35, upper + height, 1.2, lower)
    diagram.arrow(3.2, upper + height, 3.45, lower)
    diagram.arrow(4.45, lower + height / 2, 5.1, lower + height / 2)
    diagram.arrow(5.9, lower, 5.9, upper + height)
    diagram.text(8.75, lower + height / 2, "γ, β learned", color=MUTED)
    diagram.arrow(8.75, lower, 8.75, upper + height)
    for x, label in ((0.35, "two ways"), (3.2, "two ways")):
        diagram.text(x, upper + height + 0.02, "●", color=VERMILLION, size=TITLE)
        diagram.text(max(x, 0.42), upper - 0.3, label, color=VERMILLION)
    return diagram.finish(
        "Batch norm as a graph: x gives its mean; x less the mean is d; the mean of d squared is the variance, whose inverse "
        "root, with epsilon inside, is s; d times s is x hat; gamma times x hat plus beta is y. x and d are used in two places "
        "each: there two gradients are added on the way back."
    )


@style()
def channel_bars(before: np.ndarray, after: np.ndarray) -> Drawing:
    """One place of a picture, channel by channel: a bar before a layer, one after it, and the share that is kept.

    before, after: (C,) arrays, up to 16 channels, before above zero.
    """
    before, after = as_vector(before, "before"), as_vector(after, "after")
    same_length("before", before, "after", after)
    if before.min() <= 0 or len(before) > 16:
        raise ValueError(f"before must hold up to 16 numbers above zero, got {before}")
    figure, ax = chart(8.6, 3.4)
    places = np.arange(len(before))
    ax.bar(places - 0.2, before, 0.38, color=BLUE, label="before")
    ax.bar(places + 0.2, after, 0.38, color=ORANGE, label="after", edgecolor=INK, lw=0.6)
    shares = [f"{share:.0%}" for share in after / before]
    ax.set_xticks(places, labels=[f"{channel}\n{share}" for channel, share in enumerate(shares)])
    ax.set(xlabel="channel, and the share that it keeps", ylabel="value at one place")
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    told = "; ".join(f"channel {channel}, {share} of {before[channel]:g}" for channel, share in enumerate(shares))
    return Drawing(figure, f"Bars for {plural(len(before), 'channel')} at one place, before and after. Kept: {told}.")


def _map(diagram: Diagram, x: float, y: float, cell: float, face: str) -> None:
    """A map of 2x2 places with a little room around it."""
    side = 0.8 * cell
    x, y, step = x + 0.1 * cell, y + 0.1 * cell, side / PLACES
    diagram.box(x, y, side, side, face=face, edge=MUTED, lw=0.8)
    diagram.line([x + step, x + step], [y, y + side], color=RULE, lw=0.7, z=2)
    diagram.line([x, x + side], [y + step, y + step], color=RULE, lw=0.7, z=2)
