"""Mistakes found where learners count a network, written as learners write them, fail and are named."""

# Learners name sizes by capitals, and so do these.
# ruff: noqa: N806

import pytest
from mistake_table import MistakeTable, recognised_as

mistake = MistakeTable()


@mistake("count_macs", "height used for width (the output)", "as in 5 convolutions, on a non-square picture")
def reads_one_side_of_the_output(in_channels, out_channels, kernel_size, output_size, groups=1):
    K = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    H_out = output_size[0] if isinstance(output_size, tuple) else output_size
    return H_out**2 * out_channels * (in_channels // groups) * K[0] * K[1]


@mistake("count_macs", "height used for width (the kernel)", "as in 4 convolutions, with a non-square kernel")
def squares_the_kernel_height(in_channels, out_channels, kernel_size, output_size, groups=1):
    k = kernel_size if isinstance(kernel_size, int) else kernel_size[0]
    H, W = output_size if isinstance(output_size, tuple) else (output_size, output_size)
    return H * W * out_channels * (in_channels // groups) * k**2


@mistake("count_macs", "multiplications and additions counted apart", "as counters of FLOP print it")
def flops(in_channels, out_channels, kernel_size, output_size, groups=1):
    kh, kw = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2
    oh, ow = output_size if isinstance(output_size, tuple) else (output_size,) * 2
    mults = oh * ow * out_channels * kh * kw * in_channels // groups
    adds = mults
    return mults + adds


@mistake("count_macs", "the biases counted", "parameters times places")
def parameters_times_places(in_channels, out_channels, kernel_size, output_size, groups=1):
    kh, kw = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2
    oh, ow = output_size if isinstance(output_size, tuple) else (output_size,) * 2
    params = out_channels * (kh * kw * in_channels // groups) + out_channels
    return params * oh * ow


@mistake("count_macs", "the output made smaller once more", "the size formula applied to what it gave")
def slides_over_the_output(in_channels, out_channels, kernel_size, output_size, groups=1):
    kh, kw = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2
    h, w = output_size if isinstance(output_size, tuple) else (output_size,) * 2
    places = max(h - kh + 1, 1) * max(w - kw + 1, 1)
    return places * out_channels * kh * kw * (in_channels // groups)


@mistake("count_macs", "groups ignored", "settings that the formula was learned without")
def without_groups(in_channels, out_channels, kernel_size, output_size, groups=1):
    kh, kw = kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2
    oh, ow = output_size if isinstance(output_size, tuple) else (output_size,) * 2
    return oh * ow * out_channels * kh * kw * in_channels


@mistake("receptive_field", "the jump ignored", "the rule + (K - 1), with pooling")
def rule_of_stride_one(kernel_sizes, strides=None, dilations=None):
    rf, jump = 1, 1
    for i, k in enumerate(kernel_sizes):
        d = dilations[i] if dilations else 1
        rf += d * (k - 1)
        jump *= strides[i] if strides else 1
    return rf, jump


@mistake("receptive_field", "a layer's stride counted for the layer itself", "the two lines in the wrong order")
def stride_first(kernel_sizes, strides=None, dilations=None):
    r = j = 1
    for i, k in enumerate(kernel_sizes):
        j = j * (strides[i] if strides is not None else 1)
        r = r + (k - 1) * j * (dilations[i] if dilations is not None else 1)
    return r, j


@mistake("receptive_field", "the layers read from the last to the first", "the recursion of the way down, upwards")
def from_the_top(kernel_sizes, strides=None, dilations=None):
    n = len(kernel_sizes)
    strides, dilations = strides or [1] * n, dilations or [1] * n
    r = j = 1
    for i in range(n - 1, -1, -1):
        r += dilations[i] * (kernel_sizes[i] - 1) * j
        j *= strides[i]
    return r, j


@mistake("receptive_field", "windows laid side by side", "s * r + k for s * (r - 1) + k")
def backwards_without_overlap(kernel_sizes, strides=None, dilations=None):
    n = len(kernel_sizes)
    strides, dilations = strides or [1] * n, dilations or [1] * n
    r, jump = 1, 1
    for k, s, d in list(zip(kernel_sizes, strides, dilations, strict=True))[::-1]:
        r = s * r + (d * (k - 1) + 1)
        jump *= s
    return r, jump


@mistake("receptive_field", "the dilation forgotten", "settings that the formula was learned without")
def without_dilation(kernel_sizes, strides=None, dilations=None):
    rf, jump = 1, 1
    for i, k in enumerate(kernel_sizes):
        rf += (k - 1) * jump
        jump *= 1 if strides is None else strides[i]
    return rf, jump


@mistake("receptive_field", "the strides added", "a sum where the steps multiply")
def sums_the_strides(kernel_sizes, strides=None, dilations=None):
    rf, total = 1, 0
    for i, k in enumerate(kernel_sizes):
        rf += (k - 1) * (dilations[i] if dilations else 1) * (1 + total)
        total += strides[i] if strides else 1
    return rf, 1 + total


@mistake("training_memory", "the gradients of the activations kept, too", "lecture notes count them")
def as_the_notes_say(activations, parameters, batch_size, optimizer_values=1, bytes_per_value=4):
    weights = parameters * (1 + 1 + optimizer_values)
    volumes = 2 * activations * batch_size
    return (weights + volumes) * bytes_per_value


@mistake("training_memory", "always three times the parameters", "lecture notes: at least three or so")
def three_times(activations, parameters, batch_size, optimizer_values=1, bytes_per_value=4):
    return bytes_per_value * (3 * parameters + batch_size * activations)


@mistake("training_memory", "divided by 1024 twice", "lecture notes: divide by 1024 multiple times")
def in_mebibytes(activations, parameters, batch_size, optimizer_values=1, bytes_per_value=4):
    return bytes_per_value * (parameters * (2 + optimizer_values) + batch_size * activations) / 1024 / 1024


@mistake("training_memory", "a copy of everything for each picture", "the batch size in front of a bracket")
def batch_of_everything(activations, parameters, batch_size, optimizer_values=1, bytes_per_value=4):
    return batch_size * (parameters * (2 + optimizer_values) + activations) * bytes_per_value


@pytest.mark.parametrize(("exercise", "function", "named"), mistake)
def test_it_fails_and_is_named(exercise, function, named):
    assert recognised_as(exercise, function) == named
