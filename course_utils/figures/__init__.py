"""The course's figures: one function a figure, each returning a `Drawing` that a notebook shows as a picture."""

from course_utils.figures.charts import sizes_with_depth, time_curves, weight_counts
from course_utils.figures.columns import im2col_diagram, window_in_memory
from course_utils.figures.computation_graphs import computation_graph
from course_utils.figures.connections import connectivity, groups_diagram
from course_utils.figures.convolution_step import convolution_step
from course_utils.figures.costs import cost_bars, stacked_bars
from course_utils.figures.course_map import course_map
from course_utils.figures.curves import line_chart, line_panels, training_curves
from course_utils.figures.descent import descent_paths, score_gradient
from course_utils.figures.distributions import accuracy_by_learning_rate, layer_histograms
from course_utils.figures.drawing import Drawing
from course_utils.figures.dropout import dropout_networks
from course_utils.figures.equivariance import border_washed_away, shift_equivariance
from course_utils.figures.feature_maps import feature_maps
from course_utils.figures.gradients import backward_1d, full_convolution
from course_utils.figures.grids import padding_figure, pixel_grid, sliding_step
from course_utils.figures.images import filter_responses, image_row, zoom
from course_utils.figures.layer_columns import layer_columns
from course_utils.figures.memory import memory_timeline
from course_utils.figures.memory_layout import memory_layout
from course_utils.figures.networks import network_volumes
from course_utils.figures.normalisation import batch_norm_graph, channel_bars, shared_means
from course_utils.figures.number_formats import number_formats
from course_utils.figures.pooling import max_pooling
from course_utils.figures.receptive_fields import receptive_field_pyramid, receptive_field_view
from course_utils.figures.residual_blocks import residual_blocks
from course_utils.figures.signals import correlation_and_convolution
from course_utils.figures.speeds import speed_ladder
from course_utils.figures.tables import confusion_matrix, connection_table
from course_utils.figures.towers import two_towers
from course_utils.figures.volumes import depth_column, volumes
from course_utils.figures.windows import dilated_taps, window_positions

__all__ = [
    "Drawing",
    "accuracy_by_learning_rate",
    "backward_1d",
    "batch_norm_graph",
    "border_washed_away",
    "channel_bars",
    "computation_graph",
    "confusion_matrix",
    "connection_table",
    "connectivity",
    "convolution_step",
    "correlation_and_convolution",
    "cost_bars",
    "course_map",
    "depth_column",
    "descent_paths",
    "dilated_taps",
    "dropout_networks",
    "feature_maps",
    "filter_responses",
    "full_convolution",
    "groups_diagram",
    "im2col_diagram",
    "image_row",
    "layer_columns",
    "layer_histograms",
    "line_chart",
    "line_panels",
    "max_pooling",
    "memory_layout",
    "memory_timeline",
    "network_volumes",
    "number_formats",
    "padding_figure",
    "pixel_grid",
    "receptive_field_pyramid",
    "receptive_field_view",
    "residual_blocks",
    "score_gradient",
    "shared_means",
    "shift_equivariance",
    "sizes_with_depth",
    "sliding_step",
    "speed_ladder",
    "stacked_bars",
    "time_curves",
    "training_curves",
    "two_towers",
    "volumes",
    "weight_counts",
    "window_in_memory",
    "window_positions",
    "zoom",
]
