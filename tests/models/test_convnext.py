"""ConvNeXt-T: counts, the norm over channels, stochastic depth."""

from math import sqrt

import pytest
import torch
from networks import assert_traceable, disturb, longest_path, macs, on_meta, parameters, pictures
from state_digest import TORCHVISION, state_record
from torch import nn
from torch.nn import functional

from course_utils import models
from course_utils.models.convnext import ConvNeXtBlock, LayerNorm2d, StochasticDepth


def test_counts_and_state_dict_are_the_published_ones():
    network = on_meta("convnext_tiny")
    total = parameters(network)
    assert total == 28_589_128 == int(models.describe("convnext_tiny").parameters.replace(",", ""))
    assert state_record(network) == TORCHVISION["convnext_tiny"]
    assert f"{macs('convnext_tiny') / 1e9:.3f}e9" == models.describe("convnext_tiny").macs
    # The stem, 18 blocks of 3, three convolutions between the stages, one layer.
    assert longest_path(network) == 1 + 18 * 3 + 3 + 1


def test_a_pixel_is_normalised_over_its_channels():
    norm = LayerNorm2d(6, eps=1e-6)
    disturb(norm)
    x = pictures(2, 6, 3, 4)
    mean, variance = x.mean(1, keepdim=True), x.var(1, keepdim=True, correction=0)
    expected = (x - mean) / torch.sqrt(variance + 1e-6)
    torch.testing.assert_close(norm(x), expected * norm.weight[:, None, None] + norm.bias[:, None, None])


def test_a_block_step_by_step():
    block = ConvNeXtBlock(4, 0.0, layer_scale=0.5).eval()
    disturb(block)
    x = pictures(2, 4, 9)
    depthwise, norm, wide, narrow = (block.block[place] for place in (0, 2, 3, 5))
    single = [functional.conv2d(x[:, c : c + 1], depthwise.weight[c : c + 1], padding=3) for c in range(4)]
    out = torch.cat(single, 1) + depthwise.bias[:, None, None]
    out = functional.layer_norm(out.permute(0, 2, 3, 1), (4,), norm.weight, norm.bias, 1e-6)
    out = functional.gelu(out @ wide.weight.T + wide.bias) @ narrow.weight.T + narrow.bias
    torch.testing.assert_close(block(x), x + 0.5 * out.permute(0, 3, 1, 2))


# Stochastic depth


def test_stochastic_depth_silences_whole_pictures():
    layer = StochasticDepth(0.25)
    torch.manual_seed(0)
    x = torch.rand(4000, 2, 3, 3) + 1
    out = layer(x)
    silenced = (out == 0).flatten(1)
    assert torch.equal(silenced.all(1), silenced.any(1))
    kept = ~silenced[:, 0]
    torch.testing.assert_close(out[kept], x[kept] / 0.75)
    # Five standard deviations of a share of 4000.
    assert kept.double().mean().item() == pytest.approx(0.75, abs=5 * sqrt(0.25 * 0.75 / 4000))


def test_stochastic_depth_does_nothing_in_evaluation_or_without_probability():
    x = pictures(3, 2, 4)
    assert torch.equal(StochasticDepth(0.5).eval()(x), x)
    assert torch.equal(StochasticDepth(0.0)(x), x)


@pytest.mark.parametrize("p", [-0.1, 1, 2])
def test_a_probability_out_of_range(p):
    with pytest.raises(ValueError, match=f"p must be at least 0 and below 1, got {p}"):
        StochasticDepth(p)


def test_probabilities_rise_linearly_to_the_last_block():
    probabilities = [module.p for module in on_meta("convnext_tiny").modules() if isinstance(module, StochasticDepth)]
    assert probabilities == pytest.approx([0.1 * block / 17 for block in range(18)])
    assert [
        one.p for one in on_meta("convnext_tiny", depth_dropout=0.0).modules() if isinstance(one, StochasticDepth)
    ] == [0] * 18


# Whole


def test_initialisation():
    network = models.create("convnext_tiny", seed=1)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            assert module.weight.std().item() == pytest.approx(0.02, rel=5 / sqrt(2 * module.weight.numel()))
            assert not module.bias.any()
        elif isinstance(module, ConvNeXtBlock):
            assert (module.layer_scale == torch.tensor(1e-6)).all()


def test_smallest_picture():
    network = models.create("convnext_tiny", 5, seed=1).eval()
    assert network(pictures(1, 3, 32)).shape == (1, 5)
    with pytest.raises(ValueError, match="31x31, too small for convnext_tiny, which needs 32x32"):
        network(pictures(1, 3, 31))


def test_traceable_and_the_same_each_time():
    network = models.create("convnext_tiny", 5, 2, seed=1)
    assert_traceable(network, pictures(2, 2, 33, 40))


def test_in_training_pictures_go_different_ways():
    network = models.create("convnext_tiny", 5, depth_dropout=0.9, seed=1)
    for module in network.modules():
        if isinstance(module, ConvNeXtBlock):
            nn.init.ones_(module.layer_scale)
    x = pictures(1, 3, 32)
    assert not torch.equal(network(x), network(x))
