"""Right answers to the exercises of lesson 15, as lists of layers."""

from torch import nn


def _conv(kernel_size, in_channels, out_channels, stride=1):
    padding = (kernel_size - 1) // 2
    conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False)
    return conv, nn.BatchNorm2d(out_channels)


class _Sum(nn.Module):
    """relu(residual(x) + around(x)), the shortcut first."""

    def __init__(self, layers, in_channels, out_channels, stride):
        super().__init__()
        fits = stride == 1 and in_channels == out_channels
        self.around = nn.Identity() if fits else nn.Sequential(*_conv(1, in_channels, out_channels, stride))
        self.residual = nn.Sequential(*layers)

    def forward(self, x):
        return (self.around(x) + self.residual(x)).clamp(min=0)


class BasicBlock(_Sum):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        layers = *_conv(3, in_channels, channels, stride), nn.ReLU(), *_conv(3, channels, channels)
        super().__init__(layers, in_channels, channels, stride)


class Bottleneck(_Sum):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        first, middle = _conv(1, in_channels, channels), _conv(3, channels, channels, stride)
        layers = *first, nn.ReLU(), *middle, nn.ReLU(), *_conv(1, channels, 4 * channels)
        super().__init__(layers, in_channels, 4 * channels, stride)


def resnet(block, depths, channels=16, num_classes=10, in_channels=3):
    widths = [channels * 2**number for number, depth in enumerate(depths) for _ in range(depth)]
    arriving = [channels] + [width * block.expansion for width in widths]
    starts = {sum(depths[:number]) for number in range(1, len(depths))}
    blocks = [block(arriving[i], width, 2 if i in starts else 1) for i, width in enumerate(widths)]
    head = nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(arriving[-1], num_classes)
    return nn.Sequential(*_conv(3, in_channels, channels), nn.ReLU(), *blocks, *head)
