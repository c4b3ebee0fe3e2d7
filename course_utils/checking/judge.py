"""Judging a function: the visible cases, the random ones, and which misconception it looks like."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from course_utils.checking.compare import Difference, compare
from course_utils.checking.outcome import Outcome, line_of, run, still_open
from course_utils.checking.report import literal
from course_utils.checking.timeout import OutOfTime
from course_utils.exercises.specification import Case, Exercise, Function, Misconception, ResultCountError

CALL_SECONDS = 5.0
RANDOM_SECONDS = 0.5
LEAST_RANDOM = 5


@dataclass(frozen=True)
class Failure:
    """One failing case, with what came of it and what is wrong."""

    case: Case
    outcome: Outcome
    difference: Difference


@dataclass(frozen=True)
class Verdict:
    """What is known of a learner's function.

    `status` is "passed", "failed" or "not attempted". `right` of `total` visible cases are right; `random` cases were
    right as well, before the first that was not. `failure` is the smallest failing case, if a misconception was found
    the smallest that it explains; `whole` says whether it explains all that is wrong. `still_open` are the methods of a
    class that nobody has written yet, if others are.
    """

    exercise: Exercise
    status: str
    right: int = 0
    total: int = 0
    random: int = 0
    failure: Failure | None = None
    misconception: Misconception | None = None
    whole: bool = False
    still_open: tuple[str, ...] = ()


def judge(exercise: Exercise, function: Function, seed: int = 0, seconds: float = CALL_SECONDS) -> Verdict:
    """Run `function` on the exercise's visible cases, then on random ones from `seed`, and say what is wrong.

    It passes if it agrees with the reference, or with one of those that are also right. If with none, the verdict is by
    the one that it is most like. A call that takes longer than `seconds` is stopped, and with it the judging. Random
    cases end after half a second, so that a slow but right function has its answer at once.
    """
    outcomes: list[Outcome] = []
    for case in exercise.cases:
        outcomes.append(run(exercise, function, case, seconds))
        if isinstance(outcomes[-1].error, OutOfTime):
            break
    unwritten = [isinstance(outcome.error, NotImplementedError) for outcome in outcomes]
    begun = still_open(function)
    # A case that does not come to the open method of a class says little about the rest.
    if all(unwritten) or (begun and any(unwritten)):
        return Verdict(exercise, "not attempted", total=len(exercise.cases), still_open=begun)
    tried = [(way, _failures(way, function, outcomes)) for way in ways(exercise)]
    verdicts: list[Verdict] = []
    # What it agrees with in all visible cases comes first, then what it is most like.
    for way, failures in sorted(tried, key=lambda way: len(way[1])):
        verdicts.append(_explain(way, outcomes, failures) if failures else _judge_random(way, function, seed, seconds))
        if verdicts[-1].status == "passed" or verdicts[-1].whole:
            break
    best = max(verdicts, key=_likeness)
    named = [m for m in exercise.misconceptions if best.misconception and m.name == best.misconception.name]
    return replace(best, exercise=exercise, misconception=named[0] if named else None)


def ways(exercise: Exercise) -> Iterator[Exercise]:
    """The exercise, and then once for each function that is also right, as if that one were the reference."""
    yield exercise
    for number, right in enumerate(exercise.also_right):
        variants = (replace(m, function=m.also[number]) if m.also else m for m in exercise.misconceptions)
        yield replace(exercise, reference=right, misconceptions=tuple(variants))


def _failures(exercise: Exercise, function: Function, outcomes: list[Outcome]) -> list[Failure]:
    failures = []
    for case, outcome in zip(exercise.cases, outcomes, strict=False):
        if difference := _difference(exercise, function, case, outcome):
            failures.append(Failure(case, outcome, difference))
    return failures


def _explain(exercise: Exercise, outcomes: list[Outcome], failures: list[Failure]) -> Verdict:
    found, explained = recognise(exercise, outcomes, failures)
    smallest = min(explained or failures, key=size_of)
    right, whole = len(outcomes) - len(failures), len(explained) == len(failures)
    return Verdict(exercise, "failed", right, len(exercise.cases), 0, smallest, found, whole)


def _likeness(verdict: Verdict) -> tuple[bool | int, ...]:
    """How much a verdict says for a function: the largest is the one to tell."""
    named = verdict.misconception is not None
    return (
        verdict.status == "passed",
        verdict.right == verdict.total,
        named,
        verdict.whole,
        verdict.right,
        verdict.random,
    )


def _judge_random(exercise: Exercise, function: Function, seed: int, seconds: float) -> Verdict:
    rng, total = np.random.default_rng(seed), len(exercise.cases)
    # Processor time, so that a busy computer does not mean fewer cases; the wall's for what waits.
    deadlines = time.thread_time() + RANDOM_SECONDS, time.perf_counter() + 4 * RANDOM_SECONDS
    done = 0
    while exercise.random_case and done < exercise.random_cases:
        if done >= LEAST_RANDOM and (time.thread_time() > deadlines[0] or time.perf_counter() > deadlines[1]):
            break
        case = exercise.random_case(rng)
        outcome = run(exercise, function, case, seconds)
        if difference := _difference(exercise, function, case, outcome):
            return Verdict(exercise, "failed", total, total, done, Failure(case, outcome, difference))
        done += 1
    return Verdict(exercise, "passed", total, total, done)


def _difference(exercise: Exercise, function: Function, case: Case, outcome: Outcome) -> Difference | None:
    """The first thing wrong with an outcome, or None if it is right."""
    if isinstance(outcome.error, OutOfTime):
        sentence = f"Stopped after {outcome.error}: it was still running. Is there a loop that never comes to its end?"
        return Difference("time", "", sentence)
    if case.raises is not None:
        return expected_error(case, outcome)
    if isinstance(outcome.error, ResultCountError):
        return _wrong_count(outcome.error)
    if outcome.error is not None:
        return Difference("error", "", _stopped(exercise, function, outcome.error))
    expected = run(exercise, exercise.reference, case).results
    for name in exercise.compared:
        if difference := compare(name, outcome.results[name], expected[name], exercise.tolerances):
            return difference
    if outcome.changed:
        names = ", ".join(f"`{name}`" for name in outcome.changed)
        sentence = f"Your numbers are right, but the call changed its argument {names}. Work on a copy."
        return Difference("changed", outcome.changed[0], sentence)
    return None


def _stopped(exercise: Exercise, function: Function, error: BaseException) -> str:
    """The error, where in the learner's lines it came, and what to do if it came before their first line."""
    text = str(error).strip().split("\n")[0]
    sentence = f"It stopped with {literal(f'{type(error).__name__}: {text}' if text else type(error).__name__)}"
    if where := line_of(error, function):
        number, _, code = where.partition(": ")
        return f"{sentence}, at {number}: {literal(code)}."
    if isinstance(error, TypeError) and "argument" in text:
        called = [call.arguments for call in exercise.plan if call.function == exercise.name]
        by_name = f" It is called with its arguments by name, and they are `{', '.join(called[0])}`." if called else ""
        return f"{sentence}.{by_name}"
    return f"{sentence}."


