"""Right answers to the exercises of lesson 04 by PyTorch."""

import torch
from answers_torch import conv2d_backward as _backward
from answers_torch import tensor


def numeric_gradient(f, x, step=1e-5):
    # What f does is NumPy's business, so autograd cannot follow; the arithmetic around it is PyTorch's.
    x = tensor(x)
    nudges = torch.eye(x.numel(), dtype=x.dtype).reshape(-1, *x.shape) * step
    values = [[f((x + sign * nudge).numpy()) for nudge in nudges] for sign in (1, -1)]
    above, below = torch.tensor(values, dtype=x.dtype)
    return ((above - below) / (2 * step)).reshape(x.shape)


def conv2d_backward_bias(dout, cache):
    return _backward(dout, cache)[2]


def conv2d_backward_weight(dout, cache):
    return _backward(dout, cache)[1]


def conv2d_backward_input(dout, cache):
    return _backward(dout, cache)[0]
