"""Every misconception of every graded exercise: it earns the share of the cases in which it is right, and is named."""

import html
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from near_worker import NearWorker, empty_submission

from course_utils.checking.outcome import run
from course_utils.exercises import exercises
from course_utils.exercises.specification import loaded
from course_utils.grading.assignments import ExerciseItem, assignment
from course_utils.grading.cases import prepared, the_ways
from course_utils.grading.exercise_judging import Task, judge_exercise
from course_utils.grading.feedback import page
from course_utils.grading.results import GRADED, PARTLY, WRONG, SubmissionResult

# A network takes long to build, and its visible cases tell most.
RANDOM_CASES = {"CifarBlock": 4, "cifar_resnet": 2, "SqueezeExcite": 8, "stochastic_depth": 8}
GRADED_ITEMS = [
    (homework, item.name)
    for homework in ("hw1", "hw2", "hw4")
    for item in assignment(homework).items
    if isinstance(item, ExerciseItem)
]
MISCONCEPTIONS = [
    pytest.param(homework, name, misconception, misconception.function, id=f"{name}: {misconception.name}")
    for homework, name in GRADED_ITEMS
    for misconception in exercises()[name].misconceptions
]
# The same slips by those who draw in another way that is right as well, each of them in one of the ways.
OTHER_WAYS = [
    pytest.param(homework, name, misconception, misconception.also[way], id=f"{name}, way {way}: {misconception.name}")
    for homework, name in GRADED_ITEMS
    for number, misconception in enumerate(exercises()[name].misconceptions)
    if misconception.also
    for way in [number % len(misconception.also)]
]


@pytest.mark.parametrize(("homework", "name", "misconception", "function"), MISCONCEPTIONS + OTHER_WAYS)
def test_a_misconception_earns_its_part_and_is_named(homework, name, misconception, function):
    if homework == "hw4":
        pytest.importorskip("torch")
    exercise, item = exercises()[name], assignment(homework).item(name)
    item = replace(item, random_cases=RANDOM_CASES.get(name, item.random_cases))
    function = loaded(function)
    helpers = {one: loaded(helper) for one, helper in exercise.course.items()}
    worker = NearWorker({name: function}, helpers)
    result = judge_exercise(item, exercise, Task(empty_submission(), worker))

    right = agreeing(name, function, item.random_cases)
    assert [case.right for case in result.cases] == right
    assert result.earned == pytest.approx(item.points * sum(right) / len(right))
    assert result.earned < item.points and result.status == (PARTLY if any(right) else WRONG)
    assert result.misconception == (misconception.name, misconception.sentence)

    told = text_of(page(SubmissionResult("a17", homework, GRADED, (result,)), assignment(homework)))
    assert f"It looks like this: {misconception.name.replace('`', '')}" in told


def agreeing(name, function, random_cases):
    """For each case whether the function does what the reference does, found without anything that judges."""
    cases = [one.case for one in prepared(name, random_cases, 0)]
    outcomes = [run(exercises()[name], function, case) for case in cases]
    asked = tuple(case.raises for case in cases if case.raises)
    if asked and all(isinstance(one.error, asked) for one in outcomes):
        # Nothing but an error, whatever it is asked: that earns nothing where an error is right, either.
        return [False] * len(cases)
    ways = [
        [same(way, one, right) for one, right in zip(outcomes, references(name, number, random_cases), strict=True)]
        for number, way in enumerate(the_ways(name))
    ]
    return max(ways, key=sum)


@cache
def references(name, way, random_cases):
    exercise = the_ways(name)[way]
    return [run(exercise, loaded(exercise.reference), one.case) for one in prepared(name, random_cases, 0)]


def same(exercise, outcome, right):
    if right.error or outcome.error:
        return bool(right.error and outcome.error) and isinstance(outcome.error, type(right.error))
    equal = (near(outcome.results[name], right.results[name], exercise.tolerances) for name in exercise.compared)
    return all(equal) and not outcome.changed


def near(got, right, tolerances):
    if not isinstance(right, np.ndarray):
        return type(got) is type(right) and got == right
    if hasattr(got, "numpy"):
        got = got.numpy()
    if not isinstance(got, np.ndarray) or (got.shape, got.dtype) != (right.shape, right.dtype):
        return False
    tolerance = tolerances[str(right.dtype)]
    largest = max(1.0, np.abs(right).max(initial=0))
    return np.allclose(got, right, rtol=tolerance, atol=tolerance * largest, equal_nan=True)


def text_of(page):
    """What a reader sees of a page."""
    return " ".join(html.unescape(re.sub("<[^>]*>", "", page)).split())
