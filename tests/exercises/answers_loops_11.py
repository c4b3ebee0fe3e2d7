"""Right answers to the exercises of lesson 11, written out: filter by filter, and the normalisation by its formula."""

import torch
from torch import nn
from torch.nn import functional


def two_tower_conv(x, weight, bias=None, stride=1, padding=0):
    """Every filter by itself, on the maps of its tower."""
    depth, filters = weight.shape[1], len(weight)
    maps = []
    for k in range(filters):
        tower = 2 * k // filters
        seen = x[:, tower * depth : (tower + 1) * depth]
        one = functional.conv2d(seen, weight[k : k + 1], stride=stride, padding=padding)
        maps.append(one if bias is None else one + bias[k])
    return torch.cat(maps, dim=1)


class AlexNet(nn.Module):
    """The towers as layers of their own numbers, the paper's formulas, and pooling by sliding windows."""

    def __init__(self, num_classes=1000, channels=(96, 256, 384, 384, 256), hidden=4096, groups=2):
        super().__init__()
        self.groups = groups
        shapes = [(channels[0], 3, 11, 11)]
        for i, side in ((1, 5), (2, 3), (3, 3), (4, 3)):
            shapes.append((channels[i], channels[i - 1] // (1 if i == 2 else groups), side, side))
        shapes += [(hidden, channels[4] * 36), (hidden, hidden), (num_classes, hidden)]
        self.numbers = nn.ParameterList()
        for shape in shapes:
            self.numbers.append(nn.Parameter(torch.randn(shape) * 0.01))
            self.numbers.append(nn.Parameter(torch.zeros(shape[0])))

    def forward(self, x):
        for i in range(5):
            weight, bias = self.numbers[2 * i], self.numbers[2 * i + 1]
            stride, padding = (4, 2) if i == 0 else (1, weight.shape[-1] // 2)
            if self.groups == 2 and i in (1, 3, 4):
                x = two_tower_conv(x, weight, bias, stride, padding)
            else:
                x = functional.conv2d(x, weight, bias, stride, padding)
            x = x.clamp(min=0)
            if i < 2:
                x = self.normalised(x)
            if i in (0, 1, 4):
                x = x.unfold(2, 3, 2).unfold(3, 3, 2).amax((-1, -2))
        x = x.flatten(1)
        for i in (5, 6):
            x = (x @ self.numbers[2 * i].T + self.numbers[2 * i + 1]).clamp(min=0)
            if self.training:
                x = x * (torch.rand_like(x) < 0.5) * 2
        return x @ self.numbers[14].T + self.numbers[15]

    def normalised(self, x):
        maps = x.shape[1]
        out = []
        for i in range(maps):
            around = x[:, max(0, i - 2) : min(maps - 1, i + 2) + 1]
            out.append(x[:, i] / (2 + 1e-4 * (around**2).sum(dim=1)) ** 0.75)
        return torch.stack(out, dim=1)
