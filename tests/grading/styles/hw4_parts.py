"""Homework 4 from small modules of one's own, by inheritance."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F  # noqa: N812

# %%


class ConvNorm(nn.Sequential):
    def __init__(self, in_channels, out_channels, kernel_size, stride):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size, stride, kernel_size // 2, bias=False),
            nn.BatchNorm2d(out_channels),
        )


class Same(nn.Identity):
    pass


class Widened(nn.Module):
    """Option A."""

    def __init__(self, in_channels, channels, stride):
        super().__init__()
        self.stride, self.more = stride, channels - in_channels

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        n, _, h, w = x.shape
        return torch.cat([x, x.new_zeros(n, self.more, h, w)], dim=1)


SHORTCUTS = {"A": Widened, "B": lambda in_channels, channels, stride: ConvNorm(in_channels, channels, 1, stride)}


class Residual(nn.Module):
    def __init__(self, inner, around):
        super().__init__()
        self.inner, self.around = inner, around

    def forward(self, x):
        return F.relu(self.inner(x) + self.around(x), inplace=True)


# %%
class CifarBlock(Residual):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
        try:
            around = SHORTCUTS[shortcut]
        except KeyError:
            raise ValueError(f"no shortcut {shortcut}") from None
        first, second = ConvNorm(in_channels, channels, 3, stride), ConvNorm(channels, channels, 3, 1)
        changes = stride > 1 or in_channels != channels
        super().__init__(
            nn.Sequential(first, nn.ReLU(inplace=True), second),
            around(in_channels, channels, stride) if changes else Same(),
        )
        if zero_init:
            second[1].weight = nn.Parameter(torch.zeros(channels))


# %%
class Net(nn.Module):
    def __init__(self, block, n, width, num_classes, in_channels, **options):
        super().__init__()
        self.stem = ConvNorm(in_channels, width, 3, 1)
        self.stage1 = self.stage(block, n, width, width, 1, options)
        self.stage2 = self.stage(block, n, width, 2 * width, 2, options)
        self.stage3 = self.stage(block, n, 2 * width, 4 * width, 2, options)
        self.head = nn.Linear(4 * width, num_classes)

    @staticmethod
    def stage(block, n, before, after, stride, options):
        first = block(before, after, stride, **options)
        return nn.ModuleList([first, *(block(after, after, 1, **options) for _ in range(n - 1))])

    def forward(self, x):
        x = F.relu(self.stem(x))
        for stage in (self.stage1, self.stage2, self.stage3):
            for block in stage:
                x = block(x)
        return self.head(x.mean([2, 3]))


def cifar_resnet(block, depth, width=16, num_classes=10, in_channels=3, shortcut="A", zero_init=False):
    if depth not in range(8, 2000, 6):
        raise ValueError(f"{depth} is not 6n + 2")
    net = Net(block, depth // 6, width, num_classes, in_channels, shortcut=shortcut, zero_init=zero_init)
    for module in net.modules():
        if type(module) is nn.Conv2d:
            rows, columns = module.kernel_size
            std = math.sqrt(2.0 / (module.out_channels * rows * columns))
            with torch.no_grad():
                module.weight.copy_(torch.randn(module.weight.shape) * std)
    return net


# %%
class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        hidden = channels // reduction
        self.layers = nn.ModuleDict({"reduce": nn.Linear(channels, hidden), "expand": nn.Linear(hidden, channels)})

    def forward(self, x):
        s = F.adaptive_avg_pool2d(x, 1)[:, :, 0, 0]
        for name, function in (("reduce", F.relu), ("expand", torch.sigmoid)):
            s = function(self.layers[name](s))
        return torch.mul(x, s.unsqueeze(-1).unsqueeze(-1))


# %%
def stochastic_depth(residuals, x, draws, last=0.5, training=True):
    L = len(residuals)  # noqa: N806
    for l in range(1, L + 1):  # noqa: E741
        p = 1 - l / L * (1 - last)
        f = residuals[l - 1](x)
        if training:
            survives = (draws[l - 1] < p)[:, None, None, None]
            x = F.relu(torch.where(survives, x + f, x))
        else:
            x = F.relu(x + p * f)
    return x
