import pytest
import torch
from networks import on_meta, parameters
from observed import shapes
from torch import nn

from course_utils import models


def test_sizes_are_those_of_figure_3():
    found = shapes(on_meta("zfnet"), (3, 224, 224))
    expected = {
        "conv1": (96, 110, 110),
        "pool1": (96, 55, 55),
        "conv2": (256, 26, 26),
        "pool2": (256, 13, 13),
        "conv3": (384, 13, 13),
        "conv4": (384, 13, 13),
        "conv5": (256, 13, 13),
        "pool5": (256, 6, 6),
        "flatten": (9216,),
        "fc6": (4096,),
        "fc7": (4096,),
        "fc8": (1000,),
    }
    assert {name: found[name] for name in expected} == expected


def test_the_wide_one():
    network = on_meta("zfnet", wide=True)
    assert [network.get_submodule(f"conv{layer}").out_channels for layer in (3, 4, 5)] == [512, 1024, 512]
    assert parameters(network) == 107_627_624
    assert network(torch.zeros(1, 3, 224, 224, device="meta")).shape == (1, 1000)


def test_what_differs_from_alexnet():
    """The first layer's filters are smaller, and its towers are one; behind it all weights are those of one tower."""
    zfnet, alexnet = on_meta("zfnet"), on_meta("alexnet_227")
    differences = {
        name: parameters(zfnet.get_submodule(name)) - parameters(layer)
        for name, layer in alexnet.named_children()
        if parameters(zfnet.get_submodule(name)) != parameters(layer)
    }
    assert differences == {"conv1": (7 * 7 - 11 * 11) * 3 * 96}


def test_the_order_of_steps():
    names = [name for name, _ in on_meta("zfnet").named_children()]
    assert names[:8] == ["conv1", "relu1", "pool1", "norm1", "conv2", "relu2", "pool2", "norm2"]
    assert [layer.p for layer in on_meta("zfnet") if isinstance(layer, nn.Dropout)] == [0.5, 0.5]


def test_weights_start_with_a_deviation_of_a_hundredth():
    network = models.create("zfnet", num_classes=100, seed=0)
    for layer in network:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            assert layer.weight.std().item() == pytest.approx(0.01, rel=0.02)
            assert not layer.bias.any()
