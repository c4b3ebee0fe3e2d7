"""What each type of step keeps for the way back, and what it takes for a moment: PyTorch's autograd, type by type.

A rule says what was seen with `torch.autograd.graph.saved_tensors_hooks` and in the CPU allocator's record, and the tests
see it again.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from course_utils.accounting.convolution_scratch import Convolution
from course_utils.accounting.rules import VIEWS
from course_utils.accounting.steps import Step
from course_utils.layers.arguments import check_pair

Size = tuple[int, ...]
_INT64 = 8
# Channels that a local response normalisation looks at: steps do not say it, AlexNet's has five.
_NORMALISED = 5


@dataclass(frozen=True)
class Call:
    """A step at work: the sizes it reads and makes for one image, and where.

    needs: for each input whether its gradient is wanted. permuted: the input lies in memory in another order. scattered:
    the output's gradient is a part of a larger tensor, as behind a Concat.
    """

    step: Step
    input_sizes: tuple[Size, ...]
    output_size: Size
    batch_size: int
    training: bool
    needs: tuple[bool, ...]
    weights: int = 0
    biases: int = 0
    bytes_per_value: int = 4
    device: str = "cpu"
    threads: int = 1
    permuted: bool = False
    scattered: bool = False

    @property
    def x(self) -> int:
        """Bytes of the first input, of the whole batch."""
        return self.batch_size * math.prod(self.input_sizes[0]) * self.bytes_per_value

    @property
    def out(self) -> int:
        """Bytes of the output."""
        return self.batch_size * math.prod(self.output_size) * self.bytes_per_value

    @property
    def gathered(self) -> int:
        """Bytes of a copy of the output's gradient, for functions that take no part of a larger tensor."""
        return self.out if self.scattered else 0

    @property
    def is_inplace(self) -> bool:
        return bool(self.step.settings.get("inplace", False))


@dataclass(frozen=True)
class Needs:
    """What a step takes, in bytes beyond its inputs, its output and their gradients.

    in_input: the output lies in the first input's memory. keeps_inputs, keeps_output, keeps: what autograd keeps, and
    how many bytes that are neither input nor output. forward, inference, backward: bytes for a moment on the way forward
    (of a training step, and without gradients) and on the way back; scratch: they belong to the workspace. shares: the
    gradient of an input is the output's gradient, or a part of it. scattered: such a part, which some must copy first.
    """

    in_input: bool = False
    keeps_inputs: bool = False
    keeps_output: bool = False
    keeps: int = 0
    forward: int = 0
    inference: int = 0
    backward: int = 0
    scratch: bool = False
    shares: bool = False
    parts: bool = False


def needs_of(call: Call) -> Needs:
    """What a step takes.

    A type without a rule counts as one that makes its output and keeps its input. So do modules that are one row and hide
    what they are made of, as the subsampling of LeNet-5 of 1998: what they take within is not seen.
    """
    if call.step.type in VIEWS:
        return Needs(in_input=True, shares=True)
    return _RULES.get(call.step.type, _keeps_input)(call)


def _keeps_input(call: Call) -> Needs:
    return Needs(keeps_inputs=True, backward=call.gathered)


def _window(call: Call) -> Needs:
    """A window of weights keeps its input, one that only picks pixels nothing."""
    return Needs(keeps_inputs=call.weights > 0)


def _convolution(call: Call) -> Needs:
    """Its input for the gradient of the weights; the weights are there anyway."""
    if call.device != "cpu":
        return Needs(keeps_inputs=True)
    settings = call.step.settings
    padding = settings.get("padding", 0)
    convolution = Convolution(
        call.batch_size,
        call.input_sizes[0],
        call.output_size,
        check_pair("kernel_size", settings["kernel_size"], least=1),
        check_pair("stride", settings.get("stride", 1), least=1),
        check_pair("dilation", settings.get("dilation", 1), least=1),
        settings.get("groups", 1),
        is_padded=padding == "same" or (not isinstance(padding, str) and any(check_pair("padding", padding, least=0))),
        bias=call.biases > 0,
        threads=call.threads,
        bytes_per_value=call.bytes_per_value,
    )
    forward = convolution.forward()
    return Needs(
        keeps_inputs=True,
        forward=forward,
        inference=forward,
        backward=convolution.backward(call.needs[0]) + call.gathered,
        scratch=True,
    )


def _keeps_output(call: Call) -> Needs:
    """An activation whose derivative can be read from its output; in place it takes nothing at all."""
    return Needs(in_input=call.is_inplace, keeps_output=True)


