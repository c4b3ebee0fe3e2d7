"""The exercises of the course: one declaration each, for the notebook's check, the grader and the tests."""

from functools import cache
from importlib import import_module

from course_utils.exercises.questions import Question, Slip
from course_utils.exercises.specification import Call, Case, Exercise, Misconception, run_plan

_EXERCISE_MODULES = (
    "start_here",
    "filters",
    "sizes",
    "convolution_forward",
    "convolution_backward",
    "max_pooling",
    "average_pooling",
    "dense",
    "activation",
)
_QUESTION_MODULES = ("questions_00", "questions_01", "questions_02")

__all__ = [
    "Call",
    "Case",
    "Exercise",
    "Misconception",
    "Question",
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
