"""Squeeze-and-excitation: by hand, and the published counts for five reductions."""

import pytest
import torch
from networks import assert_traceable, disturb, longest_path, macs, on_meta, parameters, pictures
from torch import nn

from course_utils import models
from course_utils.models.se_resnet import SEBasicBlock, SEBottleneck, SqueezeExcitation

TOTALS = {18: 11_778_592, 34: 21_958_868, 50: 28_088_024, 101: 49_326_872, 152: 66_821_848}
# Hu et al. 2018 (journal version), table 10.
REDUCTIONS = {2: 45.7, 4: 35.7, 8: 30.7, 16: 28.1, 32: 26.9}


@pytest.mark.parametrize("layers", TOTALS)
def test_counts(layers):
    network = on_meta(f"se_resnet{layers}")
    assert parameters(network) == TOTALS[layers]
    # On the longest path lie the two layers of each excitation too.
    blocks = sum(isinstance(module, SEBasicBlock | SEBottleneck) for module in network.modules())
    assert longest_path(network) == layers + 2 * blocks


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("reduction", "published"), REDUCTIONS.items())
def test_counts_of_the_paper(reduction, published, bias):
    network = on_meta("se_resnet50", reduction=reduction, excitation_bias=bias)
    # What fits the paper's column best: the running means and variances counted too, which are not trained.
    statistics = sum(buffer.numel() for buffer in network.buffers() if buffer.ndim)
    assert (parameters(network) + statistics) / 1e6 == pytest.approx(published, abs=0.065)
    if reduction == 16:
        assert f"{parameters(network) / 1e6:.1f}M" == models.describe("se_resnet50").parameters == "28.1M"


@pytest.mark.parametrize("layers", [50, 101, 152])
def test_macs_of_the_paper(layers):
    # The paper counts more than convolutions and layers.
    published = float(models.describe(f"se_resnet{layers}").macs.removesuffix("e9"))
    assert macs(f"se_resnet{layers}", stride_on="1x1") / 1e9 == pytest.approx(published, rel=0.005)


def test_excitation_costs_two_small_layers_a_block():
    added = sum(
        blocks * 2 * channels * channels // 16 for blocks, channels in ((3, 256), (4, 512), (6, 1024), (3, 2048))
    )
    assert macs("se_resnet50") - macs("resnet50") == added


@pytest.mark.parametrize("bias", [True, False])
def test_squeeze_and_excitation_by_hand(bias):
    se = SqueezeExcitation(6, 3, bias)
    x = pictures(2, 6, 4, 5)
    mean = x.mean(dim=(2, 3))
    hidden = mean @ se.fc1.weight[:, :, 0, 0].T + (se.fc1.bias if bias else 0)
    scores = hidden.clamp(min=0) @ se.fc2.weight[:, :, 0, 0].T + (se.fc2.bias if bias else 0)
    expected = x * (1 / (1 + torch.exp(-scores)))[:, :, None, None]
    torch.testing.assert_close(se(x), expected)
    assert (se.fc1.bias is not None) == bias


@pytest.mark.parametrize("block", [SEBasicBlock(8, 8, reduction=4), SEBottleneck(16, 4, reduction=4)])
def test_only_the_residual_is_weighed(block):
    disturb(block.eval())
    # A bias this low silences the residual whole, and the shortcut stays.
    nn.init.constant_(block.se.fc2.bias, -200)
    x = pictures(2, block.conv1.in_channels, 5)
    assert torch.equal(block(x), x.clamp(min=0))
    # One this high lets it all through.
    nn.init.constant_(block.se.fc2.bias, 200)
    kind = type(block).__mro__[1]
    torch.testing.assert_close(block(x), (kind.residual(block, x) + x).clamp(min=0))


@pytest.mark.parametrize("name", ["se_resnet18", "se_resnet50"])
def test_traceable_and_the_same_each_time(name):
    network = models.create(name, 5, 2, seed=1)
    assert_traceable(network, pictures(2, 2, 33))


@pytest.mark.parametrize("reduction", [0, 9])
def test_a_reduction_that_leaves_nothing(reduction):
    with pytest.raises(ValueError, match=f"reduction must be from 1 to 8, .* got {reduction}"):
        SqueezeExcitation(8, reduction)
