"""Right answers to every exercise as a beginner writes them: plain loops, one number at a time."""

import numpy as np


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def to_gray(image):
    channels, height, width = image.shape
    gray = np.zeros((height, width), image.dtype)
    for i in range(height):
        for j in range(width):
            for c in range(channels):
                gray[i, j] += image[c, i, j] / channels
    return gray


def horizontal_difference(image):
    height, width = image.shape
    edges = np.zeros((height, width - 1), image.dtype)
    for i in range(height):
        for j in range(width - 1):
            edges[i, j] = image[i, j + 1] - image[i, j]
    return edges


def correlate2d(x, kernel):
    if x.ndim == 2:
        x, kernel = x[None], kernel[None]
    channels, height, width = x.shape
    _, kh, kw = kernel.shape
    out = np.zeros((height - kh + 1, width - kw + 1), x.dtype)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for c in range(channels):
                for a in range(kh):
                    for b in range(kw):
                        out[i, j] += x[c, i + a, j + b] * kernel[c, a, b]
    return out


def locally_connected2d(x, weight, bias=None, stride=1):
    rows, columns, filters, _, kh, kw = weight.shape
    sh, sw = pair(stride)
    out = np.zeros((len(x), filters, rows, columns), x.dtype)
    for n in range(len(x)):
        for i in range(rows):
            for j in range(columns):
                window = x[n, :, i * sh : i * sh + kh, j * sw : j * sw + kw]
                for k in range(filters):
                    out[n, k, i, j] = (window * weight[i, j, k]).sum()
                    if bias is not None:
                        out[n, k, i, j] += bias[i, j, k]
    return out


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    taps = [dilation * tap for tap in range(kernel_size)]
    places = 0
    while places * stride + taps[-1] < size + 2 * padding:
        places += 1
    if places == 0:
        raise ValueError("the kernel does not fit")
    return places


def count_conv_parameters(in_channels, out_channels, kernel_size, groups=1, bias=True):
    height, width = pair(kernel_size)
    count = 0
    for _ in range(out_channels):
        for _ in range(in_channels // groups):
            for _ in range(height):
                count += width
        if bias:
            count += 1
    return count


def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    batch, channels, height, width = x.shape
    filters, depth, kh, kw = weight.shape
    padded = np.zeros((batch, channels, height + 2 * ph, width + 2 * pw), x.dtype)
    padded[:, :, ph : ph + height, pw : pw + width] = x
    rows = (height + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    columns = (width + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    out = np.zeros((batch, filters, rows, columns), x.dtype)
    for n in range(batch):
        for k in range(filters):
            first = k // (filters // groups) * depth
            for i in range(rows):
                for j in range(columns):
                    for a in range(kh):
                        for b in range(kw):
                            seen = padded[n, first : first + depth, i * sh + a * dh, j * sw + b * dw]
                            out[n, k, i, j] += (seen * weight[k, :, a, b]).sum()
                    if bias is not None:
                        out[n, k, i, j] += bias[k]
    return out, (x, weight, bias, stride, padding, dilation, groups)


def conv2d_backward(dout, cache):
    x, weight, bias, stride, padding, dilation, groups = cache
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    batch, channels, height, width = x.shape
    filters, depth, kh, kw = weight.shape
    padded = np.zeros((batch, channels, height + 2 * ph, width + 2 * pw), x.dtype)
    padded[:, :, ph : ph + height, pw : pw + width] = x
    dpadded, dweight = np.zeros_like(padded), np.zeros_like(weight)
    dbias = None if bias is None else np.zeros_like(bias)
    for n in range(batch):
        for k in range(filters):
            first = k // (filters // groups) * depth
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    if bias is not None:
                        dbias[k] += dout[n, k, i, j]
                    for a in range(kh):
                        for b in range(kw):
                            place = (n, slice(first, first + depth), i * sh + a * dh, j * sw + b * dw)
                            dpadded[place] += dout[n, k, i, j] * weight[k, :, a, b]
                            dweight[k, :, a, b] += dout[n, k, i, j] * padded[place]
    return dpadded[:, :, ph : ph + height, pw : pw + width], dweight, dbias


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, stride, padding, border=-np.inf, reduce=max)


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, stride, padding, border=0, reduce=lambda values: sum(values) / len(values))


def _pool(x, kernel_size, stride, padding, border, reduce):
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    batch, channels, height, width = x.shape
    rows, columns = (height + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1
    out = np.zeros((batch, channels, rows, columns), x.dtype)
    for n in range(batch):
        for c in range(channels):
            for i in range(rows):
                for j in range(columns):
                    values = []
                    for row in range(i * sh - ph, i * sh - ph + kh):
                        for column in range(j * sw - pw, j * sw - pw + kw):
                            inside = 0 <= row < height and 0 <= column < width
                            values.append(x[n, c, row, column] if inside else x.dtype.type(border))
                    out[n, c, i, j] = reduce(values)
    return out, (x, kernel_size, stride, padding)


def max_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache[:4]
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    height, width = x.shape[2:]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        best, place = -np.inf, None
        for row in range(i * sh - ph, i * sh - ph + kh):
            for column in range(j * sw - pw, j * sw - pw + kw):
                if 0 <= row < height and 0 <= column < width and x[n, c, row, column] > best:
                    best, place = x[n, c, row, column], (row, column)
        dx[(n, c, *place)] += dout[n, c, i, j]
    return dx


def avg_pool2d_backward(dout, cache):
    x, kernel_size, stride, padding = cache[:4]
    (kh, kw), (ph, pw) = pair(kernel_size), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    height, width = x.shape[2:]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dout.shape):
        for row in range(i * sh - ph, i * sh - ph + kh):
            for column in range(j * sw - pw, j * sw - pw + kw):
                if 0 <= row < height and 0 <= column < width:
                    dx[n, c, row, column] += dout[n, c, i, j] / (kh * kw)
    return dx


def linear_forward(x, weight, bias=None):
    out = np.zeros((len(x), len(weight)), x.dtype)
    for n in range(len(x)):
        for m in range(len(weight)):
            for d in range(x.shape[1]):
                out[n, m] += x[n, d] * weight[m, d]
            if bias is not None:
                out[n, m] += bias[m]
    return out, (x, weight, bias)


def linear_backward(dout, cache):
    x, weight, bias = cache
    dx, dweight = np.zeros_like(x), np.zeros_like(weight)
    dbias = None if bias is None else np.zeros_like(bias)
    for n in range(len(x)):
        for m in range(len(weight)):
            for d in range(x.shape[1]):
                dx[n, d] += dout[n, m] * weight[m, d]
                dweight[m, d] += dout[n, m] * x[n, d]
            if bias is not None:
                dbias[m] += dout[n, m]
    return dx, dweight, dbias


def relu_forward(x):
    out = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        if x[place] > 0:
            out[place] = x[place]
    return out, x


def relu_backward(dout, cache):
    dx = np.zeros_like(dout)
    for place in np.ndindex(cache.shape):
        if cache[place] > 0:
            dx[place] = dout[place]
    return dx