def _keeps_copy_in_place(call: Call) -> Needs:
    """Its derivative needs the input. In place that would be lost: PyTorch then keeps a copy, and nothing is won."""
    if call.is_inplace:
        return Needs(in_input=True, keeps=call.x)
    return Needs(keeps_inputs=True, backward=call.gathered)


def _scaled_tanh(call: Call) -> Needs:
    """a tanh(bx) keeps what tanh gave; bx and, on the way back, one gradient more are there for a moment."""
    return Needs(keeps=call.x, inference=call.x, backward=call.x)


def _max_pool(call: Call) -> Needs:
    """The place of each maximum, as an int64: twice what the outputs take, or more. It is made without gradients too."""
    places = call.out // call.bytes_per_value * _INT64
    return Needs(keeps_inputs=True, keeps=places, inference=places, backward=call.gathered)


def _adaptive_average(call: Call) -> Needs:
    """To 1x1 it is a mean, which needs nothing."""
    return Needs(keeps_inputs=call.output_size[-2:] != (1, 1), backward=call.gathered)


def _batch_norm(call: Call) -> Needs:
    """Its input, the mean and one over the deviation of each channel."""
    statistics = 2 * call.input_sizes[0][0] * call.bytes_per_value
    return Needs(keeps_inputs=True, keeps=statistics, inference=statistics, backward=call.x)


def _layer_norm(call: Call) -> Needs:
    """Its input, a mean and a deviation for each group of normalised numbers. Other orders of axes are copied first."""
    shape = call.step.settings.get("normalized_shape", call.input_sizes[0][-1])
    statistics = 2 * call.x // math.prod((shape,) if isinstance(shape, int) else shape)
    copy = call.x if call.permuted or call.step.type == "LayerNorm2d" else 0
    return Needs(keeps_inputs=True, keeps=statistics, forward=copy, inference=statistics + copy, backward=copy)


def _local_response_norm(call: Call) -> Needs:
    """It is put together of simple operations, each of which keeps something of its own.

    The input, its square with padding, k + alpha * mean, and that to the power of beta.
    """
    channels = call.input_sizes[0][0]
    padded = call.x // channels * (channels + _NORMALISED - 1)
    return Needs(keeps_inputs=True, keeps=2 * call.x + padded, inference=2 * call.x, backward=3 * call.x)


def _dropout(call: Call) -> Needs:
    """A mask as large as its input: numbers on the CPU, one byte each on a GPU. Nothing at all in evaluation."""
    if not call.training:
        return Needs(in_input=True, shares=True)
    if call.step.type != "Dropout":
        # One number a channel, or a picture.
        return Needs(keeps=call.batch_size * call.input_sizes[0][0] * call.bytes_per_value)
    mask = call.x if call.device == "cpu" else call.x // call.bytes_per_value
    return Needs(in_input=call.is_inplace, keeps=mask)


def _add(call: Call) -> Needs:
    return Needs(in_input=call.is_inplace, shares=True)


def _multiply(call: Call) -> Needs:
    """Both factors; that of a channel, or a parameter, gets a product as large as the picture, which is then summed."""
    if len(call.input_sizes) == 1 and not call.weights:
        return Needs(in_input=call.is_inplace)
    return Needs(keeps_inputs=True, backward=call.out)


def _concat(call: Call) -> Needs:
    return Needs(parts=True)


_RULES: dict[str, Callable[[Call], Needs]] = {
    "Conv2d": _convolution,
    "Linear": _keeps_input,
    "MaxPool2d": _max_pool,
    "AdaptiveMaxPool2d": _max_pool,
    "AdaptiveAvgPool2d": _adaptive_average,
    "Mean": _window,
    "ZeroPad2d": _window,
    "Window": _window,
    "BatchNorm1d": _batch_norm,
    "BatchNorm2d": _batch_norm,
    "LayerNorm": _layer_norm,
    "LayerNorm2d": _layer_norm,
    "LocalResponseNorm": _local_response_norm,
    "ScaledTanh": _scaled_tanh,
    "Dropout": _dropout,
    "Dropout2d": _dropout,
    "StochasticDepth": _dropout,
    "Add": _add,
    "Multiply": _multiply,
    "Concat": _concat,
    **dict.fromkeys(("ReLU", "LeakyReLU", "ELU", "Sigmoid", "Tanh", "Softmax", "LogSoftmax"), _keeps_output),
    **dict.fromkeys(("ReLU6", "SiLU", "Hardswish", "Hardsigmoid"), _keeps_copy_in_place),
}
