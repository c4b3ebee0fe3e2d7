"""The checks that all layers share: each refuses a bad argument in one sentence that says what would be right."""

import math
from typing import Any

import numpy as np

Pair = tuple[int, int]


def check_integer(name: str, value: Any, least: int) -> int:
    """`value` as a Python int. Raises TypeError if it is not an integer, ValueError if it is below `least`.

    NumPy's integers pass; 2.0 and True do not, because they are nearly always a slip.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    return int(value)


def check_number(name: str, value: Any, least: float = 0.0, below: float = math.inf) -> float:
    """`value` as a Python float. Raises TypeError if it is not a real number, ValueError unless least <= value < below.

    NumPy's numbers pass, and come back as Python's: a float64 one would turn a product with float32 into float64.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not least <= value < below:
        above = "finite" if below == math.inf else f"below {below:g}"
        raise ValueError(f"{name} must be at least {least:g} and {above}, got {value}")
    return float(value)


def check_generator(rng: Any) -> None:
    """Raises TypeError unless `rng` is a NumPy generator of random numbers."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a generator of random numbers, such as np.random.default_rng(0), got {rng!r}")


def check_pair(name: str, value: Any, least: int) -> Pair:
    """`value` as (rows, columns), where one integer stands for both. Raises as `check_integer` does."""
    if not isinstance(value, tuple | list):
        value = check_integer(name, value, least)
        return value, value
    if len(value) != 2:
        raise ValueError(f"{name} must be one integer or a pair (rows, columns), got {value!r}")
    rows, columns = value
    return check_integer(f"{name}[0]", rows, least), check_integer(f"{name}[1]", columns, least)


def check_array(name: str, array: Any, axes: str, like: Any = None) -> None:
    """Raises TypeError or ValueError unless `array` is a floating-point array with the named axes, such as "(N, D)".

    A batch, the axis named N, may be empty; no other axis may. With `like`, the array x, the dtypes must be equal.
    """
    check_floating(name, array)
    names = axes.strip("()").split(", ")
    if array.ndim != len(names):
        raise ValueError(f"{name} must have {len(names)} axes, {axes}, got shape {array.shape}")
    for axis, length in zip(names, array.shape, strict=True):
        if length == 0 and axis != "N":
            raise ValueError(f"{name} must have at least one entry along {axis} of {axes}, got shape {array.shape}")
    if like is not None:
        check_same_dtype(name, array, "x", like)


def check_floating(name: str, array: Any) -> None:
    """Raises TypeError unless `array` is a NumPy array of floating-point numbers."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, got {type(array).__name__}; convert it with np.asarray({name})")
    if not np.issubdtype(array.dtype, np.floating):
        scale = " / 255" if array.dtype == np.uint8 else ""
        raise TypeError(
            f"{name} must be floating point, got {array.dtype}; convert it with {name}.astype(np.float32){scale}"
        )


def check_same_dtype(name: str, array: np.ndarray, other_name: str, other: np.ndarray) -> None:
    """Raises TypeError if the dtypes differ: NumPy would silently compute in the wider one."""
    if array.dtype != other.dtype:
        raise TypeError(
            f"{name} is {array.dtype}, but {other_name} is {other.dtype}; "
            f"convert it with {name}.astype(np.{other.dtype})"
        )


def check_bias(bias: Any, shape: tuple[int, ...], x: np.ndarray) -> None:
    """Raises TypeError or ValueError unless `bias` is None or an array of that shape, in the dtype of x."""
    if bias is None:
        return
    check_floating("bias", bias)
    if bias.shape != shape:
        raise ValueError(f"bias must have shape {shape}, one number a filter or neuron, got {bias.shape}")
    check_same_dtype("bias", bias, "x", x)


def check_dout(dout: Any, shape: tuple[int, ...], x: np.ndarray) -> None:
    """Raises TypeError or ValueError unless `dout` has the shape of the layer's output and the dtype of x."""
    check_floating("dout", dout)
    if dout.shape != shape:
        raise ValueError(f"dout must have the shape of the output, {shape}, got {dout.shape}")
    check_same_dtype("dout", dout, "x", x)


def check_cache(cache: Any, entries: str, forward: str) -> None:
    """Raises TypeError unless `cache` is a tuple with as many entries as are named in "(x, weight, bias)"."""
    if not isinstance(cache, tuple) or len(cache) != len(entries.split(",")):
        got = f"a tuple of {len(cache)}" if isinstance(cache, tuple) else type(cache).__name__
        raise TypeError(f"cache must be the tuple {entries} that {forward} returned, got {got}")
