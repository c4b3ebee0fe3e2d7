"""What a trial is: a function that learns, scored on its answer for inputs whose labels it never sees."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Inputs = tuple[Mapping[str, Any], Any]


@dataclass(frozen=True)
class Trial:
    """Which inputs the learner's function gets, how its answer is scored, and what a score is worth.

    inputs(rng) gives the named values to call with, a generator as its Seed, and what stays hidden from the function;
    small(rng) gives the same in a size that takes seconds, for the smoke profile. score(answer, hidden) is a number.
    bands: (least score, share of the points), rising; below the first the share is 0. problem: "" if the answer has the
    right form, else a sentence on what it lacks.
    """

    name: str
    lesson: str
    inputs: Callable[[np.random.Generator], Inputs]
    small: Callable[[np.random.Generator], Inputs]
    score: Callable[[Any, Any], float]
    bands: tuple[tuple[float, float], ...]
    problem: Callable[[Any], str]
    hints: tuple[str, str, str]
    unit: str = "accuracy"
    seconds: float = 60.0


def share(bands: tuple[tuple[float, float], ...], score: float) -> float:
    """The share of the points that a score is worth."""
    return max((part for least, part in bands if score >= least), default=0.0)
