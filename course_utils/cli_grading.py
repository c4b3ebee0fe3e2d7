"""The commands for homework: `course grade`, `course submit-check` and `course export`."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course_utils.cli_errors import complain, told

if TYPE_CHECKING:
    from course_utils.grading.assignments import Assignment
    from course_utils.grading.grade_class import ClassReport
    from course_utils.grading.results import ItemResult, SubmissionResult
    from course_utils.grading.roster import Student

_MOST_LISTED = 20


def add_to(app: typer.Typer) -> None:
    """Make these commands part of the command `course`."""
    app.command()(grade)
    app.command("submit-check")(submit_check)
    app.command()(export)


def grade(
    paths: Annotated[list[Path], typer.Argument(help="Folders, notebooks and zip archives, as handed in.")],
    assignment: Annotated[str, typer.Option(help="Such as hw1.")],
    roster: Annotated[Path, typer.Option(help="CSV with the columns id, name, email; also canvas_id, moodle_id, due.")],
    out: Annotated[Path, typer.Option(help="Folder for grades and feedback; a run that was broken off goes on there.")],
    seed: Annotated[
        int | None, typer.Option(help="Of the random cases; else that of the former run, or a new one.")
    ] = None,
    due: Annotated[str | None, typer.Option(help="Such as 2026-10-01T23:59.")] = None,
    late_per_day: Annotated[float, typer.Option(help="Percent of the points for each day begun after that.")] = 0.0,
    grace: Annotated[float, typer.Option(help="Minutes after that which do not count.")] = 0.0,
    late_most: Annotated[float, typer.Option(help="Percent that lateness takes at most.")] = 100.0,
    workers: Annotated[int | None, typer.Option(help="Grading processes; else one a core.")] = None,
    scheduler: Annotated[str, typer.Option(help="Address of a Dask cluster to grade on, tcp://HOST:PORT.")] = "",
    regrade: Annotated[bool, typer.Option("--regrade", help="Grade also what has been graded.")] = False,
    key_file: Annotated[Path | None, typer.Option(help="File with the key of personal questions.")] = None,
    by_hand: Annotated[Path | None, typer.Option(help="A by_hand.csv with points, from elsewhere than OUT.")] = None,
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Run students' code with all rights that you have here. Dangerous.")
    ] = False,
) -> None:
    """Grade the submissions of a class."""
    from course_utils.grading import assignments, grade_class, lateness
    from course_utils.grading import roster as rosters

    wanted = told(assignments.assignment, assignment)
    if not unsandboxed and not scheduler:
        told(_need_sandbox)
    if due is None and late_per_day:
        complain("--late-per-day needs --due, the time from which work is late, such as --due 2026-10-01T23:59")
        raise typer.Exit(1)

    def settings() -> grade_class.Settings:
        when = lateness.moment(due) if due else None
        policy = lateness.LatePolicy(when, late_per_day, grace, late_most)
        key = _key(key_file) if key_file else ""
        return grade_class.Settings(seed, policy, workers, scheduler, regrade, key, not unsandboxed, by_hand)

    chosen, students = told(settings), told(rosters.read_roster, roster)
    if unsandboxed:
        complain("Without a sandbox, what students hand in runs with all rights that you have on this machine.")
    if not chosen.key and _is_personal(wanted):
        complain(
            f"Without --key-file, {assignment} is graded as for self-study, where the notebook tells what is right."
        )
    own = [path for path in (roster, key_file, by_hand) if path]

    def graded() -> grade_class.ClassReport:
        with _progress(len(students)) as hear:
            return grade_class.grade_class(paths, wanted, students, out, chosen, told=hear, leave_out=own)

    try:
        report = told(graded)
    except KeyboardInterrupt:
        again = "the same command without --regrade" if regrade else "the same command"
        complain(f"Interrupted. What was graded is kept in {out}: {again} goes on from there.")
        raise typer.Exit(130) from None
    _show(report, wanted, students, out)
    failed = any(result.status == "could not be graded" for result in report.results)
    raise typer.Exit(1 if report.problems or failed else 0)


def submit_check(
    assignment: Annotated[str, typer.Argument(help="Such as hw1.")],
    file: Annotated[Path | None, typer.Argument(help="Your notebook; else the one in notebooks/.")] = None,
    student: Annotated[str, typer.Option(help="Your id, where questions depend on it.")] = "",
) -> None:
    """See what the grader will be able to read in your homework, and judge its visible cases here."""
    from course_utils import paths
    from course_utils.grading import assignments, grade_one
    from course_utils.grading.sandbox import sandbox_problem

    wanted = told(assignments.assignment, assignment)
    file = file or paths.NOTEBOOKS / f"{wanted.file}.ipynb"
    if not file.is_file():
        complain(f"there is no file {file}; give the path of your notebook: `course submit-check {assignment} FILE`")
        raise typer.Exit(1)
    if not student and _is_personal(wanted):
        complain(f"{assignment} asks everyone about numbers of their own: add --student and your id")
        raise typer.Exit(1)
    problem = sandbox_problem()
    if problem:
        print("There is no sandbox on this machine: your code runs as it does in your notebook. The grader has one.")
    result = grade_one.grade(file, wanted, student, sandboxed=not problem, visible_only=True)
    raise typer.Exit(0 if _tell_student(result, wanted, file) else 1)


def export(
    tool: Annotated[str, typer.Argument(help="nbgrader or gradescope.")],
    target: Annotated[Path, typer.Argument(help="Folder for nbgrader's course, or Gradescope's zip file, to be made.")],
    assignment: Annotated[str | None, typer.Option(help="Such as hw1; for nbgrader all if none is named.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="File with the key of personal questions.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the random cases; else a new one.")] = None,
) -> None:
    """Make the homework ready for nbgrader, or for Gradescope's autograder."""
    from course_utils.grading import assignments

    if tool not in ("nbgrader", "gradescope"):
        complain(f"the tool to export for must be nbgrader or gradescope, got {tool!r}")
        raise typer.Exit(1)
    if tool == "gradescope" and assignment is None:
        complain("an archive for Gradescope holds one assignment: say which, such as --assignment hw1")
        raise typer.Exit(1)
    chosen = [told(assignments.assignment, assignment)] if assignment else list(assignments.assignments().values())
    key = told(_key, key_file) if key_file else ""
    if tool == "nbgrader":
        from course_utils.grading import nbgrader_course

        told(lambda: nbgrader_course.export(target, chosen, key=key, seed=seed))
    else:
        from course_utils.grading import gradescope_archive

        told(lambda: gradescope_archive.export(target, chosen[0], key=key, seed=seed))
    print(f"{', '.join(one.name for one in chosen)} for {tool}: {target}")


