"""The network of blocks for small pictures: its layers, its parameters, and what it shares with the published ones."""

import pytest
import torch
from torch import nn

from course_utils.models import create
from course_utils.models.resnet import BasicBlock, Bottleneck
from course_utils.models.small_resnet import resnet


@pytest.mark.parametrize("blocks", [3, 5])
def test_with_sixteen_channels_it_is_the_papers_with_option_b(blocks):
    published = create(f"resnet{6 * blocks + 2}_cifar", shortcut="B", seed=0)
    ours = resnet(BasicBlock, (blocks,) * 3)
    assert [tuple(p.shape) for p in ours.parameters()] == [tuple(p.shape) for p in published.parameters()]
    values = zip(ours.state_dict(), published.state_dict().values(), strict=True)
    ours.load_state_dict(dict(values))
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(ours.eval()(x), published.eval()(x))


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
