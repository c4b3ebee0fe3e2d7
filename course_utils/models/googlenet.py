"""GoogLeNet: nine Inception modules. Szegedy et al., "Going deeper with convolutions", 2014, table 1; "the paper" below.

An Inception module looks at its input in four ways at once, 1x1, 3x3, 5x5 and max pooling, and puts the maps one behind the
other; 1x1 convolutions cut the depth before the expensive ones. Two auxiliary heads, from 4a and 4d, feed the loss in training
where the gradient would be weak, and are thrown away afterwards.

    googlenet_2014  the paper's: biases, response normalisation, 5x5 filters
    googlenet       torchvision's: batch normalisation, no biases, and by a known mistake 3x3 where the paper has 5x5
"""

from typing import NamedTuple

import torch
from torch import nn

from course_utils.models.inception import AuxiliaryHead, ConvBatchNorm, ConvBias, Details, Inception, InputTransform
from course_utils.models.initialisation import caffe_xavier, truncated_gaussian
from course_utils.models.registry import Entry

# The paper's table 1: channels in, then 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; pool proj. Sides are 28 for 3, 14 for 4, 7 for 5.
MODULES = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


class GoogLeNetOutputs(NamedTuple):
    """What a GoogLeNet with auxiliary heads returns in training, each (N, num_classes).

    The paper's loss is that of logits plus 0.3 times those of aux_logits2 and aux_logits1.
    """

    logits: torch.Tensor
    aux_logits2: torch.Tensor
    aux_logits1: torch.Tensor


class GoogLeNet(nn.Module):
    """The network of table 1, for pictures of 224x224.

        layer     output
        conv1     112x112x64   64 of 7x7, stride 2
        maxpool1  56x56x64     3x3, stride 2
        conv2     56x56x64     64 of 1x1
        conv3     56x56x192    192 of 3x3
        maxpool2  28x28x192    3x3, stride 2
        3a, 3b    28x28x480
        maxpool3  14x14x480    3x3, stride 2
        4a to 4e  14x14x832    auxiliary heads from the 512 maps of 4a and the 528 of 4d
        maxpool4  7x7x832      3x3, stride 2; torchvision: 2x2
        5a, 5b    7x7x1024
        avgpool   1x1x1024     then dropout and a fully connected layer

    The convolutions are padded to keep the size, and pooling rounds up, or the sizes would not be these. `details` are what the
    two forms differ in. With aux_logits, calls in training return `GoogLeNetOutputs`; all others return the scores.

    Table 1 counts "params" without biases, in units of 1,024, and "ops", which are multiply-adds, in millions. Not all of it
    follows from its numbers of filters. conv1 has 9,408 weights and 118 million ops, where the table has 2.7K and 34M; 5a has
    51 million ops, not 54, and the params of 4a, 4c to 4e, 5a and 5b are off by 1 to 7%.
    """

    def __init__(
        self, num_classes: int, in_channels: int, details: Details, aux_logits: bool, transform_input: bool = False
    ) -> None:
        super().__init__()
        if transform_input and in_channels != 3:
            raise ValueError(f"transform_input needs pictures of 3 channels, got in_channels={in_channels}")
        self.aux_logits = aux_logits
        self.transform = InputTransform() if transform_input else None
        conv = details.convolution
        self.conv1 = conv(in_channels, 64, 7, stride=2, padding=3)
        self.maxpool1 = details.pool1()
        self.conv2 = conv(64, 64, 1)
        self.conv3 = conv(64, 192, 3, padding=1)
        self.maxpool2 = details.pool2()
        self.inception3a = Inception(*MODULES["3a"], details)
        self.inception3b = Inception(*MODULES["3b"], details)
        self.maxpool3 = _max_pool()
        self.inception4a = Inception(*MODULES["4a"], details)
        self.inception4b = Inception(*MODULES["4b"], details)
        self.inception4c = Inception(*MODULES["4c"], details)
        self.inception4d = Inception(*MODULES["4d"], details)
        self.inception4e = Inception(*MODULES["4e"], details)
        self.maxpool4 = _max_pool(details.pool4)
        self.inception5a = Inception(*MODULES["5a"], details)
        self.inception5b = Inception(*MODULES["5b"], details)
        self.aux1 = AuxiliaryHead(512, num_classes, details) if aux_logits else None
        self.aux2 = AuxiliaryHead(528, num_classes, details) if aux_logits else None
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(details.dropout)
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor | GoogLeNetOutputs:
        """x (N, in_channels, H, W) to scores (N, num_classes), with those of the heads in training."""
        heads = self.aux_logits and self.training
        if self.transform is not None:
            x = self.transform(x)
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x = self.inception4a(x)
        aux1 = self.aux1(x) if heads else None
        x = self.inception4d(self.inception4c(self.inception4b(x)))
        aux2 = self.aux2(x) if heads else None
        x = self.maxpool4(self.inception4e(x))
        x = self.avgpool(self.inception5b(self.inception5a(x)))
        logits = self.fc(self.dropout(torch.flatten(x, 1)))
        return GoogLeNetOutputs(logits, aux2, aux1) if heads else logits


