"""Right answers to the exercises of lesson 06 by plain loops, one number at a time."""

import math

import numpy as np


def values_of(x, c):
    """All numbers of a channel, in a list."""
    found = []
    for picture in x:
        found += [picture[c]] if x.ndim == 2 else [number for row in picture[c] for number in row]
    return found


def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    channels = x.shape[1]
    mean, var = list(running_mean), list(running_var)
    new_mean, new_var = running_mean.copy(), running_var.copy()
    if training:
        for c in range(channels):
            values = values_of(x, c)
            m = len(values)
            if m < 2:
                raise ValueError("one number has no variance")
            total = 0.0
            for value in values:
                total += float(value)
            mean[c] = total / m
            squares = 0.0
            for value in values:
                squares += (float(value) - mean[c]) ** 2
            var[c] = squares / m
            new_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean[c]
            new_var[c] = (1 - momentum) * running_var[c] + momentum * squares / (m - 1)
    inv_std = np.array([1 / math.sqrt(v + eps) for v in var], x.dtype)
    x_hat, out = np.zeros_like(x), np.zeros_like(x)
    for index in np.ndindex(x.shape):
        c = index[1]
        x_hat[index] = (x[index] - mean[c]) * inv_std[c]
        out[index] = weight[c] * x_hat[index] + bias[c]
    return out, new_mean, new_var, (x_hat, weight, inv_std, training)


def batch_norm_backward(dout, cache):
    x_hat, weight, inv_std, training = cache
    dx, dweight, dbias = np.zeros_like(dout), np.zeros_like(weight), np.zeros_like(weight)
    m = dout.size // dout.shape[1]
    for index in np.ndindex(dout.shape):
        dweight[index[1]] += dout[index] * x_hat[index]
        dbias[index[1]] += dout[index]
    for index in np.ndindex(dout.shape):
        c = index[1]
        gradient = dout[index]
        if training:
            gradient = gradient - dbias[c] / m - x_hat[index] * dweight[c] / m
        dx[index] = weight[c] * inv_std[c] * gradient
    return dx, dweight, dbias


def fold_batch_norm(weight, bias, bn_weight, bn_bias, running_mean, running_var, eps=1e-5):
    new_weight, new_bias = weight.copy(), bn_bias.copy()
    for k in range(len(weight)):
        g = bn_weight[k] / math.sqrt(running_var[k] + eps)
        for index in np.ndindex(weight.shape[1:]):
            new_weight[(k, *index)] = weight[(k, *index)] * g
        old = 0 if bias is None else bias[k]
        new_bias[k] = g * (old - running_mean[k]) + bn_bias[k]
    return new_weight, new_bias


def local_response_norm_forward(x, size, alpha=1e-4, beta=0.75, k=1.0):
    batch, channels, height, width = x.shape
    out, scale = np.zeros_like(x), np.zeros_like(x)
    for n in range(batch):
        for c in range(channels):
            for i in range(height):
                for j in range(width):
                    total = 0
                    for step in range(size):
                        near = c - size // 2 + step
                        if 0 <= near < channels:
                            total += x[n, near, i, j] ** 2
                    scale[n, c, i, j] = k + alpha / size * total
                    out[n, c, i, j] = x[n, c, i, j] / scale[n, c, i, j] ** beta
    return out, (x, scale, size, alpha, beta)
