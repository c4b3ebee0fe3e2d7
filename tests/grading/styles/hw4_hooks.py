"""Homework 4 by chains of PyTorch's own layers, with hooks for what goes around them, and by recursion."""

from collections import OrderedDict
from functools import partial

import torch
from torch.nn import (
    AdaptiveAvgPool2d,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Linear,
    Module,
    ReLU,
    Sequential,
    Sigmoid,
    functional,
    init,
)

# %%


def conv(before, after, size=3, stride=1):
    return Conv2d(before, after, size, stride, padding="same" if stride == 1 else size // 2, bias=False)


class CifarBlock(Sequential):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
        if {"A": 0, "B": 1}.get(shortcut) is None:
            raise ValueError("shortcut")
        last = BatchNorm2d(channels)
        super().__init__(
            OrderedDict(
                first=conv(in_channels, channels, stride=stride),
                norm=BatchNorm2d(channels),
                relu=ReLU(),
                second=conv(channels, channels),
                last=last,
            )
        )
        if zero_init:
            last.weight.data.mul_(0)
        around = partial(self.widened, stride=stride, channels=channels)
        if shortcut == "B" and (stride != 1 or in_channels != channels):
            around = Sequential(conv(in_channels, channels, 1, stride), BatchNorm2d(channels))
            # Beside the chain, not in it.
            self.last.add_module("around", around)
        self.register_forward_hook(lambda module, inputs, out: functional.relu(out + around(inputs[0])))

    @staticmethod
    def widened(x, stride, channels):
        x = functional.max_pool2d(x, 1, stride)
        return torch.stack([x[:, c] if c < x.shape[1] else 0 * x[:, 0] for c in range(channels)], 1)


# %%
def cifar_resnet(block, depth, width=16, num_classes=10, in_channels=3, shortcut="A", zero_init=False):
    if depth % 6 != 2 or depth <= 2:
        raise ValueError("depth")
    net = Sequential()
    net.add_module("stem", Sequential(conv(in_channels, width), BatchNorm2d(width), ReLU(inplace=True)))
    before = width
    plan = [(stage, number) for stage in (1, 2, 3) for number in range((depth - 2) // 6)]
    for stage, number in plan:
        after = width * 2 ** (stage - 1)
        stride = 2 if number == 0 and stage != 1 else 1
        net.add_module(f"{stage}-{number}", block(before, after, stride, zero_init=zero_init, shortcut=shortcut))
        before = after
    net.add_module("head", Sequential(AdaptiveAvgPool2d((1, 1)), Flatten(), Linear(before, num_classes)))
    return net.apply(begin)


def begin(module):
    if isinstance(module, Conv2d):
        # The default, a leaky ReLU without a leak, is a ReLU.
        init.kaiming_normal_(module.weight, mode="fan_out")


# %%
class SqueezeExcite(Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        few = channels // reduction
        self.gate = Sequential(
            AdaptiveAvgPool2d(1), Flatten(), Linear(channels, few), ReLU(), Linear(few, channels), Sigmoid()
        )
        self.gate.register_forward_hook(lambda gate, inputs, out: out[..., None, None] * inputs[0])

    def forward(self, x):
        return self.gate(x)


# %%
def stochastic_depth(residuals, x, draws, last=0.5, training=True):
    """By recursion: the last layer runs on what those before it make."""
    total = len(draws)

    def run(layer):
        if layer == 0:
            return x
        before, chance = run(layer - 1), 1 - layer * (1 - last) / total
        gate = torch.full((len(x),), chance, dtype=x.dtype)
        if training:
            gate = torch.tensor([float(draw < chance) for draw in draws[layer - 1]]).to(x)
        return functional.relu(before + (residuals[layer - 1](before).transpose(0, -1) * gate).transpose(0, -1))

    return run(total)
