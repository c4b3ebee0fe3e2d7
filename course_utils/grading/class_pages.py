"""What is written when a class has been graded: pages for students, tables, and the list of submissions that are alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from course_utils.grading import exports, feedback, similarity_report
from course_utils.grading.assignments import Assignment
from course_utils.grading.collecting import Found
from course_utils.grading.results import SubmissionResult
from course_utils.grading.roster import Student
from course_utils.grading.submission import UnreadableError, read

FEEDBACK = "feedback"


def write_all(
    results: Sequence[SubmissionResult],
    files: Mapping[str, Found],
    assignment: Assignment,
    roster: Sequence[Student],
    out: Path,
) -> Iterator[str]:
    """Write it all into the folder `out`. Gives a sentence on each thing that could not be written, and goes on.

    results: in the roster's order; files: the one that counts, by the student's id.
    """
    for student, result in zip(roster, results, strict=True):
        page = _tried(feedback.write, result, assignment, out / FEEDBACK, student.name)
        yield from (f"{student.id}: the feedback could not be written ({why})." for why in page)
    tables = _tried(exports.write_all, results, assignment, roster, out)
    yield from (f"The tables could not be written in {out} ({why})." for why in tables)
    alike = _tried(_compare, files, assignment, out)
    yield from (f"What is alike could not be listed in {out} ({why})." for why in alike)


def _tried(write: Callable, *arguments: object) -> Iterator[str]:
    """Why writing failed, if it did: a full disk, or one student's text that none foresaw, costs nobody else theirs."""
    try:
        write(*arguments)
    except OSError as error:
        yield error.strerror or str(error)
    except Exception as error:
        yield f"{type(error).__name__}: {error}"[:300]


def _compare(files: Mapping[str, Found], assignment: Assignment, out: Path) -> None:
    similarity_report.write(_codes(files), assignment, out)


def _codes(files: Mapping[str, Found]) -> dict[str, str]:
    """The code of each submission that can be read."""
    codes = {}
    for student, file in files.items():
        try:
            submission = read(file.read(), file.name)
        except (OSError, UnreadableError):
            continue
        codes[student] = "\n".join(cell.source for cell in submission.code)
    return codes
