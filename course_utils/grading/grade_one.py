"""Grading one submission: read it, run it in the sandbox, judge each item."""

import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from course_utils.grading.assignments import Assignment, Item, assignments
from course_utils.grading.case_runs import told
from course_utils.grading.exercise_judging import Task
from course_utils.grading.forbidden import search, sentence
from course_utils.grading.judging import judge_item
from course_utils.grading.results import BY_HAND, FORBIDDEN, GRADED, OTHER, UNREADABLE, ItemResult, SubmissionResult
from course_utils.grading.sandbox import SandboxMissing, Worker, sandbox_problem
from course_utils.grading.submission import Submission, UnreadableError, read, read_file
from course_utils.grading.text import one_line, plain

__all__ = ["SandboxMissing", "grade"]

_MOST_NOTES = 60


def grade(
    path: Path | str,
    assignment: Assignment,
    student: str = "",
    *,
    seed: int = 0,
    key: str = "",
    sandboxed: bool = True,
    visible_only: bool = False,
) -> SubmissionResult:
    """The result of one submission. Nothing that is in the file makes it raise.

    student: the id on the roster; seed: of the random cases; key: the assignment's, for personal questions; sandboxed:
    False runs the student's code without a sandbox; visible_only: no random cases, and no word on personal answers.
    Raises SandboxMissing where there is no sandbox, and OSError where the machine itself fails.
    """
    if sandboxed:
        _need_sandbox()
    begun, file = time.perf_counter(), one_line(Path(path).name, 200)
    try:
        submission = read(read_file(path), file)
    except UnreadableError as error:
        return SubmissionResult(student, assignment.name, UNREADABLE, file=file, seed=seed, notes=(plain(error, 500),))
    kept = {"file": file, "sha256": submission.sha256, "seed": seed}
    if other := submission.other(assignment, assignments().values()):
        note = f"This is the notebook of {other}, and {assignment.name}, {assignment.title}, was asked for."
        return SubmissionResult(student, assignment.name, OTHER, **kept, notes=(note,))
    with Worker(assignment, [cell.source for cell in submission.code], sandboxed=sandboxed) as worker:
        failed = _failed(submission, worker.start())
        task = Task(submission, worker, seed, student, key, visible_only, failed)
        judged = [_judged(item, task) for item in assignment.items]
        stranger = _stranger(assignment, task)
    notes = [*submission.notes, *(f"Cell {number}: {said}" for number, said in failed)]
    notes += [*stranger, *(note for _, more in judged for note in more)]
    return SubmissionResult(
        student,
        assignment.name,
        GRADED,
        tuple(item for item, _ in judged),
        **kept,
        seconds=round(time.perf_counter() - begun, 3),
        notes=_shortened(notes),
    )


@cache
def _need_sandbox() -> None:
    """Looks once in each process; while there is none, every time."""
    if problem := sandbox_problem():
        raise SandboxMissing(problem)


def _failed(submission: Submission, replies: Sequence[Any]) -> tuple[tuple[int, str], ...]:
    """What is said of cells that did not run to their end. One that comes to an unwritten function is no news."""
    found = []
    for cell, reply in zip(submission.code, replies, strict=False):
        if reply.stopped:
            found.append((cell.number, f"It was left out: it had to be stopped ({reply.stopped})."))
        elif reply.error and reply.error != "NotImplementedError":
            found.append((cell.number, f"{told(reply)}."))
    return tuple(found)


def _stranger(assignment: Assignment, task: Task) -> list[str]:
    """A note if personal questions were answered for another student's id."""
    if not task.student or not any(getattr(item, "personal", None) for item in assignment.items):
        return []
    found = task.worker.value("student_id").results.get("student_id")
    if not isinstance(found, str) or found.strip().casefold() == task.student.strip().casefold():
        return []
    return [f"The notebook was worked on for the id `{one_line(found, 60)}`, and it is graded for {task.student}."]


def _judged(item: Item, task: Task) -> tuple[ItemResult, list[str]]:
    """The result of an item, and notes for the person who looks through the class."""
    found = search(task.submission.code, item.name, getattr(item, "forbidden", ()))
    notes = [
        f"{item.name}: line {use.line} of cell {use.cell} holds `{one_line(use.name, 60)}`, which may hide what is used. "
        "A person has to look at it."
        for use in found.doubtful[:5]
    ]
    if found.uses:
        sentences = tuple(plain(sentence(use, item.name), 600) for use in found.uses[:5])
        return ItemResult(item.name, item.points, 0.0, FORBIDDEN, sentences), notes
    try:
        return judge_item(item, task), notes
    except OSError:
        raise
    except Exception as error:
        # Never a silent zero: what the grader itself cannot cope with is for a person.
        said = f"{item.name} could not be judged ({type(error).__name__}: {one_line(error, 200)})."
        result = ItemResult(item.name, item.points, None, BY_HAND, (f"{said} A person will look at it.",))
        return result, [*notes, said]


def _shortened(notes: Sequence[str]) -> tuple[str, ...]:
    kept = [plain(note, 600) for note in notes[:_MOST_NOTES]]
    return (*kept, f"{len(notes) - _MOST_NOTES} more of the kind.") if len(notes) > _MOST_NOTES else tuple(kept)
