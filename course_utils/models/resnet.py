"""ResNet: layers that learn what to add to their input (He et al. 2015, "Deep Residual Learning", table 1).

A block of layers computes F(x), and hands on relu(F(x) + x). If nothing needs to be done, F only has to become zero, and the
gradient finds a way past every block. Of the networks of table 1, for pictures of 224x224:

| part | output | 18 | 34 | 50 | 101 | 152 |
| --- | --- | --- | --- | --- | --- | --- |
| conv1, 7x7, stride 2; maxpool, 3x3, stride 2 | 64x56x56 | | | | | |
| layer1, blocks of 64 | 56x56 | 2 | 3 | 3 | 3 | 3 |
| layer2, blocks of 128 | 28x28 | 2 | 4 | 4 | 4 | 8 |
| layer3, blocks of 256 | 14x14 | 2 | 6 | 6 | 23 | 36 |
| layer4, blocks of 512 | 7x7 | 2 | 3 | 3 | 3 | 3 |
| avgpool, fc | classes | | | | | |

18 and 34 are built of `BasicBlock`, of two 3x3 convolutions; the others of `Bottleneck`, 1x1, 3x3, 1x1, which hands on four
times as many channels. The plain networks are the same without the shortcuts, the paper's counterproof.

Differences from the paper, all of them torchvision's, whose weights fit: the 18 and 34 have projections where the shape
changes, the paper's table 1 had option A there (`shortcut="A"`); a bottleneck halves the picture in its 3x3 convolution, the
paper's in the first 1x1 (`stride_on="1x1"`), which saves 6% of the multiplications. Plain networks of 50 layers and more
are ours; the paper has them with 18 and 34.
"""

from functools import partial
from typing import Any

import torch
from torch import nn

from course_utils.models.initialisation import he_normal
from course_utils.models.registry import Entry
from course_utils.models.shortcuts import make_shortcut


class ResidualBlock(nn.Module):
    """relu(residual(x) + shortcut(x)). What a kind of block adds is its `residual`, which ends with `last_norm`.

    expansion: the block hands on expansion · channels.
    """

    expansion = 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, expansion · channels, H / stride, W / stride)."""
        out = self.residual(x)
        if not self.is_plain:
            out = out + (x if self.downsample is None else self.downsample(x))
        return self.last_relu(out)

    def finish(self, kind: str, in_channels: int, out_channels: int, stride: int) -> None:
        """Adds what all kinds of blocks end with; comes last, because torchvision's list of weights does too."""
        self.is_plain = kind == "none"
        self.downsample = make_shortcut(kind, in_channels, out_channels, stride)
        self.last_relu = nn.ReLU()


