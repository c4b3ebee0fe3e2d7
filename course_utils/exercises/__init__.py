"""The exercises of the course: one declaration each, for the notebook's check, the grader and the tests."""

from functools import cache
from importlib import import_module

from course_utils.exercises.questions import Question, Slip
from course_utils.exercises.specification import Call, Case, Exercise, Misconception, Seed, run_plan

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
)

__all__ = [
    "Call",
    "Case",
    "Exercise",
    "Misconception",
    "Question",
    "Seed",
    "Slip",
    "exercises",
    "questions",
    "run_plan",
]


@cache
def exercises() -> dict[str, Exercise]:
    """Every exercise by its name, in the order of the lessons."""
    modules = (import_module(f"{__name__}.{module}") for module in _EXERCISE_MODULES)
    return {exercise.name: exercise for module in modules for exercise in module.EXERCISES}


@cache
def questions() -> dict[str, Question]:
    """Every short question by its identifier, in the order of the lessons."""
    modules = (import_module(f"{__name__}.{module}") for module in _QUESTION_MODULES)
    return {question.identifier: question for module in modules for question in module.QUESTIONS}
