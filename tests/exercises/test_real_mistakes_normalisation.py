"""Mistakes found in learners' published batch normalisation layers, written as learners write them, fail and are named.

The counts beside them are out of 130 solutions of the forward pass, 129 of the backward pass, and 109 for pictures. Those
without a count are slips that others are known to make.
"""

# Learners name sizes by capitals, and so do these.
# ruff: noqa: N806

import numpy as np
import pytest
from mistake_table import MistakeTable, recognised_as

mistake = MistakeTable()


def setting(x):
    """The axes of a mean a channel, the shape of a number a channel beside x, and how many values it is a mean of."""
    axes = (0,) if x.ndim == 2 else (0, 2, 3)
    return axes, (1, -1, *[1] * (x.ndim - 2)), x.size // x.shape[1]


def normalised(x, mean, inv_std, weight, bias):
    _, s, _ = setting(x)
    x_hat = (x - mean.reshape(s)) * inv_std.reshape(s)
    return weight.reshape(s) * x_hat + bias.reshape(s), x_hat


def trained(x, weight, bias, running_mean, running_var, momentum, eps):
    """The right training pass: what the mistakes below have in common."""
    axes, _, m = setting(x)
    if m == 1:
        raise ValueError("batch of one")
    mean, var = x.mean(axis=axes), x.var(axis=axes)
    inv_std = 1 / np.sqrt(var + eps)
    out, x_hat = normalised(x, mean, inv_std, weight, bias)
    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_var = (1 - momentum) * running_var + momentum * var * m / (m - 1)
    return out, running_mean, running_var, (x_hat, weight, inv_std, True)


