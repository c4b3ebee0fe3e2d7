"""Mistakes that learners make with im2col and its matrix product, written as learners write them, fail and are named."""

# Learners name sizes by capitals, and so do these.
# ruff: noqa: N803, N806

import math

import numpy as np
import pytest
from mistake_table import MistakeTable, both, recognised_as
from test_cases import Seen

from course_utils import layers
from course_utils.exercises import exercises

mistake = MistakeTable()


def sizes(x, kernel_size, stride, padding, dilation):
    return map(layers.conv_output_size, x.shape[2:], *map(both, (kernel_size, stride, padding, dilation)))


def windows_of(x, kernel_size, stride, padding, dilation):
    """Every (i, j) with its window, from the padded picture."""
    (KH, KW), (sh, sw), (ph, pw), (dh, dw) = map(both, (kernel_size, stride, padding, dilation))
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    OH, OW = sizes(x, kernel_size, stride, padding, dilation)
    for i in range(OH):
        for j in range(OW):
            a, b = i * sh, j * sw
            yield i, j, xp[:, :, a : a + dh * (KH - 1) + 1 : dh, b : b + dw * (KW - 1) + 1 : dw]


@mistake("im2col", "channels last in a column", "windows from sliding_window_view, axes left as they came")
def channels_at_the_end(x, kernel_size, stride=1, padding=0, dilation=1):
    cols = []
    for _, _, window in windows_of(x, kernel_size, stride, padding, dilation):
        cols.append(window.transpose(0, 2, 3, 1).reshape(len(x), -1))
    return np.stack(cols, axis=2)


@mistake("im2col", "windows read column by column", "np.swapaxes too many")
def window_transposed(x, kernel_size, stride=1, padding=0, dilation=1):
    cols = [w.swapaxes(2, 3).reshape(len(x), -1) for _, _, w in windows_of(x, kernel_size, stride, padding, dilation)]
    return np.stack(cols, axis=2)


@mistake("im2col", "places counted column by column", "loop over columns outside")
def outer_loop_over_columns(x, kernel_size, stride=1, padding=0, dilation=1):
    OH, OW = sizes(x, kernel_size, stride, padding, dilation)
    (KH, KW) = both(kernel_size)
    cols = np.zeros((x.shape[0], x.shape[1] * KH * KW, OH * OW), x.dtype)
    for i, j, window in windows_of(x, kernel_size, stride, padding, dilation):
        cols[:, :, j * OH + i] = window.reshape(len(x), -1)
    return cols


@mistake("im2col", "places counted by the height", "i * OH + j")
def index_by_the_height(x, kernel_size, stride=1, padding=0, dilation=1):
    OH, OW = sizes(x, kernel_size, stride, padding, dilation)
    (KH, KW) = both(kernel_size)
    cols = np.zeros((x.shape[0], x.shape[1] * KH * KW, OH * OW), x.dtype)
    for i, j, window in windows_of(x, kernel_size, stride, padding, dilation):
        cols[:, :, i * OH + j] = window.reshape(len(x), -1)
    return cols


@mistake("im2col", "a window in each row", "the matrix on its side")
def rows_of_windows(x, kernel_size, stride=1, padding=0, dilation=1):
    rows = [w.reshape(len(x), -1) for _, _, w in windows_of(x, kernel_size, stride, padding, dilation)]
    return np.stack(rows, axis=1)


@mistake("im2col", "reshaped where it should be transposed", "made to fit by reshape")
def made_to_fit(x, kernel_size, stride=1, padding=0, dilation=1):
    rows = [w.reshape(len(x), -1) for _, _, w in windows_of(x, kernel_size, stride, padding, dilation)]
    rows = np.stack(rows, axis=1)
    return rows.reshape(len(x), -1, len(rows[0]))


@mistake("im2col", "the whole batch in one matrix", "as in other courses")
def one_wide_matrix(x, kernel_size, stride=1, padding=0, dilation=1):
    cols = layers.im2col(x, kernel_size, stride, padding, dilation)
    return cols.transpose(1, 0, 2).reshape(cols.shape[1], -1)


