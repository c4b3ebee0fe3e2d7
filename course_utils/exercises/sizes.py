"""The counting exercises of lesson 02: how large the output is, and how many numbers a layer learns."""

import functools

import numpy as np

from course_utils import layers
from course_utils.accounting import count_conv_parameters
from course_utils.exercises.drawing_cases import int_or_pair
from course_utils.exercises.specification import Call, Case, Exercise, Misconception


def _size(size, kernel_size, stride=1, padding=0, dilation=1, *, slip: str) -> int:
    """conv_output_size with one slip in it."""
    sides = 1 if slip == "one side" else 2
    if slip == "gaps":
        reach = kernel_size + dilation * (kernel_size - 1)
    elif slip == "no dilation":
        reach = kernel_size
    elif slip == "dilated too far":
        reach = dilation * kernel_size
    elif slip == "steps":
        reach = dilation * (kernel_size - 1)
    else:
        reach = dilation * (kernel_size - 1) + 1
    room = size + sides * padding - reach
    if room < 0 and slip != "never refuses":
        raise ValueError("the kernel does not fit")
    if slip == "no +1":
        return room // stride
    if slip == "rounds up":
        return -(-room // stride) + 1
    if slip == "same":
        return -(-size // stride)
    if slip == "+1 too early":
        return (room + 1) // stride
    if slip == "fraction":
        return room / stride + 1
    return room // stride + 1


def _random_size(rng: np.random.Generator) -> Case:
    kernel_size, stride, padding, dilation = (int(n) for n in rng.integers((1, 1, 0, 1), (8, 5, 4, 4)))
    size = int(rng.integers(1, 40))
    values = {"size": size, "kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    fits = dilation * (kernel_size - 1) + 1 <= size + 2 * padding
    return Case(", ".join(f"{k}={v}" for k, v in values.items()), values, raises=None if fits else ValueError)


CONV_OUTPUT_SIZE = Exercise(
    name="conv_output_size",
    lesson="02",
    reference=layers.conv_output_size,
    plan=(Call("conv_output_size", ("size", "kernel_size", "stride", "padding", "dilation"), ("places",)),),
    compared=("places",),
    cases=(
        Case("a window as wide as the row", {"size": 3, "kernel_size": 3}),
        Case("one step at a time", {"size": 7, "kernel_size": 3}),
        Case("steps of two that fit", {"size": 7, "kernel_size": 3, "stride": 2}),
        Case("steps of three that do not fit", {"size": 7, "kernel_size": 3, "stride": 3}),
        Case("padding that keeps the size", {"size": 32, "kernel_size": 5, "padding": 2}),
        Case("padding, and steps that do not fit", {"size": 10, "kernel_size": 4, "stride": 3, "padding": 1}),
        Case("a dilated kernel", {"size": 9, "kernel_size": 3, "dilation": 2}),
        Case("everything at once", {"size": 13, "kernel_size": 3, "stride": 2, "padding": 1, "dilation": 3}),
        Case("a kernel that does not fit", {"size": 4, "kernel_size": 5}, raises=ValueError),
        Case(
            "one that fits only before it is dilated",
            {"size": 4, "kernel_size": 3, "dilation": 2},
            raises=ValueError,
        ),
    ),
    random_case=_random_size,
    misconceptions=(
        Misconception(
            "positions counted as gaps",
            "You count how many times the window can *move*. It also sits somewhere before its first move.",
            functools.partial(_size, slip="no +1"),
        ),
        Misconception(
            "rounded up",
            "Where the last step would hang over the edge you count it as a place. PyTorch drops it.",
            functools.partial(_size, slip="rounds up"),
        ),
        Misconception(
            "a fraction of a place",
            "You divide with `/`, so steps that do not fit leave a fraction, and even whole results are floats. "
            "A number of places is a whole number.",
            functools.partial(_size, slip="fraction"),
        ),
        Misconception(
            "padding on one side only",
            "You add the padding once. A row has two ends, and both get it.",
            functools.partial(_size, slip="one side"),
        ),
        Misconception(
            "dilation forgotten",
            "Your kernel reaches as far as if its taps were neighbours.",
            functools.partial(_size, slip="no dilation"),
        ),
        Misconception(
            "dilation as the number of skipped pixels",
            "You take dilation 1 to mean one pixel left out between taps, as some lecture notes do. In PyTorch's "
            "numbering taps are `dilation` apart, and 1 is the ordinary kernel.",
            functools.partial(_size, slip="gaps"),
        ),
        Misconception(
            "a step too far after the last tap",
            "You spread the kernel over `dilation` pixels for each tap. After the last tap nothing follows.",
            functools.partial(_size, slip="dilated too far"),
        ),
        Misconception(
            "the steps between taps taken for the reach",
            "You count the steps from the first tap to the last. Three neighbours are two steps apart and three pixels wide.",
            functools.partial(_size, slip="steps"),
        ),
        Misconception(
            "one added before dividing",
            "The first place is added to the room before you divide, so it is divided too.",
            functools.partial(_size, slip="+1 too early"),
        ),
        Misconception(
            "never refuses",
            "A kernel that is larger than the padded row has no place at all, and your function returns a size for "
            "it instead of raising ValueError.",
            functools.partial(_size, slip="never refuses"),
        ),
        Misconception(
            'TensorFlow\'s "same" rule',
            "You divide the size by the stride and round up, whatever the kernel and the padding. That is the rule "
            "of another library, which chooses the padding itself.",
            functools.partial(_size, slip="same"),
        ),
    ),
    hints=(
        "Draw the row and the window at its first place. How many pixels to the right of it are still free?",
        "The dilated kernel reaches over D(F - 1) + 1 pixels. The free room is W + 2P minus that reach, and every full "
        "stride that fits in the room is one more place.",
        "Compute `reach`, then `room = size + 2 * padding - reach`; raise ValueError if it is negative; the answer is "
        "the number of whole strides in it (`//`), and the first place.",
    ),
)


def _count(in_channels, out_channels, kernel_size, groups=1, bias=True, *, slip: str) -> int:
    """count_conv_parameters with one slip in it."""
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    if slip == "square":
        width = height
    area = height + width if slip == "sum" else height * width
    depth = 1 if slip == "flat" else in_channels if slip == "groups" else in_channels // groups
    if slip == "groups twice":
        return area * depth * (out_channels // groups) + (out_channels if bias else 0)
    weights = area * depth * out_channels
    if slip == "no bias":
        return weights
    if slip == "always bias":
        return weights + out_channels
    if slip == "one bias":
        return weights + (1 if bias else 0)
    if slip == "bias per input":
        return weights + (in_channels if bias else 0)
    return weights + (out_channels if bias else 0)


def _random_count(rng: np.random.Generator) -> Case:
    groups = int(rng.choice([1, 1, 2, 3]))
    values = {
        "in_channels": groups * int(rng.integers(1, 20)),
        "out_channels": groups * int(rng.integers(1, 20)),
        "kernel_size": int_or_pair(rng, 1, 11),
        "groups": groups,
        "bias": bool(rng.integers(2)),
    }
    return Case(", ".join(f"{k}={v}" for k, v in values.items()), values)


COUNT_CONV_PARAMETERS = Exercise(
    name="count_conv_parameters",
    lesson="02",
    reference=count_conv_parameters,
    plan=(
        Call(
            "count_conv_parameters",
            ("in_channels", "out_channels", "kernel_size", "groups", "bias"),
            ("count",),
        ),
    ),
    compared=("count",),
    cases=(
        Case("gray in, one 3x3 filter", {"in_channels": 1, "out_channels": 1, "kernel_size": 3}),
        Case("colour in, ten 5x5 filters", {"in_channels": 3, "out_channels": 10, "kernel_size": 5}),
        Case("the same without biases", {"in_channels": 3, "out_channels": 10, "kernel_size": 5, "bias": False}),
        Case("AlexNet's first layer", {"in_channels": 3, "out_channels": 96, "kernel_size": 11}),
        Case("1x1, from 64 channels to 32", {"in_channels": 64, "out_channels": 32, "kernel_size": 1}),
        Case("a kernel 1 high and 7 wide", {"in_channels": 4, "out_channels": 6, "kernel_size": (1, 7)}),
        Case("two groups", {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "groups": 2}),
    ),
    random_case=_random_count,
    misconceptions=(
        Misconception(
            "the biases forgotten",
            "You count the weights. Each filter also adds a number of its own.",
            functools.partial(_count, slip="no bias"),
        ),
        Misconception(
            "biases counted though there are none",
            "With `bias=False` the layer has weights only.",
            functools.partial(_count, slip="always bias"),
        ),
        Misconception(
            "one bias for the whole layer",
            "You add a single bias. Each filter has its own.",
            functools.partial(_count, slip="one bias"),
        ),
        Misconception(
            "a bias for each input channel",
            "The bias is added to a filter's output, so it is counted per filter, not per input channel.",
            functools.partial(_count, slip="bias per input"),
        ),
        Misconception(
            "flat filters",
            "You count a filter as if it had no depth. It reaches through all the channels that it sees.",
            functools.partial(_count, slip="flat"),
        ),
        Misconception(
            "groups ignored",
            "With groups, a filter sees only the channels of its own group.",
            functools.partial(_count, slip="groups"),
        ),
        Misconception(
            "groups divided out twice",
            "Groups make each filter shallower. They do not make the filters fewer.",
            functools.partial(_count, slip="groups twice"),
        ),
        Misconception(
            "the kernel taken to be square",
            "You use the kernel's height for its width as well.",
            functools.partial(_count, slip="square"),
        ),
        Misconception(
            "height plus width",
            "A kernel's height and width are added in your version. How many weights lie in a rectangle?",
            functools.partial(_count, slip="sum"),
        ),
    ),
    hints=(
        "Count one filter first: how many numbers does it multiply with, for one place of the picture?",
        "One filter has KH * KW * (channels it sees) weights and, with bias, one number more. With groups it sees "
        "`in_channels // groups` channels.",
        "Unpack `kernel_size` into height and width, compute the weights of one filter, multiply by `out_channels`, "
        "and add `out_channels` if `bias` is true.",
    ),
)

EXERCISES = (CONV_OUTPUT_SIZE, COUNT_CONV_PARAMETERS)
