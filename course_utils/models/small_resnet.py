"""A network of residual blocks for small pictures, of any block and any depths: what lesson 15 builds and trains."""

from collections.abc import Callable, Sequence

from torch import nn

from course_utils.models.initialisation import he_normal
from course_utils.models.resnet import conv3x3, stage


def resnet(
    block: Callable[..., nn.Module],
    depths: Sequence[int],
    channels: int = 16,
    num_classes: int = 10,
    in_channels: int = 3,
) -> nn.Sequential:
    """A 3x3 convolution, stages of blocks, an average over each map, one linear layer: (N, in_channels, H, W) → (N, num_classes).

    block(in_channels, channels, stride) hands on block.expansion · channels channels; depths: how many blocks each stage has.
    The first stage works with `channels`, each further one with twice as many, and its first block has stride 2.
    After He et al. 2015, section 4.2; weights by He's rule.
    """
    layers = [conv3x3(in_channels, channels), nn.BatchNorm2d(channels), nn.ReLU()]
    arriving = channels
    for number, depth in enumerate(depths):
        width = channels * 2**number
        layers.append(stage(block, depth, arriving, width, stride=1 if number == 0 else 2))
        arriving = width * block.expansion
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(arriving, num_classes))
    he_normal(network, "fan_out", layers=nn.Conv2d)
    return network
