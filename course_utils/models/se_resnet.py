"""SE-ResNet: channels that are weighed by what the whole picture shows (Hu et al. 2018, "Squeeze-and-Excitation Networks").

At the end of each block's residual, C channels are averaged over the picture (squeeze), and a small network of C → C/16 → C
neurons answers a number between 0 and 1 for each channel (excitation), by which the channel is multiplied. A ResNet-50 of
25.6 million parameters gets 2.5 million more for it, and hardly any more multiplications.

The two layers are 1x1 convolutions here, which on a picture of one pixel are fully connected. They have biases, as in the
authors' published networks; the paper's later tables leave them out (`excitation_bias=False`), and round to the same 28.1M.
The authors put the stride on the 1x1 (`stride_on="1x1"`); the default is that of `resnet`, so that the two can be compared.
"""

from functools import partial
from typing import Any

import torch
from torch import nn

from course_utils.models.registry import Entry
from course_utils.models.resnet import SIZES, BasicBlock, Bottleneck, ResNet


class SqueezeExcitation(nn.Module):
    """x times a number per channel, drawn from the averages of all channels (Hu et al. 2018, equations 2 to 4).

    reduction: the layer between has channels / reduction neurons.

    Raises ValueError if that is less than one.
    """

    def __init__(self, channels: int, reduction: int = 16, bias: bool = True):
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction must be from 1 to {channels}, the number of channels, got {reduction}")
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, channels // reduction, kernel_size=1, bias=bias)
        self.relu = nn.ReLU()
        self.fc2 = nn.Conv2d(channels // reduction, channels, kernel_size=1, bias=bias)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, channels, H, W) → the same shape."""
        return x * self.sigmoid(self.fc2(self.relu(self.fc1(self.squeeze(x)))))


class Weighed:
    """Goes in front of a kind of block, whose residual it weighs."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        reduction: int = 16,
        excitation_bias: bool = True,
        **options: Any,
    ):
        super().__init__(in_channels, channels, stride, **options)
        self.se = SqueezeExcitation(channels * self.expansion, reduction, excitation_bias)

    def residual(self, x: torch.Tensor) -> torch.Tensor:
        return self.se(super().residual(x))


class SEBasicBlock(Weighed, BasicBlock):
    """A `BasicBlock` whose residual is weighed."""


class SEBottleneck(Weighed, Bottleneck):
    """A `Bottleneck` whose residual is weighed."""


def se_basic_resnet(
    num_classes: int,
    in_channels: int,
    depths: tuple[int, int, int, int],
    reduction: int = 16,
    excitation_bias: bool = True,
    shortcut: str = "B",
    zero_init_residual: bool = False,
) -> ResNet:
    """A ResNet of `SEBasicBlock`s."""
    options = {"reduction": reduction, "excitation_bias": excitation_bias, "shortcut": shortcut}
    return ResNet(num_classes, in_channels, SEBasicBlock, depths, zero_init_residual, **options)


def se_bottleneck_resnet(
    num_classes: int,
    in_channels: int,
    depths: tuple[int, int, int, int],
    reduction: int = 16,
    excitation_bias: bool = True,
    shortcut: str = "B",
    stride_on: str = "3x3",
    zero_init_residual: bool = False,
) -> ResNet:
    """A ResNet of `SEBottleneck`s."""
    options = {"reduction": reduction, "excitation_bias": excitation_bias, "shortcut": shortcut, "stride_on": stride_on}
    return ResNet(num_classes, in_channels, SEBottleneck, depths, zero_init_residual, **options)


# Parameters and MACs in the paper, where it says any.
_PUBLISHED = {
    50: {
        "parameters": "28.1M",
        "macs": "3.87e9",
        "source": "Hu et al. 2018 (journal version): parameters, table 10; MACs, table 2 (stride on the 1x1)",
    },
    101: {"macs": "7.60e9", "source": "Hu et al. 2018, table 2 (stride on the 1x1)"},
    152: {"macs": "11.32e9", "source": "Hu et al. 2018, table 2 (stride on the 1x1)"},
}

ENTRIES = tuple(
    Entry(
        f"se_resnet{layers}",
        partial(se_basic_resnet if layers < 50 else se_bottleneck_resnet, depths=depths),
        "se_resnet",
        "Hu et al. 2018, table 1" if layers == 50 else "Hu et al. 2018; stages of He et al. 2015, table 1",
        **_PUBLISHED.get(layers, {}),
    )
    for layers, (_, depths, _, _) in SIZES.items()
)
