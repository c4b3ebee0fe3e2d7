"""Exercises of lesson 04: the gradients of a convolution layer, one by one and together."""

import numpy as np

from course_utils import layers
from course_utils.exercises.convolution_backward_slips import GRADIENTS, slips
from course_utils.exercises.convolution_forward import ARGUMENTS, as_pair, describe, random_configuration
from course_utils.exercises.drawing_cases import counting, digits
from course_utils.exercises.specification import Call, Case, Exercise, Function, with_gaps


def _out_shape(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1) -> tuple[int, ...]:
    settings = (as_pair(stride), as_pair(padding), as_pair(dilation))
    return (len(x), len(weight), *map(layers.conv_output_size, x.shape[2:], weight.shape[2:], *settings))


def backward_case(
    label: str, seed: int, x: tuple[int, ...], weight: tuple[int, ...], bias: bool = False, **settings
) -> Case:
    """A case of whole numbers: x, weight, dout and, where asked for, a bias, all drawn from the seed."""
    values = {"x": digits(seed, *x), "weight": digits(seed + 1, *weight), **settings}
    if bias:
        values["bias"] = digits(seed + 2, weight[0])
    return Case(label, values | {"dout": digits(seed + 3, *_out_shape(**values))})


def random_backward(rng: np.random.Generator, **fixed: int) -> Case:
    """A small random convolution with dout; fixed: as in `random_configuration`."""
    values = random_configuration(rng, **fixed)
    dout = rng.standard_normal(_out_shape(**values)).astype(values["x"].dtype)
    return Case(describe(values), values | {"dout": with_gaps(dout) if rng.random() < 0.3 else dout})


def _exercise(function: Function, gradients: tuple[str, ...], **rest) -> Exercise:
    """A backward pass that returns these gradients, after the course's forward pass."""
    return Exercise(
        name=function.__name__,
        lesson="04",
        reference=function,
        course={"conv2d_forward": layers.conv2d_forward},
        plan=(
            Call("conv2d_forward", ARGUMENTS, ("out", "cache")),
            Call(function.__name__, ("dout", "cache"), gradients),
        ),
        compared=gradients,
        random_case=random_backward,
        random_cases=60,
        **rest,
    )


_CASES = (
    Case(
        "one window, one place",
        {"x": counting(1, 1, 2, 2, start=5), "weight": counting(1, 1, 2, 2), "dout": np.full((1, 1, 1, 1), 2.0)},
    ),
    backward_case("windows that overlap, wider than tall", 40, (1, 1, 2, 4), (1, 1, 2, 2)),
    backward_case("two filters with biases, taller than wide", 44, (1, 1, 4, 3), (2, 1, 2, 2), bias=True),
    backward_case("padding 1", 48, (1, 1, 2, 3), (1, 1, 2, 2), padding=1),
    backward_case("padding 2, a kernel that is not square", 52, (1, 1, 2, 2), (1, 1, 3, 2), padding=2),
    backward_case("stride 2 that fits", 56, (1, 1, 3, 5), (1, 1, 1, 1), stride=2),
    backward_case("stride 3 that does not fit", 60, (1, 1, 4, 6), (1, 1, 2, 2), stride=3),
    backward_case("stride 2 and windows that overlap", 64, (1, 1, 5, 4), (1, 1, 3, 3), stride=2, padding=1),
    backward_case("stride and padding by axis", 68, (1, 1, 4, 4), (1, 1, 2, 3), stride=(1, 2), padding=(0, 1)),
    backward_case("three channels, two filters, a flat kernel", 72, (1, 3, 2, 3), (2, 3, 1, 2)),
    backward_case("dilation 2", 76, (1, 1, 4, 5), (1, 1, 2, 2), dilation=2),
    backward_case("two groups", 80, (1, 4, 2, 2), (4, 2, 2, 2), bias=True, groups=2),
    backward_case("1 by 1, a batch and two groups", 92, (2, 4, 1, 2), (4, 2, 1, 1), groups=2),
    backward_case("1 by 1, stride by axis", 96, (1, 1, 2, 4), (1, 1, 1, 1), stride=(1, 2)),
    backward_case("1 by 1, padding by axis", 100, (1, 2, 2, 2), (1, 2, 1, 1), padding=(0, 1)),
    backward_case("a batch of two", 84, (2, 1, 2, 3), (1, 1, 2, 2)),
    backward_case("a batch of three, with a bias", 88, (3, 1, 2, 2), (1, 1, 2, 1), bias=True),
)

