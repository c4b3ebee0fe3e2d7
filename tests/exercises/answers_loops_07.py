"""Right answers to the exercises of lesson 07 that train, in loops, as the definitions read."""

import math

import numpy as np


def softmax_cross_entropy(scores, labels):
    loss, dscores = 0.0, np.zeros_like(scores)
    for n in range(len(scores)):
        row = [float(score) for score in scores[n]]
        largest = max(row)
        exponentials = [math.exp(score - largest) for score in row]
        for c, exponential in enumerate(exponentials):
            probability = exponential / sum(exponentials)
            if c == labels[n]:
                loss -= math.log(probability)
                probability -= 1
            dscores[n, c] = probability / len(scores)
    return scores.dtype.type(loss / len(scores)), dscores


def kaiming_normal(shape, rng, dtype=np.float32):
    weight = np.zeros(shape, dtype)
    fan_in = 1
    for size in shape[1:]:
        fan_in *= size
    for place in np.ndindex(shape):
        weight[place] = rng.normal(0, math.sqrt(2 / fan_in))
    return weight


def sgd_momentum_step(weight, gradient, velocity, lr, momentum=0.9, weight_decay=0.0, nesterov=False):
    new_weight, new_velocity = np.zeros_like(weight), np.zeros_like(velocity)
    for place in np.ndindex(weight.shape):
        g = gradient[place] + weight_decay * weight[place]
        v = momentum * velocity[place] + g
        new_velocity[place] = v
        if nesterov:
            v = g + momentum * v
        new_weight[place] = weight[place] - lr * v
    return new_weight, new_velocity


def dropout_forward(x, p, training=True, rng=None, inverted=True):
    if not training and inverted:
        return x.copy(), None
    if not training:
        return x * (1 - p), 1 - p
    out, mask = np.zeros_like(x), np.zeros_like(x)
    for place in np.ndindex(x.shape):
        if rng.random() > p:
            mask[place] = 1 / (1 - p) if inverted else 1
            out[place] = x[place] * mask[place]
    return out, mask


def dropout_backward(dout, cache):
    dx = np.zeros_like(dout)
    for place in np.ndindex(dout.shape):
        if cache is None:
            dx[place] = dout[place]
        else:
            dx[place] = dout[place] * (cache[place] if np.ndim(cache) else cache)
    return dx


def random_crop_flip(x, padding, rng):
    n, channels, height, width = x.shape
    rows, columns = rng.integers(0, 2 * padding + 1, size=(2, n))
    flips = rng.random(n) < 0.5
    out = np.zeros_like(x)
    for i in range(n):
        for row in range(height):
            for column in range(width):
                source_row = row + rows[i] - padding
                source_column = (width - 1 - column if flips[i] else column) + columns[i] - padding
                if 0 <= source_row < height and 0 <= source_column < width:
                    for channel in range(channels):
                        out[i, channel, row, column] = x[i, channel, source_row, source_column]
    return out
