"""What holds for every network from LeNet to GoogLeNet; what is special to one stands in its own file."""

import pytest
import torch
from networks import assert_traceable, macs, on_meta, parameters, pictures
from state_digest import TORCHVISION, state_record

from course_utils import models

FAMILIES = ("lenet", "alexnet", "zfnet", "vgg", "nin", "googlenet")
NAMES = [name for family in FAMILIES for name in models.list(family)]

# Trained numbers, and multiply-accumulates of convolutions and fully connected layers for a picture of the published size.
COUNTS = {
    "lenet5_1998": (60_000, 325_680),
    "lenet5": (61_706, 416_520),
    "alexnet_two_tower": (60_965_224, 724_406_816),
    "alexnet_227": (62_378_344, 1_135_256_096),
    "alexnet": (61_100_840, 714_188_480),
    "zfnet": (62_357_608, 1_168_032_896),
    "vgg11": (132_863_336, 7_609_090_048),
    "vgg13": (133_047_848, 11_308_466_176),
    "vgg16_c": (133_638_952, 11_770_888_192),
    "vgg16": (138_357_544, 15_470_264_320),
    "vgg19": (143_667_240, 19_632_062_464),
    "vgg11_bn": (132_868_840, 7_609_090_048),
    "vgg13_bn": (133_053_736, 11_308_466_176),
    "vgg16_c_bn": (133_647_400, 11_770_888_192),
    "vgg16_bn": (138_365_992, 15_470_264_320),
    "vgg19_bn": (143_678_248, 19_632_062_464),
    "nin": (7_595_176, 1_100_188_800),
    "nin_cifar": (966_986, 222_486_528),
    "googlenet_2014": (13_378_280, 1_582_671_872),
    "googlenet": (13_004_888, 1_498_376_192),
}


def test_every_network_has_its_counts_here():
    assert set(COUNTS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_multiply_accumulates_are_exact(name):
    assert (parameters(on_meta(name)), macs(name)) == COUNTS[name]


@pytest.mark.parametrize("name", [name for name in NAMES if models.describe(name).torchvision])
def test_the_state_dict_is_torchvisions(name):
    assert state_record(on_meta(name)) == TORCHVISION[models.describe(name).torchvision]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [False, True])
def test_fx_traces_it_whole(name, training):
    network = on_meta(name).train(training)
    traced = torch.fx.symbolic_trace(network)
    x = torch.zeros(2, *models.describe(name).input_size, device="meta")
    expected, found = network(x), traced(x)
    if isinstance(expected, tuple):
        assert [part.shape for part in found] == [part.shape for part in expected]
    else:
        assert found.shape == expected.shape


@pytest.mark.parametrize("name", NAMES)
def test_other_numbers_of_channels_and_classes(name):
    entry = models.describe(name)
    options = {"head": "softmax"} if name == "lenet5_1998" else {}
    network = on_meta(name, num_classes=7, in_channels=2, **options)
    assert network(torch.zeros(2, 2, *entry.input_size[1:], device="meta")).shape == (2, 7)


@pytest.mark.parametrize("name", [name for name in NAMES if not models.describe(name).fixed])
def test_the_smallest_picture_is_the_smallest(name):
    entry = models.describe(name)
    network = on_meta(name)
    assert network(torch.zeros(2, 3, entry.smallest, entry.smallest, device="meta")).shape == (2, entry.num_classes)
    # Past the check of the input: PyTorch itself must not be able to, or smallest could be smaller.
    network._forward_pre_hooks.clear()
    with pytest.raises(RuntimeError):
        network(torch.zeros(2, 3, entry.smallest - 1, entry.smallest - 1, device="meta"))


@pytest.mark.parametrize("name", [name for name in NAMES if models.describe(name).fixed])
def test_a_fixed_network_takes_no_other_size(name):
    channels, side, _ = models.describe(name).input_size
    with pytest.raises(ValueError, match=f"takes {side}x{side} alone"):
        on_meta(name)(torch.zeros(2, channels, side + 32, side + 32, device="meta"))


# Of the large networks one in each family: they are slow to make.
@pytest.mark.parametrize("name", ["lenet5_1998", "lenet5", "alexnet", "vgg11", "nin", "nin_cifar", "googlenet"])
def test_evaluation_is_certain_and_looks_at_each_picture_alone(name):
    entry = models.describe(name)
    x = pictures(2, entry.input_size[0], max(entry.smallest, 32))
    network = models.create(name, seed=3)
    assert_traceable(network, x)
    with torch.no_grad():
        torch.testing.assert_close(network(x[1:]), network(x)[1:], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["lenet5_1998", "lenet5", "nin_cifar"])
def test_a_seed_gives_the_same_weights_again_and_another_others(name):
    same, again, other = (list(models.create(name, seed=seed).parameters()) for seed in (3, 3, 4))
    assert all(torch.equal(one, two) for one, two in zip(same, again, strict=True))
    # All weights are drawn; biases and what starts at one value are not.
    drawn = [index for index, one in enumerate(same) if one.ndim > 1 and one.std() > 0]
    assert len(drawn) >= 5
    assert not any(torch.equal(same[index], other[index]) for index in drawn)
