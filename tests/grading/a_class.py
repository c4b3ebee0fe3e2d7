"""A class of students who hand in a homework: right in many styles, wrong in every misconception, blank, broken, hostile.

Every submission comes with the grade that it was built to deserve. What a wrong answer deserves is found by the notebook's
own check on the misconception's function itself, not on the text that is handed in.
"""

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from course_utils import paths
from course_utils.authoring.filling import solutions_of
from course_utils.checking.judge import judge, ways
from course_utils.exercises import exercises
from course_utils.exercises.specification import Misconception, loaded
from course_utils.grading.assignments import Assignment, ExerciseItem, WrittenItem
from course_utils.grading.cases import generator
from course_utils.grading.results import GRADED, SubmissionResult
from tests.grading import as_text, hostile_submissions
from tests.grading.broken_submissions import BREAKS, Change, Draft, with_markup

ANSWERS = paths.ROOT / "tests" / "exercises"
# The exercise that is broken or hostile: no other cell of its notebook calls it.
TARGETS = {"hw1": "max_pool2d_forward", "hw4": "SqueezeExcite"}
STYLES = {
    "hw1": ("solution", "loops", "vectorised", "lessons", "other names"),
    "hw4": ("solution", "loops", "vectorised", "torch", "other names"),
}
_LESSONS = {
    "conv2d_forward": ("02_convolution_layer", "conv_output_size", "conv2d_forward"),
    "conv2d_backward": (
        "04_convolution_backward",
        "conv2d_backward_bias",
        "conv2d_backward_weight",
        "conv2d_backward_input",
        "conv2d_backward",
    ),
    "max_pool2d_forward": ("05_pooling", "max_pool2d_forward"),
    "max_pool2d_backward": ("05_pooling", "max_pool2d_backward"),
}
# Shares of a class.
_SHARES = {"right": 0.135, "wrong": 0.58, "blank": 0.02, "broken": 0.115, "hostile": 0.14}
WORDS = (
    "The kernel is turned round, for the further right an output stands, the further left a pixel stands in its window."
)


@dataclass(frozen=True)
class Deserved:
    """kind: right, wrong, blank, broken or hostile; name: which of them. points: by item, None where a person has to read.

    named: by item, the misconception that feedback has to tell.
    """

    kind: str
    name: str
    points: dict[str, float | None] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    status: str = GRADED

    @property
    def earned(self) -> float:
        return sum(points or 0.0 for points in self.points.values())


class HandedIn(NamedTuple):
    student: str
    notebook: bytes
    deserves: Deserved


def make(
    assignment: Assignment,
    count: int = 200,
    seed: int = 0,
    *,
    base: NotebookNode | None = None,
    chosen: Callable[[str, str], bool] = lambda kind, name: True,
) -> list[HandedIn]:
    """A class of that many for hw1 or hw4, in random order.

    seed: of the class and of the random cases that it will be graded on. base: the notebook that students start from, if not
    the course's own. chosen(kind, name): whether submissions of that kind and name are to be in it.
    """
    handed_in = []
    for number, (kind, name, build) in enumerate(drawn(assignment, count, seed, base, chosen)):
        draft = build()
        notebook = nbformat.writes(draft.notebook).encode() if draft.data is None else draft.data
        points = draft.points if draft.status == GRADED else {}
        handed_in.append(HandedIn(f"s{number:03}", notebook, Deserved(kind, name, points, draft.named, draft.status)))
    return handed_in


