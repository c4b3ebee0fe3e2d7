"""Right answers to the exercise of homework 1 without loops over the picture: zeros between, and an ordinary convolution."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def conv_transpose2d_forward(x, weight, bias=None, stride=1, padding=0):
    (sh, sw), (ph, pw) = (s if isinstance(s, tuple) else (s, s) for s in (stride, padding))
    (batch, channels, height, width), (kh, kw) = x.shape, weight.shape[2:]
    spread = np.zeros((batch, channels, (height - 1) * sh + 1, (width - 1) * sw + 1), x.dtype)
    spread[:, :, ::sh, ::sw] = x
    spread = np.pad(spread, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    windows = sliding_window_view(spread, (kh, kw), axis=(2, 3))
    full = np.einsum("ncijpq,ckpq->nkij", windows, weight[:, :, ::-1, ::-1], optimize=True)
    out = full[:, :, ph : full.shape[2] - ph, pw : full.shape[3] - pw]
    if 0 in out.shape:
        raise ValueError("nothing is left")
    return out if bias is None else out + bias[:, None, None]
