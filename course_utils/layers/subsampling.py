"""LeNet-5's trainable subsampling: a sum over each window, with a coefficient and a bias a channel (LeCun et al. 1998)."""

import numpy as np

from course_utils.layers.arguments import check_array, check_cache, check_dout
from course_utils.layers.pooling_windows import Setting, pool_over

Cache = tuple[np.ndarray, np.ndarray, np.ndarray, Setting, Setting]


def subsample2d_forward(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, kernel_size: Setting = 2, stride: Setting | None = None
) -> tuple[np.ndarray, Cache]:
    """weight[c] times the sum of every window of channel c, plus bias[c].

    x: (N, C, H, W) array; weight, bias: (C,). kernel_size, stride: an integer or a pair (rows, columns); stride None means
    kernel_size. The paper passes the result through a sigmoid; here that is another layer's business.
    Returns out (N, C, OH, OW), its sides by `conv_output_size`, and the cache (x, weight, bias, kernel_size, stride).

    Raises TypeError if an array is not floating point, if dtypes differ, or if a setting is not an integer; ValueError if
    shapes do not fit or a setting is out of range.
    """
    pool = pool_over(x, kernel_size, stride, 0)
    for name, array in (("weight", weight), ("bias", bias)):
        check_array(name, array, "(C)", like=x)
        if len(array) != x.shape[1]:
            raise ValueError(
                f"{name} must have one number for each of the {x.shape[1]} channels of x, got {len(array)}"
            )
    out = pool.sums(x)
    out *= weight[:, None, None]
    out += bias[:, None, None]
    return out, (x, weight, bias, kernel_size, kernel_size if stride is None else stride)


def subsample2d_backward(dout: np.ndarray, cache: Cache) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dx, dweight, dbias), each shaped as x, weight and bias.

    dout: (N, C, OH, OW), the gradient of the loss with respect to out; cache: from `subsample2d_forward`.

    Raises TypeError or ValueError if dout has another dtype or shape than out.
    """
    check_cache(cache, "(x, weight, bias, kernel_size, stride)", "subsample2d_forward")
    x, weight, _, *settings = cache
    pool = pool_over(x, *settings, 0)
    check_dout(dout, (*x.shape[:2], *pool.out), x)
    dx = pool.spread(dout * weight[:, None, None], x)
    dweight = (dout * pool.sums(x)).sum(axis=(0, 2, 3))
    return dx, dweight, dout.sum(axis=(0, 2, 3))
