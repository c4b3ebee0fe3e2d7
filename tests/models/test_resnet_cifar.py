"""ResNets for CIFAR: the counts of the paper's table 6, and option A that costs nothing."""

import pytest
import torch
from networks import assert_traceable, disturb, longest_path, macs, on_meta, parameters, pictures
from torch import nn

from course_utils import models
from course_utils.models.resnet import BasicBlock, Bottleneck
from course_utils.models.resnet_cifar import resnet

DEPTHS = (20, 32, 44, 56, 110)
TOTALS = {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962}


@pytest.mark.parametrize("depth", DEPTHS)
def test_counts_are_those_of_the_paper(depth):
    name = f"resnet{depth}_cifar"
    total = parameters(on_meta(name))
    assert total == TOTALS[depth]
    published = models.describe(name).parameters
    assert published == (f"{total / 1e6:.2f}M" if depth < 110 else f"{total / 1e6:.1f}M")


@pytest.mark.parametrize("depth", DEPTHS)
def test_option_a_and_the_plain_twin_have_the_same_parameters(depth):
    residual, plain = on_meta(f"resnet{depth}_cifar"), on_meta(f"plain{depth}_cifar")
    assert [(name, value.shape) for name, value in residual.state_dict().items()] == [
        (name, value.shape) for name, value in plain.state_dict().items()
    ]


@pytest.mark.parametrize("kind", ["resnet", "plain"])
@pytest.mark.parametrize("depth", DEPTHS)
def test_the_name_counts_the_layers_with_weights(kind, depth):
    assert longest_path(on_meta(f"{kind}{depth}_cifar")) == depth


def test_options_b_and_c_add_projections():
    plain = parameters(on_meta("plain20_cifar"))
    # 1x1 convolutions 16 → 32 and 32 → 64, each with a normalisation of two numbers a channel.
    changing = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    keeping = 3 * (16 * 16 + 2 * 16) + 2 * (32 * 32 + 2 * 32) + 2 * (64 * 64 + 2 * 64)
    assert parameters(on_meta("resnet20_cifar", shortcut="B")) == plain + changing
    assert parameters(on_meta("resnet20_cifar", shortcut="C")) == plain + changing + keeping


def test_option_a_costs_no_multiplication():
    assert macs("resnet20_cifar") == macs("plain20_cifar") == 40_551_040


def test_sizes_of_the_stages():
    network, seen = on_meta("resnet20_cifar"), []
    for part in (network.conv1, network.layer1, network.layer2, network.layer3):
        part.register_forward_hook(lambda _, __, out: seen.append(tuple(out.shape[1:])))
    network(torch.empty(1, 3, 32, 32, device="meta"))
    assert seen == [(16, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8)]


@pytest.mark.parametrize("shortcut", ["A", "B", "C", "none"])
def test_traceable_and_the_same_each_time(shortcut):
    network = models.create("resnet20_cifar", 5, 1, shortcut=shortcut, seed=1)
    disturb(network)
    assert_traceable(network, pictures(3, 1, 17, 22))


def test_residual_and_plain_networks_of_the_same_weights_differ():
    residual, plain = (models.create(f"{kind}20_cifar", seed=1).eval() for kind in ("resnet", "plain"))
    plain.load_state_dict(residual.state_dict())
    x = pictures(2, 3, 32)
    assert not torch.allclose(residual(x), plain(x))


def test_without_residuals_only_the_shortcuts_are_left():
    network = models.create("resnet20_cifar", zero_init_residual=True, seed=1).eval()
    x = pictures(2, 3, 32)
    start = network.relu(network.bn1(network.conv1(x)))
    out = network.layer3(network.layer2(network.layer1(start)))
    assert torch.equal(out[:, :16], start[:, :, ::4, ::4]) and not out[:, 16:].any()


@pytest.mark.parametrize("depth", [2, 21, 51])
def test_a_depth_that_is_not_6n_plus_2(depth):
    with pytest.raises(ValueError, match=rf"depth must be 6n \+ 2, .* got {depth}"):
        models.describe("resnet20_cifar").build(10, 3, depth=depth)


def test_training_changes_every_weight():
    network = models.create("resnet20_cifar", seed=1)
    nn.functional.cross_entropy(network(pictures(4, 3, 32)), torch.arange(4)).backward()
    assert all(parameter.grad.any() for parameter in network.parameters())


def test_width():
    """Every convolution between two stages has (w/16)² of the paper's weights."""
    narrow, paper = (models.create("resnet20_cifar", device="meta", **options) for options in ({"width": 4}, {}))
    assert paper.layer3[1].conv1.weight.numel() == 16 * narrow.layer3[1].conv1.weight.numel()
    assert narrow.eval()(torch.empty(2, 3, 32, 32, device="meta")).shape == (2, 10)
    with pytest.raises(ValueError, match="width must be at least 1, got 0"):
        models.create("plain20_cifar", width=0)


@pytest.mark.parametrize("depths", [(1,), (2, 1), (1, 1, 2, 1)])
@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_each_stage_but_the_first_halves_and_doubles(block, depths):
    network = resnet(block, depths, channels=4, num_classes=7, in_channels=2)
    x, seen = torch.randn(2, 2, 16, 24), []
    for part in network:
        x = part(x)
        if isinstance(part, nn.Sequential):
            seen.append(tuple(x.shape[1:]))
            assert len(part) == depths[len(seen) - 1]
    assert seen == [(4 * 2**i * block.expansion, 16 // 2**i, 24 // 2**i) for i in range(len(depths))]
    assert x.shape == (2, 7)


def test_weights_begin_by_he_s_rule():
    torch.manual_seed(0)
    weights = [m.weight for m in resnet(BasicBlock, (1, 1), channels=32).modules() if isinstance(m, nn.Conv2d)]
    for weight in weights[1:]:
        fan_out = weight.shape[0] * weight[0, 0].numel()
        assert weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.1)
