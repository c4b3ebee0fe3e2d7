"""The runs on record: those that the course brings along, and the learner's own."""

import difflib
import warnings
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Column, Table

from course_utils import paths
from course_utils.training.recipe import Recipe
from course_utils.training.record import Run, duration, labels

RECORDED = paths.DATA / "runs"


def own_folder() -> Path:
    """Where the runs of the command `course train` are kept, each in a folder of its own."""
    return paths.home() / "runs"


def runs(folder: str | Path | None = None) -> list[Run]:
    """All runs on record, in the order in which they began; those of data/runs are marked as recorded.

    folder: of another place, whose `*.json` and `*/run.json` are read. A file that is no record of a run is passed over, with a
    warning that says what is wrong with it. Raises ValueError if there is no such folder.
    """
    if folder is not None and not Path(folder).is_dir():
        raise ValueError(f"folder must be one with records of runs, got {str(folder)!r}, which is none")
    folders = [RECORDED, own_folder()] if folder is None else [Path(folder)]
    found = [run for one in folders for path in _files(one) for run in _read(path)]
    return sorted(found, key=lambda run: run.started)


def chosen(names: Iterable[str], among: list[Run]) -> list[Run]:
    """The runs of these names, all of them if there is no name. Raises ValueError, with the nearest, for a name without a run."""
    names, known = list(names), [run.name for run in among]
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            said = f"did you mean {close[0]}?" if close else f"there are {', '.join(dict.fromkeys(known)) or 'none'}"
            raise ValueError(f"there is no run of {name!r} on record; {said}")
    return [run for run in among if not names or run.name in names]


def overview(among: list[Run]) -> Table:
    """A row a run."""
    heads = ("epochs", "test", "published", "images/s", "time")
    caption = "* recorded, with the course" if any(run.recorded for run in among) else None
    narrow = [Column(head.replace("published", "paper"), no_wrap=True, justify="right") for head in heads]
    table = Table(
        Column("run", no_wrap=True), Column("data", min_width=8), *narrow, caption=caption, box=SIMPLE, pad_edge=False
    )
    for run, label in zip(among, labels(tuple(among)), strict=True):
        facts = dict(_facts(run))
        table.add_row(label.replace(" (recorded)", "*"), facts["data"], *(facts[head] for head in heads))
    return table


def comparison(among: list[Run]) -> Table:
    """A column a run: what came of each, and those entries of the recipes in which they differ."""
    table = Table("", *labels(tuple(among)))
    for row in zip(*(_facts(run) for run in among), strict=True):
        table.add_row(row[0][0], *(value for _, value in row))
    recipes = [run.recipe.as_dict() for run in among]
    for name in Recipe().as_dict():
        values = [str(one[name]) for one in recipes]
        if len(set(values)) > 1 and name not in ("name", "published", "data", "epochs"):
            table.add_row(name, *values)
    return table


def _facts(run: Run) -> list[tuple[str, str]]:
    """What came of a run, in words."""
    training = run.history.train_accuracy[-1] if run.history.train_accuracy else None
    return [
        ("data", run.data["name"]),
        ("epochs", str(run.epochs) if run.finished else f"{run.epochs} of {run.recipe.epochs}"),
        ("test", _percent(run.test_accuracy)),
        ("published", _percent(run.recipe.published)),
        ("training", _percent(training)),
        ("best epoch", str(run.best_epoch or "")),
        ("parameters", f"{run.parameters:,}"),
        ("images/s", f"{run.images_per_second:,.0f}"),
        ("time", duration(run.seconds)),
        ("device", f"{run.device}, {run.precision}"),
        ("began", run.started[:10]),
        ("commit", run.commit),
        ("stopped", run.stopped),
    ]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


def _files(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.json"), *folder.glob("*/run.json")])


def _read(path: Path) -> list[Run]:
    try:
        return [replace(Run.load(path), recorded=path.parent == RECORDED)]
    except (ValueError, OSError) as error:
        warnings.warn(str(error), stacklevel=3)
        return []
