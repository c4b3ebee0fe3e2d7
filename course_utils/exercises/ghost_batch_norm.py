"""An exercise of homework 2: batch normalisation by parts of a batch, as several machines do it."""

import numpy as np

from course_utils import layers
from course_utils.exercises.batch_norm_forward import ARGUMENTS as WHOLE
from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise

ARGUMENTS = (*WHOLE[:5], "groups", *WHOLE[5:])


def ghost_batch_norm_forward(x, weight, bias, running_mean, running_var, groups, training=True, momentum=0.1, eps=1e-5):
    """In training, each of `groups` equal parts of the batch is normalised by its own statistics, one after the other.

    x: (N, C) or (N, C, H, W) array, its first N / groups examples being the first part; weight, bias, running_mean,
    running_var: (C,). Returns (out, running_mean, running_var), the running statistics moved once for each part, in order.
    In evaluation there are no parts: all of x is normalised by the running statistics, which stay as they are.

    Hoffer et al. 2017, "Train longer, generalize better". Raises ValueError if groups do not divide N in training.
    """
    if not training:
        whole = layers.batch_norm_forward(x, weight, bias, running_mean, running_var, training, momentum, eps)
        return whole[:3]
    if len(x) % groups:
        raise ValueError(f"groups must divide the batch of {len(x)}, got {groups}")
    parts = []
    for part in np.split(x, groups):
        out, running_mean, running_var, _ = layers.batch_norm_forward(
            part, weight, bias, running_mean, running_var, True, momentum, eps
        )
        parts.append(out)
    return np.concatenate(parts), running_mean, running_var


def _ghost(x, weight, bias, running_mean, running_var, groups, training=True, momentum=0.1, eps=1e-5, *, slip: str):
    """ghost_batch_norm_forward with one slip in it."""
    if len(x) % groups and (training or slip == "refused in evaluation") and slip != "not refused":
        raise ValueError("the batch does not divide")
    if slip == "groups of channels" and training:
        return _by_channels(x, weight, bias, running_mean, running_var, groups, momentum, eps)
    if not training and slip != "parts in evaluation":
        out = _normalised(x, running_mean, running_var, weight, bias, eps)
        moved = _moved((running_mean, running_var), x, momentum, slip)
        return out, *(moved if slip == "moved in evaluation" else (running_mean, running_var))
    out, old = np.empty_like(x), (running_mean, running_var)
    running, each = old, []
    for chosen in _parts(len(x), groups, slip):
        part = x[chosen]
        running = _moved(old if slip == "last part" else running, part, momentum, slip)
        each.append(_moved(old, part, momentum, slip))
        mean, var = _statistics(part if slip != "whole batch" else x)
        if slip == "unbiased":
            var = var * _count(part) / (_count(part) - 1)
        if slip == "running in training":
            mean, var = running
        out[chosen] = _normalised(part, mean, var, weight, bias, eps)
    if slip == "first part":
        running = each[0]
    if slip == "mean of the parts":
        running = tuple(np.mean(values, axis=0, dtype=x.dtype) for values in zip(*each, strict=True))
    if slip in ("running of the whole", "whole batch"):
        running = _moved(old, x, momentum, slip)
    if slip == "not moved" or not training:
        running = old
    return out, *running


def _parts(batch: int, groups: int, slip: str) -> list[np.ndarray]:
    """Which examples each part has."""
    every = np.arange(batch)
    if slip == "dealt out":
        return [every[first::groups] for first in range(groups)]
    if slip == "groups for their size":
        return [every[first : first + groups] for first in range(0, batch, groups)]
    return np.array_split(every, groups)


def _by_channels(x, weight, bias, running_mean, running_var, groups, momentum, eps):
    """Group normalisation: each example by itself, over blocks of its channels."""
    if x.shape[1] % groups:
        raise ValueError("the channels do not divide")
    blocks = x.reshape(len(x), groups, -1)
    hats = (blocks - blocks.mean(axis=2, keepdims=True)) / np.sqrt(blocks.var(axis=2, keepdims=True) + eps)
    shape = (1, -1, *[1] * (x.ndim - 2))
    out = weight.reshape(shape) * hats.reshape(x.shape) + bias.reshape(shape)
    return out, *_moved((running_mean, running_var), x, momentum, "")


def _normalised(x, mean, var, weight, bias, eps) -> np.ndarray:
    shape = (1, -1, *[1] * (x.ndim - 2))
    mean, var, weight, bias = (vector.reshape(shape) for vector in (mean, var, weight, bias))
    return (weight * ((x - mean) / np.sqrt(var + eps)) + bias).astype(x.dtype)


