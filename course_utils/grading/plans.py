"""Which calls of an exercise's plan run where: what a student wrote in the sandbox, references outside of it.

A plan falls into three: the course's functions that make what the student's is given, the student's function with the
helpers around it, and the course's functions that look at what came out. The outer two are run by the grader itself, on
plain values. Helpers, which hold no reference, live in modules of `course_utils.exercises` whose names end in `_runs`.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_utils.exercises.specification import Call, Exercise, Function

# What the course's functions are given of a student's may be this many times as large as the largest thing in the case.
_ROOM = 4
_LEAST_ROOM = 64


@dataclass(frozen=True)
class Split:
    """The three parts of a plan. given: names that the student's part takes; wanted: what has to come back from it."""

    before: tuple[Call, ...]
    inside: tuple[Call, ...]
    after: tuple[Call, ...]
    given: tuple[str, ...]
    wanted: tuple[str, ...]


def split(exercise: Exercise) -> Split:
    """The plan of an exercise in three. Raises ValueError where it goes back and forth between the sides."""
    outside = [
        call.function in exercise.course and not _is_helper(exercise.course[call.function]) for call in exercise.plan
    ]
    if all(outside):
        raise ValueError(f"the plan of {exercise.name} never calls what the student writes")
    first, last = outside.index(False), len(outside) - outside[::-1].index(False)
    if any(outside[first:last]):
        between = exercise.plan[outside.index(True, first)].function
        raise ValueError(
            f"the plan of {exercise.name} calls the course's {between} between calls of the student's; "
            "put it into a module of course_utils.exercises whose name ends in _runs, without a reference in it"
        )
    before, inside, after = exercise.plan[:first], exercise.plan[first:last], exercise.plan[last:]
    needed = {*exercise.compared, *(name for call in after for name in call.arguments)}
    wanted = [name for call in inside for name in call.returns if name in needed]
    given = [name for call in inside for name in call.arguments]
    return Split(before, inside, after, tuple(dict.fromkeys(given)), tuple(dict.fromkeys(wanted)))


def too_large(name: str, value: Any, case: Mapping[str, Any]) -> str:
    """A sentence on what in the value is far larger than the case itself, else "".

    The course's functions make arrays whose sizes follow from what they are given, so this is looked at before.
    """
    given = list(case.values())
    most = _ROOM * max([_LEAST_ROOM, *_numbers(given), *(side for array in _arrays(given) for side in array.shape)])
    if any(not size <= most for size in _numbers(value)):
        return f"`{name}` holds a number, or a list as long, of more than {most:,}: much more than anything that was given."
    places = _ROOM * max([_LEAST_ROOM**2, *(array.size for array in _arrays(given))])
    if _broadcast_size(value) > places:
        return f"`{name}` holds arrays that make more than {places:,} numbers together: many more than were given."
    return ""


def _is_helper(function: Function) -> bool:
    module = getattr(function, "__module__", "")
    return module.startswith("course_utils.exercises.") and module.endswith("_runs")


def _numbers(value: Any) -> Iterator[int]:
    """The whole numbers outside of arrays, and the lengths of all lists and texts."""
    for one in _inner(value):
        if isinstance(one, list | tuple | dict | str):
            yield len(one)
        elif isinstance(one, int | np.integer) and not isinstance(one, bool):
            yield abs(int(one))


def _arrays(value: Any) -> list[np.ndarray]:
    return [one for one in _inner(value) if isinstance(one, np.ndarray)]


def _inner(value: Any) -> Iterator[Any]:
    """The value and all that lies within it."""
    open_values = [value]
    while open_values:
        one = open_values.pop()
        yield one
        if isinstance(one, list | tuple):
            open_values += one
        elif isinstance(one, dict):
            open_values += one.values()


def _broadcast_size(value: Any) -> int:
    """How many numbers all arrays in a value would make if they were broadcast against each other."""
    sides: dict[int, int] = {}
    largest = 0
    for array in _arrays(value):
        largest = max(largest, array.size)
        for axis, side in enumerate(reversed(array.shape)):
            sides[axis] = max(sides.get(axis, 1), side)
    return max(largest, math.prod(sides.values()))
