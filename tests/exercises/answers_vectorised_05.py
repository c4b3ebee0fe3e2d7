"""Right answers to the exercises of lesson 05 that are not in answers_vectorised.py, without a loop over pixels."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def subsample2d_forward(x, weight, bias, kernel_size=2, stride=None):
    kernel = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    sh, sw = kernel if stride is None else np.broadcast_to(stride, 2)
    windows = sliding_window_view(x, kernel, axis=(2, 3))[:, :, ::sh, ::sw]
    out = np.einsum("ncijab,c->ncij", windows, weight) + bias.reshape(1, -1, 1, 1)
    return out, (x, weight, bias, kernel_size, stride)
