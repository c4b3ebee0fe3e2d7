"""The record of a training run: what was trained, how, on what, and what came of it; one JSON file a run.

The file is one object with the fields of `Run`; "schema" is its version, 1. NaN and infinity are written as null. Fields of
"data": name, sha256, classes, size, training, held_out, test, mean, deviation, as in `pictures.Pictures`; of "recipe": those of
`Recipe`; of "history": those of `History`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import isfinite, nan
from pathlib import Path
from typing import Any

from course_utils.figures import Drawing, training_curves
from course_utils.training.checkpoint import write
from course_utils.training.history import History
from course_utils.training.recipe import Recipe, recipe_from

SCHEMA = 1


@dataclass(frozen=True)
class Run:
    """A training run, finished or not.

    network: the name by which `models.create` knows it, else its class; parameters: how many numbers it learns.
    device, precision, threads, processes: on what; torch, commit: with which PyTorch and which state of the course.
    started: UTC, ISO 8601. seconds: wall time, over all sittings; images_per_second: in training, judging left out.
    test_loss, test_accuracy: of the final network, None if it did not get that far. stopped: why it ended before its time, ""
    if it did not. notes: what happened on the way. recorded: whether it is one that the course brings along.
    """

    network: str
    parameters: int
    data: Mapping[str, Any]
    recipe: Recipe
    history: History
    device: str = ""
    precision: str = "float32"
    threads: int = 1
    processes: int = 1
    torch: str = ""
    commit: str = ""
    started: str = ""
    seconds: float = 0.0
    images_per_second: float = 0.0
    test_loss: float | None = None
    test_accuracy: float | None = None
    stopped: str = ""
    notes: tuple[str, ...] = ()
    recorded: bool = field(default=False, compare=False)

    @property
    def name(self) -> str:
        return self.recipe.name or self.network

    @property
    def seed(self) -> int:
        return self.recipe.seed

    @property
    def epochs(self) -> int:
        """How many epochs are finished."""
        return self.history.epochs

    @property
    def finished(self) -> bool:
        return self.epochs == self.recipe.epochs and not self.stopped

    @property
    def best_epoch(self) -> int | None:
        """By held-out pictures, from 1; None without those, see `History.best_epoch`."""
        return self.history.best_epoch

    def figure(self, *others: "Run") -> Drawing:
        """Loss and accuracy epoch by epoch, this run's and others'; recorded ones are named so, and thinner."""
        named = dict(zip(labels((self, *others)), (self, *others), strict=True))
        recorded = [name for name, run in named.items() if run.recorded]
        return training_curves({name: run.history for name, run in named.items()}, thin=recorded)

    def save(self, path: str | Path) -> Path:
        """Write the record as JSON, in one step; path: of the file, which should end in .json. Raises OSError."""
        path = Path(path)
        write(path, (json.dumps(_plain(self._as_dict()), indent=1, allow_nan=False) + "\n").encode())
        return path

    @classmethod
    def load(cls, path: str | Path) -> "Run":
        """The run that a file records. Raises ValueError, naming file and fault, if it is no such record; OSError."""
        path = Path(path)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return _run(values)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            said = f"has no {error}" if isinstance(error, KeyError) else f"is not one: {error}"
            raise ValueError(f"{path} should be the record of a training run, but {said}; move it away") from error

    def _as_dict(self) -> dict[str, Any]:
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "recorded"}
        recipe, history = self.recipe.as_dict(), self.history.thinned().as_dict()
        return {"schema": SCHEMA, **values, "recipe": recipe, "history": history, "notes": list(self.notes)}

    def __str__(self) -> str:
        rate = f"{self.images_per_second:,.0f} images a second" if self.images_per_second else ""
        judged = f"{self.test_accuracy:.2%} of the test pictures right" if self.test_accuracy is not None else ""
        best = f"best on held-out pictures in epoch {self.best_epoch}" if self.best_epoch else ""
        epochs = f"{self.recipe.epochs} epoch{'s' * (self.recipe.epochs != 1)}"
        done = epochs if self.finished else f"{self.epochs} of {epochs}"
        told = [f"{done} in {duration(self.seconds)}", judged, best, rate, self.stopped]
        return f"{self.name} on {self.data['name']}: {', '.join(filter(None, told))}"

    __repr__ = __str__


def labels(runs: tuple[Run, ...]) -> list[str]:
    """A name for each run that tells it from the others: with its seed where needed, then with a number."""
    names = [run.name + (" (recorded)" if run.recorded else "") for run in runs]
    if len(set(names)) < len(names):
        names = [f"{name}, seed {run.seed}" for name, run in zip(names, runs, strict=True)]
    return [name if names.count(name) == 1 else f"{name}, run {i + 1}" for i, name in enumerate(names)]


def duration(seconds: float) -> str:
    """Such as "42 s", "3 min 05 s" or "2 h 10 min"."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def _run(values: Mapping[str, Any]) -> Run:
    if values["schema"] != SCHEMA:
        raise ValueError(f"its schema is {values['schema']!r}, and this course reads {SCHEMA}")
    known = {one.name for one in fields(Run)} - {"recorded"}
    chosen = {name: values[name] for name in known}
    for name in ("sha256", "name"):
        chosen["data"][name]
    chosen["recipe"] = recipe_from(chosen["recipe"])
    chosen["history"] = History(**{name: _floats(value) for name, value in chosen["history"].items()})
    return Run(**{**chosen, "notes": tuple(chosen["notes"])})


def _floats(value: Any) -> Any:
    return [nan if one is None else float(one) for one in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """The same with None for what JSON has no number for."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value
