"""The course's NumPy convolution as a part of PyTorch: a Function that autograd can walk back through, and a module.

Slower than PyTorch's own, of course. It shows what a layer has to bring to take part in a network, and serves as the reference
of lesson 09's exercises.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.autograd.function import once_differentiable

from course_utils.layers import conv2d_backward, conv2d_forward


def to_numpy(tensor: torch.Tensor | None) -> np.ndarray | None:
    """The tensor's numbers as an array, without its graph; shared with it where it lies in the CPU's memory."""
    return None if tensor is None else tensor.detach().cpu().numpy()


def to_torch(array: np.ndarray | None, like: torch.Tensor) -> torch.Tensor | None:
    """The array as a tensor on the device of `like`; shared with the array where that is the CPU."""
    return None if array is None else torch.from_numpy(array).to(like.device)


class Conv2dFunction(torch.autograd.Function):
    """`conv2d_forward` and `conv2d_backward` as one operation of autograd.

    `Conv2dFunction.apply(x, weight, bias, stride, padding, dilation, groups)`, bias None for none, gives the output. The
    gradients have no graph of their own: a second derivative raises RuntimeError.
    """

    @staticmethod
    def forward(ctx, x, weight, bias, *settings):
        ctx.save_for_backward(x, weight, bias)
        ctx.settings = settings
        out, _ = conv2d_forward(to_numpy(x), to_numpy(weight), to_numpy(bias), *settings)
        return to_torch(out, like=x)

    @staticmethod
    @once_differentiable
    def backward(ctx, dout):
        """(dx, dweight, dbias), then None for each setting: one result for each argument of forward."""
        cache = *map(to_numpy, ctx.saved_tensors), *ctx.settings
        gradients = conv2d_backward(to_numpy(dout), cache)
        return *(to_torch(gradient, like=dout) for gradient in gradients), None, None, None, None


class Conv2d(nn.Module):
    """`nn.Conv2d` by the course's functions: same arguments, parameters, state dict and first weights.

    weight (out_channels, in_channels/groups, KH, KW) and bias (out_channels,) start uniform within 1/sqrt(fan_in). x: (N,
    in_channels, H, W). Raises ValueError if groups does not divide both numbers of channels.
    """

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True
    ) -> None:
        super().__init__()
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"groups must divide in_channels={in_channels} and out_channels={out_channels}, got {groups}"
            )
        rows, columns = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        limit = 1 / math.sqrt(in_channels // groups * rows * columns)
        weight = torch.empty(out_channels, in_channels // groups, rows, columns)
        self.weight = nn.Parameter(weight.uniform_(-limit, limit))
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-limit, limit)) if bias else None
        self.settings = stride, padding, dilation, groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return Conv2dFunction.apply(x, self.weight, self.bias, *self.settings)

    def extra_repr(self) -> str:
        filters, depth, *kernel_size = self.weight.shape
        stride, padding, dilation, groups = self.settings
        return (
            f"{depth * groups}, {filters}, kernel_size={tuple(kernel_size)}, stride={stride}, padding={padding}, "
            f"dilation={dilation}, groups={groups}, bias={self.bias is not None}"
        )