def _max_pool(kernel_size: int = 3) -> nn.MaxPool2d:
    return nn.MaxPool2d(kernel_size, stride=2, ceil_mode=True)


def _response_norm() -> nn.LocalResponseNorm:
    """The paper's LocalRespNorm of figure 3; its constants are not in the paper, these are of its replication for Caffe."""
    return nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0)


PAPER = Details(
    convolution=ConvBias,
    five=5,
    pool1=lambda: nn.Sequential(_max_pool(), _response_norm()),
    pool2=lambda: nn.Sequential(_response_norm(), _max_pool()),
    pool4=3,
    head_pool=lambda: nn.AvgPool2d(5, stride=3),
    dropout=0.4,
)
TORCHVISION = Details(
    convolution=ConvBatchNorm,
    five=3,
    pool1=_max_pool,
    pool2=_max_pool,
    pool4=2,
    head_pool=lambda: nn.AdaptiveAvgPool2d(4),
    dropout=0.2,
)


def googlenet_2014(num_classes: int = 1000, in_channels: int = 3, aux_logits: bool = True) -> GoogLeNet:
    """The paper's network: 6,998,552 trained numbers, and 6,379,728 in the heads.

    Weights start as in its replication for Caffe, with biases of 0.2, and of 0 for the scores; the paper does not say.
    """
    network = GoogLeNet(num_classes, in_channels, PAPER, aux_logits)
    caffe_xavier(network, bias=0.2)
    for scores in (network.fc, *(head.fc2 for head in (network.aux1, network.aux2) if head is not None)):
        nn.init.zeros_(scores.bias)
    return network


def googlenet(
    num_classes: int = 1000, in_channels: int = 3, aux_logits: bool = True, transform_input: bool = False
) -> GoogLeNet:
    """torchvision's network, the names of its weights included: 6,624,904 trained numbers, and 6,379,984 in the heads.

    transform_input: bring pictures that are scaled for torchvision's other networks to the scale of its published weights.
    Weights start from a normal distribution of deviation 0.01 that is cut at two deviations, as torchvision's.
    """
    network = GoogLeNet(num_classes, in_channels, TORCHVISION, aux_logits, transform_input)
    truncated_gaussian(network, 0.01)
    return network


_TABLE = "Szegedy et al. 2014, table 1"

ENTRIES = (
    Entry(
        "googlenet_2014",
        googlenet_2014,
        family="googlenet",
        paper=_TABLE,
        parameters="6.8 million without heads",
        macs="1.5e9",
        source="sums of the rows of table 1, and section 1",
        fixed=True,
    ),
    Entry(
        "googlenet",
        googlenet,
        family="googlenet",
        paper=_TABLE + ", with batch normalisation",
        parameters="13,004,888, without heads 6,624,904",
        macs="1.498e9",
        source="torchvision",
        smallest=15,
        torchvision="googlenet",
    ),
)
