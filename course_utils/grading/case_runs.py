"""One case on a student's function, and what is wrong with what came of it. Nothing that comes back is trusted."""

import builtins
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_utils.checking.compare import Difference, compare
from course_utils.checking.judge import expected_error
from course_utils.checking.outcome import Outcome
from course_utils.checking.report import literal
from course_utils.checking.timeout import OutOfTime, call_within
from course_utils.exercises.specification import Exercise, fresh, loaded, run_plan
from course_utils.grading.cases import Prepared
from course_utils.grading.plans import Split, too_large
from course_utils.grading.text import one_line
from course_utils.grading.wire import Opaque

# What a worker had to be ended for, in words.
STOPS = {
    "time": "Stopped: its time was up and it was still running. Is there a loop that never comes to its end?",
    "memory": "Stopped: it took more memory than there is for the whole submission. What grows so much?",
    "processes": "Stopped: too many of its processes or threads were at work at once. One is enough.",
    "output": "Stopped: it printed, or gave back, far more than can be read.",
    "crashed": "It ended the whole of Python, not only itself, so nothing came back.",
    "forged": "Stopped: what came back was not an answer to what was asked.",
}
_OUTSIDE_SECONDS = 5.0
# Bytes of one array that are kept. No right one is as large, and there are many cases.
_LARGEST = 1 << 22


class StudentError(Exception):
    """An error of a student's that is none of Python's own."""


class BehindError(StudentError):
    """What a student's function returned could not be worked with by what the course runs behind it."""


@dataclass(frozen=True)
class CaseRun:
    """What came of a case. said: in words, where something went wrong; stopped: why the worker was ended, else ""; missing:
    whether the notebook defines no such function.
    """

    prepared: Prepared
    outcome: Outcome
    said: str = ""
    stopped: str = ""
    missing: bool = False


def run_case(exercise: Exercise, plan: Split, one: Prepared, worker: Any, seconds: float) -> CaseRun:
    """Run the student's part of the plan in the worker, and what comes behind it here."""
    reply = worker.call(plan.inside, one.given, plan.wanted, seconds)
    if reply.stopped:
        said = stop_told(reply)
        return CaseRun(one, Outcome(error=OutOfTime(said)), said, reply.stopped)
    # As the notebook's check sees it: what the course made beforehand, such as a cache, is not looked at.
    changed = tuple(name for name in reply.changed if name in one.case.values)
    if reply.error:
        missing = is_missing(exercise.name, reply)
        outcome = Outcome(error=_error(reply.error, reply.message), changed=changed, printed=reply.printed)
        return CaseRun(one, outcome, _stopped(exercise, plan, reply), missing=missing)
    results = {name: _form(reply.results[name]) for name in plan.wanted if name in reply.results}
    if len(results) < len(plan.wanted):
        return CaseRun(one, Outcome(error=OutOfTime(STOPS["forged"])), STOPS["forged"], "forged")
    results = {**_made_before(plan, one), **results}
    error, said = None, ""
    if plan.after:
        more, error, said = _run_after(exercise, plan, one, results)
        results |= more
    return CaseRun(one, Outcome({} if error else results, error, changed, reply.printed), said)


def difference_of(exercise: Exercise, run: CaseRun, expected: Outcome) -> Difference | None:
    """The first thing wrong with what came of a case, or None if it is right."""
    if run.stopped:
        return Difference(run.stopped, "", run.said)
    if run.prepared.case.raises is not None:
        return expected_error(run.prepared.case, run.outcome)
    if run.outcome.error is not None:
        return Difference("error", "", run.said)
    for name in exercise.compared:
        got = run.outcome.results.get(name)
        if isinstance(got, Opaque):
            sentence = f"`{name}` is a {literal(got.type_name)}, which is neither a number nor an array of numbers."
            return Difference("type", name, sentence)
        if difference := compare(name, got, expected.results[name], exercise.tolerances):
            return difference
    if run.outcome.changed:
        names = ", ".join(f"`{name}`" for name in run.outcome.changed)
        sentence = f"The numbers are right, but the call changed its argument {names}. Work on a copy."
        return Difference("changed", run.outcome.changed[0], sentence)
    return None


def _form(value: Any) -> Any:
    """The value; but of an array that is far too large only its shape and dtype, which are enough to say so."""
    if isinstance(value, list | tuple):
        return type(value)(map(_form, value))
    if isinstance(value, dict):
        return {name: _form(one) for name, one in value.items()}
    too_much = isinstance(value, np.ndarray) and value.nbytes > _LARGEST
    return np.broadcast_to(np.zeros((), value.dtype), value.shape) if too_much else value


def is_missing(name: str, reply: Any) -> bool:
    """Whether the error is that the notebook defines no such name, for a plan that calls it or hands it on."""
    return reply.error in ("NameError", "TypeError") and not reply.line and f"'{name}'" in reply.message


def stop_told(reply: Any) -> str:
    """Why the worker was ended, in a sentence."""
    if reply.stopped == "time" and "whole submission" in reply.message:
        return f"Not run to its end: {one_line(reply.message, 200)}."
    return STOPS.get(reply.stopped, STOPS["crashed"])


def told(reply: Any) -> str:
    """The error that a reply tells of, in a sentence without its full stop."""
    name, message = one_line(reply.error, 60), one_line(reply.message, 300)
    where = one_line(reply.line, 120)
    number, _, code = where.partition(": ")
    at = f", at {number}: {literal(code)}" if code else f", at {number}" if number else ""
    return f"It stopped with {literal(f'{name}: {message}' if message else name)}{at}"


def _made_before(plan: Split, one: Prepared) -> dict[str, Any]:
    return {name: one.known[name] for call in plan.before for name in call.returns}


def _stopped(exercise: Exercise, plan: Split, reply: Any) -> str:
    own = [call for call in plan.inside if call.function == exercise.name]
    if reply.error == "ResultCountError":
        several = [call for call in own if len(call.returns) > 1]
        names = ", ".join(several[0].returns if several else ())
        return f"It must return a tuple of as many things as there are here: `return {names}`."
    hint = ""
    if own and reply.error == "TypeError" and "argument" in reply.message and not reply.line:
        hint = f" It is called with its arguments by name, and they are `{', '.join(own[0].arguments)}`."
    return f"{told(reply)}.{hint}"


def _error(name: str, message: str) -> BaseException:
    """An error of that name, if it is one of Python's own: it is never the student's object."""
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(message)
        except TypeError:
            # Some need more than a text.
            pass
    return StudentError(message)


def _run_after(
    exercise: Exercise, plan: Split, one: Prepared, results: Mapping[str, Any]
) -> tuple[dict[str, Any], BaseException | None, str]:
    """(results, error, sentence) of the course's own functions on what the student's function returned."""
    names = dict.fromkeys(name for call in plan.after for name in call.arguments)
    returned = [name for name in names if name in plan.wanted]
    for name in returned:
        if problem := too_large(name, results[name], one.known):
            return {}, BehindError(problem), problem
    known = {**one.known, **results}
    functions = {name: loaded(function) for name, function in exercise.course.items()}
    given = {name: fresh(known[name]) for name in names if name in known}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return call_within(_OUTSIDE_SECONDS, lambda: run_plan(plan.after, functions, given)), None, ""
    except (Exception, OutOfTime) as error:
        what = " and ".join(f"`{name}`" for name in returned)
        called = " and ".join(f"`{call.function}`" for call in plan.after)
        reason = literal(one_line(f"{type(error).__name__}: {error}".rstrip(": "), 200))
        said = f"The course's {called} cannot work with the {what} that was returned: {reason}."
        return {}, BehindError(said), said
