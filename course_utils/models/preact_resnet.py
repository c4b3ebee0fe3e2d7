"""ResNet with pre-activation: normalise and rectify before each convolution (He et al. 2016, "Identity Mappings").

Nothing stands behind the addition any more, so that the shortcuts form one clean path from the first block to the last:

    ResNet:          x → conv, bn, relu, conv, bn → + x → relu
    pre-activation:  x → bn, relu, conv, bn, relu, conv → + x

Two details (the paper's appendix, and the authors' code): the stem is activated before the first block, whose own first
activation is left out; behind the last block stand one more normalisation and ReLU. Where the shape changes, the projection
reads the activated x, and has no normalisation of its own.

For ImageNet the stages are those of `resnet`, and 200 layers are 3, 24, 36, 3 bottlenecks; a bottleneck's stride is on its
3x3. For CIFAR-10, 110 layers are 3 times 18 basic blocks of 16, 32 and 64 channels, with option A where they change as in the
ResNet-110 of 2015; 164 layers are 3 times 18 bottlenecks, with projections (the paper's appendix).
"""

from functools import partial

import torch
from torch import nn

from course_utils.models.initialisation import he_normal
from course_utils.models.registry import Entry
from course_utils.models.resnet import SIZES, conv3x3
from course_utils.models.shortcuts import make_shortcut


class PreActBlock(nn.Module):
    """residual(x) + shortcut(x), after an activation. activate: False where x comes activated already.

    expansion: the block hands on expansion · channels.
    """

    expansion = 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, expansion · channels, H / stride, W / stride)."""
        active = self.relu1(self.bn1(x)) if self.activate else x
        shortcut = x if self.downsample is None else self.downsample(active)
        return self.residual(active) + shortcut

    def start(self, in_channels: int, channels: int, stride: int, shortcut: str, activate: bool) -> None:
        """Adds what all kinds of blocks begin with."""
        self.activate = activate
        if activate:
            self.bn1 = nn.BatchNorm2d(in_channels)
            self.relu1 = nn.ReLU()
        out_channels = channels * self.expansion
        self.downsample = make_shortcut(shortcut, in_channels, out_channels, stride, batch_norm=False)


class PreActBasicBlock(PreActBlock):
    """Two 3x3 convolutions. dropout: probability between them, for wide networks (Zagoruyko and Komodakis 2016)."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        shortcut: str = "B",
        activate: bool = True,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.start(in_channels, channels, stride, shortcut, activate)
        self.conv1 = conv3x3(in_channels, channels, stride)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu2 = nn.ReLU()
        self.dropout = nn.Dropout(dropout) if dropout else None
        self.conv2 = conv3x3(channels, channels)

    def residual(self, active: torch.Tensor) -> torch.Tensor:
        out = self.relu2(self.bn2(self.conv1(active)))
        return self.conv2(out if self.dropout is None else self.dropout(out))


class PreActBottleneck(PreActBlock):
    """1x1 to few channels, 3x3 among them, 1x1 to four times as many."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1, shortcut: str = "B", activate: bool = True):
        super().__init__()
        self.start(in_channels, channels, stride, shortcut, activate)
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu2 = nn.ReLU()
        self.conv2 = conv3x3(channels, channels, stride)
        self.bn3 = nn.BatchNorm2d(channels)
        self.relu3 = nn.ReLU()
        self.conv3 = nn.Conv2d(channels, channels * self.expansion, kernel_size=1, bias=False)

    def residual(self, active: torch.Tensor) -> torch.Tensor:
        out = self.relu2(self.bn2(self.conv1(active)))
        return self.conv3(self.relu3(self.bn3(self.conv2(out))))


class PreActResNet(nn.Module):
    """block: the class of the blocks; depths, widths: blocks and channels of each stage; stem: the layers before them.

    shortcut: "A", "B", "C" (`shortcuts`).
    """

    def __init__(
        self,
        num_classes: int,
        stem: nn.Sequential,
        block: type[PreActBlock],
        depths: tuple[int, ...],
        widths: tuple[int, ...],
        shortcut: str,
    ):
        super().__init__()
        if shortcut == "none":
            raise ValueError('shortcut must be "A", "B" or "C": a pre-activation network has no plain twin')
        self.stem = stem
        channels = widths[0]
        stages = []
        for number, (depth, width) in enumerate(zip(depths, widths, strict=True)):
            blocks = []
            for place in range(depth):
                first = number == place == 0
                stride = 2 if number > 0 and place == 0 else 1
                blocks.append(block(channels, width, stride, shortcut, activate=not first))
                channels = width * block.expansion
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.bn = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)
        he_normal(self, "fan_out", layers=nn.Conv2d)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, num_classes)."""
        x = self.stages(self.stem(x))
        x = self.avgpool(self.relu(self.bn(x)))
        return self.fc(torch.flatten(x, 1))


def preact_resnet(
    num_classes: int,
    in_channels: int,
    block: type[PreActBlock],
    depths: tuple[int, int, int, int],
    shortcut: str = "B",
) -> PreActResNet:
    """For pictures of ImageNet's size."""
    stem = nn.Sequential(
        nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
    )
    return PreActResNet(num_classes, stem, block, depths, (64, 128, 256, 512), shortcut)


def preact_resnet_cifar(num_classes: int, in_channels: int, shortcut: str = "A") -> PreActResNet:
    """110 layers for pictures of CIFAR's size, of basic blocks."""
    return _cifar(num_classes, in_channels, PreActBasicBlock, shortcut)


def preact_bottleneck_resnet_cifar(num_classes: int, in_channels: int, shortcut: str = "B") -> PreActResNet:
    """164 layers for pictures of CIFAR's size, of bottlenecks."""
    return _cifar(num_classes, in_channels, PreActBottleneck, shortcut)


def _cifar(num_classes: int, in_channels: int, block: type[PreActBlock], shortcut: str) -> PreActResNet:
    stem = nn.Sequential(conv3x3(in_channels, 16), nn.BatchNorm2d(16), nn.ReLU())
    return PreActResNet(num_classes, stem, block, (18, 18, 18), (16, 32, 64), shortcut)


_DEPTHS = {layers: depths for layers, (_, depths, _, _) in SIZES.items()} | {200: (3, 24, 36, 3)}
_CIFAR = {110: preact_resnet_cifar, 164: preact_bottleneck_resnet_cifar}

ENTRIES = (
    *(
        Entry(
            f"preact_resnet{layers}",
            partial(preact_resnet, block=PreActBasicBlock if layers < 50 else PreActBottleneck, depths=depths),
            "preact_resnet",
            "He et al. 2016, table 5" if layers > 101 else "He et al. 2016; stages of He et al. 2015, table 1",
            parameters="64.7M" if layers == 200 else "",
            source="Zagoruyko and Komodakis 2016, table 8" if layers == 200 else "",
        )
        for layers, depths in _DEPTHS.items()
    ),
    *(
        Entry(
            f"preact_resnet{layers}_cifar",
            build,
            "preact_resnet",
            "He et al. 2016, table 2",
            input_size=(3, 32, 32),
            num_classes=10,
            parameters="1.7M",
            source="Zagoruyko and Komodakis 2016, table 5",
        )
        for layers, build in _CIFAR.items()
    ),
)
