"""Counting steps by formula: small networks worked out by hand, sizes against PyTorch, and every refusal."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_utils.accounting import Step, TooSmall, UnknownType, WrongFeatures, smallest_input
from course_utils.accounting.counting import count_steps
from course_utils.accounting.window_rules import pool_output_size

# 1x12x12: conv 4 of 3x3 → 4x10x10, pool → 4x5x5, 100 features → 7.
SMALL = (
    Step("conv", "Conv2d", {"out_channels": 4, "kernel_size": 3}),
    Step("relu", "ReLU"),
    Step("pool", "MaxPool2d", {"kernel_size": 2}),
    Step("flatten", "Flatten"),
    Step("fc", "Linear", {"in_features": 100, "out_features": 7}),
)


def table(steps, input_size):
    return {row.name: row for row in count_steps(steps, input_size)}


def test_a_network_worked_out_by_hand():
    rows = table(SMALL, (1, 12, 12))
    assert [row.output_size for row in rows.values()] == [(4, 10, 10), (4, 10, 10), (4, 5, 5), (100,), (7,)]
    conv, pool, fc = rows["conv"], rows["pool"], rows["fc"]
    assert (conv.weights, conv.biases, conv.parameters, conv.macs) == (36, 4, 40, 3600)
    assert (fc.weights, fc.biases, fc.macs) == (700, 7, 700)
    assert (conv.receptive_field, conv.jump, conv.start) == ((3, 3), (1, 1), (0, 0))
    # Two neighbouring windows of 3 make 4 pixels; the next pool window is 2 further on.
    assert (pool.receptive_field, pool.jump, pool.start) == ((4, 4), (2, 2), (0, 0))
    # A vector sees all that the five places see, 4 + 4 * 2, and has no neighbour.
    assert (fc.receptive_field, fc.jump) == ((12, 12), (0, 0))
    assert [row.activations for row in rows.values()] == [400, 400, 100, 0, 7]


def test_without_bias_parameters_are_weights():
    rows = count_steps(SMALL, (1, 12, 12), bias=False)
    assert [row.parameters for row in rows if row.parameters] == [36, 700]
    assert [row.biases for row in rows if row.biases] == [4, 7]


def test_rows_and_columns_are_kept_apart():
    steps = [Step("c", "Conv2d", {"out_channels": 2, "kernel_size": (1, 3), "stride": (2, 1), "padding": (0, 1)})]
    (row,) = count_steps(steps, (3, 8, 5))
    assert row.output_size == (2, 4, 5)
    assert (row.receptive_field, row.jump, row.start) == ((1, 3), (2, 1), (0, -1))
    assert row.weights == 2 * 3 * 3


def test_branches_see_what_the_widest_sees():
    steps = [
        Step("a", "Conv2d", {"out_channels": 2, "kernel_size": 1}, ("input",)),
        Step("b", "Conv2d", {"out_channels": 3, "kernel_size": 5, "padding": 2}, ("input",)),
        Step("both", "Concat", {}, ("a", "b")),
        Step("c", "Conv2d", {"out_channels": 5, "kernel_size": 3, "padding": 1}, ("both",)),
        Step("sum", "Add", {}, ("both", "c")),
    ]
    rows = table(steps, (1, 9, 9))
    assert rows["both"].output_size == (5, 9, 9)
    assert (rows["both"].receptive_field, rows["both"].start) == ((5, 5), (-2, -2))
    assert (rows["sum"].receptive_field, rows["sum"].start) == ((7, 7), (-3, -3))


def test_windows_that_look_to_one_side_are_joined():
    # Padded on the left alone, a 3-wide window looks back; on the right alone, ahead.
    steps = [
        Step("left", "ZeroPad2d", {"padding": (2, 0, 2, 0)}, ("input",)),
        Step("back", "Conv2d", {"out_channels": 1, "kernel_size": 3}),
        Step("right", "ZeroPad2d", {"padding": (0, 2, 0, 2)}, ("input",)),
        Step("ahead", "Conv2d", {"out_channels": 1, "kernel_size": 3}),
        Step("sum", "Add", {}, ("back", "ahead")),
    ]
    rows = table(steps, (1, 6, 6))
    assert (rows["back"].start, rows["ahead"].start) == ((-2, -2), (0, 0))
    assert (rows["sum"].receptive_field, rows["sum"].start) == ((5, 5), (-2, -2))


def test_after_a_global_pool_every_place_sees_the_whole_picture():
    steps = [
        Step("conv", "Conv2d", {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1}),
        Step("pool", "AdaptiveAvgPool2d", {"output_size": 1}, ("conv",)),
        Step("squeeze", "Conv2d", {"out_channels": 4, "kernel_size": 1}, ("pool",)),
        Step("scaled", "Multiply", {}, ("conv", "squeeze")),
        Step("next", "Conv2d", {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1}),
    ]
    rows = table(steps, (3, 8, 8))
    # Four places, 2 apart, 3 wide, one pixel of padding: pixels -1 to 7.
    assert (rows["pool"].receptive_field, rows["pool"].start, rows["pool"].jump) == ((9, 9), (-1, -1), (0, 0))
    assert (rows["scaled"].output_size, rows["scaled"].receptive_field) == ((4, 4, 4), (9, 9))
    assert rows["scaled"].jump == (2, 2)
    assert (rows["next"].receptive_field, rows["next"].jump) == ((9, 9), (4, 4))


def test_channels_last_layers_keep_the_field():
    steps = [
        Step("conv", "Conv2d", {"out_channels": 6, "kernel_size": 7, "padding": 3, "groups": 3}),
        Step("last", "Permute", {"dims": (0, 2, 3, 1)}),
        Step("norm", "LayerNorm", {"normalized_shape": 6}),
        Step("fc", "Linear", {"out_features": 24}),
        Step("first", "Permute", {"dims": (0, 3, 1, 2)}),
    ]
    rows = table(steps, (3, 5, 4))
    assert rows["norm"].output_size == (5, 4, 6)
    assert (rows["norm"].weights, rows["norm"].biases) == (6, 6)
    assert rows["fc"].macs == 5 * 4 * 6 * 24
    assert (rows["first"].output_size, rows["first"].receptive_field) == ((24, 5, 4), (7, 7))


def test_normalisation_holds_buffers():
    row = count_steps([Step("bn", "BatchNorm2d", {"num_features": 8})], (8, 3, 3))[0]
    assert (row.weights, row.biases, row.buffers, row.macs) == (8, 8, 17, 0)


def test_a_module_of_our_own_says_what_it_holds():
    steps = [
        Step("s", "Window", {"kernel_size": 2, "stride": 2, "weights": 6, "biases": 6, "label": "Subsampling"}),
        Step("c", "Window", {"kernel_size": 5, "out_channels": 16, "weights": 1500, "macs_per_place": 1500}),
        Step("f", "Flatten"),
        Step("r", "Dense", {"in_features": 1600, "out_features": 10, "buffers": 16_000}),
    ]
    rows = table(steps, (6, 28, 28))
    assert (rows["s"].type, rows["s"].parameters, rows["s"].output_size) == ("Subsampling", 12, (6, 14, 14))
    assert (rows["c"].macs, rows["c"].output_size) == (150_000, (16, 10, 10))
    assert (rows["r"].buffers, rows["r"].output_size, rows["r"].macs) == (16_000, (10,), 0)


def test_a_network_of_vectors_has_no_receptive_field():
    (row,) = count_steps([Step("fc", "Linear", {"out_features": 3})], (5,))
    assert (row.output_size, row.weights, row.receptive_field) == ((3,), 15, (0, 0))


@settings(max_examples=150, deadline=None)
@given(
    size=st.integers(1, 30),
    kernel=st.integers(1, 6),
    stride=st.integers(1, 5),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
    ceil_mode=st.booleans(),
)
def test_pooling_sizes_are_pytorchs(size, kernel, stride, padding, dilation, ceil_mode):
    assume(padding <= kernel // 2)
    chosen = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    x = torch.empty(1, 1, size, size, device="meta")
    step = Step("pool", "MaxPool2d", chosen)
    try:
        expected = torch.nn.MaxPool2d(**chosen)(x).shape[2]
    except RuntimeError:
        with pytest.raises(TooSmall):
            count_steps([step], (1, size, size))
        return
    assert count_steps([step], (1, size, size))[0].output_size == (1, expected, expected)


@settings(max_examples=100, deadline=None)
@given(
    sizes=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    groups=st.sampled_from([1, 2, 4]),
    bias=st.booleans(),
)
def test_convolutions_are_pytorchs(sizes, kernel, stride, padding, groups, bias):
    chosen = {"kernel_size": kernel, "stride": stride, "padding": padding, "groups": groups, "bias": bias}
    layer = torch.nn.Conv2d(4, 8, **chosen, device="meta")
    step = Step("conv", "Conv2d", {"out_channels": 8, **chosen})
    try:
        expected = tuple(layer(torch.empty(1, 4, *sizes, device="meta")).shape[1:])
    except RuntimeError:
        with pytest.raises(TooSmall) as caught:
            count_steps([step], (4, *sizes))
        assert (caught.value.layer, caught.value.got) == ("conv", sizes)
        count_steps([step], (4, *map(max, sizes, caught.value.needed)))
        return
    (row,) = count_steps([step], (4, *sizes))
    assert row.output_size == expected
    assert row.parameters == sum(parameter.numel() for parameter in layer.parameters())


@pytest.mark.parametrize("target", [1, 2, 3, 4, 6, 7, 9])
def test_adaptive_pooling_sees_what_its_windows_cover(target):
    (row,) = count_steps([Step("pool", "AdaptiveAvgPool2d", {"output_size": target})], (2, 6, 6))
    assert row.output_size == (2, target, target)
    # Where the windows are not alike, each is said to see all.
    assert row.receptive_field[0] == {2: 3, 3: 2, 6: 1}.get(target, 6)


def test_a_window_past_the_end_counts_in_ceil_mode_alone():
    assert pool_output_size(6, 3, 2) == 2
    assert pool_output_size(6, 3, 2, ceil_mode=True) == 3
    # A third window would start in the padding.
    assert pool_output_size(3, 2, 2, padding=1, ceil_mode=True) == 2


def refused(steps, input_size, error=ValueError):
    with pytest.raises(error) as caught:
        count_steps(steps, input_size)
    return caught.value


def test_too_small_names_the_layer():
    error = refused(SMALL, (1, 2, 9), TooSmall)
    assert (error.layer, error.got, error.needed) == ("conv", (2, 9), (3, 3))
    assert "conv gets 2x9 and needs at least 3x3" in str(error)


def test_wrong_features_name_the_size_that_fits():
    error = refused(SMALL, (1, 20, 20), WrongFeatures)
    assert (error.layer, error.got, error.needed) == ("fc", 324, 100)
    assert "give pictures from 12x12 to 13x13 instead of 20x20" in str(error)


def test_wrong_features_that_no_size_mends():
    steps = (*SMALL[:-1], Step("fc", "Linear", {"in_features": 99, "out_features": 7}))
    assert "no square picture with 1 channels gives it that many" in str(refused(steps, (1, 20, 20), WrongFeatures))


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (Step("c", "Conv2d", {"in_channels": 1, "out_channels": 2, "kernel_size": 1}), "c needs 1 channels and gets 3"),
        (Step("b", "BatchNorm2d", {"num_features": 4}), "b needs 4 channels and gets 3"),
        (Step("c", "Conv2d", {"out_channels": 2, "kernel": 1}), "c, a Conv2d, cannot be counted with .*kernel"),
        (Step("c", "Conv2d", {"out_channels": 2, "kernel_size": 1, "stride": 0}), "c: stride must be at least 1"),
        (Step("c", "ReLU", {}, ("nothing",)), "c reads 'nothing', which is no step before it"),
        (Step("input", "ReLU"), "two steps are named 'input'"),
        (Step("f", "Flatten", {"start_dim": 0}), "use start_dim=1"),
        (Step("p", "Permute", {"dims": (1, 0, 2, 3)}), "p must keep axis 0"),
        (Step("n", "LayerNorm", {"normalized_shape": 5}), "n normalises the last axes 5 and gets 3x8x8"),
    ],
)
def test_refusals_name_the_step(step, words):
    with pytest.raises(ValueError, match=words):
        count_steps([step], (3, 8, 8))


def test_an_unknown_type_has_a_remedy():
    error = refused([Step("up", "ConvTranspose2d")], (3, 8, 8), UnknownType)
    assert error.layer == "up"
    assert "accounting_step" in str(error)
    assert 'method="hooks"' in str(error)


def test_joined_volumes_must_agree():
    steps = [
        Step("a", "MaxPool2d", {"kernel_size": 2}, ("input",)),
        Step("b", "Conv2d", {"out_channels": 3, "kernel_size": 5}, ("input",)),
    ]
    # The same size by other strides: the outputs do not stand above one another.
    error = refused([*steps, Step("j", "Add", {}, ("a", "b"))], (3, 8, 8))
    assert "j reads volumes whose outputs stand 2 and 1 pixels apart" in str(error)
    assert "j joins along axis 1" in str(refused([*steps, Step("j", "Concat", {}, ("a", "input"))], (3, 8, 8)))


@pytest.mark.parametrize("input_size", [(3, 8), (3, 8, 0), (3, 8, 8.0), 224.0])
def test_an_input_is_a_volume(input_size):
    with pytest.raises(ValueError, match="input_size must be"):
        count_steps([Step("r", "ReLU")], input_size)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (SMALL, (12, "fc")),
        (SMALL[:3], (4, "pool")),
        (SMALL[1:2], (1, None)),
        ([Step(f"p{i}", "MaxPool2d", {"kernel_size": 2}) for i in range(5)], (32, "p4")),
    ],
)
def test_the_smallest_input(steps, expected):
    assert smallest_input(steps, 1) == expected


def test_no_input_at_all():
    steps = (*SMALL[:-1], Step("fc", "Linear", {"in_features": 99, "out_features": 7}))
    with pytest.raises(ValueError, match="no square picture fits this network: fc needs 99"):
        smallest_input(steps, 1)
