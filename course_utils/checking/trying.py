"""Running a learner's function on a trial, and saying how good its answer is."""

import numpy as np

from course_utils.checking.outcome import line_of
from course_utils.checking.report import Report, literal
from course_utils.checking.timeout import OutOfTime, call_within
from course_utils.exercises.specification import Function, fresh
from course_utils.exercises.trials import Trial, share
from course_utils.profiles import profile


def try_out(trial: Trial, function: Function, seed: int = 0) -> tuple[str, Report]:
    """("passed" | "failed" | "not attempted", the report). It passes with a score that is worth all the points.

    Under the smoke profile the inputs are small, and the form of the answer is all that is judged.
    """
    name, smoke = trial.name, profile() == "smoke"
    values, hidden = (trial.small if smoke else trial.inputs)(np.random.default_rng(seed))
    try:
        answer = call_within(trial.seconds, lambda: function(**{name: fresh(value) for name, value in values.items()}))
    except NotImplementedError:
        closing = [f"`hint({name})` gives a nudge."]
        return "not attempted", Report("open", f"**{name}**: not attempted yet.", closing=closing)
    except OutOfTime:
        return _failed(trial, f"Stopped after {trial.seconds:g} seconds: it was still running.")
    except Exception as error:
        where = line_of(error, function)
        said = literal(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(": "))
        return _failed(trial, f"It stopped with {said}{f', at {literal(where)}' if where else ''}.")
    if problem := trial.problem(answer):
        return _failed(trial, problem)
    if smoke:
        return "passed", Report(
            "good", f"**{name}**: its answer has the right form. (The smoke profile scores nothing.)"
        )
    score = trial.score(answer, hidden)
    return _scored(trial, score)


def _failed(trial: Trial, sentence: str) -> tuple[str, Report]:
    return "failed", Report("bad", f"**{trial.name}**: not right yet.", [sentence], closing=[_hint(trial)])


def _scored(trial: Trial, score: float) -> tuple[str, Report]:
    part = share(trial.bands, score)
    title = f"**{trial.name}**: {trial.unit} {score:.1%} here, worth {part:.0%} of the points."
    closing = ["The grader draws new inputs, so yours may come out a little higher or lower."]
    if part == trial.bands[-1][1]:
        return "passed", Report("good", title, closing=closing)
    least, more = next(band for band in trial.bands if band[0] > score)
    return "failed", Report("bad", title, [f"From {least:.1%} on it is {more:.0%}. {_hint(trial)}"], closing=closing)


def _hint(trial: Trial) -> str:
    return f"Try `hint({trial.name})`."
