"""The cells of a notebook as a student may hand it in: any version, with whatever is missing, moved or doubled.

Read by hand and not by nbformat, which refuses much that a person can still read.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_CELLS = 5_000
# Python takes seconds to read the longest texts that are written to that end.
LONGEST_CELL = 100_000
LONGEST_TEXT = 1_000_000
# Brackets and commas: what makes small files large in memory.
MOST_PARTS = 3_000_000
# Of a script: what begins a cell, its names, and text in quotes instead of comments.
_MARK = re.compile(r"#\s?%%+(?:\s(.*))?$")
_MARKED = {"markdown": ("markdown", "md"), "raw": ("raw",)}
_NAMED = re.compile(r'\b(id|name)"?[=:] ?"([^"]{1,200})"')
_QUOTED = re.compile(r'[rR]?("""|\'\'\')\n?(.*?)\n?\1', re.DOTALL)
_LONGEST_MARK = 1_000


class UnreadableError(Exception):
    """What was handed in is no notebook. The text says why, and what to do, in one sentence for the student."""


@dataclass(frozen=True)
class Cell:
    """One cell. number: its place in the notebook, from 1; kind: "code" or "markdown"; names: its id and grade_id."""

    number: int
    kind: str
    source: str
    names: frozenset[str] = frozenset()


def cells_of(data: bytes, file: str = "") -> tuple[tuple[Cell, ...], tuple[str, ...]]:
    """The cells, and notes on what could not be read. A file whose name ends in .py is read as jupytext's percent format.

    Raises UnreadableError.
    """
    if not data.strip():
        raise UnreadableError("The file is empty.")
    raw = _cells_of_script(data) if file.lower().endswith(".py") else _cells_of_notebook(data)
    if len(raw) > MOST_CELLS:
        raise UnreadableError(f"The notebook has {len(raw):,} cells, and at most {MOST_CELLS:,} are read.")
    cells, notes, length = [], [], 0
    for number, one in enumerate(raw, 1):
        source = _source(one) if isinstance(one, dict) else None
        if source is None:
            notes.append(f"Cell {number} has no text that could be read; it is left out.")
            continue
        if len(source) > LONGEST_CELL:
            notes.append(
                f"Cell {number} has {len(source):,} characters, and at most {LONGEST_CELL:,} are read; it is left out."
            )
            continue
        length += len(source)
        if length > LONGEST_TEXT:
            raise UnreadableError(f"The notebook's cells have more than {LONGEST_TEXT:,} characters of text together.")
        if kind := _kind(one):
            cells.append(Cell(number, kind, source, frozenset(_names(one))))
    return tuple(cells), tuple(notes)


def _cells_of_notebook(data: bytes) -> list[Any]:
    if sum(data.count(sign) for sign in (b"[", b"{", b",")) > MOST_PARTS:
        raise UnreadableError(
            "The file has too many parts to be a notebook. Clear its outputs, save it, and hand it in again."
        )
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError):
        raise UnreadableError(
            "The file is not a notebook: it is no JSON. Hand in the .ipynb file itself, as Jupyter saves it."
        ) from None
    if not isinstance(notebook, dict):
        raise UnreadableError(
            "The file is JSON, but not a notebook. Hand in the .ipynb file itself, as Jupyter saves it."
        )
    cells = notebook.get("cells")
    if cells is None and isinstance(sheets := notebook.get("worksheets"), list):
        # Version 3 and older.
        lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        cells = [cell for one in lists if isinstance(one, list) for cell in one]
    if not isinstance(cells, list):
        raise UnreadableError("The file is JSON, but not a notebook: it has no list of cells.")
    return cells


def _cells_of_script(data: bytes) -> list[Any]:
    """Read by hand as well: a header in YAML can be written so that it grows without end."""
    try:
        lines = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    except UnicodeDecodeError:
        raise UnreadableError("The .py file is not text in UTF-8. Save it as UTF-8 and hand it in again.") from None
    if lines and lines[0].rstrip() == "# ---":
        ends = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "# ---"), 0)
        lines = lines[ends + 1 :]
    cells: list[dict[str, Any]] = [{"cell_type": "code", "source": []}]
    for line in lines:
        if found := _MARK.match(line):
            cells.append(_marked((found[1] or "")[:_LONGEST_MARK]))
        else:
            cells[-1]["source"].append(f"{line}\n")
    for cell in cells:
        text = "".join(cell["source"]).strip("\n")
        cell["source"] = _uncommented(text) if cell["cell_type"] == "markdown" else text
    return [cell for cell in cells if cell["source"] or cell is not cells[0]]


def _marked(rest: str) -> dict[str, Any]:
    """An empty cell of the kind and with the names that stand behind its # %%."""
    kind = next((kind for kind, words in _MARKED.items() if any(f"[{word}]" in rest for word in words)), "code")
    return {"cell_type": kind, "source": [], "metadata": dict(_NAMED.findall(rest))}


def _uncommented(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted[2] if quoted else "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.split("\n"))


def _kind(cell: Mapping[str, Any]) -> str:
    """ "code" or "markdown", or "" for a cell that holds neither. A cell that does not say is taken as code."""
    kind = cell.get("cell_type", "code")
    return {"heading": "markdown", "code": "code", "markdown": "markdown"}.get(
        kind if isinstance(kind, str) else "", ""
    )


def _source(cell: Mapping[str, Any]) -> str | None:
    found = cell.get("source", cell.get("input"))
    lines = [found] if isinstance(found, str) else list(_strings(found)) if isinstance(found, list) else None
    if lines is None:
        return None
    text = "".join(lines).replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ")
    level = cell.get("level", 1)
    if cell.get("cell_type") == "heading" and isinstance(level, int):
        text = f"{'#' * min(max(level, 1), 6)} {text}"
    # A lone half of a pair cannot be written to any file or pipe.
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _strings(found: list[Any]) -> Iterator[str]:
    for one in found:
        if isinstance(one, str):
            yield one
        elif isinstance(one, list):
            yield from (inner for inner in one if isinstance(inner, str))


def _names(cell: Mapping[str, Any]) -> Iterator[str]:
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    graded = metadata.get("nbgrader")
    graded = graded if isinstance(graded, dict) else {}
    for name in (cell.get("id"), metadata.get("id"), metadata.get("name"), graded.get("grade_id")):
        if isinstance(name, str) and name:
            yield name
