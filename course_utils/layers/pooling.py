"""Max and average pooling, forward and backward."""

import numpy as np

from course_utils.layers.arguments import check_array, check_cache, check_dout, check_pair
from course_utils.layers.sizes import conv_output_size


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    kernel, stride_, padding_, out_size = _geometry(x, kernel_size, stride, padding)
    offsets = _offsets(_pad(x, padding_, -np.inf), kernel, stride_, out_size)
    out = offsets[0].copy()
    switches = np.zeros(out.shape, np.min_scalar_type(len(offsets) - 1))
    for index, values in enumerate(offsets[1:], 1):
        switches[(values > out) | np.isnan(values)] = index
        np.maximum(out, values, out=out)
    return out, (x, kernel_size, kernel_size if stride is None else stride, padding, switches)


def max_pool2d_backward(dout, cache):
    check_cache(cache, "(x, kernel_size, stride, padding, switches)", "max_pool2d_forward")
    x, kernel_size, stride, padding, switches = cache
    kernel, stride, padding, out_size = _geometry(x, kernel_size, stride, padding)
    check_dout(dout, (*x.shape[:2], *out_size), x)
    dpadded, dx = _zeros(x, padding)
    for index, slot in enumerate(_offsets(dpadded, kernel, stride, out_size)):
        slot += dout * (switches == index)
    return dx


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    kernel, stride_, padding_, out_size = _geometry(x, kernel_size, stride, padding)
    offsets = _offsets(_pad(x, padding_, 0), kernel, stride_, out_size)
    out = offsets[0].copy()
    for values in offsets[1:]:
        out += values
    out /= len(offsets)
    return out, (x, kernel_size, kernel_size if stride is None else stride, padding)


def avg_pool2d_backward(dout, cache):
    check_cache(cache, "(x, kernel_size, stride, padding)", "avg_pool2d_forward")
    x, kernel_size, stride, padding = cache
    kernel, stride, padding, out_size = _geometry(x, kernel_size, stride, padding)
    check_dout(dout, (*x.shape[:2], *out_size), x)
    dpadded, dx = _zeros(x, padding)
    share = dout / (kernel[0] * kernel[1])
    for slot in _offsets(dpadded, kernel, stride, out_size):
        slot += share
    return dx


def _geometry(x, kernel_size, stride, padding):
    check_array("x", x, "(N, C, H, W)")
    kernel = check_pair("kernel_size", kernel_size, least=1)
    stride = kernel if stride is None else check_pair("stride", stride, least=1)
    padding = check_pair("padding", padding, least=0)
    for side, pad in zip(kernel, padding, strict=True):
        if pad > side // 2:
            raise ValueError(f"padding must be at most half of kernel_size {side}, so {side // 2}, got {pad}")
    return kernel, stride, padding, tuple(map(conv_output_size, x.shape[2:], kernel, stride, padding))


def _pad(x, padding, value):
    if padding == (0, 0):
        return x
    padded, inside = _zeros(x, padding)
    padded[...] = value
    inside[...] = x
    return padded


def _zeros(x, padding):
    n, c, h, w = x.shape
    top, left = padding
    padded = np.zeros((n, c, h + 2 * top, w + 2 * left), x.dtype)
    return padded, padded[:, :, top : top + h, left : left + w]


def _offsets(padded, kernel, stride, out_size):
    rows, columns = out_size
    return [
        padded[:, :, i : i + stride[0] * (rows - 1) + 1 : stride[0], j : j + stride[1] * (columns - 1) + 1 : stride[1]]
        for i in range(kernel[0])
        for j in range(kernel[1])
    ]
