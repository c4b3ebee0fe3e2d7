import pytest
import torch
from networks import longest_path, on_meta, parameters
from observed import shapes
from torch import nn

from course_utils import models
from course_utils.models.googlenet import MODULES, GoogLeNetOutputs

NAMES = ("googlenet_2014", "googlenet")

# Szegedy et al. 2014, table 1: maps of each module, params in units of 1,024, ops in millions.
TABLE = {
    "3a": (256, 159, 128),
    "3b": (480, 380, 304),
    "4a": (512, 364, 73),
    "4b": (512, 437, 88),
    "4c": (512, 463, 100),
    "4d": (528, 580, 119),
    "4e": (832, 840, 170),
    "5a": (832, 1072, 54),
    "5b": (1024, 1388, 71),
}
SIDES = {"3": 28, "4": 14, "5": 7}


def weights(module):
    return sum(layer.weight.numel() for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear))


@pytest.mark.parametrize("name", NAMES)
def test_sizes_are_those_of_table_one(name):
    found = shapes(on_meta(name), (3, 224, 224))
    expected = {
        "conv1": (64, 112, 112),
        "maxpool1": (64, 56, 56),
        "conv2": (64, 56, 56),
        "conv3": (192, 56, 56),
        "maxpool2": (192, 28, 28),
        "maxpool3": (480, 14, 14),
        "maxpool4": (832, 7, 7),
        "avgpool": (1024, 1, 1),
        "fc": (1000,),
    }
    for module, (maps, _, _) in TABLE.items():
        expected[f"inception{module}"] = (maps, SIDES[module[0]], SIDES[module[0]])
    assert {layer: found[layer] for layer in expected} == expected


def test_weights_and_operations_are_those_of_table_one_where_it_agrees_with_itself():
    network = on_meta("googlenet_2014")
    differing = {}
    for module, (_, params, ops) in TABLE.items():
        counted = weights(network.get_submodule(f"inception{module}"))
        counted_ops = counted * SIDES[module[0]] ** 2 / 1e6
        if abs(counted / 1024 - params) > 1:
            differing[module] = round(counted / 1024)
        assert abs(counted_ops - ops) <= 1 or (module, round(counted_ops)) == ("5a", 51)
    assert differing == {"4a": 367, "4c": 498, "4d": 590, "4e": 847, "5a": 1018, "5b": 1409}
    assert weights(network.conv1) == 9_408
    assert round(9_408 * 112**2 / 1e6) == 118
    assert weights(network.conv2) + weights(network.conv3) == 112 * 1024
    assert round((weights(network.conv2) + weights(network.conv3)) * 56**2 / 1e6) == 360
    # "about 1.5 billion": the sum of the table's column.
    assert 34 + 360 + sum(ops for _, _, ops in TABLE.values()) + 1 == 1502


@pytest.mark.parametrize(
    ("name", "bare", "heads"), [("googlenet_2014", 6_998_552, 6_379_728), ("googlenet", 6_624_904, 6_379_984)]
)
def test_the_heads_are_nearly_half_of_the_parameters(name, bare, heads):
    assert parameters(on_meta(name, aux_logits=False)) == bare
    assert parameters(on_meta(name)) == bare + heads


def test_22_layers_deep():
    """Section 5: 22 layers with parameters, on the longest way through; side by side they are many more."""
    network = on_meta("googlenet_2014", aux_logits=False)
    assert longest_path(network) == 22
    assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in network.modules()) == 58


