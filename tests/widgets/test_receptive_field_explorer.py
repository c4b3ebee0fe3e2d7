"""The receptive-field explorer: its networks are the course's, and it takes own ones or says why not."""

import numpy as np
import pytest

from course_utils import accounting, datasets, models, widgets
from course_utils.widgets.receptive_field_explorer import NETWORKS, OWN, own_network

PICTURE = datasets.photograph(size=224)


@pytest.mark.parametrize(
    "name, model, last",
    [
        ("AlexNet", "alexnet", "features.12"),
        ("VGG-16", "vgg16", "features.30"),
        ("ResNet-18", "resnet18", "layer4.1.conv2"),
    ],
)
def test_networks_are_the_courses(name, model, last):
    row = accounting.summary(models.create(model, device="meta"), (3, 224, 224)).row(last)
    layers = NETWORKS[name]
    field, jump = accounting.receptive_field([layer[1] for layer in layers], [layer[2] for layer in layers])
    assert (row.receptive_field, row.jump) == ((field, field), (jump, jump))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_can_be_chosen(name):
    box = widgets.receptive_field_explorer(PICTURE, name, 1)
    for layer, (label, *_) in enumerate(NETWORKS[name], start=1):
        box.sliders["layer"].value = layer
        assert f"of {label} sees" in box.drawing.alt
        # The middle of the map, and from there to its ends.
        for slider in (box.sliders["row"], box.sliders["column"]):
            assert slider.value == (slider.max + 1) // 2
    box.sliders["row"].value = 0
    box.sliders["column"].value = box.sliders["column"].max
    assert f"Output (0, {box.sliders['column'].max})" in box.drawing.alt


def test_choosing_a_network_shows_its_last_layer():
    box = widgets.receptive_field_explorer(PICTURE, "three 3 × 3")
    for name, layers in NETWORKS.items():
        box.choice.value = name
        assert f"of {layers[-1][0]} sees" in box.drawing.alt
        assert box.sliders["layer"].max == len(layers)


def test_own_network_and_what_is_wrong_with_it():
    box = widgets.receptive_field_explorer(PICTURE)
    assert box.own.layout.display == "none"
    box.choice.value = OWN
    assert box.own.layout.display != "none"
    box.own.value = "7/2/3 3/2/1 3"
    assert "sees 19 by 19 pixels" in box.drawing.alt and "The jump is 4" in box.drawing.alt
    before = box.drawing
    for text in ("", "three", "0", "3/0", "3/1/5", "3 " * 30, "300/1/0"):
        box.own.value = text
        assert box.problem.value and box.drawing is before
    box.own.value = "3"
    assert not box.problem.value and "sees 3 by 3" in box.drawing.alt


def test_own_network_reads_kernel_stride_and_padding():
    assert own_network("5, 3/2 7/2/0") == (
        ("layer 1: 5/1", 5, 1, 2),
        ("layer 2: 3/2", 3, 2, 1),
        ("layer 3: 7/2", 7, 2, 0),
    )


def test_a_network_that_does_not_fit_is_refused():
    box = widgets.receptive_field_explorer(np.ones((40, 40)), "three 3 × 3", 3)
    box.choice.value = "AlexNet"
    assert "Not possible" in box.problem.value
    with pytest.raises(ValueError, match="network must be one of three 3 × 3, AlexNet"):
        widgets.receptive_field_explorer(PICTURE, "LeNet")
