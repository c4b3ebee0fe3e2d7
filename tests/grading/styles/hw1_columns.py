"""Homework 1 by im2col with index arrays, one matrix product, and np.add.at for the way back."""

import numpy as np

# %%


class Places:
    """Which pixels of a padded picture each output sees: rows and columns, (taps, outputs)."""

    def __init__(self, size, kernel_size, stride, padding=0, dilation=1):
        numbers = [np.broadcast_to(number, 2).tolist() for number in (kernel_size, stride, padding, dilation)]
        self.size, self.padding = size, numbers[2]
        taps, starts, self.out = [], [], []
        for side, kernel, step, pad, spread in zip(size, *numbers, strict=True):
            self.out.append((side + 2 * pad - spread * (kernel - 1) - 1) // step + 1)
            taps.append(spread * np.arange(kernel))
            starts.append(step * np.arange(self.out[-1]))
        tap_rows, tap_columns = (grid.reshape(-1, 1) for grid in np.meshgrid(*taps, indexing="ij"))
        out_rows, out_columns = (grid.reshape(1, -1) for grid in np.meshgrid(*starts, indexing="ij"))
        self.index = slice(None), slice(None), tap_rows + out_rows, tap_columns + out_columns

    def gather(self, x, fill=0):
        """(N, C, taps, outputs)"""
        ph, pw = self.padding
        return np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)], constant_values=fill)[self.index]

    def scatter(self, columns):
        """The transpose of gather."""
        (ph, pw), (height, width) = self.padding, self.size
        page = np.zeros((*columns.shape[:2], height + 2 * ph, width + 2 * pw), columns.dtype)
        np.add.at(page, self.index, columns)
        return page[:, :, ph : ph + height, pw : pw + width]


# %%
def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    places = Places(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    columns = places.gather(x).reshape(len(x), groups, -1, np.prod(places.out))
    rows = weight.reshape(groups, len(weight) // groups, -1)
    out = np.matmul(rows, columns).reshape(len(x), len(weight), *places.out)
    if bias is not None:
        out += bias[None, :, None, None]
    return out, (places, columns, rows)


def conv2d_backward(dout, cache):
    x, weight, bias, stride, padding, dilation, groups = cache
    _, (places, columns, rows) = conv2d_forward(x, weight, None, stride, padding, dilation, groups)
    upstream = dout.reshape(len(x), groups, len(weight) // groups, -1)
    dweight = np.matmul(upstream, columns.transpose(0, 1, 3, 2)).sum(axis=0).reshape(weight.shape)
    dcolumns = np.matmul(rows.transpose(0, 2, 1), upstream)
    dx = places.scatter(dcolumns.reshape(*x.shape[:2], *places.index[2].shape))
    dbias = dout.sum(axis=3).sum(axis=2).sum(axis=0) if bias is not None else None
    return dx, dweight, dbias


# %%
def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    places = Places(x.shape[2:], kernel_size, stride if stride is not None else kernel_size, padding)
    columns = places.gather(x, float("-inf"))
    return np.amax(columns, axis=2).reshape(*x.shape[:2], *places.out), (places, columns)


def max_pool2d_backward(dout, cache):
    _, (places, columns) = max_pool2d_forward(*cache[:4])
    winners = np.argmax(columns, axis=2)[:, :, None]
    dcolumns = np.zeros_like(columns)
    np.put_along_axis(dcolumns, winners, dout.reshape(winners.shape), axis=2)
    return places.scatter(dcolumns)


# %%
def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    """The way back of a convolution from pictures of the size that comes out."""
    (sh, sw), (ph, pw) = (np.broadcast_to(number, 2).tolist() for number in (stride, padding))
    channels, filters, kh, kw = weight.shape
    size = (x.shape[2] - 1) * sh + kh - 2 * ph, (x.shape[3] - 1) * sw + kw - 2 * pw
    if size[0] < 1 or size[1] < 1:
        raise ValueError(f"no pixels left: {size}")
    places = Places(size, (kh, kw), stride, padding)
    columns = weight.reshape(channels, -1).T @ x.reshape(len(x), channels, -1)
    out = places.scatter(columns.reshape(len(x), filters, kh * kw, -1))
    if bias is None:
        return out
    return (out.transpose(0, 2, 3, 1) + bias).transpose(0, 3, 1, 2)
