"""Wide ResNet: fewer layers, more channels in each (Zagoruyko and Komodakis 2016, table 1).

For CIFAR, a network of pre-activation blocks of two 3x3 convolutions, `widen` times as wide as a CIFAR ResNet:

| part | output, WRN-28-10 |
| --- | --- |
| conv1, 3x3 | 16x32x32 |
| layer1, n blocks of 16 · widen | 160x32x32 |
| layer2, n blocks of 32 · widen | 320x16x16 |
| layer3, n blocks of 64 · widen | 640x8x8 |
| bn, relu, avgpool, fc | classes |

The depth counts all convolutions: conv1, two in each of 3n blocks, and three projections, 6n + 4, so n = 4 for 28 layers.

For ImageNet, ResNet-50 and 101 with bottlenecks whose inner convolutions are twice as wide (table 8: WRN-50-2-bottleneck).
"""

from functools import partial

import torch
from torch import nn

from course_utils.models.initialisation import he_normal
from course_utils.models.preact_resnet import PreActBasicBlock
from course_utils.models.registry import Entry
from course_utils.models.resnet import SIZES, bottleneck_resnet, conv3x3, stage


class WideResNet(nn.Module):
    """depth: 6n + 4 layers. widen: how many times as wide as a CIFAR ResNet. dropout: probability within each block.

    Raises ValueError for another depth, or a widen below 1.
    """

    def __init__(self, num_classes: int, in_channels: int, depth: int = 28, widen: int = 10, dropout: float = 0.0):
        super().__init__()
        blocks, rest = divmod(depth - 4, 6)
        if rest or blocks < 1:
            raise ValueError(f"depth must be 6n + 4, such as 16, 22, 28 or 40, got {depth}")
        if widen < 1:
            raise ValueError(f"widen must be at least 1, got {widen}")
        self.conv1 = conv3x3(in_channels, 16)
        self.layer1 = stage(PreActBasicBlock, blocks, 16, 16 * widen, 1, dropout=dropout)
        self.layer2 = stage(PreActBasicBlock, blocks, 16 * widen, 32 * widen, 2, dropout=dropout)
        self.layer3 = stage(PreActBasicBlock, blocks, 32 * widen, 64 * widen, 2, dropout=dropout)
        self.bn = nn.BatchNorm2d(64 * widen)
        self.relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64 * widen, num_classes)
        he_normal(self, "fan_out", layers=nn.Conv2d)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, num_classes)."""
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        x = self.avgpool(self.relu(self.bn(x)))
        return self.fc(torch.flatten(x, 1))


_PARAMETERS = {50: "68,883,240", 101: "126,886,696"}

ENTRIES = (
    Entry(
        "wide_resnet28_10_cifar",
        WideResNet,
        "wide_resnet",
        "Zagoruyko and Komodakis 2016, table 1",
        input_size=(3, 32, 32),
        num_classes=10,
        parameters="36.5M",
        source="Zagoruyko and Komodakis 2016, table 5",
    ),
    *(
        Entry(
            f"wide_resnet{layers}_2",
            partial(bottleneck_resnet, depths=SIZES[layers][1], width_per_group=128),
            "wide_resnet",
            "Zagoruyko and Komodakis 2016, table 8"
            if layers == 50
            else "torchvision, after Zagoruyko and Komodakis 2016",
            parameters=parameters,
            source="torchvision's documentation",
            torchvision=f"wide_resnet{layers}_2",
        )
        for layers, parameters in _PARAMETERS.items()
    ),
)
