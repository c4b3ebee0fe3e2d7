"""Two exercises of lesson 05: average pooling, forward and backward."""

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting, digits
from course_utils.exercises.pooling import (
    ARGUMENTS,
    BACKWARD,
    FORWARD,
    GEOMETRY,
    Windows,
    add_dout,
    random_pooling,
    windows,
)
from course_utils.exercises.slips import Slips, misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _forward(x, kernel_size, stride=None, padding=0, *, slip: str):
    """avg_pool2d_forward by loops, with one slip in it."""
    w = windows(x.shape[2:], kernel_size, stride, padding, slip)
    padded = w.pad(x, 0)
    if slip == "reshape":
        (kh, kw), (batch, channels, height, width) = w.kernel, padded.shape
        tiles = padded.reshape(batch, channels, height // kh, kh, width // kw, kw)
        return tiles.mean(axis=(3, 5)), (x, kernel_size, stride, padding)
    out = np.zeros((*x.shape[:2], *w.out), x.dtype)
    for i, j, rows, columns in w.places():
        window = padded[:, :, rows, columns]
        if slip == "maximum":
            out[:, :, i, j] = window.max(axis=(2, 3))
        elif slip == "all channels":
            out[:, :, i, j] = window.mean(axis=(1, 2, 3))[:, None]
        elif slip == "everything":
            out[:, :, i, j] = window.mean()
        else:
            out[:, :, i, j] = window.sum(axis=(2, 3)) / _divisor(x, w, i, j, slip)
    if slip == "first picture":
        out[1:] = 0
    return out, (x, kernel_size, stride, padding)


def _backward(dout, cache, *, slip: str):
    """avg_pool2d_backward by loops, with one slip in it."""
    x, kernel_size, stride, padding = cache[:4]
    w = windows(x.shape[2:], kernel_size, stride, padding, slip, out=dout.shape[2:])
    dpadded = np.zeros_like(w.pad(x, 0))
    for i, j, rows, columns in w.places():
        target = dpadded[:, :, rows, columns]
        upstream = np.ones_like(dout) if slip == "dout ignored" else dout
        share = upstream[:, :, i, j, None, None] / _divisor(x, w, i, j, slip)
        if slip == "maximum":
            window = w.pad(x, 0)[:, :, rows, columns]
            share = upstream[:, :, i, j, None, None] * (window == window.max(axis=(2, 3), keepdims=True))
        if slip == "one pixel":
            target = target[:, :, :1, :1]
        target[...] = share if slip == "assigned" else target + share
    if slip == "first picture":
        dpadded[1:] = 0
    return w.cut(dpadded, x.shape[2:])


def _divisor(x: np.ndarray, w: Windows, i: int, j: int, slip: str) -> int:
    (kh, kw), (ph, pw), (height, width) = w.kernel, w.padding, x.shape[2:]
    if slip == "not divided":
        return 1
    if slip == "height squared":
        return kh * kh
    if slip == "height plus width":
        return kh + kw
    if slip == "real pixels":
        real_rows = min((i * w.stride[0]) + kh - ph, height) - max(i * w.stride[0] - ph, 0)
        real_columns = min((j * w.stride[1]) + kw - pw, width) - max(j * w.stride[1] - pw, 0)
        return real_rows * real_columns
    return kh * kw


def _random_forward(rng: np.random.Generator) -> Case:
    return random_pooling(rng, backward=False)


def _random_backward(rng: np.random.Generator) -> Case:
    return random_pooling(rng, backward=True)


_CASES = (
    Case("two windows side by side", {"x": 4 * counting(1, 1, 2, 4), "kernel_size": 2}),
    Case("taller than wide", {"x": 4 * digits(1, 1, 1, 4, 2), "kernel_size": 2}),
    Case("padding 1: the zeros count", {"x": 4 * counting(1, 1, 2, 2), "kernel_size": 2, "padding": 1}),
    Case("windows that overlap, wider than tall", {"x": 4 * digits(2, 1, 1, 2, 4), "kernel_size": 2, "stride": 1}),
    Case("3 by 3 with stride 2", {"x": 9 * digits(3, 1, 1, 5, 5), "kernel_size": 3, "stride": 2}),
    Case(
        "padding 1 and windows that overlap",
        {"x": 9 * digits(4, 1, 1, 4, 3), "kernel_size": 3, "stride": 2, "padding": 1},
    ),
    Case("a rest that no window covers", {"x": 4 * digits(5, 1, 1, 3, 5), "kernel_size": 2}),
    Case("stride 3, with gaps and a rest", {"x": 4 * digits(6, 1, 1, 5, 7), "kernel_size": 2, "stride": 3}),
    Case("a window that is not square", {"x": 6 * digits(7, 1, 1, 4, 6), "kernel_size": (2, 3)}),
    Case(
        "window, stride and padding by axis",
        {"x": 6 * digits(8, 1, 1, 4, 4), "kernel_size": (3, 2), "stride": (1, 2), "padding": (1, 0)},
    ),
    Case("two pictures of two channels", {"x": 4 * digits(9, 2, 2, 2, 2), "kernel_size": 2}),
)

_DIVISORS: Slips = (
    (
        "not divided",
        "not divided",
        "You add up the window and stop there. A sum grows with the window; an average does not.",
    ),
    (
        "divided by the real pixels only",
        "real pixels",
        "At the edge you divide by the pixels that lie in the picture. PyTorch's default counts the border's zeros too.",
    ),
    (
        "divided by height plus width",
        "height plus width",
        "You add the window's height and width where you count its pixels. How many lie in a rectangle?",
    ),
    (
        "divided by the height squared",
        "height squared",
        "You divide as if every window were square.",
    ),
)
_FORWARD_SLIPS: Slips = (
    *_DIVISORS,
    (
        "the reshape trick where windows overlap",
        "reshape",
        "You cut the picture into tiles with reshape. That is pooling only where the windows lie side by side and fit.",
    ),
    (
        "a maximum instead of a mean",
        "maximum",
        "You keep the largest number of each window. Here all of them count alike.",
    ),
    (
        "the mean over all channels",
        "all channels",
        "All channels of your output are alike: the mean runs through the depth. Pooling works on each slice alone.",
    ),
    (
        "one mean for all pictures and channels",
        "everything",
        "Each place of your output has one number for all pictures and channels. Every slice of every picture has its own.",
    ),
)
_BACKWARD_SLIPS: Slips = (
    *_DIVISORS,
    (
        "assigned where windows overlap",
        "assigned",
        "A pixel that lies in several windows keeps the gradient of the last one. It went into all of them.",
    ),
    (
        "the upstream gradient left out",
        "dout ignored",
        "You return each pixel's part in the averages. `dout` says how much each average matters.",
    ),
    (
        "the gradient given to the maximum",
        "maximum",
        "You hand the gradient to the largest pixel. That is max pooling; in an average all pixels have a say.",
    ),
    (
        "the gradient given to one pixel",
        "one pixel",
        "Only the first pixel of each window gets something. All of them went into the average.",
    ),
)

AVG_POOL2D_FORWARD = Exercise(
    name="avg_pool2d_forward",
    lesson="05",
    reference=layers.avg_pool2d_forward,
    plan=(Call("avg_pool2d_forward", ARGUMENTS, ("out", "cache")),),
    compared=("out",),
    cases=_CASES,
    random_case=_random_forward,
    misconceptions=misconceptions(_forward, _FORWARD_SLIPS + GEOMETRY + FORWARD),
    hints=(
        "One output number is the mean of one window of one channel. Which rows and columns does the window of "
        "out[n, c, i, j] cover?",
        "The window starts at row `i * stride` and column `j * stride` of the padded picture, and the zeros of the border "
        "count as pixels.",
        "Copy x into the middle of zeros, loop over rows and columns of the output, and take `window.mean(axis=(2, 3))` "
        "for all pictures and channels at once. Without a stride, use the window's size.",
    ),
)
AVG_POOL2D_BACKWARD = Exercise(
    name="avg_pool2d_backward",
    lesson="05",
    reference=layers.avg_pool2d_backward,
    course={"avg_pool2d_forward": layers.avg_pool2d_forward},
    plan=(
        Call("avg_pool2d_forward", ARGUMENTS, ("out", "cache")),
        Call("avg_pool2d_backward", ("dout", "cache"), ("dx",)),
    ),
    compared=("dx",),
    cases=tuple(add_dout(case, 120 + number) for number, case in enumerate(_CASES)),
    random_case=_random_backward,
    misconceptions=misconceptions(_backward, _BACKWARD_SLIPS + BACKWARD + GEOMETRY),
    hints=(
        "Raise one pixel of a window by 1. By how much does the window's average rise?",
        "Each window hands an equal part of its number of `dout` to every one of its pixels. What has a pixel that lies "
        "in two windows?",
        "Make zeros as large as the padded picture. For every window, `+=` its gradient divided by `KH * KW` to all of "
        "its pixels, whether they are real or border. Cut the border off at the end.",
    ),
)

EXERCISES = (AVG_POOL2D_FORWARD, AVG_POOL2D_BACKWARD)
