"""An exercise of homework 1: the transposed convolution, which makes a picture larger."""

import numpy as np

from course_utils.exercises.convolution_forward import as_pair
from course_utils.exercises.drawing_cases import counting, digits, int_or_pair, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    """Every number of x lays its filters on the output, weighted; where they overlap they add up. As PyTorch's.

    x: (N, C, H, W) array; weight: (C, K, KH, KW); bias: (K,) or None; stride and padding: an integer or a pair (rows,
    columns). Returns out (N, K, (H - 1) SH - 2 PH + KH, (W - 1) SW - 2 PW + KW): neighbours lie `stride` pixels apart, and
    `padding` pixels are cut off on every side.

    Raises ValueError if nothing is left.
    """
    return _transposed(x, weight, bias, stride, padding, slip="")


def _transposed(x, weight, bias=None, stride=1, padding=0, *, slip: str):
    """conv_transpose2d_forward with one slip in it; none if it is empty."""
    (sh, sw), (ph, pw) = as_pair(stride), as_pair(padding)
    if slip == "stride on rows only":
        sw = 1
    if slip == "stride ignored":
        sh = sw = 1
    if slip == "stride zeros between":
        sh, sw = sh + 1, sw + 1
    if slip == "padding ignored":
        ph = pw = 0
    if slip == "weight exchanged":
        weight = weight.swapaxes(0, 1)
    if slip == "flipped":
        weight = weight[:, :, ::-1, ::-1]
    if slip == "square kernel":
        weight = weight[:, :, :, : weight.shape[2]]
    (batch, _, height, width), (_, filters, kh, kw) = x.shape, weight.shape
    full = np.zeros((batch, filters, (height - 1) * sh + kh, (width - 1) * sw + kw), x.dtype)
    hits = np.zeros(full.shape[2:])
    for i, j in np.ndindex(height, width):
        rows, columns = slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
        seen = x[:, :1, i, j] if slip == "first channel" else x[:, :, i, j]
        laid = np.einsum("nc,ckhw->nkhw", seen, weight[: seen.shape[1]])
        if bias is not None and slip == "bias with every filter":
            laid = laid + bias.reshape(-1, 1, 1)
        if slip == "overwritten":
            full[:, :, rows, columns] = laid
        else:
            full[:, :, rows, columns] += laid
        hits[rows, columns] += 1
    if slip == "overwritten tap by tap":
        full = _by_taps(x, weight, sh, sw, full)
    if slip == "averaged":
        full = (full / np.maximum(hits, 1)).astype(x.dtype)
    out = _cut(full, ph, pw, slip)
    if bias is not None and slip not in ("no bias", "bias with every filter"):
        out = out + (bias[:1] if slip == "first bias" else bias).reshape(-1, 1, 1)
    if slip == "first picture":
        out[1:] = 0
    return out


def _by_taps(x: np.ndarray, weight: np.ndarray, sh: int, sw: int, like: np.ndarray) -> np.ndarray:
    """All windows at once, one place of the kernel after the other, each written over what was there."""
    full = np.zeros_like(like)
    (height, width), (kh, kw) = x.shape[2:], weight.shape[2:]
    for p, q in np.ndindex(kh, kw):
        laid = np.einsum("ncij,ck->nkij", x, weight[:, :, p, q])
        full[:, :, p : p + (height - 1) * sh + 1 : sh, q : q + (width - 1) * sw + 1 : sw] = laid
    return full


