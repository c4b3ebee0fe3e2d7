"""The exercise of lesson 04: the gradients of a convolution layer."""

import numpy as np

from course_utils import layers
from course_utils.exercises.convolution_forward import ARGUMENTS, as_pair, describe, random_configuration
from course_utils.exercises.drawing_cases import counting, digits
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, with_gaps


def _backward(dout, cache, *, slip: str):
    """conv2d_backward by loops, with one slip in it."""
    x, weight, bias, stride, padding, dilation, groups = cache
    (sh, sw), (ph, pw), (dh, dw) = as_pair(stride), as_pair(padding), as_pair(dilation)
    if slip == "one number for both axes":
        sw, pw, dw = sh, ph, dh
    if slip == "dilation ignored":
        dh = dw = 1
    if slip == "only with padding" and 0 in (ph, pw):
        raise UnboundLocalError("made only where there is padding")
    (filters, depth, kh, kw), (rows, columns), (height, width) = weight.shape, dout.shape[2:], x.shape[2:]
    if slip == "square image":
        columns = rows
    if slip == "square kernel":
        kw = kh
    reach_h, reach_w = dh * (kh - 1) + 1, dw * (kw - 1) + 1
    if slip == "asserts":
        assert (height + 2 * ph - reach_h) % sh == 0, "stride does not fit"
        assert (width + 2 * pw - reach_w) % sw == 0, "stride does not fit"
    if slip == "sizes from the output":
        height, width = (rows - 1) * sh + reach_h - 2 * ph, (columns - 1) * sw + reach_w - 2 * pw
    padded = x if slip == "x not padded" else np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dpadded = np.zeros((*x.shape[:2], height + 2 * ph, width + 2 * pw), x.dtype)
    dweight = np.zeros_like(weight)
    for i in range(rows):
        for j in range(columns):
            top = i if slip == "stride ignored" else i * sh
            left = j if slip in ("stride ignored", "stride on rows only") else j * sw
            for k in range(filters):
                group = 0 if slip == "first group" else k // (filters // groups)
                place = (
                    slice(None),
                    slice(group * depth, (group + 1) * depth),
                    slice(top, top + reach_h, dh),
                    slice(left, left + reach_w, dw),
                )
                upstream = dout[:, k, i, j, None, None, None]
                if slip == "dout ignored":
                    upstream = np.ones_like(upstream)
                share = upstream * (weight[k][:, ::-1, ::-1] if slip == "dx not flipped" else weight[k])
                dpadded[place] = share if slip == "assigned" else dpadded[place] + share
                products = upstream * padded[place]
                if slip == "last place":
                    dweight[k] = 0
                dweight[k] += products[-1] if slip == "last picture" else products.sum(axis=0)
    if slip == "dweight flipped":
        dweight = dweight[:, :, ::-1, ::-1]
    if slip == "mean over the batch":
        dweight = dweight / len(x)
    dx = dpadded[:, :, ph : ph + height, pw : pw + width]
    if slip == "p to -p":
        dx = dpadded[:, :, ph:-ph, pw:-pw]
    if slip == "padding left on":
        dx = dpadded
    if slip == "far corner":
        dx = dpadded[:, :, :height, :width]
    if slip == "first picture":
        dx[1:] = 0
    return dx, dweight, None if bias is None else _bias_gradient(dout, slip)


def _bias_gradient(dout: np.ndarray, slip: str) -> np.ndarray:
    if slip == "dout ignored":
        dout = np.ones_like(dout)
    if slip == "dbias over the wrong axes":
        return dout.sum(axis=(0, 1, 2))
    if slip == "dbias per picture":
        return dout.sum(axis=(2, 3))
    if slip == "dbias per place":
        return dout.sum(axis=0)
    if slip == "dbias one number":
        return dout.sum()
    if slip == "mean over the batch":
        return dout.sum(axis=(0, 2, 3)) / len(dout)
    return dout.mean(axis=(0, 2, 3)) if slip == "dbias mean" else dout.sum(axis=(0, 2, 3))


