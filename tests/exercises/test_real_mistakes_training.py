"""Mistakes found in learners' published losses and dropout, and such as they make in the other exercises of lesson 07.

Written as learners write them; they fail and are named. The counts are out of 126 (dropout) and 147 (softmax) solutions.
"""

# Learners name sizes by capitals, and so do these.
# ruff: noqa: N806

import math

import numpy as np
import pytest
from mistake_table import MistakeTable, recognised_as

from course_utils.checking import judge
from course_utils.exercises import exercises

mistake = MistakeTable()


# Dropout, forward. Each of the two lines that draw the mask is right by itself.


@mistake("dropout_forward", "not rescaled", "12 in training")
def does_not_rescale(x, p, training=True, rng=None, inverted=True):
    if training:
        mask = (rng.random(x.shape) >= p).astype(x.dtype)
        return x * mask, mask
    return (x, None) if inverted else (x * (1 - p), 1 - p)


@mistake("dropout_forward", "not rescaled", "12 in training, kept below 1 - p")
def does_not_rescale_what_lies_below(x, p, training=True, rng=None, inverted=True):
    mask = None
    if training:
        keep = 1 - p
        mask = (rng.random(x.shape) < keep) * 1.0
        out = (x * mask).astype(x.dtype)
        mask = mask.astype(x.dtype)
    elif inverted:
        out = x
    else:
        out, mask = x * (1 - p), 1 - p
    return out, mask


@mistake("dropout_forward", "not rescaled", "12 in training, by the binomial distribution")
def does_not_rescale_binomial(x, p, training=True, rng=None, inverted=True):
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    mask = rng.binomial(1, 1 - p, size=x.shape).astype(x.dtype)
    return x * mask, mask


@mistake("dropout_forward", "rescaled by the wrong probability", "6 in training")
def rescales_by_p(x, p, training=True, rng=None, inverted=True):
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    mask = rng.random(x.shape) >= p
    if inverted:
        mask = (mask / np.float64(p)).astype(x.dtype)
    return x * mask, mask


@mistake("dropout_forward", "rescaled by the wrong probability", "6 in training, kept below 1 - p")
def rescales_what_lies_below_by_p(x, p, training=True, rng=None, inverted=True):
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    mask = (rng.random(size=x.shape) < (1 - p)).astype(x.dtype)
    if inverted:
        mask = mask / p
    return x * mask, mask


@mistake("dropout_forward", "p taken for the probability of keeping", "the convention of older notes")
def keeps_with_probability_p(x, p, training=True, rng=None, inverted=True):
    if not training:
        return (x, None) if inverted else (x * p, p)
    mask = rng.random(x.shape) < p
    mask = (mask / np.float64(p) if inverted else mask).astype(x.dtype)
    return x * mask, mask


@mistake("dropout_forward", "a normal distribution instead of a uniform one", "6 in training")
def draws_from_the_normal_distribution(x, p, training=True, rng=None, inverted=True):
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    mask = (rng.standard_normal(x.shape) >= p).astype(x.dtype)
    if inverted:
        mask /= 1 - p
    return x * mask, mask


@mistake("dropout_forward", "a normal distribution instead of a uniform one", "6 in training, kept below 1 - p")
def draws_below_from_the_normal_distribution(x, p, training=True, rng=None, inverted=True):
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    mask = (rng.normal(size=x.shape) < 1 - p) / (1 - p if inverted else 1)
    return (x * mask).astype(x.dtype), mask.astype(x.dtype)


@mistake("dropout_forward", "nothing dropped", "1 in training")
def drops_nothing(x, p, training=True, rng=None, inverted=True):
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    mask = np.ones_like(x)
    mask[rng.random(x.shape) > 1] = 0
    if inverted:
        mask = mask / (1 - p)
    return x * mask, mask


@mistake("dropout_forward", "dropped in evaluation as well", "")
def never_asks_for_training(x, p, training=True, rng=None, inverted=True):
    mask = (rng.random(x.shape) >= p).astype(x.dtype)
    if inverted:
        mask /= 1 - p
    return x * mask, mask


