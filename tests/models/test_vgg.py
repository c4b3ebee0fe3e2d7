import pytest
import torch
from networks import on_meta, parameters
from observed import shapes
from torch import nn

from course_utils import models
from course_utils.models import vgg
from course_utils.models.vgg import CONFIGURATIONS, VGG, draw

# Simonyan and Zisserman 2014, table 1: layers with weights; table 2: millions of parameters.
TABLES = {"vgg11": (11, 133), "vgg13": (13, 133), "vgg16_c": (16, 134), "vgg16": (16, 138), "vgg19": (19, 144)}


def weighted(network):
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]


@pytest.mark.parametrize(("name", "layers", "millions"), [(name, *row) for name, row in TABLES.items()])
def test_depth_and_parameters_are_those_of_tables_one_and_two(name, layers, millions):
    network = on_meta(name)
    assert len(weighted(network)) == layers
    assert round(parameters(network) / 1e6) == millions


def test_the_configurations_are_the_columns_of_table_one():
    convolutions = {name: sum(map(len, blocks)) for name, blocks in CONFIGURATIONS.items()}
    assert convolutions == {"A": 8, "B": 10, "C": 13, "D": 13, "E": 16}
    ones = [layer for layer in weighted(on_meta("vgg16_c")) if getattr(layer, "kernel_size", None) == (1, 1)]
    assert [layer.out_channels for layer in ones] == [256, 512, 512]
    assert all(layer.padding == (0, 0) for layer in ones)
    # C and D have the same maps everywhere; D looks further in the three.
    assert parameters(on_meta("vgg16")) - parameters(on_meta("vgg16_c")) == 8 * (256**2 + 512**2 + 512**2)


@pytest.mark.parametrize("name", models.list("vgg"))
def test_the_side_halves_five_times(name):
    network = on_meta(name)
    found = shapes(network, (3, 224, 224))
    pools = [f"features.{index}" for index, layer in enumerate(network.features) if isinstance(layer, nn.MaxPool2d)]
    assert [found[pool] for pool in pools] == [(64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7)]
    assert found["features.0"] == (64, 224, 224)
    assert found["avgpool"] == (512, 7, 7)
    assert [layer.p for layer in network.classifier if isinstance(layer, nn.Dropout)] == [0.5, 0.5]
    assert found["classifier.0"] == found["classifier.3"] == (4096,)


@pytest.mark.parametrize("choice", ["glorot", "gaussian", "he"])
def test_weights_start_as_asked_for(choice):
    network = on_meta("vgg11", num_classes=2)
    # The largest layer is left out: drawing it takes seconds.
    network.classifier[0] = nn.Linear(2, 2)
    network.to_empty(device="cpu")
    torch.manual_seed(0)
    draw(network, choice)
    layers = network.features[6], network.features[18], network.classifier[3]
    fans = {"into": [128 * 9, 512 * 9, 4096], "out": [256 * 9, 512 * 9, 4096]}
    expected = {
        "glorot": [(2 / (into + out)) ** 0.5 for into, out in zip(fans["into"], fans["out"], strict=True)],
        "gaussian": [0.01, 0.01, 0.01],
        "he": [(2 / out) ** 0.5 for out in fans["out"][:2]] + [0.01],
    }[choice]
    assert [layer.weight.std().item() for layer in layers] == pytest.approx(expected, rel=0.02)
    assert not any(layer.bias.any() for layer in weighted(network))


@pytest.mark.parametrize(
    ("name", "options", "choice"),
    [("vgg16", {}, "glorot"), ("vgg16_bn", {}, "he"), ("vgg16", {"initialisation": "gaussian"}, "gaussian")],
)
def test_a_new_network_is_drawn_so(name, options, choice, monkeypatch):
    drawn = []
    monkeypatch.setattr(vgg, "draw", lambda network, initialisation: drawn.append(initialisation))
    on_meta(name, **options)
    assert drawn == [choice]


def test_what_there_is_not():
    with pytest.raises(ValueError, match="configuration must be one of 'A', 'B', 'C', 'D', 'E', got 'F'"):
        VGG(configuration="F")
    with pytest.raises(ValueError, match="initialisation must be one of 'glorot', 'gaussian', 'he', got 'zeros'"):
        models.create("vgg16", initialisation="zeros", device="meta")
