"""Mistakes found in learners' published convolutions, written as learners write them, fail and are named.

The counts beside them are out of 90 solutions that had been right on one easy case.
"""

# Learners name sizes by capitals, and so do these.
# ruff: noqa: N803, N806

import numpy as np
import pytest
from mistake_table import MistakeTable, both, recognised_as

from course_utils.checking import judge
from course_utils.exercises import exercises

mistake = MistakeTable()


def accumulate(dout, x_pad, w, s, d, groups):
    """The middle of a backward pass that is right: gradients of the padded x and of w."""
    dx_pad, dw = np.zeros_like(x_pad), np.zeros_like(w)
    F, C, HH, WW = w.shape
    N, F, H_out, W_out = dout.shape
    for n in range(N):
        for f in range(F):
            c = f // (F // groups) * C
            for i in range(H_out):
                for j in range(W_out):
                    rows = slice(i * s[0], i * s[0] + d[0] * (HH - 1) + 1, d[0])
                    cols = slice(j * s[1], j * s[1] + d[1] * (WW - 1) + 1, d[1])
                    dw[f] += x_pad[n, c : c + C, rows, cols] * dout[n, f, i, j]
                    dx_pad[n, c : c + C, rows, cols] += w[f] * dout[n, f, i, j]
    return dx_pad, dw


@mistake("conv2d_backward", "padding cut off from p to -p", "37 with padding 0")
def cut_from_p_to_minus_p(dout, cache):
    x, w, b, s, p, d, groups = cache
    s, p, d = both(s), both(p), both(d)
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    dx, dw = accumulate(dout, x_pad, w, s, d, groups)
    dx = dx[:, :, p[0] : -p[0], p[1] : -p[1]]
    return dx, dw, None if b is None else dout.sum(axis=(0, 2, 3))


@mistake("conv2d_backward", "works only where there is padding", "7 raise on shapes with padding 0")
def copied_into_an_array_of_the_right_shape(dout, cache):
    x, w, b, s, p, d, groups = cache
    s, p, d = both(s), both(p), both(d)
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    dx_pad, dw = accumulate(dout, x_pad, w, s, d, groups)
    dx = np.zeros_like(x)
    dx[:, :, :, :] = dx_pad[:, :, p[0] : -p[0], p[1] : -p[1]]
    return dx, dw, None if b is None else dout.sum(axis=(0, 2, 3))


@mistake("conv2d_backward", "works only where there is padding", "a variable set only when padding")
def a_variable_set_only_when_padding(dout, cache):
    x, w, b, s, p, d, groups = cache
    s, p, d = both(s), both(p), both(d)
    if p[0] > 0 and p[1] > 0:
        x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    dx_pad, dw = accumulate(dout, x_pad, w, s, d, groups)
    H, W = x.shape[2:]
    dx = dx_pad[:, :, p[0] : p[0] + H, p[1] : p[1] + W]
    return dx, dw, None if b is None else np.sum(dout, axis=(0, 2, 3))


@mistake("conv2d_backward", "sizes computed back from the output", "window does not fit evenly")
def sizes_recomputed_from_the_output(dout, cache):
    x, w, b, s, p, d, groups = cache
    s, p, d = both(s), both(p), both(d)
    HH, WW = w.shape[2:]
    H = s[0] * (dout.shape[2] - 1) + d[0] * (HH - 1) + 1 - 2 * p[0]
    W = s[1] * (dout.shape[3] - 1) + d[1] * (WW - 1) + 1 - 2 * p[1]
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    dx_pad, dw = accumulate(dout, x_pad, w, s, d, groups)
    dx = dx_pad[:, :, p[0] : p[0] + H, p[1] : p[1] + W]
    return dx, dw, None if b is None else dout.sum(axis=(0, 2, 3))


@mistake("conv2d_backward", "the stride ignored", "stride 3")
def window_starts_at_the_output_place(dout, cache):
    x, w, b, _, p, d, groups = cache
    p, d = both(p), both(d)
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    dx_pad, dw = accumulate(dout, x_pad, w, (1, 1), d, groups)
    dx = dx_pad[:, :, p[0] : p[0] + x.shape[2], p[1] : p[1] + x.shape[3]]
    return dx, dw, None if b is None else dout.sum(axis=(0, 2, 3))


