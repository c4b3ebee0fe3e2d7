"""Training runs beside each other: the learner's own and recorded ones, however long each was."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from course_utils.figures.curves import DATA, MEASURES, Epochs
from course_utils.figures.diagram import MARGIN
from course_utils.figures.drawing import MUTED, PALETTE, RULE, Drawing, style

# Where the longest run has so many times the epochs of the shortest, the axis is logarithmic, or the short one is a dot.
FAR_APART = 6


class TrainingRun(Protocol):
    """What `run_curves` needs of a run: its history, and whether the course brought it along."""

    history: Epochs
    recorded: bool


@style()
def run_curves(runs: Mapping[str, TrainingRun]) -> Drawing:
    """Loss and accuracy epoch by epoch, a colour for each run: dashed on training data, solid on what judged it.

    Recorded runs are drawn thinner. What judged is named: pictures held out of the training data, or the test's.
    """
    if not 1 <= len(runs) <= len(PALETTE):
        raise ValueError(f"runs must hold one to {len(PALETTE)} runs, got {len(runs)}")
    figure = Figure(figsize=(9.6, 3.9))
    figure.set_layout_engine("constrained", w_pad=MARGIN, h_pad=MARGIN)
    lengths = [max(1, len(run.history.train_loss)) for run in runs.values()]
    far_apart = max(lengths) > FAR_APART * min(lengths)
    told = []
    for ax, (measure, label) in zip(figure.subplots(1, 2), MEASURES.items(), strict=True):
        for (name, run), color in zip(runs.items(), PALETTE, strict=False):
            for part, line in DATA.items():
                ys = np.array(getattr(run.history, f"{part}_{measure}"), dtype=float)
                dot = {"marker": "o", "ms": 5} if len(ys) == 1 else {}
                ax.plot(np.arange(1, len(ys) + 1), ys, color=color, ls=line, lw=1.2 if run.recorded else 2.2, **dot)
                if len(ys):
                    told.append(f"{name}, {part} {measure}, from {ys[0]:.2g} to {ys[-1]:.2g}")
        ax.set(xlabel="epoch (log scale)" if far_apart else "epoch", ylabel=label)
        if far_apart:
            ax.set_xscale("log")
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            ax.xaxis.set_minor_locator(NullLocator())
        else:
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if measure == "accuracy":
            ax.set_ylim(None, 1.02)
        ax.grid(True, color=RULE, lw=0.5)
        ax.set_axisbelow(True)
    shown = [
        Line2D([], [], color=color, lw=1.2 if run.recorded else 2.2, label=name)
        for (name, run), color in zip(runs.items(), PALETTE, strict=False)
    ]
    judges = " or ".join(sorted({getattr(run.history, "judged_by", "validation data") for run in runs.values()}))
    kinds = {"train": "on training pictures", "validation": f"on {judges}"}
    shown += [Line2D([], [], color=MUTED, lw=2, ls=line, label=kinds[part]) for part, line in DATA.items()]
    figure.legend(handles=shown, frameon=False, loc="outside lower center", ncols=min(4, len(shown)))
    return Drawing(figure, f"Training runs, epoch by epoch, judged {kinds['validation']}: {'; '.join(told)}.")
