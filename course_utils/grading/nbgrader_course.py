"""`course export nbgrader DIR`: the homework as a course that nbgrader generates, autogrades and makes feedback for.

Each exercise is followed by a locked cell with its visible cases and one with random cases in a hidden region, which
call the course's own checks; answers in words are cells that a person grades. What nbgrader cannot give: student code
runs in one process with its checks there, so it can reach them. `course grade` keeps the two apart.
Format: https://nbgrader.readthedocs.io/en/stable/user_guide/creating_and_grading_assignments.html
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from course_utils.exercises import exercises
from course_utils.grading.assignments import Assignment, ExerciseItem, Item, QualityItem, QuestionItem, WrittenItem
from course_utils.grading.cases import new_seed
from course_utils.paths import SOLUTIONS

_CONFIG = '''\
"""The course's nbgrader configuration. Run nbgrader in this folder."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "convnets"
# Seconds for one cell: functions that learn take their time.
c.Execute.timeout = {seconds}
'''
_README = """\
# Homework for nbgrader

The machine that grades needs the course's package, `course_utils`, beside nbgrader. In this folder:

    nbgrader generate_assignment hw1     # release/hw1: the notebook for students, without solutions
    nbgrader autograde hw1               # grades submitted/STUDENT/hw1/
    nbgrader generate_feedback hw1       # feedback/STUDENT/hw1/

Points of an exercise are split between its visible cases and random ones that are hidden from students; each case is
worth the same. Answers in words are graded by hand, in nbgrader's formgrader. Personal questions take the student's id
from the name of the folder that nbgrader autogrades in.

nbgrader runs student code in one process with the checks, so code that is out to change its grade can do so. The
course's own grader, `course grade`, keeps them apart.
"""
_STUB = re.compile(r"^.*YOUR ANSWER HERE.*$", re.MULTILINE)
_CHECKS = "from course_utils.grading import nbgrader_checks"


def export(
    folder: Path | str,
    assignments: Iterable[Assignment],
    *,
    key: str = "",
    seed: int | None = None,
    solutions: Path = SOLUTIONS,
) -> Path:
    """Writes the course into the folder, which must be new or empty, and returns its path.

    key: the assignment key of personal questions. seed: of the random cases, drawn if None; both stand in hidden cells.
    solutions: where the solved notebooks are. Raises ValueError if a folder is not empty or a notebook lacks an item.
    """
    folder, assignments = Path(folder), tuple(assignments)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not an empty folder; name a new one")
    if not assignments:
        raise ValueError("assignments must name at least one assignment, got none")
    seed = new_seed() if seed is None else seed
    notebooks = [source_notebook(one, key=key, seed=seed, solutions=solutions) for one in assignments]
    folder.mkdir(parents=True, exist_ok=True)
    seconds = int(max(one.seconds for one in assignments))
    (folder / "nbgrader_config.py").write_text(_CONFIG.format(seconds=seconds), encoding="utf-8")
    (folder / "README.md").write_text(_README, encoding="utf-8")
    for one, notebook in zip(assignments, notebooks, strict=True):
        path = folder / "source" / one.name / f"{one.file}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    return folder


def source_notebook(assignment: Assignment, *, key: str, seed: int, solutions: Path = SOLUTIONS) -> NotebookNode:
    """The solved notebook with nbgrader's metadata and grade cells. Raises ValueError if it lacks an item."""
    path = solutions / f"{assignment.file}.ipynb"
    if not path.exists():
        raise ValueError(
            f"{path} is missing: `course build {assignment.name}` makes it, in a full checkout of the course"
        )
    notebook = nbformat.read(path, as_version=4)
    left = {item.name: item for item in assignment.items}
    cells = []
    for cell in notebook.cells:
        items = [item for name, item in left.items() if _belongs(item, cell)]
        cells.append(_source_cell(cell, items))
        for item in items:
            del left[item.name]
            cells += _grade_cells(item, assignment, key, seed)
    if left:
        raise ValueError(f"{path.name} has no cell for {', '.join(left)} of {assignment.name}")
    notebook.cells = cells
    notebook.metadata.pop("course", None)
    nbformat.validate(notebook)
    return notebook


def _belongs(item: Item, cell: NotebookNode) -> bool:
    """Whether this is the cell that the student answers the item in."""
    if isinstance(item, WrittenItem):
        return cell.cell_type == "markdown" and cell.id in (item.name, f"written-{item.name}", f"answer-{item.name}")
    if cell.cell_type != "code":
        return False
    tags = cell.metadata.get("tags", [])
    body = ast.parse(_without_magics(cell.source)).body
    if isinstance(item, QuestionItem):
        targets = [target.id for node in body if isinstance(node, ast.Assign) for target in node.targets]
        return (
            "question" in tags and item.variable in targets and (cell.id == f"ask-{item.name}" or bool(item.personal))
        )
    definitions = (ast.FunctionDef, ast.ClassDef)
    return "exercise" in tags and any(isinstance(node, definitions) and node.name == item.name for node in body)


def _source_cell(cell: NotebookNode, items: Sequence[Item]) -> NotebookNode:
    """The cell as nbgrader's source has it: what the student writes between markers, and outputs gone."""
    if cell.cell_type == "markdown":
        if items:
            cell.source = _STUB.sub("### BEGIN SOLUTION\nA model answer.\n### END SOLUTION", cell.source, count=1)
            cell.metadata["nbgrader"] = _metadata(items[0].name, solution=True, grade=True, points=items[0].points)
        return cell
    if cell.cell_type != "code":
        return cell
    cell.outputs, cell.execution_count = [], None
    if "question" in cell.metadata.get("tags", []):
        cell.source = _marked_answers(cell.source)
    if "### BEGIN SOLUTION" in cell.source:
        cell.metadata["nbgrader"] = _metadata(f"solution-{cell.id}", solution=True)
    return cell


def _marked_answers(source: str) -> str:
    """Every answer of a question cell behind a line that still waits for it, in a region that nbgrader clears."""
    lines = source.split("\n")
    for node in reversed(ast.parse(source).body):
        if isinstance(node, ast.Assign) and node.lineno == node.end_lineno and isinstance(node.targets[0], ast.Name):
            line = lines[node.lineno - 1]
            comment = line.encode()[node.end_col_offset :].decode()
            region = ["### BEGIN SOLUTION", line, "### END SOLUTION"]
            lines[node.lineno - 1 : node.lineno] = [f"{node.targets[0].id} = ...{comment}", *region]
    return "\n".join(lines)


def _grade_cells(item: Item, assignment: Assignment, key: str, seed: int) -> Iterator[NotebookNode]:
    if isinstance(item, ExerciseItem):
        visible, hidden = split_points(item)
        call = f"nbgrader_checks.visible_cases({item.name!r}, globals().get({item.name!r}), {visible!r})"
        yield _test_cell(
            f"visible-{item.name}", visible, f"# The visible cases, each worth the same.\n{_CHECKS}\n\n{call}"
        )
        if hidden:
            arguments = f"{item.name!r}, globals().get({item.name!r}), {hidden!r}"
            call = f"nbgrader_checks.random_cases({arguments}, cases={item.random_cases}, seed={seed})"
            yield _hidden_cell(f"random-{item.name}", hidden, "random cases", call)
    elif isinstance(item, QuestionItem):
        value = f"globals().get({item.variable!r}, ...), {item.points!r}"
        call = f"nbgrader_checks.answer({item.name!r}, {value})"
        if item.personal:
            call = f"nbgrader_checks.personal_answer({assignment.name!r}, {item.name!r}, {value}, key={key!r})"
        yield _hidden_cell(f"answer-{item.name}", item.points, "the answer", call)
    elif isinstance(item, QualityItem):
        arguments = f"{assignment.name!r}, {item.name!r}, globals().get({item.name!r}), {item.points!r}, seed={seed}"
        yield _hidden_cell(
            f"quality-{item.name}", item.points, "data of its own", f"nbgrader_checks.quality({arguments})"
        )


def split_points(item: ExerciseItem) -> tuple[float, float]:
    """The points of the visible cases and of the random ones, as the course's grader counts them: by the case."""
    exercise = exercises()[item.name]
    random = item.random_cases if exercise.random_case else 0
    visible = round(item.points * len(exercise.cases) / (len(exercise.cases) + random), 2)
    return visible, round(item.points - visible, 2)


def _hidden_cell(name: str, points: float, what: str, call: str) -> NotebookNode:
    region = f"### BEGIN HIDDEN TESTS\n{_CHECKS}\n\n{call}\n### END HIDDEN TESTS"
    return _test_cell(name, points, f"# Graded on {what} once the notebook is handed in.\n{region}")


def _test_cell(name: str, points: float, source: str) -> NotebookNode:
    cell = new_code_cell(source, metadata={"nbgrader": _metadata(name, grade=True, locked=True, points=points)})
    cell["id"] = re.sub(r"[^\w-]", "-", f"test-{name}", flags=re.ASCII)[:64]
    return cell


def _metadata(name: str, *, points: float | None = None, **roles: bool) -> dict[str, Any]:
    """nbgrader's own, schema 3."""
    identifier = re.sub(r"[^\w-]", "-", name, flags=re.ASCII)
    roles = {"grade": False, "solution": False, "locked": False, "task": False, **roles}
    return {"schema_version": 3, "grade_id": identifier, **roles, **({} if points is None else {"points": points})}


def _without_magics(source: str) -> str:
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n"))
