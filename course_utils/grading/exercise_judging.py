"""Judging an exercise: each case earns its part, and a wrong answer is told by the misconception that it looks like."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course_utils.checking.compare import Difference
from course_utils.checking.explain import call_text, grids_of
from course_utils.checking.judge import Failure, recognise, size_of
from course_utils.checking.outcome import Outcome
from course_utils.checking.report import literal, text_rows
from course_utils.exercises.specification import Case, Exercise, Function, Misconception
from course_utils.grading.assignments import ExerciseItem, Item
from course_utils.grading.case_runs import BehindError, CaseRun, difference_of, run_case
from course_utils.grading.cases import expected, parts, prepared, the_ways, twins
from course_utils.grading.results import NOT_ATTEMPTED, NOT_TRIED, PARTLY, RIGHT, STOPPED, WRONG, CaseResult, ItemResult
from course_utils.grading.submission import Submission
from course_utils.grading.text import one_line, plain

# After so many stops of one item, the rest of its cases is not tried: each of them costs its whole time.
MOST_STOPS = 3
# What is said of a random case, by the kind of what is wrong with it.
_IN_SHORT = {
    "error": "it stopped with an error",
    "no error": "an error was expected",
    "shape": "the shape is not right",
    "dtype": "the numbers are right, but not their dtype",
    "nan": "some numbers are infinite or not numbers at all",
    "value": "the numbers are not right",
    "changed": "the numbers are right, but an argument was changed",
    "type": "what was returned is of another kind",
    "none": "None was returned",
}


_MERE_ERROR = Difference(
    "error",
    "",
    "An error is right here, but your function ends in one whatever it is given, so that it does not count.",
)


@dataclass(frozen=True)
class Task:
    """What judging needs besides the item. failed: what is said of cells that stopped, by their numbers."""

    submission: Submission
    worker: Any
    seed: int = 0
    student: str = ""
    key: str = ""
    visible_only: bool = False
    failed: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class _Judged:
    """The runs as one of the ways that are right sees them."""

    way: int
    differences: list[Difference | None]

    @property
    def right(self) -> int:
        return sum(difference is None for difference in self.differences)


def judge_exercise(item: ExerciseItem, exercise: Exercise, task: Task) -> ItemResult:
    """Run all cases of the exercise on the student's function; each case that is right earns its part of the points."""
    draws = 0 if task.visible_only else item.random_cases
    cases = prepared(exercise.name, draws, task.seed)
    runs = _run_all(item, exercise, cases, task)
    visible = [run for run in runs if run.prepared.shown]
    if visible and all(run.missing for run in visible):
        return absent(item, exercise.name, task)
    if visible and all(isinstance(run.outcome.error, NotImplementedError) for run in visible):
        return ItemResult(item.name, item.points, 0.0, NOT_ATTEMPTED, ("It is not written yet.",))
    judged = [
        _Judged(way, _no_mere_errors(runs, [difference_of(one, *pair) for pair in zip(runs, outcomes, strict=False)]))
        for way, one in enumerate(the_ways(exercise.name))
        for outcomes in [expected(exercise.name, draws, task.seed, way)]
    ]
    best = max(judged, key=lambda one: one.right)
    shown_wrong = any(run.prepared.shown and wrong for run, wrong in zip(runs, best.differences, strict=True))
    sentences, named = _told(exercise, judged, runs) if shown_wrong else ([], None)
    stops = sum(bool(run.stopped) for run in runs)
    if len(runs) < len(cases):
        why = (
            f"had to be stopped {MOST_STOPS} times" if stops == MOST_STOPS else "stopped or ran out of memory too often"
        )
        sentences.append(f"It {why}, so its other {len(cases) - len(runs)} cases were not tried and count as wrong.")
    status = RIGHT if best.right == len(cases) else PARTLY if best.right else STOPPED if stops else WRONG
    return ItemResult(
        name=item.name,
        points=item.points,
        earned=item.points * best.right / len(cases),
        status=status,
        sentences=tuple(plain(one, 1_000) for one in sentences),
        misconception=(named.name, named.sentence) if named else None,
        cases=_case_results(exercise, cases, runs, best),
    )


def _no_mere_errors(runs: Sequence[CaseRun], differences: list[Difference | None]) -> list[Difference | None]:
    """The differences; where every case ends in an error that only some ask for, it is wrong in these as well.

    Else a function that does nothing but raise it would have points for that.
    """
    asked = tuple(run.prepared.case.raises for run in runs if run.prepared.case.raises)
    mere = 0 < len(asked) < len(runs) and all(isinstance(run.outcome.error, asked) for run in runs)
    return [wrong or _MERE_ERROR for wrong in differences] if mere else differences


