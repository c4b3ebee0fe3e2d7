"""An exercise of lesson 03: what a sliding window sees, as the columns of a matrix."""

import numpy as np

from course_utils import layers
from course_utils.exercises.convolution_forward import as_pair
from course_utils.exercises.drawing_cases import counting, digits, int_or_pair, random_arrays
from course_utils.exercises.slips import Slips, misconceptions
from course_utils.exercises.specification import Call, Case, Exercise

ARGUMENTS = ("x", "kernel_size", "stride", "padding", "dilation")


def _im2col(x, kernel_size, stride=1, padding=0, dilation=1, *, slip: str):
    """im2col place by place, with one slip in it."""
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = map(as_pair, (kernel_size, stride, padding, dilation))
    if slip == "square kernel":
        kw = kh
    if slip == "stride on rows only":
        sw = 1
    if slip == "padding ignored":
        ph = pw = 0
    if slip == "dilation ignored":
        dh = dw = 1
    if slip == "dilation as gap":
        dh, dw = dh + 1, dw + 1
    before, after = {"one side": (1, 0), "far side": (0, 2)}.get(slip, (1, 1))
    padded = np.pad(x, ((0, 0), (0, 0), (before * ph, after * ph), (before * pw, after * pw)))
    if slip == "p to -p":
        padded[:, :, ph:-ph, pw:-pw] = x
    reach_h, reach_w = dh * (kh - 1) + 1, dw * (kw - 1) + 1
    room_h, room_w = padded.shape[2] - reach_h, padded.shape[3] - reach_w
    if slip == "asserts":
        assert room_h % sh == 0, "stride does not fit"
        assert room_w % sw == 0, "stride does not fit"
    rows, across = room_h // sh + 1, room_w // sw + 1
    if slip == "dilation only counted":
        # As in the lesson's stub, which counts the places.
        reach_h, reach_w, dh, dw = kh, kw, 1, 1
    if slip == "square image":
        across = rows
    windows = np.zeros((len(x), rows, across, x.shape[1], kh, kw), x.dtype)
    for i, j in np.ndindex(rows, across):
        top, left = (i, j) if slip == "stride not read" else (i * sh, j * sw)
        windows[:, i, j] = padded[:, :, top : top + reach_h : dh, left : left + reach_w : dw]
    return _in_order(windows, slip)


def _in_order(windows: np.ndarray, slip: str) -> np.ndarray:
    """Windows (N, OH, OW, C, KH, KW) as columns, with the axes in an order that the slip may have changed."""
    images, rows, across, channels, kh, kw = windows.shape
    taps, places = channels * kh * kw, rows * across
    if slip == "first picture":
        windows[1:] = 0
    if slip == "first channel":
        windows, taps = windows[:, :, :, :1], kh * kw
    if slip == "one window a row":
        return windows.reshape(images, places, taps)
    if slip == "reshaped where transposed":
        return windows.reshape(images, taps, places)
    if slip == "whole batch":
        return windows.transpose(3, 4, 5, 0, 1, 2).reshape(taps, images * places)
    if slip == "places by the height":
        # Place (i, j) lands in column i * OH + j: some columns are written twice, some never, some do not exist.
        columns = np.zeros((images, taps, places), windows.dtype)
        for i, j in np.ndindex(rows, across):
            columns[:, :, i * rows + j] = windows[:, i, j].reshape(images, taps)
        return columns
    orders = {
        "channels last": (0, 4, 5, 3, 1, 2),
        "taps column by column": (0, 3, 5, 4, 1, 2),
        "places column by column": (0, 3, 4, 5, 2, 1),
    }
    return windows.transpose(orders.get(slip, (0, 3, 4, 5, 1, 2))).reshape(images, taps, places)


def _random_im2col(rng: np.random.Generator) -> Case:
    """A small picture, rectangular, strided, padded and dilated, that need not fit evenly."""
    kernel_size, stride = int_or_pair(rng, 1, 3), int_or_pair(rng, 1, 3)
    padding, dilation = int_or_pair(rng, 0, 2), int_or_pair(rng, 1, 2)
    sides = zip(as_pair(kernel_size), as_pair(padding), as_pair(dilation), strict=True)
    size = [max(1, d * (k - 1) + 1 - 2 * p) + int(rng.integers(0, 5)) for k, p, d in sides]
    settings = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    shape = (*(int(n) for n in rng.integers(1, 4, 2)), *size)
    label = ", ".join(f"{name}={value}" for name, value in settings.items())
    return Case(f"x {shape}, {label}", random_arrays(rng, x=shape) | settings)


