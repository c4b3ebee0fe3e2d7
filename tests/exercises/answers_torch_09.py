"""Right answers to the exercises of lesson 09, by PyTorch's own operations."""

import torch
from torch import nn
from torch.nn import functional


class Conv2dFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, *settings):
        ctx.save_for_backward(x, weight, bias)
        ctx.settings = settings
        return functional.conv2d(x, weight, bias, *settings)

    @staticmethod
    def backward(ctx, dout):
        x, weight, bias = ctx.saved_tensors
        dx = torch.nn.grad.conv2d_input(x.shape, weight, dout, *ctx.settings)
        dweight = torch.nn.grad.conv2d_weight(x, weight.shape, dout, *ctx.settings)
        return dx, dweight, None if bias is None else dout.sum((0, 2, 3)), None, None, None, None


class Conv2d(nn.Module):
    """First weights from nn.Conv2d itself."""

    def __init__(self, *arguments, **settings):
        super().__init__()
        model = nn.Conv2d(*arguments, **settings)
        self.weight, self.bias = model.weight, model.bias
        self.settings = model.stride, model.padding, model.dilation, model.groups

    def forward(self, x):
        return functional.conv2d(x, self.weight, self.bias, *self.settings)


def fit_one_epoch(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    model.train()
    batches = [(x.to(device), y.to(device)) for x, y in batches]
    values, scores = [], []
    for x, y in batches:
        model.zero_grad()
        out = model(x)
        value = loss(out, y)
        value.backward()
        optimizer.step()
        scores.append(out.detach())
        values.append(value.detach())
    sizes = torch.tensor([float(len(y)) for _, y in batches], dtype=torch.float64)
    labels = torch.cat([y for _, y in batches])
    mean = torch.stack([value.double() for value in values]) @ sizes / sizes.sum()
    return mean, (torch.cat(scores).argmax(-1) == labels).double().mean()
