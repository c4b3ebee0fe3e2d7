"""Right answers to the exercises of lesson 04 without loops over places: tap by tap, and one product with the identity."""

import numpy as np


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def numeric_gradient(f, x, step=1e-5):
    nudges = step * np.eye(x.size).reshape(x.size, *x.shape)
    differences = [f(x + nudge) - f(x - nudge) for nudge in nudges]
    return np.reshape(differences, x.shape) / (2 * step)


def conv2d_backward_bias(dout, cache):
    return None if cache[2] is None else np.einsum("nkij->k", dout)


def _taps(dout, cache):
    """For each tap of the kernel: where it is, and which pixels of the padded picture it sees."""
    weight, stride, dilation = cache[1], pair(cache[3]), pair(cache[5])
    for tap in np.ndindex(weight.shape[2:]):
        starts = [at * apart for at, apart in zip(tap, dilation, strict=True)]
        seen = [
            slice(start, start + step * (places - 1) + 1, step)
            for start, step, places in zip(starts, stride, dout.shape[2:], strict=True)
        ]
        yield (..., *tap), (..., *seen)


def conv2d_backward_weight(dout, cache):
    x, weight, _, _, padding, _, groups = cache
    padded = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in pair(padding))))
    padded = padded.reshape(len(x), groups, -1, *padded.shape[2:])
    upstream = dout.reshape(len(x), groups, -1, *dout.shape[2:])
    dweight = np.empty_like(weight)
    for tap, seen in _taps(dout, cache):
        products = np.einsum("ngkij,ngcij->gkc", upstream, padded[seen])
        dweight[tap] = products.reshape(weight.shape[:2])
    return dweight


def conv2d_backward_input(dout, cache):
    x, weight, _, _, padding, _, groups = cache
    (ph, pw), (height, width) = pair(padding), x.shape[2:]
    dpadded = np.zeros((len(x), groups, x.shape[1] // groups, height + 2 * ph, width + 2 * pw), x.dtype)
    upstream = dout.reshape(len(x), groups, -1, *dout.shape[2:])
    filters = weight.reshape(groups, -1, *weight.shape[1:])
    for tap, seen in _taps(dout, cache):
        dpadded[seen] += np.einsum("ngkij,gkc->ngcij", upstream, filters[tap])
    return dpadded[..., ph : ph + height, pw : pw + width].reshape(x.shape)
