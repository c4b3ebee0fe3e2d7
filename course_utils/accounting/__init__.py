"""What a network costs: sizes, parameters, operations, memory and receptive fields."""

from course_utils.accounting import claims
from course_utils.accounting.budget import training_memory
from course_utils.accounting.counting import Row
from course_utils.accounting.fields import Support, receptive_field_support
from course_utils.accounting.formulas import count_macs, receptive_field
from course_utils.accounting.measure import measure_memory, measure_network
from course_utils.accounting.memory import Memory, largest_batch, memory
from course_utils.accounting.parameters import count_conv_parameters
from course_utils.accounting.refusals import TooSmall, UnknownType, WrongFeatures
from course_utils.accounting.steps import Step
from course_utils.accounting.summary import Summary, smallest_input, summary

__all__ = [
    "Memory",
    "Row",
    "Step",
    "Summary",
    "Support",
    "TooSmall",
    "UnknownType",
    "WrongFeatures",
    "claims",
    "count_conv_parameters",
    "count_macs",
    "largest_batch",
    "measure_memory",
    "measure_network",
    "memory",
    "receptive_field",
    "receptive_field_support",
    "smallest_input",
    "summary",
    "training_memory",
]
