"""What may befall an honest notebook on its way: what is broken in it, what was deleted, doubled, split or left in it."""

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from course_utils import paths
from course_utils.grading.results import GRADED, OTHER, UNREADABLE
from tests.grading import hostile_submissions as hostile


@dataclass
class Draft:
    """A submission in the making, with what it deserves. target: the exercise that a break may cost; data: the file's bytes,
    if they are not the notebook's.
    """

    notebook: NotebookNode
    points: dict[str, float | None]
    target: str
    named: dict[str, str] = field(default_factory=dict)
    status: str = GRADED
    data: bytes | None = None

    def cell(self, identity: str) -> NotebookNode:
        return next(cell for cell in self.notebook.cells if cell.id == identity)

    def keep(self, cells: Iterable[NotebookNode]) -> None:
        self.notebook.cells = list(cells)

    @property
    def exercises(self) -> list[NotebookNode]:
        return [cell for cell in self.notebook.cells if cell.id.startswith("exercise-")]

    @property
    def setup(self) -> NotebookNode:
        return next(cell for cell in self.notebook.cells if cell.cell_type == "code" and "start(" in cell.source)


Change = Callable[[Draft], None]


def _replaced(text: str) -> Change:
    """A break that costs the target: TARGET stands for its name in the text."""

    def change(draft: Draft) -> None:
        draft.cell(f"exercise-{draft.target}").source = text.replace("TARGET", draft.target)
        draft.points[draft.target] = 0.0

    return change


def _beside(*texts: str) -> Change:
    """Cells that were left in the notebook and that cost nothing."""

    def change(draft: Draft) -> None:
        draft.notebook.cells[4:4] = [new_code_cell(text) for text in texts]

    return change


def _file(status: str, data: Callable[[Draft], bytes]) -> Change:
    def change(draft: Draft) -> None:
        draft.status, draft.data = status, data(draft)

    return change


def _checks_deleted(draft: Draft) -> None:
    for cell in draft.exercises:
        cell.source = cell.source.partition("\n\n\ncheck(")[0]
    kept = [cell for cell in draft.notebook.cells if cell.id.startswith(("exercise-", "written-"))]
    draft.keep([draft.notebook.cells[1], *kept])


def _split(draft: Draft) -> None:
    cells = []
    for cell in draft.notebook.cells:
        own, check, rest = cell.source.partition("\n\n\ncheck(")
        cells.append(cell)
        if check and cell.cell_type == "code":
            cell.source = own
            cells += [new_code_cell("# Let's see."), new_code_cell(f"check({rest}")]
    draft.keep(cells)


def _imports_deleted(draft: Draft) -> None:
    draft.notebook.cells.remove(draft.setup)
    draft.points |= {cell.id.removeprefix("exercise-"): 0.0 for cell in draft.exercises}


def _imports_last(draft: Draft) -> None:
    setup = draft.setup
    draft.keep([cell for cell in draft.notebook.cells if cell is not setup] + [setup])


def _old_form(draft: Draft) -> None:
    for cell in draft.notebook.cells:
        cell.pop("id", None)
        cell.metadata = {}
    draft.notebook.nbformat_minor = 4


def _doubled(draft: Draft) -> None:
    again = copy.deepcopy(draft.notebook.cells)
    for cell in again:
        cell.id = f"{cell.id[:60]}-2"
    draft.keep(both for pair in zip(draft.notebook.cells, again, strict=True) for both in pair)


def with_markup(draft: Draft) -> None:
    for cell in draft.notebook.cells:
        if cell.id.startswith("written-"):
            cell.source = hostile.MARKUP
    draft.setup.outputs = [new_output("display_data", data={"text/html": hostile.MARKUP})]


BREAKS: dict[str, Change] = {
    "a syntax error": _replaced("def TARGET(x, kernel_size:\n    return x"),
    "an indentation error": _replaced("def TARGET(*given, **named):\nreturn given"),
    "a name that is not defined": _replaced("def TARGET(*given, **named):\n    return result"),
    "another function's name": _replaced("def my_TARGET(*given, **named):\n    return None"),
    "no return": _replaced("def TARGET(*given, **named):\n    result = given"),
    "arguments missing": _replaced("def TARGET():\n    return None"),
    "an exercise's cell deleted": lambda draft: (
        draft.keep(cell for cell in draft.notebook.cells if cell.id != f"exercise-{draft.target}"),
        draft.points.update({draft.target: 0.0}),
    ),
    "checks deleted": _checks_deleted,
    "every cell twice": _doubled,
    "cells in reverse": lambda draft: draft.keep(reversed(draft.notebook.cells)),
    "cells split": _split,
    "imports deleted": _imports_deleted,
    "imports last": _imports_last,
    "no ids, an older form": _old_form,
    "cells that stop": _beside("1 / 0", "print(unheard_of)", "raise SystemExit", "import pandas as pd"),
    "magics and shell lines": _beside("%matplotlib inline\n!pip install tqdm", "%%time\n1 + 1", "?print"),
    "unfinished lines": _beside("def helper(:\n    pass", "for"),
    "questions to the keyboard": _beside('name = input("Your name? ")'),
    "an empty file": _file(UNREADABLE, lambda draft: b""),
    "half a file": _file(UNREADABLE, lambda draft: nbformat.writes(draft.notebook).encode()[:3000]),
    "a PDF": _file(UNREADABLE, lambda draft: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"),
    "another homework": _file(
        OTHER, lambda draft: (paths.NOTEBOOKS / "hw2_train_without_a_framework.ipynb").read_bytes()
    ),
}
