"""Homework 2 with every channel as a row of a matrix, in float64 inside; convolution is a product with im2col."""

import numpy as np

# %%


def as_rows(x):
    """(N, C) or (N, C, H, W) to (C, values) in float64."""
    return np.asarray(np.swapaxes(x, 0, 1).reshape(x.shape[1], -1), dtype=np.double)


def as_given(rows, like):
    """The inverse of as_rows, in like's dtype."""
    shape = (rows.shape[0], like.shape[0], *like.shape[2:])
    return rows.reshape(shape).swapaxes(0, 1).astype(like.dtype)


# %%
def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    rows = as_rows(x)
    new_mean, new_var = running_mean.copy(), running_var.copy()
    if training:
        if rows.shape[1] < 2:
            raise ValueError("a variance needs two numbers")
        mean = rows.mean(axis=1)
        new_mean[:] = running_mean * (1 - momentum) + mean * momentum
        new_var[:] = running_var * (1 - momentum) + rows.var(axis=1, ddof=1) * momentum
        var = rows.var(axis=1)
    else:
        mean, var = running_mean.astype(np.double), running_var.astype(np.double)
    inv_std = 1.0 / np.sqrt(var + eps)
    hats = np.diag(inv_std) @ (rows - mean[:, None])
    out = np.diag(weight) @ hats + bias[:, None]
    return as_given(out, x), new_mean, new_var, (as_given(hats, x), weight, inv_std.astype(x.dtype), training)


def batch_norm_backward(dout, cache):
    """What comes back has no part along the ones and along x_hat, as far as these were made of x."""
    x_hat, weight, inv_std, training = cache
    hats, upstream = as_rows(x_hat), as_rows(dout)
    dweight = np.array([h @ d for h, d in zip(hats, upstream, strict=True)])
    dbias = upstream @ np.ones(upstream.shape[1])
    dx = upstream.copy()
    if training:
        for c, hat in enumerate(hats):
            for direction in (np.ones_like(hat), hat):
                dx[c] -= direction * (direction @ upstream[c]) / len(hat)
    dx *= (weight.astype(np.double) * inv_std)[:, None]
    return as_given(dx, dout), dweight.astype(dout.dtype), dbias.astype(dout.dtype)


# %%
def ghost_batch_norm_forward(x, weight, bias, running_mean, running_var, groups, training=True, momentum=0.1, eps=1e-5):
    """By recursion: the last part comes after all those before it."""
    if not training:
        groups = 1
    elif x.shape[0] % groups:
        raise ValueError("the parts are not equal")
    last = x.shape[0] // groups * (groups - 1)
    before = []
    if groups > 1:
        first, running_mean, running_var = ghost_batch_norm_forward(
            x[:last], weight, bias, running_mean, running_var, groups - 1, training, momentum, eps
        )
        before = [first]
    out, running_mean, running_var, _ = batch_norm_forward(
        x[last:], weight, bias, running_mean, running_var, training, momentum, eps
    )
    return np.vstack([*before, out]), running_mean, running_var


# %%
def dropout_forward(x, p, training=True, rng=None, inverted=True):
    if not training:
        factor = np.double(1.0 if inverted else 1.0 - p)
        return (x * factor).astype(x.dtype), factor
    kept = rng.choice([0.0, 1.0], size=x.shape, p=[p, 1.0 - p])
    factor = (kept / (1.0 - p) if inverted else kept).astype(x.dtype)
    return (x * factor).astype(x.dtype), factor


def dropout_backward(dout, cache):
    factor = 1.0 if cache is None else np.asarray(cache, dtype=np.double)
    return (dout * factor).astype(dout.dtype)


# %%
def seen_by(x):
    """(9 C, N H W): what a 3x3 kernel sees, a column for each place."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    height, width = x.shape[2:]
    views = [padded[:, :, p : p + height, q : q + width] for p in range(3) for q in range(3)]
    return np.stack(views).transpose(2, 0, 1, 3, 4).reshape(9 * x.shape[1], -1)


class Block:
    def __init__(self, weight, gamma, beta):
        self.weight, self.gamma, self.beta = weight, gamma, beta
        self.statistics = [0 * gamma, 0 * gamma + 1]

    def forward(self, x, training):
        self.shape = x.shape
        self.columns = seen_by(x)
        rows = self.weight.reshape(len(self.weight), -1) @ self.columns
        convolved = np.moveaxis(rows.reshape(len(rows), len(x), *x.shape[2:]), 0, 1)
        normed, *self.statistics, self.kept = batch_norm_forward(
            convolved, self.gamma, self.beta, *self.statistics, training
        )
        self.positive = np.heaviside(normed, 0)
        return normed * self.positive

    def backward(self, dout):
        dnormed, dgamma, dbeta = batch_norm_backward(dout * self.positive, self.kept)
        drows = np.moveaxis(dnormed, 1, 0).reshape(len(self.weight), -1)
        dweight = (drows @ self.columns.T).reshape(self.weight.shape)
        dcolumns = self.weight.reshape(len(self.weight), -1).T @ drows
        batch, channels, height, width = self.shape
        dcolumns = dcolumns.reshape(channels, 3, 3, batch, height, width)
        dpadded = np.zeros((batch, channels, height + 2, width + 2), dout.dtype)
        for p, q in np.ndindex(3, 3):
            dpadded[:, :, p : p + height, q : q + width] += dcolumns[:, p, q].swapaxes(0, 1)
        self.gradients = dict(weight=dweight, gamma=dgamma, beta=dbeta)  # noqa: C408
        return dpadded[:, :, 1 : height + 1, 1 : width + 1]


# %%
class ThreeBlocks:
    def __init__(self, blocks, weight, bias):
        self.blocks = list(blocks)
        self.weight, self.bias = weight, bias

    def forward(self, x, training):
        self.ways_back = []
        for number, block in enumerate(self.blocks):
            x = block.forward(x, training)
            self.ways_back.append(block.backward)
            if number < 2:
                x = self.pooled(x)
        self.size, self.pixels = x.shape, x.shape[2] * x.shape[3]
        self.means = np.add.reduce(x, axis=(2, 3)) / self.pixels
        return self.means.dot(self.weight.T) + self.bias

    def pooled(self, x):
        """The largest of four corners; the first of equals wins."""
        height, width = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
        corners = np.stack([x[:, :, p:height:2, q:width:2] for p in (0, 1) for q in (0, 1)])
        winner = corners.argmax(axis=0)

        def back(dout):
            dx = np.zeros(x.shape, dout.dtype)
            for corner, (p, q) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
                dx[:, :, p:height:2, q:width:2] = np.where(winner == corner, dout, 0)
            return dx

        self.ways_back.append(back)
        return np.take_along_axis(corners, winner[None], axis=0)[0]

    def backward(self, dscores):
        self.gradients = {"weight": np.outer(dscores[0], self.means[0]), "bias": np.add.reduce(dscores, axis=0)}
        for scores, means in zip(dscores[1:], self.means[1:], strict=True):
            self.gradients["weight"] = self.gradients["weight"] + np.outer(scores, means)
        dout = np.repeat(dscores @ self.weight / self.pixels, self.pixels, axis=1).reshape(self.size)
        for way_back in self.ways_back[::-1]:
            dout = way_back(dout)
        return dout
