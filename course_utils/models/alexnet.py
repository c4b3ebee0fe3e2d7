"""AlexNet in three forms: the two towers of the paper, the single tower of the lectures, and torchvision's.

                        alexnet_two_tower     alexnet_227            alexnet
    source              the paper             lectures, CS231n       Krizhevsky 2014, as torchvision has it
    picture             224x224               227x227                224x224, larger or smaller
    conv1               96 of 11x11, stride 4 the same               64 of 11x11, stride 4
    conv2               256 of 5x5, in 2      256 of 5x5             192 of 5x5
    conv3               384 of 3x3            the same               the same
    conv4               384 of 3x3, in 2      384 of 3x3             256 of 3x3
    conv5               256 of 3x3, in 2      256 of 3x3             the same
    after conv1, conv2  ReLU, norm, pool      ReLU, pool, norm       ReLU, pool
    parameters          60,965,224            62,378,344             61,100,840

The paper: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012. Sides of
the maps are 55, 27, 13, 13, 13 and, after the last pooling, 6 in all three.
"""

from collections import OrderedDict

import torch
from torch import nn

from course_utils.models.initialisation import gaussian
from course_utils.models.registry import Entry


def alexnet_two_tower(
    num_classes: int = 1000,
    in_channels: int = 3,
    channels: tuple[int, int, int, int, int] = (96, 256, 384, 384, 256),
    hidden: int = 4096,
    groups: int = 2,
) -> nn.Sequential:
    """The paper's figure 2: two towers, each on its own GPU, that meet in conv3 and in the fully connected layers.

    channels: the maps of the five convolutions; hidden: the neurons of fc6 and fc7. groups=2 is what a tower is: conv2, conv4
    and conv5 see the maps of their own half alone; groups=1 makes a single tower. The picture's 224 pixels and 11x11 filters
    at stride 4 do not give the paper's 55x55 without padding, (224 - 11)/4 + 1 = 54.25; padding=2 makes it 55. The
    normalisation sums over neighbours in all maps of the layer, as the formula of section 3.3 has it; on the paper's two GPUs
    it may have stayed within a tower.

    60,965,224 trained numbers; the abstract says 60 million. Of the neurons that section 3.5 counts layer by layer, the first,
    253,440, cannot be: it is no whole square times 96. 55x55x96 is 290,400.
    """
    c1, c2, c3, c4, c5 = channels
    layers = OrderedDict(
        conv1=nn.Conv2d(in_channels, c1, 11, stride=4, padding=2),  # 55x55x96
        relu1=nn.ReLU(),
        norm1=_response_norm(),
        pool1=nn.MaxPool2d(3, stride=2),  # 27x27x96
        conv2=nn.Conv2d(c1, c2, 5, padding=2, groups=groups),
        relu2=nn.ReLU(),
        norm2=_response_norm(),
        pool2=nn.MaxPool2d(3, stride=2),  # 13x13x256
        conv3=nn.Conv2d(c2, c3, 3, padding=1),
        relu3=nn.ReLU(),
        conv4=nn.Conv2d(c3, c4, 3, padding=1, groups=groups),
        relu4=nn.ReLU(),
        conv5=nn.Conv2d(c4, c5, 3, padding=1, groups=groups),
        relu5=nn.ReLU(),
        pool5=nn.MaxPool2d(3, stride=2),  # 6x6x256
        **_fully_connected(num_classes, c5, hidden),
    )
    network = nn.Sequential(layers)
    draw_as_in_2012(network)
    return network


