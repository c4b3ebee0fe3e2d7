"""The claim ledger: every number that the source lectures state, beside the one that we compute.

`data/claims.csv` holds a row for each: what the lecture says, what `calculation` gives, and a verdict:

- confirmed: the lecture's number is exact;
- rounding: ours, rounded to the digits that the lecture gives, is the lecture's;
- convention: true when counted one way and not another; the calculation gives both;
- historical: nothing to compute, but a paper says so: `published(...)` gives its value and `source` the table;
- wrong: none of these. `why` says what is right and, where one can tell, how the mistake arose.
"""

import csv
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from course_utils.accounting import calculations, quoted
from course_utils.accounting.calculations import Either
from course_utils.accounting.claim_functions import FUNCTIONS
from course_utils.accounting.claim_table import ClaimTable, Counts
from course_utils.paths import DATA

SOURCES = ("css634", "nptel11", "madmo", "melbourne", "cs231n")
VERDICTS = ("confirmed", "rounding", "convention", "historical", "wrong")


@dataclass(frozen=True)
class Claim:
    """One row of the ledger, each column as text.

    id: source and number. place: the slide, section or time where the claim stands. claim: in our words. claimed: the
    number as the lecture writes it. computed: ours. unit: what is counted. lesson: the lesson that teaches it, two digits.
    calculation: what gives `computed`.
    """

    id: str
    source: str
    place: str
    claim: str
    claimed: str
    computed: str
    unit: str
    verdict: str
    why: str
    lesson: str
    calculation: str


COLUMNS = tuple(field.name for field in fields(Claim))
_SHOWN = ("source", "claim", "claimed", "computed", "unit", "verdict", "why")


@cache
def load(path: Path = DATA / "claims.csv") -> tuple[Claim, ...]:
    """All rows of the ledger.

    Raises ValueError if the columns are not those of Claim or a row has more or fewer.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path.name} must have the columns {', '.join(COLUMNS)}, got {rows.fieldnames}")
        claims = []
        for row in rows:
            if None in row or None in row.values():
                raise ValueError(f"{path.name}, line {rows.line_num}: a row must have {len(COLUMNS)} columns")
            claims.append(Claim(**row))
    return tuple(claims)


def compute(claim: Claim) -> Any:
    """The value that the claim's calculation gives now: an int, a Fraction, a bool, a tuple, or Either.

    Raises ValueError, naming the claim, if the calculation cannot be evaluated.
    """
    try:
        return calculations.evaluate(claim.calculation, FUNCTIONS)
    except ValueError as error:
        raise ValueError(f"{claim.id}: {error}") from error


def derive_verdict(claimed: str, computed: Any, historical: bool = False) -> str:
    """The verdict that follows from the numbers alone.

    claimed: as the lecture writes it. computed: as `compute` gives it. historical: the value comes from a paper.

    Raises ValueError if claimed cannot be read or has another number of values than computed.
    """
    if isinstance(computed, Either):
        each = {_comparison(claimed, value) for value in computed.values.values()}
        if "different" in each and len(each) > 1:
            return "convention"
    else:
        each = {_comparison(claimed, computed)}
    if "different" in each:
        return "wrong"
    if historical:
        return "historical"
    return "rounding" if "rounded" in each else "confirmed"


def rederive(claim: Claim) -> str:
    """The verdict of a row, from its calculation. If true, it is historical where `published` is asked.

    Raises ValueError, naming the claim, if the calculation or the claimed text cannot be read.
    """
    value, historical = compute(claim), "published" in calculations.calls(claim.calculation)
    try:
        return derive_verdict(claim.claimed, value, historical)
    except ValueError as error:
        raise ValueError(f"{claim.id}: {error}") from error


def shown(claim: Claim) -> str:
    """The column `computed` of a row: its value now, volumes as 55x55x96 where the claim is written so."""
    return calculations.shown(compute(claim), between="x" if quoted.is_volume(claim.claimed) else ", ")


def table(source: str | None = None, verdict: str | None = None, lesson: str | None = None) -> ClaimTable:
    """The rows of one source, verdict and lesson, to look at: HTML in a notebook, text in a terminal.

    Raises ValueError if there is no such source or verdict.
    """
    for name, value, known in (("source", source, SOURCES), ("verdict", verdict, VERDICTS)):
        if value is not None and value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    wanted = {"source": source, "verdict": verdict, "lesson": lesson}
    rows = [
        claim
        for claim in load()
        if all(value is None or getattr(claim, column) == value for column, value in wanted.items())
    ]
    # What was asked for is the same in every row.
    columns = tuple(column for column in _SHOWN if wanted.get(column) is None)
    return ClaimTable(columns, tuple(tuple(getattr(row, column) for column in columns) for row in rows))


def summary() -> Counts:
    """How many rows each source has of each verdict, and in all."""
    claims = load()
    rows = []
    for source in (*SOURCES, "all"):
        verdicts = [claim.verdict for claim in claims if source in (claim.source, "all")]
        rows.append((source, *(str(verdicts.count(verdict)) for verdict in VERDICTS), str(len(verdicts))))
    return Counts(("source", *VERDICTS, "all"), tuple(rows))


def _comparison(claimed: str, computed: Any) -> str:
    """ "equal", "rounded" or "different", for all numbers of the claim together."""
    numbers = quoted.parse(claimed)
    if isinstance(numbers, bool) or isinstance(computed, bool):
        if not (isinstance(numbers, bool) and isinstance(computed, bool)):
            raise ValueError(
                f"yes or no can be compared with yes or no alone: {claimed!r}, {calculations.shown(computed)}"
            )
        return "equal" if numbers == computed else "different"
    values = computed if isinstance(computed, tuple) else (computed,)
    if len(numbers) != len(values):
        raise ValueError(
            f"{claimed!r} has {len(numbers)} numbers, computed are {len(values)}: {calculations.shown(computed)}"
        )
    each = [number.matches(value) for number, value in zip(numbers, values, strict=True)]
    return next((worst for worst in ("different", "rounded") if worst in each), "equal")
