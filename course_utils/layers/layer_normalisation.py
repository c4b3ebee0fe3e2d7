"""Layer and group normalisation, forward and backward: as batch normalisation, but each example by itself.

Ba et al. 2016, "Layer Normalization"; Wu & He 2018, "Group Normalization". Neither has running statistics: training and
evaluation are the same.
"""

from math import prod

import numpy as np

from course_utils.layers.arguments import (
    check_cache,
    check_dout,
    check_floating,
    check_integer,
    check_number,
    check_same_dtype,
)

LayerCache = tuple[np.ndarray, np.ndarray, np.ndarray]
GroupCache = tuple[np.ndarray, np.ndarray, np.ndarray, int]


def layer_norm_forward(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, LayerCache]:
    """out = weight x_hat + bias with x_hat = (x - mean) / sqrt(var + eps), mean and biased var over one example's entries.

    x: (N, …) array with at least two axes; weight, bias: x.shape[1:], a number an entry, as PyTorch's LayerNorm(x.shape[1:]).
    Returns out and for `layer_norm_backward` the cache (x_hat, weight, inv_std), where inv_std is (N,).

    Raises TypeError if an array is not floating point or the dtypes differ; ValueError if the shapes do not fit or eps is
    negative.
    """
    eps = _check(x, eps)
    _check_affine(weight, bias, x.shape[1:], x)
    rows, inv_std = _standardise(x.reshape(len(x), prod(x.shape[1:])), eps)
    x_hat = rows.reshape(x.shape)
    return x_hat * weight + bias, (x_hat, weight, inv_std)


def layer_norm_backward(dout: np.ndarray, cache: LayerCache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients (dx, dweight, dbias), each shaped as what it belongs to.

    dout: shaped as x, the gradient of the loss with respect to out; cache: from `layer_norm_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    check_cache(cache, "(x_hat, weight, inv_std)", "layer_norm_forward")
    x_hat, weight, inv_std = cache
    check_dout(dout, x_hat.shape, x_hat)
    dx = _standardise_backward(dout * weight, x_hat, inv_std, num_groups=1)
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def group_norm_forward(
    x: np.ndarray, num_groups: int, weight: np.ndarray, bias: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, GroupCache]:
    """out = weight x_hat + bias, mean and biased var over one example's entries in one group of channels.

    x: (N, C, …) array; num_groups: how many equal runs the C channels are split into; weight, bias: (C,). With one group
    x_hat is layer normalisation's, with C groups instance normalisation's.
    Returns out and for `group_norm_backward` the cache (x_hat, weight, inv_std, num_groups), where inv_std is
    (N * num_groups,).

    Raises TypeError if an array is not floating point, the dtypes differ, or num_groups is not an integer; ValueError if the
    shapes do not fit, num_groups does not divide C, or eps is negative.
    """
    eps = _check(x, eps)
    channels = x.shape[1]
    num_groups = check_integer("num_groups", num_groups, least=1)
    if channels % num_groups:
        raise ValueError(f"num_groups must divide the {channels} channels, got {num_groups}")
    _check_affine(weight, bias, (channels,), x)
    rows, inv_std = _standardise(x.reshape(len(x) * num_groups, prod(x.shape[1:]) // num_groups), eps)
    x_hat = rows.reshape(x.shape)
    return x_hat * _across(weight, x) + _across(bias, x), (x_hat, weight, inv_std, num_groups)


def group_norm_backward(dout: np.ndarray, cache: GroupCache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients (dx, dweight, dbias), each shaped as what it belongs to.

    dout: shaped as x, the gradient of the loss with respect to out; cache: from `group_norm_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    check_cache(cache, "(x_hat, weight, inv_std, num_groups)", "group_norm_forward")
    x_hat, weight, inv_std, num_groups = cache
    check_dout(dout, x_hat.shape, x_hat)
    dx = _standardise_backward(dout * _across(weight, x_hat), x_hat, inv_std, num_groups)
    axes = (0, *range(2, x_hat.ndim))
    return dx, (dout * x_hat).sum(axis=axes), dout.sum(axis=axes)


def _check(x: np.ndarray, eps: float) -> float:
    check_floating("x", x)
    if x.ndim < 2 or 0 in x.shape[1:]:
        raise ValueError(f"x must be a batch (N, …) of examples that have entries, got shape {x.shape}")
    return check_number("eps", eps)


def _check_affine(weight: np.ndarray, bias: np.ndarray, shape: tuple[int, ...], x: np.ndarray) -> None:
    for name, array in (("weight", weight), ("bias", bias)):
        check_floating(name, array)
        if array.shape != shape:
            raise ValueError(f"{name} must have shape {shape} for x of shape {x.shape}, got {array.shape}")
        check_same_dtype(name, array, "x", x)


def _standardise(rows: np.ndarray, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """(x_hat, inv_std): every row less its mean, over its deviation."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    inv_std = 1 / np.sqrt((centred * centred).mean(axis=1) + eps)
    centred *= inv_std[:, None]
    return centred, inv_std


def _standardise_backward(dx_hat: np.ndarray, x_hat: np.ndarray, inv_std: np.ndarray, num_groups: int) -> np.ndarray:
    """dx, of the shape of x_hat: batch normalisation's formula, with means over a row."""
    length = prod(x_hat.shape[1:]) // num_groups
    drows, hats = (array.reshape(len(inv_std), length) for array in (dx_hat, x_hat))
    by_hat = (drows * hats).mean(axis=1, keepdims=True)
    dx = inv_std[:, None] * (drows - drows.mean(axis=1, keepdims=True) - hats * by_hat)
    return dx.reshape(x_hat.shape)


def _across(vector: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A number a channel, shaped so that it meets x (N, C, …)."""
    return vector.reshape(-1, *[1] * (x.ndim - 2))
