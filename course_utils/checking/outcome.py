"""What came of running a learner's function on a case: results, an error, or time running out."""

import contextlib
import inspect
import io
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import numpy as np

from course_utils.checking.timeout import OutOfTime, call_within
from course_utils.exercises.specification import Case, Exercise, Function, fresh, loaded, run_plan


@dataclass(frozen=True)
class Outcome:
    """Results by name, or the error that came instead; which arguments were changed; what was printed."""

    results: Mapping[str, Any] = field(default_factory=dict)
    error: BaseException | None = None
    changed: tuple[str, ...] = ()
    printed: str = ""


def run(exercise: Exercise, function: Function, case: Case, seconds: float = 5.0) -> Outcome:
    """Run the exercise's plan on fresh copies of the case's values, with `function` as the learner's part."""
    given = {name: fresh(value) for name, value in case.values.items()}
    # Loaded here, so that importing PyTorch does not count as the learner's time.
    functions = {name: loaded(one) for name, one in {**exercise.course, exercise.name: function}.items()}
    printed = io.StringIO()
    results, error = {}, None
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(), np.errstate(all="ignore"), _same_chances():
        warnings.simplefilter("ignore")
        try:
            results = call_within(seconds, lambda: run_plan(exercise.plan, functions, given))
        except OutOfTime:
            error = OutOfTime(f"{seconds:g} seconds")
        except KeyboardInterrupt:
            raise
        except BaseException as raised:
            error = raised
    changed = tuple(name for name, value in case.values.items() if not _same(value, given[name]))
    return Outcome(results, error, changed, printed.getvalue())


@contextlib.contextmanager
def _same_chances() -> Iterator[None]:
    """NumPy's global generator in one and the same state: who draws from it in spite of `rng` is recognised by that."""
    state = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(state)


def line_of(error: BaseException, function: Function) -> str:
    """`line 7: out[i, j] = …`, where the learner's code was when the error came; empty where it cannot be told."""
    own = {code.co_filename for code in _codes(function).values()}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in own]
    return f"line {frames[-1].lineno}: {frames[-1].line}" if frames and frames[-1].line else ""


def still_open(function: Function) -> tuple[str, ...]:
    """The methods of a class in which NotImplementedError is still raised, where others are written; else none."""
    codes = _codes(function)
    stubs = tuple(name for name, code in codes.items() if "NotImplementedError" in code.co_names)
    return stubs if len(stubs) < len(codes) else ()


def _codes(function: Function) -> dict[str, CodeType]:
    """The code of a function, or of each method that a class has of its own, by name."""
    parts = vars(function) if isinstance(function, type) else {getattr(function, "__name__", ""): function}
    plain = {name: getattr(part, "__func__", part) for name, part in parts.items()}
    codes = {name: getattr(inspect.unwrap(part), "__code__", None) for name, part in plain.items() if callable(part)}
    return {name: code for name, code in codes.items() if code}


def _same(before: Any, after: Any) -> bool:
    return not isinstance(before, np.ndarray) or np.array_equal(before, after, equal_nan=True)
