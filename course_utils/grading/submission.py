"""A submission: a file that anybody may have written, read without trusting it."""

import ast
import hashlib
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from course_utils.grading.assignments import Assignment, ExerciseItem, QualityItem, QuestionItem
from course_utils.grading.code_cells import CodeCell, code_cells
from course_utils.grading.notebook_cells import Cell, UnreadableError, cells_of
from course_utils.lessons import HOMEWORK, LESSONS

LARGEST = 20_000_000
LONGEST_ANSWER = 20_000
# What stands in the notebook where an answer in words is to be written.
_PLACEHOLDER = re.compile(r"^[ \t*_>]*YOUR ANSWER HERE.*$", re.MULTILINE)
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")

__all__ = ["LARGEST", "Submission", "UnreadableError", "read", "read_file"]


@dataclass(frozen=True)
class Submission:
    """What was read. file: its name; sha256: of its bytes; notes: what was left out or mended, for the student."""

    file: str
    sha256: str
    cells: tuple[Cell, ...]
    code: tuple[CodeCell, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def defined(self) -> dict[str, int]:
        """The number of the last cell that defines or assigns each name, as far as that can be read off."""
        found = {}
        for cell in self.code:
            for node in cell.tree.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found[node.name] = cell.number
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                found |= {name.id: cell.number for one in targets if one for name in _names(one)}
        return found

    def unread(self, name: str) -> int:
        """The number of a code cell that was left out and that seems to define this name; 0 if there is none."""
        read = {cell.number for cell in self.code}
        pattern = re.compile(rf"^[ \t]*(?:(?:async )?def |class )?{re.escape(name)}[ \t]*[(:=]", re.MULTILINE)
        left_out = (cell for cell in self.cells if cell.kind == "code" and cell.number not in read)
        return next((cell.number for cell in left_out if pattern.search(cell.source)), 0)

    def written(self, name: str) -> str:
        """The answer in words: the markdown cell of that id or, failing that, what stands below its heading."""
        wanted = {name, f"written-{name}", f"answer-{name}"}
        own = [cell for cell in self.cells if cell.kind == "markdown" and wanted & cell.names]
        answers = [answer for cell in own if (answer := _answer(cell.source))]
        return (answers[-1] if answers else _below_heading(self.cells, name))[:LONGEST_ANSWER]

    def other(self, assignment: Assignment, known: Iterable[Assignment]) -> str:
        """What this is the notebook of, if it is plainly not the assignment's; else an empty text."""
        begun = {name for cell in self.code for name in _started(cell.tree)}
        own = self._found(assignment)
        if assignment.name in begun or 2 * own >= len(assignment.items):
            return ""
        titles = {one.number: one.title for one in (*LESSONS, *HOMEWORK)}
        for name in sorted(begun):
            if name in titles:
                return f"{name}, {titles[name]}"
        best = max((one for one in known if one.name != assignment.name), key=self._found, default=None)
        return f"{best.name}, {best.title}" if best and not own and self._found(best) >= 2 else ""

    def _found(self, assignment: Assignment) -> int:
        """How many of the assignment's items there is a trace of."""
        names = {name for cell in self.cells for name in cell.names}
        return sum(
            bool(names & {f"exercise-{item.name}", f"ask-{item.name}", f"written-{item.name}"})
            or (isinstance(item, ExerciseItem | QualityItem) and item.name in self.defined)
            or (isinstance(item, QuestionItem) and item.variable in self.defined)
            for item in assignment.items
        )


def read_file(path: Path | str) -> bytes:
    """The bytes of a submission's file. Follows no link out of its folder, and waits for no pipe.

    Raises UnreadableError.
    """
    path = Path(path)
    try:
        folder, target = path.parent.resolve(strict=True), path.resolve(strict=True)
        if not target.is_relative_to(folder):
            raise UnreadableError(
                "The file is a link to a place outside of the submission. Hand in the notebook itself."
            )
        handle = os.open(target, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UnreadableError(f"The file could not be opened: {reason}.") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise UnreadableError("What was handed in is not a file.")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise UnreadableError(f"The file could not be read: {error.strerror}.") from None
    finally:
        os.close(handle)


def read(data: bytes, file: str) -> Submission:
    """The submission in these bytes of a file of that name. Raises UnreadableError."""
    if len(data) > LARGEST:
        raise UnreadableError(
            f"The file is larger than {LARGEST // 1_000_000} MB. Clear its outputs, save it, and hand it in again."
        )
    cells, notes = cells_of(data, file)
    code, more = code_cells(cells)
    return Submission(Path(file).name, hashlib.sha256(data).hexdigest(), cells, code, notes + more)


def _names(target: ast.AST) -> Iterable[ast.Name]:
    return (node for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))


def _started(tree: ast.Module) -> Iterable[str]:
    """The X of every start("X")."""
    for node in tree.body:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) == "start":
            yield from (
                one.value for one in call.args[:1] if isinstance(one, ast.Constant) and isinstance(one.value, str)
            )


def _answer(text: str) -> str:
    return _PLACEHOLDER.sub("", text).strip()


def _below_heading(cells: Iterable[Cell], name: str) -> str:
    """The text below the heading that holds the name, up to the next heading of its size or the next code."""
    wanted, level, found = _plain(name), 0, []
    for cell in cells:
        if cell.kind != "markdown":
            if level and _answer("\n".join(found)):
                break
            continue
        for line in cell.source.split("\n"):
            heading = _HEADING.match(line)
            if heading and level and len(heading[1]) <= level:
                return _answer("\n".join(found))
            if heading and not level and wanted in _plain(heading[2]):
                level = len(heading[1])
            elif level:
                found.append(line)
    return _answer("\n".join(found))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.lower()).split())
