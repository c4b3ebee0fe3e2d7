"""A torch network as steps: names, types, settings, what is read, and what cannot be traced."""

import pytest
import small_networks
import torch
from torch import nn

from course_utils.accounting import Step, UnknownType, summary
from course_utils.accounting.tracing import trace


def test_settings_are_those_that_are_not_pytorchs_defaults():
    network = nn.Sequential(
        nn.Conv2d(3, 8, (3, 1), stride=2, padding="valid", bias=False),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.BatchNorm2d(8, affine=False),
        nn.ReLU(inplace=True),
        nn.AdaptiveAvgPool2d((1, 1)),
        nn.Flatten(),
        nn.Linear(8, 2),
    )
    conv = {"out_channels": 8, "kernel_size": (3, 1), "stride": 2, "padding": "valid", "bias": False, "in_channels": 3}
    assert trace(network) == (
        Step("0", "Conv2d", conv, ("input",)),
        Step("1", "MaxPool2d", {"kernel_size": 3, "stride": 2, "ceil_mode": True}, ("0",)),
        Step("2", "BatchNorm2d", {"num_features": 8, "affine": False}, ("1",)),
        Step("3", "ReLU", {"inplace": True}, ("2",)),
        Step("4", "AdaptiveAvgPool2d", {"output_size": 1}, ("3",)),
        Step("5", "Flatten", {}, ("4",)),
        Step("6", "Linear", {"out_features": 2, "in_features": 8}, ("5",)),
    )


def test_functions_are_steps_like_modules():
    steps = trace(small_networks.Functions())
    assert [(step.name, step.type) for step in steps] == [
        ("conv1", "Conv2d"),
        ("relu", "ReLU"),
        ("max_pool2d", "MaxPool2d"),
        ("conv2", "Conv2d"),
        ("relu_1", "ReLU"),
        ("avg_pool2d", "AvgPool2d"),
        ("view", "Flatten"),
        ("fc", "Linear"),
        ("dropout", "Dropout"),
    ]
    assert steps[5].settings == {"kernel_size": 2, "ceil_mode": True}
    assert summary(small_networks.Functions(), (1, 14, 14)).parameters == 40 + 288 + 365


def test_a_function_is_named_by_the_module_that_calls_it():
    network = nn.Sequential(small_networks.Sharing(), small_networks.Sharing())
    names = [step.name for step in trace(network)]
    assert names[:6] == ["0.first", "0.relu", "0.second", "0.relu_1", "0.first_1", "0.add"]
    assert names[-1] == "1.add"


def test_what_is_shared_is_counted_once():
    counted = summary(small_networks.Sharing(), (3, 5, 5))
    assert [row.weights for row in counted.rows] == [81, 0, 0, 0, 0, 0]
    # The second convolution has a bias of its own; the first is not counted again when it is called again.
    assert [row.biases for row in counted.rows] == [3, 0, 3, 0, 0, 0]
    assert counted.macs == 3 * 81 * 25


def test_parameters_used_directly_are_counted_where_they_are_used():
    counted = summary(small_networks.Scaled(), (6, 5, 4))
    assert (counted.row("mul").weights, counted.row("add").biases) == (12, 12)
    assert sum(row.buffers for row in counted.rows if row.type == "Multiply") == 12
    assert counted.rows[-1].output_size == (12,)


def test_the_mode_of_the_network_counts():
    network = small_networks.Heads()
    training, evaluation = summary(network, (3, 6, 6)), summary(network.eval(), (3, 6, 6))
    assert training.parameters == evaluation.parameters + 10
    assert (training.unused, evaluation.unused) == (0, 10)


def test_tracing_leaves_the_network_as_it_was():
    network = small_networks.Scaled()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    trace(network)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert network.training


def test_a_class_derived_from_pytorchs_is_opened():
    class Quiet(nn.ReLU):
        pass

    (step,) = trace(nn.Sequential(Quiet()))
    assert (step.name, step.type) == ("0.relu", "ReLU")


def test_what_cannot_be_traced_says_where():
    with pytest.raises(ValueError, match=r"DependsOnShape cannot be traced after gt.*method=\"hooks\""):
        trace(small_networks.DependsOnShape())


def test_what_has_no_rule_is_named():
    with pytest.raises(UnknownType, match="up is a ConvTranspose2d"):
        summary(small_networks.Upsampling(), (3, 8, 8))


@pytest.mark.parametrize("shape", [(-1, 3, 4), (2, 12)])
def test_other_views_are_refused(shape):
    class Viewing(nn.Module):
        def forward(self, x):
            return x.view(x.shape[0], *shape)

    with pytest.raises(UnknownType, match=r"view that is not \(n, -1\)"):
        summary(Viewing(), (3, 2, 2))
