"""Receptive fields proved: what a gradient reaches is what the formula says, to the pixel, on thirteen networks."""

import pytest
import torch
from torch import nn

from course_utils import models
from course_utils.accounting import receptive_field_support, summary

# A deep network's field is checked along one axis at a time, on a strip: it would be slow on a square that holds it. The
# sizes leave no pixels over that no window reaches.
CASES = [
    ("lenet5_1998", (1, 32, 32)),
    ("alexnet_two_tower", (3, 224, 224)),
    ("alexnet", (3, 63, 255)),
    ("vgg16", (3, 260, 48)),
    ("nin", (3, 67, 227)),
    ("googlenet", (3, 48, 420)),
    ("resnet18", (3, 480, 48)),
    ("resnet20_cifar", (3, 100, 100)),
    ("resnet50", (3, 48, 480)),
    ("preact_resnet18", (3, 480, 48)),
    ("mobilenet_v2", (3, 540, 48)),
    ("densenet121", (3, 2130, 33)),
    ("convnext_tiny", (3, 1728, 32)),
]


def predicted(network, support):
    """The first and last row, and column, that the formula gives, as far as they lie in the picture."""
    row = summary(network.eval(), support.input_size).row(support.layer)
    spans = []
    for axis, length in enumerate(support.input_size[1:]):
        first = row.start[axis] + support.output[axis] * row.jump[axis]
        last = first + row.receptive_field[axis] - 1
        spans.append((max(first, 0), min(last, length - 1)))
    return spans, row.receptive_field


@pytest.mark.parametrize(("name", "input_size"), CASES, ids=[name for name, _ in CASES])
def test_the_gradient_reaches_what_the_formula_says(name, input_size):
    network = models.create(name, device="meta")
    support = receptive_field_support(network, input_size)
    spans, field = predicted(network, support)
    assert [support.rows, support.columns] == spans
    # Along the longer side all of it is seen, none cut off by an edge.
    longer = input_size[1:].index(max(input_size[1:]))
    if name != "alexnet_two_tower":
        assert support.size[longer] == field[longer]


def test_squeeze_and_excitation_sees_the_whole_picture():
    support = receptive_field_support(models.create("se_resnet18", device="meta"), (3, 96, 64))
    assert (support.rows, support.columns) == ((0, 95), (0, 63))


def test_a_small_network_by_hand():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 1, 3))
    support = receptive_field_support(network, (1, 12, 12), output=(1, 2))
    # Output (1, 2) reads pools 1..3 and 2..4, these pixels 2..7 and 4..9, and one more on each side.
    assert (support.layer, support.rows, support.columns) == ("3", (1, 8), (3, 10))
    assert support.size == (8, 8)


def test_the_model_and_its_weights_stay():
    network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.BatchNorm2d(1), nn.ReLU()).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    receptive_field_support(network, (1, 5, 5))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert network.training
    assert isinstance(network[1], nn.BatchNorm2d)


def test_paths_that_would_cancel_are_seen():
    network = nn.Sequential(nn.Conv2d(1, 1, 3, bias=False))
    nn.init.zeros_(network[0].weight)
    assert receptive_field_support(network, (1, 5, 5)).size == (3, 3)


def test_the_picture_is_chosen_to_hold_the_field():
    network = models.create("resnet20_cifar", device="meta")
    support = receptive_field_support(network, layer="layer1.0.last_relu")
    assert support.input_size == (3, 7, 7)
    assert (support.size, support.rows) == ((7, 7), (0, 6))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layer": "nothing"}, "layer must be the path of a module, such as '0', got 'nothing'"),
        ({"layer": "2"}, "has no map"),
        ({"layer": "0", "output": (0, 6)}, r"output must lie in the 6x6 map of 0, got \(0, 6\)"),
    ],
)
def test_refusals(options, words):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2))
    with pytest.raises(ValueError, match=words):
        receptive_field_support(network, (1, 8, 8), **options)
