"""An exercise of lesson 03: the convolution layer as one matrix product.

It bears another name than lesson 02's `conv2d_forward`, so that a learner keeps both and can compare them; arguments and
results are the same.
"""

import numpy as np

from course_utils import layers
from course_utils.exercises.convolution_forward import ARGUMENTS, as_pair, describe, random_configuration
from course_utils.exercises.drawing_cases import counting, digits
from course_utils.exercises.slips import Slips, misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, *, slip: str):
    """The convolution by im2col and a matrix product, with one slip in it."""
    cache = (x, weight, bias, stride, padding, dilation, groups)
    stride, padding, dilation = (
        plain if slip == f"{name} not passed on" else as_pair(value)
        for name, value, plain in (("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1))
    )
    kernel = weight.shape[2:]
    if slip == "square kernel":
        kernel = (kernel[0], kernel[0])
    how = (as_pair(stride), as_pair(padding), as_pair(dilation))
    if slip == "asserts":
        _assert_fit(x.shape[2:], kernel, *how)
    size = tuple(map(layers.conv_output_size, x.shape[2:], kernel, *how))
    product = _product(layers.im2col(x, kernel, *how), weight, groups, slip)
    if slip == "first picture":
        product[1:] = 0
    if slip == "never folded":
        return product + (0 if bias is None else bias[:, None]), cache
    if slip == "square output":
        size = (size[0], size[0])
    shape = (len(x), len(weight), *(size[::-1] if slip == "size exchanged" else size))
    return _with_bias(product.reshape(shape), bias, slip), cache


def _product(columns: np.ndarray, weight: np.ndarray, groups: int, slip: str) -> np.ndarray:
    """(N, K, OH·OW) from columns (N, C·KH·KW, OH·OW)."""
    (images, taps, places), filters = columns.shape, len(weight)
    rows = _rows(weight, slip)
    if slip == "groups ignored":
        return rows @ columns
    if slip == "first group":
        return rows @ columns[:, : taps // groups]
    blocks = columns.reshape(images, groups, taps // groups, places)
    if slip == "groups interleaved":
        # Filter k goes to group k % groups; the results come back in the filters' order.
        dealt = rows.reshape(filters // groups, groups, -1).transpose(1, 0, 2)
        return (dealt @ blocks).transpose(0, 2, 1, 3).reshape(images, filters, places)
    rows = rows.reshape(groups, filters // groups, -1)
    if slip == "batch mixed":
        wide = blocks.transpose(1, 2, 0, 3).reshape(groups, taps // groups, images * places)
        return (rows @ wide).reshape(images, filters, places)
    if slip == "columns scrambled":
        wide = columns.reshape(groups, taps // groups, images * places)
        return (rows @ wide).reshape(filters, images, places).swapaxes(0, 1)
    if slip == "places before filters":
        return (blocks.swapaxes(2, 3) @ rows.swapaxes(1, 2)).reshape(images, filters, places)
    return (rows @ blocks).reshape(images, filters, places)


def _rows(weight: np.ndarray, slip: str) -> np.ndarray:
    """The filters as rows (K, C/G·KH·KW)."""
    if slip == "filters as columns":
        return weight.reshape(-1, len(weight)).T
    if slip == "channels last":
        weight = weight.transpose(0, 2, 3, 1)
    if slip == "flip":
        weight = weight[:, :, ::-1, ::-1]
    if slip == "filters column by column":
        weight = weight.swapaxes(2, 3)
    return weight.reshape(len(weight), -1)


def _with_bias(out: np.ndarray, bias: np.ndarray | None, slip: str) -> np.ndarray:
    if bias is None or slip == "no bias":
        return out
    if slip == "bias along the rows":
        return out + bias
    if slip == "bias down the columns":
        return out + bias[:, None]
    if slip == "first bias":
        return out + bias[0]
    return out + bias[:, None, None]


def _assert_fit(size, kernel, stride, padding, dilation) -> None:
    for side, f, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True):
        assert (side + 2 * p - d * (f - 1) - 1) % s == 0, "stride does not fit"


def _random_forward(rng: np.random.Generator) -> Case:
    values = random_configuration(rng)
    return Case(describe(values), values)


_CASES = (
    Case("one filter, one place", {"x": counting(1, 1, 2, 2), "weight": np.array([[[[1.0, 10], [100, 1000]]]])}),
    Case("two filters, wider than tall", {"x": digits(50, 1, 1, 2, 4), "weight": digits(51, 2, 1, 2, 2)}),
    Case(
        "two filters with biases, two by two places",
        {"x": digits(52, 1, 1, 3, 3), "weight": digits(53, 2, 1, 2, 2), "bias": np.array([10.0, 20.0])},
    ),
    Case(
        "two channels, a tall kernel, biases",
        {"x": digits(54, 1, 2, 4, 3), "weight": digits(55, 3, 2, 3, 1), "bias": np.array([10.0, 20.0, 30.0])},
    ),
    Case("two channels, 2x2 kernels", {"x": digits(56, 1, 2, 2, 3), "weight": digits(57, 2, 2, 2, 2)}),
    Case("a batch of two, two filters", {"x": digits(58, 2, 1, 2, 3), "weight": digits(59, 2, 1, 1, 2)}),
    Case("a batch of three, two channels", {"x": digits(60, 3, 2, 2, 2), "weight": digits(61, 2, 2, 1, 2)}),
    Case("a kernel that is not square, padding 1", {"x": digits(62, 1, 1, 3, 3), "weight": digits(63, 1, 1, 3, 2), "padding": 1}),
    Case(
        "stride 2 that does not fit",
        {"x": digits(64, 1, 1, 4, 6), "weight": digits(65, 1, 1, 1, 3), "stride": 2},
    ),
    Case(
        "stride and padding that differ by axis",
        {"x": digits(66, 1, 1, 4, 4), "weight": digits(67, 1, 1, 2, 1), "stride": (3, 2), "padding": (0, 2)},
    ),
    Case("dilation 2", {"x": digits(68, 1, 1, 4, 5), "weight": digits(69, 1, 1, 2, 2), "dilation": 2}),
    Case("two groups", {"x": digits(70, 1, 4, 2, 2), "weight": digits(71, 4, 2, 2, 2), "groups": 2}),
    Case("two groups, a batch of two", {"x": digits(72, 2, 2, 2, 2), "weight": digits(73, 4, 1, 1, 2), "groups": 2}),
)  # fmt: skip

_SLIPS: Slips = (
    (
        "pictures of the batch mixed",
        "batch mixed",
        "You multiply the whole batch at once, and then read the result as if its pictures came first. They stand inside "
        "each filter's row: the axes have to be exchanged, not renamed.",
    ),
    (
        "columns of different pictures scrambled",
        "columns scrambled",
        "You join the columns of the batch with a reshape. In memory the pictures lie one after the other, so a row of the "
        "joint matrix must be gathered from all of them.",
    ),
    (
        "places read as filters",
        "places before filters",
        "Your product has a row for each place, and you read it as if it had a row for each filter.",
    ),
    (
        "filters cut up by a reshape",
        "filters as columns",
        "You reshape the weight so that a filter should be a column. Reshape keeps the reading order: each filter is a run "
        "of neighbours in memory, and so it can only become a row.",
    ),
    (
        "channels last in a filter's row",
        "channels last",
        "You bring the channels to the end before you flatten a filter. The columns have them in front.",
    ),
    (
        "filters flattened column by column",
        "filters column by column",
        "You flatten each filter downwards first. The columns read their windows row by row.",
    ),
    ("the kernel is flipped", "flip", "You turn the filters by half a turn. Deep learning's convolution does not."),
    ("the bias forgotten", "no bias", "The weighted sums are right, and nothing is added to them."),
    (
        "the bias along the rows of the picture",
        "bias along the rows",
        "You add the biases along the last axis, one for each column of the picture, where that is possible at all. There is "
        "one for each filter.",
    ),
    (
        "the bias down the columns of the picture",
        "bias down the columns",
        "You add one bias to each row of a map, where that is possible at all. There is one for each filter.",
    ),
    ("one bias for all filters", "first bias", "Every filter gets the first filter's bias."),
    (
        "groups ignored",
        "groups ignored",
        "You multiply all columns by all filters. With groups, a filter is shorter than a column: it meets its own run of "
        "channels.",
    ),
    (
        "every group sees the first group's channels",
        "first group",
        "All your filters meet the same first channels. The second group of filters meets the second group of channels.",
    ),
    (
        "groups dealt out like cards",
        "groups interleaved",
        "You give neighbouring filters to different groups. Groups are blocks of neighbours.",
    ),
    (
        "never folded back into a picture",
        "never folded",
        "Your numbers are right, but the places still stand in one long row. The output is a volume.",
    ),
    (
        "rows and columns of the output exchanged",
        "size exchanged",
        "You fold each row of the product into a picture whose height and width have changed places.",
    ),
    ("height used for width (the picture)", "square output", "You use the output's height for its width as well."),
    ("height used for width (the kernel)", "square kernel", "You use the kernel's height for its width as well."),
    (
        "the stride left out",
        "stride not passed on",
        "Your window moves pixel by pixel, whatever the stride.",
    ),
    (
        "padding left out",
        "padding not passed on",
        "Your windows never leave the picture, even where zeros were asked for.",
    ),
    ("dilation left out", "dilation not passed on", "Your kernel's taps are neighbours, whatever the dilation."),
    (
        "sizes that do not divide are refused",
        "asserts",
        "Your function stops where the stride does not fit evenly. PyTorch drops the last, incomplete step and goes on.",
    ),
    (
        "only the first picture of the batch",
        "first picture",
        "The first picture is right and the others stay zero.",
    ),
)

CONV2D_FORWARD_IM2COL = Exercise(
    name="conv2d_forward_im2col",
    lesson="03",
    reference=layers.conv2d_forward,
    plan=(Call("conv2d_forward_im2col", ARGUMENTS, ("out", "cache")),),
    compared=("out",),
    cases=_CASES,
    random_case=_random_forward,
    random_cases=60,
    points=20,
    misconceptions=misconceptions(_forward, _SLIPS),
    hints=(
        "Forget groups and bias at first. Columns are (N, C·KH·KW, OH·OW); the filters as rows are "
        "`weight.reshape(K, -1)`. What is the shape of `rows @ columns`?",
        "`@` multiplies the matrices of a batch one by one. For groups give both sides one axis more: columns "
        "(N, groups, taps, places), rows (groups, K // groups, taps).",
        "Reshape the product to (N, K, OH, OW): filters and places are in order already. The bias needs two axes behind it: "
        "`bias[:, None, None]`.",
    ),
)

EXERCISES = (CONV2D_FORWARD_IM2COL,)
