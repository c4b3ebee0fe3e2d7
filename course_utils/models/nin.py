"""Network in Network: a little fully connected network slides over the picture. Lin, Chen and Yan, 2014.

After a convolution come two of 1x1, each with its ReLU: at every place the same two layers mix the channels, and the three
together are one "mlpconv" layer. The last has a map for each class, and the score of the class is its map's average: no fully
connected layer, so a picture of any size that is not too small will do.

The paper gives no table; sizes are those that its first author published for Caffe, nin_imagenet and cifar10_nin. Caffe's
pooling rounds up.
"""

from collections import OrderedDict

from torch import nn

from course_utils.models.initialisation import gaussian
from course_utils.models.registry import Entry

_PAPER = "Lin et al. 2014, section 3"


def nin(num_classes: int = 1000, in_channels: int = 3) -> nn.Sequential:
    """For ImageNet, pictures of 224x224.

        layer  filters                      output
        mlp1   96 of 11x11, stride 4        54x54x96    then 96, 96 of 1x1
        pool1  max, 3x3, stride 2           27x27x96
        mlp2   256 of 5x5                   27x27x256   then 256, 256
        pool2  max, 3x3, stride 2           13x13x256
        mlp3   384 of 3x3                   13x13x384   then 384, 384
        pool3  max, 3x3, stride 2, dropout  6x6x384
        mlp4   1024 of 3x3                  6x6x1024    then 1024, classes
        pool4  average of the whole map     1x1xclasses

    7,595,176 trained numbers: the 29 MB of its published file, which are 2^20 bytes each.
    """
    layers = OrderedDict(
        mlp1=mlpconv(in_channels, (96, 96, 96), 11, stride=4, deviations=(0.01, 0.05, 0.05)),
        pool1=nn.MaxPool2d(3, stride=2, ceil_mode=True),
        mlp2=mlpconv(96, (256, 256, 256), 5, padding=2, deviations=(0.05, 0.05, 0.05)),
        pool2=nn.MaxPool2d(3, stride=2, ceil_mode=True),
        mlp3=mlpconv(256, (384, 384, 384), 3, padding=1, deviations=(0.01, 0.05, 0.05)),
        pool3=nn.MaxPool2d(3, stride=2, ceil_mode=True),
        drop3=nn.Dropout(0.5),
        mlp4=mlpconv(384, (1024, 1024, num_classes), 3, padding=1, deviations=(0.05, 0.05, 0.01)),
        pool4=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
    )
    return nn.Sequential(layers)


def nin_cifar(num_classes: int = 10, in_channels: int = 3) -> nn.Sequential:
    """For CIFAR-10, pictures of 32x32: 966,986 trained numbers.

        layer  filters                          output
        mlp1   192 of 5x5                       32x32x96   then 160, 96 of 1x1
        pool1  max, 3x3, stride 2, dropout      16x16x96
        mlp2   192 of 5x5                       16x16x192  then 192, 192
        pool2  average, 3x3, stride 2, dropout  8x8x192
        mlp3   192 of 3x3                       8x8x10     then 192, classes
        pool3  average of the whole map         1x1xclasses

    The average of pool2 stands in the author's files; the paper speaks of max pooling.
    """
    deviations = (0.05, 0.05, 0.05)
    layers = OrderedDict(
        mlp1=mlpconv(in_channels, (192, 160, 96), 5, padding=2, deviations=deviations),
        pool1=nn.MaxPool2d(3, stride=2, ceil_mode=True),
        drop1=nn.Dropout(0.5),
        mlp2=mlpconv(96, (192, 192, 192), 5, padding=2, deviations=deviations),
        pool2=nn.AvgPool2d(3, stride=2, ceil_mode=True),
        drop2=nn.Dropout(0.5),
        mlp3=mlpconv(192, (192, 192, num_classes), 3, padding=1, deviations=deviations),
        pool3=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
    )
    return nn.Sequential(layers)


def mlpconv(
    in_channels: int,
    maps: tuple[int, int, int],
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
    *,
    deviations: tuple[float, float, float],
) -> nn.Sequential:
    """A convolution and two of 1x1, each with its ReLU; maps: how many each has.

    deviations: of the normal numbers that their weights start from, in Caffe's files; biases start at 0.
    """
    first, second, third = maps
    layers = OrderedDict(
        conv=nn.Conv2d(in_channels, first, kernel_size, stride, padding),
        relu1=nn.ReLU(),
        cccp1=nn.Conv2d(first, second, 1),
        relu2=nn.ReLU(),
        cccp2=nn.Conv2d(second, third, 1),
        relu3=nn.ReLU(),
    )
    for name, deviation in zip(("conv", "cccp1", "cccp2"), deviations, strict=True):
        gaussian(layers[name], deviation)
    return nn.Sequential(layers)


ENTRIES = (
    Entry(
        "nin",
        nin,
        family="nin",
        paper=_PAPER,
        parameters="29 MB",
        source="readme of the authors' nin_imagenet for Caffe",
        smallest=39,
    ),
    Entry(
        "nin_cifar",
        nin_cifar,
        family="nin",
        paper=_PAPER,
        input_size=(3, 32, 32),
        num_classes=10,
        parameters="966,986",
        macs="0.223e9",
        source="pytorchcv's list of models, whose count takes in other layers too; the paper gives no number",
        smallest=4,
    ),
)
