"""Right answers to the exercises of homework 2 by plain loops, each layer written out."""

import numpy as np


def ghost_batch_norm_forward(x, weight, bias, running_mean, running_var, groups, training=True, momentum=0.1, eps=1e-5):
    if training and len(x) % groups != 0:
        raise ValueError("unequal parts")
    out = np.empty(x.shape, x.dtype)
    running_mean, running_var = running_mean.copy(), running_var.copy()
    size = len(x) // groups if training else len(x)
    for first in range(0, len(x), size):
        for c in range(x.shape[1]):
            values = x[first : first + size, c]
            mean, var = running_mean[c], running_var[c]
            if training:
                mean, var = values.mean(), values.var()
                running_mean[c] += momentum * (mean - running_mean[c])
                running_var[c] += momentum * (values.var(ddof=1) - running_var[c])
            out[first : first + size, c] = weight[c] * (values - mean) / np.sqrt(var + eps) + bias[c]
    return out, running_mean, running_var


class Block:
    def __init__(self, weight, gamma, beta):
        self.weight, self.gamma, self.beta = weight, gamma, beta
        self.mean, self.var = np.zeros(len(gamma)), np.ones(len(gamma))

    def forward(self, x, training):
        height, width = x.shape[2:]
        self.padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        z = np.zeros((len(x), len(self.weight), height, width), x.dtype)
        for p in range(3):
            for q in range(3):
                window = self.padded[:, :, p : p + height, q : q + width]
                for k in range(len(self.weight)):
                    for c in range(x.shape[1]):
                        z[:, k] += window[:, c] * self.weight[k, c, p, q]
        self.hat, self.deviation = np.empty_like(z), np.empty(len(self.gamma))
        for k in range(len(self.gamma)):
            mean, var = (z[:, k].mean(), z[:, k].var()) if training else (self.mean[k], self.var[k])
            if training:
                self.mean[k] = 0.9 * self.mean[k] + 0.1 * mean
                self.var[k] = 0.9 * self.var[k] + 0.1 * z[:, k].var(ddof=1)
            self.deviation[k] = np.sqrt(var + 1e-5)
            self.hat[:, k] = (z[:, k] - mean) / self.deviation[k]
        self.out = np.maximum(self.gamma[:, None, None] * self.hat + self.beta[:, None, None], 0)
        return self.out

    def backward(self, dout):
        dout = np.where(self.out > 0, dout, 0)
        dgamma, dbeta = (dout * self.hat).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))
        dz = np.empty_like(dout)
        for k in range(len(self.gamma)):
            centred = dout[:, k] - dout[:, k].mean() - self.hat[:, k] * (dout[:, k] * self.hat[:, k]).mean()
            dz[:, k] = self.gamma[k] / self.deviation[k] * centred
        height, width = dout.shape[2:]
        dweight, dpadded = np.zeros_like(self.weight), np.zeros_like(self.padded)
        for p in range(3):
            for q in range(3):
                rows, columns = slice(p, p + height), slice(q, q + width)
                for k in range(len(self.gamma)):
                    for c in range(dpadded.shape[1]):
                        dweight[k, c, p, q] = (self.padded[:, c, rows, columns] * dz[:, k]).sum()
                        dpadded[:, c, rows, columns] += dz[:, k] * self.weight[k, c, p, q]
        self.gradients = {"weight": dweight, "gamma": dgamma, "beta": dbeta}
        return dpadded[:, :, 1:-1, 1:-1]


class ThreeBlocks:
    def __init__(self, blocks, weight, bias):
        self.first, self.second, self.third = blocks
        self.weight, self.bias = weight, bias

    def forward(self, x, training):
        self.before = []
        for block in (self.first, self.second):
            x = block.forward(x, training)
            self.before.append(x)
            x = self.pool(x)
        x = self.third.forward(x, training)
        self.maps = x
        self.means = np.array([[channel.mean() for channel in picture] for picture in x], x.dtype)
        return self.means @ self.weight.T + self.bias

    def pool(self, x):
        out = np.empty((*x.shape[:2], x.shape[2] // 2, x.shape[3] // 2), x.dtype)
        for n, c, i, j in np.ndindex(out.shape):
            out[n, c, i, j] = x[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()
        return out

    def pool_back(self, dout, x):
        dx = np.zeros_like(x)
        for n, c, i, j in np.ndindex(dout.shape):
            place = np.argmax(x[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
            dx[n, c, 2 * i + place // 2, 2 * j + place % 2] += dout[n, c, i, j]
        return dx

    def backward(self, dscores):
        self.gradients = {"weight": dscores.T @ self.means, "bias": dscores.sum(axis=0)}
        dmeans = dscores @ self.weight
        dmaps = np.zeros_like(self.maps)
        for n, c in np.ndindex(dmeans.shape):
            dmaps[n, c] = dmeans[n, c] / dmaps[n, c].size
        dout = self.pool_back(self.third.backward(dmaps), self.before[1])
        return self.first.backward(self.pool_back(self.second.backward(dout), self.before[0]))
