"""Where a network's costs sit: bars by stage, and bars made of parts."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from course_utils.figures.arguments import as_vector, same_length
from course_utils.figures.diagram import MARGIN
from course_utils.figures.drawing import INK, MUTED, PALETTE, Drawing, style

ROW, HEAD, GAP = 0.34, 0.42, 0.25
WIDTH, LETTER = 9.5, 0.092
HATCHES = ("", "//", "..", "xx", "\\\\", "++")


@style()
def cost_bars(labels: Sequence[str], measures: Mapping[str, Sequence[float]], shares: bool = True) -> Drawing:
    """A panel of bars for each measure beside the next, over the same rows, so that one sees what sits where.

    measures: {"weights": [a number for each label], …}, up to four. Each bar has its number beside it and, with `shares`,
    its part of the panel's total; each panel has a scale of its own, from 0.
    """
    if not 1 <= len(measures) <= 4:
        raise ValueError(f"measures must hold one to four panels, got {len(measures)}")
    values = {name: as_vector(numbers, f"measures[{name!r}]") for name, numbers in measures.items()}
    for name, numbers in values.items():
        same_length("labels", labels, f"measures[{name!r}]", numbers)
        if numbers.min() < 0 or numbers.max() <= 0:
            raise ValueError(f"measures[{name!r}] must hold numbers from 0, not all 0, got {list(numbers)}")
    left, tall = LETTER * max(map(len, labels)) + 0.2, ROW * len(labels)
    wide = (WIDTH - left + GAP) / len(values) - GAP
    room = 1.35 if shares else 0.75
    size = (WIDTH + 2 * MARGIN, HEAD + tall + 2 * MARGIN)
    figure = Figure(figsize=size)
    told = []
    for place, ((name, numbers), color) in enumerate(zip(values.items(), PALETTE, strict=False)):
        x = MARGIN + left + place * (wide + GAP)
        ax = figure.add_axes((x / size[0], MARGIN / size[1], wide / size[0], tall / size[1]))
        ax.barh(range(len(numbers)), numbers, color=color, height=0.7, edgecolor=INK, linewidth=0.6)
        ax.set(ylim=(len(numbers) - 0.5, -0.5), xlim=(0, numbers.max() * wide / (wide - room)), xticks=[])
        ax.set_yticks(range(len(labels)), labels=labels if place == 0 else [])
        ax.tick_params(axis="y", length=0)
        ax.spines["bottom"].set_visible(False)
        ax.set_title(f"{name}: {short(numbers.sum())}" if shares else name, loc="left")
        words = [_beside(number, numbers.sum() if shares else 0) for number in numbers]
        for y, (number, word) in enumerate(zip(numbers, words, strict=True)):
            ax.annotate(word, (number, y), (4, 0), textcoords="offset points", va="center_baseline")
        told.append(f"{name}: " + ", ".join(f"{label} {word}" for label, word in zip(labels, words, strict=True)))
    return Drawing(figure, f"Bars beside each other. {'. '.join(told)}.")


@style()
def stacked_bars(
    labels: Sequence[str], parts: Mapping[str, Sequence[float]], xlabel: str, level: tuple[str, float] | None = None
) -> Drawing:
    """Bars made of parts, each part with its own colour and hatching; the total is written at the end.

    parts: {"gradients": [a number for each label], …}, up to six. `level` is a dashed line with its name.
    """
    if not 1 <= len(parts) <= len(PALETTE):
        raise ValueError(f"parts must hold one to {len(PALETTE)} kinds, got {len(parts)}")
    values = {name: as_vector(numbers, f"parts[{name!r}]") for name, numbers in parts.items()}
    for name, numbers in values.items():
        same_length("labels", labels, f"parts[{name!r}]", numbers)
        if numbers.min() < 0:
            raise ValueError(f"parts[{name!r}] must not hold numbers below 0, got {numbers.min():g}")
    left, tall = LETTER * max(map(len, labels)) + 0.2, 0.48 * len(labels)
    names = [*parts, *([level[0]] if level else [])]
    rows = 1 if sum(LETTER * len(name) + 0.75 for name in names) <= WIDTH else 2
    legend, foot = 0.28 * rows + 0.1, 0.55
    size = (WIDTH + 2 * MARGIN, legend + tall + foot + 2 * MARGIN)
    figure = Figure(figsize=size)
    box = (MARGIN + left, MARGIN + foot, WIDTH - left, tall)
    ax = figure.add_axes((box[0] / size[0], box[1] / size[1], box[2] / size[0], box[3] / size[1]))
    ends, handles = np.zeros(len(labels)), []
    for (name, numbers), color, hatch in zip(values.items(), PALETTE, HATCHES, strict=False):
        look = {"facecolor": color, "edgecolor": INK, "linewidth": 0.6, "hatch": hatch}
        ax.barh(range(len(labels)), numbers, left=ends, height=0.66, **look)
        handles.append(Patch(label=name, **look))
        ends = ends + numbers
    for y, end in enumerate(ends):
        ax.annotate(short(end), (end, y), (4, 0), textcoords="offset points", va="center_baseline", weight="bold")
    if level is not None:
        handles.append(ax.axvline(level[1], color=MUTED, ls="--", lw=1.8, label=names[-1]))
    most = max(ends.max(), level[1] if level else 0)
    ax.set(ylim=(len(labels) - 0.5, -0.5), xlim=(0, most * 1.1 or 1), xlabel=xlabel)
    ax.set_yticks(range(len(labels)), labels=labels)
    ax.tick_params(axis="y", length=0)
    figure.legend(handles=handles, frameon=False, loc="upper left", ncols=-(-len(names) // rows), columnspacing=1.4)
    told = [
        f"{label}: " + ", ".join(f"{name} {short(v[i])}" for name, v in values.items()) + f", together {short(ends[i])}"
        for i, label in enumerate(labels)
    ]
    line = f" A line at {short(level[1])}, {level[0]}." if level else ""
    return Drawing(figure, f"Stacked bars, {xlabel}. {'. '.join(told)}.{line}")


def short(number: float) -> str:
    """Three digits and a letter: 138M, 15.5G, 1.73K; whole numbers below 1,000 as they are."""
    for power, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")):
        # 999.6 thousand would round to 1000K.
        if number >= 0.9995 * power:
            scaled = number / power
            digits = 0 if scaled >= 99.95 else 1 if scaled >= 9.995 else 2
            return f"{scaled:.{digits}f}{letter}"
    return f"{number:.0f}" if float(number).is_integer() else f"{number:.3g}"


def _beside(number: float, total: float) -> str:
    if not total:
        return short(number)
    share = number / total
    return f"{short(number)} ({'<1%' if 0 < share < 0.005 else f'{share:.0%}'})"
