"""How many places a sliding window has."""

from course_utils.layers.arguments import check_integer


def conv_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Output length of a convolution along one axis: floor((W - D(F-1) - 1 + 2P) / S) + 1.

    W is `size`, F `kernel_size`, S `stride`, P `padding` (zeros at each end), and D `dilation`, in PyTorch's counting:
    1 means that the taps are neighbours. A last place that would hang over the edge is dropped, as PyTorch does.

    Raises TypeError if an argument is not an integer, ValueError if one is too small or the dilated kernel is larger
    than the padded input.
    """
    size = check_integer("size", size, least=1)
    kernel_size = check_integer("kernel_size", kernel_size, least=1)
    stride = check_integer("stride", stride, least=1)
    padding = check_integer("padding", padding, least=0)
    dilation = check_integer("dilation", dilation, least=1)
    reach = dilation * (kernel_size - 1) + 1
    room = size + 2 * padding
    if reach > room:
        raise ValueError(
            f"kernel_size {kernel_size} with dilation {dilation} reaches over {reach} pixels, but size {size} with "
            f"padding {padding} has only {room}; use a smaller kernel or dilation, or more padding"
        )
    return (room - reach) // stride + 1
