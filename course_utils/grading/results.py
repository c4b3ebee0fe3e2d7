"""What grading a submission gives: plain values that are kept as JSON and that feedback and gradebooks are made from."""

from dataclasses import asdict, dataclass
from typing import Any

SCHEMA = 1

# Of an item.
RIGHT, PARTLY, WRONG = "right", "partly right", "wrong"
NOT_ATTEMPTED, STOPPED, FORBIDDEN, BY_HAND = "not attempted", "stopped", "forbidden", "to be graded by hand"
# In a student's own run: an answer that can be read, and that is not judged before the class is.
READ = "can be read"
# Of a case, after the item has been stopped too often.
NOT_TRIED = "not tried"
# Of a submission.
GRADED, NOTHING, UNREADABLE, OTHER, FAILED = (
    "graded",
    "nothing submitted",
    "unreadable",
    "another assignment",
    "could not be graded",
)


@dataclass(frozen=True)
class CaseResult:
    """One case. label: what it is for; for a random case its number. shown: whether the student may see its numbers.

    what: in words, "" if right; details: further lines, such as got beside expected, for a visible case alone.
    """

    label: str
    right: bool
    shown: bool
    what: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class ItemResult:
    """One item. earned: None while a person has still to grade it. share: of the points, before rounding.

    sentences: what the student is told, plain text; misconception: its name and sentence, where one was recognised.
    """

    name: str
    points: float
    earned: float | None
    status: str
    sentences: tuple[str, ...] = ()
    misconception: tuple[str, str] | None = None
    cases: tuple[CaseResult, ...] = ()
    score: float | None = None
    answer: str = ""


@dataclass(frozen=True)
class SubmissionResult:
    """A student's grade for an assignment, or why there is none.

    student: the id on the roster; file: name of the notebook that counts; sha256: of its bytes; status: one of those
    above, never a silent zero. seed: of the random cases. submitted: ISO 8601, "" if unknown; late: days begun after the
    due time; penalty: share of the points taken for that. notes: what else student and teacher should know.
    """

    student: str
    assignment: str
    status: str
    items: tuple[ItemResult, ...] = ()
    file: str = ""
    sha256: str = ""
    seed: int = 0
    submitted: str = ""
    late: int = 0
    penalty: float = 0.0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        return sum(item.points for item in self.items)

    @property
    def earned(self) -> float | None:
        """The sum so far, less the penalty, to hundredths; None if there is no grade."""
        if self.status != GRADED:
            return None
        return round(sum(item.earned or 0.0 for item in self.items) * (1 - self.penalty), 2)

    @property
    def complete(self) -> bool:
        """Whether nothing waits for a person."""
        return self.status == GRADED and all(item.earned is not None for item in self.items)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"schema": SCHEMA, **asdict(self), "earned": self.earned, "points": self.points}


def result_from(values: dict[str, Any]) -> SubmissionResult:
    """The result from what `as_dict` gave, read back from JSON. Raises ValueError if it is not one."""
    try:
        if values["schema"] != SCHEMA:
            raise ValueError(f"its schema is {values['schema']!r}, and this course reads {SCHEMA}")
        plain = {name: value for name, value in values.items() if name not in ("schema", "earned", "points")}
        plain["items"] = tuple(_item(item) for item in plain["items"])
        plain["notes"] = tuple(plain["notes"])
        return SubmissionResult(**plain)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the result of a submission: {error!r}") from error


def _item(values: dict[str, Any]) -> ItemResult:
    cases = tuple(CaseResult(**{**case, "details": tuple(case["details"])}) for case in values["cases"])
    named = tuple(values["misconception"]) if values["misconception"] else None
    return ItemResult(**{**values, "sentences": tuple(values["sentences"]), "misconception": named, "cases": cases})
