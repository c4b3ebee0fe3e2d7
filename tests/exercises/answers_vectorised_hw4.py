"""Right answers to the exercises of homework 4, short, in whole-array steps."""

import torch
from torch import nn


class CifarBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
        if shortcut not in "AB":
            raise ValueError(f"{shortcut} is no option")
        super().__init__()
        layers = [nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
        layers += [nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels)]
        self.body = nn.Sequential(*layers)
        if zero_init:
            self.body[-1].weight.data.zero_()
        self.around = None
        if shortcut == "B" and (stride, in_channels) != (1, channels):
            self.around = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
        self.stride, self.channels = stride, channels

    def forward(self, x):
        out = self.body(x)
        if self.around is not None:
            return (out + self.around(x)).relu()
        carried = torch.zeros_like(out)
        carried[:, : x.shape[1]] = x[..., :: self.stride, :: self.stride]
        return (out + carried).relu()


def cifar_resnet(block, depth, width=16, num_classes=10, in_channels=3, shortcut="A", zero_init=False):
    n = (depth - 2) / 6
    if n < 1 or n != int(n):
        raise ValueError(depth)
    widths = [width] * int(n) + [2 * width] * int(n) + [4 * width] * int(n)
    layers = [nn.Conv2d(in_channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    for before, after in zip([width, *widths], widths, strict=False):
        layers.append(block(before, after, after // before, shortcut, zero_init))
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, num_classes))
    for name, parameter in network.named_parameters():
        if parameter.ndim == 4:
            fan_out = len(parameter) * parameter[0, 0].numel()
            nn.init.normal_(parameter, std=(2 / fan_out) ** 0.5)
        assert name
    return network


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        self.down, self.up = nn.Linear(channels, channels // reduction), nn.Linear(channels // reduction, channels)

    def forward(self, x):
        return torch.einsum("nchw,nc->nchw", x, self.up(self.down(x.flatten(2).mean(2)).clamp(min=0)).sigmoid())


def stochastic_depth(residuals, x, draws, last=0.5, training=True):
    count = len(residuals)
    chances = 1 - torch.arange(1, count + 1, dtype=torch.float64) / count * (1 - last)
    gates = (draws < chances[:, None]) if training else chances[:, None].expand(-1, len(x))
    for residual, gate in zip(residuals, gates.to(x.dtype), strict=True):
        x = (x + torch.einsum("n,nchw->nchw", gate, residual(x))).clamp(min=0)
    return x
