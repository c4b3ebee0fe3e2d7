"""What GoogLeNet is built of: the Inception module, the auxiliary head and their convolutions.

Szegedy et al., "Going deeper with convolutions", 2014.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Details:
    """What the two forms of GoogLeNet differ in.

    convolution: the class of convolutions with what follows; five: the kernel size of the third branch, said to be 5; pool1,
    pool2, head_pool: make the layer that goes there; pool4: the kernel size of the last max pooling; dropout: before fc.
    """

    convolution: type[nn.Module]
    five: int
    pool1: Callable[[], nn.Module]
    pool2: Callable[[], nn.Module]
    pool4: int
    head_pool: Callable[[], nn.Module]
    dropout: float


class Inception(nn.Module):
    """Figure 2b: four branches over the same input, their maps one behind the other. Sizes as in a row of `googlenet.MODULES`."""

    def __init__(
        self,
        in_channels: int,
        one: int,
        reduce3: int,
        three: int,
        reduce5: int,
        five: int,
        pool: int,
        details: Details,
    ) -> None:
        super().__init__()
        conv, size = details.convolution, details.five
        self.branch1 = conv(in_channels, one, 1)
        self.branch2 = nn.Sequential(conv(in_channels, reduce3, 1), conv(reduce3, three, 3, padding=1))
        self.branch3 = nn.Sequential(conv(in_channels, reduce5, 1), conv(reduce5, five, size, padding=size // 2))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(in_channels, pool, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, in_channels, H, W) to (N, one + three + five + pool, H, W)."""
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class AuxiliaryHead(nn.Module):
    """Average pooling to 4x4, 128 of 1x1, a fully connected layer of 1024, dropout of 70%, scores: section 5."""

    def __init__(self, in_channels: int, num_classes: int, details: Details) -> None:
        super().__init__()
        self.pool = details.head_pool()
        self.conv = details.convolution(in_channels, 128, 1)
        self.fc1 = nn.Linear(4 * 4 * 128, 1024)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, in_channels, 14, 14) to scores (N, num_classes)."""
        x = torch.flatten(self.conv(self.pool(x)), 1)
        return self.fc2(self.dropout(self.relu(self.fc1(x))))


class ConvBias(nn.Module):
    """A convolution with bias, and ReLU. Arguments as nn.Conv2d's."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, in_channels, H, W) to (N, out_channels, OH, OW)."""
        return self.relu(self.conv(x))


class ConvBatchNorm(nn.Module):
    """A convolution without bias, batch normalisation, and ReLU. Arguments as nn.Conv2d's."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, in_channels, H, W) to (N, out_channels, OH, OW)."""
        return self.relu(self.bn(self.conv(x)))


class InputTransform(nn.Module):
    """From torchvision's scaling of pictures, by ImageNet's mean and deviation, to that of the weights: from -1 to 1.

    The published weights came from TensorFlow, whose pictures were scaled so.
    """

    def __init__(self) -> None:
        super().__init__()
        mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])
        self.register_buffer("scale", (deviation / 0.5)[:, None, None], persistent=False)
        self.register_buffer("shift", ((mean - 0.5) / 0.5)[:, None, None], persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, 3, H, W) to the same shape."""
        return x * self.scale + self.shift
