"""DenseNet-121: every layer reads what all layers before it in its block have found (Huang et al. 2017, table 1).

| part | output |
| --- | --- |
| conv0, 7x7, stride 2; pool0, 3x3, stride 2 | 64x56x56 |
| denseblock1, 6 layers; transition1 | 256x56x56; 128x28x28 |
| denseblock2, 12 layers; transition2 | 512x28x28; 256x14x14 |
| denseblock3, 24 layers; transition3 | 1024x14x14; 512x7x7 |
| denseblock4, 16 layers; norm5 | 1024x7x7 |
| average, classifier | classes |

A layer appends 32 channels, the growth rate, to those it has read. A transition halves the channels, with a 1x1 convolution,
and the size. Names and shapes of the weights are torchvision's; `modern_names` reads the names of its published file.
"""

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from course_utils.models.initialisation import he_normal
from course_utils.models.registry import Entry


class DenseLayer(nn.Module):
    """1x1 to 4 · growth channels, 3x3 to `growth` new ones, which follow the old ones. Activated before each convolution."""

    def __init__(self, in_channels: int, growth: int):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(in_channels, 4 * growth, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(4 * growth, growth, kernel_size=3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, in_channels + growth, H, W)."""
        new = self.conv1(self.relu1(self.norm1(x)))
        new = self.conv2(self.relu2(self.norm2(new)))
        return torch.cat([x, new], 1)


class Transition(nn.Sequential):
    """Half the channels, half the height and width."""

    def __init__(self, channels: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(channels, channels // 2, kernel_size=1, bias=False)
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)


class DenseNet(nn.Module):
    """depths: layers of each block. growth: the channels that a layer appends."""

    def __init__(self, num_classes: int, in_channels: int, depths: tuple[int, ...] = (6, 12, 24, 16), growth: int = 32):
        super().__init__()
        channels = 2 * growth
        self.features = nn.Sequential()
        self.features.conv0 = nn.Conv2d(in_channels, channels, kernel_size=7, stride=2, padding=3, bias=False)
        self.features.norm0 = nn.BatchNorm2d(channels)
        self.features.relu0 = nn.ReLU()
        self.features.pool0 = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        for number, depth in enumerate(depths, 1):
            block = nn.Sequential()
            for place in range(1, depth + 1):
                block.add_module(f"denselayer{place}", DenseLayer(channels, growth))
                channels += growth
            self.features.add_module(f"denseblock{number}", block)
            if number < len(depths):
                self.features.add_module(f"transition{number}", Transition(channels))
                channels //= 2
        self.features.norm5 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)
        # As torchvision: of the classifier, only the bias is set.
        he_normal(self, layers=nn.Conv2d)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, num_classes)."""
        x = self.avgpool(self.relu(self.features(x)))
        return self.classifier(torch.flatten(x, 1))


def modern_names(state: Mapping[str, Any]) -> dict[str, Any]:
    """The same weights with today's names: "norm.1" and "conv.2" of a dense layer are "norm1" and "conv2" now.

    The published file is of 2017, when a module's name could hold a dot.
    """
    return {re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2", name): value for name, value in state.items()}


ENTRIES = (
    Entry(
        "densenet121",
        DenseNet,
        "densenet",
        "Huang et al. 2017, table 1",
        parameters="7,978,856",
        macs="2.83e9",
        source="torchvision's documentation",
        smallest=29,
        torchvision="densenet121",
    ),
)