def expected_error(case: Case, outcome: Outcome) -> Difference | None:
    """What is wrong with the outcome of a case whose right answer is an error."""
    wanted = case.raises.__name__
    if outcome.error is None:
        returned = next(iter(outcome.results.values()), None)
        number = isinstance(returned, int | float | np.number)
        shown = f"you returned **{returned}**" if number else "your function returned something"
        return Difference("no error", "", f"Expected a {wanted}, and {shown}.")
    if not isinstance(outcome.error, case.raises):
        return Difference("error", "", f"Expected a {wanted}, and a {type(outcome.error).__name__} was raised.")
    return None


def _wrong_count(error: ResultCountError) -> Difference:
    names = ", ".join(f"`{name}`" for name in error.call.returns)
    if error.result is None:
        sentence = (
            f"It returned None. Does every way through your function end in `return {', '.join(error.call.returns)}`?"
        )
        return Difference("none", "", sentence)
    what = (
        f"a tuple of {len(error.result)}" if isinstance(error.result, tuple) else f"one {type(error.result).__name__}"
    )
    return Difference("count", "", f"It must return {len(error.call.returns)} things, {names}, and returned {what}.")


def recognise(
    exercise: Exercise, outcomes: list[Outcome], failures: list[Failure], run_twin: Callable[..., Outcome] = run
) -> tuple[Misconception | None, list[Failure]]:
    """The misconception that gives the learner's own results, and the failures that it explains.

    Best is one with the same outcome in every case. Where two slips are mixed there is none, and the one that
    explains most failures is taken, if these are at least two arrays or more than half. run_twin(exercise, function, case)
    gives the outcome of a misconception's function.
    """
    best, most = None, []
    for misconception in exercise.misconceptions:
        twins = [run_twin(exercise, misconception.function, case) for case in exercise.cases[: len(outcomes)]]
        same = {
            id(case): _alike(exercise, outcome, twin)
            for case, outcome, twin in zip(exercise.cases, outcomes, twins, strict=False)
        }
        if all(same.values()):
            return misconception, failures
        # Two errors are easily alike for different reasons; equal wrong numbers are not.
        explained = [failure for failure in failures if same[id(failure.case)] and failure.outcome.error is None]
        if len(explained) > len(most):
            best, most = misconception, explained
    # A single number is equal by chance; an array of them is not.
    telling = sum(np.size(failure.difference.expected) > 1 for failure in most)
    return (best, most) if telling >= 2 or 2 * len(most) > len(failures) else (None, [])


def _alike(exercise: Exercise, outcome: Outcome, twin: Outcome) -> bool:
    """Whether two outcomes are the same: both errors, or equal results and the same arguments changed."""
    if (outcome.error is None) != (twin.error is None):
        return False
    if outcome.error is not None:
        # A learner's slip may end in another type of error than the twin's; running out of time is never a twin.
        return not isinstance(outcome.error, OutOfTime)
    if outcome.changed != twin.changed:
        return False
    return all(_equal(name, outcome.results[name], twin.results[name], exercise) for name in exercise.compared)


def _equal(name: str, got: object, expected: object, exercise: Exercise) -> bool:
    # A whole number is not the twin of a fraction, even of 3.0.
    if isinstance(expected, float) and isinstance(got, int | np.integer):
        return False
    difference = compare(name, got, expected, exercise.tolerances)
    return difference is None or difference.kind == "dtype"


def size_of(failure: Failure) -> int:
    """How much there is to look at in a failing case: the smallest is the one to show."""
    arrays = [value for value in failure.case.values.values() if isinstance(value, np.ndarray)]
    # Numbers that can be compared say more than an error, so an error is shown only if there is nothing else.
    return sum(array.size for array in arrays) + (10_000 if failure.difference.kind == "error" else 0)