@pytest.mark.parametrize(("name", "size"), [("googlenet_2014", 5), ("googlenet", 3)])
def test_the_third_branch_looks_at_five_pixels_or_by_mistake_at_three(name, size):
    branch = on_meta(name).inception3a.branch3[1].conv
    assert branch.kernel_size == (size, size)
    assert branch.padding == (size // 2, size // 2)


def test_a_module_puts_four_branches_one_behind_the_other():
    module = models.create("googlenet_2014", seed=0).inception3a
    x = torch.rand(1, 192, 6, 6, generator=torch.Generator().manual_seed(0))
    out = module(x)
    assert out.shape == (1, 256, 6, 6)
    parts = out.split((64, 128, 32, 32), 1)
    for part, branch in zip(parts, (module.branch1, module.branch2, module.branch3, module.branch4), strict=True):
        torch.testing.assert_close(part, branch(x))


@pytest.mark.parametrize("name", NAMES)
def test_heads_speak_in_training_alone(name):
    network = models.create(name, num_classes=5, seed=0)
    x = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    outputs = network(x)
    assert isinstance(outputs, GoogLeNetOutputs)
    assert [part.shape for part in outputs] == [(2, 5)] * 3
    labels = torch.tensor([0, 3])
    losses = [nn.functional.cross_entropy(part, labels) for part in outputs]
    (losses[0] + 0.3 * (losses[1] + losses[2])).backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    network.eval()
    with torch.no_grad():
        scores = network(x)
    assert isinstance(scores, torch.Tensor)
    assert scores.shape == (2, 5)
    without = models.create(name, num_classes=5, seed=0, aux_logits=False, device="meta")
    assert without(x.to("meta")).shape == (2, 5)


def test_each_head_listens_where_figure_three_has_it():
    network = models.create("googlenet", num_classes=5, seed=0)
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for output, last in (("aux_logits1", "inception4a"), ("aux_logits2", "inception4d"), ("logits", "inception5b")):
        network.zero_grad(set_to_none=True)
        getattr(network(x), output).sum().backward()
        reached = [
            module
            for module in MODULES
            if next(network.get_submodule(f"inception{module}").parameters()).grad is not None
        ]
        assert f"inception{reached[-1]}" == last


def test_heads_pool_as_the_paper_says():
    assert shapes(on_meta("googlenet_2014").train(), (3, 224, 224))["aux1.pool"] == (512, 4, 4)
    head = on_meta("googlenet_2014").aux1.pool
    assert (head.kernel_size, head.stride) == (5, 3)
    assert on_meta("googlenet_2014").aux2.dropout.p == 0.7
    assert on_meta("googlenet_2014").dropout.p == 0.4


def test_the_paper_normalises_behind_the_first_pooling_and_before_the_second():
    paper = on_meta("googlenet_2014")
    assert [type(layer).__name__ for layer in paper.maxpool1] == ["MaxPool2d", "LocalResponseNorm"]
    assert [type(layer).__name__ for layer in paper.maxpool2] == ["LocalResponseNorm", "MaxPool2d"]
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in paper.modules())
    assert not any(isinstance(layer, nn.LocalResponseNorm) for layer in on_meta("googlenet").modules())
    assert all(layer.eps == 0.001 for layer in on_meta("googlenet").modules() if isinstance(layer, nn.BatchNorm2d))


def test_transform_input_brings_torchvisions_scale_to_minus_one_to_one():
    network = models.create("googlenet", transform_input=True, aux_logits=False)
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    pictures = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(network.transform((pictures - mean) / deviation), 2 * pictures - 1)
    assert not any("transform" in key for key in network.state_dict())
    assert models.create("googlenet", transform_input=True, device="meta").transform.scale.is_meta
    with pytest.raises(ValueError, match="transform_input needs pictures of 3 channels, got in_channels=1"):
        models.create("googlenet", in_channels=1, transform_input=True)


def test_weights_start_as_said():
    paper = models.create("googlenet_2014", seed=0)
    for conv in (paper.conv3.conv, paper.inception4c.branch2[1].conv, paper.aux1.fc1):
        bound = (3 / conv.weight[0].numel()) ** 0.5
        assert 0.99 * bound < conv.weight.abs().max() <= bound
        assert conv.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.02)
        assert (conv.bias == 0.2).all()
    assert not any(layer.bias.any() for layer in (paper.fc, paper.aux1.fc2, paper.aux2.fc2))
    normalised = models.create("googlenet", seed=0)
    for layer in (normalised.conv3.conv, normalised.fc, normalised.aux1.fc1):
        assert layer.weight.abs().max() <= 0.02
        assert layer.weight.std().item() == pytest.approx(0.0088, rel=0.02)
    assert (normalised.conv1.bn.weight == 1).all()
