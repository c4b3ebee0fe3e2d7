"""Pre-activation ResNets: the order within a block, the clean path, the published counts."""

import pytest
import torch
from networks import assert_traceable, disturb, longest_path, macs, on_meta, parameters, pictures
from torch import nn
from torch.nn import functional

from course_utils import models
from course_utils.models.preact_resnet import PreActBasicBlock, PreActBlock, PreActBottleneck

TOTALS = {
    "preact_resnet18": 11_687_720,
    "preact_resnet34": 21_795_880,
    "preact_resnet50": 25_549_352,
    "preact_resnet101": 44_541_480,
    "preact_resnet152": 60_185_128,
    "preact_resnet200": 64_666_152,
    "preact_resnet110_cifar": 1_727_962,
    "preact_resnet164_cifar": 1_703_258,
}


@pytest.mark.parametrize("name", TOTALS)
def test_counts(name):
    total = parameters(on_meta(name))
    assert total == TOTALS[name]
    assert models.describe(name).parameters in ("", f"{total / 1e6:.1f}M")


@pytest.mark.parametrize("name", TOTALS)
def test_the_name_counts_the_layers_with_weights(name):
    assert longest_path(on_meta(name)) == int(name.split("resnet")[1].split("_")[0])


@pytest.mark.parametrize("layers", [18, 50])
def test_as_many_multiplications_as_a_resnet(layers):
    assert macs(f"preact_resnet{layers}") == macs(f"resnet{layers}")


def normalised(x: torch.Tensor, norm: nn.BatchNorm2d) -> torch.Tensor:
    return functional.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)


@pytest.mark.parametrize("activate", [True, False])
@pytest.mark.parametrize(("channels", "stride"), [(8, 1), (8, 2), (4, 1)])
def test_a_basic_block_step_by_step(channels, stride, activate):
    block = PreActBasicBlock(4, channels, stride, activate=activate).eval()
    disturb(block)
    x = pictures(2, 4, 6)
    active = normalised(x, block.bn1).clamp(min=0) if activate else x
    out = functional.conv2d(active, block.conv1.weight, stride=stride, padding=1)
    out = functional.conv2d(normalised(out, block.bn2).clamp(min=0), block.conv2.weight, padding=1)
    changes = (channels, stride) != (4, 1)
    out += functional.conv2d(active, block.downsample[0].weight, stride=stride) if changes else x
    torch.testing.assert_close(block(x), out)


def test_a_bottleneck_step_by_step():
    block = PreActBottleneck(16, 4, 2).eval()
    disturb(block)
    x = pictures(2, 16, 6)
    active = normalised(x, block.bn1).clamp(min=0)
    out = functional.conv2d(active, block.conv1.weight)
    out = functional.conv2d(normalised(out, block.bn2).clamp(min=0), block.conv2.weight, stride=2, padding=1)
    out = functional.conv2d(normalised(out, block.bn3).clamp(min=0), block.conv3.weight)
    out += functional.conv2d(active, block.downsample[0].weight, stride=2)
    torch.testing.assert_close(block(x), out)


def test_a_block_whose_weights_are_zero_is_the_identity_without_relu():
    block = PreActBasicBlock(8, 8)
    nn.init.zeros_(block.conv2.weight)
    x = pictures(2, 8, 5)
    assert (x < 0).any() and torch.equal(block(x), x)


def test_the_gradient_of_the_sum_goes_straight_through():
    x = pictures(2, 8, 5).requires_grad_()
    through = nn.Sequential(*(PreActBasicBlock(8, 8) for _ in range(20)))
    for block in through:
        nn.init.zeros_(block.conv2.weight)
    through(x).sum().backward()
    assert (x.grad == 1).all()


@pytest.mark.parametrize("name", TOTALS)
def test_only_the_first_block_finds_its_input_activated(name):
    blocks = [module for module in on_meta(name).modules() if isinstance(module, PreActBlock)]
    assert [block.activate for block in blocks] == [False] + [True] * (len(blocks) - 1)


def test_no_normalisation_on_the_projections():
    network = on_meta("preact_resnet50")
    projections = [name for name in network.state_dict() if "downsample" in name]
    assert projections == [f"stages.{stage}.0.downsample.0.weight" for stage in range(4)]


@pytest.mark.parametrize(
    ("name", "side"), [("preact_resnet18", 37), ("preact_resnet50", 33), ("preact_resnet164_cifar", 9)]
)
def test_traceable_and_the_same_each_time(name, side):
    network = models.create(name, 5, 2, seed=1)
    assert_traceable(network, pictures(2, 2, side))


def test_no_plain_twin():
    with pytest.raises(ValueError, match="no plain twin"):
        models.create("preact_resnet18", shortcut="none", device="meta")
