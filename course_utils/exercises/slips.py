"""Misconceptions made from one function that takes the name of the slip to make."""

import functools

from course_utils.exercises.specification import Function, Misconception

# Name of the misconception, the function's word for the slip, the sentence for the learner.
Slips = tuple[tuple[str, str, str], ...]


def misconceptions(function: Function, slips: Slips) -> tuple[Misconception, ...]:
    """One misconception a slip: `function` with `slip` set to its word."""
    return tuple(Misconception(name, text, functools.partial(function, slip=slip)) for name, slip, text in slips)
