"""What weights start from: random numbers whose spread fits the number of inputs and outputs of a neuron.

A weight's shape is (M, D), or (K, C, KH, KW) of a convolution, K filters over C channels. Each function returns an array of
that shape and the given dtype from one draw of `rng`, and raises TypeError or ValueError if an argument does not fit.
"""

from math import prod, sqrt
from typing import Any

import numpy as np

from course_utils.layers.arguments import check_generator, check_integer, check_number

Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out): how many inputs one output is summed from, and how many outputs one input goes into.

    For a convolution that is C·KH·KW and K·KH·KW, as if every stride were 1, as PyTorch counts.
    """
    if not isinstance(shape, tuple | list) or len(shape) < 2:
        raise ValueError(f"shape must be that of a weight, (M, D) or (K, C, KH, KW), got {shape!r}")
    outputs, inputs, *kernel = (check_integer(f"shape[{axis}]", size, least=1) for axis, size in enumerate(shape))
    return inputs * prod(kernel), outputs * prod(kernel)


def kaiming_normal(shape: Shape, rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Normal with standard deviation sqrt(2 / fan_in): keeps the scale through layers with ReLU (He et al. 2015)."""
    return _normal(shape, rng, sqrt(2 / fans(shape)[0]), dtype)


def kaiming_uniform(shape: Shape, rng: np.random.Generator, dtype: Any = np.float32) -> np.ndarray:
    """Uniform within ±sqrt(6 / fan_in): the same standard deviation as `kaiming_normal`."""
    return _uniform(shape, rng, sqrt(6 / fans(shape)[0]), dtype)


def xavier_normal(shape: Shape, rng: np.random.Generator, gain: float = 1.0, dtype: Any = np.float32) -> np.ndarray:
    """Normal with standard deviation gain·sqrt(2 / (fan_in + fan_out)), for tanh (Glorot and Bengio 2010)."""
    return _normal(shape, rng, check_number("gain", gain) * sqrt(2 / sum(fans(shape))), dtype)


def xavier_uniform(shape: Shape, rng: np.random.Generator, gain: float = 1.0, dtype: Any = np.float32) -> np.ndarray:
    """Uniform within ±gain·sqrt(6 / (fan_in + fan_out)): the same standard deviation as `xavier_normal`."""
    return _uniform(shape, rng, check_number("gain", gain) * sqrt(6 / sum(fans(shape))), dtype)


def _normal(shape: Shape, rng: np.random.Generator, deviation: float, dtype: Any) -> np.ndarray:
    _check(rng, dtype)
    return (deviation * rng.standard_normal(shape)).astype(dtype)


def _uniform(shape: Shape, rng: np.random.Generator, bound: float, dtype: Any) -> np.ndarray:
    _check(rng, dtype)
    return rng.uniform(-bound, bound, shape).astype(dtype)


def _check(rng: np.random.Generator, dtype: Any) -> None:
    check_generator(rng)
    if not np.issubdtype(dtype, np.floating):
        raise TypeError(f"dtype must be floating point, such as np.float32, got {dtype!r}")
