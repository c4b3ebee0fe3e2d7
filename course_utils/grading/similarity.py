"""Submissions that are alike, for a person to look at. No verdict: short right answers to one question are alike.

Fingerprints by winnowing (Schleimer, Wilkerson and Aiken 2003): of every WINDOW neighbouring runs of RUN tokens, the one
with the smallest hash is kept, so that any two texts that share RUN + WINDOW - 1 tokens in a row share a fingerprint.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from course_utils.grading.tokens import Token, tokens

RUN = 14
WINDOW = 6
# What this part of the class has, and at least this many, is the usual way to write it, or was given.
COMMON_SHARE = 0.3
COMMON_LEAST = 10
# With less than this left of a submission there is nothing to compare.
LEAST_FINGERPRINTS = 4

_PRIME, _BASE = (1 << 61) - 1, 1_000_003
_TOP = pow(_BASE, RUN, _PRIME)


@dataclass(frozen=True)
class Passage:
    """Lines of the first and of the second, from and to, both counted, that read the same but for names and layout."""

    first: tuple[int, int]
    second: tuple[int, int]
    length: int


@dataclass(frozen=True)
class Pair:
    """Two submissions. share: of the shorter one's fingerprints, those that the other has too, without what was given or
    is common in the class. names: share of the freely chosen names in those passages that are spelled alike."""

    first: str
    second: str
    share: float
    names: float
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class _Text:
    tokens: Sequence[Token]
    runs: Sequence[int]
    kept: frozenset[int]


def alike(codes: Mapping[str, str], given: str = "", least: float = 0.4, most: int = 200) -> tuple[Pair, ...]:
    """The pairs with a share of at least `least`, the most alike first, and at most `most` of them.

    codes: of each student, all code as one text. given: code that everybody was handed, such as the notebook's.
    """
    if not 0 < least <= 1:
        raise ValueError(f"least must be above 0 and at most 1, got {least}")
    texts = {student: _text(code) for student, code in codes.items()}
    spread = Counter(mark for text in texts.values() for mark in text.kept)
    limit = max(COMMON_LEAST, COMMON_SHARE * len(texts))
    common = {mark for mark, count in spread.items() if count >= limit} | set(_runs(tokens(given)))
    own = {student: text.kept - common for student, text in texts.items()}
    shared = _shared({student: marks for student, marks in own.items() if len(marks) >= LEAST_FINGERPRINTS})
    shares = {pair: count / min(len(own[one]) for one in pair) for pair, count in shared.items()}
    chosen = sorted((pair for pair in shares if shares[pair] >= least), key=lambda pair: (-shares[pair], pair))
    return tuple(_pair(pair, shares[pair], texts, common) for pair in chosen[:most])


def _text(code: str) -> _Text:
    found = tokens(code)
    runs = _runs(found)
    return _Text(found, runs, frozenset(_winnowed(runs)))


def _runs(found: Sequence[Token]) -> list[int]:
    """A number for every RUN tokens in a row, rolled on from token to token; the same on every machine."""
    forms = [zlib.crc32(token.form.encode("utf-8", "replace")) + 1 for token in found]
    runs, value = [], 0
    for place, form in enumerate(forms):
        gone = forms[place - RUN] * _TOP if place >= RUN else 0
        value = (value * _BASE + form - gone) % _PRIME
        if place >= RUN - 1:
            runs.append(value)
    return runs


def _winnowed(runs: Sequence[int]) -> Iterator[int]:
    for start in range(max(1, len(runs) - WINDOW + 1)):
        if window := runs[start : start + WINDOW]:
            yield min(window)


def _shared(own: Mapping[str, frozenset[int]]) -> Counter:
    """How many fingerprints each pair has in common. Nothing is counted that is in common with most of the class."""
    owners = defaultdict(list)
    for student, marks in own.items():
        for mark in marks:
            owners[mark].append(student)
    return Counter(pair for students in owners.values() for pair in combinations(sorted(students), 2))


def _pair(pair: tuple[str, str], share: float, texts: Mapping[str, _Text], common: set[int]) -> Pair:
    first, second = (texts[student] for student in pair)
    found = sorted(_passages(first, second, common), key=lambda passage: passage[0])
    spelled = [
        a.text == b.text
        for at, there, length in found
        for a, b in zip(first.tokens[at : at + length], second.tokens[there : there + length], strict=True)
        if a.own
    ]
    passages: list[Passage] = []
    for at, there, length in found:
        one = Passage(_lines(first.tokens, at, length), _lines(second.tokens, there, length), length)
        joined = _joined(passages[-1], one) if passages else None
        passages[len(passages) - bool(joined) :] = [joined or one]
    return Pair(*pair, share, sum(spelled) / len(spelled) if spelled else 0.0, tuple(passages))


def _passages(first: _Text, second: _Text, common: set[int]) -> list[tuple[int, int, int]]:
    """Where runs of both agree, joined to the longest stretches: (start in first, in second, tokens). None overlaps."""
    places = defaultdict(list)
    for place, run in enumerate(second.runs):
        if run not in common:
            places[run].append(place)
    ends: dict[tuple[int, int], tuple[int, int, int]] = {}
    for place, run in enumerate(first.runs):
        # A run that comes up often, as in a table of numbers, says little: its first places will do.
        for there in places.get(run, ())[:8]:
            at, start, length = ends.pop((place - 1, there - 1), (place, there, RUN - 1))
            ends[place, there] = (at, start, length + 1)
    taken, taken_there, chosen = set(), set(), []
    for at, there, length in sorted(ends.values(), key=lambda stretch: -stretch[2]):
        free = [at + n not in taken and there + n not in taken_there for n in range(length)]
        skipped, length = _longest(free)
        at, there = at + skipped, there + skipped
        if length >= RUN // 2:
            taken.update(range(at, at + length))
            taken_there.update(range(there, there + length))
            chosen.append((at, there, length))
    return chosen


def _longest(free: Sequence[bool]) -> tuple[int, int]:
    """Where the longest row of True begins, and how long it is."""
    best, start = (0, 0), 0
    for place, one in enumerate((*free, False)):
        if not one:
            best = max(best, (place - start, start))
            start = place + 1
    return best[1], best[0]


def _joined(one: Passage, after: Passage) -> Passage | None:
    """The two as one, if the second goes on where the first ends, on both sides; else None."""
    if after.first[0] > one.first[1] + 1 or not one.second[0] <= after.second[0] <= one.second[1] + 1:
        return None
    ends = max(one.first[1], after.first[1]), max(one.second[1], after.second[1])
    return Passage((one.first[0], ends[0]), (one.second[0], ends[1]), one.length + after.length)


def _lines(found: Sequence[Token], at: int, length: int) -> tuple[int, int]:
    return found[at].line, found[at + length - 1].line