def _cut(full: np.ndarray, ph: int, pw: int, slip: str) -> np.ndarray:
    height, width = full.shape[2:]
    if slip == "padded instead of cut":
        return np.pad(full, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    if slip == "cut once":
        ph, pw, height, width = 0, 0, height - ph, width - pw
    elif slip == "cut at the end":
        ph, pw, height, width = 0, 0, height - 2 * ph, width - 2 * pw
    elif slip == "p to -p":
        return full[:, :, ph:-ph, pw:-pw]
    else:
        height, width = height - ph, width - pw
    if height <= ph or width <= pw:
        if slip == "nothing left":
            return full[:, :, :0, :0]
        raise ValueError("padding must leave something of the output")
    return full[:, :, ph:height, pw:width].copy()


def _random_case(rng: np.random.Generator) -> Case:
    batch, channels, filters, height, width = (int(n) for n in rng.integers(1, 4, 5))
    kernel = tuple(int(n) for n in rng.integers(1, 4, 2))
    settings = {"stride": int_or_pair(rng, 1, 3), "padding": int_or_pair(rng, 0, 1)}
    strides, paddings = as_pair(settings["stride"]), as_pair(settings["padding"])
    sides = [max(side, 1 + (2 * p) // s) for side, s, p in zip((height + 1, width + 1), strides, paddings, strict=True)]
    # So that at least one row and column is left after the cut.
    while any((n - 1) * s + k <= 2 * p for n, s, k, p in zip(sides, strides, kernel, paddings, strict=True)):
        sides = [side + 1 for side in sides]
    arrays = random_arrays(
        rng,
        x=(batch, channels, *sides),
        weight=(channels, filters, *kernel),
        bias=(filters,) if rng.random() < 0.7 else None,
    )
    label = f"x {arrays['x'].shape}, weight {arrays['weight'].shape}, {settings}"
    return Case(label, arrays | settings)


CONV_TRANSPOSE2D_FORWARD = Exercise(
    name="conv_transpose2d_forward",
    lesson="hw1",
    reference=conv_transpose2d_forward,
    plan=(Call("conv_transpose2d_forward", ("x", "weight", "bias", "stride", "padding"), ("out",)),),
    compared=("out",),
    cases=(
        Case("one number lays one filter", {"x": np.array([[[[2.0]]]]), "weight": counting(1, 1, 2, 2)}),
        Case("two numbers whose filters overlap", {"x": np.array([[[[1.0, 10]]]]), "weight": counting(1, 1, 2, 3)}),
        Case("stride 2: side by side", {"x": counting(1, 1, 2, 3), "weight": counting(1, 1, 2, 2), "stride": 2}),
        Case("stride 3 and gaps", {"x": digits(1, 1, 1, 2, 3), "weight": counting(1, 1, 2, 1), "stride": 3}),
        Case("padding 1 cuts the rim off", {"x": counting(1, 1, 2, 3), "weight": digits(2, 1, 1, 3, 3), "padding": 1}),
        Case(
            "stride and padding that differ by axis",
            {"x": digits(3, 1, 1, 3, 2), "weight": digits(4, 1, 1, 2, 3), "stride": (1, 2), "padding": (0, 1)},
        ),
        Case(
            "as many channels as filters, with biases",
            {"x": digits(5, 1, 2, 2, 2), "weight": digits(6, 2, 2, 2, 2), "bias": np.array([10.0, 20.0])},
        ),
        Case(
            "three channels, two filters, a batch of two",
            {"x": digits(7, 2, 3, 2, 2), "weight": digits(8, 3, 2, 2, 2), "bias": np.array([1.0, -1.0]), "stride": 2},
        ),
        Case(
            "stride 2, padding 1, a kernel of 4: twice as large",
            {"x": digits(9, 1, 1, 3, 2), "weight": digits(10, 1, 1, 4, 4), "stride": 2, "padding": 1},
        ),
        Case(
            "nothing is left",
            {"x": counting(1, 1, 1, 1), "weight": counting(1, 1, 2, 2), "padding": 1},
            raises=ValueError,
        ),
    ),
    random_case=_random_case,
    random_cases=60,
    points=20,
    misconceptions=misconceptions(
        _transposed,
        (
            (
                "overlaps overwritten",
                "overwritten",
                "Where filters overlap, yours keeps the last one that was laid. They add up.",
            ),
            (
                "overlaps overwritten, one place of the kernel after the other",
                "overwritten tap by tap",
                "You lay one place of the kernel at a time, for the whole picture, and each writes over those before it. "
                "They add up.",
            ),
            (
                "overlaps averaged",
                "averaged",
                "Where filters overlap, you divide by how many there are. They add up, and nothing is divided.",
            ),
            (
                "the kernel flipped",
                "flipped",
                "You turn the kernel by half a turn before you lay it down. It is laid as it is.",
            ),
            (
                "padding added instead of cut",
                "padded instead of cut",
                "Your output grows with the padding. Transposing turns the step round: what a convolution added is cut off.",
            ),
            (
                "padding ignored",
                "padding ignored",
                "Your output has its full size, whatever the padding.",
            ),
            (
                "the padding cut once",
                "cut once",
                "You cut below and to the right only. The padding goes off on every side.",
            ),
            (
                "all the padding cut on the far side",
                "cut at the end",
                "Your output has the right size, but all of the cut was below and to the right.",
            ),
            (
                "cut from p to -p",
                "p to -p",
                "Your slice ends at minus the padding. Minus zero is zero, so where there is no padding nothing remains.",
            ),
            (
                "an empty output handed back",
                "nothing left",
                "Where the padding cuts everything off you return an array without numbers. Say that it does not fit.",
            ),
            (
                "stride on one axis only",
                "stride on rows only",
                "Your filters move down by the stride, and to the right pixel by pixel.",
            ),
            (
                "stride ignored",
                "stride ignored",
                "Your filters are laid one pixel apart, whatever the stride.",
            ),
            (
                "as many gaps as the stride",
                "stride zeros between",
                "You leave `stride` pixels between neighbours. They lie `stride` pixels apart, which leaves one fewer between.",
            ),
            (
                "the weight's axes as in a convolution",
                "weight exchanged",
                "You read the weight as filters first. Here the channels that come in are its first axis.",
            ),
            (
                "the kernel taken to be square",
                "square kernel",
                "You use the kernel's height for its width as well.",
            ),
            (
                "the first channel only",
                "first channel",
                "Only the first channel lays its filters. Every channel does, and all of it adds up.",
            ),
            ("the bias forgotten", "no bias", "The filters are laid right, and nothing is added to them."),
            (
                "the bias laid with every filter",
                "bias with every filter",
                "You add the bias each time a filter is laid, so overlaps have it several times, and gaps not at all.",
            ),
            ("one bias for all filters", "first bias", "Every map gets the first filter's bias."),
            (
                "only the first picture of the batch",
                "first picture",
                "The first picture is right and the others stay zero.",
            ),
        ),
    ),
    hints=(
        "Think of the output as an empty page. One number of x, at row i and column j of channel c: which rows and columns "
        "of the page does it touch, and with what?",
        "You know this movement: it is how lesson 04's `dx` collected its windows. There is a page of the full size, a "
        "window that starts at row `i * stride`, and a `+=`.",
        "The full page has `(H - 1) * sh + KH` rows. Window (i, j) gets, for every filter k, the sum over channels of "
        "`x[n, c, i, j] * weight[c, k]`. At the end keep rows `ph` to `rows - ph`, columns likewise, and add the bias.",
    ),
)
EXERCISES = (CONV_TRANSPOSE2D_FORWARD,)
