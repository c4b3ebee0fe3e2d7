"""Tables as CSV that a spreadsheet may open: no cell of them is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from course_utils.grading.text import plain

# What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), also in full width.
_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# A cell of Excel holds 32,767 characters.
LONGEST = 30_000


def cell(value: object) -> str:
    """A cell's text: None is empty, a number is itself, and text cannot be taken for a formula, by a ' in front of it."""
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    text = plain(value, LONGEST)
    # One that began with ' and a formula already gets another, so that `text_of` gives back what went in.
    dangerous = text.lstrip("' ").startswith(_BEGINNINGS) or text.startswith(_BEGINNINGS)
    return f"'{text}" if dangerous else text


def text_of(cell: str) -> str:
    """What `cell` was made from, but for what it cut or took out."""
    rest = cell.removeprefix("'")
    return rest if rest.lstrip("' ").startswith(_BEGINNINGS) or rest.startswith(_BEGINNINGS) else cell


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], mark: bool = False) -> Path:
    """Writes the table. mark: with a byte order mark, without which Excel does not read it as UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text.getvalue(), encoding="utf-8-sig" if mark else "utf-8", newline="")
    return temporary.replace(path)
