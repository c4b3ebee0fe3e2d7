"""What learners get wrong in batch normalisation, forward: one function with every slip, and what is said of each."""

import numpy as np

from course_utils.exercises.slips import misconceptions

_AXES = {
    "channels last": (0, 1, 2),
    "per picture": (1, 2, 3),
    "per picture and channel": (2, 3),
}


def _forward(
    x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5, *, slip: str
) -> tuple[np.ndarray, ...]:
    """batch_norm_forward with one slip in it."""
    if x.ndim == 4 and slip == "left to broadcast":
        return _along_the_columns(x, weight, bias, running_mean, running_var, training, momentum, eps)
    if x.ndim == 4 and slip in ("not moved", "not moved back"):
        return _by_rows(x, weight, bias, running_mean, running_var, training, momentum, eps, slip)
    if x.ndim == 4 and training and slip == "no pictures":
        raise ValueError("operands could not be broadcast together")
    values = len(x) if slip == "m is N" else x.size // x.shape[1]
    if training and values == 1 and slip != "one value":
        raise ValueError("more than one value a channel is needed")
    mean, var = _statistics(x, slip)
    batch = training or slip == "batch in evaluation"
    if training or slip == "updated in evaluation":
        moved = _moved(running_mean, running_var, mean, var, momentum, values, slip)
    else:
        moved = running_mean, running_var
    if not batch:
        mean, var = _along(running_mean, x), _along(running_var, x)
    elif slip == "running in training":
        mean, var = (_along(statistic, x) for statistic in moved)
    inv_std = _inverse(var, eps, slip)
    x_hat = (x if slip == "mean kept" else x - mean) * inv_std
    cached = x - mean if slip == "centred cached" else x_hat
    by_channel = 1 / inv_std if slip == "deviation cached" else inv_std
    cache = cached, weight, by_channel.reshape(-1), training
    return _affine(x_hat, weight, bias, slip), *moved, cache


def _by_rows(x, weight, bias, running_mean, running_var, training, momentum, eps, slip):
    """Pictures laid out as (N·H·W, C) and back, with one of the two moves left out."""
    batch, channels, height, width = x.shape
    moved = x if slip == "not moved" else x.transpose(0, 2, 3, 1)
    rows = moved.reshape(-1, channels)
    out, mean, var, (x_hat, *rest) = _forward(
        rows, weight, bias, running_mean, running_var, training, momentum, eps, slip=""
    )
    if slip == "not moved":
        out, x_hat = out.reshape(x.shape), x_hat.reshape(x.shape)
    else:
        out = out.reshape(x.shape)
        x_hat = x_hat.reshape(batch, height, width, channels).transpose(0, 3, 1, 2)
    return out, mean, var, (x_hat, *rest)


def _along_the_columns(x, weight, bias, running_mean, running_var, training, momentum, eps):
    """Right statistics, which meet the last axis of x because they are left as (C,)."""
    _, moved_mean, moved_var, cache = _forward(
        x, weight, bias, running_mean, running_var, training, momentum, eps, slip=""
    )
    mean, inv_std = x.mean(axis=(0, 2, 3)) if training else running_mean, cache[2]
    x_hat = (x - mean) * inv_std
    return weight * x_hat + bias, moved_mean, moved_var, (x_hat, weight, inv_std, training)


