"""ResNets for ImageNet: the published counts, plain twins, three kinds of shortcuts, what a block computes."""

from math import sqrt

import pytest
import torch
from networks import assert_traceable, disturb, longest_path, macs, on_meta, parameters, pictures
from state_digest import TORCHVISION, state_record
from torch import nn
from torch.nn import functional

from course_utils import models
from course_utils.models.resnet import BasicBlock, Bottleneck, ResidualBlock
from course_utils.models.shortcuts import ZeroPadShortcut, make_shortcut

LAYERS = (18, 34, 50, 101, 152)
TOTALS = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160, 152: 60_192_808}
# He et al. 2015, table 1.
PAPER_MACS = {18: "1.8", 34: "3.6", 50: "3.8", 101: "7.6", 152: "11.3"}


@pytest.mark.parametrize("layers", LAYERS)
def test_counts_and_state_dict_are_the_published_ones(layers):
    network = on_meta(f"resnet{layers}")
    assert parameters(network) == TOTALS[layers] == int(models.describe(f"resnet{layers}").parameters.replace(",", ""))
    assert state_record(network) == TORCHVISION[f"resnet{layers}"]


@pytest.mark.parametrize("kind", ["resnet", "plain"])
@pytest.mark.parametrize("layers", LAYERS)
def test_the_name_counts_the_layers_with_weights(kind, layers):
    assert longest_path(on_meta(f"{kind}{layers}")) == layers


@pytest.mark.parametrize("layers", LAYERS)
def test_macs_are_those_of_the_paper(layers):
    options = {"stride_on": "1x1"} if layers >= 50 else {"shortcut": "A"}
    # The paper cuts off what is behind the first digit, or rounds it.
    counted = macs(f"resnet{layers}", **options) / 1e9
    assert PAPER_MACS[layers] in (f"{counted:.1f}", f"{counted - 0.05:.1f}")


def test_stride_on_the_3x3_costs_6_percent_more():
    assert macs("resnet50") == 4_089_184_256
    assert macs("resnet50", stride_on="1x1") == 3_857_973_248


@pytest.mark.parametrize("layers", LAYERS)
def test_the_plain_twin_lacks_the_projections_alone(layers):
    residual, plain = on_meta(f"resnet{layers}"), on_meta(f"plain{layers}")
    projections = [block.downsample for block in residual.modules() if isinstance(block, ResidualBlock)]
    assert parameters(residual) - parameters(plain) == sum(parameters(one) for one in projections if one is not None)
    assert [name for name in residual.state_dict() if "downsample" not in name] == list(plain.state_dict())


@pytest.mark.parametrize(("layers", "projections"), [(34, (0, 3, 16)), (50, (0, 4, 16))])
def test_three_kinds_of_shortcuts(layers, projections):
    plain = parameters(on_meta(f"plain{layers}"))
    for kind, count in zip("ABC", projections, strict=True):
        network = on_meta(f"resnet{layers}", shortcut=kind)
        assert sum(isinstance(block.downsample, nn.Sequential) for block in blocks(network)) == count
        assert (parameters(network) == plain) == (count == 0)


def blocks(network: nn.Module) -> list[ResidualBlock]:
    return [module for module in network.modules() if isinstance(module, ResidualBlock)]


# Shortcuts


@pytest.mark.parametrize(("stride", "height", "width"), [(1, 4, 4), (2, 4, 4), (2, 5, 7), (3, 7, 4)])
def test_zero_padding_by_hand(stride, height, width):
    shortcut = ZeroPadShortcut(3, 5, stride)
    x = pictures(2, 3, height, width)
    out = shortcut(x)
    assert not list(shortcut.parameters()) and not list(shortcut.buffers())
    rows, columns = range(0, height, stride), range(0, width, stride)
    assert out.shape == (2, 5, len(rows), len(columns))
    for n in range(2):
        for c in range(5):
            for i, row in enumerate(rows):
                for j, column in enumerate(columns):
                    assert out[n, c, i, j] == (x[n, c, row, column] if c < 3 else 0)


def test_zero_padding_cannot_take_channels_away():
    with pytest.raises(ValueError, match=r"out_channels must be at least in_channels, 8, .* got 4"):
        ZeroPadShortcut(8, 4)


@pytest.mark.parametrize("kind", ["a", "D", "", None])
def test_an_unknown_kind_of_shortcut(kind):
    with pytest.raises(ValueError, match=f'"A", "B", "C" or "none", got {kind!r}'):
        make_shortcut(kind, 4, 4)


def test_an_unknown_place_for_the_stride():
    with pytest.raises(ValueError, match=r"stride_on must be .* got '7x7'"):
        models.create("resnet50", stride_on="7x7", device="meta")


# Blocks


