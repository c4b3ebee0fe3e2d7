"""One call or more of every figure: what the tests run, and what may be looked at."""

import numpy as np

from course_utils import datasets, figures
from course_utils.layers import correlate2d

RNG = np.random.default_rng(0)
GRID = RNG.integers(0, 4, (6, 6)).astype(float)
EDGE = np.array([[1.0, 0, -1]] * 3)
OUT = correlate2d(GRID, EDGE)
PICTURE = RNG.random((24, 24))
COLOUR = RNG.random((3, 24, 30))
MAP = correlate2d(PICTURE, EDGE)
KERNELS = {"vertical edges": EDGE, "horizontal edges": EDGE.T, "blur": np.full((3, 3), 1 / 9), "sharpen": EDGE - 1}
RESPONSES = {name: correlate2d(PICTURE, kernel) for name, kernel in KERNELS.items()}
PARTS = {
    "Start": [("00", "Start here")],
    "Part I. From scratch in NumPy": [
        ("01", "Images and filters"),
        ("02", "The convolution layer"),
        ("03", "Convolution as one matrix product"),
        ("04", "Backpropagation through convolution"),
        ("05", "Pooling"),
    ],
}

EXAMPLES = {
    "border_washed_away": lambda: figures.border_washed_away(
        [PICTURE] * 4, [PICTURE[i : -i or None] for i in range(4)]
    ),
    "connectivity": lambda: figures.connectivity(),
    "connectivity local": lambda: figures.connectivity("local", size=5, kernel_size=2),
    "convolution_step": lambda: figures.convolution_step(*datasets.running_demo(), 2, 1, 4),
    "convolution_step negative": lambda: figures.convolution_step(*datasets.running_demo(), 2, 1, 17),
    "correlation_and_convolution": lambda: figures.correlation_and_convolution([1, 3, 0, 2, 4, 1, 0], [1, 2, -1], 4),
    "correlation_and_convolution short": lambda: figures.correlation_and_convolution([0, 1, 0], [1, 2]),
    "course_map": lambda: figures.course_map(PARTS, current="00"),
    "depth_column": lambda: figures.depth_column(),
    "depth_column 1x1": lambda: figures.depth_column((64, 32, 32), kernel_size=1, filters=32),
    "dilated_taps": lambda: figures.dilated_taps(),
    "filter_responses": lambda: figures.filter_responses(PICTURE, KERNELS, RESPONSES),
    "filter_responses of one": lambda: figures.filter_responses(COLOUR, {"an edge": EDGE}, {"an edge": MAP}),
    "groups_diagram": lambda: figures.groups_diagram(),
    "groups_diagram depthwise": lambda: figures.groups_diagram(4, 8, 4),
    "image_row": lambda: figures.image_row([COLOUR, *COLOUR], titles=["colour", "red", "green", "blue"]),
    "image_row with long titles": lambda: figures.image_row(
        [PICTURE] * 5, titles=["a 0", "brighter to the right", "darker to the right", "brighter below", "darker below"]
    ),
    "image_row signed": lambda: figures.image_row([MAP, -MAP, 5 * MAP], cmap="signed", label="response"),
    "image_row shared": lambda: figures.image_row([MAP, 2 * MAP], titles=["a", "b"], cmap="signed", shared_scale=True),
    "image_row labelled": lambda: figures.image_row([PICTURE, COLOUR], shared_scale=True, label="standard deviation"),
    "padding_figure": lambda: figures.padding_figure(GRID[:4, :4], padding=1),
    "pixel_grid": lambda: figures.pixel_grid(PICTURE[:6, :6], highlight=(1, 2, 3, 3), title="A patch"),
    "pixel_grid signed": lambda: figures.pixel_grid(OUT, title="a title wider than its grid"),
    "shift_equivariance": lambda: figures.shift_equivariance(PICTURE, np.roll(PICTURE, 3), MAP, MAP, MAP - MAP),
    "sizes_with_depth": lambda: figures.sizes_with_depth(32, 5, 10, paddings=(0, 1, 2)),
    "sliding_step": lambda: figures.sliding_step(GRID, EDGE, 1, 2, OUT),
    "sliding_step in fractions": lambda: figures.sliding_step(GRID, EDGE / 2, 3, 3, OUT / 2),
    "time_curves": lambda: figures.time_curves(
        [8, 16, 32], {"loops": [0.01, 0.04, 0.16], "fast": [1e-4, 2e-4, 9e-4]}, "width (pixels)", "time (s)", slope=2
    ),
    "volumes": lambda: figures.volumes([(3, 32, 32), (10, 32, 32)], labels=["a colour picture", "10 activation maps"]),
    "volumes by root": lambda: figures.volumes([(3, 227, 227), (96, 55, 55), (256, 27, 27), (256, 6, 6)]),
    "weight_counts": lambda: figures.weight_counts(["locally connected", "convolution"], [105_705_600, 34_944]),
    "window_positions": lambda: figures.window_positions(7, 3),
    "window_positions padded": lambda: figures.window_positions(5, 3, strides=(1, 2, 3), padding=1),
    "window_positions dilated": lambda: figures.window_positions(10, 3, strides=(1, 2), padding=1, dilation=2),
    "window_positions long": lambda: figures.window_positions(18, 3, strides=(4,)),
    "window_positions to scale": lambda: figures.window_positions(224, 11, strides=(4,)),
    "window_positions gaps": lambda: figures.window_positions(30, 5, strides=(7,)),
    "zoom": lambda: figures.zoom(PICTURE, row=4, column=9, size=8),
}
