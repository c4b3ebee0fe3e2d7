"""The from-scratch layers of the course, forward and backward, in NumPy alone.

Images are (N, C, H, W) arrays; names, defaults and results are PyTorch's. A layer keeps the dtype of its input and never
modifies it.
"""

from course_utils.layers.activation import relu_backward, relu_forward
from course_utils.layers.convolution import conv2d_backward, conv2d_forward
from course_utils.layers.correlation import correlate2d, locally_connected2d
from course_utils.layers.linear import linear_backward, linear_forward
from course_utils.layers.pooling import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from course_utils.layers.sizes import conv_output_size

__all__ = [
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "conv2d_backward",
    "conv2d_forward",
    "conv_output_size",
    "correlate2d",
    "linear_backward",
    "linear_forward",
    "locally_connected2d",
    "max_pool2d_backward",
    "max_pool2d_forward",
    "relu_backward",
    "relu_forward",
]