@pytest.mark.parametrize("kind", ["A", "B", "C", "none"])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_basic_block_step_by_step(kind, stride):
    block = BasicBlock(4, 8, stride, kind).eval()
    disturb(block)
    x = pictures(2, 4, 6)
    out = functional.conv2d(x, block.conv1.weight, stride=stride, padding=1)
    out = functional.conv2d(normalised(out, block.bn1).clamp(min=0), block.conv2.weight, padding=1)
    out = normalised(out, block.bn2)
    if kind == "A":
        out[:, :4] += x[:, :, ::stride, ::stride]
    elif kind != "none":
        out += normalised(functional.conv2d(x, block.downsample[0].weight, stride=stride), block.downsample[1])
    torch.testing.assert_close(block(x), out.clamp(min=0))


@pytest.mark.parametrize("stride_on", ["1x1", "3x3"])
def test_a_bottleneck_step_by_step(stride_on):
    block = Bottleneck(16, 4, 2, stride_on=stride_on).eval()
    disturb(block)
    x = pictures(2, 16, 6)
    first, second = (2, 1) if stride_on == "1x1" else (1, 2)
    out = normalised(functional.conv2d(x, block.conv1.weight, stride=first), block.bn1).clamp(min=0)
    out = normalised(functional.conv2d(out, block.conv2.weight, stride=second, padding=1), block.bn2).clamp(min=0)
    out = normalised(functional.conv2d(out, block.conv3.weight), block.bn3)
    # Same channels, other size: option B projects.
    out += normalised(functional.conv2d(x, block.downsample[0].weight, stride=2), block.downsample[1])
    torch.testing.assert_close(block(x), out.clamp(min=0))


def normalised(x: torch.Tensor, norm: nn.BatchNorm2d) -> torch.Tensor:
    mean, variance, scale, shift = (
        value[:, None, None] for value in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    return (x - mean) / torch.sqrt(variance + norm.eps) * scale + shift


@pytest.mark.parametrize("block", [BasicBlock(8, 8), Bottleneck(32, 8), BasicBlock(8, 8, shortcut="A")])
def test_a_block_whose_weights_are_zero_is_the_identity(block):
    for module in block.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.zeros_(module.weight)
    x = pictures(2, block.expansion * 8, 5)
    assert torch.equal(block(x), x.clamp(min=0))
    assert torch.equal(block.eval()(x), x.clamp(min=0))


def test_a_plain_block_whose_weights_are_zero_loses_everything():
    block = BasicBlock(8, 8, shortcut="none")
    nn.init.zeros_(block.conv2.weight)
    assert not block(pictures(2, 8, 5)).any()


# Initialisation


@pytest.mark.parametrize("name", ["resnet18", "plain50"])
def test_convolutions_start_with_variance_2_over_fan_out(name):
    for module in models.create(name, seed=3).modules():
        if isinstance(module, nn.Conv2d):
            weight = module.weight
            expected = sqrt(2 / (weight.shape[0] * weight[0, 0].numel()))
            assert weight.std().item() == pytest.approx(expected, rel=5 / sqrt(2 * weight.numel()))
            assert weight.mean().item() == pytest.approx(0, abs=5 * expected / sqrt(weight.numel()))
        elif isinstance(module, nn.BatchNorm2d):
            assert (module.weight == 1).all() and not module.bias.any()


@pytest.mark.parametrize(("name", "last"), [("resnet18", "bn2"), ("resnet50", "bn3")])
def test_blocks_can_start_as_the_identity(name, last):
    network = models.create(name, zero_init_residual=True, seed=3)
    x = pictures(2, network.layer1[0].conv1.in_channels, 6).abs()
    first = network.layer1[0](x)
    assert torch.equal(network.layer1[1:](first), first)
    silent = [
        key for key, module in network.named_modules() if isinstance(module, nn.BatchNorm2d) and not module.weight.any()
    ]
    assert silent == [f"{key}.{last}" for key, module in network.named_modules() if isinstance(module, ResidualBlock)]
    assert all(block.last_norm.weight.all() for block in blocks(models.create(name, seed=3)))


# Whole networks


@pytest.mark.parametrize(("name", "options"), [("resnet18", {"shortcut": "A"}), ("resnet50", {}), ("plain18", {})])
def test_traceable_and_the_same_each_time(name, options):
    network = models.create(name, 5, 2, seed=1, **options)
    disturb(network)
    assert_traceable(network, pictures(2, 2, 37, 45))


def test_one_pixel_is_enough():
    assert models.create("resnet18", seed=0).eval()(pictures(1, 3, 1)).shape == (1, 1000)


def test_the_gradient_finds_a_way_past_dead_blocks():
    network, plain = (models.create(name, 5, seed=1).eval() for name in ("resnet18", "plain18"))
    for one in (network, plain):
        for block in (one.layer1[1], one.layer2[1], one.layer3[1]):
            nn.init.zeros_(block.conv2.weight)
        one(pictures(2, 3, 33)).sum().backward()
    assert network.conv1.weight.grad.any() and not plain.conv1.weight.grad.any()
