"""Right answers to the exercises of lesson 03 in plain loops."""

import numpy as np


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def im2col(x, kernel_size, stride=1, padding=0, dilation=1):
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = map(pair, (kernel_size, stride, padding, dilation))
    images, channels, height, width = x.shape
    down = range(-ph, height + ph - dh * (kh - 1), sh)
    across = range(-pw, width + pw - dw * (kw - 1), sw)
    columns = np.zeros((images, channels * kh * kw, len(down) * len(across)), x.dtype)
    for n in range(images):
        column = 0
        for top in down:
            for left in across:
                row = 0
                for c in range(channels):
                    for a in range(kh):
                        for b in range(kw):
                            i, j = top + a * dh, left + b * dw
                            if 0 <= i < height and 0 <= j < width:
                                columns[n, row, column] = x[n, c, i, j]
                            row += 1
                column += 1
    return columns


def conv2d_forward_im2col(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    columns = im2col(x, weight.shape[2:], stride, padding, dilation)
    images, _, places = columns.shape
    filters, taps = len(weight), weight[0].size
    out = np.zeros((images, filters, places), x.dtype)
    for n in range(images):
        for k in range(filters):
            first = k // (filters // groups) * taps
            out[n, k] = weight[k].reshape(-1) @ columns[n, first : first + taps]
            if bias is not None:
                out[n, k] += bias[k]
    (kh, _), (sh, _), (ph, _), (dh, _) = map(pair, (weight.shape[2:], stride, padding, dilation))
    rows = (x.shape[2] + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    return out.reshape(images, filters, rows, places // rows), (x, weight, bias, stride, padding, dilation, groups)


def fc_to_conv(weight, input_shape):
    channels, height, width = input_shape
    filters = np.zeros((len(weight), *input_shape), weight.dtype)
    for m in range(len(weight)):
        for c in range(channels):
            for i in range(height):
                for j in range(width):
                    filters[m, c, i, j] = weight[m, (c * height + i) * width + j]
    return filters