def _along(vector: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A number a channel, shaped so that it meets x."""
    return vector.reshape(1, -1, *[1] * (x.ndim - 2))


def _statistics(x: np.ndarray, slip: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance, with an axis of length 1 wherever an axis was summed."""
    axes = (0, 2, 3) if x.ndim == 4 else (0,)
    if x.ndim == 4:
        axes = _AXES.get(slip, axes)
    if slip == "everything at once":
        ones = np.ones_like(_along(x[0, ..., 0, 0] if x.ndim == 4 else x[0], x))
        return x.mean() * ones, x.var() * ones
    mean = x.mean(axis=axes, keepdims=True)
    if slip == "difference of squares":
        return mean, np.mean(x**2, axis=axes, keepdims=True) - mean**2
    var = x.var(axis=axes, keepdims=True)
    if slip == "channels last" and x.ndim == 4:
        return _along(mean, x), _along(var, x)
    if slip == "unbiased in x_hat":
        values = x.size // x.shape[1]
        var = var * values / max(1, values - 1)
    return mean, var


def _moved(running_mean, running_var, mean, var, momentum, values, slip) -> tuple[np.ndarray, np.ndarray]:
    """The new running statistics."""
    if slip == "never updated":
        return running_mean, running_var
    if slip == "batch alone":
        momentum = 1
    if slip == "momentum the other way":
        momentum = 1 - momentum
    if slip not in ("biased in running_var", "unbiased in x_hat"):
        var = var * (values / max(1, values - 1))
    if slip == "deviation kept":
        var = np.sqrt(var)
    if slip == "axes kept":
        running_mean, running_var = (vector.reshape(mean.shape) for vector in (running_mean, running_var))
    else:
        mean, var = (np.squeeze(statistic) if statistic.size > 1 else statistic.reshape(1) for statistic in (mean, var))
    new = [
        ((1 - momentum) * old + momentum * now).astype(old.dtype)
        for old, now in ((running_mean, mean), (running_var, var))
    ]
    return new[0], new[1]


def _inverse(var: np.ndarray, eps: float, slip: str) -> np.ndarray:
    if slip == "eps outside":
        return 1 / (np.sqrt(var) + eps)
    if slip == "no eps":
        return 1 / np.sqrt(var)
    if slip == "eps squared":
        return 1 / np.sqrt(var + eps**2)
    return 1 / (var + eps) if slip == "variance for deviation" else 1 / np.sqrt(var + eps)


def _affine(x_hat: np.ndarray, weight: np.ndarray, bias: np.ndarray, slip: str) -> np.ndarray:
    gamma, beta = _along(weight, x_hat), _along(bias, x_hat)
    if slip == "no affine":
        return x_hat
    if slip == "exchanged":
        gamma, beta = beta, gamma
    return gamma * (x_hat + beta) if slip == "beta scaled" else gamma * x_hat + beta


MISCONCEPTIONS = misconceptions(
    _forward,
    (
        (
            "eps outside the root",
            "eps outside",
            "You add `eps` to the deviation. It belongs to the variance, before the root is taken.",
        ),
        (
            "eps left out",
            "no eps",
            "Your root has no `eps` in it. A channel whose numbers are all alike would be divided by zero.",
        ),
        ("eps squared", "eps squared", "You add the square of `eps`. It is small enough as it is."),
        (
            "the variance where the deviation belongs",
            "variance for deviation",
            "You divide by the variance. Numbers ten times as spread have a variance a hundred times as large.",
        ),
        (
            "γ and β forgotten",
            "no affine",
            "You return x̂ as it is. The layer multiplies it by `weight` and adds `bias`, in both modes.",
        ),
        ("γ and β exchanged", "exchanged", "You multiply by `bias` and add `weight`."),
        ("β multiplied by γ", "beta scaled", "You add `bias` too early, so that it is multiplied as well."),
        (
            "the mean not subtracted",
            "mean kept",
            "Your x̂ has the right spread, but it is not centred on 0.",
        ),
        (
            "the batch's statistics in evaluation",
            "batch in evaluation",
            "In evaluation you still use the batch. Then what a picture gets depends on the pictures next to it.",
        ),
        (
            "the running statistics in training",
            "running in training",
            "In training you normalise by the running statistics. They are collected there, and used in evaluation.",
        ),
        (
            "the unbiased variance in x̂",
            "unbiased in x_hat",
            "You normalise by the unbiased variance. For the batch itself it is the mean of the squares that makes x̂'s "
            "variance 1.",
        ),
        (
            "the biased variance in running_var",
            "biased in running_var",
            "Your running variance collects the batch's own. As an estimate for all data that is a little too small.",
        ),
        (
            "m taken for the number of pictures",
            "m is N",
            "Your running variance takes m for the number of pictures. How many numbers of a channel were averaged?",
        ),
        (
            "momentum the other way round",
            "momentum the other way",
            "You keep the share `momentum` of the old statistics. Here, as in PyTorch, it is the share of the new batch.",
        ),
        (
            "running statistics updated in evaluation",
            "updated in evaluation",
            "Your running statistics move in evaluation, too. Then a network changes by being looked at.",
        ),
        (
            "running statistics never updated",
            "never updated",
            "After training your running statistics are what they were before.",
        ),
        (
            "only the latest batch in the running statistics",
            "batch alone",
            "You put the batch's statistics in place of the running ones. Those average over many batches.",
        ),
        (
            "the deviation kept for the variance",
            "deviation kept",
            "Your `running_var` collects the root of the variance. Evaluation will take the root once more.",
        ),
        (
            "extra axes kept in the running statistics",
            "axes kept",
            "Your running statistics have the right numbers, and axes of length 1 that stayed from summing.",
        ),
        (
            "the channels not moved before reshaping",
            "not moved",
            "You reshape pictures into rows as they lie. A row then holds places of one channel, not the channels of one "
            "place.",
        ),
        (
            "the channels not moved back after reshaping",
            "not moved back",
            "On the way to rows you transpose, on the way back you only reshape: the numbers come to lie at other places.",
        ),
        (
            "works for rows only",
            "no pictures",
            "It is right for (N, C), and stops for pictures in training. A mean over the batch alone leaves one for each place. "
            "How many does a channel need?",
        ),
        (
            "numbers a channel along the columns",
            "left to broadcast",
            "NumPy lays an array of shape (C,) along the last axis. In pictures those are the columns.",
        ),
        (
            "the last axis taken for the channels",
            "channels last",
            "Your means belong to the columns of the pictures. In (N, C, H, W) the channels are the second axis.",
        ),
        (
            "each picture and channel by itself",
            "per picture and channel",
            "You take a mean for each picture. That is another layer, instance normalisation.",
        ),
        (
            "each picture by itself",
            "per picture",
            "Each picture is normalised by all of its own numbers. That is another layer, layer normalisation.",
        ),
        (
            "one mean for all channels",
            "everything at once",
            "You take one mean and one variance of everything. Every channel has its own.",
        ),
        (
            "the variance as a difference of large numbers",
            "difference of squares",
            "The mean of the squares less the square of the mean is the variance on paper. Far from 0, two huge numbers "
            "cancel, and their digits with them.",
        ),
        (
            "a single value let through",
            "one value",
            "In training with one value a channel, your x̂ is 0 whatever x is. That calls for an error, not for a result.",
        ),
        (
            "the deviation in the cache",
            "deviation cached",
            "What you return is right, but your cache holds the deviation. The way back expects what x was multiplied by.",
        ),
        (
            "x̂ cached too early",
            "centred cached",
            "What you return is right, but your cache holds x less its mean: it has not been scaled yet.",
        ),
    ),
)
