"""How many multiply-accumulates a layer takes, and how far it sees."""

from course_utils.accounting.formulas import count_macs
from course_utils.accounting.formulas import receptive_field as field_and_jump


def conv_macs(in_channels: int, out_channels: int, kernel_size: int, output_size: int, groups: int = 1) -> int:
    """Multiply-accumulates of a convolution with a square output, on one image; the bias is not counted."""
    return count_macs(in_channels, out_channels, kernel_size, output_size, groups)


def receptive_field(
    kernel_sizes: tuple[int, ...], strides: tuple[int, ...] | None = None, dilations: tuple[int, ...] | None = None
) -> int:
    """The side of the input window that one output sees after layers in a row."""
    return field_and_jump(kernel_sizes, strides, dilations)[0]


FUNCTIONS = (conv_macs, receptive_field)
