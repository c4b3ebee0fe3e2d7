"""Wide ResNets: counts, how depth is counted, dropout within the blocks."""

import pytest
import torch
from networks import assert_traceable, longest_path, on_meta, parameters, pictures
from state_digest import TORCHVISION, state_record
from torch import nn

from course_utils import models
from course_utils.models.wide_resnet import WideResNet


@pytest.mark.parametrize(("name", "total"), [("wide_resnet50_2", 68_883_240), ("wide_resnet101_2", 126_886_696)])
def test_for_imagenet_as_torchvision(name, total):
    network = on_meta(name)
    assert parameters(network) == total
    assert state_record(network) == TORCHVISION[name]
    assert longest_path(network) == int(name.split("_")[1].removeprefix("resnet"))


def test_only_the_inside_of_a_block_is_wider():
    wide, narrow = on_meta("wide_resnet50_2").layer2[0], on_meta("resnet50").layer2[0]
    assert wide.conv2.weight.shape == (256, 256, 3, 3) and narrow.conv2.weight.shape == (128, 128, 3, 3)
    assert wide.conv3.out_channels == narrow.conv3.out_channels == 512


def test_28_10():
    network = on_meta("wide_resnet28_10_cifar")
    # The published number of several replications; the paper has 36.5M.
    assert parameters(network) == 36_479_194
    assert models.describe("wide_resnet28_10_cifar").parameters == "36.5M"


# Zagoruyko and Komodakis 2016, tables 4 and 5.
@pytest.mark.parametrize(
    ("depth", "widen", "millions"),
    [(40, 1, 0.6), (40, 2, 2.2), (40, 4, 8.9), (40, 8, 35.7), (28, 10, 36.5), (16, 8, 11.0)],
)
def test_other_depths_and_widths_of_the_paper(depth, widen, millions):
    network = on_meta("wide_resnet28_10_cifar", depth=depth, widen=widen)
    assert round(parameters(network) / 1e6, 1) == millions


@pytest.mark.parametrize(("depth", "widen"), [(10, 1), (16, 2), (28, 10)])
def test_depth_counts_all_convolutions(depth, widen):
    network = on_meta("wide_resnet28_10_cifar", depth=depth, widen=widen)
    projections = 3 if widen > 1 else 2
    assert sum(isinstance(module, nn.Conv2d) for module in network.modules()) == depth - 3 + projections
    # On the longest path the projections are not, but the layer behind the convolutions is.
    assert longest_path(network) == depth - 3 + 1


def test_dropout_is_within_the_blocks_and_in_training_alone():
    network = models.create("wide_resnet28_10_cifar", 5, depth=10, widen=1, dropout=0.4, seed=1)
    rates = [module.p for module in network.modules() if isinstance(module, nn.Dropout)]
    assert rates == [0.4] * 3
    x = pictures(4, 3, 8)
    assert not torch.equal(network(x), network(x))
    assert_traceable(network, x)
    without = models.create("wide_resnet28_10_cifar", 5, depth=10, widen=1, seed=1)
    assert list(without.state_dict()) == list(network.state_dict())


@pytest.mark.parametrize(
    ("options", "says"),
    [({"depth": 27}, r"depth must be 6n \+ 4, .* got 27"), ({"depth": 4}, "got 4"), ({"widen": 0}, "widen .* got 0")],
)
def test_sizes_that_there_are_not(options, says):
    with pytest.raises(ValueError, match=says):
        WideResNet(10, 3, **options)