@mistake("dropout_forward", "scaled in training and again in evaluation", "a slide mixes the two conventions")
def scales_twice(x, p, training=True, rng=None, inverted=True):
    if not training:
        return x * (1 - p), 1 - p
    mask = (rng.random(x.shape) >= p).astype(x.dtype)
    mask = mask / (1 - p) if inverted else mask
    return x * mask, mask


@mistake("dropout_forward", "never scaled in evaluation", "")
def forgets_the_first_convention_in_evaluation(x, p, training=True, rng=None, inverted=True):
    if not training:
        return x, None
    mask = (rng.random(x.shape) >= p).astype(x.dtype)
    mask = mask / (1 - p) if inverted else mask
    return x * mask, mask


@mistake("dropout_forward", "numbers from elsewhere", "")
def draws_from_elsewhere(x, p, training=True, rng=None, inverted=True):
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    mask = (np.random.rand(*x.shape) >= p).astype(x.dtype)
    mask = mask / (1 - p) if inverted else mask
    return x * mask, mask


@mistake("dropout_forward", "the bare mask cached", "")
def caches_truth_values(x, p, training=True, rng=None, inverted=True):
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    mask = rng.random(x.shape) >= p
    return (x * mask / (1 - p) if inverted else x * mask), mask


@mistake("dropout_backward", "the scale forgotten", "")
def passes_on_what_was_kept(dout, cache):
    if cache is None:
        return dout
    dx = dout.copy()
    dx[np.broadcast_to(cache == 0, dout.shape)] = 0
    return dx


@mistake("dropout_backward", "evaluation not awaited", "")
def multiplies_by_nothing(dout, cache):
    return dout * cache


@mistake("dropout_backward", "the mask ignored", "")
def lets_all_through(dout, cache):
    return dout


# Softmax.


@mistake("softmax_cross_entropy", "no shift before the exponential", "4 near 1000")
def exponentials_overflow(scores, labels):
    N = scores.shape[0]
    probs = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    loss = np.sum(-np.log(probs[np.arange(N), labels])) / N
    dscores = probs.copy()
    dscores[np.arange(N), labels] -= 1
    return loss, dscores / N


@mistake("softmax_cross_entropy", "no shift before the exponential", "4 near 1000, in loops")
def exponentials_overflow_in_loops(scores, labels):
    N, C = scores.shape
    loss, dscores = 0.0, np.zeros_like(scores)
    for i in range(N):
        p = np.exp(scores[i]) / np.sum(np.exp(scores[i]))
        loss += -np.log(p[labels[i]])
        for j in range(C):
            dscores[i, j] = p[j] - (j == labels[i])
    return loss / N, dscores / N


@mistake("softmax_cross_entropy", "no shift inside the logarithm", "4 near 1000")
def logarithm_of_an_overflow(scores, labels):
    N = len(scores)
    exps = np.exp(scores)
    sums = exps.sum(axis=1, keepdims=True)
    loss = (-scores[np.arange(N), labels] + np.log(sums[:, 0])).sum() / N
    dscores = exps / sums
    dscores[np.arange(N), labels] -= 1
    return loss, dscores / N


@mistake("softmax_cross_entropy", "one maximum for the whole batch", "")
def shifts_by_the_largest_of_all(scores, labels):
    N = scores.shape[0]
    exps = np.exp(scores - np.max(scores))
    probs = exps / exps.sum(axis=1, keepdims=True)
    dscores = probs.copy()
    dscores[range(N), labels] -= 1
    return -np.log(probs[range(N), labels]).mean(), dscores / N


@mistake("softmax_cross_entropy", "a gradient of the sum beside a loss of the mean", "")
def forgets_to_divide_the_gradient(scores, labels):
    N = scores.shape[0]
    exps = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probs = exps / exps.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(N), labels]).mean()
    probs[np.arange(N), labels] -= 1
    return loss, probs


@mistake("softmax_cross_entropy", "1 taken from every row's column", "")
def indexes_all_rows(scores, labels):
    N = scores.shape[0]
    exps = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probs = exps / exps.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(N), labels]).mean()
    probs[:, labels] -= 1
    return loss, probs / N


@mistake("softmax_cross_entropy", "the caller's scores changed", "")
def shifts_in_place(scores, labels):
    N = scores.shape[0]
    scores -= scores.max(axis=1, keepdims=True)
    exps = np.exp(scores)
    probs = exps / exps.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(N), labels]).mean()
    probs[np.arange(N), labels] -= 1
    return loss, probs / N


