"""A learner's notebook with cells filled in: what tests need, and a lecturer who catches a class up."""

import copy
from pathlib import Path

from nbformat import NotebookNode

from course_utils.authoring.learner import TO_FILL_IN
from course_utils.authoring.source import read


def fill(notebook: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """A copy of the notebook in which the cells named by id hold the given source, with their old outputs gone.

    Raises ValueError naming an id that the notebook does not have.
    """
    filled = copy.deepcopy(notebook)
    cells = {cell.id: cell for cell in filled.cells}
    for identity, source in answers.items():
        if identity not in cells:
            raise ValueError(f"the notebook has no cell {identity!r}; it has {', '.join(cells)}")
        cell = cells[identity]
        cell.source = source
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return filled


def solutions_of(source_path: Path) -> dict[str, str]:
    """The id and the solved text of every cell of a source that is to be filled in, in order."""
    return {cell.id: cell.source for cell in read(source_path).cells if TO_FILL_IN & set(cell.tags)}