def _out_shape(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1) -> tuple[int, ...]:
    settings = (as_pair(stride), as_pair(padding), as_pair(dilation))
    return (len(x), len(weight), *map(layers.conv_output_size, x.shape[2:], weight.shape[2:], *settings))


def _case(label: str, seed: int, x: tuple[int, ...], weight: tuple[int, ...], bias: bool = False, **settings) -> Case:
    """A case of whole numbers: x, weight, dout and, where asked for, a bias, all drawn from the seed."""
    values = {"x": digits(seed, *x), "weight": digits(seed + 1, *weight), **settings}
    if bias:
        values["bias"] = digits(seed + 2, weight[0])
    return Case(label, values | {"dout": digits(seed + 3, *_out_shape(**values))})


def _random_backward(rng: np.random.Generator) -> Case:
    values = random_configuration(rng)
    dout = rng.standard_normal(_out_shape(**values)).astype(values["x"].dtype)
    return Case(describe(values), values | {"dout": with_gaps(dout) if rng.random() < 0.3 else dout})


CONV2D_BACKWARD = Exercise(
    name="conv2d_backward",
    lesson="04",
    reference=layers.conv2d_backward,
    course={"conv2d_forward": layers.conv2d_forward},
    plan=(
        Call("conv2d_forward", ARGUMENTS, ("out", "cache")),
        Call("conv2d_backward", ("dout", "cache"), ("dx", "dweight", "dbias")),
    ),
    compared=("dx", "dweight", "dbias"),
    cases=(
        Case(
            "one window, one place",
            {"x": counting(1, 1, 2, 2, start=5), "weight": counting(1, 1, 2, 2), "dout": np.full((1, 1, 1, 1), 2.0)},
        ),
        _case("windows that overlap, wider than tall", 40, (1, 1, 2, 4), (1, 1, 2, 2)),
        _case("two filters with biases, taller than wide", 44, (1, 1, 4, 3), (2, 1, 2, 2), bias=True),
        _case("padding 1", 48, (1, 1, 2, 3), (1, 1, 2, 2), padding=1),
        _case("padding 2, a kernel that is not square", 52, (1, 1, 2, 2), (1, 1, 3, 2), padding=2),
        _case("stride 2 that fits", 56, (1, 1, 3, 5), (1, 1, 1, 1), stride=2),
        _case("stride 3 that does not fit", 60, (1, 1, 4, 6), (1, 1, 2, 2), stride=3),
        _case("stride 2 and windows that overlap", 64, (1, 1, 5, 4), (1, 1, 3, 3), stride=2, padding=1),
        _case("stride and padding by axis", 68, (1, 1, 4, 4), (1, 1, 2, 3), stride=(1, 2), padding=(0, 1)),
        _case("three channels, two filters, a flat kernel", 72, (1, 3, 2, 3), (2, 3, 1, 2)),
        _case("dilation 2", 76, (1, 1, 4, 5), (1, 1, 2, 2), dilation=2),
        _case("two groups", 80, (1, 4, 2, 2), (4, 2, 2, 2), bias=True, groups=2),
        _case("1 by 1, a batch and two groups", 92, (2, 4, 1, 2), (4, 2, 1, 1), groups=2),
        _case("1 by 1, stride by axis", 96, (1, 1, 2, 4), (1, 1, 1, 1), stride=(1, 2)),
        _case("1 by 1, padding by axis", 100, (1, 2, 2, 2), (1, 2, 1, 1), padding=(0, 1)),
        _case("a batch of two", 84, (2, 1, 2, 3), (1, 1, 2, 2)),
        _case("a batch of three, with a bias", 88, (3, 1, 2, 2), (1, 1, 2, 1), bias=True),
    ),
    random_case=_random_backward,
    random_cases=60,
    points=30,
    misconceptions=misconceptions(
        _backward,
        (
            (
                "padding cut off from p to -p",
                "p to -p",
                "You cut the border off with a slice that ends at minus the padding. Minus zero is zero, so where there is "
                "no padding the slice ends where it begins, and nothing is left.",
            ),
            (
                "works only where there is padding",
                "only with padding",
                "Without padding your function stops: something that it needs exists only where there is a border.",
            ),
            (
                "the padding left on",
                "padding left on",
                "Your dx is as large as the padded picture. Nobody asked for the gradient of the border zeros.",
            ),
            (
                "the padding cut from the wrong side",
                "far corner",
                "Your dx has the right size, but all of the border was cut off below and on the right.",
            ),
            (
                "x used without its padding",
                "x not padded",
                "Your windows for dweight slide over the bare picture. Those of the forward pass slid over the padded one.",
            ),
            (
                "sizes computed back from the output",
                "sizes from the output",
                "You compute the height and width of dx from the output. Where a step did not fit, some last pixels are "
                "in no window: the output does not know of them, but dx has them.",
            ),
            (
                "sizes that do not divide are refused",
                "asserts",
                "Your function stops where the stride does not fit evenly. The forward pass dropped the last, incomplete "
                "step and went on.",
            ),
            (
                "assigned where windows overlap",
                "assigned",
                "A pixel that lies in several windows keeps the gradient of the last one. It had a part in the output of each.",
            ),
            (
                "the filter turned round in dx",
                "dx not flipped",
                "Your dx puts each weight on the pixel at the opposite end of its window. Follow one product of the forward "
                "pass: which pixel did that weight meet?",
            ),
            (
                "dweight turned round",
                "dweight flipped",
                "Your dweight holds the right numbers, turned by half a turn.",
            ),
            (
                "the upstream gradient left out",
                "dout ignored",
                "You return how the outputs change, as if the loss were their sum. `dout` says how much each of them matters.",
            ),
            (
                "a mean over the batch",
                "mean over the batch",
                "You divide dweight and dbias by the number of pictures. If the loss is a mean, `dout` carries that already.",
            ),
            (
                "dweight of the last picture only",
                "last picture",
                "Your dweight hears only the last picture of the batch. Every picture was filtered with the same weights.",
            ),
            (
                "dx of the first picture only",
                "first picture",
                "The first picture's dx is right and the others stay zero.",
            ),
            (
                "dweight of the last place only",
                "last place",
                "Each place overwrites what the one before it gave to dweight. The weights were shared by all of them.",
            ),
            (
                "dbias summed over the wrong axes",
                "dbias over the wrong axes",
                "You sum as if the channels came last. In (N, K, H, W) the filters are the second axis.",
            ),
            (
                "a dbias for each picture",
                "dbias per picture",
                "Your dbias still has the batch in it. All pictures were given the same bias.",
            ),
            (
                "a dbias for each place",
                "dbias per place",
                "Your dbias still has the places in it. A filter adds the same bias at every place.",
            ),
            (
                "one dbias for all filters",
                "dbias one number",
                "You sum the whole of `dout` into one number. Each filter has a bias of its own.",
            ),
            (
                "dbias as a mean",
                "dbias mean",
                "You average `dout` where its parts add up: each place passed the bias on in full.",
            ),
            (
                "the stride ignored",
                "stride ignored",
                "Your windows start at pixel (i, j), whatever the stride.",
            ),
            (
                "stride on one axis only",
                "stride on rows only",
                "Your window jumps down by the stride but walks right pixel by pixel.",
            ),
            (
                "one number of a pair for both axes",
                "one number for both axes",
                "Where stride, padding or dilation is a pair, you use its first number for the columns as well.",
            ),
            (
                "height used for width (the picture)",
                "square image",
                "You go through as many columns of the output as it has rows.",
            ),
            (
                "height used for width (the kernel)",
                "square kernel",
                "You use the kernel's height for its width as well.",
            ),
            (
                "dilation ignored",
                "dilation ignored",
                "Your windows are made of neighbouring pixels, whatever the dilation.",
            ),
            (
                "every group uses the first group's channels",
                "first group",
                "All gradients go to the first channels. The second group of filters saw the second group of channels.",
            ),
        ),
    ),
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

EXERCISES = (CONV2D_BACKWARD,)
