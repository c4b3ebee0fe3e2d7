"""How many numbers a layer learns."""

from course_utils.accounting.parameters import count_conv_parameters


def conv_weights(in_channels: int, out_channels: int, kernel_size: int, groups: int = 1) -> int:
    """Weights of a convolution, without biases."""
    return count_conv_parameters(in_channels, out_channels, kernel_size, groups, bias=False)


def conv_parameters(in_channels: int, out_channels: int, kernel_size: int, groups: int = 1) -> int:
    """Weights and biases of a convolution."""
    return count_conv_parameters(in_channels, out_channels, kernel_size, groups)


def linear_weights(in_features: int, out_features: int) -> int:
    """Weights of a fully connected layer, without biases."""
    return in_features * out_features


def linear_parameters(in_features: int, out_features: int) -> int:
    """Weights and biases of a fully connected layer."""
    return in_features * out_features + out_features


def unshared_weights(height: int, width: int, out_channels: int, in_channels: int, kernel_size: int) -> int:
    """Weights of a locally connected layer: every place of the (height, width, out_channels) output has its own."""
    return height * width * out_channels * in_channels * kernel_size**2


def stacked_weights(channels: int, *kernel_sizes: int) -> int:
    """Weights of convolutions in a row that keep the number of channels."""
    return sum(conv_weights(channels, channels, kernel_size) for kernel_size in kernel_sizes)


FUNCTIONS = (
    conv_weights,
    conv_parameters,
    linear_weights,
    linear_parameters,
    unshared_weights,
    stacked_weights,
)