def drawn(
    assignment: Assignment,
    count: int,
    seed: int,
    base: NotebookNode | None = None,
    chosen: Callable[[str, str], bool] = lambda kind, name: True,
) -> list[tuple[str, str, "Build"]]:
    """(kind, name, what builds it) for each submission of a class, in random order.

    Every style, misconception, break and attack is in it before any is twice, as far as there is room.
    """
    maker, rng = _Maker(assignment, seed, base), random.Random(seed)
    pools = {
        "right": maker.right(rng),
        "wrong": maker.wrong(rng),
        "blank": maker.blank(),
        "broken": maker.broken(),
        "hostile": maker.hostile(),
    }
    pools = {kind: [one for one in pool if chosen(kind, one[0])] for kind, pool in pools.items()}
    numbers = {kind: max(1, round(share * count)) for kind, share in _SHARES.items() if pools[kind]}
    # The rest of the class has misconceptions.
    most = "wrong" if pools["wrong"] else next(iter(numbers))
    numbers[most] += count - sum(numbers.values())
    made = []
    for kind, number in numbers.items():
        # The pure styles come first.
        pool = pools[kind] if kind == "right" else rng.sample(pools[kind], len(pools[kind]))
        made += [(kind, *pool[place % len(pool)]) for place in range(number)]
    rng.shuffle(made)
    return made


Build = Callable[[], Draft]
Pool = list[tuple[str, Build]]


class _Maker:
    def __init__(self, assignment: Assignment, seed: int, base: NotebookNode | None) -> None:
        self.assignment, self.seed, self.target = assignment, seed, TARGETS[assignment.name]
        self.base = base or nbformat.read(paths.NOTEBOOKS / f"{assignment.file}.ipynb", as_version=4)
        self.items = [item for item in assignment.items if isinstance(item, ExerciseItem)]
        self.names = [item.name for item in self.items]
        self.written = [item for item in assignment.items if isinstance(item, WrittenItem)]
        self.solutions = solutions_of(paths.SOLUTIONS / f"{assignment.file}.py")

    def draft(self, texts: dict[str, str], words: str = WORDS) -> Draft:
        """A notebook with these texts for its exercises, and the points of an honest and right one for each that there is."""
        notebook = copy.deepcopy(self.base)
        cells = {cell.id: cell for cell in notebook.cells}
        points: dict[str, float | None] = {item.name: 0.0 for item in self.assignment.items}
        for name, text in texts.items():
            cells[f"exercise-{name}"].source = f"{text}\n\n\ncheck({name})"
            points[name] = self.assignment.item(name).points
        for item in self.written if words else ():
            cells[f"written-{item.name}"].source = words
            points[item.name] = None
        return Draft(notebook, points, self.target)

    def text(self, name: str, style: str) -> str:
        """A right answer. Where a style has none of its own, the solution's with other names."""
        if style in ("loops", "vectorised", "torch"):
            files = sorted(ANSWERS.glob(f"answers_{style}*.py"))
            starts = (f"\ndef {name}(", f"\nclass {name}(")
            path = next(path for path in files if any(start in path.read_text("utf-8") for start in starts))
            return as_text.from_file(path, name)
        if style == "lessons" and name in _LESSONS:
            file, *parts = _LESSONS[name]
            lesson = solutions_of(paths.SOLUTIONS / f"{file}.py")
            return "\n\n\n".join(_without_check(lesson[f"exercise-{part}"]) for part in parts)
        solved = _without_check(self.solutions[f"exercise-{name}"])
        return solved if style == "solution" else as_text.with_other_names(solved)

    def all_in(self, style: str) -> dict[str, str]:
        return {name: self.text(name, style) for name in self.names}

    # The kinds

    def right(self, rng: random.Random) -> Pool:
        """Once in each style, then in a different one for each exercise."""
        styles = STYLES[self.assignment.name]
        pool = [(style, partial(self._in_styles, dict.fromkeys(self.names, style))) for style in styles]
        pool.append(("helpers apart", self._helpers_apart))
        mixed = [{name: rng.choice(styles) for name in self.names} for _ in range(40)]
        return pool + [("mixed", partial(self._in_styles, styles)) for styles in mixed]

    def _in_styles(self, styles: dict[str, str]) -> Draft:
        return self.draft({name: self.text(name, style) for name, style in styles.items()})

    def _helpers_apart(self) -> Draft:
        """Every helper and import of a style in a cell of its own, at the end."""
        draft = self.draft({})
        for item in self.items:
            *helpers, own = self.text(item.name, "loops").split("\n\n\n")
            draft.cell(f"exercise-{item.name}").source = own
            draft.points[item.name] = item.points
            draft.notebook.cells += [new_code_cell(helper) for helper in helpers]
        if self.assignment.name == "hw4":
            draft.notebook.cells.insert(0, new_code_cell("import math"))
        return draft

    def wrong(self, rng: random.Random) -> Pool:
        """One for each misconception, the other exercises right."""
        pool = []
        for item in self.items:
            for one in exercises()[item.name].misconceptions:
                build = partial(self._wrong, item, one, rng.choice(STYLES[self.assignment.name]))
                pool.append((f"{item.name}: {one.name}", build))
        return pool

    def _wrong(self, item: ExerciseItem, misconception: Misconception, style: str) -> Draft:
        text = as_text.of_misconception(misconception.function, item.name)
        draft = self.draft(self.all_in(style) | {item.name: text})
        draft.points[item.name] = item.points * share(item, misconception, self.seed)
        draft.named[item.name] = misconception.name
        return draft

    def blank(self) -> Pool:
        one, *_ = self.items
        return [
            ("nothing written", lambda: self.draft({}, words="")),
            ("words alone", lambda: self.draft({})),
            ("one exercise alone", lambda: self.draft({one.name: self.text(one.name, "solution")}, words="")),
        ]

    def broken(self) -> Pool:
        return [(name, partial(self._changed, change)) for name, change in BREAKS.items()]

    def _changed(self, change: Change) -> Draft:
        draft = self.draft(self.all_in("solution"))
        change(draft)
        return draft

    def hostile(self) -> Pool:
        pool = [(name, partial(self._attacked, attack)) for name, attack in hostile_submissions.ATTACKS.items()]
        return [*pool, ("markup in words and outputs", partial(self._changed, with_markup))]

    def _attacked(self, attack: hostile_submissions.Attack) -> Draft:
        draft = self.draft(self.all_in("solution"))
        if attack.in_cell:
            draft.notebook.cells.insert(3, new_code_cell(attack.code))
        else:
            text = hostile_submissions.text(attack, self.target)
            draft.cell(f"exercise-{self.target}").source = f"{text}\n\n\ncheck({self.target})"
            draft.points[self.target] = 0.0
        return draft


