"""MobileNetV2: counts, and what an inverted residual does."""

import pytest
import torch
from networks import assert_traceable, disturb, longest_path, macs, on_meta, parameters, pictures
from state_digest import TORCHVISION, state_record
from torch import nn
from torch.nn import functional

from course_utils import models
from course_utils.models.mobilenet import InvertedResidual


def test_counts_and_state_dict_are_the_published_ones():
    network = on_meta("mobilenet_v2")
    assert parameters(network) == 3_504_872
    norms = sum(parameters(module) for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    assert parameters(network) - norms == 3_470_760
    assert state_record(network) == TORCHVISION["mobilenet_v2"]
    assert macs("mobilenet_v2") == 300_774_272
    # One convolution, 17 blocks of 3 of which the first has 2, one convolution, one layer.
    assert longest_path(network) == 1 + 16 * 3 + 2 + 1 + 1


def test_shortcuts_where_the_shape_stays():
    blocks = [module for module in on_meta("mobilenet_v2").modules() if isinstance(module, InvertedResidual)]
    assert len(blocks) == 17
    added = [number for number, block in enumerate(blocks) if block.adds_input]
    assert added == [2, 4, 5, 7, 8, 9, 11, 12, 14, 15]


@pytest.mark.parametrize(("out_channels", "stride", "widen"), [(4, 1, 6), (4, 2, 6), (8, 1, 3), (4, 1, 1)])
def test_an_inverted_residual_step_by_step(out_channels, stride, widen):
    block = InvertedResidual(4, out_channels, stride, widen).eval()
    disturb(block)
    # So large that much is cut off above.
    x = 30 * pictures(2, 4, 7, 6)
    parts = list(block.conv)
    out = x
    if widen > 1:
        out = clipped(functional.conv2d(out, parts[0][0].weight), parts.pop(0)[1])
    # Each channel on its own.
    filters = parts[0][0].weight
    single = [
        functional.conv2d(out[:, c : c + 1], filters[c : c + 1], stride=stride, padding=1) for c in range(4 * widen)
    ]
    out = clipped(torch.cat(single, 1), parts[0][1])
    out = normalised(functional.conv2d(out, parts[1].weight), parts[2])
    torch.testing.assert_close(block(x), out + x if (out_channels, stride) == (4, 1) else out)


def clipped(x, norm):
    return normalised(x, norm).clamp(0, 6)


def normalised(x, norm):
    return functional.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)


def test_initialisation():
    network = models.create("mobilenet_v2", seed=1)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            weight = module.weight
            # As PyTorch counts fan_out: all filters, also where a channel goes into one group alone.
            expected = (2 / (weight.shape[0] * weight[0, 0].numel())) ** 0.5
            assert weight.std().item() == pytest.approx(expected, rel=5 / (2 * weight.numel()) ** 0.5)
    linear = network.classifier[1]
    assert linear.weight.std().item() == pytest.approx(0.01, rel=0.01) and not linear.bias.any()


def test_dropout_is_an_option():
    network = on_meta("mobilenet_v2", dropout=0.5)
    assert network.classifier[0].p == 0.5


def test_traceable_and_the_same_each_time():
    network = models.create("mobilenet_v2", 5, 2, seed=1)
    disturb(network)
    assert_traceable(network, pictures(2, 2, 33, 40))
