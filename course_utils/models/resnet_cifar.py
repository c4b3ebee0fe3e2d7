"""ResNets for small pictures: 6n + 2 layers for CIFAR-10 (He et al. 2015, section 4.2 and table 6).

| part | output | layers |
| --- | --- | --- |
| conv1, 3x3 | 16x32x32 | 1 |
| layer1, n blocks of 16 | 16x32x32 | 2n |
| layer2, n blocks of 32 | 32x16x16 | 2n |
| layer3, n blocks of 64 | 64x8x8 | 2n |
| avgpool, fc | classes | 1 |

n = 3, 5, 7, 9, 18 give 20, 32, 44, 56, 110 layers. The paper has option A for all shortcuts here, so that a residual network
has exactly the parameters of its plain twin; "B" and "C" are the other two (`shortcuts`).
"""

from functools import partial

import torch
from torch import nn

from course_utils.models.initialisation import he_normal
from course_utils.models.registry import Entry
from course_utils.models.resnet import BasicBlock, stage, start_as_identity


class CifarResNet(nn.Module):
    """depth: 6n + 2 layers. shortcut: "A", "B", "C", or "none" for a plain network. width: channels of the first stage.
    The paper has 16.

    Raises ValueError for another depth, or a width below 1.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        depth: int,
        shortcut: str = "A",
        zero_init_residual: bool = False,
        width: int = 16,
    ):
        super().__init__()
        blocks, rest = divmod(depth - 2, 6)
        if rest or blocks < 1:
            raise ValueError(f"depth must be 6n + 2, such as 20, 32, 44, 56 or 110, got {depth}")
        if width < 1:
            raise ValueError(f"width must be at least 1, got {width}")
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.layer1 = stage(BasicBlock, blocks, width, width, 1, shortcut=shortcut)
        self.layer2 = stage(BasicBlock, blocks, width, 2 * width, 2, shortcut=shortcut)
        self.layer3 = stage(BasicBlock, blocks, 2 * width, 4 * width, 2, shortcut=shortcut)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(4 * width, num_classes)
        he_normal(self, "fan_out", layers=nn.Conv2d)
        if zero_init_residual:
            start_as_identity(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, num_classes)."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(torch.flatten(self.avgpool(x), 1))


_PAPER = "He et al. 2015, table 6"
_PARAMETERS = {20: "0.27M", 32: "0.46M", 44: "0.66M", 56: "0.85M", 110: "1.7M"}

ENTRIES = (
    *(
        Entry(
            f"resnet{depth}_cifar",
            partial(CifarResNet, depth=depth),
            "resnet_cifar",
            _PAPER,
            input_size=(3, 32, 32),
            num_classes=10,
            parameters=parameters,
            source=_PAPER,
        )
        for depth, parameters in _PARAMETERS.items()
    ),
    *(
        Entry(
            f"plain{depth}_cifar",
            partial(CifarResNet, depth=depth, shortcut="none", zero_init_residual=False),
            "resnet_cifar",
            "He et al. 2015, figure 6, left",
            input_size=(3, 32, 32),
            num_classes=10,
            parameters=parameters,
            source=f"{_PAPER}: option A adds none",
        )
        for depth, parameters in _PARAMETERS.items()
    ),
)
