"""Misconceptions made from one function that takes the name of the slip to make."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from course_utils.exercises.specification import Function, Lazy, Misconception

# Name of the misconception, the function's word for the slip, the sentence for the learner.
Slips = tuple[tuple[str, str, str], ...]


def misconceptions(
    function: Function, slips: Slips, ways: Sequence[Mapping[str, Any]] = ()
) -> tuple[Misconception, ...]:
    """One misconception a slip: `function` with `slip` set to its word.

    ways: further settings of `function`, one for each of the exercise's `also_right`, for that way to make the slip.
    """
    return tuple(
        Misconception(
            name,
            text,
            functools.partial(function, slip=slip),
            tuple(functools.partial(function, slip=slip, **way) for way in ways),
        )
        for name, slip, text in slips
    )


def lazy_misconceptions(module: str, maker: str, slips: Slips) -> tuple[Misconception, ...]:
    """One misconception a slip, for what needs PyTorch: the class that `maker`, a function in `module`, makes for its word."""
    return tuple(Misconception(name, text, Lazy(module, maker, {"slip": slip})) for name, slip, text in slips)
