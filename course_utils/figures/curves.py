"""Curves: functions and measurements as line charts, and what training was like, epoch by epoch."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator, NullLocator, StrMethodFormatter

from course_utils.figures.arguments import as_vector, same_length
from course_utils.figures.charts import LINES, MARKERS
from course_utils.figures.diagram import MARGIN
from course_utils.figures.drawing import INK, MUTED, PALETTE, RULE, Drawing, style

Series = Mapping[str, Sequence[float]]
MEASURES = {"loss": "loss", "accuracy": "accuracy (share right)"}
DATA = {"train": "--", "validation": "-"}
# Where the longest history has so many times the epochs of the shortest, only a logarithmic axis shows both.
FAR_APART = 6


class Epochs(Protocol):
    """What `training_curves` needs of a history: a list for each measure, one number an epoch.

    It may also have `judged_by`, the name of the data that the validation's numbers are of, such as "test pictures".
    """

    train_loss: list[float]
    train_accuracy: list[float]
    validation_loss: list[float]
    validation_accuracy: list[float]


@style()
def line_chart(
    xs: Sequence[float],
    series: Series,
    xlabel: str,
    ylabel: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    level: tuple[str, float] | None = None,
    markers: bool = True,
) -> Drawing:
    """Curves over one axis, each with its own colour and line. NaN leaves a gap; `level` is a dotted line with its name."""
    figure, (ax,) = _panels(1, 7.6, 4.2)
    told = _curves(ax, xs, series, log_x, log_y, level, markers)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    _legend(figure, ax)
    return Drawing(figure, f"{ylabel} against {xlabel}: {told}.")


@style()
def line_panels(
    xs: Sequence[float],
    panels: Mapping[str, Series],
    xlabel: str,
    ylabel: str = "",
    *,
    log_y: bool = False,
    markers: bool = False,
) -> Drawing:
    """Line charts beside each other, {title: {name: ys}}, with one legend: a name means the same curve in every panel."""
    if not 1 <= len(panels) <= 3:
        raise ValueError(f"panels must hold one to three charts, got {len(panels)}")
    figure, axes = _panels(len(panels), 9.6, 3.9)
    told = []
    for ax, (title, series) in zip(axes, panels.items(), strict=True):
        told.append(f"{title}: {_curves(ax, xs, series, False, log_y, None, markers)}")
        ax.set(xlabel=xlabel, title=title)
    axes[0].set_ylabel(ylabel)
    _legend(figure, *axes)
    return Drawing(figure, f"Charts against {xlabel}. {'. '.join(told)}.")


@style()
def training_curves(
    histories: Mapping[str, Epochs],
    measures: Sequence[str] = ("loss", "accuracy"),
    *,
    thin: Collection[str] = (),
) -> Drawing:
    """Loss and accuracy epoch by epoch, a colour for each network: dashed on training data, solid on validation data.

    A single measure gets two panels instead, one for each kind of data. The networks named in `thin`, such as recorded
    runs, have thinner curves. The axis of epochs is logarithmic where one network was trained for far longer than another.
    """
    if not 1 <= len(histories) <= len(PALETTE):
        raise ValueError(f"histories must hold one to {len(PALETTE)} networks, got {len(histories)}")
    if unknown := [measure for measure in measures if measure not in MEASURES]:
        raise ValueError(f'measures must be among "loss" and "accuracy", got {unknown[0]!r}')
    if unknown := [name for name in thin if name not in histories]:
        raise ValueError(f"thin must hold names of histories, got {unknown[0]!r}")
    if len(measures) == 1:
        measured = [part for part in DATA if any(getattr(h, f"{part}_{measures[0]}") for h in histories.values())]
        panels = [[(measures[0], part)] for part in measured or DATA]
    else:
        panels = [[(measure, part) for part in DATA] for measure in measures]
    widths = {name: 1 if name in thin else 2 for name in histories}
    judges = " or ".join(sorted({_data("validation", history) for history in histories.values()}))
    kinds = {"train": "on training data", "validation": f"on {judges}"}
    figure, axes = _panels(len(panels), 9.6, 3.9)
    told = []
    for ax, panel in zip(axes, panels, strict=True):
        for measure, part in panel:
            for (name, history), color, line in zip(histories.items(), PALETTE, LINES, strict=False):
                ys = np.array(getattr(history, f"{part}_{measure}"), dtype=float)
                drawn = {"ls": DATA[part], **_dot(part, ys)} if len(panel) > 1 else {"ls": line, **_dot("", ys)}
                # A network that was not validated has no such curve; one that blew up has gaps.
                ax.plot(np.arange(1, len(ys) + 1), ys, color=color, lw=widths[name], **drawn)
                if len(ys):
                    told.append(f"{name}, {measure} on {_data(part, history)}, from {ys[0]:.2g} to {ys[-1]:.2g}")
        ax.set(ylabel=MEASURES[measure], title="" if len(panel) > 1 else kinds[part])
        if measure == "accuracy":
            ax.set_ylim(None, 1.02)
        _epoch_axis(ax, [len(history.train_loss) for history in histories.values()])
        _grid(ax)
    if len(measures) == 1:
        low, high = zip(*(ax.get_ylim() for ax in axes), strict=True)
        for ax in axes:
            ax.set_ylim(min(low), max(high))
    shown = [
        Line2D(
            [],
            [],
            color=color,
            ls="-" if len(measures) > 1 else line,
            lw=widths[name],
            label=name,
            **_dot("", h.train_loss),
        )
        for (name, h), color, line in zip(histories.items(), PALETTE, LINES, strict=False)
    ]
    if len(measures) > 1:
        single = next((history.train_loss for history in histories.values() if len(history.train_loss) == 1), ())
        shown += [
            Line2D([], [], color=MUTED, lw=2, ls=line, label=kinds[part], **_dot(part, single))
            for part, line in DATA.items()
        ]
    _legend_below(figure, {sample.get_label(): sample for sample in shown})
    return Drawing(figure, f"Training, epoch by epoch: {'; '.join(told)}.")


def _data(part: str, history: Epochs) -> str:
    return "training data" if part == "train" else getattr(history, "judged_by", "validation data")


def _dot(part: str, ys: Sequence[float]) -> dict[str, object]:
    """A curve of one epoch is a dot, hollow where a longer one would be dashed."""
    return {"marker": "o", "ms": 6, "mfc": "white" if part == "train" else "auto"} if len(ys) == 1 else {}


def _epoch_axis(ax: Axes, lengths: Sequence[int]) -> None:
    lengths = [length for length in lengths if length] or [1]
    if max(lengths) > FAR_APART * min(lengths):
        ax.set(xlabel="epoch (log scale)", xscale="log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.xaxis.set_minor_locator(NullLocator())
    else:
        ax.set_xlabel("epoch")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True) if max(lengths) > 1 else FixedLocator([1]))


def _panels(count: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width if count > 1 else min(width, 7.6), height))
    figure.set_layout_engine("constrained", w_pad=MARGIN, h_pad=MARGIN)
    return figure, list(figure.subplots(1, count, squeeze=False)[0])


def _curves(ax: Axes, xs, series: Series, log_x: bool, log_y: bool, level, markers: bool) -> str:
    xs = as_vector(xs, "xs")
    if not 1 <= len(series) <= len(MARKERS):
        raise ValueError(f"series must hold one to {len(MARKERS)} curves, got {len(series)}")
    told = []
    for (name, ys), color, line, marker in zip(series.items(), PALETTE, LINES, MARKERS, strict=False):
        same_length("xs", xs, f"series[{name!r}]", ys)
        ys = np.asarray(ys, dtype=float)
        edge = {"marker": marker, "ms": 6, "markeredgecolor": INK, "markeredgewidth": 0.5} if markers else {}
        ax.plot(xs, ys, color=color, ls=line, lw=2, label=name, **edge)
        drawn = ys[np.isfinite(ys)]
        told.append(f"{name}, from {drawn[0]:.2g} to {drawn[-1]:.2g}" if len(drawn) else f"{name}, nowhere")
    if level is not None:
        name, height = level
        ax.axhline(height, color=MUTED, ls=":", lw=1.5, label=name)
        told.append(f"a line at {height:.3g}, {name}")
    ax.set(xscale="log" if log_x else "linear", yscale="log" if log_y else "linear")
    if not log_x and np.all(xs == np.round(xs)):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    _grid(ax)
    return "; ".join(told)


def _grid(ax: Axes) -> None:
    ax.grid(True, color=RULE, lw=0.5)
    ax.set_axisbelow(True)


def _legend(figure: Figure, *axes: Axes) -> None:
    shown = {}
    for ax in axes:
        handles, names = ax.get_legend_handles_labels()
        shown |= dict(zip(names, handles, strict=True))
    _legend_below(figure, shown)


def _legend_below(figure: Figure, shown: Mapping[str, Artist]) -> None:
    """One legend for the figure, {name: sample}, in as many columns as fit, four at most."""

    def width(columns: int) -> float:
        # In inches, estimated: a letter is about 0.077 wide, a sample with the gaps around it 0.75.
        return sum(0.75 + 0.077 * max(map(len, names)) for names in np.array_split(list(shown), columns))

    columns = min(4, len(shown))
    while columns > 1 and width(columns) > figure.get_figwidth():
        columns -= 1
    figure.legend(shown.values(), shown, frameon=False, loc="outside lower center", ncols=columns)
