"""CifarBlock with the zeros of option A kept in a buffer, which is no parameter."""

import torch
from torch import nn

# %%


class CifarBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
        super().__init__()
        if shortcut not in ("A", "B"):
            raise ValueError("shortcut")
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.stride, self.projection = stride, None
        self.register_buffer("zeros", torch.zeros(1, channels - in_channels, 1, 1))
        if shortcut == "B" and (stride != 1 or in_channels != channels):
            self.projection = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )
        if zero_init:
            nn.init.zeros_(self.body[4].weight)

    def forward(self, x):
        out = self.body(x)
        if self.projection is not None:
            return torch.relu(out + self.projection(x))
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.relu(out + torch.cat([x, self.zeros.expand(len(x), -1, *x.shape[2:])], dim=1))
