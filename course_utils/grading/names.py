"""Names in Python code: which are used where, which are local there, and which dotted names they stand for."""

import ast
from collections.abc import Iterable, Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_LONGEST = 1000


class Bindings:
    """What names are bound to. aliases: to which dotted names; stars: modules whose names are all imported.

    own: names that are bound in another way as well, as parameters, definitions or results. functions: look into these.
    """

    def __init__(self, statements: Iterable[ast.stmt], functions: bool = False) -> None:
        self.aliases: dict[str, set[str]] = {}
        self.stars: set[str] = set()
        self.own: set[str] = set()
        for statement in statements:
            for node in ast.walk(statement) if functions else _outside_of_functions(statement):
                self._note(node)

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for one in node.names:
                first = one.name.partition(".")[0]
                self._alias(one.asname or first, one.name if one.asname else first)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                if one.name == "*":
                    self.stars.add(node.module)
                else:
                    self._alias(one.asname or one.name, f"{node.module}.{one.name}")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.own.add(node.name)
        elif isinstance(node, ast.arg):
            self.own.add(node.arg)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            self._bind(node.target, node.value)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension | ast.AugAssign):
            self._bind(node.target, None)
        elif isinstance(node, ast.withitem) and node.optional_vars:
            self._bind(node.optional_vars, None)

    def _bind(self, target: ast.AST, value: ast.AST | None) -> None:
        open_pairs = [(target, value)]
        while open_pairs:
            one, what = open_pairs.pop()
            if isinstance(one, ast.Tuple | ast.List):
                values = what.elts if isinstance(what, ast.Tuple | ast.List) else []
                fits = len(values) == len(one.elts)
                open_pairs += [(inner, values[n] if fits else None) for n, inner in enumerate(one.elts)]
            elif isinstance(one, ast.Name) and (dotted := dotted_name(what)):
                self._alias(one.id, dotted)
            elif isinstance(one, ast.Name):
                self.own.add(one.id)

    def _alias(self, name: str, target: str) -> None:
        self.aliases.setdefault(name, set()).add(target)


def scoped_names(statement: ast.stmt) -> Iterator[tuple[ast.AST, str, bool]]:
    """(node, dotted name, whether its first part is local to a function there) for the longest names that are read."""
    open_nodes: list[tuple[ast.AST, frozenset[str]]] = [(statement, frozenset())]
    while open_nodes:
        node, local = open_nodes.pop()
        if dotted := dotted_name(node):
            if isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
                yield node, dotted, dotted.partition(".")[0] in local
            continue
        if isinstance(node, _Function):
            outer = [*getattr(node, "decorator_list", []), *node.args.defaults, *filter(None, node.args.kw_defaults)]
            body = node.body if isinstance(node.body, list) else [node.body]
            inner = local | _locals(node.args, body)
            open_nodes += [(one, local) for one in outer] + [(one, inner) for one in body]
        elif isinstance(node, _Comprehension):
            inner = local | {name.id for part in node.generators for name in _stored(part.target)}
            open_nodes += [(one, inner) for one in ast.iter_child_nodes(node)]
        else:
            open_nodes += [(one, local) for one in ast.iter_child_nodes(node)]


def dotted_name(node: ast.AST | None) -> str | None:
    """a.b.c of such a name, also of getattr(a.b, "c"), import_module("a.b") and sys.modules["a"]; None for all else."""
    parts: list[str] = []
    for _ in range(_LONGEST):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Name):
            return ".".join([node.id, *reversed(parts)])
        elif isinstance(node, ast.Call):
            function = getattr(node.func, "id", getattr(node.func, "attr", ""))
            texts = [_text(one) for one in node.args]
            if function == "getattr" and len(texts) >= 2 and texts[1]:
                parts.append(texts[1])
                node = node.args[0]
            elif function in ("import_module", "__import__") and texts and texts[0]:
                return ".".join([texts[0], *reversed(parts)])
            else:
                return None
        elif isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "modules" and _text(node.slice):
            return ".".join([_text(node.slice), *reversed(parts)])
        else:
            return None
    return None


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _locals(arguments: ast.arguments, body: list[ast.AST]) -> set[str]:
    found = {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}
    shared: set[str] = set()
    for statement in body:
        for node in _outside_of_functions(statement):
            if isinstance(node, ast.Global):
                shared |= set(node.names)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                found |= {one.asname or one.name.partition(".")[0] for one in node.names}
    return found - shared


def _stored(target: ast.AST) -> Iterator[ast.Name]:
    return (node for node in ast.walk(target) if isinstance(node, ast.Name))


def _outside_of_functions(statement: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those within the functions that it defines; a function itself is among them."""
    open_nodes = [statement]
    while open_nodes:
        node = open_nodes.pop()
        yield node
        if not isinstance(node, _Function):
            open_nodes += ast.iter_child_nodes(node)
