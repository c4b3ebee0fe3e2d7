"""The ledger's networks have the counts of the papers, and those of the networks that learners train."""

import pytest

from course_utils import models
from course_utils.accounting import summary
from course_utils.accounting.claim_functions.networks import (
    depth,
    layer_values,
    layer_volume,
    network_macs,
    network_parameters,
    network_values,
    network_weights,
)
from course_utils.accounting.lecture_networks import network, networks

# Options with which `models.create` makes the network; the name there, where it is another.
SAME = {
    **{
        name: (name, {})
        for name in networks()
        if name not in ("alexnet_unpadded", "zfnet_unpadded", "residual_mnist", "zfnet_wide", "googlenet_2014")
        and not name.startswith(("googlenet", "resnext101_32x32d", "resnext101_32x48d"))
    },
    "zfnet_wide": ("zfnet", {"wide": True}),
    "googlenet_2014": ("googlenet_2014", {"aux_logits": False}),
}
PARAMETERS = {
    "lenet5_1998": 60_000,
    "alexnet_two_tower": 60_965_224,
    "alexnet_227": 62_378_344,
    "alexnet": 61_100_840,
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "googlenet_2014": 6_998_552,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnext50_32x4d": 25_028_904,
    "resnext101_32x8d": 88_791_336,
    "wide_resnet50_2": 68_883_240,
}


@pytest.mark.parametrize("name", SAME)
def test_counts_are_those_of_the_network_to_train(name):
    theirs, options = SAME[name]
    counted = summary(models.create(theirs, device="meta", **options).eval(), network(name).input_size)
    assert counted.parameters == network_parameters(name)
    assert counted.weights == network_weights(name)
    assert counted.macs == network_macs(name)


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_parameters_are_those_known(name, parameters):
    assert network_parameters(name) == parameters


def test_auxiliary_heads_are_counted_as_torch_counts_them():
    model = models.create("googlenet_2014", device="meta", aux_logits=True)
    assert network_parameters("googlenet_2014_with_heads") == sum(one.numel() for one in model.parameters())


@pytest.mark.parametrize(
    ("name", "layers"),
    [("lenet5_1998", 7), ("alexnet_227", 8), ("zfnet", 8), ("vgg19", 19), ("googlenet_2014", 22), ("resnet152", 152)],
)
def test_depth_is_that_of_the_papers(name, layers):
    assert depth(name) == layers


def test_unpadded_walk_shrinks_as_the_lecture_has_it():
    walk = [layer_volume("alexnet_unpadded", f"{layer}")[0] for layer in ("conv1", "pool1", "conv2", "pool2")]
    walk += [layer_volume("alexnet_unpadded", layer)[0] for layer in ("conv3", "conv4", "conv5", "pool3")]
    assert walk == [55, 27, 23, 11, 9, 7, 5, 2]


def test_values_are_the_sum_of_all_volumes():
    squares = [(224, 3), (224, 64), (224, 64), (112, 64), (112, 128), (112, 128), (56, 128), *[(56, 256)] * 3]
    squares += [(28, 256), *[(28, 512)] * 3, (14, 512), *[(14, 512)] * 3, (7, 512)]
    by_hand = sum(side**2 * maps for side, maps in squares) + 4096 + 4096 + 1000
    assert network_values("vgg16") == by_hand
    kept = 13_547_520 + 2 * 4096
    assert network_values("vgg16", relu_in_place=False) == by_hand + kept


def test_normalisation_has_no_volume_of_its_own():
    sides = [(227, 3), (55, 96), (27, 96), (27, 256), (13, 256), (13, 384), (13, 384), (13, 256), (6, 256)]
    assert network_values("alexnet_227") == sum(side**2 * maps for side, maps in sides) + 4096 + 4096 + 1000


def test_a_vector_has_one_side():
    assert layer_volume("vgg16", "fc6") == (4096,)
    assert layer_values("vgg16", "fc6") == 4096
    assert layer_volume("vgg16", "input") == (224, 224, 3)


def test_unknown_names_are_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"no network 'vgg17'; there are .*vgg16"):
        network("vgg17")
    with pytest.raises(ValueError, match="alexnet_227 has no layer 'conv6'; it has conv1"):
        network("alexnet_227").row("conv6")


def test_every_network_says_where_it_is_from():
    assert all(one.source and one.steps for one in networks().values())
