"""What an exercise is: a call plan, cases, a reference, misconceptions and hints, declared once.

The notebook's check, the grader and the tests of the checks all read the same declaration. Nothing here runs a
learner's code but `run_plan`, which any process can call.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

Function = Callable[..., Any]


@dataclass(frozen=True)
class Lazy:
    """Stands for a function or a class of a module that is imported when it is first asked for, such as one in PyTorch.

    settings: None for the named thing itself; else it is called with them, and what it returns is the thing: a class that
    is made anew with another slip, say.
    """

    module: str
    name: str
    settings: Mapping[str, Any] | None = None

    def load(self) -> Function:
        """The thing itself. Raises ImportError or AttributeError where it is not to be found."""
        found = getattr(import_module(self.module), self.name)
        return found if self.settings is None else found(**self.settings)

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        return self.load()(*arguments, **settings)

    def __repr__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class Call:
    """One step of a plan: `function` is called with the named values that the case has, and its results are named.

    An argument that a case leaves out keeps the function's default; one that has the name of a function of the plan gets
    that function, or class. With one name in `returns` the result is taken as it is, with several it must be a tuple of that
    many.
    """

    function: str
    arguments: tuple[str, ...]
    returns: tuple[str, ...]


@dataclass(frozen=True)
class Seed:
    """Stands in a case for a generator of random numbers: every run of the case is given a new one with this seed."""

    number: int

    def __repr__(self) -> str:
        return f"np.random.default_rng({self.number})"


@dataclass(frozen=True)
class Case:
    """Named values to call with. `label` says what the case is for; `raises` is the error that is the right answer.

    A generator goes in as its Seed. Raises TypeError for the generator itself, which would not draw the same twice.
    """

    label: str
    values: Mapping[str, Any]
    raises: type[Exception] | None = None

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            if isinstance(value, np.random.Generator):
                raise TypeError(f"{name} of the case {self.label!r} must be a Seed, such as Seed(3), got a generator")


@dataclass(frozen=True)
class Misconception:
    """A wrong variant that people really write, and one sentence on the thought behind it, never the cure itself.

    `also` is the same variant of each function in the exercise's `also_right`, where it comes out differently there.
    """

    name: str
    sentence: str
    function: Function | Lazy
    also: tuple[Function, ...] = ()


@dataclass(frozen=True)
class Exercise:
    """One exercise: what is called, with what, and what should come back.

    The learner writes a function or a class, whose name is the exercise's. A reference that needs PyTorch is a Lazy.
    `plan` calls the learner's function once, or again to see what the first call left behind; the other functions that
    it calls are the course's, in `course`. `compared` names the results that are judged. `random_case` draws one case
    from a generator; it is None where there is nothing to draw. Tolerances are for results that are floating point;
    whole numbers and text must be equal. `also_right` holds functions whose results are right as well though they differ
    from the reference's, such as those that draw the same chances in another way: an answer is right if it agrees in all
    cases with the reference, or in all cases with one of them.
    """

    name: str
    lesson: str
    reference: Function | Lazy
    plan: tuple[Call, ...]
    compared: tuple[str, ...]
    cases: tuple[Case, ...]
    random_case: Callable[[np.random.Generator], Case] | None
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, str, str]
    also_right: tuple[Function, ...] = ()
    course: Mapping[str, Function] = field(default_factory=dict)
    points: int = 10
    random_cases: int = 200
    tolerances: Mapping[str, float] = field(default_factory=lambda: {"float64": 1e-9, "float32": 2e-4})


class ResultCountError(Exception):
    """A function of the plan returned something else than the tuple of results that the plan names."""

    def __init__(self, call: Call, result: Any) -> None:
        self.call, self.result = call, result
        super().__init__(f"{call.function} must return {', '.join(call.returns)}")


def run_plan(plan: tuple[Call, ...], functions: Mapping[str, Function], values: Mapping[str, Any]) -> dict[str, Any]:
    """Run the calls of a plan, each with its named values, and return every result by its name.

    Raises ResultCountError where a tuple does not have the length that the plan names, and whatever the
    functions raise.
    """
    known = {**functions, **values}
    for call in plan:
        arguments = {name: known[name] for name in call.arguments if name in known}
        result = functions[call.function](**arguments)
        if len(call.returns) == 1:
            known[call.returns[0]] = result
        elif isinstance(result, tuple) and len(result) == len(call.returns):
            known.update(zip(call.returns, result, strict=True))
        else:
            raise ResultCountError(call, result)
    return {name: known[name] for call in plan for name in call.returns}


def loaded(function: Function | Lazy) -> Function:
    """The function or class itself, if a Lazy stands for it."""
    return function.load() if isinstance(function, Lazy) else function


def fresh(value: Any) -> Any:
    """A copy of a case's value: a view with gaps stays a view with gaps; a Seed or a Lazy becomes what it stands for."""
    if isinstance(value, Seed):
        return np.random.default_rng(value.number)
    if isinstance(value, Lazy):
        return value.load()
    if not isinstance(value, np.ndarray):
        return value
    if value.flags.c_contiguous or value.ndim == 0:
        return value.copy()
    return with_gaps(value)


def with_gaps(array: np.ndarray) -> np.ndarray:
    """The same numbers as a non-contiguous view, every second place of a wider array (the places between hold 0)."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    view = wide[..., ::2]
    view[...] = array
    return view
