"""Local response normalisation across neighbouring channels, forward and backward.

Krizhevsky et al. 2012, "ImageNet Classification with Deep Convolutional Neural Networks", section 3.3.
"""

import numpy as np

from course_utils.layers.arguments import check_array, check_cache, check_dout, check_integer, check_number

Cache = tuple[np.ndarray, np.ndarray, int, float, float]


def local_response_norm_forward(
    x: np.ndarray, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> tuple[np.ndarray, Cache]:
    """out = x / scale^beta with scale = k + alpha/size * (the sum of x² over `size` neighbouring channels).

    x: (N, C, H, W) array. The channels summed for channel c are c - size//2 to c + (size - 1)//2, as far as they exist. As in
    PyTorch, alpha is divided by size; the paper does not divide: its n = 5, alpha = 1e-4, k = 2 are size=5, alpha=5e-4, k=2.
    Returns out and for `local_response_norm_backward` the cache (x, scale, size, alpha, beta).

    Raises TypeError if x is not floating point or size not an integer; ValueError if x does not have four axes, size is
    below 1, alpha or beta negative, or k not positive.
    """
    check_array("x", x, "(N, C, H, W)")
    size = check_integer("size", size, least=1)
    alpha, beta, k = (check_number(name, value) for name, value in (("alpha", alpha), ("beta", beta), ("k", k)))
    if k == 0:
        raise ValueError("k must be above 0, or where all of x is 0 the output is 0/0; got 0")
    scale = k + alpha / size * _channel_sum(x * x, size // 2, (size - 1) // 2)
    return x * scale**-beta, (x, scale, size, alpha, beta)


def local_response_norm_backward(dout: np.ndarray, cache: Cache) -> np.ndarray:
    """dx = dout / scale^beta - 2 alpha beta/size * x * (the sum of dout x / scale^(beta + 1) over the channels that saw x).

    dout: (N, C, H, W), the gradient of the loss with respect to out; cache: from `local_response_norm_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    check_cache(cache, "(x, scale, size, alpha, beta)", "local_response_norm_forward")
    x, scale, size, alpha, beta = cache
    check_dout(dout, x.shape, x)
    direct = dout * scale**-beta
    # Whom a channel sees behind it, from there it is seen in front: for an even size the window is mirrored.
    seen_by = _channel_sum(direct * x / scale, (size - 1) // 2, size // 2)
    return direct - 2 * alpha * beta / size * x * seen_by


def _channel_sum(x: np.ndarray, before: int, after: int) -> np.ndarray:
    """For every channel the sum over itself and as many channels before and after it, as far as there are any."""
    channels = x.shape[1]
    total = x.copy(order="K")
    for step in range(1, min(before, channels - 1) + 1):
        total[:, step:] += x[:, :-step]
    for step in range(1, min(after, channels - 1) + 1):
        total[:, :-step] += x[:, step:]
    return total
