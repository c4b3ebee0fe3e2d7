"""Batch normalisation, forward and backward, and folding it into the layer before it.

Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift".
"""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from course_utils.layers.arguments import (
    check_array,
    check_cache,
    check_dout,
    check_floating,
    check_number,
    check_same_dtype,
)
from course_utils.layers.memory import as_batch_last, as_images, is_batch_last

Cache = tuple[np.ndarray, np.ndarray, np.ndarray, bool]

# How many numbers are worked on at a time: few enough that several such pieces stay in the processor's cache.
_PIECE = 1 << 16
# Up to this length, a row's coefficient is repeated along it: NumPy is slow to apply a number to each of many short rows.
_SHORT_ROW = 4096


def batch_norm_forward(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Cache]:
    """out = weight x_hat + bias with x_hat = (x - mean) / sqrt(var + eps), channel by channel.

    x: (N, C) or (N, C, H, W) array; weight (gamma), bias (beta), running_mean, running_var: (C,).
    In training, mean and var are the batch's own, taken over N, or over N, H and W; var is the biased one, a mean of
    squares. In evaluation they are running_mean and running_var.
    Returns out, new running_mean and running_var, and for `batch_norm_backward` the cache
    (x_hat, weight, inv_std, training), where inv_std is 1 / sqrt(var + eps), (C,).

    The running statistics go by PyTorch: momentum is the share of the new batch, running <- (1 - momentum) running +
    momentum new, and the new variance is the unbiased one. In evaluation they come back as they are.

    Raises TypeError if an array is not floating point or the dtypes differ; ValueError if the shapes do not fit, momentum
    is not from 0 to 1, eps is negative, or a channel has fewer than two values in training.
    """
    momentum, eps = _check(x, weight, bias, running_mean, running_var, momentum, eps)
    mean, var = running_mean, running_var
    if training:
        values = x.size // x.shape[1]
        if values < 2:
            raise ValueError(f"x must have at least 2 values a channel in training, got {values}, in shape {x.shape}")
        mean, var = _statistics(_rows(x))
        running_mean = _moved(running_mean, mean, momentum)
        running_var = _moved(running_var, var * values / (values - 1), momentum)
    inv_std = (1 / np.sqrt(var + eps)).astype(x.dtype)
    out, x_hat = _normalise(x, mean, inv_std, weight, bias)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


