"""Whose file is this? Told by the names of folder and file or by the notebook's metadata; never guessed."""

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from course_utils.grading.collecting import Found
from course_utils.grading.notebook_cells import MOST_PARTS
from course_utils.grading.roster import Student

# Canvas: lastnamefirstname_LATE_123_456_hw1.ipynb, 123 being the user's number there; Moodle: a folder or a file
# Full Name_12345_assignsubmission_file_…, 12345 being the participant's.
_CANVAS = re.compile(r"(?P<name>[^\W_]+)(_LATE)?_(?P<id>\d+)_\d+_.+", re.IGNORECASE)
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(file|onlinetext)_?.*", re.IGNORECASE)
# A shorter id in the midst of a file's name, such as the 1 of hw_1, says nothing.
_SHORTEST = 3


class Matcher:
    """Finds the student of a file, on a roster."""

    def __init__(self, roster: Sequence[Student]) -> None:
        self._whole = defaultdict(set)
        self._within = defaultdict(set)
        self._canvas, self._moodle, self._names = defaultdict(set), defaultdict(set), defaultdict(set)
        self._ids = {student.id.casefold(): student.id for student in roster}
        for student in roster:
            self._add(student)
        self._longest = max(map(len, self._within), default=0)

    def _add(self, student: Student) -> None:
        name, email, own = words(student.name), words(student.email), words(student.id)
        # First names first or last, however many of each there are.
        turned = {(*name[place:], *name[:place]) for place in range(len(name))}
        for key in {*turned, email, own, words(student.email.partition("@")[0])} - {()}:
            self._whole[key].add(student.id)
        within = {key for key in (*turned, email) if len(key) > 1}
        for key in within | ({own} if len(student.id) >= _SHORTEST else set()):
            self._within[key].add(student.id)
        for key in turned:
            self._names["".join(key)].add(student.id)
        # Moodle's grading sheet says "Participant 12345".
        self._moodle[re.sub(r"\D", "", student.moodle_id)].add(student.id)
        self._canvas[student.canvas_id].add(student.id)

    def by_names(self, parts: Sequence[str]) -> set[str]:
        """The ids of the students that the names of folders and file name: one if all is well, several if ambiguous."""
        return self._by_all(_without_ending(parts))

    def handed_in(self, file: Found, student: str) -> datetime | None:
        """When: an archive that bears the student's name was made by them, and with it the times of what it holds."""
        own = [when for count, when in file.archives if student in self._by_all(_without_ending(file.parts[:count]))]
        known = [when for when in (*own, file.modified) if when]
        return max(known, default=None)

    def by_metadata(self, content: bytes) -> set[str]:
        """The id of the student whom the notebook names in its metadata: "student", or that of "course"; or nobody."""
        try:
            if sum(content.count(sign) for sign in (b"[", b"{", b",")) > MOST_PARTS:
                return set()
            metadata = json.loads(content)["metadata"]
            course = metadata.get("course", {})
            named = metadata.get("student") or course.get("student")
            return {self._ids[str(named).strip().casefold()]}
        # Whatever a file may hold instead, nested without end or not JSON at all, it names nobody.
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return set()

    def _by_all(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for name in names:
            ids = self._by_name(name)
            if not ids and _MOODLE.fullmatch(name):
                # Somebody who is not on the roster, whatever they call what lies in their folder.
                return set()
            found |= ids
        return found

    def _by_name(self, name: str) -> set[str]:
        if match := _MOODLE.fullmatch(name):
            return self._moodle.get(match["id"]) or self._names.get("".join(words(match["name"])), set())
        if match := _CANVAS.fullmatch(name):
            # Nothing else of it counts: its other number may be like a student's, its end is the student's own text.
            called = "".join(words(match["name"]))
            return self._canvas.get(match["id"]) or self._names.get(called) or self._whole.get((called,), set())
        return self._plain(words(name))

    def _plain(self, pieces: tuple[str, ...]) -> set[str]:
        """By the whole of a name, else by the longest runs of words in it."""
        if pieces in self._whole:
            return self._whole[pieces]
        runs = [
            (start, start + length)
            for length in range(min(self._longest, len(pieces)), 0, -1)
            for start in range(len(pieces) - length + 1)
            if pieces[start : start + length] in self._within
        ]
        # "Maria Weber" within "Anna Maria Weber" is part of that name.
        outer, reach = [], 0
        for start, end in sorted(runs, key=lambda run: (run[0], -run[1])):
            if end > reach:
                outer.append(pieces[start:end])
                reach = end
        return set().union(*(self._within[run] for run in outer))


def _without_ending(names: Sequence[str]) -> tuple[str, ...]:
    return (*names[:-1], names[-1].rpartition(".")[0] or names[-1])


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a text in lower case without accents: ("anna", "weber") for "Ánna_Weber"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(re.findall(r"[^\W_]+", plain))


def sort_out(
    files: Iterable[Found], roster: Sequence[Student]
) -> tuple[dict[str, list[Found]], list[tuple[Found, tuple[str, ...]]]]:
    """The files of each student by id, in their order; and those that are nobody's, or, with their ids, several students'."""
    matcher = Matcher(roster)
    matched, claimed, left = defaultdict(list), [], []
    for file in files:
        ids = matcher.by_names(file.parts)
        if len(ids) == 1:
            student = next(iter(ids))
            matched[student].append(replace(file, modified=matcher.handed_in(file, student)))
        elif not ids and file.name.lower().endswith(".ipynb"):
            claimed.append(file)
        else:
            left.append((file, tuple(sorted(ids))))
    named = set(matched)
    for file in claimed:
        try:
            ids = matcher.by_metadata(file.read())
        except OSError:
            ids = set()
        # What a notebook says of itself never stands beside what bears the student's name.
        if ids and not ids & named:
            matched[next(iter(ids))].append(file)
        else:
            left.append((file, tuple(sorted(ids))))
    return dict(matched), left


def choose(files: Sequence[Found], others: Sequence[str]) -> tuple[Found, tuple[str, ...]]:
    """The one of a student's files that counts, and sentences for when there were several.

    Notebooks before other files, then the latest. others: words that only files of other assignments bear in their names.
    """
    here = [file for file in files if not any(word in file.name.lower() for word in others)] or list(files)
    kind = min(map(_kind, here))
    alike = [file for file in here if _kind(file) == kind]
    counts = max(alike, key=_age)
    if len(alike) == 1:
        return counts, ()
    rest = [file.place for file in sorted(alike, key=_age, reverse=True) if file is not counts]
    more = f" and {len(rest) - 5} more" if len(rest) > 5 else ""
    return counts, (
        f"Handed in {len(alike)} times: the latest counts, {counts.place}, not {', '.join(rest[:5])}{more}.",
    )


def _kind(file: Found) -> int:
    endings = (".ipynb", ".py")
    return next((place for place, ending in enumerate(endings) if file.name.lower().endswith(ending)), len(endings))


def _age(file: Found) -> tuple[float, list[tuple[int, str]]]:
    """To sort by: time, then the name, with its numbers as numbers (hw1-10 after hw1-9)."""
    pieces = [_as_number(piece) if piece.isdecimal() else (0, piece) for piece in re.split(r"(\d+)", file.place)]
    return file.modified.timestamp() if file.modified else 0.0, pieces


def _as_number(digits: str) -> tuple[int, str]:
    """Sorts as the number does, however many digits it has."""
    return len(digits.lstrip("0")), digits.lstrip("0")
