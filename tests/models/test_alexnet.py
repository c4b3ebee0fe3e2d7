import pytest
import torch
from networks import on_meta, parameters
from observed import shapes, sides
from torch import nn

from course_utils import models
from course_utils.models import alexnet

PUBLISHED = {"alexnet_two_tower": 224, "alexnet_227": 227}


@pytest.mark.parametrize(("name", "side"), PUBLISHED.items())
def test_sizes_are_the_papers(name, side):
    found = shapes(on_meta(name), (3, side, side))
    assert found["conv1"] == (96, 55, 55)
    assert found["pool1"] == (96, 27, 27)
    assert found["conv2"] == (256, 27, 27)
    assert found["pool2"] == (256, 13, 13)
    assert found["conv3"] == found["conv4"] == (384, 13, 13)
    assert found["conv5"] == (256, 13, 13)
    assert found["pool5"] == (256, 6, 6)
    assert found["fc6"] == found["fc7"] == (4096,)
    # Krizhevsky et al. 2012, section 3.5: neurons layer by layer, but for the first, where it has an impossible 253,440.
    neurons = [torch.Size(found[f"conv{layer}"]).numel() for layer in (1, 2, 3, 4, 5)]
    assert neurons == [290_400, 186_624, 64_896, 64_896, 43_264]
    assert 253_440 % 96 == 0
    assert (253_440 / 96) ** 0.5 % 1 != 0


def test_torchvisions_has_the_same_sides():
    found = sides(on_meta("alexnet"), (3, 224, 224))
    assert [found[f"features.{layer}"] for layer in (0, 2, 3, 5, 6, 8, 10, 12)] == [55, 27, 27, 13, 13, 13, 13, 6]


def test_numbers_layer_by_layer():
    towers, single = on_meta("alexnet_two_tower"), on_meta("alexnet_227")
    names = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
    counts = {name: (parameters(towers.get_submodule(name)), parameters(single.get_submodule(name))) for name in names}
    assert counts == {
        "conv1": (34_944, 34_944),
        "conv2": (307_456, 614_656),
        "conv3": (885_120, 885_120),
        "conv4": (663_936, 1_327_488),
        "conv5": (442_624, 884_992),
        "fc6": (37_752_832, 37_752_832),
        "fc7": (16_781_312, 16_781_312),
        "fc8": (4_097_000, 4_097_000),
    }


def test_the_order_of_steps():
    towers = [name for name, _ in on_meta("alexnet_two_tower").named_children()]
    lectures = [name for name, _ in on_meta("alexnet_227").named_children()]
    assert towers[:8] == ["conv1", "relu1", "norm1", "pool1", "conv2", "relu2", "norm2", "pool2"]
    assert lectures[:8] == ["conv1", "relu1", "pool1", "norm1", "conv2", "relu2", "pool2", "norm2"]
    assert towers[8:] == lectures[8:]


def test_groups_are_two_towers_that_meet_in_conv3():
    network = models.create("alexnet_two_tower", num_classes=2, seed=0)
    generator = torch.Generator().manual_seed(0)
    for layer, maps, together in (
        ("conv2", 96, False),
        ("conv3", 256, True),
        ("conv4", 384, False),
        ("conv5", 384, False),
    ):
        conv = network.get_submodule(layer)
        x = torch.rand(1, maps, 5, 5, generator=generator)
        if together:
            assert conv.groups == 1
            continue
        halves = []
        for tower in (0, 1):
            weight, bias = conv.weight.chunk(2)[tower], conv.bias.chunk(2)[tower]
            halves.append(nn.functional.conv2d(x.chunk(2, 1)[tower], weight, bias, padding=conv.padding))
        torch.testing.assert_close(conv(x), torch.cat(halves, 1))


def test_a_single_tower_has_the_lectures_parameters():
    assert parameters(on_meta("alexnet_two_tower", groups=1)) == parameters(on_meta("alexnet_227")) == 62_378_344


def test_any_width():
    network = models.create("alexnet_two_tower", num_classes=5, channels=(4, 6, 8, 10, 2), hidden=3)
    assert network(torch.zeros(2, 3, 224, 224)).shape == (2, 5)
    assert [layer.groups for layer in network if isinstance(layer, nn.Conv2d)] == [1, 2, 1, 2, 2]


def test_the_normalisation_is_the_formula_of_section_3_3():
    norm = on_meta("alexnet_two_tower").norm1
    a = torch.rand(1, 96, 2, 2, generator=torch.Generator().manual_seed(0)) * 30
    k, n, alpha, beta = 2, 5, 1e-4, 0.75
    expected = torch.empty_like(a)
    for i in range(96):
        low, high = max(0, i - n // 2), min(95, i + n // 2)
        expected[:, i] = a[:, i] / (k + alpha * (a[:, low : high + 1] ** 2).sum(1)) ** beta
    torch.testing.assert_close(norm(a), expected)


def test_the_convolutions_take_666_million_multiply_accumulates():
    """Chen et al. 2016, "Eyeriss": 2.3 million weights and 666 million of them."""
    network = on_meta("alexnet_two_tower")
    found = shapes(network, (3, 224, 224))
    convolutions = {name: layer for name, layer in network.named_children() if isinstance(layer, nn.Conv2d)}
    weights = sum(layer.weight.numel() for layer in convolutions.values())
    total = sum(torch.Size(found[name]).numel() * layer.weight[0].numel() for name, layer in convolutions.items())
    assert round(weights / 1e6, 1) == 2.3
    assert round(total / 1e6) == 666


def test_pooling_overlaps():
    pools = [layer for layer in on_meta("alexnet_227") if isinstance(layer, nn.MaxPool2d)]
    assert [(pool.kernel_size, pool.stride) for pool in pools] == [(3, 2)] * 3


@pytest.mark.parametrize("name", models.list("alexnet"))
def test_half_of_the_hidden_units_are_dropped_twice(name):
    layers = [layer for layer in on_meta(name).modules() if isinstance(layer, nn.Dropout | nn.Linear)]
    assert [layer.p for layer in layers if isinstance(layer, nn.Dropout)] == [0.5, 0.5]
    # torchvision's drops before its fully connected layers, the others behind them; none drops scores.
    assert isinstance(layers[0], nn.Dropout) == (name == "alexnet")
    assert isinstance(layers[-1], nn.Linear)


def test_weights_and_biases_start_as_in_section_5():
    network = models.create("alexnet_two_tower", seed=0)
    ones = {"conv2", "conv4", "conv5", "fc6", "fc7"}
    for name, layer in network.named_children():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            assert layer.weight.std().item() == pytest.approx(0.01, rel=0.02), name
            assert abs(layer.weight.mean().item()) < 2e-4
            assert (layer.bias == (1 if name in ones else 0)).all(), name


def test_the_lectures_network_starts_so_too(monkeypatch):
    drawn = []
    monkeypatch.setattr(alexnet, "draw_as_in_2012", drawn.append)
    assert drawn == [on_meta("alexnet_227")]
