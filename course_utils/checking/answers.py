"""Judging the answer to a short question, and telling the slip behind a wrong one."""

from typing import Any

import numpy as np

from course_utils.checking.report import Report, number
from course_utils.exercises.questions import Question


def judge_answer(question: Question, answer: Any) -> bool | None:
    """True or False for right or wrong, None for a question that is still open (`...`)."""
    if answer is Ellipsis:
        return None
    return _matches(answer, question.answer, question.tolerance)


def explain_answer(question: Question, answer: Any) -> Report:
    """What the learner is told: the reason when it is right, the slip or a hint when it is not."""
    right = judge_answer(question, answer)
    if right is None:
        return Report("open", f"**{question.identifier}**: put your answer in place of the three dots.")
    if right:
        return Report("good", f"**{_show(answer)}** is right. {question.why}")
    return Report("bad", f"**{_show(answer)}**: not yet. {_reason(question, answer)}")


def _reason(question: Question, answer: Any) -> str:
    for slip in question.slips:
        if _matches(answer, slip.answer, question.tolerance) or _rounds(answer, slip.answer):
            return slip.sentence
    return wrong_form(question, answer) or question.hint


def _matches(answer: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, bool):
        return isinstance(answer, bool | np.bool_) and bool(answer) == expected
    if isinstance(expected, str):
        return isinstance(answer, str) and answer.strip().lower() == expected.lower()
    if isinstance(expected, tuple):
        same_length = isinstance(answer, tuple | list | np.ndarray) and len(answer) == len(expected)
        return same_length and all(_matches(a, e, tolerance) for a, e in zip(answer, expected, strict=True))
    if not _is_number(answer):
        return False
    return bool(abs(float(answer) - float(expected)) <= max(tolerance * abs(float(expected)), 1e-9))


def _rounds(answer: Any, slip: Any) -> bool:
    """Whether the answer is a fraction, rounded to two or more significant digits: 2.33 for 7/3, 0.0035 for 2/576."""
    if not isinstance(slip, float) or not _is_number(answer) or float(answer).is_integer():
        return False
    return any(float(answer) == float(f"{slip:.{digits}g}") for digits in range(2, 8))


def wrong_form(question: Question, answer: Any) -> str:
    """What is wrong with the form of an answer, in a sentence; "" for a number where a number is asked for."""
    expected = question.answer
    if isinstance(expected, bool):
        return "" if isinstance(answer, bool | np.bool_) else "The answer is `True` or `False`."
    if isinstance(expected, str):
        return "" if isinstance(answer, str) else 'The answer is the letter of a choice, in quotes, such as `"a"`.'
    if isinstance(expected, tuple):
        form = f"The answer is a tuple of {len(expected)} numbers, such as `({', '.join(['1'] * len(expected))})`."
        return "" if isinstance(answer, tuple | list | np.ndarray) and len(answer) == len(expected) else form
    return "" if _is_number(answer) else "The answer is a number, without quotes or units."


def _is_number(answer: Any) -> bool:
    if isinstance(answer, bool | np.bool_) or np.ndim(answer):
        return False
    return isinstance(answer, int | float | np.number)


def _show(answer: Any) -> str:
    if _is_number(answer):
        return f"{answer:,}" if isinstance(answer, int | np.integer) else number(answer)
    text = str(answer)
    return text if len(text) <= 60 else text[:57] + "…"
