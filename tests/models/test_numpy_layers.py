"""Our convolution as a part of PyTorch: the same numbers, gradients, parameters and first weights as its own."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.models.numpy_layers import Conv2d, Conv2dFunction, to_numpy, to_torch

SETTINGS = [
    {"kernel_size": 3},
    {"kernel_size": 1, "bias": False},
    {"kernel_size": (3, 2), "stride": (2, 1), "padding": (0, 2)},
    {"kernel_size": 2, "stride": 3, "padding": 1, "dilation": 2},
    {"kernel_size": (1, 3), "groups": 2, "padding": 1},
]


def twins(**settings):
    """(ours, PyTorch's) with the same weights, in float64."""
    ours, theirs = (module(4, 6, **settings).double() for module in (Conv2d, nn.Conv2d))
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_numbers_and_gradients_are_those_of_pytorch(settings):
    found = []
    for layer in twins(**settings):
        x = torch.randn(2, 4, 7, 6, dtype=torch.float64, generator=torch.manual_seed(0)).requires_grad_()
        out = layer(x)
        out.backward(torch.randn(out.shape, dtype=torch.float64, generator=torch.manual_seed(1)))
        found.append([out, x.grad, *(parameter.grad for parameter in layer.parameters())])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_gradients_by_trial(settings):
    layer, _ = twins(**settings)
    x = torch.randn(1, 4, 5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, x)
    arguments = x, layer.weight, layer.bias, *layer.settings
    assert torch.autograd.gradcheck(Conv2dFunction.apply, arguments)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_names_shapes_and_first_weights_are_those_of_pytorch(settings):
    made = []
    for module in (Conv2d, nn.Conv2d):
        torch.manual_seed(3)
        made.append(module(4, 6, **settings).state_dict())
    ours, theirs = made
    assert list(ours) == list(theirs)
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name])


def test_a_second_derivative_is_refused():
    layer, _ = twins(kernel_size=3)
    x = torch.randn(1, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    (dx,) = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        dx.sum().backward()


def test_a_saved_tensor_that_was_changed_is_noticed():
    layer, _ = twins(kernel_size=3)
    x = torch.randn(1, 4, 3, 3, dtype=torch.float64)
    out = layer(x)
    with torch.no_grad():
        layer.weight += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()


def test_groups_that_do_not_divide_are_refused():
    for channels, filters in itertools.product((3, 4), (5, 6)):
        if (channels, filters) != (4, 6):
            with pytest.raises(ValueError, match=f"in_channels={channels} and out_channels={filters}, got 2"):
                Conv2d(channels, filters, 3, groups=2)


def test_it_tells_what_it_is():
    assert "4, 6, kernel_size=(3, 3), stride=1, padding=1" in repr(Conv2d(4, 6, 3, padding=1))


def test_crossing_the_border_copies_nothing_on_the_cpu():
    tensor = torch.zeros(3, requires_grad=True)
    array = to_numpy(tensor)
    array[0] = 1
    assert tensor[0] == 1
    back = to_torch(array, like=tensor)
    back[1] = 2
    assert array[1] == 2
    assert to_numpy(None) is to_torch(None, like=tensor) is None
    assert back.dtype == torch.float32 and isinstance(array, np.ndarray)
