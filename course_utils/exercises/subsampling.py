"""An exercise of lesson 05: LeNet-5's trainable subsampling."""

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting, digits, int_or_pair, random_arrays
from course_utils.exercises.pooling import GEOMETRY, as_pair, windows
from course_utils.exercises.slips import Slips, misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _forward(x, weight, bias, kernel_size=2, stride=None, *, slip: str):
    """subsample2d_forward by loops, with one slip in it."""
    cache = (x, weight, bias, kernel_size, stride)
    w = windows(x.shape[2:], kernel_size, stride, 0, slip)
    coefficient = np.ones_like(weight) if slip == "no coefficient" else weight
    offset = np.zeros_like(bias) if slip == "no bias" else bias
    if slip == "first coefficient":
        coefficient = np.full_like(weight, weight[0])
    if slip == "first bias":
        offset = np.full_like(bias, bias[0])
    out = np.zeros((*x.shape[:2], *w.out), x.dtype)
    for i, j, rows, columns in w.places():
        out[:, :, i, j] = _gathered(x[:, :, rows, columns], slip)
    if slip == "along the columns":
        return out * coefficient + offset, cache
    if slip == "bias before the coefficient":
        out = coefficient[:, None, None] * (out + offset[:, None, None])
    elif slip == "bias of every pixel":
        out = coefficient[:, None, None] * out + w.kernel[0] * w.kernel[1] * offset[:, None, None]
    else:
        out = coefficient[:, None, None] * out + offset[:, None, None]
    if slip == "sigmoid":
        out = 1 / (1 + np.exp(-out))
    if slip == "tanh":
        out = np.tanh(out)
    if slip == "first picture":
        out[1:] = 0
    return out, cache


def _gathered(window: np.ndarray, slip: str) -> np.ndarray:
    """(N, C) numbers out of windows (N, C, KH, KW)."""
    if slip == "mean":
        return window.mean(axis=(2, 3))
    if slip == "maximum":
        return window.max(axis=(2, 3))
    if slip == "all channels":
        return np.broadcast_to(window.sum(axis=(1, 2, 3))[:, None], window.shape[:2])
    return window.sum(axis=(2, 3))


def _random(rng: np.random.Generator) -> Case:
    kernel_size = int_or_pair(rng, 1, 3)
    stride = None if rng.random() < 0.3 else int_or_pair(rng, 1, 3)
    batch, channels = (int(n) for n in rng.integers(1, 4, 2))
    size = (side + int(rng.integers(0, 6)) for side in as_pair(kernel_size))
    shape = (batch, channels, *size)
    arrays = random_arrays(rng, x=shape, weight=(channels,), bias=(channels,))
    label = f"x {shape}, kernel_size={kernel_size}, stride={stride}"
    return Case(label, {**arrays, "kernel_size": kernel_size, "stride": stride})


def _case(label: str, x: np.ndarray, **settings) -> Case:
    """A case with coefficients 2, -1, 3 and biases 10, 20, 30, as many as x has channels."""
    channels = x.shape[1]
    parameters = {"weight": np.array([2.0, -1, 3])[:channels], "bias": np.array([10.0, 20, 30])[:channels]}
    return Case(label, {"x": x, **parameters, **settings})


_CASES = (
    _case("two windows side by side", counting(1, 1, 2, 4), kernel_size=2),
    _case(
        "two channels, each with its own coefficient and bias; windows 2 by 2 as none are named", counting(1, 2, 2, 2)
    ),
    _case("taller than wide", digits(1, 1, 1, 4, 2), kernel_size=2),
    _case("windows that overlap, wider than tall", digits(2, 1, 1, 2, 4), kernel_size=2, stride=1),
    _case("3 by 3 with stride 2", digits(3, 1, 1, 5, 5), kernel_size=3, stride=2),
    _case("a rest that no window covers", digits(4, 1, 1, 3, 5), kernel_size=2),
    _case("stride 3, with gaps and a rest", digits(5, 1, 1, 5, 7), kernel_size=2, stride=3),
    _case("a window that is not square", digits(6, 1, 1, 4, 6), kernel_size=(2, 3)),
    _case("window and stride by axis", digits(7, 1, 1, 4, 4), kernel_size=(3, 2), stride=(1, 2)),
    _case(
        "two pictures of three channels, three windows in a row", digits(8, 2, 3, 2, 5), kernel_size=(2, 1), stride=2
    ),
)

_SLIPS: Slips = (
    (
        "a mean instead of a sum",
        "mean",
        "You average each window. Here its pixels are added up; the coefficient can do the dividing, once it has learned to.",
    ),
    (
        "a maximum instead of a sum",
        "maximum",
        "You keep the largest number of each window. Here all of them count alike.",
    ),
    (
        "the coefficient forgotten",
        "no coefficient",
        "The sums and the biases are right, but no sum is multiplied by its channel's coefficient.",
    ),
    ("the bias forgotten", "no bias", "The sums are right and multiplied rightly, and nothing is added to them."),
    (
        "one coefficient for all channels",
        "first coefficient",
        "Every channel is multiplied by the first channel's coefficient.",
    ),
    ("one bias for all channels", "first bias", "Every channel gets the first channel's bias."),
    (
        "the bias multiplied too",
        "bias before the coefficient",
        "You add the bias first and multiply then, so that the coefficient scales it as well.",
    ),
    (
        "the bias once for every pixel",
        "bias of every pixel",
        "You add the bias to each pixel of a window. It is added to the sum, once.",
    ),
    (
        "a sigmoid built in",
        "sigmoid",
        "You squash the result into 0 to 1. The paper does so next; here that is another layer's business.",
    ),
    (
        "a tanh built in",
        "tanh",
        "You squash the result into -1 to 1. Squashing is another layer's business.",
    ),
    (
        "the coefficients laid along the columns",
        "along the columns",
        "Your coefficients meet the columns of the output, where they fit at all. They belong to the channels.",
    ),
    (
        "the sum over all channels",
        "all channels",
        "Your sums run through the depth. Subsampling works on each channel alone.",
    ),
    (
        "stride 1 where none is given",
        "stride 1",
        "Without a stride your windows overlap: they move pixel by pixel. LeNet's lie side by side.",
    ),
    (
        "rounded up",
        "rounded up",
        "You keep a last window that hangs over the edge. PyTorch drops it unless it is told otherwise.",
    ),
    (
        "only the first picture of the batch",
        "first picture",
        "The first picture is right and the others stay zero.",
    ),
)

SUBSAMPLE2D_FORWARD = Exercise(
    name="subsample2d_forward",
    lesson="05",
    reference=layers.subsample2d_forward,
    plan=(Call("subsample2d_forward", ("x", "weight", "bias", "kernel_size", "stride"), ("out", "cache")),),
    compared=("out",),
    cases=_CASES,
    random_case=_random,
    misconceptions=misconceptions(_forward, _SLIPS + GEOMETRY),
    hints=(
        "It is average pooling with two changes: nothing is divided, and each channel has two numbers of its own.",
        "A channel's sums are multiplied by its number in `weight`, then its number in `bias` is added. Which axis of "
        "the output counts channels?",
        "Loop over rows and columns of the output. `window.sum(axis=(2, 3))` has shape (N, C): one sum for each picture "
        "and channel, which `weight * … + bias` fits as it is. Without a stride, use the window's size.",
    ),
)

EXERCISES = (SUBSAMPLE2D_FORWARD,)
