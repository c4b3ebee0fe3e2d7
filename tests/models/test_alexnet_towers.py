"""AlexNet as lesson 11 builds it is the paper's, and two towers are a convolution in two groups."""

import pytest
import torch
from torch.nn import functional

from course_utils import models
from course_utils.models.alexnet_towers import AlexNet, two_tower_conv


@pytest.mark.parametrize("groups, parameters", [(2, 60_965_224), (1, 62_378_344)])
def test_parameters_of_two_towers_and_of_one(groups, parameters):
    with torch.device("meta"):
        network = AlexNet(groups=groups)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_the_same_scores_as_the_registered_network():
    theirs = models.create("alexnet_two_tower", seed=0).eval()
    with torch.device("meta"):
        ours = AlexNet().eval()
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)), assign=True)
    x = 100 * torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x))


def test_any_width():
    network = AlexNet(num_classes=5, channels=(4, 6, 8, 10, 2), hidden=3)
    assert network(torch.zeros(2, 3, 224, 224)).shape == (2, 5)
    assert [layer.groups for layer in network.features if isinstance(layer, torch.nn.Conv2d)] == [1, 2, 1, 2, 2]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("stride, padding", [(1, 0), (2, 1), ((1, 3), (2, 0))])
def test_two_towers_are_two_groups(bias, stride, padding):
    generator = torch.Generator().manual_seed(1)
    x, weight, numbers = (
        torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((2, 6, 7, 5), (4, 3, 3, 2), (4,))
    )
    numbers = numbers if bias else None
    ours = two_tower_conv(x, weight, numbers, stride, padding)
    torch.testing.assert_close(ours, functional.conv2d(x, weight, numbers, stride, padding, groups=2))


@pytest.mark.parametrize("maps, filters, words", [(3, 4, "C must be even"), (4, 3, "K must be even")])
def test_halves_must_be_whole(maps, filters, words):
    with pytest.raises(ValueError, match=words):
        two_tower_conv(torch.zeros(1, maps, 3, 3), torch.zeros(filters, maps // 2, 2, 2))
