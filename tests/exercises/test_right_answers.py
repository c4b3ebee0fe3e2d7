"""Right answers pass, however they were written, in both precisions and from arrays with gaps."""

import dataclasses
import time

import numpy as np
import pytest
from right_answers import STYLES

from course_utils.checking import judge
from course_utils.exercises import exercises

NAMES = list(exercises())
NUMBERS_ALONE = (
    "conv_output_size",
    "count_conv_parameters",
    "kaiming_normal",
    "receptive_field",
    "count_macs",
    "training_memory",
    "AlexNet",
)
DRAWN = [name for name in NAMES if exercises()[name].random_case]


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_passes(name):
    exercise = exercises()[name]
    verdict = judge(exercise, exercise.reference)
    assert verdict.status == "passed"
    assert verdict.right == verdict.total == len(exercise.cases)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", NAMES)
def test_an_independent_answer_passes(name, style):
    verdict = judge(exercises()[name], STYLES[style][name], seed=1)
    assert verdict.status == "passed", verdict.failure
    assert verdict.random >= (5 if name in DRAWN else 0)


@pytest.mark.parametrize("name", NAMES)
def test_independent_answers_agree_with_each_other(name):
    """The loops stand in for the reference, so that a reference that is wrong where nobody looks is found."""
    exercise = dataclasses.replace(exercises()[name], reference=STYLES["loops"][name])
    for seed in (2, 3):
        verdict = judge(exercise, STYLES["torch"][name], seed=seed)
        assert verdict.status == "passed", verdict.failure


@pytest.mark.parametrize("name", DRAWN)
def test_random_cases_come_in_both_precisions_and_with_gaps(name):
    exercise, rng = exercises()[name], np.random.default_rng(0)
    arrays = [
        value
        for _ in range(60)
        for value in exercise.random_case(rng).values.values()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 1
    ]
    if not arrays:
        assert exercise.name in NUMBERS_ALONE
        return
    seen = {(array.dtype.name, array.flags.c_contiguous) for array in arrays}
    dtypes = ("float64",) if name == "numeric_gradient" else ("float32", "float64")
    assert seen == {(dtype, layout) for dtype in dtypes for layout in (True, False)}


@pytest.mark.parametrize("name", NAMES)
def test_a_check_of_a_loop_answer_takes_less_than_a_second(name):
    exercise, answer = exercises()[name], STYLES["loops"][name]
    # Of the processor's time, of which a busy machine takes less; up to three tries, since it takes some all the same.
    assert any(_seconds(exercise, answer) < 1 for _ in range(3))


def _seconds(exercise, answer):
    start = time.process_time()
    judge(exercise, answer)
    return time.process_time() - start
