"""The exercises of lesson 01: the sliding dot product, and the same without sharing."""

import functools

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting, digits, random_arrays
from course_utils.exercises.specification import Call, Case, Exercise, Misconception


def _correlate(x: np.ndarray, kernel: np.ndarray, *, slip: str) -> np.ndarray:
    """correlate2d by loops, with one slip in it."""
    height, width = x.shape[-2:]
    kernel_height, kernel_width = kernel.shape[-2:]
    if slip == "flip":
        kernel = kernel[..., ::-1, ::-1]
    if slip == "transpose":
        kernel = np.swapaxes(kernel, -1, -2)
        kernel_height, kernel_width = kernel_width, kernel_height
    if slip == "square kernel":
        kernel_width = kernel_height
    rows, columns = height - kernel_height + 1, width - kernel_width + 1
    if slip == "no +1":
        rows, columns = rows - 1, columns - 1
    if slip == "square image":
        columns = rows
    out = np.zeros((rows, columns), x.dtype)
    for i in range(rows):
        for j in range(columns):
            window = x[..., i : i + kernel_height, j : j + kernel_width]
            if slip == "matrix product":
                out[i, j] = (window @ kernel).sum()
            elif slip == "first channel" and x.ndim == 3:
                out[i, j] = (window[0] * kernel[0]).sum()
            elif slip == "mean":
                out[i, j] = (window * kernel).mean()
            else:
                out[i, j] = (window * kernel).sum()
    return out


