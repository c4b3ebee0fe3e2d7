"""A class's grades as tables: for people, for Canvas and Moodle, and for Gradescope. Where there is no grade, no number."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from course_utils.grading import by_hand, tables
from course_utils.grading.assignments import Assignment, QualityItem
from course_utils.grading.feedback import lateness, number, random_hint
from course_utils.grading.results import FAILED, GRADED, NOTHING, RIGHT, ItemResult, SubmissionResult
from course_utils.grading.roster import Student
from course_utils.grading.text import file_name, one_line, plain


def write_all(
    results: Iterable[SubmissionResult], assignment: Assignment, roster: Sequence[Student], folder: Path | str
) -> None:
    """Writes grades.csv, canvas.csv, moodle.csv, by_hand.csv and gradescope/STUDENT.json into the folder.

    A student of the roster who has no result counts as one who handed nothing in.
    """
    folder = Path(folder)
    (folder / "gradescope").mkdir(parents=True, exist_ok=True)
    known = {result.student: result for result in results}
    rows = [(one, known.get(one.id) or SubmissionResult(one.id, assignment.name, NOTHING)) for one in roster]
    grades(rows, assignment, folder / "grades.csv")
    canvas(rows, assignment, folder / "canvas.csv")
    moodle(rows, assignment, folder / "moodle.csv")
    by_hand.write((result for _, result in rows), assignment, folder / "by_hand.csv")
    for _, result in rows:
        path = folder / "gradescope" / f"{file_name(result.student)}.json"
        path.write_text(json.dumps(gradescope(result, assignment), indent=1) + "\n", encoding="utf-8")


Rows = Sequence[tuple[Student, SubmissionResult]]


def grades(rows: Rows, assignment: Assignment, path: Path) -> Path:
    """For people: a row for everyone, a column for each item. The total is that so far; `waiting` says what lacks."""
    names = [item.name for item in assignment.items]
    header = ["student", "name", "email", "section", *map(tables.cell, names)]
    header += ["total", "possible", "percent", "waiting", "status", "late", "penalty", "notes"]
    return tables.write(path, header, (_grades_row(*row, names, assignment) for row in rows), mark=True)


def canvas(rows: Rows, assignment: Assignment, path: Path) -> Path:
    """Canvas's gradebook import: five columns on the student, one on the assignment, and a row of possible points.

    The column bears the assignment's title, by which Canvas finds its own assignment of that name or makes one. There is
    no number in brackets behind it: Canvas would read that as its own id. Grades that still wait for a person are left
    empty, which Canvas takes for no change. Source: Canvas, lib/gradebook_importer.rb.
    """
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", tables.cell(assignment.title)]
    possible = ["    Points Possible", "", "", "", "", assignment.points]
    students = [[one.name, one.canvas_id, one.id, one.email, one.section, _final(result)] for one, result in rows]
    return tables.write(path, header, [possible, *students])


def moodle(rows: Rows, assignment: Assignment, path: Path) -> Path:
    """Moodle's offline grading worksheet, and by the e-mail address its gradebook's CSV import as well.

    Identifier is "Participant 123", from the roster's moodle_id; grades that still wait for a person are left empty.
    Source: Moodle, mod/assign/feedback/offline/importgradeslib.php, which wants Identifier, Grade and Last modified.
    """
    header = ["Identifier", "Full name", "Email address", "Grade", "Maximum Grade"]
    header += ["Last modified (grade)", "Feedback comments"]
    students = []
    for one, result in rows:
        participant = f"Participant {one.moodle_id.removeprefix('Participant').strip()}" if one.moodle_id else ""
        row = [participant, one.name, one.email, _final(result), assignment.points, None, _summary(result)]
        students.append(row)
    return tables.write(path, header, students)


def gradescope(result: SubmissionResult, assignment: Assignment) -> dict[str, Any]:
    """What Gradescope reads as `results.json`: a test for each item that is graded, a leaderboard for quality items.

    Where the notebook could not be read there is no test, and the score is 0 with the reason, since Gradescope knows no
    grade that is absent; where the grader failed there is no score either, which Gradescope shows as a failed run.
    Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
    """
    values: dict[str, Any] = {
        "output": _summary(result, lines=True),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "execution_time": round(result.seconds, 2),
    }
    if result.status == FAILED:
        return values
    if result.status != GRADED:
        return {**values, "score": 0.0}
    values["score"] = result.earned
    values["tests"] = [_test(item) for item in result.items if item.earned is not None]
    measured = {item.name: item for item in assignment.items if isinstance(item, QualityItem)}
    values["leaderboard"] = [
        {"name": f"{item.name}: {measured[item.name].unit}", "value": item.score, "order": "desc"}
        for item in result.items
        if item.name in measured and item.score is not None
    ]
    return values


def _grades_row(student: Student, result: SubmissionResult, names: Sequence[str], assignment: Assignment) -> list[Any]:
    items: Mapping[str, ItemResult] = {item.name: item for item in result.items}
    earned, possible = result.earned, assignment.points
    return [
        *(student.id, student.name, student.email, student.section),
        *(items[name].earned if name in items else None for name in names),
        earned,
        possible,
        None if earned is None else 100 * earned / possible,
        sum(item.earned is None for item in result.items) or None,
        result.status,
        result.late or None,
        result.penalty or None,
        " / ".join(one_line(note) for note in result.notes),
    ]


def _final(result: SubmissionResult) -> float | None:
    """The grade, once nothing waits for a person: half a grade in a gradebook would be read as a whole one."""
    return result.earned if result.complete else None


def _summary(result: SubmissionResult, lines: bool = False) -> str:
    """The whole in a few sentences."""
    if result.status != GRADED:
        sentences = [f"There is no grade: {result.status}."]
    else:
        sentences = [f"{number(item.earned) or '–'} of {number(item.points)}: {item.name}" for item in result.items]
        sentences = sentences if lines else ["; ".join(sentences) + "."]
        waiting = [item.name for item in result.items if item.earned is None]
        sentences += [f"Still to be graded by a person: {', '.join(waiting)}."] if waiting else []
    sentences += [lateness(result)] if result.late else []
    return ("\n" if lines else " ").join(plain(part) for part in [*sentences, *result.notes])


def _test(item: ItemResult) -> dict[str, Any]:
    """One item as a test of Gradescope's, told in words; its random cases by their number alone."""
    parts = [item.status, *item.sentences]
    if item.misconception:
        parts.append("It looks like this: {}. {}".format(*item.misconception))
    for case in item.cases:
        if case.shown and not case.right:
            parts += [f"{case.label}: {case.what}", *case.details]
    random = [case.right for case in item.cases if not case.shown]
    if random:
        parts.append(f"Random cases: {sum(random)} of {len(random)} right. {random_hint(item)}".rstrip())
    return {
        "name": one_line(item.name),
        "name_format": "text",
        "score": item.earned,
        "max_score": item.points,
        "status": "passed" if item.status == RIGHT else "failed",
        "output": "\n".join(plain(part) for part in parts),
        "output_format": "text",
        "visibility": "visible",
    }
