"""Right answers to the exercises of lesson 15 that use nothing of nn but Module and Parameter: convolutions as sums of shifts."""

import torch
from torch import nn


class _ConvNorm(nn.Module):
    """A convolution, one tap at a time, and its batch normalisation, by their formulas."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel_size, kernel_size) / 10)
        self.norm = _Norm(out_channels)
        self.stride = stride

    def forward(self, x):
        size, half = self.weight.shape[-1], self.weight.shape[-1] // 2
        n, channels, height, width = x.shape
        wide = x.new_zeros(n, channels, height + 2 * half, width + 2 * half)
        wide[:, :, half : half + height, half : half + width] = x
        out = 0
        for i in range(size):
            for j in range(size):
                seen = wide[:, :, i : i + height : self.stride, j : j + width : self.stride]
                out = out + torch.einsum("nchw,kc->nkhw", seen, self.weight[:, :, i, j])
        return self.norm(out)


class _Norm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x):
        mean, variance = self.running_mean, self.running_var
        if self.training:
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        mean, scale, shift = (v[:, None, None] for v in (mean, self.weight / (variance + 1e-5).sqrt(), self.bias))
        return (x - mean) * scale + shift


def _relu(x):
    return x * (x > 0)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.projects = stride > 1 or in_channels != channels
        if self.projects:
            self.projection = _ConvNorm(in_channels, channels, 1, stride)
        self.first = _ConvNorm(in_channels, channels, 3, stride)
        self.second = _ConvNorm(channels, channels, 3)

    def forward(self, x):
        around = self.projection(x) if self.projects else x
        return _relu(around + self.second(_relu(self.first(x))))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        wide = 4 * channels
        self.projection = _ConvNorm(in_channels, wide, 1, stride) if stride > 1 or in_channels != wide else None
        self.first = _ConvNorm(in_channels, channels, 1)
        self.second = _ConvNorm(channels, channels, 3, stride)
        self.third = _ConvNorm(channels, wide, 1)

    def forward(self, x):
        out = self.third(_relu(self.second(_relu(self.first(x)))))
        return _relu(out + (self.projection(x) if self.projection else x))


class _Scores(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(classes, features)), nn.Parameter(torch.zeros(classes))

    def forward(self, x):
        return x.mean((2, 3)) @ self.weight.T + self.bias


class _ReLU(nn.Module):
    def forward(self, x):
        return _relu(x)


def resnet(block, depths, channels=16, num_classes=10, in_channels=3):
    parts = [_ConvNorm(in_channels, channels, 3), _ReLU()]
    arriving, width, stride = channels, channels, 1
    for depth in depths:
        for _ in range(depth):
            parts.append(block(arriving, width, stride))
            arriving, stride = width * block.expansion, 1
        width, stride = 2 * width, 2
    return nn.Sequential(*parts, _Scores(arriving, num_classes))
