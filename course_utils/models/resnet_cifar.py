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

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import nn

from course_utils.models.initialisation import he_normal
from course_utils.models.registry import Entry
from course_utils.models.resnet import BasicBlock, conv3x3, stage, start_as_identity


def resnet(
    block: Callable[..., nn.Module],
    depths: Sequence[int],
    channels: int = 16,
    num_classes: int = 10,
    in_channels: int = 3,
    **block_options: Any,
) -> nn.Sequential:
    """A 3x3 convolution, stages of blocks, an average over each map, one linear layer: (N, in_channels, H, W) → (N, num_classes).

    block(in_channels, channels, stride) hands on block.expansion · channels channels; depths: how many blocks each stage has.
    The first stage works with `channels`, each further one with twice as many, and its first block has stride 2.
    block_options: handed to each block. Convolutions start by He's rule.
    """
    layers = OrderedDict(conv1=conv3x3(in_channels, channels), bn1=nn.BatchNorm2d(channels), relu=nn.ReLU())
    arriving = channels
    for number, depth in enumerate(depths):
        width = channels * 2**number
        layers[f"layer{number + 1}"] = stage(block, depth, arriving, width, 2 if number else 1, **block_options)
        arriving = width * block.expansion
    layers.update(avgpool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), fc=nn.Linear(arriving, num_classes))
    network = nn.Sequential(layers)
    he_normal(network, "fan_out", layers=nn.Conv2d)
    return network


class CifarResNet(nn.Sequential):
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
        blocks, rest = divmod(depth - 2, 6)
        if rest or blocks < 1:
            raise ValueError(f"depth must be 6n + 2, such as 20, 32, 44, 56 or 110, got {depth}")
        if width < 1:
            raise ValueError(f"width must be at least 1, got {width}")
        network = resnet(BasicBlock, (blocks,) * 3, width, num_classes, in_channels, shortcut=shortcut)
        super().__init__(OrderedDict(network.named_children()))
        if zero_init_residual:
            start_as_identity(self)


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
