"""Homework 4 with layers of one's own, from parameters up: convolutions by unfold, normalisations by formula."""

import torch
from torch import Tensor, nn

# %%


class Convolution(nn.Module):
    def __init__(self, in_channels: int, channels: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self.size, self.stride = size, stride
        self.weight = nn.Parameter(torch.empty(channels, in_channels, size, size))
        nn.init.uniform_(self.weight, -0.1, 0.1)

    def forward(self, x: Tensor) -> Tensor:
        n, _, h, w = x.shape
        columns = nn.functional.unfold(x, self.size, padding=self.size // 2, stride=self.stride)
        out = self.weight.flatten(1) @ columns
        return out.reshape(n, -1, (h - 1) // self.stride + 1, (w - 1) // self.stride + 1)


class Normalisation(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), unbiased=False)
            with torch.no_grad():
                self.running_mean += 0.1 * (mean - self.running_mean)
                self.running_var += 0.1 * (x.var(dim=(0, 2, 3)) - self.running_var)
        scale = self.weight / torch.sqrt(var + 1e-5)
        return x * scale[:, None, None] + (self.bias - mean * scale)[:, None, None]


# %%
class CifarBlock(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
        super().__init__()
        self.convolutions = nn.ModuleList(
            [Convolution(in_channels, channels, 3, stride), Convolution(channels, channels, 3)]
        )
        self.norms = nn.ModuleList([Normalisation(channels), Normalisation(channels)])
        self.stride = stride
        match shortcut:
            case "A":
                pass
            case "B" if stride != 1 or in_channels != channels:
                self.convolutions.append(Convolution(in_channels, channels, 1, stride))
                self.norms.append(Normalisation(channels))
            case "B":
                pass
            case _:
                raise ValueError(shortcut)
        if zero_init:
            self.norms[1].weight.data = torch.zeros(channels)

    def forward(self, x):
        z = self.norms[0](self.convolutions[0](x))
        z = z * (z > 0)
        z = self.norms[1](self.convolutions[1](z))
        if len(self.norms) == 3:
            z = z + self.norms[2](self.convolutions[2](x))
        else:
            carried = x[:, :, :: self.stride, :: self.stride]
            z = torch.cat([z[:, : x.shape[1]] + carried, z[:, x.shape[1] :]], dim=1)
        return torch.maximum(z, torch.zeros_like(z))


# %%
class Network(nn.Module):
    def __init__(self, stem, blocks, head):
        super().__init__()
        self.stem, self.blocks, self.head = stem, nn.ModuleList(blocks), head

    def forward(self, x):
        x = torch.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return x.flatten(2).mean(-1) @ self.head.weight.T + self.head.bias


def cifar_resnet(block, depth, width=16, num_classes=10, in_channels=3, shortcut="A", zero_init=False):
    if (depth - 2) % 6 or depth - 2 < 6:
        raise ValueError("depth - 2 must be a multiple of 6")
    n = (depth - 2) // 6
    blocks = []
    for stage in range(3):
        for i in range(n):
            halves = stage > 0 and i == 0
            inner = width << stage
            blocks.append(block(inner // 2 if halves else inner, inner, 1 + halves, shortcut, zero_init))
    stem = nn.Sequential(Convolution(in_channels, width, 3), Normalisation(width))
    network = Network(stem, blocks, nn.Linear(4 * width, num_classes))
    for parameter in network.parameters():
        if parameter.dim() == 4:
            out, _, rows, columns = parameter.shape
            parameter.data.normal_().mul_((2 / (out * rows * columns)) ** 0.5)
    return network


# %%
class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        self.one = nn.Linear(channels, channels // reduction)
        self.two = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        mean = x.sum((2, 3)) / (x.shape[2] * x.shape[3])
        hidden = mean @ self.one.weight.t() + self.one.bias
        hidden = hidden * (hidden > 0)
        answer = hidden @ self.two.weight.t() + self.two.bias
        return x / (1 + torch.exp(-answer)).view(*answer.shape, 1, 1)


# %%
def stochastic_depth(residuals, x, draws, last=0.5, training=True):
    """In training the pictures of which a layer survives go through it together, the others around it."""
    step = (1 - last) / len(residuals)
    chance = 1.0
    for residual, draw in zip(residuals, draws, strict=True):
        chance -= step
        if not training:
            x = torch.relu(x + residual(x) * chance)
            continue
        survive = torch.nonzero(draw < chance).flatten()
        if len(survive):
            x = x.index_add(0, survive, residual(x[survive]))
        x = torch.relu(x)
    return x
