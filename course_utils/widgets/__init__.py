"""Things to move by hand: each an ipywidgets box that falls back to a picture of its first state."""

from course_utils.widgets.kernel_editor import kernel_editor
from course_utils.widgets.layer_calculator import layer_calculator
from course_utils.widgets.pooling_switches import pooling_switches
from course_utils.widgets.receptive_field_explorer import receptive_field_explorer
from course_utils.widgets.running_demo import running_demo
from course_utils.widgets.sliding_window import sliding_window
from course_utils.widgets.weight_scale import weight_scale

__all__ = [
    "kernel_editor",
    "layer_calculator",
    "pooling_switches",
    "receptive_field_explorer",
    "running_demo",
    "sliding_window",
    "weight_scale",
]
