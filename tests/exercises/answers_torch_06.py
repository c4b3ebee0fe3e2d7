"""Right answers to the exercises of lesson 06 by PyTorch: forward by its functions, backward by autograd."""

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights, fuse_linear_bn_weights


def tensor(array):
    return None if array is None else torch.from_numpy(np.array(array))


def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    given = [tensor(array) for array in (x, running_mean, running_var, weight, bias)]
    out = functional.batch_norm(*given, training, momentum, eps)
    # PyTorch hands out the deviation only to its own way back: see what batch norm makes of x without weight and bias.
    x_hat = functional.batch_norm(tensor(x), tensor(running_mean), tensor(running_var), None, None, training, 0, eps)
    axes = [0, *range(2, x.ndim)]
    var = given[0].var(dim=axes, correction=0) if training else tensor(running_var)
    cache = (x_hat.numpy(), weight, torch.rsqrt(var + eps).numpy(), training)
    return out.numpy(), given[1], given[2], cache


def batch_norm_backward(dout, cache):
    """x_hat / inv_std differs from x by a constant a channel, which changes no gradient."""
    x_hat, weight, inv_std, training = cache
    shape = (1, -1, *[1] * (dout.ndim - 2))
    x = (tensor(x_hat) / tensor(inv_std).reshape(shape)).requires_grad_()
    gamma = tensor(weight).requires_grad_()
    beta = torch.zeros_like(gamma, requires_grad=True)
    if training:
        var = x.detach().var(dim=[0, *range(2, x.ndim)], correction=0, keepdim=True)
        eps = tensor(inv_std).reshape(shape) ** -2 - var
        centred = x - x.mean(dim=[0, *range(2, x.ndim)], keepdim=True)
        deviation = (centred.square().mean(dim=[0, *range(2, x.ndim)], keepdim=True) + eps).sqrt()
        normalised = centred / deviation
    else:
        normalised = x * tensor(inv_std).reshape(shape)
    out = normalised * gamma.reshape(shape) + beta.reshape(shape)
    return torch.autograd.grad(out, (x, gamma, beta), tensor(dout))


def fold_batch_norm(weight, bias, bn_weight, bn_bias, running_mean, running_var, eps=1e-5):
    fuse = fuse_linear_bn_weights if weight.ndim == 2 else fuse_conv_bn_weights
    given = [tensor(array) for array in (weight, bias, running_mean, running_var)]
    return fuse(*given, eps, tensor(bn_weight), tensor(bn_bias))


def local_response_norm_forward(x, size, alpha=1e-4, beta=0.75, k=1.0):
    out = functional.local_response_norm(tensor(x), size, alpha, beta, k)
    padded = functional.pad(tensor(x).square(), (0, 0, 0, 0, size // 2, (size - 1) // 2))
    scale = k + alpha * functional.avg_pool3d(padded[:, None], (size, 1, 1), stride=1)[:, 0]
    return out, (x, scale.numpy(), size, alpha, beta)