@mistake("conv2d_backward", "stride on one axis only", "stride 3")
def stride_on_the_rows_only(dout, cache):
    x, w, b, s, p, d, groups = cache
    s, p, d = both(s), both(p), both(d)
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    dx_pad, dw = accumulate(dout, x_pad, w, (s[0], 1), d, groups)
    dx = dx_pad[:, :, p[0] : p[0] + x.shape[2], p[1] : p[1] + x.shape[3]]
    return dx, dw, None if b is None else dout.sum(axis=(0, 2, 3))


@mistake("conv2d_backward", "height used for width (the picture)", "5 on a non-square image")
def as_many_columns_as_rows(dout, cache):
    x, w, b, s, p, d, groups = cache
    s, p, d = both(s), both(p), both(d)
    N, _, H, W = x.shape
    F, depth, HH, WW = w.shape
    H_out = W_out = (H + 2 * p[0] - d[0] * (HH - 1) - 1) // s[0] + 1
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    dx_pad, dw = np.zeros_like(x_pad), np.zeros_like(w)
    for n in range(N):
        for f in range(F):
            c = f // (F // groups) * depth
            for i in range(H_out):
                for j in range(W_out):
                    rows = slice(i * s[0], i * s[0] + d[0] * (HH - 1) + 1, d[0])
                    cols = slice(j * s[1], j * s[1] + d[1] * (WW - 1) + 1, d[1])
                    dw[f] += x_pad[n, c : c + depth, rows, cols] * dout[n, f, i, j]
                    dx_pad[n, c : c + depth, rows, cols] += w[f] * dout[n, f, i, j]
    dx = dx_pad[:, :, p[0] : p[0] + H, p[1] : p[1] + W]
    return dx, dw, None if b is None else dout.sum(axis=(0, 2, 3))


@mistake("conv2d_backward", "height used for width (the kernel)", "5 with a non-square kernel")
def kernel_as_wide_as_tall(dout, cache):
    x, w, b, s, p, d, groups = cache
    s, p, d = both(s), both(p), both(d)
    F, C, k, _ = w.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    dx_pad, dw = np.zeros_like(x_pad), np.zeros_like(w)
    for n, f, i, j in np.ndindex(dout.shape):
        c = f // (F // groups) * C
        rows = slice(i * s[0], i * s[0] + d[0] * (k - 1) + 1, d[0])
        cols = slice(j * s[1], j * s[1] + d[1] * (k - 1) + 1, d[1])
        dw[f] += x_pad[n, c : c + C, rows, cols] * dout[n, f, i, j]
        dx_pad[n, c : c + C, rows, cols] += w[f] * dout[n, f, i, j]
    dx = dx_pad[:, :, p[0] : p[0] + x.shape[2], p[1] : p[1] + x.shape[3]]
    return dx, dw, None if b is None else dout.sum(axis=(0, 2, 3))


@mistake("conv2d_backward", "sizes that do not divide are refused", "window does not fit evenly")
def asserts_that_sizes_divide(dout, cache):
    x, w, b, s, p, d, groups = cache
    s, p, d = both(s), both(p), both(d)
    for axis in (0, 1):
        free = x.shape[2 + axis] + 2 * p[axis] - d[axis] * (w.shape[2 + axis] - 1) - 1
        assert free % s[axis] == 0, "invalid stride"
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    dx_pad, dw = accumulate(dout, x_pad, w, s, d, groups)
    dx = dx_pad[:, :, p[0] : p[0] + x.shape[2], p[1] : p[1] + x.shape[3]]
    return dx, dw, None if b is None else dout.sum(axis=(0, 2, 3))


def convolve(x_pad, w, b, s, d, groups, H_out, W_out):
    """The middle of a forward pass that is right."""
    F, C, HH, WW = w.shape
    out = np.zeros((len(x_pad), F, H_out, W_out), x_pad.dtype)
    for n, f, i, j in np.ndindex(out.shape):
        c = f // (F // groups) * C
        rows = slice(i * s[0], i * s[0] + d[0] * (HH - 1) + 1, d[0])
        cols = slice(j * s[1], j * s[1] + d[1] * (WW - 1) + 1, d[1])
        out[n, f, i, j] = np.sum(x_pad[n, c : c + C, rows, cols] * w[f]) + (0 if b is None else b[f])
    return out


