"""What the learner has done, kept in one file between kernels."""

import datetime
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_utils import paths

VERSION = 1
Record = dict[str, dict[str, dict[str, Any]]]


def path() -> Path:
    """The progress file: `progress.json` in the learner's own folder."""
    return paths.home() / "progress.json"


def load() -> tuple[Record, str]:
    """What is known, and a sentence to show if the file could not be used ("" if all is well).

    A file that is not what the course wrote is set aside under a new name, never deleted.
    """
    try:
        content = json.loads(path().read_text(encoding="utf-8"))
        return _checked(content), ""
    except FileNotFoundError:
        return _empty(), ""
    except OSError as error:
        return _empty(), f"Your progress in {path()} cannot be read ({error.strerror}); the lesson goes on without it."
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return _empty(), _set_aside()


def update(change: Callable[[Record], None]) -> str:
    """Read the file, apply `change`, write it back whole. Returns a sentence to show if something is wrong, else "".

    The file is read again each time, so that two open lessons do not undo each other, and replaced in one step, so
    that an interrupted write leaves the old one.
    """
    record, problem = load()
    if problem and path().exists():
        # What cannot be read now may be readable tomorrow: it is not written over.
        return problem
    change(record)
    written = None
    try:
        path().parent.mkdir(parents=True, exist_ok=True)
        if path().exists() and not os.access(path(), os.W_OK):
            raise PermissionError(13, "it is read-only")
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path().parent, prefix="progress-", suffix=".tmp", delete=False
        ) as file:
            written = Path(file.name)
            json.dump({"version": VERSION, **record}, file, indent=1, sort_keys=True)
        written.replace(path())
    except OSError as error:
        if written:
            written.unlink(missing_ok=True)
        return problem or f"Your progress cannot be kept in {path()} ({error.strerror}); the lesson goes on without it."
    return problem


def note_check(name: str, status: str) -> str:
    """Note the result of a check: "passed", "failed" or "not attempted". An exercise once passed stays passed."""

    def change(record: Record) -> None:
        entry = record["exercises"].setdefault(name, {})
        if status == "not attempted":
            return
        entry["checks"] = entry.get("checks", 0) + 1
        if entry.get("status") != "passed":
            entry["status"] = status
            entry["when"] = _now()

    return "" if status == "not attempted" else update(change)


def note_help(name: str, hints: int = 0, revealed: bool = False) -> str:
    """Note how many hints were seen, and whether the solution was."""

    def change(record: Record) -> None:
        entry = record["exercises"].setdefault(name, {})
        entry["hints"] = max(hints, entry.get("hints", 0))
        entry["revealed"] = revealed or entry.get("revealed", False)

    return update(change)


def note_answer(identifier: str, right: bool) -> str:
    """Note an answer to a question. One that was once right stays right."""

    def change(record: Record) -> None:
        entry = record["questions"].setdefault(identifier, {})
        if entry.get("status") != "passed":
            entry["tries"] = entry.get("tries", 0) + 1
            entry["status"] = "passed" if right else "failed"
            entry["when"] = _now()

    return update(change)


def _checked(content: dict) -> Record:
    if content["version"] != VERSION:
        raise ValueError(f"version {content['version']}")
    record = {}
    for kind in ("exercises", "questions"):
        record[kind] = {str(name): _checked_entry(dict(entry)) for name, entry in content[kind].items()}
    return record


def _checked_entry(entry: dict[str, Any]) -> dict[str, Any]:
    if entry.get("status", "failed") not in ("passed", "failed"):
        raise ValueError(f"status {entry['status']!r}")
    if not all(isinstance(entry.get(count, 0), int) for count in ("checks", "hints", "tries")):
        raise ValueError("a count that is no whole number")
    return entry


def _empty() -> Record:
    return {"exercises": {}, "questions": {}}


def _set_aside() -> str:
    for number in range(1, 1000):
        aside = path().with_name(f"progress-damaged-{number}.json")
        if not aside.exists():
            break
    try:
        path().rename(aside)
    except OSError as error:
        return f"Your progress in {path()} is damaged and cannot be moved ({error.strerror}); the lesson goes on."
    return f"Your progress file was damaged. It is set aside as {aside}, and a new one is begun."


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
