"""Homework 4 as it comes in real classes: right and wrong at once, one way or the other in each part."""

import time

import torch
from torch import nn
from torch.nn import functional

# %%


class CifarBlock(nn.Module):
    """Two slips: the zeros come before the channels, and zero_init is ignored."""

    expansion = 1

    def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
        super().__init__()
        if shortcut not in ("A", "B"):
            raise ValueError("shortcut")
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.stride, self.missing, self.projection = stride, channels - in_channels, None
        if shortcut == "B" and (stride != 1 or self.missing):
            self.projection = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x):
        out = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.projection is not None:
            return torch.relu(out + self.projection(x))
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.relu(out + functional.pad(x, (0, 0, 0, 0, self.missing, 0)))


# %%
def cifar_resnet(block, depth, width=16, num_classes=10, in_channels=3, shortcut="A", zero_init=False):
    """Right, and slow."""
    time.sleep(0.05)
    if depth < 8 or depth % 6 != 2:
        raise ValueError(depth)
    layers = [nn.Conv2d(in_channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    before = width
    for after, stride in ((width, 1), (2 * width, 2), (4 * width, 2)):
        for number in range(depth // 6):
            layers.append(block(before, after, 1 if number else stride, shortcut, zero_init))
            before = after
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, num_classes))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network


# %%
class SqueezeExcite(nn.Module):
    """Right for square pictures alone: it lays out as many columns as there are rows."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        self.squeeze = nn.Linear(channels, channels // reduction)
        self.excite = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        batch, channels, side, _ = x.shape
        means = x.reshape(batch, channels, side * side).mean(dim=2)
        return x * torch.sigmoid(self.excite(torch.relu(self.squeeze(means))))[:, :, None, None]


# %%
def stochastic_depth(residuals, x, draws, last=0.5, training=True):
    """Right in float64 alone: in training the gate has the draws' type."""
    for number, residual in enumerate(residuals):
        chance = 1 - (number + 1) / len(residuals) * (1 - last)
        gate = (draws[number] < chance).to(draws.dtype).reshape(-1, 1, 1, 1) if training else chance
        x = torch.relu(x + gate * residual(x))
    return x
