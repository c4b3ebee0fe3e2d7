"""What of a plan runs where: references never in the sandbox, a student's function never outside of it."""

import numpy as np
import pytest

from course_utils.exercises import exercises
from course_utils.exercises.specification import Call, Case, Exercise
from course_utils.exercises.torch_runs import parameters_of
from course_utils.grading.plans import split, too_large


def names(calls):
    return [call.function for call in calls]


@pytest.mark.parametrize(
    ("name", "before", "inside", "after", "given", "wanted"),
    [
        ("max_pool2d_forward", [], ["max_pool2d_forward"], [], {"x", "kernel_size", "stride", "padding"}, ("out",)),
        (
            "conv2d_backward",
            ["conv2d_forward"],
            ["conv2d_backward"],
            [],
            {"dout", "cache"},
            ("dx", "dweight", "dbias"),
        ),
        (
            "dropout_forward",
            [],
            ["dropout_forward"],
            ["dropout_backward"],
            {"x", "p", "training", "rng", "inverted"},
            ("out", "cache"),
        ),
        (
            "BasicBlock",
            [],
            ["BasicBlock", "parts_of", "run_network"],
            [],
            {"in_channels", "channels", "stride", "network", "x"},
            ("parameters", "expansion", "out", "dx", "evaluated"),
        ),
    ],
)
def test_plans_of_the_course_are_split(name, before, inside, after, given, wanted):
    plan = split(exercises()[name])
    assert (names(plan.before), names(plan.inside), names(plan.after)) == (before, inside, after)
    assert set(plan.given) == given and plan.wanted == wanted


def made(*functions, course):
    plan = tuple(Call(name, ("x",), (f"y{n}",)) for n, name in enumerate(functions))
    return Exercise("mine", "00", None, plan, ("y0",), (), None, (), ("", "", ""), course=course)


def test_a_plan_that_goes_back_and_forth_is_refused_with_a_remedy():
    def reference(x):
        return x

    with pytest.raises(ValueError, match=r"calls the course's reference between .* ends in _runs"):
        split(made("mine", "reference", "mine", course={"reference": reference}))


def test_a_plan_without_the_student_is_refused():
    with pytest.raises(ValueError, match="never calls"):
        split(made("reference", course={"reference": lambda x: x}))


def test_a_helper_between_two_calls_goes_into_the_sandbox():
    plan = split(made("mine", "parameters_of", "mine", course={"parameters_of": parameters_of}))
    assert names(plan.inside) == ["mine", "parameters_of", "mine"]


CASE = Case("", {"x": np.zeros((2, 3, 8, 8)), "kernel_size": 3, "name": "text"}).values


@pytest.mark.parametrize(
    "value",
    [
        None,
        (np.zeros((2, 3, 8, 8)), 3, 1, (0, 1), None, True, -2.5, 1e300),
        {"x_hat": np.zeros((128, 3)), "shape": [1, 3, 1, 1]},
        np.zeros((0, 5)),
    ],
)
def test_what_is_of_the_size_of_the_case_is_handed_on(value):
    assert too_large("cache", value, CASE) == ""


@pytest.mark.parametrize(
    "value",
    [
        (np.zeros((2, 3)), 10**9),
        -(10**9),
        np.int64(10**12),
        {"a": [1, (np.zeros((1 << 15, 1)),)]},
        (np.zeros((3000, 1)), np.zeros((1, 3000))),
        [0] * 10_000,
        "x" * 10_000,
    ],
)
def test_what_would_make_a_reference_run_out_of_memory_is_not(value):
    assert "`cache` holds" in too_large("cache", value, CASE)
