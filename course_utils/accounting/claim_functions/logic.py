"""What calculations need besides arithmetic: conventions side by side, comparisons, rounding."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

from course_utils.accounting.calculations import Either


def either(*names_and_values: Any) -> Either:
    """One value for each convention: either("weights alone", 34848, "with biases", 34944)."""
    names, values = names_and_values[::2], names_and_values[1::2]
    if len(names) != len(values) or len(values) < 2 or not all(isinstance(name, str) for name in names):
        raise ValueError("either takes at least two pairs of a name and a value")
    return Either(dict(zip(names, values, strict=True)))


def equal(*values: Any) -> bool:
    """Whether all values are the same."""
    return all(value == values[0] for value in values)


def less(*values: Any) -> bool:
    """Whether each value is smaller than the next."""
    return all(left < right for left, right in pairwise(values))


def total(*values: Any) -> Fraction | int:
    """The sum of all values."""
    return sum(values)


def percent(part: Fraction | int, whole: Fraction | int) -> Fraction:
    """100 part / whole."""
    return 100 * Fraction(part) / Fraction(whole)


FUNCTIONS = (either, equal, less, total, percent)
