"""The exercises of the course: one declaration each, for the notebook's check, the grader and the tests."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

from course_utils.exercises.questions import Question, Slip
from course_utils.exercises.specification import Call, Case, Exercise, Lazy, Misconception, Seed, run_plan
from course_utils.exercises.trials import Trial

_EXERCISE_MODULES = (
    "start_here",
    "filters",
    "sizes",
    "convolution_forward",
    "im2col",
    "matrix_product",
    "dense_as_convolution",
    "numeric_gradients",
    "convolution_backward",
    "max_pooling",
    "average_pooling",
    "subsampling",
    "batch_norm_forward",
    "batch_norm_backward",
    "folding",
    "response_normalisation",
    "dense",
    "activation",
    "losses",
    "initialisation",
    "optimisation",
    "dropout_forward",
    "dropout_backward",
    "augmentation",
    "lenet",
    "training_step",
    "conv2d_function",
    "conv2d_module",
    "epoch",
    "receptive_fields",
    "layer_work",
    "memory_budget",
    "two_towers",
    "alexnet",
    "basic_block",
    "bottleneck",
    "residual_network",
    "cifar_block",
    "cifar_network",
    "squeeze_excite",
    "stochastic_depth",
    "transposed_convolution",
    "ghost_batch_norm",
    "norm_block",
    "three_blocks",
)
_QUESTION_MODULES = (
    "questions_00",
    "questions_01",
    "questions_02",
    "questions_03",
    "questions_04",
    "questions_05",
    "questions_06",
    "questions_07",
    "questions_08",
    "questions_09",
    "questions_10",
    "questions_11",
    "questions_15",
)

_TRIAL_MODULES = ("digit_reading", "design")

__all__ = [
    "Call",
    "Case",
    "Exercise",
    "Lazy",
    "Misconception",
    "Question",
    "Seed",
    "Slip",
    "Trial",
    "exercises",
    "questions",
    "run_plan",
    "trials",
]


@cache
def exercises() -> dict[str, Exercise]:
    """Every exercise by its name, in the order of the lessons. Raises ValueError if two have one name."""
    modules = (import_module(f"{__name__}.{module}") for module in _EXERCISE_MODULES)
    return _by_name((exercise.name, exercise) for module in modules for exercise in module.EXERCISES)


@cache
def questions() -> dict[str, Question]:
    """Every short question by its identifier, in the order of the lessons. Raises ValueError if two have one."""
    modules = (import_module(f"{__name__}.{module}") for module in _QUESTION_MODULES)
    return _by_name((question.identifier, question) for module in modules for question in module.QUESTIONS)


@cache
def trials() -> dict[str, Trial]:
    """Every function that learns and is scored, by its name. Raises ValueError if two have one name."""
    modules = (import_module(f"{__name__}.{module}") for module in _TRIAL_MODULES)
    return _by_name((trial.name, trial) for module in modules for trial in module.TRIALS)


def _by_name(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found = {}
    for name, item in items:
        if name in found:
            raise ValueError(
                f"{name!r} stands in lesson {found[name].lesson} and in lesson {item.lesson}; rename one of them"
            )
        found[name] = item
    return found
