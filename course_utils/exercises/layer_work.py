"""The exercise of lesson 10 on work: the multiply-accumulates of a layer."""

import numpy as np

from course_utils.accounting import count_macs
from course_utils.exercises.drawing_cases import int_or_pair
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _macs(in_channels, out_channels, kernel_size, output_size, groups=1, *, slip: str) -> int:
    """count_macs with one slip in it."""
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    rows, columns = (output_size, output_size) if isinstance(output_size, int) else output_size
    if slip == "square kernel":
        width = height
    if slip == "square output":
        columns = rows
    if slip == "shrunk again":
        rows, columns = max(rows - height + 1, 1), max(columns - width + 1, 1)
    area = {"sum": height + width, "one side": height}.get(slip, height * width)
    depth = {"flat": 1, "groups ignored": in_channels}.get(slip, in_channels // groups)
    filters = {"one filter": 1, "groups twice": out_channels // groups}.get(slip, out_channels)
    places = {"weights": 1, "one row": rows, "one column": columns, "rows plus columns": rows + columns}.get(
        slip, rows * columns
    )
    products = {
        "flops": 2 * area * depth,
        "flops, one less": 2 * area * depth - 1,
        "bias": area * depth + 1,
        "groups multiplied": area * depth * groups * groups,
    }.get(slip, area * depth)
    return places * filters * products


_MAC_SLIPS = (
    (
        "the places forgotten",
        "weights",
        "You count the weights. Each of them is used once at every place of the output.",
    ),
    (
        "one row of places",
        "one row",
        "You multiply by the number of rows alone. A map has rows and columns, and a window stops at every crossing.",
    ),
    ("one column of places", "one column", "You multiply by the number of columns alone. A map has rows as well."),
    (
        "rows plus columns",
        "rows plus columns",
        "You add the output's height and width. How many places lie in a rectangle?",
    ),
    (
        "the output made smaller once more",
        "shrunk again",
        "You slide the window over `output_size`. That is how many places it has already, not what it slides over.",
    ),
    (
        "multiplications and additions counted apart",
        "flops",
        "Your number is twice as large: a multiplication and the addition that follows are one multiply-accumulate. What "
        "you count is FLOPs.",
    ),
    (
        "additions counted apart, less the first",
        "flops, one less",
        "You count multiplications and additions one by one. A multiply-accumulate is both at once, and the first adds to 0.",
    ),
    (
        "the biases counted",
        "bias",
        "You count the bias of each output. Adding it is no multiplication; the convention leaves it out.",
    ),
    (
        "flat filters",
        "flat",
        "You count a filter as if it had no depth. It reaches through all the channels that it sees.",
    ),
    (
        "one filter for all",
        "one filter",
        "You count one filter. Each output channel has its own, and all do the same work.",
    ),
    (
        "groups ignored",
        "groups ignored",
        "With groups, a filter sees only the channels of its own group, and multiplies only with those.",
    ),
    (
        "groups divided out twice",
        "groups twice",
        "Groups make each filter shallower. They do not make the filters fewer.",
    ),
    (
        "groups multiplied in",
        "groups multiplied",
        "Your count grows with the groups. A grouped layer is cheaper than an ordinary one.",
    ),
    (
        "height used for width (the kernel)",
        "square kernel",
        "You use the kernel's height for its width as well.",
    ),
    (
        "height used for width (the output)",
        "square output",
        "You use the output's height for its width as well. Pictures are not always square.",
    ),
    (
        "the kernel's side for its area",
        "one side",
        "You take one side of the kernel. It has rows and columns of weights.",
    ),
    (
        "the kernel's height plus its width",
        "sum",
        "A kernel's height and width are added in your version. How many weights lie in a rectangle?",
    ),
)


def _random_macs(rng: np.random.Generator) -> Case:
    groups = int(rng.choice([1, 1, 2, 3, 4]))
    values = {
        "in_channels": groups * int(rng.integers(1, 40)),
        "out_channels": groups * int(rng.integers(1, 40)),
        "kernel_size": int_or_pair(rng, 1, 11),
        "output_size": int_or_pair(rng, 1, 60),
        "groups": groups,
    }
    return Case(", ".join(f"{name}={value}" for name, value in values.items()), values)


COUNT_MACS = Exercise(
    name="count_macs",
    lesson="10",
    reference=count_macs,
    plan=(Call("count_macs", ("in_channels", "out_channels", "kernel_size", "output_size", "groups"), ("macs",)),),
    compared=("macs",),
    cases=(
        Case("one filter at one place", {"in_channels": 1, "out_channels": 1, "kernel_size": 3, "output_size": 1}),
        Case("four by four places", {"in_channels": 1, "out_channels": 1, "kernel_size": 3, "output_size": 4}),
        Case(
            "a colour picture, ten filters", {"in_channels": 3, "out_channels": 10, "kernel_size": 5, "output_size": 28}
        ),
        Case("a map 3 high and 5 wide", {"in_channels": 2, "out_channels": 3, "kernel_size": 3, "output_size": (3, 5)}),
        Case(
            "a kernel 1 high and 7 wide",
            {"in_channels": 4, "out_channels": 6, "kernel_size": (1, 7), "output_size": 12},
        ),
        Case(
            "1x1, from 64 channels to 32", {"in_channels": 64, "out_channels": 32, "kernel_size": 1, "output_size": 14}
        ),
        Case(
            "two groups",
            {"in_channels": 4, "out_channels": 6, "kernel_size": 3, "output_size": 5, "groups": 2},
        ),
        Case(
            "depthwise",
            {"in_channels": 8, "out_channels": 8, "kernel_size": 3, "output_size": 5, "groups": 8},
        ),
        Case("AlexNet's first layer", {"in_channels": 3, "out_channels": 96, "kernel_size": 11, "output_size": 55}),
        Case(
            "a full connection as a convolution",
            {"in_channels": 4096, "out_channels": 1000, "kernel_size": 1, "output_size": 1},
        ),
    ),
    random_case=_random_macs,
    misconceptions=misconceptions(_macs, _MAC_SLIPS),
    hints=(
        "Count one number of the output first: how many weights are multiplied and summed to make it?",
        "One number of the output takes as many multiply-accumulates as its filter has weights. How many numbers has the "
        "output, all maps together?",
        "Unpack both pairs. One output costs KH * KW * (in_channels // groups); there are out_channels * OH * OW outputs.",
    ),
)

EXERCISES = (COUNT_MACS,)