def batch_norm_backward(dout: np.ndarray, cache: Cache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients (dx, dweight, dbias), dx in one formula.

    dx = weight inv_std (dout - mean(dout) - x_hat mean(dout x_hat)), the means over the batch and its places: they are what
    comes back through the batch's mean and var. In evaluation these do not depend on x, and dx = weight inv_std dout.
    dout: shaped as x, the gradient of the loss with respect to out; cache: from `batch_norm_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    x_hat, weight, inv_std, training = _check_backward(dout, cache)
    dresult, hats = _rows(dout, like=x_hat), _rows(x_hat)
    dweight, dbias = _gradient_sums(dresult, hats)
    scale = weight * inv_std
    if training:
        values = x_hat.size // x_hat.shape[1]
        dx = _empty(x_hat)
        _combine(_rows(dx), dresult, hats, -dweight / values, -dbias / values, scale)
    else:
        dx = dout * _across(scale, dout)
    return dx, dweight.astype(dout.dtype), dbias.astype(dout.dtype)


def batch_norm_backward_by_steps(dout: np.ndarray, cache: Cache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What `batch_norm_backward` returns, found by going back through the graph one node at a time.

    Forward, the nodes are mean, centred = x - mean, squares = centred², var = mean(squares), inv_std = (var + eps)^(-1/2),
    x_hat = centred inv_std and out = weight x_hat + bias. Arguments and errors as in `batch_norm_backward`.
    """
    x_hat, weight, inv_std, training = _check_backward(dout, cache)
    axes = (0,) if x_hat.ndim == 2 else (0, 2, 3)
    values = x_hat.size // x_hat.shape[1]
    weight, inv_std = _across(weight, x_hat), _across(inv_std, x_hat)

    dbias = dout.sum(axis=axes)
    dweight = (dout * x_hat).sum(axis=axes)
    dx_hat = dout * weight
    # x reaches x_hat directly, and in training also through var and through mean.
    dcentred = dx_hat * inv_std
    if not training:
        return dcentred, dweight, dbias
    centred = x_hat / inv_std
    dinv_std = (dx_hat * centred).sum(axis=axes, keepdims=True)
    dvar = dinv_std * -inv_std * inv_std * inv_std / 2
    dsquares = dvar / values
    dcentred += dsquares * 2 * centred
    dmean = -dcentred.sum(axis=axes, keepdims=True)
    return dcentred + dmean / values, dweight, dbias


def fold_batch_norm(
    weight: np.ndarray,
    bias: np.ndarray | None,
    bn_weight: np.ndarray,
    bn_bias: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    eps: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray]:
    """(weight, bias) of a layer that does at once what it and a batch normalisation after it do in evaluation.

    weight: (K, C, KH, KW) of a convolution or (M, D) of a linear layer; bias: (K,) or (M,), or None;
    bn_weight, bn_bias, running_mean, running_var: (K,) or (M,), the batch normalisation's. The arguments are not modified.

    Raises TypeError if an array is not floating point or the dtypes differ; ValueError if the shapes do not fit or eps is
    negative.
    """
    check_array("weight", weight, "(M, D)" if np.ndim(weight) == 2 else "(K, C, KH, KW)")
    eps = check_number("eps", eps)
    if bias is None:
        bias = np.zeros(len(weight), weight.dtype)
    given = {"bias": bias, "bn_weight": bn_weight, "bn_bias": bn_bias}
    given |= {"running_mean": running_mean, "running_var": running_var}
    _check_vectors(given, len(weight), "filters or neurons", "weight", weight)
    scale = bn_weight / np.sqrt(running_var + eps)
    return weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), (bias - running_mean) * scale + bn_bias


def _check(x, weight, bias, running_mean, running_var, momentum, eps) -> tuple[float, float]:
    check_array("x", x, "(N, C)" if np.ndim(x) == 2 else "(N, C, H, W)")
    given = {"weight": weight, "bias": bias, "running_mean": running_mean, "running_var": running_var}
    _check_vectors(given, x.shape[1], "channels", "x", x)
    momentum = check_number("momentum", momentum)
    if momentum > 1:
        raise ValueError(f"momentum must be from 0 to 1, the share of the new batch, got {momentum}")
    return momentum, check_number("eps", eps)


def _check_vectors(given: dict[str, Any], length: int, what: str, other_name: str, other: np.ndarray) -> None:
    for name, vector in given.items():
        check_floating(name, vector)
        if vector.shape != (length,):
            raise ValueError(
                f"{name} must have shape ({length},), because {other_name} has {length} {what}, got {vector.shape}"
            )
        check_same_dtype(name, vector, other_name, other)


def _check_backward(dout: np.ndarray, cache: Cache) -> Cache:
    check_cache(cache, "(x_hat, weight, inv_std, training)", "batch_norm_forward")
    x_hat, weight, inv_std, _ = cache
    check_floating("x_hat", x_hat)
    check_dout(dout, x_hat.shape, x_hat)
    _check_vectors({"weight": weight, "inv_std": inv_std}, x_hat.shape[1], "channels", "x_hat", x_hat)
    return cache


def _moved(running: np.ndarray, new: np.ndarray, momentum: float) -> np.ndarray:
    return ((1 - momentum) * running + momentum * new).astype(running.dtype)


def _across(vector: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A number a channel, shaped so that it meets x (N, C) or (N, C, H, W)."""
    return vector.reshape(-1, *[1] * (x.ndim - 2))


# From here on: (A, C, L) arrays of rows. A row holds L numbers of one channel: the places of an image, or where there is but
# one place, or the batch comes last in memory, the images at a place.


def _rows(x: np.ndarray, like: np.ndarray | None = None) -> np.ndarray:
    """x as rows, in the order in memory of `like`. A view, unless x lies in another order."""
    if prod(x.shape[2:]) == 1:
        return x.reshape(x.shape[:2]).T[None]
    if _is_batch_last(x if like is None else like):
        return as_batch_last(x).reshape(-1, x.shape[1], len(x))
    return x.reshape(*x.shape[:2], prod(x.shape[2:]))


def _empty(x: np.ndarray) -> np.ndarray:
    """An array of the shape, the dtype and the order in memory of x."""
    if _is_batch_last(x):
        return as_images(_on_a_cache_line(x.shape[2:] + x.shape[1::-1], x.dtype))
    return _on_a_cache_line(x.shape, x.dtype)


def _is_batch_last(x: np.ndarray) -> bool:
    return x.ndim == 4 and is_batch_last(x)


def _on_a_cache_line(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An empty array that begins with a line of the processor's cache: one that lies across lines takes twice as long to fill."""
    line, size = 64, prod(shape) * dtype.itemsize
    memory = np.empty(size + line, np.uint8)
    start = -memory.ctypes.data % line
    return memory[start : start + size].view(dtype).reshape(shape)


def _pieces(shape: tuple[int, int, int]) -> Iterator[tuple[slice, list[slice]]]:
    """Slices of the channels, and with each the slices of the first axis: together they cut an array into small pieces."""
    first, channels, length = shape
    run = min(channels, max(1, _PIECE // max(1, length)))
    step = max(1, _PIECE // max(1, run * length))
    for start in range(0, channels, run):
        yield slice(start, start + run), [slice(i, i + step) for i in range(0, first, step)]


def _repeated(vector: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """A number a channel as (C, 1), or, where rows are short, repeated along them as (C, L)."""
    column, length = vector.astype(rows.dtype)[:, None], rows.shape[2]
    if length > _SHORT_ROW or not rows.flags.c_contiguous:
        return column
    full = _on_a_cache_line((len(vector), length), rows.dtype)
    full[...] = column
    return full


def _statistics(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and biased variance of every channel, as float64.

    Both are found in one pass over x less a first guess of the mean. Without the guess that pass would compute
    E[x²] - mean², which loses its digits where the mean is large (Chan, Golub & LeVeque 1983).
    """
    guess = rows[0].mean(axis=1)
    sums, squares = np.empty((2, *rows.shape[:2]), rows.dtype)
    ones = np.ones(rows.shape[2], rows.dtype)
    for channels, pieces in _pieces(rows.shape):
        shift = _repeated(guess[channels], rows)
        buffer = _on_a_cache_line(rows[pieces[0], channels].shape, rows.dtype)
        for piece in pieces:
            values = rows[piece, channels]
            shifted = np.subtract(values, shift, out=buffer[: len(values)])
            # A product with ones is a sum, and twice as fast as NumPy's own.
            np.vecdot(shifted, ones, out=sums[piece, channels])
            np.vecdot(shifted, shifted, out=squares[piece, channels])
    count = len(rows) * rows.shape[2]
    offset = sums.sum(axis=0, dtype=np.float64) / count
    var = squares.sum(axis=0, dtype=np.float64) / count - offset**2
    return guess + offset, np.maximum(var, 0)


def _normalise(x, mean, inv_std, weight, bias) -> tuple[np.ndarray, np.ndarray]:
    """(out, x_hat), both new."""
    out, x_hat = _empty(x), _empty(x)
    rows, results, hats = _rows(x), _rows(out), _rows(x_hat)
    for channels, pieces in _pieces(rows.shape):
        centre, scale, gamma, beta = (_repeated(v[channels], rows) for v in (mean, inv_std, weight, bias))
        for piece in pieces:
            hat, result = hats[piece, channels], results[piece, channels]
            np.subtract(rows[piece, channels], centre, out=hat)
            hat *= scale
            np.multiply(hat, gamma, out=result)
            result += beta
    return out, x_hat


def _gradient_sums(dresult: np.ndarray, hats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(dweight, dbias) as float64."""
    dweight, dbias = np.empty((2, *hats.shape[:2]), hats.dtype)
    ones = np.ones(hats.shape[2], hats.dtype)
    for channels, pieces in _pieces(hats.shape):
        for piece in pieces:
            np.vecdot(dresult[piece, channels], hats[piece, channels], out=dweight[piece, channels])
            np.vecdot(dresult[piece, channels], ones, out=dbias[piece, channels])
    return dweight.sum(axis=0, dtype=np.float64), dbias.sum(axis=0, dtype=np.float64)


def _combine(dx, dresult, hats, by_hat, constant, scale) -> None:
    """dx = scale (dresult + by_hat hats + constant), written into dx; the last three arguments hold a number a channel."""
    for channels, pieces in _pieces(hats.shape):
        factor, summand, scaling = (_repeated(v[channels], hats) for v in (by_hat, constant, scale))
        for piece in pieces:
            result = dx[piece, channels]
            np.multiply(hats[piece, channels], factor, out=result)
            result += dresult[piece, channels]
            result += summand
            result *= scaling