def _statistics(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    axes = (0, *range(2, x.ndim))
    return x.mean(axis=axes), x.var(axis=axes)


def _count(x: np.ndarray) -> int:
    """Numbers a channel, at least 2."""
    return max(2, x.size // x.shape[1])


def _moved(running, x, momentum, slip) -> tuple[np.ndarray, np.ndarray]:
    mean, var = _statistics(x)
    if slip != "biased":
        var = var * _count(x) / (_count(x) - 1)
    if slip == "momentum turned round":
        momentum = 1 - momentum
    return tuple(
        ((1 - momentum) * old + momentum * new).astype(x.dtype) for old, new in zip(running, (mean, var), strict=True)
    )


def _random_case(rng: np.random.Generator) -> Case:
    training, groups, channels = bool(rng.random() < 0.75), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    places = () if rng.random() < 0.5 else tuple(int(n) for n in rng.integers(1, 4, 2))
    # Of two values that are nearly alike, a small eps would magnify the rounding.
    size = int(rng.integers(3, 6))
    batch = groups * size if training else int(rng.integers(1, 8))
    names = ("weight", "bias", "running_mean", "running_var")
    values = random_arrays(rng, x=(batch, channels, *places), **dict.fromkeys(names, (channels,)))
    values["running_var"][...] = np.abs(values["running_var"]) + 0.25
    settings = {
        "groups": groups,
        "training": training,
        "momentum": float(rng.choice([0.1, 0.3, 0.6])),
        "eps": float(rng.choice([1e-3, 0.5])),
    }
    label = ", ".join(f"{name}={value}" for name, value in settings.items())
    return Case(f"x {values['x'].shape}, {label}", values | settings)


def _case(label: str, seed: int, *shape: int, raises: type[Exception] | None = None, **settings) -> Case:
    channels = shape[1]
    vectors = {
        "weight": digits(seed + 1, channels, low=2, high=7),
        "bias": digits(seed + 2, channels, low=1, high=9),
        "running_mean": digits(seed + 3, channels),
        "running_var": digits(seed + 4, channels, low=2, high=10),
    }
    return Case(label, {"x": digits(seed, *shape, low=-9, high=10), **vectors, **settings}, raises)


GHOST_BATCH_NORM_FORWARD = Exercise(
    name="ghost_batch_norm_forward",
    lesson="hw2",
    reference=ghost_batch_norm_forward,
    plan=(Call("ghost_batch_norm_forward", ARGUMENTS, ("out", "running_mean", "running_var")),),
    compared=("out", "running_mean", "running_var"),
    cases=(
        _case("four rows in two parts", 10, 4, 1, groups=2),
        _case("one part: plain batch norm", 20, 3, 2, groups=1),
        _case("two parts of three rows", 30, 6, 2, groups=2, momentum=0.5),
        _case("three parts of two rows", 40, 6, 2, groups=3, momentum=0.25),
        _case("pictures, two parts", 50, 4, 2, 2, 3, groups=2),
        _case("parts of one picture each", 60, 3, 3, 1, 3, groups=3, eps=0.5),
        _case("evaluation: no parts", 70, 4, 2, groups=2, training=False),
        _case("evaluation of three rows, where two parts do not fit", 80, 3, 2, groups=2, training=False),
        _case("training with five rows in two parts", 90, 5, 2, groups=2, raises=ValueError),
    ),
    random_case=_random_case,
    tolerances={"float64": 1e-8, "float32": 1e-3},
    points=10,
    misconceptions=misconceptions(
        _ghost,
        (
            (
                "the whole batch normalised at once",
                "whole batch",
                "Your mean and variance are the whole batch's, whatever `groups` says.",
            ),
            (
                "examples dealt out like cards",
                "dealt out",
                "You give neighbouring examples to different parts. The first part is the first examples, one after the other.",
            ),
            (
                "the number of parts taken for their size",
                "groups for their size",
                "Your parts have `groups` examples each. It is the number of parts.",
            ),
            (
                "channels grouped instead of examples",
                "groups of channels",
                "You cut the channels into groups and normalise each example alone. That is group norm; here the batch is cut.",
            ),
            (
                "running statistics of the last part only",
                "last part",
                "Every part starts from the old running statistics, so all but the last are forgotten.",
            ),
            (
                "running statistics of the first part only",
                "first part",
                "Your running statistics have heard of the first part alone.",
            ),
            (
                "running statistics moved once, by a mean",
                "mean of the parts",
                "You average what the parts say and move once. They come one after the other, and each moves what it finds.",
            ),
            (
                "running statistics of the whole batch",
                "running of the whole",
                "Your output goes by parts, and your running statistics by the whole batch.",
            ),
            (
                "running statistics never moved",
                "not moved",
                "Your running statistics come back as they went in.",
            ),
            (
                "parts in evaluation as well",
                "parts in evaluation",
                "In evaluation you normalise by what is in the batch. There the running statistics are asked.",
            ),
            (
                "running statistics moved in evaluation",
                "moved in evaluation",
                "Your running statistics move in evaluation. They are only read there.",
            ),
            (
                "running statistics used in training",
                "running in training",
                "You normalise by the running statistics while training. Each part has its own.",
            ),
            (
                "batches that do not divide refused in evaluation",
                "refused in evaluation",
                "Your function insists on equal parts in evaluation, where there are none.",
            ),
            (
                "unequal parts let through",
                "not refused",
                "Where the batch cannot be cut into equal parts, yours goes on with unequal ones.",
            ),
            (
                "the unbiased variance in the output",
                "unbiased",
                "You normalise by the unbiased variance. That one is for the running statistics alone.",
            ),
            (
                "the biased variance in the running one",
                "biased",
                "Your running variance takes the variance that the batch was divided by. PyTorch keeps the unbiased one.",
            ),
            (
                "the momentum turned round",
                "momentum turned round",
                "You keep `momentum` of the old. In PyTorch's sense it is the share of the new.",
            ),
        ),
    ),
    hints=(
        "You have batch norm for a whole batch already. What does a part need that a whole batch does not?",
        "Call your `batch_norm_forward` once for each part. It takes the running statistics and gives new ones: who needs "
        "the new ones next?",
        "`np.split(x, groups)` cuts along the first axis. In a loop, hand the running statistics from one part to the next, "
        "keep the outputs in a list, and join them with `np.concatenate`. In evaluation, one call is all.",
    ),
)
EXERCISES = (GHOST_BATCH_NORM_FORWARD,)
