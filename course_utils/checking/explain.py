"""A verdict in words: what went wrong, the smallest failing case with its numbers, got beside expected."""

from types import FunctionType

import numpy as np

from course_utils.checking.compare import Difference, wrong_places
from course_utils.checking.judge import Failure, Verdict
from course_utils.checking.report import Grid, Report, literal, number
from course_utils.exercises.specification import Case, Exercise

_SHOWN_NUMBERS = 40
_PRINTED_LINES = 5


def explain(verdict: Verdict, tried: bool = False, begun: str = "lesson") -> Report:
    """The report of a verdict. A function that is only `tried` is not the one that the lesson goes on with or without.

    begun: "lesson" or "homework", whichever goes on.
    """
    name = verdict.exercise.name
    onwards = "" if tried else f" The {begun} goes on with the course's version until yours is right."
    if verdict.status == "passed":
        cases = f"{verdict.total} cases and {verdict.random} random ones agree" if verdict.random else "right"
        return Report("good", f"**{name}**: {cases}. Yours from here on.")
    if verdict.status == "not attempted":
        parts = " and ".join(f"`{part}`" for part in verdict.still_open)
        state = f"{parts} still to be written" if parts else "not attempted yet"
        return Report(
            "open",
            f"**{name}**: {state}. Write its lines, then run this cell again.",
            closing=[f"`hint({name})` gives a nudge. The {begun} goes on with the course's version meanwhile."],
        )
    failure = verdict.failure
    sentences = []
    if verdict.misconception:
        like = "Looks like" if verdict.whole else "One thing looks like"
        sentences.append(f"{like}: *{verdict.misconception.name}*. {verdict.misconception.sentence}")
    shown = "Smallest case that fails" if verdict.whole or not verdict.misconception else "Smallest case that shows it"
    if verdict.total > 1:
        sentences.append(f"{shown}, {failure.case.label}:")
    return Report(
        "bad",
        f"**{name}**: {_score(verdict)}.",
        sentences=sentences,
        code=call_text(verdict.exercise, failure.case),
        grids=grids_of(failure.difference),
        where=_map(failure.difference),
        closing=[
            failure.difference.sentence,
            *_printed(failure),
            f"Try `hint({name})`.{onwards}",
        ],
    )


def _score(verdict: Verdict) -> str:
    if verdict.right == verdict.total:
        return f"right in all {verdict.total} cases, but not in random case {verdict.random + 1}"
    return f"right in {verdict.right} of {verdict.total} cases" if verdict.total > 1 else "not right yet"


def call_text(exercise: Exercise, case: Case) -> str:
    """The calls as the learner would type them, and the arrays that go in."""
    made: set[str] = {exercise.name}
    lines = []
    for call in exercise.plan:
        names = [name for name in call.arguments if name in made or name in case.values]
        plain = made | {name for name in names if isinstance(case.values.get(name), np.ndarray)}
        # Python wants every argument after the first named one to be named as well.
        first = next((i for i, name in enumerate(names) if name not in plain), len(names))
        typed = [name if name in plain else _typed(case.values[name]) for name in names]
        arguments = ", ".join([*typed[:first], *map("=".join, zip(names[first:], typed[first:], strict=True))])
        line = f"{call.function}({arguments})"
        lines.append(line if len(exercise.plan) == 1 else f"{', '.join(call.returns)} = {line}")
        made.update(call.returns)
    arrays = [_array(name, value) for name, value in case.values.items() if isinstance(value, np.ndarray)]
    return "\n".join(lines + arrays)


def _typed(value: object) -> str:
    """A setting as it would be typed."""
    if isinstance(value, FunctionType):
        return f"layers.{value.__name__}"
    return f"np.{value.__name__}" if isinstance(value, type) else repr(value)


def _array(name: str, value: np.ndarray) -> str:
    """Name, shape and dtype, and the numbers where they are few: slice by slice, in rows."""
    head = f"{name}: shape {value.shape}, {value.dtype}"
    if value.size > _SHOWN_NUMBERS or not value.size:
        return head
    texts = np.vectorize(number, otypes=[object])(np.atleast_2d(value))
    width = max(len(text) for text in texts.flat)
    lines = [head]
    for index in np.ndindex(texts.shape[:-2]):
        if texts[..., 0, 0].size > 1:
            lines.append(f"  {name}[{', '.join(map(str, index))}]")
        lines += ["    " + " ".join(text.rjust(width) for text in row) for row in texts[index]]
    return "\n".join(lines)


def grids_of(difference: Difference) -> list[Grid]:
    """What came out beside what was expected, as far as both are arrays."""
    got, expected = difference.got, difference.expected
    if not (isinstance(got, np.ndarray) and isinstance(expected, np.ndarray)) or not got.ndim or not got.size:
        return []
    if difference.kind == "dtype" or got.dtype.kind not in "fiub":
        return []
    wrong = wrong_places(difference) if got.shape == expected.shape else None
    index = () if wrong is None or not wrong.any() else tuple(int(i) for i in np.argwhere(wrong)[0][:-2])
    return [
        _slice(f"yours, {difference.name}", got, index, wrong),
        _slice(f"expected, {difference.name}", expected, index, None),
    ]


def _slice(title: str, array: np.ndarray, index: tuple[int, ...], wrong: np.ndarray | None) -> Grid:
    """The last two axes at `index` (the first slice where it is empty), as a grid."""
    array = np.atleast_2d(array)
    wrong = None if wrong is None else np.atleast_2d(wrong)
    index = index or (0,) * (array.ndim - 2)
    place = f"[{', '.join(map(str, index))}]" if index else ""
    return Grid(title + place, array[index], None if wrong is None else wrong[index])


def _map(difference: Difference) -> np.ndarray | None:
    if difference.kind not in ("value", "nan") or np.ndim(difference.got) < 3:
        return None
    wrong = wrong_places(difference)
    return wrong if wrong[..., 0, 0].size > 1 else None


def _printed(failure: Failure) -> list[str]:
    lines = failure.outcome.printed.splitlines()
    if not lines:
        return []
    shown = " / ".join(lines[:_PRINTED_LINES])
    return [f"In this case it printed: {literal(shown)}{' …' if len(lines) > _PRINTED_LINES else ''}"]
