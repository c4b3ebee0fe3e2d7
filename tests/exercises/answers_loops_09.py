"""Right answers to the exercises of lesson 09, written out: explicit loops, and gradients by their definition."""

import math

import numpy as np
import torch
from torch import nn


class Conv2dFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, stride, padding, dilation, groups):
        ctx.save_for_backward(x, weight)
        ctx.with_bias = bias is not None
        ctx.settings = stride, padding, dilation, groups
        out = np.zeros(_shape(x, weight, ctx.settings), x.numpy().dtype)
        for n, k, i, j, c, row, column, up, along in _meetings(x, weight, ctx.settings):
            out[n, k, i, j] += weight[k, c, up, along].item() * x[n, row, column[0], column[1]].item()
        if bias is not None:
            for k in range(len(bias)):
                out[:, k] += bias[k].item()
        return torch.from_numpy(out)

    @staticmethod
    def backward(ctx, dout):
        x, weight = ctx.saved_tensors
        dx, dweight = np.zeros(x.shape, x.numpy().dtype), np.zeros(weight.shape, x.numpy().dtype)
        for n, k, i, j, c, row, column, up, along in _meetings(x, weight, ctx.settings):
            dx[n, row, column[0], column[1]] += dout[n, k, i, j].item() * weight[k, c, up, along].item()
            dweight[k, c, up, along] += dout[n, k, i, j].item() * x[n, row, column[0], column[1]].item()
        dbias = torch.stack([dout[:, k].sum() for k in range(dout.shape[1])]) if ctx.with_bias else None
        return torch.from_numpy(dx), torch.from_numpy(dweight), dbias, None, None, None, None


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)


def _shape(x, weight, settings):
    stride, padding, dilation = (_pair(value) for value in settings[:3])
    sides = [
        (x.shape[2 + a] + 2 * padding[a] - dilation[a] * (weight.shape[2 + a] - 1) - 1) // stride[a] + 1 for a in (0, 1)
    ]
    return x.shape[0], weight.shape[0], *sides


def _meetings(x, weight, settings):
    """Every product of a weight with a pixel: output's place, channel in the filter, pixel, place in the kernel."""
    (sh, sw), (ph, pw), (dh, dw) = (_pair(value) for value in settings[:3])
    N, K, OH, OW = _shape(x, weight, settings)  # noqa: N806
    depth, filters = weight.shape[1], K // settings[3]
    for n, k, i, j in np.ndindex(N, K, OH, OW):
        for c, up, along in np.ndindex(*weight.shape[1:]):
            row, column = i * sh + up * dh - ph, j * sw + along * dw - pw
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                yield n, k, i, j, c, k // filters * depth + c, (row, column), up, along


class Conv2d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True):
        super().__init__()
        depth = in_channels // groups
        kh, kw = _pair(kernel_size)
        limit = (1 / (depth * kh * kw)) ** 0.5
        weight = torch.zeros(out_channels, depth, kh, kw)
        for place in np.ndindex(*weight.shape):
            weight[place] = (2 * np.random.random() - 1) * limit
        self.weight = nn.Parameter(weight)
        self.bias = None
        if bias:
            self.bias = nn.Parameter(torch.tensor([(2 * np.random.random() - 1) * limit for _ in range(out_channels)]))
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups

    def forward(self, x):
        return Conv2dFunction.apply(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


def fit_one_epoch(model, batches, optimizer, loss=nn.functional.cross_entropy, device="cpu"):
    """Example by example where a sum is taken, and zeroed after the step."""
    model.train()
    losses, hits = [], []
    for images, labels in batches:
        images = images.to(device)
        labels = labels.to(device)
        scores = model(images)
        value = loss(scores, labels)
        value.backward()
        optimizer.step()
        optimizer.zero_grad()
        for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
            losses.append(float(value))
            hits.append(max(range(len(row)), key=row.__getitem__) == label)
    return math.fsum(losses) / len(losses), sum(hits) / len(hits)
