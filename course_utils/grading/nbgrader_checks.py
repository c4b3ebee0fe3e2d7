"""What the grade cells of an nbgrader course call: the course's own checks, with partial credit as nbgrader takes it.

nbgrader takes a cell's last value for its points, nothing at all for an error, and everything for any other value, so
each of these gives a number or raises AssertionError. They run in one process with the student's code, as nbgrader does.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_utils.checking.answers import explain_answer, judge_answer
from course_utils.checking.explain import explain
from course_utils.checking.judge import Verdict, judge
from course_utils.exercises import exercises, questions
from course_utils.exercises.specification import Case, Exercise, fresh
from course_utils.exercises.trials import share
from course_utils.grading.assignments import QualityItem, QuestionItem, assignment
from course_utils.grading.cases import generator

_STOPS = 3


def visible_cases(name: str, function: Any, points: float) -> float:
    """The visible cases of the exercise, each worth the same. Raises AssertionError if none is right."""
    exercise = exercises()[name]
    verdict = _verdict(exercise, function)
    told = str(explain(verdict))
    if verdict.status == "passed":
        return points
    if not verdict.right:
        raise AssertionError(told)
    print(told)
    return points * verdict.right / verdict.total


def random_cases(name: str, function: Any, points: float, cases: int, seed: int) -> float:
    """Cases drawn from the seed, each worth the same; of those that are wrong no numbers are told.

    Raises AssertionError if none is right.
    """
    exercise = exercises()[name]
    rng = generator(seed, name)
    right = _right(exercise, function, [exercise.random_case(rng) for _ in range(cases)])
    if right == cases:
        return points
    told = f"{name}: right in {right} of {cases} random cases. {exercise.hints[0]}"
    if not right:
        raise AssertionError(told)
    print(told)
    return points * right / cases


def answer(name: str, value: Any, points: float) -> float:
    """A short answer: all the points, or AssertionError with what it looks like."""
    return _answered(questions()[name], value, points)


def personal_answer(homework: str, name: str, value: Any, points: float, key: str) -> float:
    """A short answer to a question of this student's own. The student's id is the folder that nbgrader autogrades in."""
    item = assignment(homework).item(name)
    assert isinstance(item, QuestionItem) and item.personal, f"{name} of {homework} is not a personal question"
    return _answered(item.personal(Path.cwd().parent.name, key), value, points)


def quality(homework: str, name: str, function: Any, points: float, seed: int) -> float:
    """A function that learns: points by what its predictions score. Raises AssertionError if that is worth nothing."""
    item = assignment(homework).item(name)
    assert isinstance(item, QualityItem), f"{name} of {homework} is not scored on its predictions"
    assert callable(function), f"{name} is not defined."
    values, hidden = item.inputs(generator(seed, name))
    with _quiet():
        predictions = function(**{given: fresh(value) for given, value in values.items()})
    problem = item.problem(predictions) if item.problem else ""
    assert not problem, problem
    score = float(item.score(predictions, hidden))
    part = share(item.bands, score)
    told = f"{name}: the {item.unit} is {score:.4g}, worth {part:.0%} of the points."
    assert part, told
    print(told)
    return points * part


def _verdict(exercise: Exercise, function: Any) -> Verdict:
    if not callable(function):
        return Verdict(exercise, "not attempted", total=len(exercise.cases))
    # nbgrader takes a word on the error stream for a failure.
    with _quiet():
        return judge(replace(exercise, random_case=None), function)


def _right(exercise: Exercise, function: Any, drawn: Sequence[Case]) -> int:
    """How many of the cases are right; none is tried any more after some that had to be stopped."""
    right = stops = 0
    for case in drawn:
        verdict = _verdict(replace(exercise, cases=(case,), misconceptions=()), function)
        right += verdict.status == "passed"
        stops += verdict.failure is not None and verdict.failure.difference.kind == "time"
        if stops == _STOPS or verdict.status == "not attempted":
            break
    return right


def _answered(question: Any, value: Any, points: float) -> float:
    told = str(explain_answer(question, value))
    assert judge_answer(question, value), told
    print(told)
    return points


@contextlib.contextmanager
def _quiet():
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
