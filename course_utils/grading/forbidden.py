"""Whether a function is written with what an item forbids, read off its syntax tree: nothing is run.

Looked at are the definition of the item's name and all that it reaches: helpers, classes, assignments, by their names.
What could hide a name from such a reading, such as `eval`, is no proof of anything: it is a note for a person.
"""

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from course_utils.grading.code_cells import CodeCell
from course_utils.grading.names import Bindings, scoped_names

# What may lead to a function without its name in the code.
_HIDING = {"eval", "exec", "compile", "globals", "locals", "vars", "getattr", "setattr", "sys.modules"}
_HIDING_PARTS = {
    "__import__",
    "__dict__",
    "__getattribute__",
    "__globals__",
    "__builtins__",
    "__subclasses__",
    "import_module",
    "attrgetter",
}
_MOST_NAMES = 100
# Names that are there though nothing in the code binds them.
_GIVEN = {*dir(builtins), "__name__", "__file__", "__class__", "display", "get_ipython"}


@dataclass(frozen=True)
class Use:
    """One place in the code. cell: its number in the notebook; line: in that cell; name: as it is used there."""

    cell: int
    line: int
    name: str


@dataclass(frozen=True)
class Findings:
    """uses: of what is forbidden; doubtful: what a person should look at, since it could hide such a use."""

    uses: tuple[Use, ...] = ()
    doubtful: tuple[Use, ...] = ()


def search(code: Sequence[CodeCell], name: str, forbidden: Sequence[str]) -> Findings:
    """What the definition of `name` uses of these dotted names, through whatever aliases."""
    if not forbidden:
        return Findings()
    everywhere = Bindings(statement for cell in code for statement in cell.tree.body)
    bound = {one for cell in code for node in ast.walk(cell.tree) for one in _binds(node)} | _GIVEN
    uses, doubtful = set(), set()
    for cell, statement in _reached(code, name):
        inside = Bindings([statement], functions=True)
        for node, dotted, local in scoped_names(statement):
            place = Use(cell.number, node.lineno, dotted)
            tables = (inside, everywhere) if local else (everywhere,)
            full_names = _resolved(dotted, tables)
            if any(_matches(full, one) for full in full_names for one in forbidden):
                # A name that is bound in another way as well may be something of the student's own.
                (doubtful if dotted.partition(".")[0] in tables[0].own else uses).add(place)
                continue
            unknown = dotted.partition(".")[0] not in bound and not everywhere.stars
            # The package itself, handed to somebody who may look into it by other means.
            whole = any(one.startswith(f"{full}.") for full in full_names for one in forbidden)
            if _hides(dotted) or unknown or whole:
                doubtful.add(place)
    return Findings(
        *(tuple(sorted(found, key=lambda use: (use.cell, use.line, use.name))) for found in (uses, doubtful))
    )


def sentence(use: Use, name: str) -> str:
    """What the student is told about a use."""
    kind = "array" if use.name.startswith(("np.", "numpy.")) else "tensor"
    return (
        f"`{use.name}`, in line {use.line} of cell {use.cell}, may not be used for `{name}`. "
        f"Write that step yourself, with {kind} operations such as products, sums and slices, or with your own functions."
    )


def _resolved(dotted: str, tables: Sequence[Bindings]) -> set[str]:
    """The full names that a dotted name may have. The first table is that of its own scope."""
    found, open_names = set(), [(dotted, tables[:1])]
    while open_names and len(found) < _MOST_NAMES:
        one, own = open_names.pop()
        if one in found:
            continue
        found.add(one)
        root, dot, rest = one.partition(".")
        targets = {target for table in own for target in table.aliases.get(root, ()) if target != root}
        if not targets and root not in tables[0].own | tables[-1].own | set(dir(builtins)):
            known = any(root in table.aliases for table in tables)
            found |= set() if known else {f"{star}.{one}" for table in tables for star in table.stars}
        open_names += [(target + dot + rest, tables) for target in targets]
    return found


def _reached(code: Sequence[CodeCell], name: str) -> Iterator[tuple[CodeCell, ast.stmt]]:
    """The top-level statements that bind the name, or a name which those use, and so on."""
    binding: dict[str, list[tuple[int, CodeCell, ast.stmt]]] = {}
    statements = [(cell, statement) for cell in code for statement in cell.tree.body]
    defined = {getattr(statement, "name", "") for _, statement in statements}
    for index, (cell, statement) in enumerate(statements):
        for bound in _bound(statement, defined):
            binding.setdefault(bound, []).append((index, cell, statement))
    open_names, seen, taken = [name], {name}, set()
    while open_names:
        for index, cell, statement in binding.get(open_names.pop(), ()):
            if index in taken:
                continue
            taken.add(index)
            yield cell, statement
            used = {dotted.partition(".")[0] for _, dotted, local in scoped_names(statement) if not local} - seen
            seen |= used
            open_names += used


def _bound(statement: ast.stmt, defined: set[str]) -> set[str]:
    """The names that a top-level statement binds, or changes something of, also from within a function."""
    found = {getattr(statement, "name", "")}
    inner = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    for node in ast.walk(statement):
        if isinstance(node, ast.Global):
            found |= set(node.names)
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            found |= {_root(node)} & defined if inner else {_root(node)}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not inner:
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not inner:
            found.add(node.name)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setattr" and node.args:
            found |= {_root(node.args[0])} & defined
    return found - {""}


def _binds(node: ast.AST) -> Iterator[str]:
    """The names that a piece of code binds, in whatever way a reader can see."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    else:
        # Definitions, parameters, what `except` and `match` catch.
        names = (getattr(node, part, None) for part in ("name", "arg", "rest"))
        yield from (name for name in names if isinstance(name, str))


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _hides(dotted: str) -> bool:
    return dotted in _HIDING or bool(_HIDING_PARTS & set(dotted.split(".")))


def _matches(full: str, forbidden: str) -> bool:
    """Whether it is the forbidden thing, a part of it, or the same thing at another place of the same package."""
    if full == forbidden or full.startswith(forbidden + "."):
        return True
    parts, own = full.split("."), forbidden.split(".")
    if len(own) < 2 or parts[0] != own[0]:
        return False
    return parts[-1] == own[-1] or (own[-1][:1].isupper() and own[-1] in parts[1:])
