"""Plain values over a pipe: a JSON header, then the raw bytes of the arrays, with both lengths in front; never pickle.

A frame is 16 bytes (a mark, the header's length, the body's), the header and the body. Whoever reads trusts none of it:
every count is looked at before anything is made from it, so that a forged frame is a WireError and costs no memory. The
same file is read inside the sandbox, where there is no course_utils: it needs NumPy alone.
"""

import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MARK = b"CNS1"
PREFIX = struct.Struct("<4sIQ")
_DTYPES = ("float16", "float32", "float64", "bool", *(f"{sign}int{n}" for sign in ("", "u") for n in (8, 16, 32, 64)))
DTYPES = {name: np.dtype(name) for name in _DTYPES}
_MOST_AXES = 32

# What becomes of a value that is not plain: a Node, or another value that is packed in its place.
Other = Callable[[Any], Any]


class Node(list):
    """A value as the header holds it: a tag, then what that tag needs."""


class WireError(ValueError):
    """A frame that is not one, or a value that is too large for one."""


@dataclass(frozen=True)
class Bounds:
    """What one frame may hold: bytes of header and body, levels and number of values, characters of a text."""

    header: int = 1 << 20
    body: int = 1 << 26
    depth: int = 16
    values: int = 20_000
    text: int = 20_000


class Opaque:
    """Stands for a result that is no plain value. It is equal to nothing, itself included."""

    __slots__ = ("type_name",)
    __hash__ = None

    def __init__(self, type_name: str) -> None:
        self.type_name = re.sub(r"[^\w. ]", "?", type_name, flags=re.ASCII)[:60]

    def __eq__(self, other: object) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<{self.type_name}>"


@dataclass
class _Packer:
    bounds: Bounds
    other: Other
    parts: list[bytes] = field(default_factory=list)
    values: int = 0
    size: int = 0

    def node(self, value: Any, depth: int = 0) -> Any:
        """The value as JSON holds it: text, numbers and None as they are, all else as a list that begins with a tag."""
        self.values += 1
        if self.values > self.bounds.values or depth > self.bounds.depth:
            raise WireError(
                f"more than {self.bounds.values:,} values, or more than {self.bounds.depth} within each other"
            )
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if value is Ellipsis:
            return ["ellipsis"]
        if kind is int:
            return value if -(2**63) <= value < 2**63 else ["opaque", "int of more than 64 bits"]
        if isinstance(value, str):
            return str(value) if len(value) <= self.bounds.text else ["opaque", "str of many characters"]
        if isinstance(value, np.generic):
            return self._numbers("scalar", np.asarray(value))
        if isinstance(value, np.ndarray):
            return self._numbers("array", np.asarray(value))
        if isinstance(value, list | tuple):
            tag = "list" if isinstance(value, list) else "tuple"
            return [tag, *(self.node(one, depth + 1) for one in value)]
        if isinstance(value, dict) and all(type(key) is str for key in value):
            return ["dict", {key: self.node(one, depth + 1) for key, one in value.items()}]
        made = self.other(value)
        return made if isinstance(made, Node) else self.node(made, depth + 1)

    def _numbers(self, tag: str, array: np.ndarray) -> list:
        name = array.dtype.name
        if name not in DTYPES:
            return ["opaque", f"ndarray of {name}" if tag == "array" else name]
        self.size += array.nbytes
        if self.size > self.bounds.body:
            raise WireError(f"arrays of more than {self.bounds.body:,} bytes")
        # Bytes of either order arrive in this machine's own.
        self.parts.append(np.ascontiguousarray(array, DTYPES[name]).tobytes())
        gaps = array.ndim > 0 and not array.flags.c_contiguous
        return [tag, name] if tag == "scalar" else [tag, name, list(array.shape), gaps]


def opaque(value: Any) -> Node:
    """What packing makes of a value that is not plain, unless it is told otherwise."""
    return Node(["opaque", type(value).__name__])


def pack(message: Mapping[str, Any], bounds: Bounds, other: Other = opaque) -> bytes:
    """The frame of a message. Raises WireError if it is larger than the bounds."""
    packer = _Packer(bounds, other)
    header = json.dumps(packer.node(dict(message))).encode()
    if len(header) > bounds.header:
        raise WireError(f"a header of more than {bounds.header:,} bytes")
    return b"".join([PREFIX.pack(MARK, len(header), packer.size), header, *packer.parts])


