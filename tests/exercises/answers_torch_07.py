"""Right answers to the exercises of lesson 07 that train, by PyTorch."""

import numpy as np
import torch
from torch.nn import functional


def softmax_cross_entropy(scores, labels):
    scores = torch.tensor(np.array(scores), requires_grad=True)
    loss = functional.cross_entropy(scores, torch.tensor(labels))
    return loss, torch.autograd.grad(loss, scores)[0]


def kaiming_normal(shape, rng, dtype=np.float32):
    """PyTorch's generator is another: its own function says how large numbers are to be, ours which they are."""
    fan_in, _ = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    deviation = torch.nn.init.calculate_gain("relu") / fan_in**0.5
    numbers = torch.tensor(rng.standard_normal(shape, dtype=np.float32)).double() * deviation
    return numbers.numpy().astype(dtype)


def sgd_momentum_step(weight, gradient, velocity, lr, momentum=0.9, weight_decay=0.0, nesterov=False):
    parameter = torch.nn.Parameter(torch.tensor(np.array(weight)))
    parameter.grad = torch.tensor(np.array(gradient))
    # PyTorch keeps no velocity without momentum, and knows no Nesterov's step then; both are as if it were tiny.
    optimizer = torch.optim.SGD(
        [parameter], lr, momentum=momentum or 1e-30, weight_decay=weight_decay, nesterov=nesterov
    )
    optimizer.state[parameter]["momentum_buffer"] = torch.tensor(np.array(velocity))
    optimizer.step()
    return parameter.detach().numpy(), optimizer.state[parameter]["momentum_buffer"].numpy()


def dropout_forward(x, p, training=True, rng=None, inverted=True):
    """The mask in x's own precision, kept below 1 - p."""
    x = torch.tensor(np.array(x))
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    numbers = torch.tensor(rng.random(tuple(x.shape), dtype=x.numpy().dtype))
    mask = (numbers < 1 - p).to(x.dtype)
    mask = mask / (1 - p) if inverted else mask
    return x * mask, mask.numpy()


def dropout_backward(dout, cache):
    x = torch.zeros(dout.shape, dtype=torch.tensor(np.array(dout)).dtype, requires_grad=True)
    if cache is None:
        return dout
    out = x * torch.tensor(cache, dtype=x.dtype)
    return torch.autograd.grad(out, x, torch.tensor(np.array(dout)))[0].numpy()


def random_crop_flip(x, padding, rng):
    n, _, height, width = x.shape
    rows, columns = rng.integers(0, 2 * padding + 1, size=(2, n))
    flips = rng.random(n) < 0.5
    pictures = functional.pad(torch.tensor(np.array(x)), (padding,) * 4)
    cut = [
        picture[:, row : row + height, column : column + width]
        for picture, row, column in zip(pictures, rows, columns, strict=True)
    ]
    return torch.stack([piece.flip(2) if flip else piece for piece, flip in zip(cut, flips, strict=True)])
