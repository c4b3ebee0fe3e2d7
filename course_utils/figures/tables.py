"""Tables drawn as cells: which class is taken for which, and which map sees which."""

from collections.abc import Sequence

import numpy as np

from course_utils.figures.arguments import as_matrix
from course_utils.figures.diagram import Diagram, readable_on
from course_utils.figures.drawing import BLUE, INK, PAPER, RULE, SMALL, Drawing, plural, style

# From paper to the darkest blue of the palette.
_LIGHT, _DARK = np.array([1.0, 1.0, 1.0]), np.array([0.0, 0.447, 0.698])


@style()
def confusion_matrix(counts: np.ndarray, classes: Sequence[str] | None = None) -> Drawing:
    """How often each true class, a row, was read as each class, a column: (C, C) whole numbers. Colour marks the errors.

    The diagonal, what was read right, stays white: its numbers are so large that errors would vanish beside them.
    """
    counts = as_matrix(counts, "counts", most=20)
    if counts.shape[0] != counts.shape[1] or (counts < 0).any() or (counts % 1).any():
        raise ValueError(f"counts must be a square matrix of whole numbers from 0 on, got shape {counts.shape}")
    names = [str(number) for number in range(len(counts))] if classes is None else list(map(str, classes))
    if len(names) != len(counts):
        raise ValueError(f"classes must hold a name for each of the {len(counts)} rows, got {len(names)}")
    errors = counts * (1 - np.eye(len(counts)))
    most = max(errors.max(), 1)
    size, left, top = len(counts), 2.6, 1.5
    diagram = Diagram(left + size + 0.2, top + size + 0.2)
    for (i, j), count in np.ndenumerate(counts):
        shade = _LIGHT + (_DARK - _LIGHT) * errors[i, j] / most
        diagram.box(left + j, top + i, face=shade, edge=RULE, lw=0.8)
        if count:
            weight = "bold" if i == j else "normal"
            diagram.text(left + j + 0.5, top + i + 0.5, f"{count:g}", color=readable_on(shade), weight=weight)
    for i, name in enumerate(names):
        diagram.text(left - 0.2, top + i + 0.5, name, ha="right")
        diagram.text(left + i + 0.5, top - 0.35, name)
    diagram.text(left + size / 2, top - 1.1, "read as")
    diagram.text(0.5, top + size / 2, "true class", rotation=90)
    right, total = int(np.trace(counts)), int(counts.sum())
    worst = np.unravel_index(errors.argmax(), errors.shape)
    told = (
        f"the most frequent error, {plural(int(errors.max()), 'time')}, reads {names[worst[0]]} as {names[worst[1]]}"
        if errors.any()
        else "there is no error"
    )
    return diagram.finish(f"A confusion matrix of {len(counts)} classes: {right:,} of {total:,} are right; {told}.")


@style()
def connection_table(connections: np.ndarray, rows: str, columns: str) -> Drawing:
    """A filled cell where a map of the next layer, a column, sees a map of this one, a row: (columns, rows) truth values."""
    table = np.asarray(connections, dtype=bool)
    if table.ndim != 2 or max(table.shape) > 20:
        raise ValueError(f"connections must be a (columns, rows) matrix of at most 20 by 20, got shape {table.shape}")
    across, down = table.shape
    left, top = 2.4, 1.5
    diagram = Diagram(left + across + 0.2, top + down + 1.2)
    for i, j in np.ndindex(down, across):
        diagram.box(left + j, top + i, face=BLUE if table[j, i] else PAPER, edge=RULE, lw=0.8)
    for i in range(down):
        diagram.text(left - 0.2, top + i + 0.5, str(i), ha="right")
    for j in range(across):
        diagram.text(left + j + 0.5, top - 0.35, str(j))
        diagram.text(left + j + 0.5, top + down + 0.4, str(table[j].sum()), color=INK, weight="bold")
    diagram.text(left - 0.2, top + down + 0.4, "sees", ha="right", size=SMALL)
    diagram.text(left + across / 2, top - 1.1, columns)
    diagram.text(0.45, top + down / 2, rows, rotation=90)
    return diagram.finish(
        f"A table of {down} {rows} by {across} {columns}: {int(table.sum())} of {table.size} connections exist; the columns "
        f"see {', '.join(str(count) for count in table.sum(axis=1))} maps."
    )