def lengths(prefix: bytes, bounds: Bounds) -> tuple[int, int]:
    """The lengths of header and body that a frame's first 16 bytes tell. Raises WireError."""
    mark, header, body = PREFIX.unpack(prefix)
    if mark != MARK:
        raise WireError("no frame begins like this")
    if header > bounds.header or body > bounds.body:
        raise WireError(f"a frame of {header:,} and {body:,} bytes is larger than may come")
    return header, body


@dataclass
class _Reader:
    body: memoryview
    bounds: Bounds
    made: Mapping[str, Callable[..., Any]]
    with_gaps: Callable[[np.ndarray], np.ndarray] | None
    values: int = 0
    place: int = 0

    def value(self, node: Any, depth: int = 0) -> Any:
        self.values += 1
        if self.values > self.bounds.values or depth > self.bounds.depth:
            raise WireError("too many values, or too deep within each other")
        if node is None or isinstance(node, bool | float):
            return node
        if isinstance(node, int):
            return _whole(node, -(2**63), 2**63 - 1)
        if isinstance(node, str):
            return _text(node, self.bounds.text)
        if not isinstance(node, list) or not node or not isinstance(node[0], str):
            raise WireError("a value without a tag")
        tag, *rest = node
        if tag == "list" or tag == "tuple":
            values = [self.value(one, depth + 1) for one in rest]
            return values if tag == "list" else tuple(values)
        if tag == "dict" and len(rest) == 1 and isinstance(rest[0], dict):
            items = rest[0].items()
            return {_text(key, self.bounds.text): self.value(one, depth + 1) for key, one in items}
        if tag == "scalar" and len(rest) == 1:
            return self._numbers(rest[0], ())[()]
        if tag == "array" and len(rest) == 3 and isinstance(rest[1], list) and len(rest[1]) <= _MOST_AXES:
            array = self._numbers(rest[0], tuple(_whole(n, 0, 2**40) for n in rest[1]))
            return self.with_gaps(array) if rest[2] is True and self.with_gaps else array
        if tag == "opaque" and len(rest) == 1 and isinstance(rest[0], str):
            return Opaque(_text(rest[0], 200))
        if tag == "ellipsis" and not rest:
            return Ellipsis
        if tag in self.made:
            return self.made[tag](*rest)
        raise WireError("an unknown tag")

    def _numbers(self, name: Any, shape: tuple[int, ...]) -> np.ndarray:
        if not isinstance(name, str) or name not in DTYPES:
            raise WireError("an unknown dtype")
        size = math.prod(shape) * DTYPES[name].itemsize
        if size > len(self.body) - self.place:
            raise WireError(f"an array of shape {shape}, for which there are too few bytes")
        raw = self.body[self.place : self.place + size]
        self.place += size
        if name == "bool":
            return np.frombuffer(raw, np.uint8).reshape(shape).astype(bool)
        return np.frombuffer(raw, DTYPES[name]).reshape(shape).copy()


def unpack(
    header: bytes,
    body: bytes | bytearray,
    bounds: Bounds,
    made: Mapping[str, Callable[..., Any]] | None = None,
    with_gaps: Callable[[np.ndarray], np.ndarray] | None = None,
) -> dict[str, Any]:
    """The message of a frame.

    made: for each further tag, the function of the rest of its node that makes the value; with_gaps: what makes an array
    non-contiguous again that was so. Raises WireError for whatever is wrong with the frame.
    """
    try:
        reader = _Reader(memoryview(body), bounds, made or {}, with_gaps)
        message = reader.value(json.loads(header))
    except (ValueError, RecursionError, OverflowError, TypeError) as error:
        raise (
            error if isinstance(error, WireError) else WireError(f"a malformed header ({type(error).__name__})")
        ) from error
    if not isinstance(message, dict) or reader.place != len(body):
        raise WireError("not a message, or more bytes than it names")
    return message


def _whole(number: Any, least: int, most: int) -> int:
    if type(number) is not int or not least <= number <= most:
        raise WireError(f"a number that is not whole, or not from {least} to {most}")
    return number


def _text(text: str, most: int) -> str:
    """Without lone surrogates, which no file could hold."""
    if len(text) > most:
        raise WireError(f"a text of more than {most:,} characters")
    return text.encode("utf-8", "replace").decode()
