"""The cases that an exercise is graded on, and what is right for them: computed once a process for a whole class."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from course_utils.checking.judge import ways
from course_utils.checking.outcome import Outcome, run
from course_utils.exercises import exercises
from course_utils.exercises.specification import Case, Exercise, fresh, loaded, run_plan
from course_utils.grading.plans import Split, split


@dataclass(frozen=True)
class Prepared:
    """One case. shown: whether the student may see its numbers; given: the values that the student's part is called with;
    known: all values there are before it.
    """

    case: Case
    label: str
    shown: bool
    given: Mapping[str, Any]
    known: Mapping[str, Any]


def new_seed() -> int:
    """A seed for a class: so large that nobody finds it by trying, from the words that feedback says on a random case."""
    return secrets.randbits(62)


def generator(seed: int, name: str) -> np.random.Generator:
    """The generator of an item's random numbers: each item its own, so that one more item changes no other's."""
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


@lru_cache(maxsize=128)
def parts(name: str) -> Split:
    """The plan of the exercise of that name, split."""
    return split(exercises()[name])


@lru_cache(maxsize=128)
def prepared(name: str, random_cases: int, seed: int) -> tuple[Prepared, ...]:
    """The visible cases of an exercise, then random ones drawn from the seed."""
    exercise, rng = exercises()[name], generator(seed, name)
    drawn = [exercise.random_case(rng) for _ in range(random_cases)] if exercise.random_case else []
    shown = [_prepare(exercise, case, case.label, True) for case in exercise.cases]
    hidden = [_prepare(exercise, case, f"random {number}", False) for number, case in enumerate(drawn, 1)]
    return (*shown, *hidden)


@lru_cache(maxsize=32)
def the_ways(name: str) -> tuple[Exercise, ...]:
    """The exercise of that name, and once for each function that is right as well."""
    return tuple(ways(exercises()[name]))


@lru_cache(maxsize=512)
def expected(name: str, random_cases: int, seed: int, way: int) -> tuple[Outcome, ...]:
    """What is right for each of the prepared cases, by one of the ways."""
    exercise = the_ways(name)[way]
    reference = loaded(exercise.reference)
    return tuple(run(exercise, reference, one.case) for one in prepared(name, random_cases, seed))


@lru_cache(maxsize=4096)
def twins(name: str, way: int, misconception: int) -> tuple[Outcome, ...]:
    """What a misconception makes of each of the visible cases."""
    exercise = the_ways(name)[way]
    function = loaded(exercise.misconceptions[misconception].function)
    return tuple(run(exercise, function, case) for case in exercise.cases)


def _prepare(exercise: Exercise, case: Case, label: str, shown: bool) -> Prepared:
    plan = parts(exercise.name)
    known = dict(case.values)
    if plan.before:
        functions = {name: loaded(function) for name, function in exercise.course.items()}
        known |= run_plan(plan.before, functions, {name: fresh(value) for name, value in case.values.items()})
    return Prepared(case, label, shown, {name: known[name] for name in plan.given if name in known}, known)
