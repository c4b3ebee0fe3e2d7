"""Pictures that a network cannot take are refused in words; those that it can take pass, down to the smallest."""

import copy
import pickle

import pytest
import torch

from course_utils import models

NAMES = models.list()


def batch(channels: int, height: int, width: int) -> torch.Tensor:
    return torch.empty(2, channels, height, width, device="meta")


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_picture_passes_and_a_smaller_one_is_refused(name):
    entry = models.describe(name)
    network = models.create(name, device="meta").eval()
    channels = entry.input_size[0]
    if entry.fixed:
        height, width = entry.input_size[1:]
        with pytest.raises(ValueError, match=rf"{name} takes {height}x{width} alone"):
            network(batch(channels, height + 1, width))
        return
    assert network(batch(channels, entry.smallest, entry.smallest)).shape == (2, entry.num_classes)
    if entry.smallest > 1:
        with pytest.raises(ValueError, match=rf"too small for {name}, which needs {entry.smallest}x{entry.smallest}"):
            network(batch(channels, entry.smallest, entry.smallest - 1))
        # Without the check PyTorch itself would refuse, so that `smallest` is not too strict.
        network._forward_pre_hooks.clear()
        with pytest.raises(RuntimeError):
            network(batch(channels, entry.smallest - 1, entry.smallest - 1))


def test_the_layer_that_a_small_picture_does_not_reach_is_named():
    network = models.create("vgg16", device="meta")
    with pytest.raises(ValueError, match=r"x has pictures of 31x31, too small for vgg16.*features\.30"):
        network(batch(3, 31, 31))


def test_wrong_channels():
    network = models.create("resnet18", device="meta")
    with pytest.raises(ValueError, match=r"x has 1 channels, .*create\('resnet18', in_channels=1\)"):
        network(batch(1, 64, 64))


def test_a_single_picture():
    with pytest.raises(ValueError, match=r"got shape \(3, 64, 64\); a single picture becomes a batch with x\[None\]"):
        models.create("resnet18", device="meta")(batch(3, 64, 64)[0])


def test_bytes():
    with pytest.raises(TypeError, match=r"x must be floating point for lenet5, got torch.uint8; .*x.float\(\) / 255"):
        models.create("lenet5")(torch.zeros(1, 1, 32, 32, dtype=torch.uint8))


def test_the_check_survives_copies_and_pickles():
    network = models.create("lenet5", seed=1)
    for other in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        with pytest.raises(ValueError, match="x has 3 channels"):
            other(torch.zeros(1, 3, 32, 32))


def test_half_precision_passes():
    assert models.create("lenet5", seed=1).bfloat16()(torch.zeros(1, 1, 32, 32, dtype=torch.bfloat16)).shape == (1, 10)
