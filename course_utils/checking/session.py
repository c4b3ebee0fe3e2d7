"""What a notebook calls: start, check, hint, reveal, use and ask."""

import difflib
import weakref
from collections.abc import Callable
from typing import Any

from course_utils.checking import records
from course_utils.checking.answers import explain_answer, judge_answer
from course_utils.checking.explain import explain
from course_utils.checking.judge import Verdict, judge
from course_utils.checking.report import Report, show
from course_utils.checking.solutions import solution_of
from course_utils.checking.trying import try_out
from course_utils.exercises import exercises, questions, trials
from course_utils.exercises.questions import Question
from course_utils.exercises.specification import Exercise, loaded
from course_utils.exercises.trials import Trial
from course_utils.lessons import is_homework, lesson
from course_utils.profiles import profile

Named = Callable[..., Any] | str

# The verdict of a function is kept as long as the function lives, so that `use` after `check` need not judge again.
_verdicts: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_hints_seen: dict[str, int] = {}
# What `start` has begun, "lesson" or "homework": it is what goes on with a function, and a homework reveals nothing.
_begun = {"kind": "lesson"}


def start(number: str) -> None:
    """Begin a lesson or a homework: say which one and how large its experiments are.

    Raises ValueError for an unknown number.
    """
    begun = lesson(number)
    known, problem = records.load()
    own = [name for name, one in (exercises() | trials()).items() if one.lesson == begun.number]
    solved = sum(_passed(known, name) for name in own)
    _begun["kind"] = "homework" if is_homework(begun.number) else "lesson"
    # A homework asks for exercises of the lessons as well, so that a count of its own would say little.
    counted = "" if is_homework(begun.number) else f"; {solved} of {len(own)} exercises solved so far"
    title = f"**{_begun['kind'].title()} {begun.number.removeprefix('hw')}: {begun.title}.**"
    sentence = f"{title} Experiments run in the `{profile()}` profile{counted}."
    show(Report("note", sentence, closing=[problem] if problem else ()))


def check(function: Named, name: str | None = None) -> None:
    """Judge a function and show what was found; note it in the progress.

    The exercise is the one of the function's own name. With the `name` of an exercise any function can be tried, and
    nothing is noted. A function that learns is tried on its trial.
    """
    target = _target(name or function)
    if isinstance(target, Trial):
        _check_trial(target, function, noted=name is None)
        return
    exercise = _exercise(name or function)
    verdict = _verdict(exercise, function)
    show(explain(verdict, tried=name is not None, begun=_begun["kind"]))
    if name is None:
        _complain(records.note_check(exercise.name, verdict.status))


def hint(function: Named, number: int | None = None) -> None:
    """Show the next hint for an exercise or a question, or the one of that number (1 to 3)."""
    target = _target(function)
    if isinstance(target, Question):
        show(Report("note", target.hint))
        return
    total = len(target.hints)
    if number is not None and number not in range(1, total + 1):
        raise ValueError(f"number must be 1 to {total}, got {number!r}")
    number = number or min(_hints_seen.get(target.name, 0) + 1, total)
    _hints_seen[target.name] = max(number, _hints_seen.get(target.name, 0))
    further = []
    if number < total:
        further = [f"`hint({target.name})` again for the next."]
    elif not _is_graded(target):
        further = [f"`reveal({target.name})` shows a solution."]
    show(Report("note", f"**Hint {number} of {total}.** {target.hints[number - 1]}", closing=further))
    _complain(records.note_help(target.name, hints=number))


def reveal(function: Named) -> None:
    """Show a solution of an exercise as the lesson writes it, or the answer to a question with its reason."""
    target = _target(function)
    if _is_graded(target):
        show(Report("note", "This is homework, and its solution is yours to find. `hint(…)` is there to help."))
        return
    if isinstance(target, Question):
        show(Report("note", f"The answer is **{target.answer}**. {target.why}"))
        return
    show(Report("note", f"**{target.name}**, as the lesson writes it:", code=solution_of(target)))
    _complain(records.note_help(target.name, revealed=True))


def use(function: Named, name: str | None = None) -> Callable[..., Any]:
    """The learner's function or class if it passes its check, else the course's own. Says which."""
    exercise = _exercise(name or function)
    onwards = f"The {_begun['kind']} goes on with"
    if _verdict(exercise, function).status == "passed":
        show(Report("good", f"{onwards} your `{exercise.name}`."))
        return function
    show(Report("open", f"{onwards} the course's `{exercise.name}`, until yours passes its check."))
    return loaded(exercise.reference)


def ask(identifier: str, answer: Any) -> None:
    """Judge the answer to a short question and say why it is right, or what slip it looks like."""
    known = questions()
    if identifier not in known:
        raise ValueError(_unknown("question", identifier, known))
    question = known[identifier]
    show(explain_answer(question, answer))
    right = judge_answer(question, answer)
    if right is not None:
        _complain(records.note_answer(identifier, right))


def _is_graded(target: Exercise | Trial | Question) -> bool:
    """Whether the solution is the learner's to find: in a homework, that of a lesson's exercise is, too."""
    return _begun["kind"] == "homework" or is_homework(target.lesson)


def _check_trial(trial: Trial, function: Named, noted: bool) -> None:
    if isinstance(function, str):
        raise TypeError(f"check needs the function itself: write check({trial.name}), without quotes")
    status, report = try_out(trial, function)
    show(report)
    if noted:
        _complain(records.note_check(trial.name, status))


def _verdict(exercise: Exercise, function: Named) -> Verdict:
    if isinstance(function, str):
        return Verdict(exercise, "not attempted", total=len(exercise.cases))
    try:
        known = _verdicts.get(function)
        if known is None:
            known = _verdicts[function] = judge(exercise, function)
        return known
    except TypeError:
        # Some callables (a ufunc, a bound builtin) cannot be remembered; they are judged each time.
        return judge(exercise, function)


def _exercise(function: Named) -> Exercise:
    target = _target(function)
    if isinstance(target, Question):
        raise ValueError(f"{target.identifier!r} is a question; answer it with ask({target.identifier!r}, your_answer)")
    if isinstance(target, Trial):
        raise ValueError(f"{target.name!r} is a trial, and the course has no answer to it; try yours with check")
    return target


def _target(function: Named) -> Exercise | Question | Trial:
    name = function if isinstance(function, str) else getattr(function, "__name__", None)
    if not isinstance(function, str) and not callable(function):
        raise TypeError(
            f"function must be the function itself, got {type(function).__name__}; write the name without ()"
        )
    if name in exercises():
        return exercises()[name]
    if name in trials():
        return trials()[name]
    if isinstance(function, str) and name in questions():
        return questions()[name]
    raise ValueError(_unknown("exercise", str(name), exercises()))


def _unknown(kind: str, name: str, known: dict) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
    return f"there is no {kind} called {name!r}; {remedy}"


def _passed(known: records.Record, name: str) -> bool:
    return known["exercises"].get(name, {}).get("status") == "passed"


def _complain(problem: str) -> None:
    if problem:
        show(Report("note", problem))
