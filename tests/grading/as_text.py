"""Functions of the course and of its tests as texts that a student could have put into a cell: they import nothing of it."""

import ast
import functools
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from course_utils.exercises.specification import Lazy
from course_utils.paths import ROOT


def from_file(path: Path, name: str, exercise: str = "", slip: str | None = None) -> str:
    """The function or class `name` of that file, with all that it needs of this file and of the course, called `exercise`.

    slip: if it is made with a slip, the one; what belongs to the other slips is left out. Raises ValueError if some of the
    course itself would have to be imported.
    """
    exercise = exercise or name
    parts = dict(_gathered(path, name))
    own = parts.pop(name)
    new_names = {one: f"{one.strip('_')}_of_{exercise}" for one, node in parts.items() if not _is_import(node)}
    if isinstance(own, ast.FunctionDef) and _takes(own, "slip", "kwonlyargs"):
        own.args.kwonlyargs, own.args.kw_defaults = [], []
    made_by_call = slip is not None and any(one.arg == "slip" for one in own.args.args)
    if not made_by_call:
        new_names[name] = exercise
    nodes = [*parts.values(), own]
    if slip is not None:
        nodes = [_Folded(slip).visit(node) for node in nodes]
    text = "\n\n\n".join(ast.unparse(_Renamed(new_names).visit(ast.fix_missing_locations(node))) for node in nodes)
    if made_by_call:
        text += f"\n\n\n{exercise} = {name}({slip!r})"
    if "course_utils" in text:
        raise ValueError(f"{name} of {path.name} cannot stand without the course")
    return text


def of_misconception(function: Any, exercise: str) -> str:
    """A misconception of that exercise, as its declaration gives it. Raises ValueError if it cannot stand alone."""
    if isinstance(function, Lazy):
        path, name, settings = ROOT / f"{function.module.replace('.', '/')}.py", function.name, function.settings
    elif isinstance(function, functools.partial):
        path, name, settings = Path(inspect.getfile(function.func)), function.func.__name__, function.keywords
    else:
        raise ValueError(f"{function} of {exercise} is not made from one function by its slip")
    return from_file(path, name, exercise, settings["slip"])


def with_other_names(text: str) -> str:
    """The same program with all variables of its functions called otherwise."""
    tree = ast.parse(text)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            own = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and _stored(node)}
            given = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
            _Renamed({name: f"my_{name.lower()}_{len(name)}" for name in _told_apart(own - given)}).visit(function)
    return ast.unparse(tree)


def _told_apart(names: set[str]) -> list[str]:
    """Without those that only differ by their case."""
    lower = [name.lower() for name in names]
    return [name for name in names if lower.count(name.lower()) == 1]


def _gathered(path: Path, name: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, ast.stmt]]:
    """(name, statement) of everything that `name` needs, each behind what it needs itself."""
    top = _top_level(path)
    node = _plain(top[name])
    if _is_import(node):
        module = getattr(node, "module", None) or ""
        if module.startswith("course_utils."):
            yield from _gathered(ROOT / f"{module.replace('.', '/')}.py", name, seen)
        else:
            yield name, node
        return
    for needed in _used(node):
        if needed in top and needed != name and needed not in seen:
            yield from _gathered(path, needed, (*seen, name))
    yield name, node


@functools.cache
def _parsed(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _top_level(path: Path) -> dict[str, ast.stmt]:
    """What the file defines or imports, by its name; a name that is imported stands in a statement of its own."""
    found = {}
    for node in ast.parse(_parsed(path)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import):
            found |= {one.asname or one.name: ast.Import([one]) for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {one.asname or one.name: ast.ImportFrom(node.module, [one], node.level) for one in node.names}
    return found


def _plain(node: ast.stmt) -> ast.stmt:
    """Without docstrings and annotations of functions."""
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(one) is not None:
            one.body = one.body[1:] or [ast.Pass()]
        if isinstance(one, ast.FunctionDef):
            one.returns = None
        if isinstance(one, ast.arg):
            one.annotation = None
    return node


def _used(node: ast.AST) -> Iterable[str]:
    return dict.fromkeys(one.id for one in ast.walk(node) if isinstance(one, ast.Name) and not _stored(one))


def _stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _takes(function: ast.FunctionDef, name: str, kind: str) -> bool:
    return any(one.arg == name for one in getattr(function.args, kind))


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name = self.names.get(node.name, node.name)
        self.generic_visit(node)
        return node

    visit_ClassDef = visit_FunctionDef  # noqa: N815


class _Folded(ast.NodeTransformer):
    """With the slip put in for its name, and all that is then decided taken out."""

    def __init__(self, slip: str) -> None:
        self.slip = slip

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self.slip) if node.id == "slip" and not _stored(node) else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        left, right, (operator, *more) = node.left, node.comparators[0], node.ops
        if more or not isinstance(left, ast.Constant) or not isinstance(left.value, str):
            return node
        try:
            other = ast.literal_eval(right)
        except ValueError:
            return node
        kinds = {ast.Eq: lambda: left.value == other, ast.NotEq: lambda: left.value != other}
        kinds |= {ast.In: lambda: left.value in other, ast.NotIn: lambda: left.value not in other}
        return ast.Constant(kinds[type(operator)]())

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        decisive = isinstance(node.op, ast.Or)
        if any(_is(one, decisive) for one in node.values):
            return ast.Constant(decisive)
        node.values = [one for one in node.values if not _is(one, not decisive)]
        if len(node.values) < 2:
            return node.values[0] if node.values else ast.Constant(not decisive)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return node.body if _is(node.test, True) else node.orelse if _is(node.test, False) else node

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        if _is(node.test, True):
            return node.body
        if _is(node.test, False):
            return node.orelse or None
        node.body = node.body or [ast.Pass()]
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        asked = node.func
        if not (isinstance(asked, ast.Attribute) and asked.attr == "get" and isinstance(asked.value, ast.Dict)):
            return node
        key, default = node.args
        if not isinstance(key, ast.Constant):
            return node
        found = [
            value for name, value in zip(asked.value.keys, asked.value.values, strict=True) if name.value == key.value
        ]
        return found[0] if found else default


def _is(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