def _need_sandbox() -> None:
    from course_utils.grading.sandbox import sandbox_problem

    if problem := sandbox_problem():
        raise ValueError(
            f"{problem} Students' code is not graded without a sandbox, unless --unsandboxed allows it all that you may."
        )


def _is_personal(assignment: "Assignment") -> bool:
    """Whether everyone is asked about numbers of their own."""
    return any(getattr(item, "personal", None) for item in assignment.items)


def _key(path: Path) -> str:
    try:
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the key file {path} cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if not key:
        raise ValueError(f"the key file {path} is empty")
    return key


@contextmanager
def _progress(students: int) -> "Iterator[Callable[[SubmissionResult], None]]":
    """A bar while it is open, on standard error; gives what hears of each result."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    done = (TextColumn("Grading"), BarColumn(), MofNCompleteColumn(), TextColumn("students, time left"))
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with Progress(*done, TimeRemainingColumn(), console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("", total=students)
        yield lambda result: bar.advance(task)


def _show(report: "ClassReport", assignment: "Assignment", students: "tuple[Student, ...]", out: Path) -> None:
    console = Console()
    table = Table(
        "id", "name", "status", "points", "by hand", "late", title=escape(f"{assignment.name}: {assignment.title}")
    )
    for student, result in zip(students, report.results, strict=True):
        earned = "" if result.earned is None else f"{result.earned:g} of {result.points:g}"
        waiting = sum(item.earned is None for item in result.items)
        late = f"{result.late} d, -{result.penalty:.0%}" if result.late else ""
        row = (student.id, student.name, result.status, earned, str(waiting or ""), late)
        table.add_row(*map(escape, row))
    console.print(table)
    counts = Counter(result.status for result in report.results)
    print("; ".join(f"{count} {status}" for status, count in counts.most_common()) + ".")
    print(
        f"{report.graded} graded now, {report.skipped} already graded, with seed {report.seed}. All of it is in {out}."
    )
    _list("Files that are nobody's on the roster", report.unmatched)
    _list("Files that may be several students'", [f"{file}: {', '.join(ids)}" for file, ids in report.ambiguous])
    for problem in report.problems:
        complain(problem)


def _list(title: str, lines: "tuple[str, ...] | list[str]") -> None:
    if not lines:
        return
    more = len(lines) - _MOST_LISTED
    complain(f"{title} ({len(lines)}), which were not graded:")
    for line in [*lines[:_MOST_LISTED], *([f"and {more} more"] if more > 0 else [])]:
        complain(f"  {line}")


def _tell_student(result: "SubmissionResult", assignment: "Assignment", file: Path) -> bool:
    """Say what can be read. Returns whether anything can."""
    from course_utils.grading.assignments import ExerciseItem
    from course_utils.grading.results import GRADED, NOT_ATTEMPTED

    if result.status != GRADED:
        complain(f"{file}: {result.status}. The grader can give no points for it.")
        for note in result.notes:
            complain(note)
        return False
    table = Table("what", "points", "the grader finds", title=escape(f"{assignment.name}: {assignment.title}"))
    for item in result.items:
        table.add_row(escape(item.name), f"{item.points:g}", escape(_found(item)))
    Console().print(table)
    for note in result.notes:
        print(note)
    missing = [item.name for item in result.items if item.status == NOT_ATTEMPTED]
    if missing:
        print(f"Not attempted yet: {', '.join(missing)}.")
    if any(isinstance(item, ExerciseItem) for item in assignment.items):
        print("The grader also uses random cases, which are not tried here.")
    return True


def _found(item: "ItemResult") -> str:
    from course_utils.grading.results import BY_HAND

    if item.status == BY_HAND:
        return f"an answer of {len(item.answer.split())} words" if item.answer.strip() else "no answer yet"
    shown = [case.right for case in item.cases if case.shown]
    first = f"{item.status}, in {sum(shown)} of {len(shown)} visible cases" if shown else item.status
    return "\n".join((first, *item.sentences[:3]))
