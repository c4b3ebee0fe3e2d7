"""create, list, describe: names, options, seeds and devices, and what is said when they are wrong."""

import pytest
import torch
from torch import nn

from course_utils import models

NAMES = models.list()


def test_list_has_every_family_in_the_order_of_the_course():
    families = list(dict.fromkeys(models.describe(name).family for name in NAMES))
    assert families[:4] == ["lenet", "alexnet", "zfnet", "vgg"]
    assert families[-1] == "convnext"
    assert [name for family in families for name in models.list(family)] == NAMES


def test_list_of_one_family():
    assert models.list("vgg")[:2] == ["vgg11", "vgg13"]


@pytest.mark.parametrize("name", NAMES)
def test_every_network_says_where_it_comes_from(name):
    entry = models.describe(name)
    assert entry.name == name
    assert any(character.isdigit() for character in entry.paper), "a year"
    assert bool(entry.parameters or entry.macs) == bool(entry.source), "a published value has a source"


@pytest.mark.parametrize("name", NAMES)
def test_every_network_takes_other_classes_and_channels(name):
    entry = models.describe(name)
    # LeNet-5's codes are those of ten digits.
    options = {"head": "softmax"} if "head" in entry.options else {}
    network = models.create(name, num_classes=7, in_channels=2, device="meta", **options).eval()
    assert all(parameter.is_meta for parameter in network.parameters())
    assert network(torch.empty(3, 2, *entry.input_size[1:], device="meta")).shape == (3, 7)


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_the_published_ones(name):
    entry = models.describe(name)
    network = models.create(name, device="meta")
    assert network.training
    assert network.eval()(torch.empty(2, *entry.input_size, device="meta")).shape == (2, entry.num_classes)


@pytest.mark.parametrize(
    ("name", "suggested"),
    [("resnet51", "resnet50"), ("ResNet-50", "resnet50"), ("vgg-16", "vgg16"), ("googlnet", "googlenet")],
)
def test_an_unknown_name_gets_the_nearest(name, suggested):
    with pytest.raises(ValueError, match=rf"no network called '{name}'.*'{suggested}'"):
        models.create(name)


def test_a_name_like_no_other_gets_the_list():
    with pytest.raises(ValueError, match="there are lenet5_1998, "):
        models.describe("transformer")


def test_an_unknown_family():
    with pytest.raises(ValueError, match="no family called 'vvg'; did you mean 'vgg'"):
        models.list("vvg")


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "ten"])
@pytest.mark.parametrize("argument", ["num_classes", "in_channels"])
def test_counts_must_be_whole_and_positive(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must be a whole number of at least 1, got {value!r}"):
        models.create("lenet5", **{argument: value})


def test_an_option_that_the_network_lacks():
    with pytest.raises(TypeError, match=r"resnet20_cifar has no option 'cut'; its options are: .*shortcut='A'"):
        models.create("resnet20_cifar", cut="B")


# Seeds and devices


def weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


def test_a_seed_repeats_the_weights_and_leaves_the_global_generator_alone():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    first, second, other = (models.create("lenet5", seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(4), expected)
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(weights(first), weights(other))


def test_without_a_seed_the_global_generator_decides():
    torch.manual_seed(5)
    first = models.create("lenet5")
    second = models.create("lenet5")
    torch.manual_seed(5)
    assert torch.equal(weights(models.create("lenet5")), weights(first))
    assert not torch.equal(weights(first), weights(second))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_seed_gives_the_same_weights_on_the_gpu():
    there = weights(models.create("lenet5", seed=1, device="cuda"))
    assert there.is_cuda
    assert torch.equal(there.cpu(), weights(models.create("lenet5", seed=1)))
