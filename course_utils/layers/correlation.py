"""A filter slid over one image, and the same with a filter of its own at every place."""

from math import prod

import numpy as np

from course_utils.layers.arguments import check_array, check_bias, check_floating, check_pair
from course_utils.layers.sizes import conv_output_size


def correlate2d(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide the kernel over the image and take the dot product at every place where it fits. The kernel is not flipped.

    x: (H, W) or (C, H, W) array; kernel: (KH, KW) or (C, KH, KW), as many axes as x: it reaches through the full depth.
    Returns (H - KH + 1, W - KW + 1).

    Raises TypeError if an array is not floating point or the dtypes differ, ValueError if the shapes do not fit.
    """
    check_floating("x", x)
    if x.ndim not in (2, 3):
        raise ValueError(f"x must have 3 axes, (C, H, W), or 2, (H, W), got shape {x.shape}")
    if x.ndim == 2:
        check_array("x", x, "(H, W)")
        check_array("kernel", kernel, "(KH, KW)", like=x)
        x, kernel = x[None], kernel[None]
    else:
        check_array("x", x, "(C, H, W)")
        check_array("kernel", kernel, "(C, KH, KW)", like=x)
    if len(kernel) != len(x):
        raise ValueError(f"x has {len(x)} channels, but kernel {kernel.shape} needs {len(kernel)}")
    rows = conv_output_size(x.shape[1], kernel.shape[1])
    columns = conv_output_size(x.shape[2], kernel.shape[2])
    out = np.zeros((rows, columns), x.dtype)
    for channel, taps in zip(x, kernel, strict=True):
        for (i, j), tap in np.ndenumerate(taps):
            out += tap * channel[i : i + rows, j : j + columns]
    return out


def locally_connected2d(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None, stride: int | tuple[int, int] = 1
) -> np.ndarray:
    """A convolution that shares nothing: every place of the output has filters of its own.

    x: (N, C, H, W) array; weight: (OH, OW, K, C, KH, KW), where weight[i, j] is the filter bank of place (i, j);
    bias: (OH, OW, K) or None. Returns (N, K, OH, OW).

    Raises TypeError if an array is not floating point or the dtypes differ, ValueError if the shapes do not fit.
    """
    check_array("x", x, "(N, C, H, W)")
    check_array("weight", weight, "(OH, OW, K, C, KH, KW)", like=x)
    stride = check_pair("stride", stride, least=1)
    rows, columns, filters, channels, *kernel = weight.shape
    if x.shape[1] != channels:
        raise ValueError(f"x has {x.shape[1]} channels, but weight {weight.shape} needs {channels}")
    places = tuple(map(conv_output_size, x.shape[2:], kernel, stride))
    if places != (rows, columns):
        raise ValueError(
            f"weight {weight.shape} has filters for {rows}x{columns} places, "
            f"but a {kernel[0]}x{kernel[1]} window with stride {stride} has {places[0]}x{places[1]} in x {x.shape}"
        )
    check_bias(bias, weight.shape[:3], x)
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    # One small matrix product a place: (N, C·KH·KW) windows by (C·KH·KW, K) filters.
    windows = windows.transpose(2, 3, 0, 1, 4, 5).reshape(rows, columns, len(x), channels * prod(kernel))
    out = windows @ weight.reshape(rows, columns, filters, -1).swapaxes(2, 3)
    if bias is not None:
        out += bias[:, :, None]
    return np.ascontiguousarray(out.transpose(2, 3, 0, 1))
