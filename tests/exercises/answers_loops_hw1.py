"""Right answers to the exercise of homework 1 by plain loops."""

import numpy as np


def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (s if isinstance(s, tuple) else (s, s) for s in (stride, padding))
    (batch, channels, height, width), (_, filters, kh, kw) = x.shape, weight.shape
    rows, columns = (height - 1) * sh + kh - 2 * ph, (width - 1) * sw + kw - 2 * pw
    if rows < 1 or columns < 1:
        raise ValueError("nothing is left")
    out = np.zeros((batch, filters, rows, columns), dtype=x.dtype)
    for i, j, p, q in np.ndindex(height, width, kh, kw):
        row, column = i * sh + p - ph, j * sw + q - pw
        if 0 <= row < rows and 0 <= column < columns:
            for c in range(channels):
                for k in range(filters):
                    out[:, k, row, column] += x[:, c, i, j] * weight[c, k, p, q]
    if bias is not None:
        for k in range(filters):
            out[:, k] += bias[k]
    return out
