"""Right answers to the exercises of lesson 10, by PyTorch: what a gradient reaches, what a counter counts, what is held."""

import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode


def receptive_field(kernel_sizes, strides=None, dilations=None):
    strides = strides or [1] * len(kernel_sizes)
    dilations = dilations or [1] * len(kernel_sizes)

    def first_seen(place):
        # Windows of ones, the way back: a pixel's gradient counts the paths to it.
        gradient = torch.zeros(1, 1, 2, dtype=torch.float64)
        gradient[..., place] = 1
        for size, stride, dilation in list(zip(kernel_sizes, strides, dilations, strict=True))[::-1]:
            # A dilated kernel as one with zeros; whoever skips pixels is still said to see them.
            kernel = torch.ones(1, 1, dilation * (size - 1) + 1, dtype=torch.float64)
            gradient = functional.conv_transpose1d(gradient, kernel, stride=stride)
            gradient = (gradient > 0).to(torch.float64)
        return torch.nonzero(gradient[0, 0])[:, 0]

    one, other = first_seen(0), first_seen(1)
    return int(one[-1] - one[0] + 1), int(other[0] - one[0])


def count_macs(in_channels, out_channels, kernel_size, output_size, groups=1):
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    rows, columns = (output_size, output_size) if isinstance(output_size, int) else output_size
    with torch.device("meta"):
        layer = nn.Conv2d(in_channels, out_channels, (height, width), groups=groups, bias=False)
        with FlopCounterMode(display=False) as counter:
            layer(torch.empty(1, in_channels, rows + height - 1, columns + width - 1))
    return counter.get_total_flops() // 2


def training_memory(activations, parameters, batch_size, optimizer_values=1, bytes_per_value=4):
    dtype = {2: torch.float16, 4: torch.float32, 8: torch.float64}[bytes_per_value]
    held = [torch.empty(parameters, dtype=dtype, device="meta") for _ in range(2 + optimizer_values)]
    held.append(torch.empty(batch_size, activations, dtype=dtype, device="meta"))
    return sum(tensor.nbytes for tensor in held)
