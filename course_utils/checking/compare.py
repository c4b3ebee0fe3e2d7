"""Whether a result is what was expected, and if not, what is wrong with it in words."""

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Difference:
    """What is wrong with one result. `got` and `expected` can be laid side by side where they are given."""

    kind: str
    name: str
    sentence: str
    got: Any = None
    expected: Any = None


def compare(name: str, got: Any, expected: Any, tolerances: Mapping[str, float]) -> Difference | None:
    """The first thing wrong with `got`, or None. Form comes before numbers: type, shape, NaN, values, dtype.

    `got` may be anything; whatever can stand as an array of numbers (a list, a torch tensor) is taken as one.
    """
    if expected is None:
        return (
            None if got is None else Difference("type", name, f"`{name}` must be None here, and yours is {_kind(got)}.")
        )
    if got is None:
        return Difference("none", name, f"`{name}` is None. Does every way through your function end in a `return`?")
    if got is NotImplemented or got is Ellipsis:
        return Difference("type", name, f"`{name}` is {got!r}, where {_kind(expected)} is expected.")
    if isinstance(expected, np.ndarray):
        return _compare_arrays(name, got, expected, tolerances)
    if isinstance(expected, float | np.floating):
        return _compare_numbers(name, got, expected, tolerances)
    return _compare_scalars(name, got, expected)


def _compare_scalars(name: str, got: Any, expected: Any) -> Difference | None:
    if isinstance(got, np.ndarray) and got.ndim:
        return Difference("type", name, f"`{name}` must be {_kind(expected)}, and yours is {_kind(got)}.")
    try:
        equal = bool(got == expected)
    except Exception:
        equal = False
    whole = isinstance(expected, int)
    if whole and not isinstance(got, int | np.integer):
        remedy = " Whole-number division is `//`." if isinstance(got, float | np.floating) else ""
        yours = f"{_kind(got)} {reprlib.repr(got)}"
        return Difference("type", name, f"`{name}` must be a whole number, and yours is {yours}.{remedy}")
    if not equal:
        subject = f"`{name}` is" if isinstance(expected, bool | dict) else "You returned"
        return Difference("value", name, f"{subject} **{got}**, expected **{expected}**.", got, expected)
    return None


def _compare_numbers(
    name: str, got: Any, expected: float | np.floating, tolerances: Mapping[str, float]
) -> Difference | None:
    """One floating-point number, whether it comes as Python's, as NumPy's of any precision or as a tensor."""
    difference = _compare_arrays(name, got, np.asarray(expected), tolerances)
    if difference is None or difference.kind == "dtype":
        return None
    if difference.kind in ("type", "shape"):
        return Difference("type", name, f"`{name}` must be one number, and yours is {_kind(got)}.")
    if difference.kind == "value":
        digits = 6 if f"{difference.got:.6g}" != f"{expected:.6g}" else 12
        sentence = f"`{name}` is **{difference.got:.{digits}g}**, expected **{expected:.{digits}g}**."
        return Difference("value", name, sentence, difference.got, difference.expected)
    sentence = difference.sentence.replace(" in its only place", "")
    return Difference(difference.kind, name, sentence, difference.got, difference.expected)


def _compare_arrays(name: str, got: Any, expected: np.ndarray, tolerances: Mapping[str, float]) -> Difference | None:
    try:
        array = np.asarray(got.detach().cpu().numpy() if hasattr(got, "detach") else got)
    except Exception:
        # What is no array of numbers, or a tensor that NumPy has nothing for, such as bfloat16 or the meta device's.
        array = np.empty(0, object)
    if array.dtype.kind not in "fiub":
        return Difference("type", name, f"`{name}` must be an array of numbers, and yours is {_kind(got)}.")
    if array.shape != expected.shape:
        return Difference(
            "shape", name, f"`{name}` has shape {array.shape}, expected {expected.shape}.", array, expected
        )
    tolerance = tolerances.get(str(expected.dtype), 1e-9)
    finite = np.isfinite(array) | ~np.isfinite(expected)
    if not finite.all():
        what = "NaN" if np.isnan(array[~finite]).any() else "infinite"
        places = _places(int((~finite).sum()), array.size)
        sentence = f"`{name}` is {what} in {places}. Something was divided by zero, overflowed, or was never filled in."
        return Difference("nan", name, sentence, array, expected)
    # The scale is that of the whole result: a sum that nearly cancels is no less exact than its neighbours.
    scale = max(1.0, float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0)))
    wrong = ~np.isclose(array.astype(np.float64), expected, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
    if wrong.any():
        sentence = f"`{name}` differs in {_places(int(wrong.sum()), array.size)}."
        return Difference("value", name, sentence, array, expected)
    if array.dtype != expected.dtype:
        return Difference("dtype", name, _wrong_dtype(name, array.dtype, expected.dtype), array, expected)
    return None


def _wrong_dtype(name: str, got: np.dtype, expected: np.dtype) -> str:
    if expected.kind == "b":
        return (
            f"`{name}` is right in every place, but it holds {got} where truth values, True and False, are asked for."
        )
    return (
        f"The numbers of `{name}` are right, but it is {got} where {expected} came in. Layers keep "
        "the dtype they are given: `np.zeros(shape)` makes float64 unless you pass `dtype=x.dtype`."
    )


def wrong_places(difference: Difference) -> np.ndarray:
    """True where got and expected differ, for a difference that holds two arrays of one shape."""
    got, expected = np.asarray(difference.got, np.float64), np.asarray(difference.expected, np.float64)
    return ~np.isclose(got, expected, rtol=1e-4, atol=1e-6, equal_nan=True)


def _places(count: int, total: int) -> str:
    if total == 1:
        return "its only place"
    return "all its places" if count == total else f"{count} of its {total} places"


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    if value is None:
        return "None"
    # Told by its module, since not every object can be asked for an attribute.
    if type(value).__module__.partition(".")[0] == "torch" and hasattr(value, "dtype") and hasattr(value, "device"):
        return f"a tensor of shape {tuple(value.shape)}, {value.dtype} on {value.device}"
    name = {int: "whole number", str: "piece of text", bool: "truth value"}.get(type(value), type(value).__name__)
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
