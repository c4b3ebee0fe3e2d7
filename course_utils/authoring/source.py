"""A lesson's source, `solutions/NN_topic.py`, as a list of cells with stable ids and line numbers."""

import ast
import hashlib
import io
import json
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

# What jupytext notes about the layout of the text file; a notebook has no use for it.
_LAYOUT_METADATA = {"cell_marker", "lines_to_next_cell", "lines_to_end_of_cell_marker"}
_ID_LENGTH = 64


@dataclass(frozen=True)
class Cell:
    """One cell: kind is "code" or "markdown"; line is where its text starts in the file, from 1."""

    kind: str
    source: str
    metadata: dict[str, Any]
    id: str
    line: int

    @property
    def tags(self) -> list[str]:
        return self.metadata.get("tags", [])

    @property
    def first_line(self) -> str:
        return self.source.split("\n", 1)[0]


@dataclass(frozen=True)
class Lesson:
    """A lesson as its source gives it. name: the path as messages show it, `solutions/02_convolution_layer.py`."""

    path: Path
    name: str
    text: str
    cells: tuple[Cell, ...]

    @property
    def source_sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def code_sha256(self) -> str:
        return code_sha256([cell.source for cell in self.cells if cell.kind == "code"])


def read(path: Path) -> Lesson:
    """Reads a source in jupytext's py:percent format.

    Raises ValueError, naming file and line, if it is not Python or does not begin with a cell.
    """
    name = f"{path.parent.name}/{path.name}"
    text = path.read_text(encoding="utf-8")
    lines, starts = text.split("\n"), _starts(text, name)
    found = jupytext.reads(text, fmt="py:percent").cells
    if len(found) != len(starts):
        raise ValueError(f"{name}:1: text stands before the first cell; begin the file with `# %% [markdown]`")
    cells, used = [], set()
    for cell, start in zip(found, starts, strict=True):
        source = cell.source.strip("\n")
        metadata = {key: value for key, value in cell.metadata.items() if key not in _LAYOUT_METADATA}
        line = start + (2 if "cell_marker" in cell.metadata else 1)
        while line < len(lines) and not lines[line - 1].strip():
            line += 1
        identity = _unique_id(cell.cell_type, source, metadata, used)
        cells.append(Cell(cell.cell_type, source, metadata, identity, line))
    return Lesson(path, name, text, tuple(cells))


def select(root: Path, names: list[str] | None = None) -> list[Path]:
    """The sources in `root/solutions`, or those named by number ("02", "hw1") or stem ("02_convolution_layer").

    Raises ValueError naming a lesson that is not there.
    """
    folder = root / "solutions"
    paths = [*sorted(folder.glob("[0-9][0-9]_*.py")), *sorted(folder.glob("hw[0-9]_*.py"))]
    if names is None:
        return paths
    chosen = []
    for name in names:
        matching = [path for path in paths if name in (path.stem, path.stem.split("_")[0])]
        if not matching:
            known = ", ".join(path.stem for path in paths) or "none"
            raise ValueError(f"there is no lesson {name!r} in solutions/; there are: {known}")
        chosen += matching
    return chosen


def code_sha256(sources: list[str]) -> str:
    """What an execution depends on: the text of all code cells, in order."""
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def parse(source: str) -> ast.Module | None:
    """The cell as a syntax tree, or None if it is not plain Python."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    """Every call `name(…)` in the tree, in the order of the text."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))


def definitions(tree: ast.Module) -> list[ast.FunctionDef | ast.ClassDef]:
    """The functions and classes that a cell defines at its top level."""
    return [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def _starts(text: str, name: str) -> list[int]:
    # Python's own tokenizer knows a `# %%` inside a triple-quoted string from one that starts a cell.
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError) as error:
        line = error.args[1][0] if isinstance(error, tokenize.TokenError) else error.lineno
        raise ValueError(f"{name}:{line}: not valid Python ({error.args[0]}); close the string or bracket") from None
    return [
        token.start[0]
        for token in tokens
        if token.type == tokenize.COMMENT and token.start[1] == 0 and re.match(r"# %%(\s|$)", token.string)
    ]


def _unique_id(kind: str, source: str, metadata: dict[str, Any], used: set[str]) -> str:
    wanted = re.sub(r"[^a-zA-Z0-9_-]", "-", _wanted_id(kind, source, metadata))[:_ID_LENGTH]
    unique, count = wanted, 1
    while unique in used:
        count += 1
        unique = f"{wanted[: _ID_LENGTH - len(str(count)) - 1]}-{count}"
    used.add(unique)
    return unique


def _wanted_id(kind: str, source: str, metadata: dict[str, Any]) -> str:
    if "written" in metadata.get("tags", []) and metadata.get("name"):
        return f"written-{metadata['name']}"
    tree = parse(source) if kind == "code" else None
    if tree is not None:
        if "exercise" in metadata.get("tags", []) and definitions(tree):
            return f"exercise-{definitions(tree)[0].name}"
        for call in calls(tree, "ask"):
            if call.args and isinstance(call.args[0], ast.Constant):
                return f"ask-{call.args[0].value}"
    return f"cell-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
