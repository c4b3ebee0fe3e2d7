"""The notebooks that a source gives, byte for byte."""

import copy
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from course_utils.authoring.learner import TO_FILL_IN, learner_source
from course_utils.authoring.source import Cell, Lesson

# Nothing of the author's machine: a kernel writes its exact Python version here.
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}


def solution_notebook(lesson: Lesson, executed: list[NotebookNode] | None = None) -> NotebookNode:
    """The solved notebook; with outputs and numbers taken from `executed`, the executed code cells in order.

    `metadata.course` tells from which source it was made, and which code was executed (only if it was).
    """
    course = {"source_sha256": lesson.source_sha256}
    cells = [_cell(cell, cell.source) for cell in lesson.cells]
    if executed is not None:
        course["executed_sha256"] = lesson.code_sha256
        code_cells = [cell for cell in cells if cell.cell_type == "code"]
        for cell, run in zip(code_cells, executed, strict=True):
            cell.outputs, cell.execution_count = run.outputs, run.execution_count
    return v4.new_notebook(cells=cells, metadata=copy.deepcopy(_METADATA) | {"course": course})


def learner_notebook(lesson: Lesson) -> NotebookNode:
    """The learner's notebook: no solutions, no outputs; what is to be filled in carries nbgrader's metadata."""
    cells = [_cell(cell, learner_source(cell)) for cell in lesson.cells]
    for cell in cells:
        if TO_FILL_IN & set(cell.metadata.get("tags", [])):
            cell.metadata["nbgrader"] = {
                "schema_version": 3,
                "grade": False,
                "grade_id": cell.id,
                "locked": False,
                "solution": True,
                "task": False,
            }
    return v4.new_notebook(cells=cells, metadata=copy.deepcopy(_METADATA))


def to_text(notebook: NotebookNode) -> str:
    """The file's content, as Jupyter writes it."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def write(path: Path, text: str) -> bool:
    """Writes the file if its content differs, in one step: it is never half there. Returns whether it did."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=".", delete=False, encoding="utf-8", newline="\n"
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.close()
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink()
            raise
    return True


def _cell(cell: Cell, source: str) -> NotebookNode:
    make = v4.new_code_cell if cell.kind == "code" else v4.new_markdown_cell
    return make(source, id=cell.id, metadata=copy.deepcopy(cell.metadata))