def _correlate_padded(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    kernel_height, kernel_width = kernel.shape[-2:]
    border = [((kernel_height - 1) // 2, kernel_height // 2), ((kernel_width - 1) // 2, kernel_width // 2)]
    return _correlate(np.pad(x, [(0, 0)] * (x.ndim - 2) + border), kernel, slip="")


def _random_correlation(rng: np.random.Generator) -> Case:
    kernel = tuple(int(n) for n in rng.integers(1, 5, 2))
    size = tuple(int(n) + k for n, k in zip(rng.integers(0, 5, 2), kernel, strict=True))
    front = () if rng.random() < 0.4 else (int(rng.integers(1, 4)),)
    return Case(
        f"x {front + size}, kernel {front + kernel}",
        random_arrays(rng, x=front + size, kernel=front + kernel),
    )


CORRELATE2D = Exercise(
    name="correlate2d",
    lesson="01",
    reference=layers.correlate2d,
    plan=(Call("correlate2d", ("x", "kernel"), ("out",)),),
    compared=("out",),
    cases=(
        Case("kernel as large as the picture", {"x": counting(2, 2), "kernel": np.array([[1.0, 0], [0, 2]])}),
        Case(
            "one bright pixel, a kernel of different numbers",
            {"x": np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]), "kernel": counting(2, 2)},
        ),
        Case("wider than tall", {"x": digits(3, 3, 5), "kernel": digits(4, 2, 2)}),
        Case("a kernel that is not square", {"x": digits(5, 4, 5), "kernel": digits(6, 1, 3)}),
        Case("a tall kernel on a tall picture", {"x": digits(7, 5, 3), "kernel": digits(8, 3, 2)}),
        Case("a kernel of one number", {"x": counting(2, 3), "kernel": np.array([[2.0]])}),
        Case("a volume of three channels", {"x": digits(9, 3, 3, 3), "kernel": digits(10, 3, 2, 2)}),
    ),
    random_case=_random_correlation,
    misconceptions=(
        Misconception(
            "the kernel is flipped",
            "You turn the kernel by half a turn before you slide it. That is convolution as signal processing means "
            "it; here the kernel is laid on the picture as it is.",
            functools.partial(_correlate, slip="flip"),
        ),
        Misconception(
            "positions counted as moves",
            "You count how often the window can move. It also sits somewhere before its first move.",
            functools.partial(_correlate, slip="no +1"),
        ),
        Misconception(
            "the picture taken to be square",
            "Your output is as wide as it is tall. Rows come from the height, columns from the width.",
            functools.partial(_correlate, slip="square image"),
        ),
        Misconception(
            "the kernel taken to be square",
            "You use the kernel's height for its width as well.",
            functools.partial(_correlate, slip="square kernel"),
        ),
        Misconception(
            "the kernel transposed",
            "Rows and columns of your kernel have changed places.",
            functools.partial(_correlate, slip="transpose"),
        ),
        Misconception(
            "a matrix product instead of a dot product",
            "`@` multiplies rows by columns. The window and the kernel lie on top of each other: each number meets "
            "only the one beneath it.",
            functools.partial(_correlate, slip="matrix product"),
        ),
        Misconception(
            "a mean instead of a sum",
            "You divide by the number of weights. If a filter should average, its weights say so.",
            functools.partial(_correlate, slip="mean"),
        ),
        Misconception(
            "the first channel only",
            "On a volume your filter sees just one channel. The dot product runs through the full depth.",
            functools.partial(_correlate, slip="first channel"),
        ),
        Misconception(
            "padded to keep the size",
            "Your output is as large as the input: zeros were put around it. Here a window must lie wholly inside.",
            _correlate_padded,
        ),
    ),
    hints=(
        "Think of one output number first: out[0, 0] is the kernel laid on the top left corner, numbers that lie on "
        "each other multiplied, everything added.",
        "The window for out[i, j] starts at row i and column j and is as large as the kernel: "
        "`x[..., i:i + KH, j:j + KW]`. The three dots leave a channel axis, if there is one, alone.",
        "Make zeros of shape (H - KH + 1, W - KW + 1) with the dtype of x, then two loops over i and j, and in them "
        "the sum of window times kernel.",
    ),
)


def _local(x, weight, bias=None, stride=1, *, slip: str) -> np.ndarray:
    """locally_connected2d by loops, with one slip in it."""
    rows, columns, filters, _, kernel_height, kernel_width = weight.shape
    out = np.zeros((len(x), filters, rows, columns), x.dtype)
    for i in range(rows):
        for j in range(columns):
            top, left = (i, j) if slip == "stride ignored" else (i * stride, j * stride)
            if slip == "stride on rows only":
                left = j
            window = x[:, :, top : top + kernel_height, left : left + kernel_width]
            bank = (
                weight[0, 0]
                if slip == "shared"
                else weight[j % rows, i % columns]
                if slip == "places"
                else weight[i, j]
            )
            if slip == "flip":
                bank = bank[..., ::-1, ::-1]
            if slip == "first channel":
                window, bank = window[:, :1], bank[:, :1]
            out[:, :, i, j] = np.einsum("nchw,kchw->nk", window, bank)
            if bias is not None and slip != "no bias":
                out[:, :, i, j] += bias[0, 0] if slip == "shared bias" else bias[i, j]
    return out


def _random_local(rng: np.random.Generator) -> Case:
    batch, channels, filters, stride = (int(n) for n in rng.integers(1, 4, 4))
    kernel = tuple(int(n) for n in rng.integers(1, 4, 2))
    rows, columns = (int(n) for n in rng.integers(1, 4, 2))
    extra = rng.integers(0, stride, 2)
    height = (rows - 1) * stride + kernel[0] + int(extra[0])
    width = (columns - 1) * stride + kernel[1] + int(extra[1])
    arrays = random_arrays(
        rng,
        x=(batch, channels, height, width),
        weight=(rows, columns, filters, channels, *kernel),
        bias=(rows, columns, filters) if rng.random() < 0.7 else None,
    )
    return Case(
        f"x {arrays['x'].shape}, weight {arrays['weight'].shape}, stride {stride}",
        arrays | {"stride": stride},
    )


LOCALLY_CONNECTED2D = Exercise(
    name="locally_connected2d",
    lesson="01",
    reference=layers.locally_connected2d,
    plan=(Call("locally_connected2d", ("x", "weight", "bias", "stride"), ("out",)),),
    compared=("out",),
    cases=(
        Case(
            "one row of three pixels, two places, each with its own weights",
            {
                "x": np.array([[[[1.0, 2, 3]]]]),
                "weight": np.array([1.0, 10, 100, 1000]).reshape(1, 2, 1, 1, 1, 2),
            },
        ),
        Case(
            "two by two places, one number each",
            {"x": np.ones((1, 1, 2, 2)), "weight": counting(2, 2, 1, 1, 1, 1)},
        ),
        Case(
            "with a bias at each place",
            {
                "x": np.ones((1, 1, 2, 3)),
                "weight": np.ones((1, 2, 1, 1, 2, 2)),
                "bias": np.array([[[10.0], [20.0]]]),
            },
        ),
        Case(
            "stride 2, more columns than rows",
            {"x": digits(11, 1, 1, 3, 5), "weight": digits(12, 2, 3, 1, 1, 1, 1), "stride": 2},
        ),
        Case(
            "a batch of two, two channels, three filters",
            {
                "x": digits(13, 2, 2, 2, 3),
                "weight": digits(14, 2, 2, 3, 2, 1, 2),
                "bias": digits(15, 2, 2, 3),
            },
        ),
    ),
    random_case=_random_local,
    random_cases=100,
    misconceptions=(
        Misconception(
            "the weights shared after all",
            "Every place uses the weights of the first one. That is a convolution; here each place has its own.",
            functools.partial(_local, slip="shared"),
        ),
        Misconception(
            "one bias for all places",
            "Your weights differ from place to place, but the bias of the first place is used everywhere.",
            functools.partial(_local, slip="shared bias"),
        ),
        Misconception(
            "the bias forgotten",
            "The weighted sums are right, and nothing is added to them.",
            functools.partial(_local, slip="no bias"),
        ),
        Misconception(
            "the stride not used to read",
            "The window for out[..., i, j] starts at pixel (i, j) in your version, whatever the stride.",
            functools.partial(_local, slip="stride ignored"),
        ),
        Misconception(
            "stride on one axis only",
            "Rows jump by the stride, columns go one by one.",
            functools.partial(_local, slip="stride on rows only"),
        ),
        Misconception(
            "rows and columns of the places exchanged",
            "The place in row i and column j takes the weights that belong to row j and column i.",
            functools.partial(_local, slip="places"),
        ),
        Misconception(
            "the kernel is flipped",
            "You turn each kernel by half a turn before you use it.",
            functools.partial(_local, slip="flip"),
        ),
        Misconception(
            "the first channel only",
            "The sum must run through the full depth of the window, and yours stops after one channel.",
            functools.partial(_local, slip="first channel"),
        ),
    ),
    hints=(
        "Go place by place. At place (i, j) you have one window of x and one filter bank, `weight[i, j]`, of shape "
        "(K, C, KH, KW).",
        "The window is `x[:, :, i * stride:i * stride + KH, j * stride:j * stride + KW]`, of shape (N, C, KH, KW). "
        "Each filter's number is the sum of window times filter over the last three axes.",
        "For one filter k: `out[:, k, i, j] = (window * weight[i, j, k]).sum(axis=(1, 2, 3))`, and add `bias[i, j, k]` "
        "if there is a bias.",
    ),
)

EXERCISES = (CORRELATE2D, LOCALLY_CONNECTED2D)