def sizes(x_pad, w, s, d):
    return [(x_pad.shape[2 + axis] - d[axis] * (w.shape[2 + axis] - 1) - 1) // s[axis] + 1 for axis in (0, 1)]


@mistake("conv2d_forward", "the middle taken from p to -p", "4 with padding 0")
def filled_from_p_to_minus_p(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    s, p, d = both(stride), both(padding), both(dilation)
    N, C, H, W = x.shape
    x_pad = np.zeros((N, C, H + 2 * p[0], W + 2 * p[1]), x.dtype)
    x_pad[:, :, p[0] : -p[0], p[1] : -p[1]] = x
    return convolve(x_pad, weight, bias, s, d, groups, *sizes(x_pad, weight, s, d)), None


@mistake("conv2d_forward", "height used for width (the picture)", "a non-square image")
def one_output_size(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    s, p, d = both(stride), both(padding), both(dilation)
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    size = sizes(x_pad, weight, s, d)[0]
    return convolve(x_pad, weight, bias, s, d, groups, size, size), None


@mistake("conv2d_forward", "height used for width (the kernel)", "4 with a non-square kernel")
def one_kernel_size(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    s, p, d = both(stride), both(padding), both(dilation)
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    F, C, k, _ = weight.shape
    H_out, W_out = ((x_pad.shape[2 + axis] - d[axis] * (k - 1) - 1) // s[axis] + 1 for axis in (0, 1))
    out = np.zeros((len(x), F, H_out, W_out), x.dtype)
    for n, f, i, j in np.ndindex(out.shape):
        c = f // (F // groups) * C
        rows = slice(i * s[0], i * s[0] + d[0] * (k - 1) + 1, d[0])
        cols = slice(j * s[1], j * s[1] + d[1] * (k - 1) + 1, d[1])
        out[n, f, i, j] = np.sum(x_pad[n, c : c + C, rows, cols] * weight[f])
        if bias is not None:
            out[n, f, i, j] += bias[f]
    return out, None


@mistake("conv2d_forward", "the stride shrinks the output but moves nothing", "7 with stride 3")
def stride_only_in_the_size(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    s, p, d = both(stride), both(padding), both(dilation)
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    return convolve(x_pad, weight, bias, (1, 1), d, groups, *sizes(x_pad, weight, s, d)), None


@mistake("conv2d_forward", "sizes that do not divide are refused", "8 that do not fit")
def asserts_before_the_loops(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    s, p, d = both(stride), both(padding), both(dilation)
    x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
    for axis in (0, 1):
        assert (x_pad.shape[2 + axis] - d[axis] * (weight.shape[2 + axis] - 1) - 1) % s[axis] == 0
    return convolve(x_pad, weight, bias, s, d, groups, *sizes(x_pad, weight, s, d)), None


@pytest.mark.parametrize(("exercise", "function", "named"), mistake)
def test_it_fails_and_is_named(exercise, function, named):
    assert recognised_as(exercise, function) == named


CUT_OUT_OF_DX = ("cut_from_p_to_minus_p", "copied_into_an_array_of_the_right_shape", "sizes_recomputed_from_the_output")
STEPS = [
    pytest.param(step, place, *row.values[1:], id=f"{step}: {row.id}")
    for step, place in (("conv2d_backward_input", 0), ("conv2d_backward_weight", 1))
    for row in mistake
    if row.values[0] == "conv2d_backward" and (place == 0 or row.values[1].__name__ not in CUT_OUT_OF_DX)
]


@pytest.mark.parametrize(("step", "place", "function", "named"), STEPS)
def test_it_is_named_in_the_step_where_it_happens(step, place, function, named):
    assert recognised_as(step, lambda dout, cache: function(dout, cache)[place]) == named


def test_their_common_parts_are_right():
    """What the functions above share is no mistake of its own."""

    def forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        s, p, d = both(stride), both(padding), both(dilation)
        x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
        return convolve(x_pad, weight, bias, s, d, groups, *sizes(x_pad, weight, s, d)), None

    def backward(dout, cache):
        x, w, b, s, p, d, groups = cache
        s, p, d = both(s), both(p), both(d)
        x_pad = np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])))
        dx, dw = accumulate(dout, x_pad, w, s, d, groups)
        dx = dx[:, :, p[0] : p[0] + x.shape[2], p[1] : p[1] + x.shape[3]]
        return dx, dw, None if b is None else dout.sum(axis=(0, 2, 3))

    assert judge(exercises()["conv2d_forward"], forward).status == "passed"
    assert judge(exercises()["conv2d_backward"], backward).status == "passed"
