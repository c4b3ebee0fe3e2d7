"""Homework 1 as few would write it: threads, masked arrays, objects to be called, results that are read-only views."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, wraps

import numpy as np


@dataclass(frozen=True)
class Axis:
    """One axis of a window that slides."""

    size: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def out(self: Axis) -> int:
        return len(range(0, self.size + 2 * self.padding - self.dilation * (self.kernel - 1), self.stride))

    def pixel(self, out: int, tap: int) -> int | None:
        place = out * self.stride + tap * self.dilation - self.padding
        return place if 0 <= place < self.size else None


@cache
def meetings(*axes: Axis) -> list[tuple]:
    """(row out, column out, row in the kernel, column in the kernel, row, column) wherever a tap meets a pixel."""
    rows, columns = (
        [(o, t, axis.pixel(o, t)) for o in range(axis.out) for t in range(axis.kernel) if axis.pixel(o, t) is not None]
        for axis in axes
    )
    return [(i, j, p, q, r, c) for i, p, r in rows for j, q, c in columns]


def axes_of(x, kernel, stride, padding, dilation=1):
    pairs = (np.broadcast_to(number, 2).tolist() for number in (kernel, stride, padding, dilation))
    return tuple(map(Axis, x.shape[2:], *pairs))


def frozen(function):
    """What comes back cannot be written to, and lies column by column."""

    @wraps(function)
    def wrapped(*arguments, **settings):
        out = np.asfortranarray(function(*arguments, **settings))
        out.setflags(write=False)
        return out

    return wrapped


# %%
def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    axes = axes_of(x, weight.shape[2:], stride, padding, dilation)

    @frozen
    def one(filter_number):
        kernel, each = weight[filter_number], len(weight) // groups
        first = filter_number // each * len(kernel)
        out = np.zeros((len(x), axes[0].out, axes[1].out), x.dtype)
        for i, j, p, q, r, c in meetings(*axes):
            out[:, i, j] += x[:, first : first + len(kernel), r, c] @ kernel[:, p, q]
        return out if bias is None else out + bias[filter_number]

    with ThreadPoolExecutor(max_workers=3) as pool:
        return np.stack(list(pool.map(one, range(len(weight)))), axis=1), ...


# %%
class Backward:
    """A function that is an object."""

    def __call__(self, dout, cache):
        self.dout, (self.x, self.weight, bias, *geometry, self.groups) = dout, cache
        self.meetings = meetings(*axes_of(self.x, self.weight.shape[2:], *geometry))
        dx, dweight = np.zeros(self.x.shape, self.x.dtype), np.zeros(self.weight.shape, self.weight.dtype)
        for group in range(self.groups):
            self.add(group, dx, dweight)
        return dx, dweight, self.dbias() if bias is not None else None

    def add(self, group, dx, dweight):
        filters, depth = len(self.weight) // self.groups, self.weight.shape[1]
        k, s = slice(group * filters, (group + 1) * filters), slice(group * depth, (group + 1) * depth)
        for i, j, p, q, r, c in self.meetings:
            dx[:, s, r, c] += self.dout[:, k, i, j] @ self.weight[k, :, p, q]
            dweight[k, :, p, q] += self.dout[:, k, i, j].T @ self.x[:, s, r, c]

    def dbias(self):
        return np.add.reduce(self.dout, axis=(0, 2, 3))


conv2d_backward = Backward()


# %%
def contest(x, kernel_size, stride, padding):
    """(N, C, OH, OW, taps), masked where there is no pixel."""
    axes = axes_of(x, kernel_size, kernel_size if stride is None else stride, padding)
    kernel = tuple(axis.kernel for axis in axes)
    seen = np.ma.masked_all((*x.shape[:2], axes[0].out, axes[1].out, *kernel), x.dtype)
    for i, j, p, q, r, c in meetings(*axes):
        seen[:, :, i, j, p, q] = x[:, :, r, c]
    return axes, seen.reshape(*seen.shape[:4], -1)


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """A masked array comes back."""
    return contest(x, kernel_size, stride, padding)[1].max(axis=-1), "nothing is needed later"


def max_pool2d_backward(dout, cache):
    x, *geometry = cache[:4]
    axes, seen = contest(x, *geometry)
    winners, dx = np.ma.argmax(seen, axis=-1), np.zeros_like(x)
    for i, j, p, q, r, c in meetings(*axes):
        dx[:, :, r, c] += dout[:, :, i, j] * (winners[:, :, i, j] == p * axes[1].kernel + q)
    return dx[::-1, ::-1][::-1, ::-1]


# %%
@frozen
def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    steps, cuts = np.broadcast_to(stride, 2), np.broadcast_to(padding, 2)
    size = (np.array(x.shape[2:]) - 1) * steps + weight.shape[2:] - 2 * cuts
    if (size < 1).any():
        raise ValueError(f"{size} is no size")
    out = np.zeros((len(x), weight.shape[1], *size), x.dtype)
    for i, j, p, q, r, c in meetings(*axes_of(out, weight.shape[2:], stride, padding)):
        out[:, :, r, c] += x[:, :, i, j] @ weight[:, :, p, q]
    return out if bias is None else out + np.expand_dims(bias, (1, 2))
