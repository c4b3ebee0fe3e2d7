"""Two exercises of lesson 05: max pooling, forward and backward."""

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting
from course_utils.exercises.pooling import (
    ARGUMENTS,
    BACKWARD,
    FORWARD,
    GEOMETRY,
    add_dout,
    distinct,
    random_pooling,
    windows,
)
from course_utils.exercises.slips import Slips, misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _forward(x, kernel_size, stride=None, padding=0, *, slip: str):
    """max_pool2d_forward by loops, with one slip in it."""
    w = windows(x.shape[2:], kernel_size, stride, padding, slip)
    padded = w.pad(x, 0 if slip == "zeros around" else -np.inf)
    if slip == "reshape":
        (kh, kw), (batch, channels, height, width) = w.kernel, padded.shape
        tiles = padded.reshape(batch, channels, height // kh, kh, width // kw, kw)
        return tiles.max(axis=(3, 5)), (x, kernel_size, stride, padding)
    out = np.zeros((*x.shape[:2], *w.out), x.dtype)
    for i, j, rows, columns in w.places():
        window = padded[:, :, rows, columns]
        if slip == "the place":
            out[:, :, i, j] = window.reshape(*x.shape[:2], -1).argmax(axis=2)
        elif slip == "mean":
            out[:, :, i, j] = window.mean(axis=(2, 3))
        elif slip == "all channels":
            out[:, :, i, j] = window.max(axis=(1, 2, 3))[:, None]
        elif slip == "everything":
            out[:, :, i, j] = window.max()
        elif slip == "largest size":
            out[:, :, i, j] = np.abs(window).max(axis=(2, 3))
        else:
            out[:, :, i, j] = window.max(axis=(2, 3), initial=0 if slip == "starts at 0" else -np.inf)
    if slip == "first picture":
        out[1:] = 0
    return out, (x, kernel_size, stride, padding)


def _backward(dout, cache, *, slip: str):
    """max_pool2d_backward by loops, with one slip in it."""
    x, kernel_size, stride, padding = cache[:4]
    w = windows(x.shape[2:], kernel_size, stride, padding, slip, out=dout.shape[2:])
    padded = w.pad(x, 0 if slip == "zeros around" else -np.inf)
    dpadded = np.zeros_like(padded)
    for i, j, rows, columns in w.places():
        for n, c in np.ndindex(x.shape[:2]):
            seen = padded[n, :, rows, columns] if slip == "all channels" else padded[n, c, rows, columns]
            window, target = padded[n, c, rows, columns], dpadded[n, c, rows, columns]
            share = _share(window, seen.max(), dout[n, c, i, j], slip)
            if slip == "place in the window":
                dpadded[n, c, : share.shape[0], : share.shape[1]] += share
            elif slip == "window overwritten":
                target[...] = share
            elif slip == "assigned":
                target[share != 0] = share[share != 0]
            else:
                target += share
    if slip == "first picture":
        dpadded[1:] = 0
    return w.cut(dpadded, x.shape[2:])


def _share(window: np.ndarray, largest: float, upstream: float, slip: str) -> np.ndarray:
    """What each pixel of a window gets of the gradient of its maximum."""
    tied = window == largest
    if slip in ("each tie", "window overwritten"):
        return tied * upstream
    if slip == "split among ties":
        return tied * upstream / max(1, tied.sum())
    if slip == "spread":
        return np.full_like(window, upstream / window.size)
    share = np.zeros_like(window)
    if tied.any():
        place = np.argwhere(tied)[-1 if slip == "last tie" else 0]
        share[tuple(place)] = {"dout ignored": 1, "times the maximum": largest * upstream}.get(slip, upstream)
    return share


def _random_forward(rng: np.random.Generator) -> Case:
    return _now_and_then_negative(rng, random_pooling(rng, backward=False))


def _random_backward(rng: np.random.Generator) -> Case:
    case = _now_and_then_negative(rng, random_pooling(rng, backward=True))
    if rng.random() < 0.2:
        x = case.values["x"]
        x[...] = np.round(x)
        return Case(f"{case.label}, rounded: ties, which go to the first", case.values)
    return case


def _now_and_then_negative(rng: np.random.Generator, case: Case) -> Case:
    if rng.random() < 0.3:
        case.values["x"][...] -= 5
        return Case(f"{case.label}, all negative", case.values)
    return case


_SHAPES = (
    Case("two windows side by side", {"x": distinct(1, 1, 1, 2, 4), "kernel_size": 2}),
    Case("taller than wide", {"x": distinct(2, 1, 1, 4, 2), "kernel_size": 2}),
    Case("all negative", {"x": -counting(1, 1, 2, 2), "kernel_size": 2}),
    Case("all negative, padding 1", {"x": -counting(1, 1, 3, 3), "kernel_size": 2, "padding": 1}),
    Case("windows that overlap, wider than tall", {"x": distinct(3, 1, 1, 2, 4), "kernel_size": 2, "stride": 1}),
    Case("3 by 3 with stride 2", {"x": distinct(4, 1, 1, 5, 5), "kernel_size": 3, "stride": 2}),
    Case(
        "padding 1 and windows that overlap",
        {"x": distinct(5, 1, 1, 4, 3), "kernel_size": 3, "stride": 2, "padding": 1},
    ),
    Case("a rest that no window covers", {"x": distinct(6, 1, 1, 3, 5), "kernel_size": 2}),
    Case("stride 3, with gaps and a rest", {"x": distinct(7, 1, 1, 5, 7), "kernel_size": 2, "stride": 3}),
    Case("a window that is not square", {"x": distinct(8, 1, 1, 4, 6), "kernel_size": (2, 3)}),
    Case(
        "window, stride and padding by axis",
        {"x": distinct(9, 1, 1, 4, 4), "kernel_size": (3, 2), "stride": (1, 2), "padding": (1, 0)},
    ),
    Case("two pictures of two channels", {"x": distinct(10, 2, 2, 2, 2), "kernel_size": 2}),
)
_TIES = (
    Case(
        "a tie: the gradient goes to the first, row by row", {"x": np.array([[[[0.0, 3], [3, 3]]]]), "kernel_size": 2}
    ),
    Case(
        "ties in windows that overlap: each window's goes to its first",
        {"x": np.array([[[[1.0, 2, 2, 1], [2, 1, 2, 3]]]]), "kernel_size": 2, "stride": 1},
    ),
)

_FORWARD_SLIPS: Slips = (
    (
        "zeros around negative numbers",
        "zeros around",
        "You fill the border with zeros, and where everything is negative a zero wins. The border must never win.",
    ),
    (
        "a maximum that starts at 0",
        "starts at 0",
        "Your search for the largest number begins with a 0 that is not in the window. Where all are negative, it stays.",
    ),
    (
        "the reshape trick where windows overlap",
        "reshape",
        "You cut the picture into tiles with reshape. That is pooling only where the windows lie side by side and fit.",
    ),
    (
        "a mean instead of a maximum",
        "mean",
        "You average each window. Here only the largest number goes on.",
    ),
    (
        "the maximum over all channels",
        "all channels",
        "All channels of your output are alike: the maximum runs through the depth. Pooling works on each slice alone.",
    ),
    (
        "one maximum for all pictures and channels",
        "everything",
        "Each place of your output has one number for all pictures and channels. Every slice of every picture has its own.",
    ),
    (
        "the largest without its sign",
        "largest size",
        "You compare sizes and drop the signs. -3 is less than -1.",
    ),
    (
        "the place instead of the value",
        "the place",
        "You return where in its window the maximum stands, not what it is.",
    ),
)
_BACKWARD_SLIPS: Slips = (
    (
        "each window overwrites what lies beneath it",
        "window overwritten",
        "Every window writes all of its pixels anew, and wipes out what its neighbours gave where they overlap.",
    ),
    (
        "assigned where windows overlap",
        "assigned",
        "A pixel that is the maximum of several windows keeps the gradient of the last one. It went into all of them.",
    ),
    (
        "every tied pixel gets the whole gradient",
        "each tie",
        "Where several pixels share the maximum, each gets all of it, and the sum grows. One output has one gradient to "
        "give away.",
    ),
    (
        "the gradient shared among ties",
        "split among ties",
        "You divide the gradient among equal maxima. That is a fair rule, but PyTorch's is another, and so is ours.",
    ),
    (
        "the last of several maxima",
        "last tie",
        "Among equal maxima you take the last one. PyTorch keeps the one that it meets first.",
    ),
    (
        "the place in the window taken for the place in the picture",
        "place in the window",
        "All your gradients land in the upper left corner: the place of a maximum is counted from its window's corner.",
    ),
    (
        "zeros around negative numbers",
        "zeros around",
        "Your border is made of zeros. Where everything is negative a zero wins, and its gradient is cut off with it.",
    ),
    (
        "the upstream gradient left out",
        "dout ignored",
        "You mark the maxima with ones. `dout` says how much each of them matters.",
    ),
    (
        "the gradient times the maximum",
        "times the maximum",
        "You multiply by the largest number. Its change goes on one to one, however large it is.",
    ),
    (
        "the gradient spread over the window",
        "spread",
        "You give every pixel of a window a part. That is the average's gradient: a pixel that lost had no say.",
    ),
    (
        "the maximum over all channels",
        "all channels",
        "You look for one maximum through the whole depth. Each channel was pooled alone.",
    ),
)

MAX_POOL2D_FORWARD = Exercise(
    name="max_pool2d_forward",
    lesson="05",
    reference=layers.max_pool2d_forward,
    plan=(Call("max_pool2d_forward", ARGUMENTS, ("out", "cache")),),
    compared=("out",),
    cases=_SHAPES,
    random_case=_random_forward,
    misconceptions=misconceptions(_forward, _FORWARD_SLIPS + GEOMETRY + FORWARD),
    hints=(
        "One output number is the largest in one window of one channel. Which rows and columns does the window of "
        "out[n, c, i, j] cover?",
        "The window starts at row `i * stride` and column `j * stride` of the padded picture. What number in the border "
        "can never be the largest?",
        "Copy x into the middle of an array filled with `-np.inf`, loop over rows and columns of the output, and take "
        "`window.max(axis=(2, 3))` for all pictures and channels at once. Without a stride, use the window's size.",
    ),
)
MAX_POOL2D_BACKWARD = Exercise(
    name="max_pool2d_backward",
    lesson="05",
    reference=layers.max_pool2d_backward,
    course={"max_pool2d_forward": layers.max_pool2d_forward},
    plan=(
        Call("max_pool2d_forward", ARGUMENTS, ("out", "cache")),
        Call("max_pool2d_backward", ("dout", "cache"), ("dx",)),
    ),
    compared=("dx",),
    cases=tuple(add_dout(case, 100 + number) for number, case in enumerate(_SHAPES + _TIES)),
    random_case=_random_backward,
    misconceptions=misconceptions(_backward, _BACKWARD_SLIPS + BACKWARD + GEOMETRY),
    hints=(
        "Change one pixel of a window a little. When does the window's output change, and by how much?",
        "Each window hands its number of `dout` to the pixel that was its maximum, the first one if there are several: "
        "`np.argmax` finds it, `np.unravel_index` tells its row and column in the window. What if it wins twice?",
        "Pad x as in the forward pass and make zeros of that size. For every window, find the row and column of its "
        "maximum, count them from the corner of the picture, and `+=` the gradient there. Cut the border off at the end.",
    ),
)

EXERCISES = (MAX_POOL2D_FORWARD, MAX_POOL2D_BACKWARD)
