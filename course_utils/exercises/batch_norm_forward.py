"""An exercise of lesson 06: batch normalisation, forward. Its cases serve the way back as well."""

from math import prod

import numpy as np

from course_utils import layers
from course_utils.exercises.batch_norm_forward_slips import MISCONCEPTIONS
from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.specification import Call, Case, Exercise

ARGUMENTS = ("x", "weight", "bias", "running_mean", "running_var", "training", "momentum", "eps")


def random_case(rng: np.random.Generator) -> Case:
    """A batch of rows or pictures, now and then far from 0, in training more often than in evaluation."""
    channels = int(rng.integers(1, 5))
    eps = float(rng.choice([1e-5, 1e-3, 0.5, 2]))
    places = () if rng.random() < 0.4 else tuple(int(n) for n in rng.integers(1, 4, 2))
    # Of two values that are nearly alike, a small eps would magnify the rounding.
    least = 1 if prod(places) > 2 else 2 if eps >= 0.5 else 3
    shape = (int(rng.integers(least, least + 4)), channels, *places)
    names = ("weight", "bias", "running_mean", "running_var")
    values = random_arrays(rng, x=shape, dout=shape, **dict.fromkeys(names, (channels,)))
    values["x"][...] += rng.choice([0, -2, 30])
    values["running_var"][...] = np.abs(values["running_var"]) + 0.25
    settings = {
        "training": bool(rng.random() < 0.65),
        "momentum": float(rng.choice([0.01, 0.1, 0.3, 1])),
        "eps": eps,
    }
    label = ", ".join(f"{name}={value}" for name, value in settings.items())
    return Case(f"x {shape}, {label}", values | settings)


def _case(label: str, seed: int, *shape: int, x: np.ndarray | None = None, **settings) -> Case:
    """A case of whole numbers, and running variances that are not 0."""
    channels = shape[1]
    vectors = {
        "weight": digits(seed + 1, channels, low=2, high=7),
        "bias": digits(seed + 2, channels, low=1, high=9),
        "running_mean": digits(seed + 3, channels),
        "running_var": digits(seed + 4, channels, low=2, high=10),
    }
    values = {"x": digits(seed, *shape) if x is None else x, **vectors, **settings}
    return Case(label, values | {"dout": digits(seed + 5, *shape)})


CASES = (
    _case("training, rows: one feature", 10, 4, 1, x=np.array([[0.0], [0], [4], [4]]), eps=12.0),
    _case("training, rows: three features", 20, 4, 3),
    _case("training, rows far from 0", 30, 3, 1, x=np.array([[1000001.0], [1000002], [1000003]])),
    _case("training, pictures wider than tall", 40, 2, 3, 1, 2, momentum=0.25),
    _case("training, one picture", 50, 1, 2, 3, 2),
    _case("training, as many pictures as channels, and as wide", 60, 2, 2, 3, 2, momentum=0.5),
    _case("training, pictures, a large eps", 70, 3, 2, 2, 1, eps=2.0),
    _case("evaluation, rows", 80, 3, 2, training=False),
    _case("evaluation, one row, a large eps", 90, 1, 3, training=False, eps=2.0),
    _case("evaluation, pictures", 100, 2, 2, 1, 3, training=False, eps=0.5),
)
_ONE_VALUE = Case("training with one row: nothing to compare", _case("", 110, 1, 2).values, raises=ValueError)

BATCH_NORM_FORWARD = Exercise(
    name="batch_norm_forward",
    lesson="06",
    reference=layers.batch_norm_forward,
    # The cache is judged by what the course's way back makes of it.
    course={"batch_norm_backward": layers.batch_norm_backward},
    plan=(
        Call("batch_norm_forward", ARGUMENTS, ("out", "running_mean", "running_var", "cache")),
        Call("batch_norm_backward", ("dout", "cache"), ("dx", "dweight", "dbias")),
    ),
    compared=("out", "running_mean", "running_var", "dx"),
    cases=(*CASES, _ONE_VALUE),
    random_case=random_case,
    points=20,
    misconceptions=MISCONCEPTIONS,
    hints=(
        "Go by the four lines of the algorithm, a mean and a variance a channel. Which axes do they go over for (N, C), "
        "which for (N, C, H, W)? And which of this happens in evaluation?",
        "The mode decides only where mean and variance come from. The rest is the same in both: subtract, divide by the "
        "root of the variance and `eps`, multiply, add. For the running variance there is m / (m - 1), m numbers a channel.",
        "`axes = (0, 2, 3)` for pictures, `(0,)` for rows; `mean, var = x.mean(axis=axes), x.var(axis=axes)`; "
        "`running_mean = (1 - momentum) * running_mean + momentum * mean`; `inv_std = 1 / np.sqrt(var + eps)`, and each of "
        "the (C,) arrays goes through `.reshape(shape)` before it meets x.",
    ),
)
EXERCISES = (BATCH_NORM_FORWARD,)
