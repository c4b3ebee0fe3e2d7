"""Mistakes found in learners' published pooling layers, written as learners write them, fail and are named.

The counts beside them are out of 92 (backward) and 96 (forward) solutions that had been right on one easy case.
"""

# Learners name sizes by capitals, and so do these.
# ruff: noqa: N806

import numpy as np
import pytest
from mistake_table import MistakeTable, both, recognised_as

mistake = MistakeTable()


def pad(x, padding):
    p = both(padding)
    return np.pad(x, ((0, 0), (0, 0), (p[0], p[0]), (p[1], p[1])), constant_values=-np.inf)


def unpad(dx_pad, x, padding):
    p = both(padding)
    return dx_pad[:, :, p[0] : p[0] + x.shape[2], p[1] : p[1] + x.shape[3]]


@mistake("max_pool2d_backward", "assigned where windows overlap", "38 with overlapping windows")
def assigns_the_pixel(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    (hp, wp), (sh, sw) = both(kernel_size), both(stride)
    x_pad = pad(x, padding)
    dx = np.zeros_like(x_pad)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x_pad[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp]
        a, b = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, i * sh + a, j * sw + b] = dout[n, c, i, j]
    return unpad(dx, x, padding)


@mistake("max_pool2d_backward", "each window overwrites what lies beneath it", "38 with overlapping windows")
def assigns_the_masked_window(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    (hp, wp), (sh, sw) = both(kernel_size), both(stride)
    x_pad = pad(x, padding)
    dx = np.zeros_like(x_pad)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x_pad[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp]
        mask = window == np.max(window)
        dx[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp] = mask * dout[n, c, i, j]
    return unpad(dx, x, padding)


@mistake("max_pool2d_backward", "each window overwrites what lies beneath it", "38, ties right")
def assigns_the_window_with_one_winner(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    (hp, wp), (sh, sw) = both(kernel_size), both(stride)
    x_pad = pad(x, padding)
    dx = np.zeros_like(x_pad)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x_pad[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp]
        part = np.zeros(hp * wp, x.dtype)
        part[np.argmax(window)] = dout[n, c, i, j]
        dx[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp] = part.reshape(hp, wp)
    return unpad(dx, x, padding)


@mistake("max_pool2d_backward", "every tied pixel gets the whole gradient", "46 on ties")
def mask_of_the_maximum(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    (hp, wp), (sh, sw) = both(kernel_size), both(stride)
    x_pad = pad(x, padding)
    dx = np.zeros_like(x_pad)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x_pad[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp]
        dx[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp] += (window == window.max()) * dout[n, c, i, j]
    return unpad(dx, x, padding)


@mistake("max_pool2d_backward", "the gradient shared among ties", "3 on ties")
def mask_divided_by_its_sum(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    (hp, wp), (sh, sw) = both(kernel_size), both(stride)
    x_pad = pad(x, padding)
    dx = np.zeros_like(x_pad)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x_pad[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp]
        mask = window == window.max()
        dx[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp] += mask / mask.sum() * dout[n, c, i, j]
    return unpad(dx, x, padding)


@mistake("max_pool2d_backward", "height used for width (the picture)", "49 non-square, overlapping")
def one_size_for_both_axes(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    (hp, wp), (sh, sw) = both(kernel_size), both(stride)
    x_pad = pad(x, padding)
    H_out = W_out = (x_pad.shape[2] - hp) // sh + 1
    dx = np.zeros_like(x_pad)
    for n, c, i, j in np.ndindex(len(x), x.shape[1], H_out, W_out):
        window = x_pad[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp]
        a, b = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, i * sh + a, j * sw + b] += dout[n, c, i, j]
    return unpad(dx, x, padding)


@mistake("max_pool2d_backward", "height used for width (the window)", "49 non-square, overlapping")
def one_window_size_for_both_axes(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    hp = both(kernel_size)[0]
    sh, sw = both(stride)
    x_pad = pad(x, padding)
    dx = np.zeros_like(x_pad)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x_pad[n, c, i * sh : i * sh + hp, j * sw : j * sw + hp]
        a, b = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, i * sh + a, j * sw + b] += dout[n, c, i, j]
    return unpad(dx, x, padding)


@mistake("max_pool2d_backward", "padding cut off from p to -p", "the convolution's, again")
def cut_from_p_to_minus_p(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    (hp, wp), (sh, sw), (ph, pw) = both(kernel_size), both(stride), both(padding)
    x_pad = pad(x, padding)
    dx = np.zeros_like(x_pad)
    for n, c, i, j in np.ndindex(dout.shape):
        window = x_pad[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp]
        a, b = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, i * sh + a, j * sw + b] += dout[n, c, i, j]
    return dx[:, :, ph:-ph, pw:-pw]


@mistake("max_pool2d_backward", "only windows that lie side by side", "the reshape trick's backward")
def only_where_windows_tile(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    kernel, x_pad = both(kernel_size), pad(x, padding)
    assert both(stride) == kernel, "invalid pool parameters"
    N, C, H, W = x_pad.shape
    assert H % kernel[0] == 0
    assert W % kernel[1] == 0
    tiles = x_pad.reshape(N, C, H // kernel[0], kernel[0], W // kernel[1], kernel[1])
    flat = tiles.transpose(0, 1, 2, 4, 3, 5).reshape(*dout.shape, -1)
    parts = np.zeros_like(flat)
    np.put_along_axis(parts, flat.argmax(axis=-1)[..., None], dout[..., None], axis=-1)
    parts = parts.reshape(*dout.shape, *kernel).transpose(0, 1, 2, 4, 3, 5)
    return unpad(parts.reshape(N, C, H, W), x, padding)


@mistake("max_pool2d_forward", "the reshape trick where windows overlap", "6 with overlapping windows")
def reshape_trick(x, kernel_size, stride=None, padding=0):
    hp, wp = both(kernel_size)
    x_pad = pad(x, padding)
    N, C, H, W = x_pad.shape
    return x_pad.reshape(N, C, H // hp, hp, W // wp, wp).max(axis=3).max(axis=4), None


@mistake("max_pool2d_forward", "height used for width (the picture)", "5 on a non-square image")
def forward_with_one_size(x, kernel_size, stride=None, padding=0):
    (hp, wp), (sh, sw) = both(kernel_size), both(kernel_size if stride is None else stride)
    x_pad = pad(x, padding)
    H_out = W_out = (x_pad.shape[2] - hp) // sh + 1
    out = np.zeros((*x.shape[:2], H_out, W_out), x.dtype)
    for i in range(H_out):
        for j in range(W_out):
            out[:, :, i, j] = np.max(x_pad[:, :, i * sh : i * sh + hp, j * sw : j * sw + wp], axis=(2, 3))
    return out, None


@mistake("max_pool2d_forward", "height used for width (the window)", "11 with a non-square window")
def forward_with_a_square_window(x, kernel_size, stride=None, padding=0):
    (hp, wp), (sh, sw) = both(kernel_size), both(kernel_size if stride is None else stride)
    x_pad = pad(x, padding)
    H_out, W_out = (x_pad.shape[2] - hp) // sh + 1, (x_pad.shape[3] - wp) // sw + 1
    out = np.zeros((*x.shape[:2], H_out, W_out), x.dtype)
    for i in range(H_out):
        for j in range(W_out):
            out[:, :, i, j] = np.max(x_pad[:, :, i * sh : i * sh + hp, j * sw : j * sw + hp], axis=(2, 3))
    return out, None


@mistake("max_pool2d_forward", "sizes that do not divide are refused", "asserts that sizes divide")
def forward_that_asserts(x, kernel_size, stride=None, padding=0):
    (hp, wp), (sh, sw) = both(kernel_size), both(kernel_size if stride is None else stride)
    x_pad = pad(x, padding)
    assert (x_pad.shape[2] - hp) % sh == 0
    assert (x_pad.shape[3] - wp) % sw == 0
    H_out, W_out = (x_pad.shape[2] - hp) // sh + 1, (x_pad.shape[3] - wp) // sw + 1
    out = np.zeros((*x.shape[:2], H_out, W_out), x.dtype)
    for n, c, i, j in np.ndindex(out.shape):
        out[n, c, i, j] = np.max(x_pad[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp])
    return out, None


@mistake("avg_pool2d_backward", "assigned where windows overlap", "the maximum's, again")
def average_assigned(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    (hp, wp), (sh, sw) = both(kernel_size), both(stride)
    dx = np.zeros_like(pad(x, padding))
    for n, c, i, j in np.ndindex(dout.shape):
        dx[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp] = dout[n, c, i, j] / (hp * wp)
    return unpad(dx, x, padding)


@mistake("avg_pool2d_backward", "padding cut off from p to -p", "the convolution's, again")
def average_cut_from_p_to_minus_p(dout, cache):
    x, kernel_size, stride, padding, *_ = cache
    (hp, wp), (sh, sw), (ph, pw) = both(kernel_size), both(stride), both(padding)
    dx = np.zeros_like(pad(x, padding))
    for n, c, i, j in np.ndindex(dout.shape):
        dx[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp] += dout[n, c, i, j] / (hp * wp)
    return dx[:, :, ph:-ph, pw:-pw]


@mistake("avg_pool2d_forward", "the reshape trick where windows overlap", "the maximum's, again")
def average_reshaped(x, kernel_size, stride=None, padding=0):
    (hp, wp), (ph, pw) = both(kernel_size), both(padding)
    x_pad = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    N, C, H, W = x_pad.shape
    return x_pad.reshape(N, C, H // hp, hp, W // wp, wp).mean(axis=(3, 5)), None


@mistake("subsample2d_forward", "the coefficients laid along the columns", "as broadcasting would have it")
def subsampled_without_an_axis_for_the_channels(x, weight, bias, kernel_size=2, stride=None):
    (hp, wp), (sh, sw) = both(kernel_size), both(kernel_size if stride is None else stride)
    H_out, W_out = (x.shape[2] - hp) // sh + 1, (x.shape[3] - wp) // sw + 1
    out = np.zeros((*x.shape[:2], H_out, W_out), x.dtype)
    for i in range(H_out):
        for j in range(W_out):
            out[:, :, i, j] = x[:, :, i * sh : i * sh + hp, j * sw : j * sw + wp].sum(axis=(2, 3))
    return weight * out + bias, None


@mistake("subsample2d_forward", "a mean instead of a sum", "average pooling's, again")
def subsampled_from_the_mean(x, weight, bias, kernel_size=2, stride=None):
    (hp, wp), (sh, sw) = both(kernel_size), both(kernel_size if stride is None else stride)
    H_out, W_out = (x.shape[2] - hp) // sh + 1, (x.shape[3] - wp) // sw + 1
    out = np.zeros((*x.shape[:2], H_out, W_out), x.dtype)
    for n, c, i, j in np.ndindex(out.shape):
        out[n, c, i, j] = weight[c] * np.mean(x[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp]) + bias[c]
    return out, None


@mistake("subsample2d_forward", "height used for width (the picture)", "the maximum's, again")
def subsampled_with_one_size(x, weight, bias, kernel_size=2, stride=None):
    (hp, wp), (sh, sw) = both(kernel_size), both(kernel_size if stride is None else stride)
    H_out = W_out = (x.shape[2] - hp) // sh + 1
    out = np.zeros((*x.shape[:2], H_out, W_out), x.dtype)
    for n, c, i, j in np.ndindex(out.shape):
        out[n, c, i, j] = weight[c] * np.sum(x[n, c, i * sh : i * sh + hp, j * sw : j * sw + wp]) + bias[c]
    return out, None


@pytest.mark.parametrize(("exercise", "function", "named"), mistake)
def test_it_fails_and_is_named(exercise, function, named):
    assert recognised_as(exercise, function) == named
