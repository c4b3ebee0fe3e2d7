"""How a question about a student's own network is made: its slips are computed, so some of them have to be left out."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from course_utils.checking.answers import judge_answer
from course_utils.exercises.questions import Question, Slip

LESSON = "hw3"


def question_with(
    name: str, answer: int | float, why: str, hint: str, slips: Iterable[tuple[Any, str]], tolerance: float = 0.0
) -> Question:
    """The question, without slips that happen to lead to the right answer, or to where an earlier slip leads."""
    bare = Question(name, LESSON, answer, why, hint, tolerance=tolerance)
    kept: list[Slip] = []
    for wrong, sentence in slips:
        led_to = [bare, *(replace(bare, answer=slip.answer) for slip in kept)]
        if not any(judge_answer(known, wrong) for known in led_to):
            kept.append(Slip(wrong, sentence))
    return Question(name, LESSON, answer, why, hint, tuple(kept), tolerance)
