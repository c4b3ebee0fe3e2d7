"""What a short question is: its answer, the slips that lead elsewhere, and why the answer is what it is."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Slip:
    """A wrong answer that comes from a known thought, and one sentence on that thought."""

    answer: Any
    sentence: str


@dataclass(frozen=True)
class Question:
    """A question of a lesson. Its text stands in the notebook; here is what the notebook's `ask` needs.

    `answer` is a whole number, a number (right within `tolerance`, relative), a tuple of numbers, a truth value, or
    the letter of a choice. Answers that are numbers are computed where they are declared, not typed.
    """

    identifier: str
    lesson: str
    answer: Any
    why: str
    hint: str
    slips: tuple[Slip, ...] = ()
    tolerance: float = 0.0
