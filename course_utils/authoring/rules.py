"""The rules that a lesson's source keeps, each with a remedy. What a lesson must hold is in the style guide."""

import ast
import difflib
import re
from collections.abc import Iterator

from course_utils.authoring.learner import ALIKE, BEGIN, END, answers, is_plain_answer, learner_source
from course_utils.authoring.source import Cell, Lesson, calls, definitions, parse

CODE_LINES = 25
# As the formatter breaks code (solutions/ruff.toml); it leaves docstrings and f-strings to their author.
LINE_LENGTH = 110
CODE_CELLS_WITHOUT_PROSE = 3
# A misspelt one of these would leave an answer in the learner's notebook, or let an error pass.
_TAGS_THAT_MATTER = ("exercise", "question", "written", "raises-exception", "shows-stderr")

Found = Iterator[tuple[int, str]]


def problems(lesson: Lesson) -> list[str]:
    """One line a broken rule: `solutions/02_topic.py:41: what is wrong; what to do`, in the order of the file."""
    found = list(_across_cells(lesson.cells))
    for cell in lesson.cells:
        found += _in_any_cell(cell)
        found += _in_code(cell) if cell.kind == "code" else _in_prose(cell)
    return [f"{lesson.name}:{line}: {what}" for line, what in sorted(found)]


def _across_cells(cells: tuple[Cell, ...]) -> Found:
    level = code_cells = 0
    for cell in cells:
        code_cells = code_cells + 1 if cell.kind == "code" else 0
        if code_cells == CODE_CELLS_WITHOUT_PROSE + 1:
            yield cell.line, f"{code_cells} code cells without prose between; add a markdown cell or join two"
        for line, marks, _ in _headings(cell):
            if marks > level + 1:
                yield line, f"a heading of level {marks} follows one of level {level}; use {'#' * (level + 1)}"
            level = marks


def _in_any_cell(cell: Cell) -> Found:
    for tag in cell.tags:
        close = difflib.get_close_matches(tag, _TAGS_THAT_MATTER, n=1, cutoff=0.8)
        if close and tag not in _TAGS_THAT_MATTER:
            yield cell.line, f"the tag {tag!r} is unknown; write {close[0]!r}"
    if "written" in cell.tags and (cell.kind != "markdown" or not cell.metadata.get("name")):
        yield (
            cell.line,
            'a written answer is a markdown cell with a name; write `# %% [markdown] tags=["written"] name="why"`',
        )
    opened = None
    for line, text in _lines(cell):
        if BEGIN.match(text):
            if opened is not None:
                yield line, f"BEGIN SOLUTION inside the region begun in line {opened}; end that one first"
            elif "exercise" not in cell.tags or cell.kind != "code":
                yield line, 'a solution marker outside an exercise; give the cell tags=["exercise"]'
            opened = line
        elif END.match(text):
            if opened is None:
                yield line, "END SOLUTION without a BEGIN; add `### BEGIN SOLUTION about N lines` above"
            opened = None
        elif ALIKE.match(text):
            yield line, "not a marker as it stands; write `### BEGIN SOLUTION about N lines` or `### END SOLUTION`"
    if opened is not None:
        yield opened, "BEGIN SOLUTION without an end; add `### END SOLUTION` in the same cell"


def _in_code(cell: Cell) -> Found:
    tree = parse(cell.source)
    if tree is None:
        yield cell.line, "the cell is not plain Python; mend its syntax, and leave out magics (%, !)"
        return
    lines = [(line, text) for line, text in _lines(cell) if not (BEGIN.match(text) or END.match(text))]
    if len(lines) > CODE_LINES:
        yield cell.line, f"a code cell of {len(lines)} lines; the most is {CODE_LINES}: split it"
    for line, text in lines:
        if len(text) > LINE_LENGTH:
            yield line, f"a line of {len(text)} characters; the most is {LINE_LENGTH}: break it"
    for node in ast.walk(tree):
        line = cell.line + getattr(node, "lineno", 1) - 1
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            yield line, f"a star import; import the names that the lesson uses: from {node.module} import …"
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path":
            yield line, "a change of sys.path; what a lesson imports belongs into the package"
    if "exercise" in cell.tags:
        yield from _in_exercise(cell, tree)
    elif "question" in cell.tags:
        yield from _in_question(cell, tree)
    elif calls(tree, "ask"):
        yield cell.line, 'ask(…) in a cell that would show its answer; give the cell tags=["question"]'


def _in_exercise(cell: Cell, tree: ast.Module) -> Found:
    defined = definitions(tree)
    if len(defined) != 1:
        yield cell.line, f"an exercise cell with {len(defined)} definitions; it needs one function or class"
        return
    name = defined[0].name
    if ast.unparse(tree.body[-1]) != f"check({name})":
        yield cell.line, f"exercise {name} is not checked; end the cell with check({name})"
    if not any(BEGIN.match(text) for _, text in _lines(cell)):
        yield cell.line, f"exercise {name} has no solution region; add `### BEGIN SOLUTION about N lines`"
    elif parse(learner_source(cell)) is None:
        yield cell.line, f"without its solution, {name} is not valid Python; let the markers enclose whole statements"


def _in_question(cell: Cell, tree: ast.Module) -> Found:
    if not calls(tree, "ask"):
        yield cell.line, f'question cell {cell.id} asks nothing; end it with ask("question-id", name)'
    if not answers(tree):
        yield cell.line, f"question cell {cell.id} has no `name = value  # comment` for the learner to fill in"
    lines = cell.source.split("\n")
    for node in answers(tree):
        if not is_plain_answer(node, lines):
            line = cell.line + node.lineno - 1
            yield line, f"an answer in {cell.id} is not one line `name = value  # comment`; write it as one, or two"


def _in_prose(cell: Cell) -> Found:
    minutes = cell.metadata.get("minutes")
    for line, marks, title in _headings(cell):
        if marks == 2 and (not isinstance(minutes, int | float) or minutes <= 0):
            yield line, f"section {title!r} has no minutes; write `# %% [markdown] minutes=6`"
    for line, text in _lines(cell):
        if re.search(r"!\[[^\]]*\]\(\s*<?(https?:)?//|<img[^>]*src\s*=\s*[\"']?(https?:)?//", text):
            yield line, "an image by URL; draw it in course_utils.figures"


def _headings(cell: Cell) -> Iterator[tuple[int, int, str]]:
    """Line, level and title of every heading outside a fenced block."""
    fenced = False
    for line, text in _lines(cell) if cell.kind == "markdown" else ():
        if text.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and (heading := re.match(r"(#{1,6})\s+(.*)", text)):
            yield line, len(heading[1]), heading[2].strip()


def _lines(cell: Cell) -> Iterator[tuple[int, str]]:
    return enumerate(cell.source.split("\n"), start=cell.line)