class BasicBlock(ResidualBlock):
    """Two 3x3 convolutions (He et al. 2015, figure 5, left)."""

    def __init__(self, in_channels: int, channels: int, stride: int = 1, shortcut: str = "B"):
        super().__init__()
        self.conv1 = conv3x3(in_channels, channels, stride)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(channels, channels)
        self.bn2 = nn.BatchNorm2d(channels)
        self.finish(shortcut, in_channels, channels, stride)

    @property
    def last_norm(self) -> nn.BatchNorm2d:
        return self.bn2

    def residual(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu1(self.bn1(self.conv1(x)))
        return self.bn2(self.conv2(out))


class Bottleneck(ResidualBlock):
    """1x1 to fewer channels, 3x3 among those, 1x1 to many (He et al. 2015, figure 5, right).

    groups, width_per_group: the 3x3 convolution has groups · width_per_group · channels / 64 channels, in that many groups.
    More groups make a ResNeXt, more width a Wide ResNet. stride_on: the convolution that makes the picture smaller, "3x3" or
    "1x1", the first one.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        shortcut: str = "B",
        stride_on: str = "3x3",
        groups: int = 1,
        width_per_group: int = 64,
    ):
        super().__init__()
        if stride_on not in ("1x1", "3x3"):
            raise ValueError(f'stride_on must be "3x3" or "1x1", got {stride_on!r}')
        first, second = (stride, 1) if stride_on == "1x1" else (1, stride)
        width = channels * width_per_group // 64 * groups
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, stride=first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(width, width, second, groups)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, channels * self.expansion, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels * self.expansion)
        self.finish(shortcut, in_channels, channels * self.expansion, stride)

    @property
    def last_norm(self) -> nn.BatchNorm2d:
        return self.bn3

    def residual(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.relu2(self.bn2(self.conv2(out)))
        return self.bn3(self.conv3(out))


class ResNet(nn.Module):
    """A stem that makes the picture four times smaller, four stages of blocks, an average, one linear layer.

    block: the class of the blocks; depths: how many each stage has. zero_init_residual: let every block start as the
    identity, with zeros for the scale of its last normalisation (Goyal et al. 2017, section 5.1). block_options: handed to
    each block.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        block: type[ResidualBlock],
        depths: tuple[int, int, int, int],
        zero_init_residual: bool = False,
        **block_options: Any,
    ):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        many = block.expansion
        self.layer1 = stage(block, depths[0], 64, 64, 1, **block_options)
        self.layer2 = stage(block, depths[1], 64 * many, 128, 2, **block_options)
        self.layer3 = stage(block, depths[2], 128 * many, 256, 2, **block_options)
        self.layer4 = stage(block, depths[3], 256 * many, 512, 2, **block_options)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * many, num_classes)
        # As torchvision: linear layers stay as PyTorch makes them.
        he_normal(self, "fan_out", layers=nn.Conv2d)
        if zero_init_residual:
            start_as_identity(self)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, num_classes)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def stage(
    block: type[nn.Module], depth: int, in_channels: int, channels: int, stride: int, **block_options: Any
) -> nn.Sequential:
    """`depth` blocks, the first of which changes the number of channels and, with a stride, the size."""
    blocks = [block(in_channels, channels, stride, **block_options)]
    blocks += [block(channels * block.expansion, channels, **block_options) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


def conv3x3(in_channels: int, out_channels: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution that keeps the size, without biases: the normalisation that follows has its own."""
    return nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, groups=groups, bias=False)


def start_as_identity(network: nn.Module) -> None:
    """Lets every block add nothing at first: the scale of its last normalisation becomes 0."""
    for module in network.modules():
        if isinstance(module, ResidualBlock):
            nn.init.zeros_(module.last_norm.weight)


def basic_resnet(
    num_classes: int,
    in_channels: int,
    depths: tuple[int, int, int, int],
    shortcut: str = "B",
    zero_init_residual: bool = False,
) -> ResNet:
    """A ResNet of `BasicBlock`s."""
    return ResNet(num_classes, in_channels, BasicBlock, depths, zero_init_residual, shortcut=shortcut)


def bottleneck_resnet(
    num_classes: int,
    in_channels: int,
    depths: tuple[int, int, int, int],
    shortcut: str = "B",
    stride_on: str = "3x3",
    groups: int = 1,
    width_per_group: int = 64,
    zero_init_residual: bool = False,
) -> ResNet:
    """A ResNet of `Bottleneck`s; with groups or width also a ResNeXt or a Wide ResNet."""
    options = {"shortcut": shortcut, "stride_on": stride_on, "groups": groups, "width_per_group": width_per_group}
    return ResNet(num_classes, in_channels, Bottleneck, depths, zero_init_residual, **options)


# Per number of layers: how to build it, blocks per stage, parameters (torchvision's), MACs (the paper's).
SIZES = {
    18: (basic_resnet, (2, 2, 2, 2), "11,689,512", "1.8e9"),
    34: (basic_resnet, (3, 4, 6, 3), "21,797,672", "3.6e9"),
    50: (bottleneck_resnet, (3, 4, 6, 3), "25,557,032", "3.8e9"),
    101: (bottleneck_resnet, (3, 4, 23, 3), "44,549,160", "7.6e9"),
    152: (bottleneck_resnet, (3, 8, 36, 3), "60,192,808", "11.3e9"),
}
_SOURCE = "parameters: torchvision's documentation; MACs: He et al. 2015, table 1 (stride on the 1x1)"

ENTRIES = (
    *(
        Entry(
            f"resnet{layers}",
            partial(build, depths=depths),
            "resnet",
            "He et al. 2015, table 1",
            parameters=parameters,
            macs=macs,
            source=_SOURCE,
            torchvision=f"resnet{layers}",
        )
        for layers, (build, depths, parameters, macs) in SIZES.items()
    ),
    *(
        Entry(
            f"plain{layers}",
            partial(build, depths=depths, shortcut="none", zero_init_residual=False),
            "resnet",
            "He et al. 2015, table 1" if layers < 50 else "ours, after He et al. 2015, table 1",
            macs=macs if layers < 50 else "",
            source="He et al. 2015, table 1" if layers < 50 else "",
        )
        for layers, (build, depths, _, macs) in SIZES.items()
    ),
)
