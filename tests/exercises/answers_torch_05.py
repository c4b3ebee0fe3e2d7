"""Right answers to the exercises of lesson 05 that are not in answers_torch.py, by PyTorch."""

import numpy as np
import torch
from torch.nn import functional


def subsample2d_forward(x, weight, bias, kernel_size=2, stride=None):
    """A depthwise convolution whose filters hold one number throughout."""
    kernel = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    x, weight, bias = (torch.from_numpy(np.array(array)) for array in (x, weight, bias))
    filters = weight[:, None, None, None].expand(-1, 1, *kernel)
    out = functional.conv2d(x, filters, bias, kernel if stride is None else stride, groups=len(weight))
    return out, (x, weight, bias, kernel_size, stride)