@mistake("softmax_cross_entropy", "a mean over the classes as well", "")
def averages_a_one_hot_table(scores, labels):
    onehot = np.eye(scores.shape[1])[labels]
    exps = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    probs = exps / exps.sum(axis=1, keepdims=True)
    return np.mean(-onehot * np.log(probs)), (probs - onehot) / onehot.size


# The optimizer's step.


@mistake("sgd_momentum_step", "the classical form", "")
def writes_the_papers_momentum(weight, gradient, velocity, lr, momentum=0.9, weight_decay=0.0, nesterov=False):
    velocity = momentum * velocity - lr * (gradient + weight_decay * weight)
    return weight + velocity, velocity


@mistake("sgd_momentum_step", "the new gradient dampened", "")
def writes_a_running_average(weight, gradient, velocity, lr, momentum=0.9, weight_decay=0.0, nesterov=False):
    g = gradient + weight_decay * weight
    v = momentum * velocity + (1 - momentum) * g
    return weight - lr * (g + momentum * v if nesterov else v), v


@mistake("sgd_momentum_step", "the decay beside the momentum", "")
def shrinks_the_weight(weight, gradient, velocity, lr, momentum=0.9, weight_decay=0.0, nesterov=False):
    velocity = momentum * velocity + gradient
    step = gradient + momentum * velocity if nesterov else velocity
    return (1 - lr * weight_decay) * weight - lr * step, velocity


@mistake("sgd_momentum_step", "Nesterov left out", "")
def does_not_know_nesterov(weight, gradient, velocity, lr, momentum=0.9, weight_decay=0.0, nesterov=False):
    velocity = momentum * velocity + gradient + weight_decay * weight
    return weight - lr * velocity, velocity


@mistake("sgd_momentum_step", "the caller's arrays changed", "")
def steps_in_place(weight, gradient, velocity, lr, momentum=0.9, weight_decay=0.0, nesterov=False):
    g = gradient + weight_decay * weight
    velocity *= momentum
    velocity += g
    weight -= lr * (g + momentum * velocity if nesterov else velocity)
    return weight, velocity


# Initialisation and augmentation.


@mistake("kaiming_normal", "the variance taken for the standard deviation", "")
def scales_by_the_variance(shape, rng, dtype=np.float32):
    return rng.normal(0, 2 / math.prod(shape[1:]), size=shape).astype(dtype)


@mistake("kaiming_normal", "outputs counted instead of inputs", "in float32")
def counts_outputs(shape, rng, dtype=np.float32):
    fan = shape[0] * math.prod(shape[2:])
    return rng.standard_normal(shape, dtype=dtype) * dtype(math.sqrt(2 / fan))


@mistake("kaiming_normal", "the ReLU forgotten", "")
def forgets_the_relu(shape, rng, dtype=np.float32):
    return (rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(dtype)


@mistake("kaiming_normal", "float64 whatever is asked", "")
def forgets_the_dtype(shape, rng, dtype=np.float32):
    return rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))


