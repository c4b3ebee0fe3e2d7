"""The exercise of lesson 02: a convolution layer's forward pass, by loops."""

import functools

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting, digits, int_or_pair, random_arrays
from course_utils.exercises.specification import Call, Case, Exercise, Misconception

ARGUMENTS = ("x", "weight", "bias", "stride", "padding", "dilation", "groups")


def as_pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """(rows, columns) from one number or a pair."""
    return (value, value) if isinstance(value, int) else value


def _forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, *, slip: str):
    """conv2d_forward by loops, with one slip in it."""
    cache = (x, weight, bias, stride, padding, dilation, groups)
    (sh, sw), (ph, pw), (dh, dw) = as_pair(stride), as_pair(padding), as_pair(dilation)
    if slip == "stride on rows only":
        sw = 1
    if slip == "padding ignored":
        ph = pw = 0
    if slip == "dilation ignored":
        dh = dw = 1
    if slip == "dilation as gap":
        dh, dw = dh + 1, dw + 1
    batch, (filters, depth, kh, kw) = len(x), weight.shape
    if slip == "square kernel":
        kw = kh
    if slip == "flip":
        weight = weight[:, :, ::-1, ::-1]
    before, after = {"one side": (1, 0), "far side": (0, 2)}.get(slip, (1, 1))
    border = ((0, 0), (0, 0), (before * ph, after * ph), (before * pw, after * pw))
    padded = np.pad(x, border, mode="edge" if slip == "edge" else "constant")
    if slip == "p to -p":
        padded[:, :, ph:-ph, pw:-pw] = x
    reach_h, reach_w = dh * (kh - 1) + 1, dw * (kw - 1) + 1
    room_h, room_w = padded.shape[2] - reach_h, padded.shape[3] - reach_w
    if slip == "asserts":
        assert room_h % sh == 0, "stride does not fit"
        assert room_w % sw == 0, "stride does not fit"
    rows, columns = room_h // sh + 1, room_w // sw + 1
    if slip == "square image":
        columns = rows
    if slip == "dilation only counted":
        reach_h, reach_w, dh, dw = kh, kw, 1, 1
    out = np.zeros((batch, filters, rows, columns), x.dtype)
    for i in range(rows):
        for j in range(columns):
            top, left = (i, j) if slip == "stride not read" else (i * sh, j * sw)
            window = padded[:, :, top : top + reach_h : dh, left : left + reach_w : dw]
            for k in range(filters):
                group = {"first group": 0, "groups interleaved": k % groups}.get(slip, k // (filters // groups))
                seen = window[:, group * depth : (group + 1) * depth]
                through = 1 if slip == "first channel" else depth
                out[:, k, i, j] = (seen[:, :through] * weight[k, :through]).sum(axis=(1, 2, 3))
                if bias is not None and slip != "no bias":
                    out[:, k, i, j] += {"bias per channel": depth * bias[k], "first bias": bias[0]}.get(slip, bias[k])
    if slip == "one image":
        out[1:] = 0
    return out, cache


def random_configuration(rng: np.random.Generator, **fixed: int) -> dict:
    """Arrays and hyperparameters of a small convolution: rectangular, strided, padded, dilated, grouped, uneven.

    fixed: hyperparameters that are not to be drawn, such as groups=2.
    """
    groups = fixed.get("groups", int(rng.choice([1, 1, 2, 3])))
    batch, depth, per_group = (int(n) for n in rng.integers(1, 4, 3))
    kernel = tuple(int(n) for n in rng.integers(1, 4, 2))
    settings = {
        "stride": int_or_pair(rng, 1, 3),
        "padding": int_or_pair(rng, 0, 2),
        "dilation": int_or_pair(rng, 1, 2),
        "groups": groups,
    }
    # The plain 1x1 convolution is common, and fast code treats it apart.
    if rng.random() < 0.1:
        kernel, settings = (1, 1), {"stride": 1, "padding": 0, "dilation": 1, "groups": groups}
    settings |= fixed
    reach = [d * (k - 1) + 1 for d, k in zip(as_pair(settings["dilation"]), kernel, strict=True)]
    size = [
        max(1, r - 2 * p) + int(rng.integers(0, 5)) for r, p in zip(reach, as_pair(settings["padding"]), strict=True)
    ]
    arrays = random_arrays(
        rng,
        x=(batch, depth * groups, *size),
        weight=(per_group * groups, depth, *kernel),
        bias=(per_group * groups,) if rng.random() < 0.7 else None,
    )
    return arrays | settings


def describe(values: dict) -> str:
    """The shapes and settings of a configuration, on one line."""
    shapes = ", ".join(f"{name} {values[name].shape}" for name in ("x", "weight"))
    settings = ", ".join(f"{name}={values[name]}" for name in ("stride", "padding", "dilation", "groups"))
    return f"{shapes}, {settings}"


def _random_forward(rng: np.random.Generator) -> Case:
    values = random_configuration(rng)
    return Case(describe(values), values)


CONV2D_FORWARD = Exercise(
    name="conv2d_forward",
    lesson="02",
    reference=layers.conv2d_forward,
    plan=(Call("conv2d_forward", ARGUMENTS, ("out", "cache")),),
    compared=("out",),
    cases=(
        Case("one filter, one place", {"x": counting(1, 1, 2, 2), "weight": np.array([[[[1.0, 0], [0, 10]]]])}),
        Case(
            "two filters with biases, wider than tall",
            {"x": digits(20, 1, 1, 2, 4), "weight": digits(21, 2, 1, 2, 2), "bias": np.array([10.0, 20.0])},
        ),
        Case("padding 1", {"x": counting(1, 1, 2, 3), "weight": digits(22, 1, 1, 2, 2), "padding": 1}),
        Case(
            "padding 2, a kernel that is not square",
            {"x": counting(1, 1, 2, 2), "weight": digits(23, 1, 1, 3, 2), "padding": 2},
        ),
        Case("stride 2 that fits", {"x": digits(24, 1, 1, 3, 5), "weight": counting(1, 1, 1, 1), "stride": 2}),
        Case(
            "stride 3 that does not fit",
            {"x": digits(25, 1, 1, 4, 6), "weight": digits(26, 1, 1, 2, 2), "stride": 3},
        ),
        Case(
            "stride and padding that differ by axis",
            {
                "x": digits(27, 1, 1, 4, 4),
                "weight": digits(28, 1, 1, 2, 1),
                "stride": (1, 2),
                "padding": (0, 1),
            },
        ),
        Case(
            "three channels, two filters, biases, a tall kernel",
            {"x": digits(29, 1, 3, 4, 3), "weight": digits(30, 2, 3, 3, 2), "bias": np.array([1.0, -1.0])},
        ),
        Case("dilation 2", {"x": digits(31, 1, 1, 4, 5), "weight": digits(32, 1, 1, 2, 2), "dilation": 2}),
        Case("two groups", {"x": digits(33, 1, 4, 2, 2), "weight": digits(34, 4, 2, 2, 2), "groups": 2}),
        Case("a batch of two, a flat kernel", {"x": digits(35, 2, 1, 2, 2), "weight": digits(36, 1, 1, 1, 2)}),
    ),
    random_case=_random_forward,
    random_cases=60,
    points=20,
    misconceptions=(
        Misconception(
            "the kernel is flipped",
            "You turn the kernel by half a turn before you slide it. Deep learning's convolution lays it on as it is.",
            functools.partial(_forward, slip="flip"),
        ),
        Misconception(
            "padding on one side only",
            "Zeros stand above and to the left of your picture, and none below or to the right.",
            functools.partial(_forward, slip="one side"),
        ),
        Misconception(
            "all the padding on the far side",
            "Your padded picture has the right size, but all the zeros are below and to the right of it.",
            functools.partial(_forward, slip="far side"),
        ),
        Misconception(
            "padding ignored",
            "Your windows never leave the picture, even where zeros were asked for around it.",
            functools.partial(_forward, slip="padding ignored"),
        ),
        Misconception(
            "the middle taken from p to -p",
            "You copy the picture into a slice that ends at minus the padding. Minus zero is zero, so where there is "
            "no padding the slice ends where it begins.",
            functools.partial(_forward, slip="p to -p"),
        ),
        Misconception(
            "the border repeated instead of zeros",
            "You fill the border with the nearest pixels. That is another kind of padding; here it is zeros.",
            functools.partial(_forward, slip="edge"),
        ),
        Misconception(
            "stride on one axis only",
            "Your window jumps down by the stride but walks right pixel by pixel.",
            functools.partial(_forward, slip="stride on rows only"),
        ),
        Misconception(
            "the stride shrinks the output but moves nothing",
            "Your output has the right size, but the window for out[i, j] starts at pixel (i, j), whatever the stride.",
            functools.partial(_forward, slip="stride not read"),
        ),
        Misconception(
            "sizes that do not divide are refused",
            "Your function stops where the stride does not fit evenly. PyTorch drops the last, incomplete "
            "step and goes on.",
            functools.partial(_forward, slip="asserts"),
        ),
        Misconception(
            "the bias forgotten",
            "The weighted sums are right, and nothing is added to them.",
            functools.partial(_forward, slip="no bias"),
        ),
        Misconception(
            "the bias added once for each channel",
            "The bias belongs to the filter. You add it inside the sum over channels, as often as there are channels.",
            functools.partial(_forward, slip="bias per channel"),
        ),
        Misconception(
            "one bias for all filters",
            "Every filter gets the first filter's bias.",
            functools.partial(_forward, slip="first bias"),
        ),
        Misconception(
            "the first channel only",
            "Your sum stops after one channel. A filter reaches through the full depth of what it sees.",
            functools.partial(_forward, slip="first channel"),
        ),
        Misconception(
            "height used for width (the picture)",
            "You compute one output size and use it for both axes. Rows come from the height, columns from the width.",
            functools.partial(_forward, slip="square image"),
        ),
        Misconception(
            "height used for width (the kernel)",
            "You use the kernel's height for its width as well.",
            functools.partial(_forward, slip="square kernel"),
        ),
        Misconception(
            "dilation ignored",
            "Your kernel's taps are neighbours, whatever the dilation.",
            functools.partial(_forward, slip="dilation ignored"),
        ),
        Misconception(
            "dilation counts the places and spreads no kernel",
            "Your output has the right size, but your kernel's taps are neighbours, whatever the dilation.",
            functools.partial(_forward, slip="dilation only counted"),
        ),
        Misconception(
            "dilation as the number of skipped pixels",
            "You take dilation 1 to mean one pixel left out between taps, as some lecture notes do. In PyTorch's "
            "numbering 1 is the ordinary kernel.",
            functools.partial(_forward, slip="dilation as gap"),
        ),
        Misconception(
            "every group sees the first group's channels",
            "All your filters read the same first channels. The second group of filters "
            "reads the second group of channels.",
            functools.partial(_forward, slip="first group"),
        ),
        Misconception(
            "groups dealt out like cards",
            "You give neighbouring filters to different groups. Groups are blocks: the first filters, one after "
            "the other, are the first group.",
            functools.partial(_forward, slip="groups interleaved"),
        ),
        Misconception(
            "only the first picture of the batch",
            "The first picture is right and the others stay zero.",
            functools.partial(_forward, slip="one image"),
        ),
    ),
    hints=(
        "Compute one output number first, by hand: out[0, 0, 0, 0] is one window of the padded picture, through all "
        "the channels, times the first filter, summed, plus the first bias.",
        "Pad with np.zeros and copy x into the middle. Output place (i, j) looks at the window that starts at row "
        "i * stride and column j * stride; with dilation, slice it with a step: `start:start + reach:dilation`.",
        "Four loops: image n, filter k, row i, column j. The filter's group is `k // (K // groups)`; it sees the "
        "`depth` channels that begin at `group * depth`. Sum window times `weight[k]`, and add "
        "`bias[k]` if there is a bias.",
    ),
)

EXERCISES = (CONV2D_FORWARD,)