@mistake("batch_norm_forward", "eps outside the root", "9 in test mode")
def eps_outside_in_test(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    if training:
        return trained(x, weight, bias, running_mean, running_var, momentum, eps)
    inv_std = 1 / (np.sqrt(running_var) + eps)
    out, x_hat = normalised(x, running_mean, inv_std, weight, bias)
    return out, running_mean, running_var, (x_hat, weight, inv_std, False)


@mistake("batch_norm_forward", "eps outside the root", "the same in both modes")
def eps_outside(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes, s, m = setting(x)
    mu, var = running_mean, running_var
    if training:
        if m < 2:
            raise ValueError
        mu, var = np.mean(x, axis=axes), np.var(x, axis=axes)
        running_mean = momentum * mu + (1 - momentum) * running_mean
        running_var = momentum * np.var(x, axis=axes, ddof=1) + (1 - momentum) * running_var
    std = np.sqrt(var) + eps
    x_hat = (x - mu.reshape(s)) / std.reshape(s)
    out = x_hat * weight.reshape(s) + bias.reshape(s)
    return out, running_mean, running_var, (x_hat, weight, 1 / std, training)


@mistake("batch_norm_forward", "eps left out", "7 in test mode")
def no_eps_in_test(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    if training:
        return trained(x, weight, bias, running_mean, running_var, momentum, eps)
    _, s, _ = setting(x)
    std = np.sqrt(running_var)
    x_hat = (x - running_mean.reshape(s)) / std.reshape(s)
    return weight.reshape(s) * x_hat + bias.reshape(s), running_mean, running_var, (x_hat, weight, 1 / std, training)


@mistake("batch_norm_forward", "γ and β forgotten", "3 in test mode")
def not_scaled_in_test(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    if training:
        return trained(x, weight, bias, running_mean, running_var, momentum, eps)
    _, s, _ = setting(x)
    inv_std = 1 / np.sqrt(running_var + eps)
    out = (x - running_mean.reshape(s)) * inv_std.reshape(s)
    return out, running_mean, running_var, (out, weight, inv_std, training)


@mistake("batch_norm_forward", "the batch's statistics in evaluation", "test mode")
def batch_statistics_in_test(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    if training:
        return trained(x, weight, bias, running_mean, running_var, momentum, eps)
    axes, _, _ = setting(x)
    inv_std = 1 / np.sqrt(x.var(axis=axes) + eps)
    out, x_hat = normalised(x, x.mean(axis=axes), inv_std, weight, bias)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


@mistake("batch_norm_forward", "the variance where the deviation belongs", "test mode")
def variance_in_test(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    if training:
        return trained(x, weight, bias, running_mean, running_var, momentum, eps)
    _, s, _ = setting(x)
    x_hat = (x - running_mean.reshape(s)) / (running_var.reshape(s) + eps)
    out = weight.reshape(s) * x_hat + bias.reshape(s)
    return out, running_mean, running_var, (x_hat, weight, 1 / (running_var + eps), training)


@mistake("batch_norm_forward", "the deviation kept for the variance", "1, running statistics")
def deviation_kept(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes, _, m = setting(x)
    if not training:
        inv_std = 1 / np.sqrt(running_var + eps)
        out, x_hat = normalised(x, running_mean, inv_std, weight, bias)
        return out, running_mean, running_var, (x_hat, weight, inv_std, training)
    out, new_mean, _, cache = trained(x, weight, bias, running_mean, running_var, momentum, eps)
    sample_std = np.sqrt(x.var(axis=axes) * m / (m - 1))
    return out, new_mean, (1 - momentum) * running_var + momentum * sample_std, cache


@mistake("batch_norm_forward", "extra axes kept in the running statistics", "8, running statistics")
def axes_kept(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes, s, m = setting(x)
    mean, var = running_mean.reshape(s), running_var.reshape(s)
    if training:
        if m == 1:
            raise ValueError("batch of one")
        mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
        running_mean = (1 - momentum) * running_mean.reshape(s) + momentum * mean
        running_var = (1 - momentum) * running_var.reshape(s) + momentum * var * m / (m - 1)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    out = weight.reshape(s) * x_hat + bias.reshape(s)
    return out, running_mean, running_var, (x_hat, weight, inv_std.ravel(), training)


@mistake("batch_norm_forward", "the channels not moved before reshaping", "of 11 for pictures")
def reshaped_as_it_lies(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    if x.ndim == 4:
        N, C, H, W = x.shape
        out, mean, var, (x_hat, *rest) = reshaped_as_it_lies(
            x.reshape(N * H * W, C), weight, bias, running_mean, running_var, training, momentum, eps
        )
        return out.reshape(N, C, H, W), mean, var, (x_hat.reshape(N, C, H, W), *rest)
    if training:
        return trained(x, weight, bias, running_mean, running_var, momentum, eps)
    inv_std = 1 / np.sqrt(running_var + eps)
    out, x_hat = normalised(x, running_mean, inv_std, weight, bias)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


@mistake("batch_norm_forward", "the channels not moved back after reshaping", "of 11 for pictures")
def not_moved_back(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    if x.ndim == 4:
        N, C, H, W = x.shape
        rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
        out, mean, var, (x_hat, *rest) = not_moved_back(
            rows, weight, bias, running_mean, running_var, training, momentum, eps
        )
        x_hat = x_hat.reshape(N, H, W, C).transpose(0, 3, 1, 2)
        return out.reshape(N, C, H, W), mean, var, (x_hat, *rest)
    if training:
        return trained(x, weight, bias, running_mean, running_var, momentum, eps)
    inv_std = 1 / np.sqrt(running_var + eps)
    out, x_hat = normalised(x, running_mean, inv_std, weight, bias)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


def with_statistics_over(axes):
    """A forward pass whose means go over the wrong axes of pictures, and stay broadcastable."""

    def forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
        right, s, m = setting(x)
        mean, var = running_mean.reshape(s), running_var.reshape(s)
        if training:
            if m == 1:
                raise ValueError("batch of one")
            over = right if x.ndim == 2 else axes
            mean, var = x.mean(axis=over, keepdims=True), x.var(axis=over, keepdims=True)
            running_mean = (1 - momentum) * running_mean + momentum * mean.squeeze()
            running_var = (1 - momentum) * running_var + momentum * var.squeeze() * m / (m - 1)
        inv_std = 1 / np.sqrt(var + eps)
        x_hat = (x - mean) * inv_std
        out = weight.reshape(s) * x_hat + bias.reshape(s)
        return out, running_mean, running_var, (x_hat, weight, inv_std.reshape(-1), training)

    return forward


mistake("batch_norm_forward", "each picture by itself", "of 11 for pictures")(with_statistics_over((1, 2, 3)))
mistake("batch_norm_forward", "each picture and channel by itself", "of 11 for pictures")(with_statistics_over((2, 3)))
mistake("batch_norm_forward", "works for rows only", "of 11 for pictures")(with_statistics_over((0,)))


@mistake("batch_norm_forward", "works for rows only", "of 11 for pictures")
def axis_0_whatever_x_is(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    mean, var = running_mean, running_var
    if training:
        N = x.shape[0]
        if N == 1:
            raise ValueError("batch of one")
        mean, var = x.mean(axis=0), x.var(axis=0)
    inv_std = 1 / np.sqrt(var + eps)
    out, x_hat = normalised(x, mean, inv_std, weight, bias)
    if training:
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * N / (N - 1)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


@mistake("batch_norm_forward", "numbers a channel along the columns")
def never_reshaped(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes, _, m = setting(x)
    mean, var = running_mean, running_var
    if training:
        if m == 1:
            raise ValueError("batch of one")
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * m / (m - 1)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    return weight * x_hat + bias, running_mean, running_var, (x_hat, weight, inv_std, training)


@mistake("batch_norm_forward", "the unbiased variance in x̂")
def ddof_1_everywhere(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes, _, m = setting(x)
    mean, var = running_mean, running_var
    if training:
        if m == 1:
            raise ValueError("batch of one")
        mean, var = x.mean(axis=axes), x.var(axis=axes, ddof=1)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var
    inv_std = 1 / np.sqrt(var + eps)
    out, x_hat = normalised(x, mean, inv_std, weight, bias)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


@mistake("batch_norm_forward", "the biased variance in running_var")
def one_variance_for_both(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes, _, m = setting(x)
    mean, var = running_mean, running_var
    if training:
        if m <= 1:
            raise ValueError("batch of one")
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var
    inv_std = 1 / np.sqrt(var + eps)
    out, x_hat = normalised(x, mean, inv_std, weight, bias)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


@mistake("batch_norm_forward", "momentum the other way round")
def momentum_as_another_course_has_it(
    x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5
):
    if training:
        return trained(x, weight, bias, running_mean, running_var, 1 - momentum, eps)
    inv_std = 1 / np.sqrt(running_var + eps)
    out, x_hat = normalised(x, running_mean, inv_std, weight, bias)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


@mistake("batch_norm_forward", "running statistics updated in evaluation")
def updated_in_either_mode(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes, _, m = setting(x)
    if training and m == 1:
        raise ValueError("batch of one")
    mean, var = x.mean(axis=axes), x.var(axis=axes)
    unbiased = x.var(axis=axes, ddof=1) if m > 1 else var
    new_mean = (1 - momentum) * running_mean + momentum * mean
    new_var = (1 - momentum) * running_var + momentum * unbiased
    if not training:
        mean, var = running_mean, running_var
    inv_std = 1 / np.sqrt(var + eps)
    out, x_hat = normalised(x, mean, inv_std, weight, bias)
    return out, new_mean, new_var, (x_hat, weight, inv_std, training)


@mistake("batch_norm_forward", "the variance as a difference of large numbers")
def variance_in_one_pass(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes, _, m = setting(x)
    mean, var = running_mean, running_var
    if training:
        if m == 1:
            raise ValueError("batch of one")
        mean = x.sum(axis=axes) / m
        var = (x * x).sum(axis=axes) / m - mean * mean
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * m / (m - 1)
    inv_std = 1 / np.sqrt(var + eps)
    out, x_hat = normalised(x, mean, inv_std, weight, bias)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


@mistake("batch_norm_forward", "a single value let through")
def batch_of_one_let_through(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes, _, m = setting(x)
    mean, var = running_mean, running_var
    if training:
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * m / max(m - 1, 1)
    inv_std = 1 / np.sqrt(var + eps)
    out, x_hat = normalised(x, mean, inv_std, weight, bias)
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


@mistake("batch_norm_backward", "eps forgotten in the gradient", "5 with a large eps")
def variance_taken_anew(dout, cache):
    x_hat, weight, inv_std, training = cache
    axes, s, m = setting(dout)
    dweight, dbias = (dout * x_hat).sum(axis=axes), dout.sum(axis=axes)
    dx_hat = dout * weight.reshape(s)
    if not training:
        return dx_hat * inv_std.reshape(s), dweight, dbias
    xmu = x_hat / inv_std.reshape(s)
    var = np.mean(xmu**2, axis=axes, keepdims=True)
    dvar = np.sum(dx_hat * xmu * -0.5 * var**-1.5, axis=axes, keepdims=True)
    dmean = np.sum(-dx_hat / np.sqrt(var), axis=axes, keepdims=True)
    return dx_hat / np.sqrt(var) + dvar * 2 * xmu / m + dmean / m, dweight, dbias


def by_the_graph(dout, cache, mean_way=True, variance_way=True, share=True, pictures=False):
    """The textbook's backward pass, node by node, with some of the ways left out."""
    x_hat, weight, inv_std, training = cache
    axes, s, m = setting(dout)
    m = len(dout) if pictures else m
    dweight, dbias = (dout * x_hat).sum(axis=axes), dout.sum(axis=axes)
    dx_hat, inv = dout * weight.reshape(s), inv_std.reshape(s)
    if not training:
        return dx_hat * inv, dweight, dbias
    xmu = x_hat / inv
    dvar = (dx_hat * xmu * -0.5 * inv**3).sum(axis=axes, keepdims=True) if variance_way else 0
    dmu = (-dx_hat * inv).sum(axis=axes, keepdims=True) if mean_way else 0
    over = m if share else 1
    return dx_hat * inv + dvar * 2 * xmu / over + dmu / over, dweight, dbias


@mistake("batch_norm_backward", "the mean taken for a constant")
def without_the_mean(dout, cache):
    return by_the_graph(dout, cache, mean_way=False)


@mistake("batch_norm_backward", "the variance taken for a constant")
def without_the_variance(dout, cache):
    return by_the_graph(dout, cache, variance_way=False)


@mistake("batch_norm_backward", "the way back of evaluation in both modes")
def without_either(dout, cache):
    return by_the_graph(dout, cache, mean_way=False, variance_way=False)


@mistake("batch_norm_backward", "sums where means belong")
def not_divided(dout, cache):
    return by_the_graph(dout, cache, share=False)


@mistake("batch_norm_backward", "m taken for the number of pictures", "the formula for rows, reused for pictures")
def divided_by_n(dout, cache):
    return by_the_graph(dout, cache, pictures=True)


@mistake("batch_norm_backward", "the way back of training in both modes")
def mode_not_looked_at(dout, cache):
    x_hat, weight, inv_std, _ = cache
    return by_the_graph(dout, (x_hat, weight, inv_std, True))


@mistake("batch_norm_backward", "the channels not moved before reshaping", "the forward pass's, again")
def rows_as_they_lie(dout, cache):
    x_hat, weight, inv_std, training = cache
    C = dout.shape[1]
    dx, dweight, dbias = by_the_graph(dout.reshape(-1, C), (x_hat.reshape(-1, C), weight, inv_std, training))
    return dx.reshape(dout.shape), dweight, dbias


@mistake("batch_norm_backward", "dweight and dbias summed over the batch only")
def summed_over_n(dout, cache):
    dx, _, _ = by_the_graph(dout, cache)
    return dx, np.sum(dout * cache[0], axis=0), np.sum(dout, axis=0)


@mistake("batch_norm_backward", "works for rows only", "the forward pass's, again")
def summed_over_axis_0(dout, cache):
    x_hat, weight, inv_std, training = cache
    _, s, m = setting(dout)
    dbias, dweight = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
    scale = (weight * inv_std).reshape(s)
    if not training:
        return scale * dout, dweight, dbias
    return scale * (dout - dbias.reshape(s) / m - x_hat * dweight.reshape(s) / m), dweight, dbias


@mistake("fold_batch_norm", "eps left out", "batch norm's, again")
def folded_without_eps(weight, bias, bn_weight, bn_bias, running_mean, running_var, eps=1e-5):
    g = bn_weight / np.sqrt(running_var)
    b = 0 if bias is None else bias
    return (weight.T * g).T, (b - running_mean) * g + bn_bias


@mistake("fold_batch_norm", "the old bias forgotten")
def folded_as_if_without_bias(weight, bias, bn_weight, bn_bias, running_mean, running_var, eps=1e-5):
    g = bn_weight / np.sqrt(running_var + eps)
    return (weight.T * g).T, bn_bias - g * running_mean


@mistake("fold_batch_norm", "works for convolutions only")
def folded_pictures_only(weight, bias, bn_weight, bn_bias, running_mean, running_var, eps=1e-5):
    K, _C, _KH, _KW = weight.shape
    g = bn_weight / np.sqrt(running_var + eps)
    b = np.zeros(K) if bias is None else bias
    return weight * g.reshape(K, 1, 1, 1), (b - running_mean) * g + bn_bias


@mistake("local_response_norm_forward", "alpha not divided by the size", "the paper's formula")
def as_the_paper_has_it(x, size, alpha=1e-4, beta=0.75, k=1.0):
    C = x.shape[1]
    scale = np.full_like(x, k)
    for c in range(C):
        lo, hi = max(0, c - size // 2), min(C, c - size // 2 + size)
        scale[:, c] += alpha * np.sum(x[:, lo:hi] ** 2, axis=1)
    return x / scale**beta, (x, scale, size, alpha, beta)


@mistake("local_response_norm_forward", "an even size made odd", "the paper's window")
def from_half_before_to_half_after(x, size, alpha=1e-4, beta=0.75, k=1.0):
    C = x.shape[1]
    scale = np.full_like(x, k)
    for c in range(C):
        for j in range(max(0, c - size // 2), min(C - 1, c + size // 2) + 1):
            scale[:, c] += alpha / size * x[:, j] ** 2
    return x / scale**beta, (x, scale, size, alpha, beta)


@mistake("local_response_norm_forward", "a window that starts below 0")
def negative_slice(x, size, alpha=1e-4, beta=0.75, k=1.0):
    scale = np.full_like(x, k)
    for c in range(x.shape[1]):
        first = c - size // 2
        scale[:, c] += alpha / size * (x[:, first : first + size] ** 2).sum(axis=1)
    return x / scale**beta, (x, scale, size, alpha, beta)


@mistake("local_response_norm_forward", "divided by the channels that exist")
def mean_of_what_is_there(x, size, alpha=1e-4, beta=0.75, k=1.0):
    scale = np.full_like(x, k)
    for c in range(x.shape[1]):
        first = c - size // 2
        scale[:, c] += alpha * (x[:, max(0, first) : first + size] ** 2).mean(axis=1)
    return x / scale**beta, (x, scale, size, alpha, beta)


@pytest.mark.parametrize(("exercise", "function", "named"), mistake)
def test_it_fails_and_is_named(exercise, function, named):
    assert recognised_as(exercise, function) == named