@mistake("im2col", "only the first picture of the batch", "x[0]")
def first_picture(x, kernel_size, stride=1, padding=0, dilation=1):
    cols = np.zeros_like(layers.im2col(x, kernel_size, stride, padding, dilation))
    cols[0] = layers.im2col(x[:1], kernel_size, stride, padding, dilation)[0]
    return cols


@mistake("im2col", "dilation ignored", "sizes and slices without it")
def no_dilation(x, kernel_size, stride=1, padding=0, dilation=1):
    return layers.im2col(x, kernel_size, stride, padding)


@mistake("im2col", "dilation counts the places and spreads no window", "a slice without a step, in the lesson's stub")
def slice_without_a_step(x, kernel_size, stride=1, padding=0, dilation=1):
    (KH, KW), (sh, sw), (ph, pw) = both(kernel_size), both(stride), both(padding)
    down, across = (
        layers.conv_output_size(*sides)
        for sides in zip(x.shape[2:], (KH, KW), (sh, sw), (ph, pw), both(dilation), strict=True)
    )
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    places = np.ndindex(down, across)
    windows = [padded[:, :, i * sh : i * sh + KH, j * sw : j * sw + KW].reshape(len(x), -1) for i, j in places]
    return np.stack(windows, axis=2)


@mistake("im2col", "dilation as the number of skipped pixels", "step dilation + 1")
def gap_counting(x, kernel_size, stride=1, padding=0, dilation=1):
    return layers.im2col(x, kernel_size, stride, padding, tuple(d + 1 for d in both(dilation)))


@mistake("im2col", "padding on one side only", "np.pad with (p, 0)")
def pads_before(x, kernel_size, stride=1, padding=0, dilation=1):
    ph, pw = both(padding)
    xp = np.pad(x, ((0, 0), (0, 0), (ph, 0), (pw, 0)))
    return layers.im2col(xp, kernel_size, stride, 0, dilation)


@mistake("im2col", "the middle taken from p to -p", "4 of 95 convolutions, padding 0")
def p_to_minus_p(x, kernel_size, stride=1, padding=0, dilation=1):
    ph, pw = both(padding)
    N, C, H, W = x.shape
    xp = np.zeros((N, C, H + 2 * ph, W + 2 * pw), x.dtype)
    xp[:, :, ph:-ph, pw:-pw] = x
    return layers.im2col(xp, kernel_size, stride, 0, dilation)


@mistake("im2col", "sizes that do not divide are refused", "8 of 95 convolutions, not fitting")
def asserts(x, kernel_size, stride=1, padding=0, dilation=1):
    for size, F, S, P, D in zip(x.shape[2:], *map(both, (kernel_size, stride, padding, dilation)), strict=True):
        assert (size + 2 * P - D * (F - 1) - 1) % S == 0
    return layers.im2col(x, kernel_size, stride, padding, dilation)


@mistake("im2col", "height used for width (the window)", "4 of 95 convolutions, non-square kernel")
def square_window(x, kernel_size, stride=1, padding=0, dilation=1):
    return layers.im2col(x, both(kernel_size)[0], stride, padding, dilation)


@mistake("im2col", "stride on one axis only", "7 of 95 convolutions, stride 3")
def stride_down_only(x, kernel_size, stride=1, padding=0, dilation=1):
    return layers.im2col(x, kernel_size, (both(stride)[0], 1), padding, dilation)


@mistake("im2col", "the stride counts the columns but moves nothing", "windows at (i, j)")
def windows_at_i_j(x, kernel_size, stride=1, padding=0, dilation=1):
    OH, OW = sizes(x, kernel_size, stride, padding, dilation)
    cols = layers.im2col(x, kernel_size, 1, padding, dilation)
    _, across = sizes(x, kernel_size, 1, padding, dilation)
    return cols.reshape(*cols.shape[:2], -1, across)[:, :, :OH, :OW].reshape(*cols.shape[:2], -1)


def columns_of(x, weight, stride, padding, dilation):
    cols = layers.im2col(x, weight.shape[2:], stride, padding, dilation)
    OH, OW = sizes(x, weight.shape[2:], stride, padding, dilation)
    return cols, OH, OW


