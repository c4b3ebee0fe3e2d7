"""The code of a submission, mended where that needs no guess: magics out, halves joined, stubs gone that were filled in.

Whatever is done is noted for the student.
"""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from course_utils.grading.notebook_cells import Cell
from course_utils.grading.text import one_line

# %magic, %%magic, !command, ?name and name?, also behind `name =`.
_MAGIC = re.compile(r"\s*(?:\w[\w., ]*=\s*)?(?:%{1,2}[A-Za-z]|!|\?{1,2}\w)|\s*%{0,2}[\w.]+\?{1,2}\s*$")
_CELL_MAGIC = re.compile(r"^\s*%%(\w+)")
# Magics of a whole cell whose lines are Python all the same.
_STILL_PYTHON = {"time", "timeit", "capture", "prun", "python", "python3", "memit", "debug"}
_TRIES = 20
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class CodeCell:
    """A cell that is Python. number: of the cell in the notebook, from 1; tree: its statements, with the same lines."""

    number: int
    source: str
    tree: ast.Module


def code_cells(cells: Sequence[Cell]) -> tuple[tuple[CodeCell, ...], tuple[str, ...]]:
    """The code cells that can be run, in their order, and notes on what was left out or mended."""
    notes: list[str] = []
    found: list[CodeCell] = []
    broken: Cell | None = None
    for cell in cells:
        if cell.kind != "code":
            continue
        one, problem = _read(cell, notes)
        if one is None and (joined := _joined(broken, found, cell)):
            one, _ = _read(joined, [])
        if one is not None:
            if one.number != cell.number or (broken and broken.number == one.number):
                notes[:] = [note for note in notes if not note.startswith(f"Cell {one.number} is left out")]
                notes.append(f"Cells {one.number} and {cell.number} are two halves of one; they are read together.")
                found = [other for other in found if other.number != one.number]
            found.append(one)
            broken = None
            continue
        broken = cell
        notes.append(f"Cell {cell.number} is left out: {problem}")
    return _without_stubs(found, notes), tuple(notes)


def is_open(function: ast.AST) -> bool:
    """Whether a function still raises NotImplementedError, whatever it is called with."""
    for statement in getattr(function, "body", ()):
        if isinstance(statement, ast.Return):
            return False
        if isinstance(statement, ast.Raise) and statement.exc is not None:
            raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
            if isinstance(raised, ast.Name) and raised.id == "NotImplementedError":
                return True
    return False


def parsed(source: str) -> ast.Module | SyntaxError | str:
    """The statements of Python text; else what is wrong with it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return "its code is nested too deeply or holds characters that Python does not read."


def _read(cell: Cell, notes: list[str]) -> tuple[CodeCell | None, str]:
    """The cell as Python, or a sentence on why it is none."""
    magic = _CELL_MAGIC.match(cell.source)
    if magic and magic[1] not in _STILL_PYTHON:
        return None, f"it begins with `%%{one_line(magic[1], 40)}`, so it is not Python."
    lines, dropped = cell.source.split("\n"), []
    tree = parsed(cell.source)
    tries = 0
    while isinstance(tree, SyntaxError):
        at = [n for n in range(len(lines)) if _MAGIC.match(lines[n])]
        wrong = (tree.lineno or 0) - 1
        if not at:
            break
        # The line that Python names, so that `% b` in the middle of an expression stays; after many tries, all of them.
        chosen = [wrong] if wrong in at and tries < _TRIES else at
        for n in chosen:
            dropped.append(lines[n].strip())
            lines[n] = lines[n][: len(lines[n]) - len(lines[n].lstrip())] + "pass"
        tries += 1
        tree = parsed("\n".join(lines))
    if isinstance(tree, ast.Module):
        if dropped:
            shown = ", ".join(f"`{one_line(line, 60).replace('`', chr(39))}`" for line in dropped[:3])
            more = f" and {len(dropped) - 3} more" if len(dropped) > 3 else ""
            notes.append(f"Cell {cell.number}: not Python, and not run: {shown}{more}.")
        return CodeCell(cell.number, "\n".join(lines), tree), ""
    return None, tree if isinstance(tree, str) else _syntax_problem(tree, lines)


def _syntax_problem(error: SyntaxError, lines: list[str]) -> str:
    number = error.lineno or 0
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    code = one_line(line, 80).replace("`", "'")
    where = f" in line {number}" + (f", `{code}`" if code else "")
    return f"Python cannot read it: {one_line(error.msg, 120)}{where}."


def _joined(broken: Cell | None, found: list[CodeCell], cell: Cell) -> Cell | None:
    """This cell behind the one before it: the second half of a cell that was split, if it is one."""
    if broken is not None:
        return Cell(broken.number, "code", f"{broken.source}\n{cell.source}")
    # Only what begins indented can be the rest of a cell that is whole without it.
    if found and cell.source[:1] in (" ", "\t"):
        return Cell(found[-1].number, "code", f"{found[-1].source}\n{cell.source}")
    return None


def _without_stubs(cells: list[CodeCell], notes: list[str]) -> tuple[CodeCell, ...]:
    """The cells without the definitions that are more open than another one of the same name."""
    found: dict[str, list[tuple[int, _Definition, int]]] = {}
    for index, cell in enumerate(cells):
        for node in cell.tree.body:
            if isinstance(node, _Definition):
                found.setdefault(node.name, []).append((index, node, _open_parts(node)))
    doomed: dict[int, list[_Definition]] = {}
    for name, ones in found.items():
        least = min(count for *_, count in ones)
        for index, node, count in ones:
            if count > least:
                doomed.setdefault(index, []).append(node)
                notes.append(
                    f"Cell {cells[index].number}: the unwritten `{name}` is left out, since there is a written one."
                )
        written = [cells[index].number for index, _, count in ones if count == least]
        if len(written) > 1 and not least:
            notes.append(f"`{name}` is defined {len(written)} times; the last one, in cell {written[-1]}, counts.")
    return tuple(_without(cell, doomed.get(index, [])) for index, cell in enumerate(cells))


def _open_parts(node: _Definition) -> int:
    return sum(is_open(part) for part in _functions(node))


def _functions(node: _Definition) -> Iterator[ast.AST]:
    yield from (node.body if isinstance(node, ast.ClassDef) else [node])


def _without(cell: CodeCell, nodes: list[_Definition]) -> CodeCell:
    if not nodes:
        return cell
    lines = cell.source.split("\n")
    for node in nodes:
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        # Empty lines in their place, so that line numbers stay.
        lines[first - 1 : node.end_lineno] = [""] * (node.end_lineno - first + 1)
    source = "\n".join(lines)
    tree = parsed(source)
    return CodeCell(cell.number, source, tree) if isinstance(tree, ast.Module) else cell
