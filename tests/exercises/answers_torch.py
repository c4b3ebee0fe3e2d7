"""Right answers to every exercise by PyTorch: forward by its functions, backward by autograd.

Some return tensors and some arrays: a check takes either.
"""

import numpy as np
import torch
from torch.nn import functional


def tensor(array):
    # A copy: PyTorch warns about views of arrays that it must not write to.
    return None if array is None else torch.from_numpy(np.array(array))


def leaf(array):
    return None if array is None else tensor(array).requires_grad_()


def gradients(out, dout, *leaves):
    wanted = [one for one in leaves if one is not None]
    found = iter(torch.autograd.grad(out, wanted, tensor(dout)))
    return tuple(None if one is None else next(found).numpy() for one in leaves)


def to_gray(image):
    return tensor(image).mean(dim=0)


def horizontal_difference(image):
    return torch.diff(tensor(image), dim=1).numpy()


def correlate2d(x, kernel):
    if x.ndim == 2:
        x, kernel = x[None], kernel[None]
    return functional.conv2d(tensor(x)[None], tensor(kernel)[None])[0, 0]


def locally_connected2d(x, weight, bias=None, stride=1):
    rows, columns, filters, _, kh, kw = weight.shape
    windows = functional.unfold(tensor(x), (kh, kw), stride=stride)
    flat = tensor(weight).reshape(rows * columns, filters, -1)
    out = torch.einsum("nfl,lkf->nkl", windows, flat).reshape(len(x), filters, rows, columns)
    return (out if bias is None else out + tensor(bias).permute(2, 0, 1)).numpy()


def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    row, kernel = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    try:
        return functional.conv1d(row, kernel, stride=stride, padding=padding, dilation=dilation).shape[-1]
    except RuntimeError as error:
        raise ValueError("the kernel does not fit") from error


def count_conv_parameters(in_channels, out_channels, kernel_size, groups=1, bias=True):
    layer = torch.nn.Conv2d(in_channels, out_channels, kernel_size, groups=groups, bias=bias)
    return sum(parameter.numel() for parameter in layer.parameters())


def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    cache = (x, weight, bias, stride, padding, dilation, groups)
    out = functional.conv2d(tensor(x), tensor(weight), tensor(bias), stride, padding, dilation, groups)
    return out, cache


def conv2d_backward(dout, cache):
    x, weight, bias, *settings = cache
    leaves = leaf(x), leaf(weight), leaf(bias)
    return gradients(functional.conv2d(*leaves, *settings), dout, *leaves)


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    return functional.max_pool2d(tensor(x), kernel_size, stride, padding), (x, kernel_size, stride, padding)


def max_pool2d_backward(dout, cache):
    x, *settings = cache[:4]
    x = leaf(x)
    return gradients(functional.max_pool2d(x, *settings), dout, x)[0]


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    return functional.avg_pool2d(tensor(x), kernel_size, stride, padding).numpy(), (x, kernel_size, stride, padding)


def avg_pool2d_backward(dout, cache):
    x, *settings = cache[:4]
    x = leaf(x)
    return gradients(functional.avg_pool2d(x, *settings), dout, x)[0]


def linear_forward(x, weight, bias=None):
    return functional.linear(tensor(x), tensor(weight), tensor(bias)), (x, weight, bias)


def linear_backward(dout, cache):
    leaves = tuple(leaf(array) for array in cache)
    return gradients(functional.linear(*leaves), dout, *leaves)


def relu_forward(x):
    return functional.relu(tensor(x)), x


def relu_backward(dout, cache):
    x = leaf(cache)
    return gradients(functional.relu(x), dout, x)[0]
