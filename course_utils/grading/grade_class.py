"""A whole class: every file found, matched, graded in processes or on a cluster, kept at once, and a status for everyone."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from course_utils import __version__
from course_utils.grading import hand_grades
from course_utils.grading.assignments import Assignment, assignments
from course_utils.grading.cases import new_seed
from course_utils.grading.class_pages import write_all
from course_utils.grading.cluster import on_cluster
from course_utils.grading.collecting import Found, collect
from course_utils.grading.gradebook import Gradebook, Run, fingerprint
from course_utils.grading.job import Job, grade_job
from course_utils.grading.lateness import LatePolicy
from course_utils.grading.matching import choose, sort_out
from course_utils.grading.processes import Failure, in_processes
from course_utils.grading.results import FAILED, NOTHING, UNREADABLE, SubmissionResult
from course_utils.grading.roster import Student
from course_utils.grading.text import one_line
from course_utils.grading.version import version_of

# What a grading process may take beyond the submission's own time: for starting, and for the reference's answers.
_BEYOND = 180.0


@dataclass(frozen=True)
class ClassReport:
    """What came of a class. results: one for each student, in the roster's order. graded, skipped: how many were graded
    now, and how many already were. unmatched: files that are nobody's; ambiguous: with the ids that they may be of.

    problems: what could not be done, in sentences.
    """

    results: tuple[SubmissionResult, ...]
    seed: int
    graded: int
    skipped: int
    unmatched: tuple[str, ...]
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """How a class is graded. seed: of the random cases; None takes that of the former run, or draws one.

    workers: processes, None for one a core; scheduler: address of a Dask cluster instead. regrade: all anew. key: of the
    assignment's personal questions. by_hand: a table with points that a person gave, besides the folder's own.
    """

    seed: int | None = None
    policy: LatePolicy = field(default_factory=LatePolicy)
    workers: int | None = None
    scheduler: str = ""
    regrade: bool = False
    key: str = ""
    sandboxed: bool = True
    by_hand: Path | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers must be at least 1, got {self.workers}")
        if self.seed is not None and self.seed < 0:
            raise ValueError(f"seed must be at least 0, got {self.seed}")


def grade_class(
    paths: Sequence[Path],
    assignment: Assignment,
    roster: Sequence[Student],
    out: Path,
    settings: Settings = Settings(),
    *,
    work: Callable[[Job], SubmissionResult] = grade_job,
    told: Callable[[SubmissionResult], None] = lambda result: None,
    leave_out: Sequence[Path] = (),
) -> ClassReport:
    """Grade what lies below the paths into the folder `out`, where a run that was broken off goes on.

    work: grades one job, a function of a module; told: hears of each student's result as it is there. leave_out: files
    below the paths that are no submissions.
    Raises ValueError for what the instructor can mend; nothing that a student handed in raises.
    """
    files, left = sort_out(collect(list(paths), (out, *leave_out)), roster)
    with Gradebook(out, assignment.name) as book:
        book.begin(_run(book.run, assignment, settings))
        problems = hand_grades.take_in(book.all_kept(student.id for student in roster), out, settings.by_hand)
        one = _Class(book, assignment, settings, files)
        results, changed = hand_grades.applied(one.results(roster, work, told), out)
        chosen = {student: file for student, (file, _) in one.chosen.items()}
        problems += [*one.problems, *changed, *write_all(results, chosen, assignment, roster, out)]
    return ClassReport(
        results,
        book.run.seed,
        one.graded,
        one.skipped,
        tuple(one_line(file.place) for file, ids in left if not ids),
        tuple((one_line(file.place), ids) for file, ids in left if ids),
        tuple(one_line(problem, 1_000) for problem in problems),
    )


def _run(former: Run | None, assignment: Assignment, settings: Settings) -> Run:
    key = fingerprint(settings.key)
    if former and former.key != key and not settings.regrade:
        raise ValueError(
            f"these grades were made with {'another' if key and former.key else 'a' if former.key else 'no'} key "
            f"(fingerprint {former.key or 'none'}, here {key or 'none'}): give the same --key-file, or --regrade"
        )
    seed = settings.seed
    if seed is None:
        seed = former.seed if former else new_seed()
    started = former.started if former else datetime.now(UTC).isoformat(timespec="seconds")
    return Run(assignment.name, seed, key, version_of(assignment), __version__, started)


class _Class:
    """The grading of a class: which students still need it, and what becomes of each result."""

    def __init__(
        self, book: Gradebook, assignment: Assignment, settings: Settings, files: dict[str, list[Found]]
    ) -> None:
        self.book, self.assignment, self.settings = book, assignment, settings
        others = {
            word for one in assignments().values() if one.name != assignment.name for word in (one.name, one.file)
        }
        self.chosen = {student: choose(found, sorted(others)) for student, found in files.items()}
        self.graded, self.skipped = 0, 0
        self.problems: list[str] = []
        self._results: dict[str, SubmissionResult] = {}

    def results(
        self, roster: Sequence[Student], work: Callable[[Job], SubmissionResult], told: Callable
    ) -> tuple[SubmissionResult, ...]:
        self._students, self._told = {student.id: student for student in roster}, told
        if self.settings.scheduler:
            outcomes = on_cluster(self.settings.scheduler, work, self._jobs(), self.settings.sandboxed)
        else:
            outcomes = in_processes(work, self._jobs(), self.settings.workers or _cores())
        for job, outcome in outcomes:
            self._graded(job, outcome)
        return tuple(self._results[student.id] for student in roster)

    def _jobs(self) -> Iterator[Job]:
        """A job for each student who needs one; the others' results are told on the way."""
        for student in self._students:
            if student not in self.chosen:
                self._absent(student)
                continue
            file = self.chosen[student][0]
            try:
                content = file.read()
            except OSError as error:
                why = f"{file.place} cannot be read: {error.strerror or error}."
                self._tell(self._without_grade(student, UNREADABLE, why), file)
                continue
            job = Job(
                student,
                self.assignment.name,
                file.name,
                content,
                self.book.run.seed,
                self.settings.key,
                self.settings.sandboxed,
                3 * self.assignment.seconds + _BEYOND,
            )
            kept = None if self.settings.regrade else self.book.same(student, job.sha256)
            if kept:
                self.skipped += 1
                self._tell(kept, file)
            else:
                yield job

    def _graded(self, job: Job, outcome: SubmissionResult | Failure) -> None:
        file = self.chosen[job.student][0]
        if isinstance(outcome, Failure):
            self.problems.append(f"{job.student}: {outcome.why}.")
            outcome = self._without_grade(job.student, FAILED, f"{outcome.why[:1].upper()}{outcome.why[1:]}.")
        result = replace(
            outcome,
            student=job.student,
            assignment=job.assignment,
            file=file.place,
            sha256=job.sha256,
            seed=job.seed,
            submitted=file.modified.isoformat(timespec="seconds") if file.modified else "",
        )
        # The next run tries again what failed by no fault of the student.
        if result.status != FAILED:
            self.graded += 1
            try:
                self.book.keep(result)
            except OSError as error:
                why = (
                    f"the grade could not be kept ({error.strerror or error}); make room and run the same command again"
                )
                self.problems.append(f"{job.student}: {why}.")
                result = replace(result, notes=(*result.notes, f"Careful: {why}."))
        self._tell(result, file)

    def _absent(self, student: str) -> None:
        """Of a student without a file now: the grade of a former run, if there was one, else that nothing is there."""
        try:
            kept = None if self.settings.regrade else self.book.kept(student)
        except ValueError as error:
            self.problems.append(f"{student}: {error}.")
            kept = None
        if kept is None:
            self._tell(self._without_grade(student, NOTHING))
            return
        self.skipped += 1
        note = f"Graded in a former run: {kept.file} is not among the files of this one."
        self._tell(replace(kept, notes=(*kept.notes, note)))

    def _without_grade(self, student: str, status: str, *notes: str) -> SubmissionResult:
        return SubmissionResult(student, self.assignment.name, status, seed=self.book.run.seed, notes=notes)

    def _tell(self, result: SubmissionResult, file: Found | None = None) -> None:
        """What is kept is the grade alone; lateness and the choice among files are of this run, and come on top."""
        submitted = file.modified if file else None
        if file is None and result.submitted:
            submitted = datetime.fromisoformat(result.submitted)
        student = self._students[result.student]
        late, penalty = self.settings.policy.late(submitted, student.due)
        result = replace(
            result,
            file=file.place if file else result.file,
            submitted=submitted.isoformat(timespec="seconds") if submitted else "",
            late=late,
            penalty=penalty,
            notes=(*result.notes, *(self.chosen[student.id][1] if file else ())),
        )
        self._results[student.id] = result
        self._told(result)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
