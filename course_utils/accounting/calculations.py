"""A calculation written as text, `conv_weights(3, 96, 11) / 1000`, evaluated exactly and without Python's eval."""

import ast
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

_OPERATIONS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
}
_LARGEST_EXPONENT = 64


@dataclass(frozen=True)
class Either:
    """One value for each convention, such as {"weights alone": 34848, "with biases": 34944}."""

    values: Mapping[str, Any]


def evaluate(calculation: str, functions: Mapping[str, Callable]) -> Any:
    """The value of a calculation: an int, a Fraction, a bool, a tuple of these, or Either.

    Calls of the given functions by name, numbers, strings, tuples, True and False, + - * / // % ** and brackets are all
    there is. A number such as 0.1 is one tenth exactly; a whole result is an int.

    Raises ValueError if anything else stands in it, if a function is not known, or if a function refuses its arguments.
    """
    try:
        tree = ast.parse(calculation.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"the calculation {calculation!r} cannot be read: {error.msg}") from None
    try:
        return _value(tree.body, functions)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(f"the calculation {calculation!r} fails: {error}") from error


def calls(calculation: str) -> set[str]:
    """The names of the functions that a calculation calls."""
    nodes = ast.walk(ast.parse(calculation.strip(), mode="eval"))
    return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


def shown(value: Any, between: str = ", ") -> str:
    """A value as the ledger writes it: 34848, 0.26875, yes; six digits where a fraction does not end.

    between: what stands between the numbers of a tuple, "x" for a volume.
    """
    if isinstance(value, Either):
        return " | ".join(f"{shown(one, between)} ({name})" for name, one in value.values.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return between.join(map(shown, value))
    if isinstance(value, int):
        return str(value)
    # Six digits, but never fewer than the whole part has.
    digits = max(0, 6 - len(str(abs(int(value))).lstrip("0")))
    while value and digits < 12 and abs(value) * 10**digits < 10**5:
        digits += 1
    text = f"{float(value):.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _value(node: ast.AST, functions: Mapping[str, Callable]) -> Any:
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.Tuple):
        return tuple(_value(one, functions) for one in node.elts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _exact(-_number(_value(node.operand, functions)))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = (_number(_value(side, functions)) for side in (node.left, node.right))
        if isinstance(node.op, ast.Pow) and (right != int(right) or abs(right) > _LARGEST_EXPONENT):
            raise ValueError(f"an exponent must be a whole number up to {_LARGEST_EXPONENT}, got {right}")
        return _exact(_OPERATIONS[type(node.op)](left, right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _call(node, functions)
    raise ValueError(f"`{ast.unparse(node)}` is not allowed in a calculation")


def _call(node: ast.Call, functions: Mapping[str, Callable]) -> Any:
    name = node.func.id
    if name not in functions:
        near = difflib.get_close_matches(name, functions, n=3)
        raise ValueError(f"no function {name!r}" + (f"; near it: {', '.join(near)}" if near else ""))
    positional = [_value(argument, functions) for argument in node.args]
    named = {keyword.arg: _value(keyword.value, functions) for keyword in node.keywords}
    return _exact(functions[name](*positional, **named))


def _constant(value: Any) -> Any:
    if isinstance(value, float):
        # repr gives the digits that were written: 0.1 is one tenth.
        return _exact(Fraction(repr(value)))
    if isinstance(value, bool | int | str):
        return value
    raise ValueError(f"{value!r} is not allowed in a calculation")


def _number(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise ValueError(f"{value!r} is no number to calculate with")
    return Fraction(value)


def _exact(value: Any) -> Any:
    """Whole fractions as int, floats as the fractions that they are; bools, tuples, texts and Either as they are."""
    if isinstance(value, tuple):
        return tuple(map(_exact, value))
    if isinstance(value, float):
        value = Fraction(value)
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value
