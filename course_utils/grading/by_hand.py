"""The queue of answers that a person grades: out as a table, and back in with points."""

import csv
import io
import math
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from course_utils.grading import tables
from course_utils.grading.assignments import Assignment, WrittenItem
from course_utils.grading.results import BY_HAND, NOT_ATTEMPTED, PARTLY, RIGHT, WRONG, ItemResult, SubmissionResult

COLUMNS = ("student", "item", "possible", "rubric", "answer", "points", "comment")
FORMER = "by_hand_former.csv"


@dataclass(frozen=True)
class HandGrade:
    """What a person gave for one answer, and a comment for the student. line: where it stands in the table."""

    student: str
    item: str
    points: float
    comment: str = ""
    answer: str = ""
    line: int = 0


def write(results: Iterable[SubmissionResult], assignment: Assignment, path: Path) -> Path:
    """Writes a row for each answer that a person grades, with the points it has, ordered by item: one question is
    graded at a stretch. A table that is there and holds points which are not in the results is kept as FORMER."""
    found = [(item, result) for result in results for item in result.items if _by_hand(item, assignment)]
    rubrics = {item.name: item.rubric for item in assignment.items}
    places = {name: place for place, name in enumerate(rubrics)}
    found.sort(key=lambda pair: places[pair[0].name])
    _keep_former(path, {(one.student, item.name): item.earned for item, one in found})
    rows = (
        (one.student, item.name, item.points, rubrics[item.name], item.answer, item.earned, " ".join(item.sentences))
        for item, one in found
    )
    return tables.write(path, COLUMNS, rows, mark=True)


def read_by_hand(path: Path | str) -> tuple[tuple[HandGrade, ...], tuple[str, ...]]:
    """The grades of a filled-in table, and a sentence on each row that cannot be used; rows without points still wait.

    Reads what a spreadsheet saves: commas, semicolons or tabs, 7.5 or 7,5. Raises ValueError if it is no such table.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8; save it as “CSV UTF-8”") from error
    header = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count))
    names = [name.strip().lower() for name in next(reader, [])]
    if missing := {"student", "item", "points"} - set(names):
        raise ValueError(f"{path} must have the columns {', '.join(COLUMNS)}; it lacks {', '.join(sorted(missing))}")
    grades: dict[tuple[str, str], HandGrade] = {}
    problems: list[str] = []
    line = reader.line_num + 1
    for cells in reader:
        here, line = line, reader.line_num + 1
        values = {name: tables.text_of(cell) for name, cell in zip(names, cells, strict=False)}
        if not values.get("points", "").strip():
            continue
        try:
            grade = _grade(values, here)
            twin = grades.setdefault((grade.student, grade.item), grade)
            if twin is not grade:
                raise ValueError(f"{grade.item} of {grade.student} is in line {twin.line} too, and that one counts")
        except ValueError as error:
            problems.append(f"{path.name}, line {here}: {error}")
    return tuple(grades.values()), tuple(problems)


def with_hand_grades(
    results: Iterable[SubmissionResult], grades: Iterable[HandGrade]
) -> tuple[tuple[SubmissionResult, ...], tuple[str, ...]]:
    """The results with these points in them, and a sentence on each grade that fits none of them."""
    known = {result.student: result for result in results}
    problems = []
    for grade in grades:
        try:
            result = _result(grade, known)
            item = _item(grade, result)
        except ValueError as error:
            problems.append(f"line {grade.line}: {error}")
            continue
        items = tuple(_graded(one, grade) if one is item else one for one in result.items)
        known[result.student] = replace(result, items=items)
    return tuple(known.values()), tuple(problems)


def _keep_former(path: Path, points: Mapping[tuple[str, str], float | None]) -> None:
    if not path.exists():
        return
    try:
        grades, problems = read_by_hand(path)
    except ValueError as error:
        grades, problems = (), (str(error),)
    if problems or any(points.get((grade.student, grade.item)) != grade.points for grade in grades):
        shutil.copyfile(path, path.with_name(FORMER))


def _by_hand(item: ItemResult, assignment: Assignment) -> bool:
    """Whether a person grades this, or has; where there is no answer, there is nothing to grade."""
    return item.status != NOT_ATTEMPTED and any(
        isinstance(one, WrittenItem) and one.name == item.name for one in assignment.items
    )


def _grade(values: Mapping[str, str], line: int) -> HandGrade:
    written = values["points"].strip()
    try:
        points = float(written.replace(",", "."))
    except ValueError:
        raise ValueError(f"points must be a number, got {written[:40]!r}") from None
    if not math.isfinite(points) or points < 0:
        raise ValueError(f"points must be at least 0, got {written[:40]!r}")
    comment, answer = values.get("comment", "").strip(), values.get("answer", "")
    return HandGrade(values["student"].strip(), values["item"].strip(), points, comment, answer, line)


def _result(grade: HandGrade, known: Mapping[str, SubmissionResult]) -> SubmissionResult:
    if grade.student in known:
        return known[grade.student]
    # A spreadsheet makes the number 123 of 00123.
    alike: Sequence[str] = [student for student in known if student.lstrip("0") == grade.student.lstrip("0")]
    if len(alike) != 1:
        raise ValueError(f"there is no student {grade.student!r} among the results")
    return known[alike[0]]


def _item(grade: HandGrade, result: SubmissionResult) -> ItemResult:
    item = {item.name: item for item in result.items}.get(grade.item)
    if item is None:
        raise ValueError(f"{result.student} has no item {grade.item!r}")
    if item.status != BY_HAND:
        raise ValueError(f"{grade.item} of {result.student} does not wait for a person")
    if grade.points > item.points:
        raise ValueError(f"{grade.points:g} points for {grade.item} are more than the {item.points:g} that it has")
    now = tables.text_of(tables.cell(item.answer))
    if grade.answer.strip() and grade.answer.split() != now.split():
        raise ValueError(f"{grade.points:g} points were for another answer of {result.student} to {grade.item}")
    return item


def _graded(item: ItemResult, grade: HandGrade) -> ItemResult:
    status = RIGHT if grade.points == item.points else PARTLY if grade.points else WRONG
    return replace(item, earned=grade.points, status=status, sentences=(grade.comment,) if grade.comment else ())
