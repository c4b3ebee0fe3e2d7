"""Observing a network that runs without memory."""

import pytest
import small_networks
import torch
from torch import nn

from course_utils.accounting import summary
from course_utils.accounting.hooks import observe


def test_a_network_worked_out_by_hand():
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(100, 7))
    conv, pool, flatten, fc = observe(network, (1, 12, 12))
    assert (conv.name, conv.type, conv.output_size) == ("0", "Conv2d", (4, 10, 10))
    assert (conv.weights, conv.biases, conv.macs, conv.activations) == (36, 4, 3600, 400)
    assert (pool.output_size, flatten.activations) == ((4, 5, 5), 0)
    assert (fc.weights, fc.biases, fc.macs) == (700, 7, 700)
    assert conv.receptive_field is None


def test_nothing_is_computed_and_nothing_changes():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    observe(network, (3, 8, 8))
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_network_too_large_for_memory():
    # A million times a million weights.
    network = nn.Sequential(nn.Linear(10**6, 10**6, device="meta"))
    assert observe(network, (10**6,))[0].macs == 10**12


def test_what_has_no_rule_is_counted_all_the_same():
    counted = summary(small_networks.Upsampling(), (3, 8, 8), method="hooks")
    assert [(row.name, row.type, row.output_size) for row in counted.rows] == [
        ("up", "ConvTranspose2d", (4, 16, 16)),
        ("conv", "Conv2d", (2, 14, 14)),
        ("getitem", "getitem", (2, 13, 14)),
    ]
    assert counted.parameters == 3 * 4 * 4 + 4 + 2 * 4 * 9 + 2
    # Each of the 3x8x8 inputs goes to 4 channels of 2x2 places.
    assert counted.rows[0].macs == 3 * 8 * 8 * 4 * 2 * 2


def test_products_of_matrices_and_convolutions_along_one_axis():
    class Attending(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv1d(3, 5, 3)

        def forward(self, x):
            x = self.conv(x.flatten(2))
            return x @ x.transpose(1, 2)

    rows = observe(Attending(), (3, 4, 4))
    assert [(row.name, row.macs) for row in rows if row.macs] == [("conv", 5 * 14 * 9), ("matmul", 5 * 5 * 14)]


def test_what_multiplies_uncounted_is_refused():
    class Summing(nn.Module):
        def forward(self, x):
            return torch.einsum("nchw,nchw->n", x, x)

    with pytest.raises(ValueError, match="einsum multiplies in a way that is not counted"):
        observe(Summing(), (3, 4, 4))


def test_the_inside_of_one_row_counts_for_it():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), small_networks.Doubling())
    doubling = observe(network, (3, 9, 9))[1]
    assert (doubling.name, doubling.type) == ("1", "Doubling")
    assert (doubling.weights, doubling.macs) == (32, 32 * 16)


def test_batch_normalisation_in_training_at_a_single_place():
    assert len(observe(nn.Sequential(nn.BatchNorm2d(3)).train(), (3, 1, 1))) == 1


def test_an_input_that_does_not_fit_is_refused():
    with pytest.raises(RuntimeError):
        observe(nn.Sequential(nn.Conv2d(3, 4, 3)), (3, 2, 2))
    with pytest.raises(ValueError, match="input_size must be"):
        observe(nn.Sequential(nn.Conv2d(3, 4, 3)), (3, 2))
