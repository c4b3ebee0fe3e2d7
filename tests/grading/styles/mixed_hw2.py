"""Homework 2 as it comes in real classes: right and wrong at once, one way or the other in each part."""

import time

import numpy as np

from course_utils import layers

# %%


def along(vector, x):
    return vector.reshape(1, -1, *[1] * (x.ndim - 2))


def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    """Two slips: the momentum turned round, and the batch's statistics in evaluation."""
    axes, count = (0, *range(2, x.ndim)), x.size // x.shape[1]
    mean, var = x.mean(axis=axes), x.var(axis=axes)
    if training:
        if count < 2:
            raise ValueError("a single number")
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var * count / (count - 1)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - along(mean, x)) * along(inv_std, x)
    return along(weight, x) * x_hat + along(bias, x), running_mean, running_var, (x_hat, weight, inv_std, training)


# %%
def batch_norm_backward(dout, cache):
    """Right, but made in dout itself."""
    x_hat, weight, inv_std, training = cache
    axes = (0, *range(2, dout.ndim))
    dweight, dbias = (dout * x_hat).sum(axis=axes), dout.sum(axis=axes)
    if training:
        dout -= (along(dbias, dout) + x_hat * along(dweight, dout)) / (dout.size // dout.shape[1])
    dout *= along(weight * inv_std, dout)
    return dout, dweight, dbias


# %%
def ghost_batch_norm_forward(x, weight, bias, running_mean, running_var, groups, training=True, momentum=0.1, eps=1e-5):
    """Right, and slow; it does without the batch norm above."""
    time.sleep(0.02)
    running_mean, running_var, outs = running_mean.copy(), running_var.copy(), []
    for part in np.split(x, groups if training else 1):
        axes, count = (0, *range(2, x.ndim)), part.size // part.shape[1]
        mean, var = running_mean.copy(), running_var.copy()
        if training:
            mean, var = part.mean(axis=axes), part.var(axis=axes)
            running_mean += momentum * (mean - running_mean)
            running_var += momentum * (var * count / (count - 1) - running_var)
        hats = (part - along(mean, part)) / np.sqrt(along(var, part) + eps)
        outs.append(along(weight, part) * hats + along(bias, part))
    return np.concatenate(outs), running_mean, running_var


# %%
def dropout_forward(x, p, training=True, rng=None, inverted=True):
    """Right in float64 alone: in training the mask is in float64."""
    if not training:
        return (x, None) if inverted else (x * (1 - p), 1 - p)
    mask = np.where(rng.random(x.shape) >= p, 1.0, 0.0)
    if inverted:
        mask = mask / (1 - p)
    return x * mask, mask.astype(x.dtype)


# %%
class Block:
    """Right for square pictures alone: on the way back it takes the rows for the columns as well."""

    def __init__(self, weight, gamma, beta):
        self.weight, self.gamma, self.beta = weight, gamma, beta
        self.mean, self.var = np.zeros_like(gamma), np.ones_like(gamma)

    def forward(self, x, training):
        z, self.convolved = layers.conv2d_forward(x, self.weight, padding=1)
        self.training = training
        mean, var = self.mean, self.var
        if training:
            m = z.size // z.shape[1]
            mean, var = z.mean(axis=(0, 2, 3)), z.var(axis=(0, 2, 3))
            self.mean = self.mean + 0.1 * (mean - self.mean)
            self.var = self.var + 0.1 * (var * m / (m - 1) - self.var)
        self.inverse = along(1 / np.sqrt(var + 1e-5), z)
        self.hats = (z - along(mean, z)) * self.inverse
        out, self.rectified = layers.relu_forward(along(self.gamma, z) * self.hats + along(self.beta, z))
        return out

    def backward(self, dout):
        dout = layers.relu_backward(dout, self.rectified)
        dgamma, dbeta = (dout * self.hats).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))
        pixels = dout.size // dout.shape[1]
        dout = dout.reshape(*dout.shape[:2], dout.shape[2], dout.shape[2])
        dz = dout - (along(dbeta, dout) + self.hats * along(dgamma, dout)) / pixels
        dx, dweight, _ = layers.conv2d_backward(dz * along(self.gamma, dout) * self.inverse, self.convolved)
        self.gradients = {"weight": dweight, "gamma": dgamma, "beta": dbeta}
        return dx
