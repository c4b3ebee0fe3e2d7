"""Points that a person gave: kept beside the grades, and put in again as long as the answer is the one they were given for."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from course_utils.grading import by_hand
from course_utils.grading.gradebook import write_whole
from course_utils.grading.results import SubmissionResult

KEPT = "hand_grades.json"
QUEUE = "by_hand.csv"
# The queue as it was when its points were taken in, before a new one is written.
TAKEN = "by_hand_taken.csv"

Graded = dict[tuple[str, str], tuple[by_hand.HandGrade, str]]


def take_in(former: Sequence[SubmissionResult], folder: Path, filled: Path | None = None) -> list[str]:
    """Keep the points that were filled in, in the folder's queue or in `filled`, a table like it.

    former: the results that the queue was made from. Returns a sentence on each row that cannot be used. Raises ValueError
    if a table cannot be read, or nothing can be kept; then all stays as it is.
    """
    kept, problems = _kept(folder / KEPT), []
    answers = _answers(former)
    tables = [path for path in (folder / QUEUE, filled) if path and (path == filled or path.exists())]
    filled_in = False
    for path in tables:
        try:
            grades, wrong = by_hand.read_by_hand(path)
        except (OSError, csv.Error) as error:
            raise ValueError(f"{path} cannot be read ({getattr(error, 'strerror', None) or error})") from error
        _, misfits = by_hand.with_hand_grades(former, grades)
        problems += [*wrong, *(f"{path.name}, {misfit}" for misfit in misfits)]
        for grade in grades:
            key = grade.student, grade.item
            if key in answers:
                kept[key] = grade, answers[key]
        filled_in |= path != filled and bool(grades or wrong)
    if kept:
        rows = [{**asdict(grade), "answer": answer} for grade, answer in kept.values()]
        try:
            write_whole(folder / KEPT, {"grades": rows})
            if filled_in:
                (folder / QUEUE).replace(folder / TAKEN)
        except OSError as error:
            raise ValueError(
                f"hand grades cannot be kept in {folder} ({error.strerror or error}); make room"
            ) from error
    return problems


def applied(results: Sequence[SubmissionResult], folder: Path) -> tuple[tuple[SubmissionResult, ...], list[str]]:
    """The results with the hand grades in them, and a sentence on each answer that has changed since it was graded.

    Raises ValueError if what is kept cannot be read.
    """
    kept, answers = _kept(folder / KEPT), _answers(results)
    fitting = [grade for key, (grade, answer) in kept.items() if answers.get(key) == answer]
    changed = [key for key, (_, answer) in kept.items() if answers.get(key, answer) != answer]
    graded, _ = by_hand.with_hand_grades(results, fitting)
    return graded, [f"{student}: {item} was answered anew since a person graded it" for student, item in changed]


def _answers(results: Sequence[SubmissionResult]) -> dict[tuple[str, str], str]:
    """A digest of every answer."""
    return {
        (result.student, item.name): hashlib.sha256(item.answer.encode("utf-8", "surrogatepass")).hexdigest()
        for result in results
        for item in result.items
    }


def _kept(path: Path) -> Graded:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["grades"]
        answers = [row.pop("answer") for row in rows]
        grades = [by_hand.HandGrade(**row) for row in rows]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} cannot be read ({error}); put it back from a copy, or take it away") from error
    return {(grade.student, grade.item): (grade, answer) for grade, answer in zip(grades, answers, strict=True)}
