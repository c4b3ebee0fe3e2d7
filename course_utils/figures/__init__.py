"""The course's figures: one function a figure, each returning a `Drawing` that a notebook shows as a picture."""

from course_utils.figures.charts import sizes_with_depth, time_curves, weight_counts
from course_utils.figures.connections import connectivity, groups_diagram
from course_utils.figures.convolution_step import convolution_step
from course_utils.figures.course_map import course_map
from course_utils.figures.drawing import Drawing
from course_utils.figures.equivariance import border_washed_away, shift_equivariance
from course_utils.figures.grids import padding_figure, pixel_grid, sliding_step
from course_utils.figures.images import filter_responses, image_row, zoom
from course_utils.figures.signals import correlation_and_convolution
from course_utils.figures.volumes import depth_column, volumes
from course_utils.figures.windows import dilated_taps, window_positions

__all__ = [
    "Drawing",
    "border_washed_away",
    "connectivity",
    "convolution_step",
    "correlation_and_convolution",
    "course_map",
    "depth_column",
    "dilated_taps",
    "filter_responses",
    "groups_diagram",
    "image_row",
    "padding_figure",
    "pixel_grid",
    "shift_equivariance",
    "sizes_with_depth",
    "sliding_step",
    "time_curves",
    "volumes",
    "weight_counts",
    "window_positions",
    "zoom",
]
