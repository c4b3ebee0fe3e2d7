"""Homework 2 on the layers that the homework offers, each class as short as it can be."""

import numpy as np

from course_utils import layers
from course_utils.layers import max_pool2d_backward, max_pool2d_forward

# %%


def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    axes = tuple(axis for axis in range(x.ndim) if axis != 1)
    if training:
        m = np.prod([x.shape[axis] for axis in axes])
        if m == 1:
            raise ValueError("one number only")
        mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
        correction = m / (m - 1)
        running_mean = (1 - momentum) * running_mean + momentum * mean.ravel()
        running_var = ((1 - momentum) * running_var + momentum * correction * var.ravel()).astype(x.dtype)
    else:
        mean, var = np.expand_dims(running_mean, axes), np.expand_dims(running_var, axes)
    inv_std = np.reciprocal(np.sqrt(var + eps))
    x_hat = inv_std * (x - mean)
    out = np.expand_dims(weight, axes) * x_hat + np.expand_dims(bias, axes)
    return out, running_mean, running_var, (x_hat, weight, inv_std.ravel(), training)


# %%
def batch_norm_backward(dout, cache):
    x_hat, weight, inv_std, training = cache
    axes = tuple(axis for axis in range(dout.ndim) if axis != 1)
    dweight = np.sum(dout * x_hat, axis=axes)
    dbias = np.sum(dout, axis=axes)
    dx_hat = dout * np.expand_dims(weight, axes)
    if training:
        mean = lambda a: a.mean(axis=axes, keepdims=True)  # noqa: E731
        dx_hat = dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat)
    return dx_hat * np.expand_dims(inv_std, axes), dweight, dbias


# %%
def ghost_batch_norm_forward(x, weight, bias, running_mean, running_var, groups, training=True, momentum=0.1, eps=1e-5):
    if not training:
        return batch_norm_forward(x, weight, bias, running_mean, running_var, False, momentum, eps)[:-1]
    size, rest = divmod(x.shape[0], groups)
    if rest != 0:
        raise ValueError("groups")
    out = np.zeros_like(x)
    for n in range(groups):
        part = slice(n * size, (n + 1) * size)
        out[part], running_mean, running_var, _ = batch_norm_forward(
            x[part], weight, bias, running_mean, running_var, True, momentum, eps
        )
    return out, running_mean, running_var


# %%
def dropout_forward(x, p, training=True, rng=None, inverted=True):
    keep = 1 - p
    if training:
        mask = rng.uniform(size=x.shape) >= p
        factor = (mask / keep).astype(x.dtype) if inverted else mask.astype(x.dtype)
        return x * factor, factor
    if inverted:
        return x, None
    return x * keep, keep


def dropout_backward(dout, cache):
    if cache is None:
        return dout.copy()
    return np.multiply(dout, cache, dtype=dout.dtype)


# %%
class Block:
    def __init__(self, weight, gamma, beta):
        self.weight, self.gamma, self.beta = weight, gamma, beta
        channels = gamma.shape[0]
        self.running_mean = np.zeros(channels, gamma.dtype)
        self.running_var = np.ones(channels, gamma.dtype)
        self.gradients = {}

    def forward(self, x, training):
        out, self.conv_cache = layers.conv2d_forward(x, self.weight, None, stride=1, padding=1)
        out, self.running_mean, self.running_var, self.norm_cache = batch_norm_forward(
            out, self.gamma, self.beta, self.running_mean, self.running_var, training=training
        )
        out, self.relu_cache = layers.relu_forward(out)
        return out

    def backward(self, dout):
        dout = layers.relu_backward(dout, self.relu_cache)
        dout, self.gradients["gamma"], self.gradients["beta"] = batch_norm_backward(dout, self.norm_cache)
        dx, self.gradients["weight"], _ = layers.conv2d_backward(dout, self.conv_cache)
        return dx


# %%
class ThreeBlocks:
    def __init__(self, blocks, weight, bias):
        self.blocks, self.weight, self.bias, self.gradients = blocks, weight, bias, {}

    def forward(self, x, training):
        self.pools = []
        for block in self.blocks:
            x = block.forward(x, training)
            if block is not self.blocks[-1]:
                x, pool = max_pool2d_forward(x, kernel_size=2, stride=2)
                self.pools.append(pool)
        self.x = x
        scores, self.linear_cache = layers.linear_forward(np.mean(x, axis=(2, 3)), self.weight, self.bias)
        return scores

    def backward(self, dscores):
        dmeans, self.gradients["weight"], self.gradients["bias"] = layers.linear_backward(dscores, self.linear_cache)
        height, width = self.x.shape[-2:]
        dout = np.zeros_like(self.x)
        dout += dmeans[..., None, None] / (height * width)
        for block in reversed(self.blocks):
            dout = block.backward(dout)
            if block is not self.blocks[0]:
                dout = max_pool2d_backward(dout, self.pools.pop())
        return dout
