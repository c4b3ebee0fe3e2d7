"""A fingerprint of all that an assignment declares: with another one, work that was graded is graded anew."""

import hashlib
import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.exercises import exercises, questions
from course_utils.exercises.specification import Lazy
from course_utils.grading.assignments import Assignment, ExerciseItem, QuestionItem
from course_utils.paths import ROOT


def version_of(assignment: Assignment) -> str:
    """64 hexadecimal digits of points, limits, cases, tolerances and of the code of the functions that are named."""
    digest = hashlib.sha256()
    for piece in _pieces(assignment):
        digest.update(piece)
    for item in assignment.items:
        declared = {ExerciseItem: exercises, QuestionItem: questions}.get(type(item))
        # A name that is declared nowhere is judging's to complain about.
        for piece in _pieces(declared().get(item.name)) if declared else ():
            digest.update(piece)
    return digest.hexdigest()


def _pieces(value: Any) -> Iterable[bytes]:
    """The value as bytes, the same in every process; functions as the text of the file that they are written in."""
    yield type(value).__qualname__.encode() + b"("
    if isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes()
    elif isinstance(value, Lazy):
        yield repr(value).encode() + _source(ROOT / (value.module.replace(".", "/") + ".py"))
        yield from _pieces(value.settings)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield field.name.encode()
            yield from _pieces(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for name in value:
            yield from _pieces(name)
            yield from _pieces(value[name])
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _pieces(one)
    elif isinstance(value, partial):
        yield from _pieces((value.func, value.args, value.keywords))
    elif isinstance(value, type) or inspect.isroutine(value):
        yield f"{value.__module__}.{value.__qualname__}".encode() + _source(_file(value))
    elif isinstance(value, (set, frozenset)):
        yield repr(sorted(map(repr, value))).encode()
    else:
        yield re.sub(r" at 0x[0-9a-f]+", "", repr(value)).encode()
    yield b")"


def _file(function: Any) -> Path | None:
    try:
        return Path(inspect.getfile(inspect.unwrap(function)))
    except TypeError:
        return None


def _source(path: Path | None) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest() if path and path.is_file() else b""
