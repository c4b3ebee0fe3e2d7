"""What weights start from, as published.

Each function draws the weights of the convolutions and fully connected layers of a module anew, in the order in which it has
them, and sets their biases; other layers stay as PyTorch makes them (batch normalisation: weight 1, bias 0). `layers` narrows
it to one kind of layer. fan_in is how many inputs one output is summed from, fan_out how many outputs one input goes into.
"""

from collections.abc import Callable
from math import sqrt

import torch
from torch import nn

Kinds = type[nn.Module] | tuple[type[nn.Module], ...]
WEIGHTED = (nn.Conv2d, nn.Linear)


def gaussian(module: nn.Module, deviation: float, bias: float = 0.0, layers: Kinds = WEIGHTED) -> None:
    """Normal with one standard deviation everywhere: 0.01 in Krizhevsky et al. 2012, section 5."""
    _draw(module, lambda weight: nn.init.normal_(weight, std=deviation), bias, layers)


def truncated_gaussian(module: nn.Module, deviation: float, bias: float = 0.0, layers: Kinds = WEIGHTED) -> None:
    """`gaussian`, but what lies more than two deviations from 0 is drawn again: TensorFlow's, of the Inception networks.

    What remains has 0.88 of the deviation.
    """
    cut = 2 * deviation
    _draw(module, lambda weight: nn.init.trunc_normal_(weight, std=deviation, a=-cut, b=cut), bias, layers)


def he_normal(module: nn.Module, mode: str = "fan_in", bias: float = 0.0, layers: Kinds = WEIGHTED) -> None:
    """Normal with standard deviation sqrt(2 / fan): keeps the scale through ReLUs.

    He et al. 2015, "Delving deep into rectifiers", equations 10 and 14. mode: "fan_in" keeps the scale of the outputs,
    "fan_out" that of the gradients.
    """
    _draw(module, lambda weight: nn.init.kaiming_normal_(weight, mode=mode, nonlinearity="relu"), bias, layers)


def glorot_uniform(module: nn.Module, bias: float = 0.0, layers: Kinds = WEIGHTED) -> None:
    """Uniform within ±sqrt(6 / (fan_in + fan_out)): Glorot and Bengio 2010, equation 16."""
    _draw(module, nn.init.xavier_uniform_, bias, layers)


def caffe_xavier(module: nn.Module, bias: float = 0.0, layers: Kinds = WEIGHTED) -> None:
    """Uniform within ±sqrt(3 / fan_in): what Caffe calls "xavier", though it leaves Glorot's fan_out out."""
    _draw(module, lambda weight: _uniform(weight, sqrt(3 / _fan_in(weight))), bias, layers)


def lecun_1998(module: nn.Module, bias: float = 0.0, layers: Kinds = WEIGHTED) -> None:
    """Uniform within ±2.4 / fan_in: LeCun et al. 1998, "Gradient-based learning", section III.A, of LeNet-5."""
    _draw(module, lambda weight: _uniform(weight, 2.4 / _fan_in(weight)), bias, layers)


def _draw(module: nn.Module, draw: Callable[[torch.Tensor], object], bias: float, layers: Kinds) -> None:
    for layer in module.modules():
        if isinstance(layer, layers):
            draw(layer.weight)
            if layer.bias is not None:
                nn.init.constant_(layer.bias, bias)


def _uniform(weight: torch.Tensor, bound: float) -> None:
    nn.init.uniform_(weight, -bound, bound)


def _fan_in(weight: torch.Tensor) -> int:
    return weight[0].numel()
