"""ZFNet: AlexNet, looked into and mended. Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2013.

They saw a first layer of mixed very high and very low frequencies, with dead filters, and aliasing from its stride of 4: hence
7x7 filters at stride 2. The two towers became one.
"""

from collections import OrderedDict

from torch import nn

from course_utils.models.initialisation import gaussian
from course_utils.models.registry import Entry

_PAPER = "Zeiler and Fergus 2013, figure 3"


def zfnet(num_classes: int = 1000, in_channels: int = 3, wide: bool = False) -> nn.Sequential:
    """The network of the paper's figure 3, for pictures of 224x224: 62,357,608 trained numbers.

        layer   filters             output
        conv1   96 of 7x7, stride 2 110x110x96
        pool1   3x3, stride 2       55x55x96
        conv2   256 of 5x5, stride 2 26x26x256
        pool2   3x3, stride 2       13x13x256
        conv3   384 of 3x3          13x13x384
        conv4   384 of 3x3          13x13x384
        conv5   256 of 3x3          13x13x256
        pool5   3x3, stride 2       6x6x256
        fc6-fc8 4096, 4096, classes

    The figure gives sizes and strides, no padding. Sides of 110, 55, 26, 13 and 6 come out if conv1 is padded by 1, conv2 not
    at all, conv3 to conv5 by 1, and if pooling rounds up. Each pooled layer is ReLU, pooling, then "contrast normalized across
    feature maps": we take AlexNet's response normalisation for that, behind pool1 and pool2; its constants, and whether pool5
    has one too, are not said. "All weights are initialized to 10^-2", as the paper writes, would keep all filters of a layer
    equal: we read it as the standard deviation. In training, filters whose root mean square had grown past 0.1 were scaled
    back to it; that is the recipe's business, not the network's.

    wide: 512, 1024 and 512 maps in conv3 to conv5, the paper's larger model (its network (b) among the ImageNet results),
    which lectures show as ZFNet. 107,627,624 trained numbers.
    """
    third, fourth, fifth = (512, 1024, 512) if wide else (384, 384, 256)
    layers = OrderedDict(
        conv1=nn.Conv2d(in_channels, 96, 7, stride=2, padding=1),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(3, stride=2, ceil_mode=True),
        norm1=_contrast_norm(),
        conv2=nn.Conv2d(96, 256, 5, stride=2),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(3, stride=2, ceil_mode=True),
        norm2=_contrast_norm(),
        conv3=nn.Conv2d(256, third, 3, padding=1),
        relu3=nn.ReLU(),
        conv4=nn.Conv2d(third, fourth, 3, padding=1),
        relu4=nn.ReLU(),
        conv5=nn.Conv2d(fourth, fifth, 3, padding=1),
        relu5=nn.ReLU(),
        pool5=nn.MaxPool2d(3, stride=2, ceil_mode=True),
        flatten=nn.Flatten(),
        fc6=nn.Linear(fifth * 6 * 6, 4096),
        relu6=nn.ReLU(),
        drop6=nn.Dropout(0.5),
        fc7=nn.Linear(4096, 4096),
        relu7=nn.ReLU(),
        drop7=nn.Dropout(0.5),
        fc8=nn.Linear(4096, num_classes),
    )
    network = nn.Sequential(layers)
    gaussian(network, 0.01)
    return network


def _contrast_norm() -> nn.LocalResponseNorm:
    """AlexNet's constants: k = 2, n = 5, alpha = 1e-4, which PyTorch wants times n, and beta = 0.75."""
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)


ENTRIES = (
    Entry(
        "zfnet",
        zfnet,
        family="zfnet",
        paper=_PAPER,
        parameters="62,357,608",
        macs="1.170e9",
        source="pytorchcv's list of models, whose count takes in other layers too; the paper gives no number",
        fixed=True,
    ),
)
