"""`course build --check`: whether the committed notebooks are what their sources give, and if not, where."""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils.authoring.building import learner_path, solution_path
from course_utils.authoring.notebook import learner_notebook, solution_notebook, to_text
from course_utils.authoring.rules import problems
from course_utils.authoring.source import Lesson, read, select
from course_utils.paths import ROOT

_CONTEXT = 24


def check(root: Path = ROOT) -> list[str]:
    """One line a problem, naming file, cell and difference; empty when every notebook is in step with its source."""
    found = []
    for path in select(root):
        try:
            lesson = read(path)
        except ValueError as error:
            found.append(str(error))
            continue
        broken = problems(lesson)
        found += broken or [*_compare_solution(lesson), *_compare_learner(lesson)]
    return found + list(_orphans(root))


def _compare_solution(lesson: Lesson) -> Iterator[str]:
    path = solution_path(lesson)
    notebook, text, trouble = _load(path, lesson)
    if trouble:
        yield trouble
        return
    differences = list(_differences(lesson, solution_notebook(lesson), notebook, _name(path)))
    yield from differences
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    yield from _not_executed(lesson, code_cells, _name(path))
    course = notebook.metadata.get("course", {})
    if differences:
        return
    if course.get("executed_sha256") != lesson.code_sha256:
        yield f"{_name(path)}: its outputs are of other code than {lesson.name} holds; {_remedy(lesson)}"
    elif course.get("source_sha256") != lesson.source_sha256:
        yield f"{_name(path)}: was made from another text of {lesson.name}; {_remedy(lesson)}"
    elif text != to_text(solution_notebook(lesson, code_cells)):
        yield f"{_name(path)}: its metadata or layout is not what {lesson.name} gives; {_remedy(lesson)}"


def _compare_learner(lesson: Lesson) -> Iterator[str]:
    path, expected = learner_path(lesson), learner_notebook(lesson)
    notebook, text, trouble = _load(path, lesson)
    if trouble:
        yield trouble
        return
    differences = list(_differences(lesson, expected, notebook, _name(path)))
    yield from differences
    if not differences and text != to_text(expected):
        filled = next((c.id for c in notebook.cells if c.get("outputs") or c.get("execution_count")), None)
        what = f"cell {filled} was run" if filled else "its metadata or layout was changed"
        yield f"{_name(path)}: {what}, so it is not what {lesson.name} gives; {_remedy(lesson)}"


def _load(path: Path, lesson: Lesson) -> tuple[NotebookNode | None, str, str]:
    try:
        text = path.read_text(encoding="utf-8")
        return nbformat.reads(text, as_version=4), text, ""
    except FileNotFoundError:
        return None, "", f"{_name(path)}: is missing; {_remedy(lesson)}"
    except ValueError as error:
        return None, "", f"{_name(path)}: is not a notebook ({error}); {_remedy(lesson)}"


def _differences(lesson: Lesson, expected: NotebookNode, committed: NotebookNode, name: str) -> Iterator[str]:
    """Cell by cell. A changed cell has a changed id, so cells are paired by what surrounds them."""
    ours, theirs = expected.cells, committed.cells
    matcher = difflib.SequenceMatcher(
        a=[(cell.cell_type, cell.source) for cell in ours],
        b=[(cell.cell_type, cell.source) for cell in theirs],
        autojunk=False,
    )
    for what, start, end, other_start, other_end in matcher.get_opcodes():
        paired = min(end - start, other_end - other_start) if what != "equal" else end - start
        for our, their in zip(ours[start : start + paired], theirs[other_start:], strict=False):
            if difference := _difference(our, their, name):
                yield f"{_title(lesson, our)}: {difference}; {_remedy(lesson)}"
        for our in ours[start + paired : end]:
            yield f"{_title(lesson, our)}: {name} has no such cell; {_remedy(lesson)}"
        for their in theirs[other_start + paired : other_end]:
            yield f"{_title(name, their)}: {lesson.name} has no such cell; {_remedy(lesson)}"


def _difference(our: NotebookNode, their: NotebookNode, name: str) -> str:
    """The first thing in which two cells differ, in words; empty if there is none."""
    if our.cell_type != their.cell_type:
        return f"the source has a {our.cell_type} cell, {name} a {their.cell_type} cell"
    if our.source != their.source:
        ours, theirs = _first_difference(our.source, their.source)
        return f"source says “{ours}”, {name} says “{theirs}”"
    for key in sorted(our.metadata.keys() | their.metadata.keys()):
        if our.metadata.get(key) != their.metadata.get(key):
            return f"source has {key}={our.metadata.get(key)}, {name} has {key}={their.metadata.get(key)}"
    if our.id != their.get("id"):
        return f"source gives the id {our.id}, {name} has {their.get('id')}"
    return ""


def _first_difference(ours: str, theirs: str) -> tuple[str, str]:
    """The first differing line of both, cut to the words around the difference."""
    our_lines, their_lines = ours.split("\n"), theirs.split("\n")
    row = next(
        (i for i, pair in enumerate(zip(our_lines, their_lines, strict=False)) if pair[0] != pair[1]),
        min(len(our_lines), len(their_lines)),
    )
    pair = [lines[row] if row < len(lines) else "(nothing)" for lines in (our_lines, their_lines)]
    same = next(
        (i for i, letters in enumerate(zip(*pair, strict=False)) if letters[0] != letters[1]), min(map(len, pair))
    )
    # Back to the start of the word, so that both sides show whole words.
    start = max([0] + [m.end() for m in re.finditer(r"\s", pair[0][:same])])
    return _around(pair[0], start), _around(pair[1], start)


def _around(line: str, start: int) -> str:
    begin = max(0, start - _CONTEXT)
    end = start + 2 * _CONTEXT
    return f"{'…' if begin else ''}{line[begin:end]}{'…' if end < len(line) else ''}"


def _not_executed(lesson: Lesson, code_cells: list[NotebookNode], name: str) -> Iterator[str]:
    number = 0
    for cell in code_cells:
        if not cell.source.strip():
            continue
        number += 1
        if cell.execution_count != number:
            yield (
                f"{_title(name, cell)}: has number {cell.execution_count} where a run from the top gives {number}; "
                f"run: course build --force {_number(lesson)}"
            )
        failed = [output for output in cell.outputs if output.output_type == "error"]
        if failed and "raises-exception" not in cell.metadata.get("tags", []):
            yield f"{_title(name, cell)}: its output is the error {failed[0].ename}; {_remedy(lesson)}"


def _orphans(root: Path) -> Iterator[str]:
    stems = {path.stem for path in select(root)}
    for folder in ("notebooks", "solutions"):
        for path in sorted((root / folder).glob("*.ipynb")):
            if path.stem not in stems:
                yield f"{_name(path)}: has no source solutions/{path.stem}.py; write it, or delete the notebook"


def _title(where: Lesson | str, cell: NotebookNode) -> str:
    first_line = cell.source.split("\n", 1)[0]
    return f'{where if isinstance(where, str) else where.name}, cell {cell.get("id")} ("{first_line}")'


def _remedy(lesson: Lesson) -> str:
    return f"run: course build {_number(lesson)}"


def _number(lesson: Lesson) -> str:
    return lesson.path.stem.split("_")[0]


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
