"""The evaluator of the ledger's calculations: exact, and safe."""

from fractions import Fraction

import pytest

from course_utils.accounting.calculations import Either, calls, evaluate, shown

FUNCTIONS = {"double": lambda value: 2 * value, "pair": lambda a, b=1: (a, b), "refuse": lambda: int("x")}


@pytest.mark.parametrize(
    ("calculation", "value"),
    [
        ("1 + 2 * 3", 7),
        ("0.1 * 3", Fraction(3, 10)),
        ("7 / 2", Fraction(7, 2)),
        ("7 // 2", 3),
        ("7 % 4", 3),
        ("-2 ** 2", -4),
        ("2 ** 20", 1_048_576),
        ("(4 - 1) / 3", 1),
        ("double(21)", 42),
        ("pair(1, b=2)", (1, 2)),
        ("1, double(1.5)", (1, 3)),
        ("True", True),
    ],
)
def test_values(calculation, value):
    result = evaluate(calculation, FUNCTIONS)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "calculation",
    [
        "__import__('os')",
        "double.__globals__",
        "().__class__",
        "[1, 2]",
        "{1: 2}",
        "lambda: 1",
        "double(*[1])",
        "double(**{'value': 1})",
        "double(**1)",
        "x",
        "1 if True else 2",
        "f'{1}'",
        "1 < 2",
        "9 ** 999999",
        "'a' * 3",
        "b'1'",
        "None",
        "1 +",
        "",
    ],
)
def test_nothing_else_is_evaluated(calculation):
    with pytest.raises(ValueError, match="calculation"):
        evaluate(calculation, FUNCTIONS)


def test_an_unknown_function_is_named_with_near_ones():
    with pytest.raises(ValueError, match=r"no function 'duble'; near it: double"):
        evaluate("duble(1)", FUNCTIONS)


@pytest.mark.parametrize("calculation", ["refuse()", "double()", "1 / 0"])
def test_a_failing_calculation_is_named(calculation):
    with pytest.raises(ValueError, match="calculation"):
        evaluate(calculation, FUNCTIONS)


def test_calls():
    assert calls("double(1) + pair(double(2))") == {"double", "pair"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (60_965_224, "60965224"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(871112, 100_000), "8.71112"),
        (Fraction(1, 10_000), "0.0001"),
        (Fraction(1, 10**9), "0.000000001"),
        (Fraction(-1, 4), "-0.25"),
        (True, "yes"),
        ((55, 55, 96), "55, 55, 96"),
        (Either({"a": 1, "b": Fraction(1, 2)}), "1 (a) | 0.5 (b)"),
    ],
)
def test_shown(value, text):
    assert shown(value) == text


def test_a_volume_is_shown_with_x():
    assert shown((55, 55, 96), between="x") == "55x55x96"