def absent(item: Item, name: str, task: Task) -> ItemResult:
    """The result of an item whose name nothing defined, with the reason as far as it can be told."""
    if number := task.submission.unread(name):
        said = f"`{name}` seems to stand in cell {number}, which was left out: see the notes."
        return ItemResult(item.name, item.points, 0.0, WRONG, (said,))
    if number := task.submission.defined.get(name, 0):
        why = dict(task.failed).get(number, "")
        said = f"`{name}` stands in cell {number}, but that cell did not come so far. {why}".strip()
        return ItemResult(item.name, item.points, 0.0, WRONG, (plain(said, 1_000),))
    return ItemResult(item.name, item.points, 0.0, NOT_ATTEMPTED, (f"The notebook does not define `{name}`.",))


def _run_all(item: ExerciseItem, exercise: Exercise, cases: Sequence[Any], task: Task) -> list[CaseRun]:
    plan, runs, stops = parts(exercise.name), [], 0
    visible = sum(one.shown for one in cases)
    for one in cases:
        runs.append(run_case(exercise, plan, one, task.worker, item.seconds))
        # To fill all memory takes as long as a stop.
        stops += bool(runs[-1].stopped) or isinstance(runs[-1].outcome.error, MemoryError)
        unwritten = all(run.missing or isinstance(run.outcome.error, NotImplementedError) for run in runs)
        if stops >= MOST_STOPS or (len(runs) == visible and unwritten):
            break
    return runs


def _told(
    exercise: Exercise, judged: Sequence[_Judged], runs: Sequence[CaseRun]
) -> tuple[list[str], Misconception | None]:
    """What is said of all visible cases together, and the misconception that they look like."""
    looks = [_look(exercise, one, runs) for one in sorted(judged, key=lambda one: -one.right)]
    found, smallest, whole = max(looks, key=lambda look: (look[0] is not None, look[2]))
    if found is None:
        return [], None
    sentences = [f"It shows in the case {smallest.case.label}."] if len(exercise.cases) > 1 else []
    if not whole:
        sentences.append("There is something else besides: not all of the wrong cases come from that.")
    return sentences, next(one for one in exercise.misconceptions if one.name == found.name)


def _look(
    exercise: Exercise, judged: _Judged, runs: Sequence[CaseRun]
) -> tuple[Misconception | None, Failure | None, bool]:
    """(misconception, smallest case that shows it, whether it explains all) of the visible cases, seen in one way."""
    visible = [
        (run, difference) for run, difference in zip(runs, judged.differences, strict=True) if run.prepared.shown
    ]
    failures = [Failure(run.prepared.case, run.outcome, difference) for run, difference in visible if difference]
    if not failures:
        return None, None, False
    way = the_ways(exercise.name)[judged.way]
    found, explained = recognise(way, [run.outcome for run, _ in visible], failures, _kept_twins(way.name, judged.way))
    return found, min(explained or failures, key=size_of), len(explained) == len(failures)


def _kept_twins(name: str, way: int) -> Any:
    exercise = the_ways(name)[way]
    places = {id(case): place for place, case in enumerate(exercise.cases)}
    numbers = {id(one.function): number for number, one in enumerate(exercise.misconceptions)}

    def twin(_: Exercise, function: Function, case: Case) -> Outcome:
        return twins(name, way, numbers[id(function)])[places[id(case)]]

    return twin


def _case_results(
    exercise: Exercise, cases: Sequence[Any], runs: Sequence[CaseRun], best: _Judged
) -> tuple[CaseResult, ...]:
    results, said = [], False
    for run, difference in zip(runs, best.differences, strict=True):
        one = run.prepared
        if difference is None:
            results.append(CaseResult(one.label, True, one.shown))
        elif one.shown:
            what = plain(difference.sentence, 600)
            results.append(CaseResult(one.label, False, True, what, _details(exercise, run, difference)))
        else:
            # Of the random cases the first wrong one is described, so that there is something to go by.
            what = "" if said else f"{one.case.label}: {_in_short(run, difference)}."
            results.append(CaseResult(one.label, False, False, what))
            said = True
    results += [CaseResult(one.label, False, one.shown, NOT_TRIED) for one in cases[len(runs) :]]
    return tuple(results)


def _in_short(run: CaseRun, difference: Difference) -> str:
    """What is wrong with a random case, without its numbers."""
    if isinstance(run.outcome.error, BehindError):
        return "something that was returned, such as the cache, could not be worked with on the way back"
    return _IN_SHORT.get(difference.kind, one_line(difference.sentence, 300))


def _details(exercise: Exercise, run: CaseRun, difference: Difference) -> tuple[str, ...]:
    """The call with its numbers, and what came out beside what was expected."""
    lines = call_text(exercise, run.prepared.case).split("\n")
    for grid in grids_of(difference):
        lines += [f"{grid.title}:", *(f"  {line}" for line in text_rows(grid))]
    if printed := run.outcome.printed.splitlines():
        more = " …" if len(printed) > 5 else ""
        lines.append(
            f"In this case it printed: {literal(' / '.join(one_line(line, 200) for line in printed[:5]))}{more}"
        )
    return tuple(_kept_line(line) for line in lines)


def _kept_line(line: str) -> str:
    """A line as it is, harmless, with the spaces that hold its columns in place."""
    return plain(line, 400).replace("\n", " ")
