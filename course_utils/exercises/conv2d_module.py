"""An exercise of lesson 09: a convolution as a module of PyTorch, with parameters that others can find."""

import functools
import math

import numpy as np

from course_utils.exercises.convolution_backward import backward_case, random_backward
from course_utils.exercises.drawing_cases import digits
from course_utils.exercises.slips import lazy_misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Lazy
from course_utils.exercises.torch_runs import first_weights, parameters_of, run_layer


@functools.cache
def wrong_conv2d(slip: str) -> type:
    """Conv2d with one slip in it."""
    import torch
    from torch import nn

    from course_utils.models.numpy_layers import Conv2dFunction

    class Conv2d(nn.Module):
        def __init__(
            self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True
        ):
            super().__init__()
            kernel = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
            weight = torch.empty(_shape(slip, in_channels, out_channels, kernel, groups))
            _draw(slip, weight, in_channels // groups, math.prod(kernel))
            values = torch.empty(out_channels)
            _draw("zeros" if slip == "bias zero" else slip, values, in_channels // groups, math.prod(kernel))
            self.weight = weight.requires_grad_() if slip == "no parameters" else nn.Parameter(weight)
            plain = slip in ("no parameters", "bias no parameter")
            self.bias = values.requires_grad_() if plain else nn.Parameter(values)
            if slip == "never a bias" or (not bias and slip != "always a bias"):
                self.bias = None
            self.settings = {
                "settings": (1, 0, 1, 1),
                "stride": (1, padding, dilation, groups),
                "padding": (stride, 0, dilation, groups),
                "dilation": (stride, padding, 1, groups),
            }.get(slip, (stride, padding, dilation, groups))

        def forward(self, x):
            weight, bias = self.weight, self.bias
            if slip == "data":
                weight, bias = weight.data, None if bias is None else bias.data
            return Conv2dFunction.apply(x, weight, bias, *self.settings)

    return Conv2d


def _shape(slip: str, in_channels: int, out_channels: int, kernel: tuple[int, int], groups: int) -> tuple[int, ...]:
    return {
        "groups": (out_channels, in_channels, *kernel),
        "kernel": (out_channels, in_channels // groups, *kernel[::-1]),
        "channels": (in_channels // groups, out_channels, *kernel),
    }.get(slip, (out_channels, in_channels // groups, *kernel))


def _draw(slip: str, tensor, depth: int, area: int) -> None:
    """Fill a tensor with first weights."""
    limit = 1 / math.sqrt(depth * area)
    if slip == "zeros":
        tensor.zero_()
    elif slip == "randn":
        tensor.normal_()
    elif slip == "kaiming":
        tensor.normal_(0, math.sqrt(2) * limit)
    elif slip == "rand":
        tensor.uniform_()
    elif slip == "one-sided":
        tensor.uniform_(0, limit)
    elif slip == "kernel not counted":
        tensor.uniform_(-limit * math.sqrt(area), limit * math.sqrt(area))
    else:
        tensor.uniform_(-limit, limit)


def _random_case(rng: np.random.Generator) -> Case:
    return _of_a_module(random_backward(rng))


def _case(label: str, seed: int, x: tuple[int, ...], weight: tuple[int, ...], bias: bool = True, **settings) -> Case:
    return _of_a_module(backward_case(label, seed, x, weight, bias, **settings))


def _of_a_module(case: Case) -> Case:
    """The case of a convolution as one of the module that does it: sizes to make it with, and numbers to put into it."""
    values = dict(case.values)
    weight, bias = values.pop("weight"), values.pop("bias", None)
    height, width = weight.shape[2:]
    made_with = {
        "in_channels": values["x"].shape[1],
        "out_channels": len(weight),
        "kernel_size": height if height == width else (height, width),
    }
    if bias is None:
        made_with["bias"] = False
    return Case(case.label, {**made_with, **values, "weight_values": weight, "bias_values": bias})


CONV2D = Exercise(
    name="Conv2d",
    lesson="09",
    reference=Lazy("course_utils.models.numpy_layers", "Conv2d"),
    plan=(
        Call(
            "Conv2d",
            ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias"),
            ("layer",),
        ),
        Call("parameters_of", ("layer",), ("parameters",)),
        Call("first_weights", ("layer",), ("spread", "beyond_limit", "bias_drawn")),
        Call(
            "run_layer",
            ("layer", "x", "dout", "weight_values", "bias_values"),
            ("out", "dx", "dweight", "dbias"),
        ),
    ),
    course={"parameters_of": parameters_of, "first_weights": first_weights, "run_layer": run_layer},
    compared=("parameters", "out", "dx", "dweight", "dbias", "spread", "beyond_limit", "bias_drawn"),
    cases=(
        _case("one filter", 10, (1, 1, 3, 2), (1, 1, 2, 2)),
        _case("a kernel of 3 by 1, stride 2", 20, (2, 2, 5, 3), (3, 2, 3, 1), stride=2),
        _case("padding 1 and 2, stride 2 and 1", 30, (1, 2, 3, 3), (2, 2, 2, 2), stride=(2, 1), padding=(1, 2)),
        _case("dilation 2, stride 3, no bias", 40, (1, 1, 7, 6), (2, 1, 2, 3), bias=False, stride=3, dilation=2),
        _case("two groups", 50, (1, 4, 3, 2), (2, 2, 2, 2), groups=2, padding=1),
        # Nothing comes back to it, so only its weights are looked at. As the largest case it is the last to be shown.
        Case(
            "its first weights, in units of 1/sqrt(fan_in)",
            {"in_channels": 4, "out_channels": 64, "kernel_size": 5, "padding": 2, "x": digits(60, 1, 4, 4, 4)},
        ),
    ),
    random_case=_random_case,
    random_cases=100,
    misconceptions=lazy_misconceptions(
        __name__,
        "wrong_conv2d",
        (
            (
                "no parameters",
                "no parameters",
                "Your weights are plain tensors. An optimizer that asks the module for its parameters is given none, and nothing "
                "is saved.",
            ),
            (
                "a bias that is no parameter",
                "bias no parameter",
                "Your bias is a plain tensor. The module does not know that it belongs to it.",
            ),
            (
                "weights cut off from the graph",
                "data",
                "The output is right, and no gradient reaches your weights: what you compute with is their `data`, which has no "
                "graph.",
            ),
            (
                "the groups not in the weight's shape",
                "groups",
                "Your filters are as deep as the picture. With groups each filter sees only its group's channels.",
            ),
            (
                "the kernel's sides exchanged",
                "kernel",
                "Height and width of your kernel have changed places. A pair is rows first, then columns.",
            ),
            (
                "channels exchanged in the weight's shape",
                "channels",
                "The first axis of your weight counts the channels that come in. In PyTorch it counts the filters.",
            ),
            (
                "always a bias",
                "always a bias",
                "Your layer has a bias even when it was asked for none.",
            ),
            (
                "never a bias",
                "never a bias",
                "Your layer has no bias, and by default it should have one.",
            ),
            (
                "the settings not handed on",
                "settings",
                "Your layer is told stride, padding, dilation and groups, and convolves without them.",
            ),
            (
                "the stride not handed on",
                "stride",
                "Your layer always moves by one pixel, whatever stride it was made with.",
            ),
            (
                "the padding not handed on",
                "padding",
                "Your layer never pads, whatever padding it was made with.",
            ),
            (
                "the dilation not handed on",
                "dilation",
                "The taps of your kernel always sit side by side, whatever dilation the layer was made with.",
            ),
            (
                "first weights of zero",
                "zeros",
                "All your filters begin at zero, so they all get the same gradient. They have to start different.",
            ),
            (
                "first weights of spread 1",
                "randn",
                "Your weights have a spread of 1 however many inputs a neuron has. The output grows with every layer.",
            ),
            (
                "first weights by Kaiming's rule",
                "kaiming",
                "Your weights are normal, by Kaiming's rule for ReLU. That is often better, but `nn.Conv2d` begins uniform.",
            ),
            (
                "first weights between 0 and 1",
                "rand",
                "Your weights lie between 0 and 1 however many inputs a neuron has. They should be small, on both sides of 0.",
            ),
            (
                "first weights on one side of 0",
                "one-sided",
                "None of your weights is negative. The interval goes to both sides of 0.",
            ),
            (
                "the fan-in without the kernel's area",
                "kernel not counted",
                "Your weights are too large: a neuron has as many inputs as its kernel has taps, over all its channels.",
            ),
            (
                "first biases of 0",
                "bias zero",
                "Your biases begin at 0, which works well. `nn.Conv2d` draws them as it draws the weights.",
            ),
        ),
    ),
    hints=(
        "A module finds as its own what is an `nn.Parameter` and is set as an attribute. A bias that is not wanted is None.",
        "The weight has the shape (out_channels, in_channels // groups, KH, KW), and the fan-in is the product of the last "
        "three. An empty tensor fills itself with uniform numbers by `uniform_`.",
        "`self.weight = nn.Parameter(torch.empty(shape).uniform_(-limit, limit))`, the same for `self.bias` with "
        "`out_channels` numbers; `forward` returns `Conv2dFunction.apply(x, self.weight, self.bias, *self.settings)`.",
    ),
)
EXERCISES = (CONV2D,)