_CASES = (
    Case("one place", {"x": counting(1, 1, 2, 2), "kernel_size": 2}),
    Case("two places side by side", {"x": counting(1, 1, 2, 3), "kernel_size": 2}),
    Case("taller than wide, six places", {"x": counting(1, 1, 4, 3), "kernel_size": 2}),
    Case("wider than tall, a flat window", {"x": counting(1, 1, 2, 4), "kernel_size": (1, 2)}),
    Case("two channels, a tall window", {"x": counting(1, 2, 3, 2), "kernel_size": (2, 1)}),
    Case("two channels, windows of six", {"x": counting(1, 2, 3, 4), "kernel_size": (2, 3)}),
    Case("a batch of two", {"x": counting(2, 1, 2, 3), "kernel_size": (2, 2)}),
    Case("stride 2 that does not fit", {"x": counting(1, 1, 4, 5), "kernel_size": 1, "stride": 2}),
    Case("stride 3, by axis", {"x": counting(1, 1, 4, 4), "kernel_size": (1, 2), "stride": (3, 1)}),
    Case("padding 1", {"x": counting(1, 1, 1, 2), "kernel_size": 2, "padding": 1}),
    Case("padding 2, by axis", {"x": counting(1, 1, 2, 2), "kernel_size": (1, 3), "padding": (0, 2)}),
    Case("dilation 2", {"x": counting(1, 1, 3, 5), "kernel_size": 2, "dilation": 2}),
    Case(
        "everything at once",
        {"x": digits(40, 2, 2, 3, 4), "kernel_size": 2, "stride": (2, 1), "padding": 1, "dilation": (1, 2)},
    ),
)

_SLIPS: Slips = (
    (
        "channels last in a column",
        "channels last",
        "Your columns hold all channels of the first pixel, then of the second. A filter that is flattened as it stands "
        "goes through the first channel, then the second.",
    ),
    (
        "windows read column by column",
        "taps column by column",
        "Within a channel you read the window downwards first. A flattened filter is read row by row.",
    ),
    (
        "places counted column by column",
        "places column by column",
        "Your columns are right and stand in another order: you walk down the picture first. Places go row by row.",
    ),
    (
        "a window in each row",
        "one window a row",
        "Your matrix lies on its side: each window is a row. Other books have it so; here a window is a column.",
    ),
    (
        "reshaped where it should be transposed",
        "reshaped where transposed",
        "Your matrix has the right shape, but reshape never moves a number: the windows still lie one after the other, "
        "cut at other points.",
    ),
    (
        "the whole batch in one matrix",
        "whole batch",
        "You put the pictures of the batch side by side in one matrix. Here each picture has a matrix of its own.",
    ),
    (
        "places counted by the height",
        "places by the height",
        "You count places as if a row of the output held as many as a column does. That is true on square pictures.",
    ),
    (
        "the first channel only",
        "first channel",
        "Your columns end after one channel. A window reaches through the full depth.",
    ),
    (
        "only the first picture of the batch",
        "first picture",
        "The first picture is right and the others stay zero.",
    ),
    (
        "padding on one side only",
        "one side",
        "Zeros stand above and to the left of your picture, and none below or to the right.",
    ),
    (
        "all the padding on the far side",
        "far side",
        "Your padded picture has the right size, but all the zeros are below and to the right of it.",
    ),
    (
        "padding ignored",
        "padding ignored",
        "Your windows never leave the picture, even where zeros were asked for around it.",
    ),
    (
        "the middle taken from p to -p",
        "p to -p",
        "You copy the picture into a slice that ends at minus the padding. Minus zero is zero, so where there is no "
        "padding the slice ends where it begins.",
    ),
    (
        "stride on one axis only",
        "stride on rows only",
        "Your window jumps down by the stride but walks right pixel by pixel.",
    ),
    (
        "the stride counts the columns but moves nothing",
        "stride not read",
        "You have the right number of columns, but the window of place (i, j) starts at pixel (i, j), whatever the stride.",
    ),
    (
        "sizes that do not divide are refused",
        "asserts",
        "Your function stops where the stride does not fit evenly. PyTorch drops the last, incomplete step and goes on.",
    ),
    (
        "dilation ignored",
        "dilation ignored",
        "The pixels of your windows are neighbours, whatever the dilation.",
    ),
    (
        "dilation counts the places and spreads no window",
        "dilation only counted",
        "You have the right number of columns, but the pixels of your windows are neighbours, whatever the dilation.",
    ),
    (
        "dilation as the number of skipped pixels",
        "dilation as gap",
        "You take dilation 1 to mean one pixel left out between taps. In PyTorch's numbering 1 is the ordinary window.",
    ),
    (
        "height used for width (the picture)",
        "square image",
        "You go through as many places to the right as there are downwards.",
    ),
    (
        "height used for width (the window)",
        "square kernel",
        "You use the window's height for its width as well.",
    ),
)

IM2COL = Exercise(
    name="im2col",
    lesson="03",
    reference=layers.im2col,
    plan=(Call("im2col", ARGUMENTS, ("columns",)),),
    compared=("columns",),
    cases=_CASES,
    random_case=_random_im2col,
    random_cases=100,
    misconceptions=misconceptions(_im2col, _SLIPS),
    hints=(
        "Build one column first: the window of place (0, 0) through all channels, as one long row of numbers. "
        "`window.reshape(N, -1)` gives that for the whole batch at once.",
        "Place (i, j) is column `i * OW + j`. Its window starts at row `i * sh`, column `j * sw` of the padded batch; with "
        "dilation, slice it with a step: `start : start + reach : dilation`.",
        "Make zeros of shape (N, C * KH * KW, OH * OW) in the dtype of x, loop over i and j, and write "
        "`padded[:, :, rows, across].reshape(N, -1)` into `columns[:, :, i * OW + j]`.",
    ),
)

EXERCISES = (IM2COL,)