CONV2D_BACKWARD_BIAS = _exercise(
    layers.conv2d_backward_bias,
    ("dbias",),
    cases=(
        backward_case("one filter, two places", 104, (1, 1, 1, 3), (1, 1, 1, 2), bias=True),
        backward_case("three filters", 108, (1, 1, 2, 2), (3, 1, 1, 2), bias=True),
        backward_case("a batch of two, wider than tall", 112, (2, 1, 2, 4), (2, 1, 2, 2), bias=True),
        backward_case("a batch of three, two groups", 116, (3, 2, 3, 2), (4, 1, 2, 1), bias=True, groups=2),
        backward_case("no bias", 120, (1, 1, 2, 2), (2, 1, 1, 1)),
    ),
    misconceptions=slips(
        (
            "dout ignored",
            "mean over the batch",
            "dbias over the wrong axes",
            "dbias per picture",
            "dbias per place",
            "dbias one number",
            "dbias mean",
            "dbias keeps axes",
            "dbias always",
        ),
        gradient="dbias",
    ),
    hints=(
        "Make one filter's bias larger by a little. Which outputs grow, and by how much each?",
        "Every output of filter k grows by as much, at every place of every picture. So dbias[k] collects all numbers of "
        "`dout` that belong to filter k.",
        "The filters are the second axis of `dout`. `dout.sum(axis=…)` takes a tuple: name the three axes to be summed "
        "over. Where the cache holds None for the bias, return None.",
    ),
)

CONV2D_BACKWARD_WEIGHT = _exercise(
    layers.conv2d_backward_weight,
    ("dweight",),
    cases=_CASES,
    misconceptions=slips(
        (
            "only with padding",
            "x not padded",
            "asserts",
            "dweight flipped",
            "exchanged",
            "dout ignored",
            "mean over the batch",
            "last picture",
            "last place",
            "stride ignored",
            "stride on rows only",
            "one number for both axes",
            "square image",
            "square kernel",
            "dilation ignored",
            "first group",
        ),
        gradient="dweight",
    ),
    hints=(
        "Take one output number, out[n, k, i, j], and its gradient dout[n, k, i, j]. Which weights had a part in it, and "
        "which number was each of them multiplied by?",
        "All of filter k had, each weight times the pixel under it. So dweight[k] grows by dout[n, k, i, j] times the "
        "whole window, the same window that the forward pass cut out of the padded picture.",
        "The loops and slices are those of your `conv2d_forward`. Where that has `np.sum(window * weight[k])`, put "
        "`dweight[k] += dout[n, k, i, j] * window`.",
    ),
)

CONV2D_BACKWARD_INPUT = _exercise(
    layers.conv2d_backward_input,
    ("dx",),
    cases=_CASES,
    misconceptions=slips(
        (
            "p to -p",
            "only with padding",
            "padding left on",
            "far corner",
            "x not padded",
            "sizes from the output",
            "asserts",
            "assigned",
            "dx not flipped",
            "dout ignored",
            "first picture",
            "stride ignored",
            "stride on rows only",
            "one number for both axes",
            "square image",
            "square kernel",
            "dilation ignored",
            "first group",
        ),
        gradient="dx",
    ),
    hints=(
        "Take one output number, out[n, k, i, j], and its gradient dout[n, k, i, j]. Which pixels had a part in it, and "
        "which number was each of them multiplied by?",
        "The pixels of its window had, each times the weight that lay on it. So that window of dx grows by "
        "dout[n, k, i, j] times weight[k]. Windows overlap, so a pixel collects.",
        "Make zeros as large as the padded picture, and `+=` into the same slices that the forward pass read. At the end "
        "keep the rows from `ph` to `ph + H` and the columns from `pw` to `pw + W`.",
    ),
)

CONV2D_BACKWARD = _exercise(
    layers.conv2d_backward,
    GRADIENTS,
    cases=_CASES,
    points=30,
    misconceptions=slips(),
    hints=(
        "Take one output number, out[n, k, i, j], and its gradient dout[n, k, i, j]. It was made from one window, one "
        "filter and one bias: what does each of the three get from it?",
        "dweight[k] gets that number times the window, the window's part of the padded dx gets it times weight[k], and "
        "dbias[k] gets the number itself. All three collect from every place: they start as zeros and grow.",
        "The loops and slices are those of the forward pass. Make zeros for the padded dx, `+=` into the same window "
        "that the forward pass read, and at the end keep the rows from `ph` to `ph + H` and the columns from `pw` to "
        "`pw + W`.",
    ),
)

EXERCISES = (CONV2D_BACKWARD_BIAS, CONV2D_BACKWARD_WEIGHT, CONV2D_BACKWARD_INPUT, CONV2D_BACKWARD)