@mistake("kaiming_normal", "numbers from elsewhere", "")
def draws_weights_from_elsewhere(shape, rng, dtype=np.float32):
    return (np.random.randn(*shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(dtype)


@mistake("random_crop_flip", "flipped upside down", "")
def flips_the_rows(x, padding, rng):
    n, _, height, width = x.shape
    rows, columns = rng.integers(0, 2 * padding + 1, size=(2, n))
    flips = rng.random(n) < 0.5
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = np.zeros_like(x)
    for i in range(n):
        crop = padded[i, :, rows[i] : rows[i] + height, columns[i] : columns[i] + width]
        out[i] = crop[:, ::-1] if flips[i] else crop
    return out


@mistake("random_crop_flip", "flipped before it is cut", "")
def flips_before_it_cuts(x, padding, rng):
    n, _, height, width = x.shape
    rows, columns = rng.integers(0, 2 * padding + 1, size=(2, n))
    flips = rng.random(n) < 0.5
    out = x.copy()
    out[flips] = out[flips][:, :, :, ::-1]
    padded = np.pad(out, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    for i in range(n):
        out[i] = padded[i, :, rows[i] : rows[i] + height, columns[i] : columns[i] + width]
    return out


@mistake("random_crop_flip", "one chance for the whole batch", "")
def decides_once(x, padding, rng):
    n, _, height, width = x.shape
    rows, columns = rng.integers(0, 2 * padding + 1, size=(2, n))
    flips = rng.random(n) < 0.5
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = padded[:, :, rows[0] : rows[0] + height, columns[0] : columns[0] + width]
    return out[:, :, :, ::-1] if flips[0] else out


@pytest.mark.parametrize(("exercise", "function", "named"), mistake)
def test_a_real_mistake_is_recognised(exercise, function, named):
    assert recognised_as(exercise, function) == named


# Each of these draws the same chances in another way, and all are right.
MASKS = {
    "at least p": lambda x, p, rng: rng.random(x.shape) >= p,
    "above p": lambda x, p, rng: rng.random(x.shape) > p,
    "below 1 - p": lambda x, p, rng: rng.random(x.shape) < 1 - p,
    "at most 1 - p": lambda x, p, rng: rng.random(x.shape) <= 1 - p,
    "not below p": lambda x, p, rng: ~(rng.random(x.shape) < p),
    "uniform": lambda x, p, rng: rng.uniform(size=x.shape) > p,
    "one by one": lambda x, p, rng: np.array([rng.random() >= p for _ in range(x.size)]).reshape(x.shape),
    "in x's own precision": lambda x, p, rng: rng.random(x.shape, dtype=x.dtype) >= p,
    "float32": lambda x, p, rng: rng.random(x.shape, dtype=np.float32) >= p,
    "float32 below 1 - p": lambda x, p, rng: rng.random(x.shape, dtype=np.float32) < 1 - p,
    "in x's own precision below 1 - p": lambda x, p, rng: rng.random(x.shape, dtype=x.dtype) < 1 - p,
    "binomial": lambda x, p, rng: rng.binomial(1, 1 - p, x.shape),
    "binomial, the dropped": lambda x, p, rng: rng.binomial(1, p, x.shape) == 0,
    "choice": lambda x, p, rng: rng.choice([0, 1], x.shape, p=[p, 1 - p]),
    "choice, the kept first": lambda x, p, rng: rng.choice([True, False], x.shape, p=[1 - p, p]),
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_all_ways_to_draw_a_mask_are_right(mask):
    def dropout_forward(x, p, training=True, rng=None, inverted=True):
        if not training:
            return (x, None) if inverted else (x * (1 - p), 1 - p)
        factor = mask(x, p, rng).astype(x.dtype) / (1 - p if inverted else 1)
        return x * factor, factor

    assert judge(exercises()["dropout_forward"], dropout_forward).status == "passed"


DRAWS = {
    "standard_normal": lambda shape, deviation, rng, dtype: deviation * rng.standard_normal(shape),
    "normal": lambda shape, deviation, rng, dtype: rng.normal(0, deviation, shape),
    "normal, flat": lambda shape, deviation, rng, dtype: rng.normal(scale=deviation, size=math.prod(shape)).reshape(
        shape
    ),
    "in the precision asked": lambda shape, deviation, rng, dtype: deviation * rng.standard_normal(shape, dtype),
    "float32": lambda shape, deviation, rng, dtype: deviation * rng.standard_normal(shape, np.float32).astype(float),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_all_ways_to_draw_normal_weights_are_right(draw):
    def kaiming_normal(shape, rng, dtype=np.float32):
        return draw(shape, math.sqrt(2 / math.prod(shape[1:])), rng, dtype).astype(dtype)

    assert judge(exercises()["kaiming_normal"], kaiming_normal).status == "passed"


WAYS = [
    pytest.param(name, number, id=f"{name}: {number}")
    for name, exercise in exercises().items()
    for number in range(len(exercise.also_right))
]


@pytest.mark.parametrize(("name", "number"), WAYS)
def test_what_is_also_right_passes_and_its_misconceptions_are_named(name, number):
    exercise = exercises()[name]
    assert judge(exercise, exercise.also_right[number]).status == "passed"
    for misconception in exercise.misconceptions:
        assert recognised_as(name, misconception.also[number]) == misconception.name
