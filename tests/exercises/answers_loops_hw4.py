"""Right answers to the exercises of homework 4, written step by step, picture by picture where there is a choice."""

import math

import torch
from torch import nn


class CifarBlock(nn.Module):
    def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
        super().__init__()
        if shortcut != "A" and shortcut != "B":
            raise ValueError("there are options A and B")
        self.shortcut = shortcut
        self.stride = stride
        self.in_channels = in_channels
        self.channels = channels
        self.first = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels)
        self.fits = stride == 1 and in_channels == channels
        if shortcut == "B" and not self.fits:
            self.projection = nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False)
            self.projection_norm = nn.BatchNorm2d(channels)
        if zero_init:
            with torch.no_grad():
                for number in range(channels):
                    self.second_norm.weight[number] = 0.0

    def forward(self, x):
        out = self.first(x)
        out = self.first_norm(out)
        out = torch.relu(out)
        out = self.second(out)
        out = self.second_norm(out)
        if self.fits:
            around = x
        elif self.shortcut == "B":
            around = self.projection_norm(self.projection(x))
        else:
            maps = []
            for channel in range(self.channels):
                if channel < self.in_channels:
                    maps.append(x[:, channel, :: self.stride, :: self.stride])
                else:
                    maps.append(torch.zeros_like(out[:, channel]))
            around = torch.stack(maps, dim=1)
        return torch.relu(out + around)


def cifar_resnet(block, depth, width=16, num_classes=10, in_channels=3, shortcut="A", zero_init=False):
    n = 0
    while 6 * n + 2 < depth:
        n += 1
    if n == 0 or 6 * n + 2 != depth:
        raise ValueError("depth must be 8, 14, 20, ...")
    layers = [nn.Conv2d(in_channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    arriving = width
    for stage in (1, 2, 4):
        for number in range(n):
            stride = 1
            if stage > 1 and number == 0:
                stride = 2
            layers.append(block(arriving, stage * width, stride, shortcut=shortcut, zero_init=zero_init))
            arriving = stage * width
    layers.append(nn.AdaptiveAvgPool2d(1))
    layers.append(nn.Flatten())
    layers.append(nn.Linear(arriving, num_classes))
    network = nn.Sequential(*layers)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.out_channels * module.kernel_size[0] * module.kernel_size[1]
            module.weight.data.normal_(0, math.sqrt(2 / fan_out))
    return network


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        self.first = nn.Linear(channels, channels // reduction)
        self.second = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        pictures = []
        for picture in x:
            squeezed = torch.stack([channel.mean() for channel in picture])
            weights = torch.sigmoid(self.second(torch.relu(self.first(squeezed))))
            pictures.append(torch.stack([channel * weight for channel, weight in zip(picture, weights, strict=True)]))
        return torch.stack(pictures)


def stochastic_depth(residuals, x, draws, last=0.5, training=True):
    pictures = []
    for number in range(len(x)):
        picture = x[number : number + 1]
        for place, residual in enumerate(residuals):
            chance = 1 - (place + 1) / len(residuals) * (1 - last)
            if not training:
                picture = torch.relu(picture + chance * residual(picture))
            elif draws[place, number] < chance:
                picture = torch.relu(picture + residual(picture))
            else:
                picture = torch.relu(picture)
        pictures.append(picture)
    return torch.cat(pictures)
