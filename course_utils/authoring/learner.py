"""What the learner's version of a cell holds: stubs for solutions, `...` for answers, a line to write an answer under."""

import ast
import io
import re
import tokenize

from course_utils.authoring.source import Cell

BEGIN = re.compile(r"^(?P<indent> *)### BEGIN SOLUTION (?P<size>about \d+ lines?)$")
END = re.compile(r"^ *### END SOLUTION$")
# Anything that was meant to be a marker; what is not exactly one would leave a solution in the learner's notebook.
ALIKE = re.compile(r"^\s*#+\s*(BEGIN|END)\s+SOLUTION", re.IGNORECASE)

# The tags of cells that are not the learner's as they are the author's.
TO_FILL_IN = {"exercise", "question", "written"}
# What stands in a homework where an answer in words is to be written.
WRITE_HERE = "*YOUR ANSWER HERE: click twice, write over this line, then press Shift and Enter.*"


def learner_source(cell: Cell) -> str:
    """The text of the cell in the learner's notebook. The cell must have passed `rules.problems`."""
    if "exercise" in cell.tags:
        return _without_solutions(cell.source)
    if "question" in cell.tags:
        return _without_answers(cell.source)
    return WRITE_HERE if "written" in cell.tags else cell.source


def answers(tree: ast.Module) -> list[ast.stmt]:
    """The statements of a question cell that give an answer away: its top-level assignments."""
    return [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)]


def is_plain_answer(node: ast.stmt, lines: list[str]) -> bool:
    """Whether the statement is `name = value  # comment`, alone on one line."""
    return (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and node.lineno == node.end_lineno
        and lines[node.lineno - 1].encode()[node.end_col_offset :].decode().lstrip()[:1] in ("", "#")
        and node.col_offset == 0
    )


def _without_solutions(source: str) -> str:
    kept, inside = [], False
    for line in source.split("\n"):
        if begin := BEGIN.match(line):
            inside = True
            kept.append(f"{begin['indent']}# YOUR CODE HERE: {begin['size']}")
            kept.append(f"{begin['indent']}raise NotImplementedError")
        elif END.match(line):
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def _without_answers(source: str) -> str:
    lines = source.split("\n")
    for node in answers(ast.parse(source)):
        comment = _comment(lines[node.lineno - 1])
        lines[node.lineno - 1] = f"{node.targets[0].id} = ...{'  ' + comment if comment else ''}"
    return "\n".join(lines)


def _comment(line: str) -> str:
    tokens = tokenize.generate_tokens(io.StringIO(line).readline)
    return next((token.string for token in tokens if token.type == tokenize.COMMENT), "")
