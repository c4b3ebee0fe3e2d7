"""The formulas, on numbers worked out by hand or published."""

import pytest
import torch

from course_utils.accounting import count_macs, receptive_field


@pytest.mark.parametrize(
    ("arguments", "macs"),
    [
        # One 2x2 filter on one channel, 3x3 places: 9 * 4.
        ((1, 1, 2, 3), 36),
        # 96 filters of 11x11x3 at 55x55 places.
        ((3, 96, 11, 55), 105_415_200),
        # Two groups: each filter reads 48 of the 96 channels. 27 * 27 * 256 * 48 * 25.
        ((96, 256, 5, 27, 2), 223_948_800),
        # Depthwise: a filter a channel.
        ((32, 32, 3, (4, 5), 32), 32 * 9 * 20),
        ((6, 4, (1, 7), (2, 3)), 6 * 4 * 7 * 6),
        # A fully connected layer.
        ((4096, 1000, 1, 1), 4_096_000),
    ],
)
def test_macs(arguments, macs):
    assert count_macs(*arguments) == macs


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0, 1, 1, 1), "in_channels must be at least 1, got 0"),
        ((3, 96, 11, 0), "output_size must be at least 1, got 0"),
        ((6, 4, 3, 3, 4), "groups must divide in_channels=6, got 4"),
        ((4, 6, 3, 3, 4), "groups must divide out_channels=6, got 4"),
        ((4, 6, 3, 3, 0), "groups must be at least 1, got 0"),
        ((4, 6, (3, 3, 3), 3), "kernel_size must be one integer or a pair"),
    ],
)
def test_macs_refuses(arguments, words):
    with pytest.raises(ValueError, match=words):
        count_macs(*arguments)


def test_macs_wants_integers():
    with pytest.raises(TypeError, match=r"out_channels must be an integer, got 6\.0"):
        count_macs(3, 6.0, 3, 3)


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        (([],), (1, 1)),
        (([3],), (3, 1)),
        # Three layers of 3x3 see what one of 7x7 sees.
        (([3, 3, 3],), (7, 1)),
        (([3, 3], [2, 1]), (7, 2)),
        (([3, 3, 3], None, [1, 2, 4]), (15, 1)),
        # AlexNet to its last pooling: 195 pixels, 32 apart.
        (([11, 3, 5, 3, 3, 3, 3, 3], [4, 2, 1, 2, 1, 1, 1, 2]), (195, 32)),
    ],
)
def test_receptive_field(chain, expected):
    assert receptive_field(*chain) == expected


def test_receptive_field_is_what_a_gradient_reaches():
    kernels, strides, dilations = [3, 2, 5, 3], [2, 1, 3, 1], [1, 3, 1, 2]
    field, jump = receptive_field(kernels, strides, dilations)
    layers = [
        torch.nn.Conv1d(1, 1, *each[:2], dilation=each[2], bias=False)
        for each in zip(kernels, strides, dilations, strict=True)
    ]
    x = torch.ones(1, 1, field + 2 * jump, requires_grad=True)
    y = x
    for layer in layers:
        torch.nn.init.ones_(layer.weight)
        y = layer(y)
    assert y.shape[2] == 3
    for index in range(3):
        (reached,) = torch.autograd.grad(y[0, 0, index], x, retain_graph=True)
        pixels = reached.flatten().nonzero().flatten()
        assert (pixels.min(), pixels.max()) == (index * jump, index * jump + field - 1)


@pytest.mark.parametrize(
    ("chain", "words"),
    [
        (([3, 3], [1]), "strides must have one entry a layer, 2, got 1"),
        (([3], None, [1, 1]), "dilations must have one entry a layer, 1, got 2"),
        (([3, 0],), r"kernel_sizes\[1\] must be at least 1, got 0"),
        (([3], [0]), r"strides\[0\] must be at least 1, got 0"),
    ],
)
def test_receptive_field_refuses(chain, words):
    with pytest.raises(ValueError, match=words):
        receptive_field(*chain)
