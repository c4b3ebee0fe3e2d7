"""What came of running a learner's function on a case: results, an error, or time running out."""

import contextlib
import io
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.checking.timeout import OutOfTime, call_within
from course_utils.exercises.specification import Case, Exercise, Function, fresh, run_plan


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
    functions = {**exercise.course, exercise.name: function}
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
    own = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]
    return f"line {frames[-1].lineno}: {frames[-1].line}" if frames and frames[-1].line else ""


def _same(before: Any, after: Any) -> bool:
    return not isinstance(before, np.ndarray) or np.array_equal(before, after, equal_nan=True)