def alexnet_227(num_classes: int = 1000, in_channels: int = 3) -> nn.Sequential:
    """The lectures' "full (simplified) AlexNet": one tower, 227x227 pictures, so that (227 - 11)/4 + 1 = 55 needs no padding.

    Drawn as CONV1, MAX POOL1, NORM1, that is with the normalisation behind the pooling. 62,378,344 trained numbers.
    """
    layers = OrderedDict(
        conv1=nn.Conv2d(in_channels, 96, 11, stride=4),  # 55x55x96
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(3, stride=2),  # 27x27x96
        norm1=_response_norm(),
        conv2=nn.Conv2d(96, 256, 5, padding=2),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(3, stride=2),  # 13x13x256
        norm2=_response_norm(),
        conv3=nn.Conv2d(256, 384, 3, padding=1),
        relu3=nn.ReLU(),
        conv4=nn.Conv2d(384, 384, 3, padding=1),
        relu4=nn.ReLU(),
        conv5=nn.Conv2d(384, 256, 3, padding=1),
        relu5=nn.ReLU(),
        pool5=nn.MaxPool2d(3, stride=2),  # 6x6x256
        **_fully_connected(num_classes),
    )
    network = nn.Sequential(layers)
    draw_as_in_2012(network)
    return network


class AlexNet(nn.Module):
    """torchvision's AlexNet, the names of its weights included: the single tower of Krizhevsky 2014.

    "One weird trick for parallelizing convolutional neural networks" has one tower, no normalisation and fewer maps. Its
    footnote gives conv4 384 of them, its author's code 256, which torchvision took. Pictures of another size than 224x224, at
    least 63x63, are averaged into 6x6 before the fully connected layers. Weights start as PyTorch starts them. 61,100,840
    trained numbers.
    """

    def __init__(self, num_classes: int = 1000, in_channels: int = 3) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 64, 11, stride=4, padding=2),  # 55x55x64
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),  # 27x27x64
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),  # 13x13x192
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),  # 6x6x256
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, in_channels, H, W) to scores (N, num_classes)."""
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))


def draw_as_in_2012(network: nn.Sequential) -> None:
    """The paper's section 5: normal weights with deviation 0.01; biases 1 where a ReLU should start with positive inputs.

    Those are conv2, conv4, conv5 and the hidden fully connected layers; all others have biases of 0.
    """
    gaussian(network, 0.01)
    for layer in (network.conv2, network.conv4, network.conv5, network.fc6, network.fc7):
        nn.init.ones_(layer.bias)


def _response_norm() -> nn.LocalResponseNorm:
    """The paper's k = 2, n = 5, alpha = 1e-4, beta = 0.75; PyTorch divides alpha by n, the paper does not: n alpha here."""
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)


def _fully_connected(num_classes: int, maps: int = 256, hidden: int = 4096) -> dict[str, nn.Module]:
    """The last three layers, hidden, hidden and num_classes, with dropout behind the first two: section 4.2."""
    return {
        "flatten": nn.Flatten(),
        "fc6": nn.Linear(maps * 6 * 6, hidden),
        "relu6": nn.ReLU(),
        "drop6": nn.Dropout(0.5),
        "fc7": nn.Linear(hidden, hidden),
        "relu7": nn.ReLU(),
        "drop7": nn.Dropout(0.5),
        "fc8": nn.Linear(hidden, num_classes),
    }


_PAPER = "Krizhevsky et al. 2012, section 3.5"

ENTRIES = (
    Entry(
        "alexnet_two_tower",
        alexnet_two_tower,
        family="alexnet",
        paper=_PAPER,
        parameters="60 million",
        macs="666 million in the convolutions",
        source='Krizhevsky et al. 2012, abstract; Chen et al. 2016, "Eyeriss"',
        fixed=True,
    ),
    Entry(
        "alexnet_227",
        alexnet_227,
        family="alexnet",
        paper=_PAPER + ", as lectures show it",
        input_size=(3, 227, 227),
        parameters="62,378,344",
        source="pytorchcv's list of models",
        fixed=True,
    ),
    Entry(
        "alexnet",
        AlexNet,
        family="alexnet",
        paper='Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks"',
        parameters="61,100,840",
        macs="0.714e9",
        source="torchvision",
        smallest=63,
        torchvision="alexnet",
    ),
)