def share(item: ExerciseItem, misconception: Misconception, seed: int) -> float:
    """Share of the cases, visible and random, that the notebook's own check takes for right."""
    exercise, rng = exercises()[item.name], generator(seed, item.name)
    function = loaded(misconception.function)
    cases = [*exercise.cases, *(exercise.random_case(rng) for _ in range(item.random_cases))]
    single = {"also_right": (), "misconceptions": (), "random_case": None}
    right = [
        sum(judge(replace(way, cases=(case,), **single), function).status == "passed" for case in cases)
        for way in ways(exercise)
    ]
    return max(right) / len(cases)


def _without_check(text: str) -> str:
    lines = [line for line in text.split("\n") if not line.strip().startswith(("### BEGIN", "### END"))]
    return "\n".join(lines).partition("\n\n\ncheck(")[0]


def differences(deserves: Deserved, result: SubmissionResult) -> list[str]:
    """What a grade has other than was deserved, in words."""
    if result.status != deserves.status:
        return [f"{result.status} instead of {deserves.status}"]
    found = {item.name: item for item in result.items}
    told = []
    for name, points in deserves.points.items():
        earned = found[name].earned
        if (earned is None) != (points is None) or abs((earned or 0.0) - (points or 0.0)) > 1e-6:
            told.append(f"{name}: {earned} points instead of {points}")
        named = (found[name].misconception or ("",))[0]
        if name in deserves.named and named != deserves.named[name]:
            told.append(f"{name}: {named!r} named instead of {deserves.named[name]!r}")
    return told
