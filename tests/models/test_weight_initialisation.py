import math

import pytest
import torch
from torch import nn

from course_utils.models import initialisation

# A convolution with fan_in 64·9 and fan_out 128·9, and a fully connected layer of 800 to 200.
CONV, DENSE = (64 * 9, 128 * 9), (800, 200)


def layers():
    return nn.Sequential(nn.Conv2d(64, 128, 3), nn.BatchNorm2d(128), nn.ReLU(), nn.Flatten(), nn.Linear(800, 200))


@pytest.mark.parametrize(
    ("draw", "deviation", "furthest"),
    [
        (lambda module: initialisation.gaussian(module, 0.02, bias=0.5), lambda into, out: 0.02, None),
        (
            lambda module: initialisation.truncated_gaussian(module, 0.02, bias=0.5),
            # Of a standard normal number within ±2: variance 1 - 4 φ(2) / (Φ(2) - Φ(-2)).
            lambda into, out: 0.02 * (1 - 4 * 0.05399097 / 0.95449974) ** 0.5,
            lambda into, out: 0.04,
        ),
        (lambda module: initialisation.he_normal(module, bias=0.5), lambda into, out: (2 / into) ** 0.5, None),
        (
            lambda module: initialisation.he_normal(module, "fan_out", bias=0.5),
            lambda into, out: (2 / out) ** 0.5,
            None,
        ),
        (
            lambda module: initialisation.glorot_uniform(module, bias=0.5),
            lambda into, out: (2 / (into + out)) ** 0.5,
            lambda into, out: (6 / (into + out)) ** 0.5,
        ),
        (
            lambda module: initialisation.caffe_xavier(module, bias=0.5),
            lambda into, out: (1 / into) ** 0.5,
            lambda into, out: (3 / into) ** 0.5,
        ),
        (
            lambda module: initialisation.lecun_1998(module, bias=0.5),
            lambda into, out: 2.4 / into / math.sqrt(3),
            lambda into, out: 2.4 / into,
        ),
    ],
    ids=["gaussian", "truncated_gaussian", "he fan_in", "he fan_out", "glorot", "caffe_xavier", "lecun_1998"],
)
def test_spread_bounds_and_biases(draw, deviation, furthest):
    torch.manual_seed(0)
    network = layers()
    draw(network)
    for layer, fans in ((network[0], CONV), (network[4], DENSE)):
        assert layer.weight.std().item() == pytest.approx(deviation(*fans), rel=0.02)
        assert abs(layer.weight.mean().item()) < 0.02 * deviation(*fans)
        assert (layer.bias == 0.5).all()
        if furthest is not None:
            assert 0.98 * furthest(*fans) < layer.weight.abs().max() <= furthest(*fans) * (1 + 1e-6)
    assert (network[1].weight == 1).all()
    assert not network[1].bias.any()


def test_one_kind_of_layer_or_one_layer():
    torch.manual_seed(0)
    network = layers()
    kept = network[4].weight.clone(), network[4].bias.clone()
    initialisation.gaussian(network, 3.0, layers=nn.Conv2d)
    assert network[0].weight.std() > 2
    assert torch.equal(network[4].weight, kept[0])
    assert torch.equal(network[4].bias, kept[1])
    initialisation.gaussian(network[4], 3.0)
    assert network[4].weight.std() > 2


def test_layers_without_bias_and_groups():
    torch.manual_seed(0)
    grouped = nn.Conv2d(64, 128, 3, groups=4, bias=False)
    initialisation.caffe_xavier(grouped)
    assert grouped.weight.std().item() == pytest.approx((1 / (16 * 9)) ** 0.5, rel=0.02)
    assert grouped.bias is None
