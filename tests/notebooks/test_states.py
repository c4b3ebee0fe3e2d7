"""A learner's notebook runs from top to bottom in any state: open, half done, or wrong."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from course_utils.authoring import check, fill, solutions_of
from course_utils.authoring.source import select
from course_utils.exercises import questions
from course_utils.exercises.questions import Question
from course_utils.grading import personal
from course_utils.paths import NOTEBOOKS, ROOT

SOURCES = select(ROOT)
# The sign with which every report on an exercise or an answer begins.
RIGHT, WRONG, OPEN = "✓", "✗", "○"

every_lesson = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def test_there_are_lessons():
    assert SOURCES


def test_notebooks_are_in_step_with_their_sources():
    assert check() == []


@every_lesson
def test_every_cell_of_the_committed_solution_was_executed(source):
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


@every_lesson
def test_unfilled(source, run):
    assert_runs(source, run, {}, OPEN)


@every_lesson
def test_half_filled(source, run):
    solved = solutions_of(source)
    half = {identity: solved[identity] for identity in list(solved)[::2]}
    assert_runs(source, run, half, OPEN, solved=set(half))


@every_lesson
@pytest.mark.parametrize(
    "body", ["return None", 'raise RuntimeError("a mistake of the learner")'], ids=["returns None", "raises"]
)
def test_wrongly_filled(source, run, body):
    wrong = {
        cell.id: cell.source.replace("raise NotImplementedError", body)
        if cell.id.startswith("exercise-")
        else answered_wrongly(cell.source)
        for cell in code_cells(learners(source))
        if cell.id in solutions_of(source)
    }
    assert_runs(source, run, wrong, WRONG)


def assert_runs(
    source: Path,
    run: Callable[[NotebookNode], NotebookNode],
    answers: dict[str, str],
    sign: str,
    solved: set[str] = frozenset(),
) -> None:
    """Runs the filled notebook: no error, each check says how it is, each `use` says whose function goes on.

    sign: what the reports on cells that are not in `solved` begin with.
    """
    notebook = run(fill(learners(source), answers))
    for cell in code_cells(notebook):
        errors = [f"{o.ename}: {o.evalue}" for o in cell.outputs if o.output_type == "error"]
        if "raises-exception" not in cell.metadata.get("tags", []):
            assert not errors, f"{cell.id}: {errors}"
        assert cell.execution_count is not None, f"{cell.id} was not executed"
        if cell.id in solutions_of(source):
            signs = {text[0] for text in texts(cell) if text[0] in (RIGHT, WRONG, OPEN)}
            assert signs == {RIGHT if cell.id in solved else sign}, f"{cell.id}: {texts(cell)}"
        for name in used(cell.source):
            whose = "your" if f"exercise-{name}" in solved else "the course's"
            assert re.search(rf"goes on with {whose} `?{name}\b", "\n".join(texts(cell))), f"{cell.id}: {texts(cell)}"


def learners(source: Path) -> NotebookNode:
    return nbformat.read(NOTEBOOKS / f"{source.stem}.ipynb", as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def texts(cell: NotebookNode) -> list[str]:
    """The outputs of a cell as text, without empty ones."""
    found = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return [text for text in found if text]


def used(source: str) -> list[str]:
    """The functions in `name = use(name)`."""
    return [call.args[0].id for call in called(source, "use")]


def answered_wrongly(source: str) -> str:
    """The question cell with a plausible wrong value for every answer."""
    # Homework 3 asks everyone about a network of their own; the notebook as it is, about nobody's.
    known = questions() | personal.questions(personal.NOBODY)
    for call in called(source, "ask"):
        identity, answer = call.args
        wrong = plausible_but_wrong(known[identity.value])
        for name in [node.id for node in ast.walk(answer) if isinstance(node, ast.Name)]:
            source = re.sub(rf"^{name} = \.\.\.", f"{name} = {wrong!r}", source, flags=re.MULTILINE)
    assert "= ..." not in source, f"an answer in this cell is never asked for:\n{source}"
    return source


def plausible_but_wrong(question: Question):
    """The answer of a known slip, else one of the same form."""
    if question.slips:
        return question.slips[0].answer
    if isinstance(question.answer, bool):
        return not question.answer
    if isinstance(question.answer, str):
        return "b" if question.answer == "a" else "a"
    if isinstance(question.answer, tuple):
        return tuple(number + 1 for number in question.answer)
    return question.answer + 1


def called(source: str, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