def grouped(W, cols, groups):
    N, _, P = cols.shape
    return (W.reshape(groups, len(W) // groups, -1) @ cols.reshape(N, groups, -1, P)).reshape(N, len(W), P)


def plus(out, bias):
    return out if bias is None else out + bias.reshape(1, -1, 1, 1)


@mistake("conv2d_forward_im2col", "pictures of the batch mixed", "wide matrix, reshaped without a transpose")
def reshape_without_transpose(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    cols, OH, OW = columns_of(x, weight, stride, padding, dilation)
    N, taps, P = cols.shape
    wide = cols.transpose(1, 0, 2).reshape(groups, taps // groups, N * P)
    out = weight.reshape(groups, len(weight) // groups, -1) @ wide
    return plus(out.reshape(N, len(weight), OH, OW), bias), (x, weight)


@mistake("conv2d_forward_im2col", "columns of different pictures scrambled", "cols.reshape(taps, -1)")
def joined_by_reshape(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    cols, OH, OW = columns_of(x, weight, stride, padding, dilation)
    out = weight.reshape(groups, len(weight) // groups, -1) @ cols.reshape(groups, weight[0].size, -1)
    return plus(out.reshape(len(weight), len(x), OH, OW).transpose(1, 0, 2, 3), bias), (x, weight)


@mistake("conv2d_forward_im2col", "places read as filters", "cols.T @ W.T, then reshaped")
def columns_times_filters(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    cols, OH, OW = columns_of(x, weight, stride, padding, dilation)
    N, taps, P = cols.shape
    rows = cols.reshape(N, groups, taps // groups, P).transpose(0, 1, 3, 2)
    out = rows @ weight.reshape(groups, len(weight) // groups, -1).transpose(0, 2, 1)
    return plus(out.reshape(N, len(weight), OH, OW), bias), (x, weight)


@mistake("conv2d_forward_im2col", "filters cut up by a reshape", "weight.reshape(-1, K)")
def weight_as_columns(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    cols, OH, OW = columns_of(x, weight, stride, padding, dilation)
    W = weight.reshape(-1, len(weight)).T
    return plus(grouped(W, cols, groups).reshape(len(x), len(weight), OH, OW), bias), (x, weight)


@mistake("conv2d_forward_im2col", "channels last in a filter's row", "weight flattened as (KH, KW, C)")
def weight_channels_last(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    cols, OH, OW = columns_of(x, weight, stride, padding, dilation)
    W = weight.transpose(0, 2, 3, 1).reshape(len(weight), -1)
    return plus(grouped(W, cols, groups).reshape(len(x), len(weight), OH, OW), bias), (x, weight)


@mistake("conv2d_forward_im2col", "the bias along the rows of the picture", "out += bias")
def bias_on_the_last_axis(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    out, cache = layers.conv2d_forward(x, weight, None, stride, padding, dilation, groups)
    if bias is not None:
        out += bias
    return out, cache


@mistake("conv2d_forward_im2col", "the bias down the columns of the picture", "bias.reshape(-1, 1) after the fold")
def bias_after_the_fold(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    out, cache = layers.conv2d_forward(x, weight, None, stride, padding, dilation, groups)
    return out if bias is None else out + bias.reshape(-1, 1), cache


@mistake("conv2d_forward_im2col", "groups ignored", "one product for all")
def one_product_for_all(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    cols, OH, OW = columns_of(x, weight, stride, padding, dilation)
    return plus((weight.reshape(len(weight), -1) @ cols).reshape(len(x), len(weight), OH, OW), bias), (x, weight)


@mistake("conv2d_forward_im2col", "never folded back into a picture", "the reshape forgotten")
def flat(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    out, cache = layers.conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    return out.reshape(*out.shape[:2], -1), cache


@mistake("conv2d_forward_im2col", "rows and columns of the output exchanged", "reshape(N, K, OW, OH)")
def width_before_height(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    out, cache = layers.conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    N, K, OH, OW = out.shape
    return out.reshape(N, K, OW, OH), cache


@mistake("conv2d_forward_im2col", "height used for width (the picture)", "5 of 90, non-square image")
def square_output(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    out, cache = layers.conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
    N, K, OH, _ = out.shape
    return out.reshape(N, K, OH, OH), cache


@mistake("conv2d_forward_im2col", "the stride left out", "im2col(x, kernel, padding=padding)")
def stride_forgotten(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return layers.conv2d_forward(x, weight, bias, 1, padding, dilation, groups)


@mistake("conv2d_forward_im2col", "dilation left out", "im2col(x, kernel, stride, padding)")
def dilation_forgotten(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return layers.conv2d_forward(x, weight, bias, stride, padding, 1, groups)


@mistake("conv2d_forward_im2col", "padding left out", "padding forgotten")
def padding_forgotten(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return layers.conv2d_forward(x, weight, bias, stride, 0, dilation, groups)


@mistake("fc_to_conv", "channels last", "a TensorFlow volume in mind")
def height_width_channels(weight, input_shape):
    C, H, W = input_shape
    return np.moveaxis(weight.reshape(-1, H, W, C), 3, 1)


@mistake("fc_to_conv", "neurons last", "a weight of shape (D, M) in mind")
def features_first(weight, input_shape):
    return np.moveaxis(weight.reshape(*input_shape, len(weight)), -1, 0)


@mistake("fc_to_conv", "transposed before it is reshaped", "a T too many")
def transposed(weight, input_shape):
    return weight.T.reshape(len(weight), *input_shape)


@mistake("fc_to_conv", "height and width exchanged", "width first")
def width_first(weight, input_shape):
    C, H, W = input_shape
    return weight.reshape(len(weight), C, W, H)


@mistake("fc_to_conv", "a 1x1 convolution", "the second conversion of a network, used for the first")
def one_by_one(weight, input_shape):
    return weight[..., None, None]


@mistake("fc_to_conv", "the volume taken to be square", "one side from the area")
def side_from_the_area(weight, input_shape):
    side = math.isqrt(weight.shape[1] // input_shape[0])
    return weight.reshape(len(weight), input_shape[0], side, side)


@pytest.mark.parametrize(("exercise", "function", "named"), mistake)
def test_it_is_caught_and_named(exercise, function, named):
    assert recognised_as(exercise, function) == named


def test_the_cases_of_im2col_reach_every_setting():
    exercise, rng = exercises()["im2col"], np.random.default_rng(0)
    for cases in (exercise.cases, [exercise.random_case(rng) for _ in range(300)]):
        # Seen takes a kernel_size for pooling's, where a stride left out is the window's size.
        seen = [Seen({"stride": 1, **case.values}) for case in cases]
        assert {step for one in seen for step in one.stride} == {1, 2, 3}
        assert {padding for one in seen for padding in one.padding} == {0, 1, 2}
        assert {dilation for one in seen for dilation in one.dilation} == {1, 2}
        assert any(one.padding[0] != one.padding[1] for one in seen)
        assert any(one.stride[0] != one.stride[1] for one in seen)
        assert any(one.uneven for one in seen) and any(one.overlaps for one in seen) and any(one.gaps for one in seen)
        assert any(len(one.x) > 1 for one in seen) and any(one.x.shape[1] > 1 for one in seen)
        for shapes in ([one.x.shape[2:] for one in seen], [one.kernel for one in seen]):
            assert any(height > width for height, width in shapes)
            assert any(height < width for height, width in shapes)


def test_the_cases_of_the_product_mix_batches_filters_groups_and_biases():
    cases = exercises()["conv2d_forward_im2col"].cases
    seen = [(len(case.values["x"]), len(case.values["weight"]), Seen(case.values)) for case in cases]
    assert any(batch > 1 and filters > 1 and batch != filters for batch, filters, _ in seen)
    assert any(batch > 1 and one.groups > 1 for batch, _, one in seen)
    assert any(one.bias and filters == one.places(1) == one.places(0) > 1 for _, filters, one in seen)
    assert {padding for *_, one in seen for padding in one.padding} >= {0, 2}
    assert any(one.uneven for *_, one in seen)
