"""DenseNet-121: counts, what a layer reads and appends, and the old names of its published weights."""

import pytest
import torch
from networks import assert_traceable, disturb, longest_path, macs, on_meta, parameters, pictures
from state_digest import TORCHVISION, state_record
from torch import nn
from torch.nn import functional

from course_utils import models
from course_utils.models.densenet import DenseLayer, modern_names


def test_counts_and_state_dict_are_the_published_ones():
    network = on_meta("densenet121")
    assert parameters(network) == 7_978_856
    assert state_record(network) == TORCHVISION["densenet121"]
    assert longest_path(network) == 121
    assert round(macs("densenet121") / 1e9, 2) == 2.83


def test_sizes_of_the_blocks():
    network, seen = on_meta("densenet121"), {}
    for name, part in network.features.named_children():
        part.register_forward_hook(lambda _, __, out, name=name: seen.update({name: tuple(out.shape[1:])}))
    network(torch.empty(1, 3, 224, 224, device="meta"))
    assert seen["pool0"] == (64, 56, 56)
    assert [seen[f"denseblock{n}"] for n in (1, 2, 3, 4)] == [
        (256, 56, 56),
        (512, 28, 28),
        (1024, 14, 14),
        (1024, 7, 7),
    ]
    assert [seen[f"transition{n}"] for n in (1, 2, 3)] == [(128, 28, 28), (256, 14, 14), (512, 7, 7)]


def test_a_layer_step_by_step():
    layer = DenseLayer(5, 3).eval()
    disturb(layer)
    x = pictures(2, 5, 4)
    out = x
    for norm, conv, padding in ((layer.norm1, layer.conv1, 0), (layer.norm2, layer.conv2, 1)):
        out = functional.batch_norm(out, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
        out = functional.conv2d(out.clamp(min=0), conv.weight, padding=padding)
    assert torch.equal(layer(x)[:, :5], x)
    torch.testing.assert_close(layer(x)[:, 5:], out)


def test_what_a_block_has_read_stays_within_it():
    block = models.create("densenet121", seed=1).eval().features.denseblock1
    x = pictures(1, 64, 4)
    out = block(x)
    assert torch.equal(out[:, :64], x)
    for layers in (1, 3):
        assert torch.equal(block[:layers](x), out[:, : 64 + 32 * layers])


def test_old_names():
    state = on_meta("densenet121").state_dict()
    old = {
        key.replace("norm1", "norm.1").replace("norm2", "norm.2").replace("conv1", "conv.1").replace("conv2", "conv.2")
        for key in state
        if "denselayer" in key
    } | {key for key in state if "denselayer" not in key}
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    assert modern_names(dict.fromkeys(old)).keys() == state.keys()
    assert list(modern_names(state)) == list(state)


def test_initialisation():
    network = models.create("densenet121", seed=1)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            expected = (2 / module.weight[0].numel()) ** 0.5
            assert module.weight.std().item() == pytest.approx(expected, rel=5 / (2 * module.weight.numel()) ** 0.5)
    assert not network.classifier.bias.any()


def test_smallest_picture():
    network = models.create("densenet121", 5, seed=1).eval()
    assert network(pictures(1, 3, 29)).shape == (1, 5)
    with pytest.raises(ValueError, match="28x28, too small for densenet121, which needs 29x29"):
        network(pictures(1, 3, 28))


def test_traceable_and_the_same_each_time():
    assert_traceable(models.create("densenet121", 5, 2, seed=1), pictures(2, 2, 33, 40))
