"""Homework 2 as objects: each step is a layer with a way there and a way back, node by node, and a block is a chain."""

import numpy as np

# %%


class Layer:
    """Hands everything on, both ways."""

    def forward(self, x, training):
        return x

    def backward(self, dout):
        return dout


class Chain(Layer):
    def __init__(self, *parts):
        self.parts = parts

    def forward(self, x, training):
        for part in self.parts:
            x = part.forward(x, training)
        return x

    def backward(self, dout):
        for part in reversed(self.parts):
            dout = part.backward(dout)
        return dout


# %%
def spread(vector, like):
    """One number a channel, ready to meet an array of like's shape."""
    return vector[None, :, None, None] if like.ndim == 4 else vector[None, :]


def total(array):
    return array.sum(axis=(0, 2, 3) if array.ndim == 4 else 0)


def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    m = x.size // x.shape[1]
    if training and m <= 1:
        raise ValueError(f"cannot normalise {m} value")
    mu = total(x) / m if training else running_mean
    xmu = x - spread(mu, x)
    var = total(xmu**2) / m if training else running_var
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = xmu * spread(inv_std, x)
    out = spread(weight, x) * x_hat + spread(bias, x)
    if training:
        running_mean = running_mean * (1 - momentum) + mu * momentum
        running_var = running_var * (1 - momentum) + total(xmu**2) / (m - 1) * momentum
    return out, running_mean, running_var, (x_hat, weight, inv_std, training)


def batch_norm_backward(dout, cache):
    """Node by node, from the last to the first."""
    x_hat, weight, inv_std, training = cache
    m = dout.size // dout.shape[1]
    dbias = total(dout)
    dweight = total(dout * x_hat)
    dx_hat = dout * spread(weight, dout)
    dxmu = dx_hat * spread(inv_std, dout)
    if not training:
        return dxmu, dweight, dbias
    xmu = x_hat / spread(inv_std, dout)
    dinv_std = total(dx_hat * xmu)
    dvar = -0.5 * dinv_std * inv_std**3
    dxmu = dxmu + 2 * xmu * spread(dvar, dout) / m
    dmu = -total(dxmu)
    return dxmu + spread(dmu, dout) / m, dweight, dbias


# %%
class RunningNorm(Layer):
    """Batch norm with a memory."""

    def __init__(self, gamma, beta, momentum=0.1, eps=1e-5):
        self.gamma, self.beta, self.settings = gamma, beta, (momentum, eps)
        self.mean, self.var = np.zeros(gamma.shape, gamma.dtype), np.ones(gamma.shape, gamma.dtype)

    def forward(self, x, training):
        out, self.mean, self.var, self.cache = batch_norm_forward(
            x, self.gamma, self.beta, self.mean, self.var, training, *self.settings
        )
        return out

    def backward(self, dout):
        dx, self.dgamma, self.dbeta = batch_norm_backward(dout, self.cache)
        return dx


def ghost_batch_norm_forward(x, weight, bias, running_mean, running_var, groups, training=True, momentum=0.1, eps=1e-5):
    norm = RunningNorm(weight, bias, momentum, eps)
    norm.mean, norm.var = running_mean, running_var
    if not training:
        return norm.forward(x, False), norm.mean, norm.var
    try:
        parts = np.split(x, groups)
    except ValueError as error:
        raise ValueError("the batch does not divide") from error
    return np.concatenate([norm.forward(part, True) for part in parts]), norm.mean, norm.var


# %%
class Times(Layer):
    """x times something fixed that is drawn or given."""

    def __init__(self, factor):
        self.factor = factor

    def forward(self, x, training):
        return x if self.factor is None else (x * self.factor).astype(x.dtype)

    def backward(self, dout):
        return self.forward(dout, False)


def dropout_forward(x, p, training=True, rng=None, inverted=True):
    if training:
        drawn = rng.random(x.size).reshape(x.shape)
        factor = np.ones_like(x)
        factor[drawn < p] = 0
        if inverted:
            factor /= 1 - p
    else:
        factor = None if inverted else 1 - p
    return Times(factor).forward(x, training), factor


def dropout_backward(dout, cache):
    return Times(cache).backward(dout)


# %%
class Convolution(Layer):
    def __init__(self, owner):
        self.owner = owner

    def forward(self, x, training):
        weight = self.owner.weight
        self.x = np.pad(x, [(0, 0)] * 2 + [(1, 1)] * 2)
        out = np.zeros((x.shape[0], weight.shape[0], *x.shape[2:]), x.dtype)
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                window = self.x[:, :, i : i + 3, j : j + 3]
                out[:, :, i, j] = np.tensordot(window, weight, axes=([1, 2, 3], [1, 2, 3]))
        return out

    def backward(self, dout):
        weight, dx = self.owner.weight, np.zeros_like(self.x)
        self.dweight = np.zeros_like(weight)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                here = dout[:, :, i, j]
                self.dweight += np.tensordot(here, self.x[:, :, i : i + 3, j : j + 3], axes=(0, 0))
                dx[:, :, i : i + 3, j : j + 3] += np.tensordot(here, weight, axes=(1, 0))
        return dx[:, :, 1:-1, 1:-1]


class Rectifier(Layer):
    def forward(self, x, training):
        self.shut = x <= 0
        out = x.copy()
        out[self.shut] = 0
        return out

    def backward(self, dout):
        dx = dout.copy()
        dx[self.shut] = 0
        return dx


class Block(Chain):
    def __init__(self, weight, gamma, beta):
        self.weight = weight
        self.convolution, self.norm = Convolution(self), RunningNorm(gamma, beta)
        super().__init__(self.convolution, self.norm, Rectifier())

    gamma = property(lambda self: self.norm.gamma, lambda self, value: setattr(self.norm, "gamma", value))
    beta = property(lambda self: self.norm.beta, lambda self, value: setattr(self.norm, "beta", value))

    @property
    def gradients(self):
        return {"weight": self.convolution.dweight, "gamma": self.norm.dgamma, "beta": self.norm.dbeta}


# %%
class Pool(Layer):
    def forward(self, x, training):
        self.x = x
        out = np.empty((*x.shape[:2], x.shape[2] // 2, x.shape[3] // 2), x.dtype)
        for i in range(out.shape[2]):
            for j in range(out.shape[3]):
                out[:, :, i, j] = x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max(axis=(-2, -1))
        return out

    def backward(self, dout):
        dx = np.zeros(self.x.shape, dout.dtype)
        for place in np.ndindex(dout.shape):
            n, c, i, j = place
            window = self.x[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            p, q = np.unravel_index(window.argmax(), (2, 2))
            dx[n, c, 2 * i + p, 2 * j + q] = dout[place]
        return dx


class Mean(Layer):
    def forward(self, x, training):
        self.shape = x.shape
        return x.reshape(*x.shape[:2], -1).mean(axis=-1)

    def backward(self, dout):
        ones = np.ones(self.shape, dout.dtype)
        return ones * dout[:, :, None, None] / ones[0, 0].size


class Scores(Layer):
    def __init__(self, owner):
        self.owner = owner

    def forward(self, x, training):
        self.x = x
        return x @ self.owner.weight.T + self.owner.bias

    def backward(self, dout):
        self.owner.gradients = {"weight": dout.T @ self.x, "bias": dout.sum(axis=0)}
        return dout @ self.owner.weight


class ThreeBlocks(Chain):
    def __init__(self, blocks, weight, bias):
        self.weight, self.bias = weight, bias
        first, second, third = blocks
        super().__init__(first, Pool(), second, Pool(), third, Mean(), Scores(self))
