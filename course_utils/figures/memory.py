"""What a training step holds in memory, moment by moment."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from course_utils.figures.charts import LINES, chart
from course_utils.figures.costs import short
from course_utils.figures.drawing import INK, MUTED, PALETTE, RULE, Drawing, style


class Moment(Protocol):
    """One layer on its way there ("forward") or back: the bytes held when it is done, and the most while it runs."""

    name: str
    phase: str
    held: int
    peak: int


@style()
def memory_timeline(timelines: Mapping[str, Sequence[Moment]]) -> Drawing:
    """Memory held during one training step, a curve for each of up to four steps; the most is marked and named.

    timelines: {name: a memory's timeline}. The first half of the width is the way there, the second the way back, so that
    networks of different depth can be compared.
    """
    if not 1 <= len(timelines) <= 4:
        raise ValueError(f"timelines must hold one to four steps, got {len(timelines)}")
    figure, ax = chart(8.6, 3.9)
    told = []
    for (name, moments), color, line in zip(timelines.items(), PALETTE, LINES, strict=False):
        forward = [moment.phase == "forward" for moment in moments]
        if not any(forward) or all(forward):
            raise ValueError(f"timelines[{name!r}] must hold moments of both ways, got {len(moments)}, one way")
        xs = _places(forward)
        held = np.array([moment.held for moment in moments]) / 1e6
        ax.plot(xs, held, color=color, ls=line, lw=2.2, label=name)
        most = max(range(len(moments)), key=lambda i: moments[i].peak)
        peak = moments[most].peak / 1e6
        ax.plot(xs[most], peak, marker="o", ms=8, color=color, markeredgecolor=INK, ls="none")
        side = "right" if xs[most] > 1.3 else "left"
        words = f"most: {_bytes(peak)}"
        ax.annotate(words, (xs[most], peak), (-9 if side == "right" else 9, 4), textcoords="offset points", ha=side)
        told.append(f"{name}: from {_bytes(held[0])}, at most {_bytes(peak)} at {moments[most].name}")
    ax.axvline(1, color=MUTED, ls=":", lw=1.5)
    ax.set(xlim=(0, 2), ylabel="memory held (MB)", ylim=(0, ax.get_ylim()[1] * 1.06))
    ax.set_xticks([0.5, 1.5], labels=["forward: first layer to last", "backward: last layer to first"])
    ax.tick_params(axis="x", length=0)
    ax.grid(True, axis="y", color=RULE, lw=0.5)
    ax.set_axisbelow(True)
    figure.legend(frameon=False, loc="outside lower center", ncols=4)
    return Drawing(figure, f"Memory held during a training step, forward and backward. {'. '.join(told)}.")


def _bytes(megabytes: float) -> str:
    """12.3 MB, 4.05 GB."""
    text = short(megabytes * 1e6)
    return f"{text[:-1]} {text[-1]}B" if text[-1].isalpha() else f"{text} B"


def _places(forward: Sequence[bool]) -> np.ndarray:
    """From 0 to 1 on the way there, from 1 to 2 on the way back."""
    there, back = sum(forward), len(forward) - sum(forward)
    return np.concatenate([np.arange(1, there + 1) / there, 1 + np.arange(1, back + 1) / back])
