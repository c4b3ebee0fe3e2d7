"""Feedback for a student: one page of HTML that needs nothing else, and the same as JSON beside it."""

import base64
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from course_utils.checking.report import markup
from course_utils.exercises import exercises
from course_utils.grading.assignments import Assignment, QualityItem
from course_utils.grading.feedback_page import PAGE, STYLE
from course_utils.grading.results import (
    BY_HAND,
    FORBIDDEN,
    GRADED,
    NOT_ATTEMPTED,
    NOT_TRIED,
    NOTHING,
    OTHER,
    PARTLY,
    READ,
    RIGHT,
    STOPPED,
    UNREADABLE,
    WRONG,
    CaseResult,
    ItemResult,
    SubmissionResult,
)
from course_utils.grading.text import file_name, one_line, plain

LONGEST_ANSWER = 20_000
_SIGNS = {
    RIGHT: "✓",
    PARTLY: "◐",
    WRONG: "✗",
    NOT_ATTEMPTED: "○",
    STOPPED: "■",
    FORBIDDEN: "⊘",
    BY_HAND: "✎",
    READ: "✓",
}
_TONES = {RIGHT: "good", PARTLY: "part", NOT_ATTEMPTED: "open", BY_HAND: "open", READ: "open"}
_WHY_NO_GRADE = {
    NOTHING: "Nothing was handed in, so there is no grade.",
    UNREADABLE: "What was handed in could not be read as a notebook, so there is no grade yet. Please hand it in again.",
    OTHER: "What was handed in is the notebook of another assignment, so there is no grade yet. "
    "Please hand in the right one.",
}


def write(result: SubmissionResult, assignment: Assignment, folder: Path | str, name: str = "") -> Path:
    """Writes `STUDENT.html` and `STUDENT.json` into the folder and returns the path of the first.

    name: of the student, beside the id. Neither file holds the seed, from which hidden inputs could be drawn again.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{file_name(result.student)}.html"
    _replace(path, page(result, assignment, name))
    _replace(path.with_suffix(".json"), json.dumps(_told(result), indent=1) + "\n")
    return path


def page(result: SubmissionResult, assignment: Assignment, name: str = "") -> str:
    """The page itself. Whatever came from the student, or from the roster, is text in it."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return PAGE.render(
        style=STYLE,
        style_digest=digest,
        assignment=assignment,
        title=one_line(assignment.title),
        student=one_line(result.student, 100),
        name=one_line(name, 100),
        graded=result.status == GRADED,
        why=_WHY_NO_GRADE.get(result.status, "It could not be graded, so there is no grade yet. Your teacher knows."),
        earned=number(result.earned),
        points=number(result.points or assignment.points),
        waiting=[_waiting(item) for item in result.items if item.status == BY_HAND],
        lateness=lateness(result),
        file=_file_name(result),
        submitted=_moment(result.submitted),
        fingerprint=one_line(result.sha256[:12]),
        notes=[markup(plain(note)) for note in result.notes],
        items=[_item(index, item, assignment) for index, item in enumerate(result.items, 1)],
    )


def lateness(result: SubmissionResult) -> str:
    """The late policy as it came out for this submission, in words; empty if it was not late."""
    if not result.late:
        return ""
    days = "1 day" if result.late == 1 else f"{result.late} days"
    if not result.penalty:
        return f"Handed in {days} late; nothing is taken off for that."
    before = sum(item.earned or 0.0 for item in result.items)
    taken = f"{100 * result.penalty:.4g}% of the points, {number(before * result.penalty)} of {number(before)},"
    return f"Handed in {days} late: {taken} is taken off for that."


def number(value: float | None) -> str:
    """Points as they are written: 7, 7.5, 6.67; empty for None."""
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def random_hint(item: ItemResult) -> str:
    """What to think about when random cases are wrong: what the judge said of one, else the exercise's first hint."""
    wrong = [case for case in item.cases if not case.shown and not case.right]
    if not wrong:
        return ""
    said = next((case.what for case in wrong if case.what and case.what != NOT_TRIED), "")
    known = exercises().get(item.name)
    return said or (known.hints[0] if known else "Try shapes and settings that the visible cases do not have.")


def _item(index: int, item: ItemResult, assignment: Assignment) -> dict[str, Any]:
    declared = {one.name: one for one in assignment.items}.get(item.name)
    unit = declared.unit if isinstance(declared, QualityItem) else ""
    shown = [case for case in item.cases if case.shown]
    random = [case for case in item.cases if not case.shown]
    # The numbers of the first wrong case stand there; those of the others are a click away.
    first = next((case for case in shown if case.details), None)
    said = set(item.sentences)
    hint = random_hint(item)
    return {
        "id": f"item-{index}",
        "name": one_line(item.name, 100),
        "earned": number(item.earned),
        "points": number(item.points),
        "share": 0.0 if item.earned is None or not item.points else item.earned / item.points,
        "status": item.status,
        "sign": _SIGNS.get(item.status, "•"),
        "tone": _TONES.get(item.status, "bad"),
        "score": "" if item.score is None else f"{item.score:.4g}" + (f" {unit}" if unit else ""),
        "sentences": [markup(plain(sentence)) for sentence in item.sentences],
        "misconception": item.misconception and [markup(plain(part, 1_000)) for part in item.misconception],
        "shown": [_case(case, case is first) for case in shown],
        "shown_right": sum(case.right for case in shown),
        "random": [{"right": case.right, "label": one_line(case.label, 40)} for case in random],
        "random_right": sum(case.right for case in random),
        "hint": "" if hint in said else markup(plain(hint, 1_000)),
        "rubric": "" if declared is None else plain(declared.rubric),
        "answer": plain(item.answer, LONGEST_ANSWER),
    }


def _case(case: CaseResult, is_open: bool) -> dict[str, Any]:
    return {
        "label": markup(one_line(case.label)),
        "right": case.right,
        "open": is_open,
        "what": markup(plain(case.what)),
        "details": plain("\n".join(case.details)),
    }


def _moment(iso: str) -> str:
    """2026-10-01 at 23:59 (UTC+02:00), for what is an ISO 8601 time; else the text itself."""
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return one_line(iso, 60)
    return f"{when:%Y-%m-%d} at {when:%H:%M}" + (f" ({when.tzname()})" if when.tzinfo else "")


def _file_name(result: SubmissionResult) -> str:
    """The notebook's own name: in which folder of the teacher's it lay is nobody's business."""
    return one_line(result.file.rpartition("/")[2], 200)


def _waiting(item: ItemResult) -> str:
    return f"{one_line(item.name, 100)} ({number(item.points)} points)"


def _told(result: SubmissionResult) -> dict[str, Any]:
    """The result as JSON for the student: without the seed, and without a word on what a random case holds."""
    values = result.as_dict()
    del values["seed"]
    values["file"] = _file_name(result)
    for item in values["items"]:
        item["answer"] = plain(item["answer"], LONGEST_ANSWER)
        item["sentences"] = [plain(sentence) for sentence in item["sentences"]]
        for case in item["cases"]:
            case["what"] = plain(case["what"])
            case["details"] = [plain(line) for line in case["details"]] if case["shown"] else []
    return values


def _replace(path: Path, text: str) -> None:
    """Writes the whole file or nothing, also if the run is killed half-way."""
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf-8", errors="replace")
    temporary.replace(path)
