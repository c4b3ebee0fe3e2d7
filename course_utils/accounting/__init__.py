"""What a network costs: sizes, parameters and, in later lessons, operations, memory and receptive fields."""

from course_utils.accounting.parameters import count_conv_parameters

__all__ = ["count_conv_parameters"]
