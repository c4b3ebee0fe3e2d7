"""MobileNetV2: few multiplications, by filtering each channel on its own (Sandler et al. 2018, table 2).

An inverted residual widens x with a 1x1 convolution, filters each channel alone (3x3, as many groups as channels), and
narrows it again with a 1x1 convolution that no ReLU follows: among few channels, a ReLU would lose too much. The shortcut joins
the narrow ends.

| part | widened | output | times | stride |
| --- | --- | --- | --- | --- |
| 3x3 | | 32x112x112 | 1 | 2 |
| inverted residual | 1 | 16x112x112 | 1 | 1 |
| inverted residual | 6 | 24x56x56 | 2 | 2 |
| inverted residual | 6 | 32x28x28 | 3 | 2 |
| inverted residual | 6 | 64x14x14 | 4 | 2 |
| inverted residual | 6 | 96x14x14 | 3 | 1 |
| inverted residual | 6 | 160x7x7 | 3 | 2 |
| inverted residual | 6 | 320x7x7 | 1 | 1 |
| 1x1 | | 1280x7x7 | 1 | 1 |
| average, classifier | | classes | | |

The stride is that of the first of each row. Names and shapes of the weights are torchvision's. The paper has 3.4 million
parameters; the table gives 3,504,872, or 3,470,760 if normalisations are left out.
"""

import torch
from torch import nn

from course_utils.models.initialisation import gaussian, he_normal
from course_utils.models.registry import Entry

# Widened how many times, channels handed on, how many blocks, stride of the first.
_ROWS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class ConvNormReLU6(nn.Sequential):
    """A convolution, normalised, cut off below 0 and above 6."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1, groups: int = 1):
        padding = (kernel_size - 1) // 2
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU6(),
        )


class InvertedResidual(nn.Module):
    """Wide in the middle, narrow at the ends (Sandler et al. 2018, table 1). widen: how many times as wide."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, widen: int):
        super().__init__()
        width = in_channels * widen
        self.adds_input = stride == 1 and in_channels == out_channels
        self.conv = nn.Sequential(
            *([ConvNormReLU6(in_channels, width, kernel_size=1)] if widen > 1 else []),
            ConvNormReLU6(width, width, stride=stride, groups=width),
            nn.Conv2d(width, out_channels, kernel_size=1, bias=False),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, out_channels, ceil(H / stride), ceil(W / stride))."""
        return x + self.conv(x) if self.adds_input else self.conv(x)


class MobileNetV2(nn.Module):
    """dropout: probability before the classifier."""

    def __init__(self, num_classes: int, in_channels: int, dropout: float = 0.2):
        super().__init__()
        layers = [ConvNormReLU6(in_channels, 32, stride=2)]
        channels = 32
        for widen, out_channels, blocks, stride in _ROWS:
            for place in range(blocks):
                layers.append(InvertedResidual(channels, out_channels, stride if place == 0 else 1, widen))
                channels = out_channels
        self.features = nn.Sequential(*layers, ConvNormReLU6(channels, 1280, kernel_size=1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, num_classes))
        # As torchvision.
        he_normal(self, "fan_out", layers=nn.Conv2d)
        gaussian(self, 0.01, layers=nn.Linear)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, num_classes)."""
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


ENTRIES = (
    Entry(
        "mobilenet_v2",
        MobileNetV2,
        "mobilenet",
        "Sandler et al. 2018, table 2",
        parameters="3.4M",
        macs="300M",
        source="Sandler et al. 2018, table 4",
        torchvision="mobilenet_v2",
    ),
)
