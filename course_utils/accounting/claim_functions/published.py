"""What nobody can compute: error rates, years and settings, as papers and competitions report them.

`data/published.csv` has a row for each: key, value, unit, and the source with its section or table.
"""

import csv
import difflib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from course_utils.paths import DATA


@dataclass(frozen=True)
class Fact:
    """A published number. value: as text, several separated by ", ". source: paper, section or table."""

    key: str
    value: str
    unit: str
    source: str


@cache
def facts(path: Path = DATA / "published.csv") -> dict[str, Fact]:
    """All facts by key. Raises ValueError if a key stands twice or a row has no source."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [Fact(**row) for row in csv.DictReader(file)]
    found: dict[str, Fact] = {}
    for fact in rows:
        if fact.key in found:
            raise ValueError(f"{path.name} has two rows for {fact.key!r}")
        if not fact.source:
            raise ValueError(f"{path.name}: {fact.key!r} has no source")
        found[fact.key] = fact
    return found


def published(key: str) -> Fraction | bool | tuple[Fraction, ...]:
    """The published value of that name: a number, several, or yes and no.

    Raises ValueError if there is no such key, naming near ones.
    """
    known = facts()
    if key not in known:
        near = difflib.get_close_matches(key, known, n=3)
        raise ValueError(f"nothing is published as {key!r}" + (f"; near it: {'; '.join(near)}" if near else ""))
    value = known[key].value
    if value in ("yes", "no"):
        return value == "yes"
    numbers = tuple(Fraction(part) for part in value.split(", "))
    return numbers if len(numbers) > 1 else numbers[0]


FUNCTIONS = (published,)
