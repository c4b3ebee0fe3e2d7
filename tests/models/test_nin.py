import pytest
import torch
from networks import on_meta, parameters
from observed import shapes
from torch import nn

from course_utils import models


def test_sizes_of_the_imagenet_network():
    found = shapes(on_meta("nin"), (3, 224, 224))
    expected = {
        "mlp1": (96, 54, 54),
        "pool1": (96, 27, 27),
        "mlp2": (256, 27, 27),
        "pool2": (256, 13, 13),
        "mlp3": (384, 13, 13),
        "pool3": (384, 6, 6),
        "mlp4": (1000, 6, 6),
        "pool4": (1000, 1, 1),
    }
    assert {name: found[name] for name in expected} == expected
    # "29 MB", says the readme of the authors' model.
    assert round(4 * parameters(on_meta("nin")) / 2**20) == 29


def test_sizes_of_the_cifar_network():
    found = shapes(on_meta("nin_cifar"), (3, 32, 32))
    expected = {
        "mlp1.conv": (192, 32, 32),
        "mlp1.cccp1": (160, 32, 32),
        "mlp1": (96, 32, 32),
        "pool1": (96, 16, 16),
        "mlp2": (192, 16, 16),
        "pool2": (192, 8, 8),
        "mlp3": (10, 8, 8),
        "pool3": (10, 1, 1),
    }
    assert {name: found[name] for name in expected} == expected


def test_what_pools_and_what_drops():
    kinds = {
        name: [type(layer).__name__ for layer in on_meta(name) if not isinstance(layer, nn.Sequential)]
        for name in ("nin", "nin_cifar")
    }
    end = ["AdaptiveAvgPool2d", "Flatten"]
    assert kinds["nin"] == ["MaxPool2d", "MaxPool2d", "MaxPool2d", "Dropout", *end]
    assert kinds["nin_cifar"] == ["MaxPool2d", "Dropout", "AvgPool2d", "Dropout", *end]


def test_an_mlpconv_is_a_little_network_at_every_place():
    mlp = models.create("nin_cifar", seed=0).mlp1
    x = torch.rand(1, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    patch = x[0, :, 1:6, 1:6].reshape(1, -1)
    for name in ("conv", "cccp1", "cccp2"):
        layer = mlp.get_submodule(name)
        patch = nn.functional.linear(patch, layer.weight.flatten(1), layer.bias).relu()
    torch.testing.assert_close(mlp(x)[0, :, 3, 3], patch[0])


def test_the_score_of_a_class_is_the_mean_of_its_map():
    network = models.create("nin_cifar", seed=0).eval()
    x = torch.rand(2, 3, 40, 24, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(network(x), network[:7](x).mean((2, 3)))


def test_weights_start_as_in_caffes_files():
    network = models.create("nin", seed=0)
    expected = {
        "mlp1": (0.01, 0.05, 0.05),
        "mlp2": (0.05, 0.05, 0.05),
        "mlp3": (0.01, 0.05, 0.05),
        "mlp4": (0.05, 0.05, 0.01),
    }
    for name, deviations in expected.items():
        layers = [layer for layer in network.get_submodule(name) if isinstance(layer, nn.Conv2d)]
        assert [layer.weight.std().item() for layer in layers] == pytest.approx(deviations, rel=0.03)
        assert not any(layer.bias.any() for layer in layers)
