"""The list of a class: who is to get a grade, read from a CSV file as learning platforms and spreadsheets write it."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

from course_utils.grading.lateness import moment

REQUIRED = ("id", "name", "email")
LONGEST = 200


@dataclass(frozen=True)
class Student:
    """A row of the roster. Only id and name are never empty; due: when this student's work is due, an extension."""

    id: str
    name: str
    email: str = ""
    canvas_id: str = ""
    moodle_id: str = ""
    section: str = ""
    due: datetime | None = None


UNIQUE = ("id", "email", "canvas_id", "moodle_id")


def read_roster(path: str | Path) -> tuple[Student, ...]:
    """The students in the order of the file.

    Its first row names the columns: id, name and email, and, where they are wanted, canvas_id, moodle_id, section and due;
    others are passed over. Commas, semicolons or tabs stand between the cells; a byte order mark is no harm.
    Raises ValueError that names file, line and column.
    """
    path = Path(path)
    table = _rows(path, _text(path))
    line, header = next(table, (1, []))
    columns = _columns(path, line, header)
    students, seen = [], {}
    for line, cells in table:
        if len(cells) != len(header):
            raise ValueError(
                f"{path}, line {line}: it has {len(cells)} cells and the first row {len(header)}; "
                "put quotes around a cell that holds a separator, and leave empty cells empty"
            )
        student = _student(path, line, {name: cells[place] for name, place in columns.items()})
        for column in UNIQUE:
            value = getattr(student, column)
            before = seen.setdefault((column, value.casefold()), line)
            if value and before != line:
                raise ValueError(
                    f"{path}, line {line}, column {column}: {_short(value)} is in line {before} too; "
                    "it must be one student's alone"
                )
        students.append(student)
    if not students:
        raise ValueError(f"{path}: the roster lists no students below its first row")
    return tuple(students)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: the roster cannot be read ({error.strerror or error})") from error
    if not content.strip():
        raise ValueError(f"{path}: the roster is empty; its first row must be {','.join(REQUIRED)}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}, line {line}: the roster is not UTF-8; save it as “CSV UTF-8”") from error


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """The number of the line in which a row begins, and its cells; rows without any text are passed over."""
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}, line {line}: not CSV ({error}); check the quotes") from error


def _columns(path: Path, line: int, header: list[str]) -> dict[str, int]:
    known = {field.name for field in fields(Student)}
    names = [re.sub(r"[\s-]+", "_", name.casefold()) for name in header]
    for name in REQUIRED:
        if name not in names:
            raise ValueError(
                f"{path}, line {line}: there is no column {name}; the first row must name {', '.join(REQUIRED)}, "
                f"and names {', '.join(map(_short, header))}"
            )
    for name in known:
        if names.count(name) > 1:
            raise ValueError(f"{path}, line {line}: the column {name} is there {names.count(name)} times")
    return {name: place for place, name in enumerate(names) if name in known}


def _student(path: Path, line: int, cells: dict[str, str]) -> Student:
    for column, cell in cells.items():
        where = f"{path}, line {line}, column {column}"
        if not cell and column in ("id", "name"):
            raise ValueError(f"{where}: it is empty; every student needs one")
        if len(cell) > LONGEST:
            raise ValueError(f"{where}: {len(cell)} characters are more than {LONGEST}; are quotes left open?")
        if not cell.isprintable():
            raise ValueError(f"{where}: {_short(ascii(cell))} holds a character that cannot be printed")
    try:
        due = moment(cells.get("due", "")) if cells.get("due") else None
    except ValueError as error:
        raise ValueError(f"{path}, line {line}, column due: {error}") from error
    return Student(**{**cells, "due": due})


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
