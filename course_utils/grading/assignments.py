"""What an assignment is: items with points, what may be imported, and how much time and memory there is."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ExerciseItem:
    """A function or class that the student writes: an exercise of `course_utils.exercises`, by its name.

    Each case, visible or random, is worth the same part of the points. needs: names of other items whose function this
    one's plan calls as the student wrote it. forbidden: dotted names, such as "torch.nn.Conv2d", that may not be used.
    """

    name: str
    points: float
    rubric: str = ""
    random_cases: int = 24
    seconds: float = 5.0
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuestionItem:
    """A short answer that the notebook assigns to `variable`; right or wrong as the question of that name judges it.

    question: an identifier of `course_utils.exercises.questions`; or personal: a function of the student's id and the
    assignment's key that gives the `Question` which this student alone is asked.
    """

    name: str
    points: float
    variable: str
    rubric: str = ""
    personal: Callable[[str, str], Any] | None = None


@dataclass(frozen=True)
class QualityItem:
    """A function that learns, scored on its predictions for inputs whose labels no process of the student ever holds.

    The student's function `name` is called with the named values of inputs(rng) and gives (N,) class numbers, or what
    `score` takes. score(predictions, hidden) is the number that counts, hidden being the second thing that inputs gives.
    bands: (least score, share of the points), rising. problem(answer): what else it lacks, "" if nothing.
    """

    name: str
    points: float
    inputs: Callable[[np.random.Generator], tuple[Mapping[str, Any], Any]]
    score: Callable[[Any, Any], float]
    bands: tuple[tuple[float, float], ...]
    rubric: str = ""
    unit: str = "accuracy"
    seconds: float = 60.0
    forbidden: tuple[str, ...] = ()
    problem: Callable[[Any], str] | None = None


@dataclass(frozen=True)
class WrittenItem:
    """An answer in words, in the markdown cell of that id, put into the queue for a person to grade by the rubric."""

    name: str
    points: float
    rubric: str


Item = ExerciseItem | QuestionItem | QualityItem | WrittenItem


@dataclass(frozen=True)
class Assignment:
    """A homework. name: "hw1"; file: the notebook's name without its ending; packages: what the sandbox holds besides
    Python's own library, "numpy" or "torch"; kit: names of `course_utils.layers` that a submission may import.

    seconds: for the whole submission; memory: bytes that all its processes may hold together.
    """

    name: str
    title: str
    file: str
    items: tuple[Item, ...]
    packages: tuple[str, ...] = ("numpy",)
    kit: tuple[str, ...] = ()
    seconds: float = 120.0
    memory: int = 1 << 30
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def points(self) -> float:
        return sum(item.points for item in self.items)

    def item(self, name: str) -> Item:
        """The item of that name. Raises KeyError."""
        return {item.name: item for item in self.items}[name]


def assignments() -> dict[str, Assignment]:
    """All assignments by name."""
    from course_utils.grading.homework import HOMEWORK

    return {one.name: one for one in HOMEWORK}


def assignment(name: str) -> Assignment:
    """The assignment of that name. Raises ValueError, with the nearest, if there is none."""
    known = assignments()
    if name not in known:
        close = difflib.get_close_matches(str(name).lower(), known, n=1)
        remedy = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        raise ValueError(f"there is no assignment called {name!r}; {remedy}")
    return known[name]
