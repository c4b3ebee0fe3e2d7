"""When work is due, how late it is, and what that takes from the points."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta


@dataclass(frozen=True)
class LatePolicy:
    """due: None if nothing is ever late. per_day: percent of the points that each day begun takes. grace: minutes after
    due that do not count; whoever is later than that is late from due on. most: percent that lateness can take.

    Raises ValueError that names what is out of its range.
    """

    due: datetime | None = None
    per_day: float = 0.0
    grace: float = 0.0
    most: float = 100.0

    def __post_init__(self) -> None:
        for name in ("per_day", "most"):
            if not 0 <= getattr(self, name) <= 100:
                raise ValueError(f"{name} must be a percentage from 0 to 100, got {getattr(self, name)}")
        if not 0 <= self.grace < math.inf:
            raise ValueError(f"grace must be a number of minutes, at least 0, got {self.grace}")

    def late(self, submitted: datetime | None, extended: datetime | None = None) -> tuple[int, float]:
        """Days begun after due, and the share of the points that they take. extended: this student's own due time.

        Work whose time is unknown is not late.
        """
        due = extended or self.due
        if due is None or submitted is None:
            return 0, 0.0
        over = submitted.astimezone(UTC) - due.astimezone(UTC)
        if over <= timedelta(minutes=self.grace):
            return 0, 0.0
        days = math.ceil(over / timedelta(days=1))
        return days, min(days * self.per_day, self.most) / 100


def moment(text: str) -> datetime:
    """The time that the text names, such as 2026-10-01T23:59, 2026-10-01 23:59:30+02:00 or 2026-10-01.

    Without an offset it is this computer's own time. A minute counts to its end, and so does a day.
    Raises ValueError if it is not one.
    """
    text = text.strip()
    try:
        found = datetime.fromisoformat(text)
        if re.fullmatch(r"[\d-]+", text):
            found = datetime.combine(found, time(23, 59, 59))
        elif re.fullmatch(r"[\d-]+[T ]\d\d:\d\d(Z|[+-]\d\d:?\d\d)?", text):
            found = found.replace(second=59)
        return found.astimezone()
    except (ValueError, OverflowError):
        raise ValueError(f"a time must be written as 2026-10-01T23:59, got {text[:40]!r}") from None
