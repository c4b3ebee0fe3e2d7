"""One call or more of every figure: what the tests run, and what may be looked at."""

from types import SimpleNamespace

import numpy as np

from course_utils import datasets, figures
from course_utils.layers import correlate2d
from course_utils.layers.fitting import History

RNG = np.random.default_rng(0)
GRID = RNG.integers(0, 4, (6, 6)).astype(float)
EDGE = np.array([[1.0, 0, -1]] * 3)
OUT = correlate2d(GRID, EDGE)
PICTURE = RNG.random((24, 24))
COLOUR = RNG.random((3, 24, 30))
MAP = correlate2d(PICTURE, EDGE)
KERNELS = {"vertical edges": EDGE, "horizontal edges": EDGE.T, "blur": np.full((3, 3), 1 / 9), "sharpen": EDGE - 1}
RESPONSES = {name: correlate2d(PICTURE, kernel) for name, kernel in KERNELS.items()}
HISTORY = History([2.0, 1.0, 0.5], [0.3, 0.7, 0.9], [2.1, 1.2, 1.0], [0.2, 0.6, 0.7])
DECAY = np.exp(-np.arange(164) / 40)
LONG_HISTORY = SimpleNamespace(
    judged_by="test pictures",
    train_loss=list(2 * DECAY),
    train_accuracy=list(1 - DECAY),
    validation_loss=list(2 * DECAY + 0.2),
    validation_accuracy=list(0.9 - 0.9 * DECAY),
)
SHORT_HISTORY = History([1.9], [0.3], [1.6], [0.4])
BELL = np.random.default_rng(1).standard_normal(500)
MOMENTS = [
    SimpleNamespace(
        name=f"layer {i}", phase="forward" if i < 4 else "backward", held=held * 10**6, peak=(held + 5) * 10**6
    )
    for i, held in enumerate((100, 140, 160, 170, 180, 150, 120))
]
TWICE = [
    SimpleNamespace(name=moment.name, phase=moment.phase, held=2 * moment.held, peak=2 * moment.peak)
    for moment in MOMENTS
]
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

TOWERS = [("picture", 3, 224), ("conv1", 96, 55), ("conv2", 256, 27), ("conv3", 384, 13), ("conv4", 384, 13)]
TOWERS += [("conv5", 256, 13), ("fc6", 4096, 1), ("fc7", 4096, 1), ("fc8", 1000, 1)]

EXAMPLES = {
    "accuracy_by_learning_rate": lambda: figures.accuracy_by_learning_rate(
        [0.01, 0.1, 1], {"without": [[0.5, 0.9, 0.1], [0.7, 0.92, 0.1]], "with": [[0.9, 0.97, 0.95]]}
    ),
    "batch_norm_graph": lambda: figures.batch_norm_graph(),
    "backward_1d": lambda: figures.backward_1d([1, 2, -1, 1, -3], [1, 0, -1], [1, 2, -1], pixel=2),
    "backward_1d at the end": lambda: figures.backward_1d([1, 2, 3, -1], [0.5, -2], [1, -1, 2], pixel=3),
    "border_washed_away": lambda: figures.border_washed_away(
        [PICTURE] * 4, [PICTURE[i : -i or None] for i in range(4)]
    ),
    "channel_bars": lambda: figures.channel_bars([1.0, 8, 2], [0.5, 2, 1]),
    "computation_graph": lambda: figures.computation_graph(
        [
            ("x", "x", "input", (), 3.0),
            ("w", "w", "parameter", (), 2.0, 6.0),
            ("u", "u = w · x", "step", ("w", "x"), 6.0, 2.0),
            ("b", "b", "parameter", (), -1.0, 2.0),
            ("s", "s = u + b", "step", ("u", "b"), 5.0, 2.0),
            ("L", "L = s²", "result", ("s",), 25.0),
        ]
    ),
    "computation_graph of a single node": lambda: figures.computation_graph([("x", "x", "input")]),
    "confusion_matrix": lambda: figures.confusion_matrix(
        np.diag([30, 28, 31]) + np.array([[0, 2, 0], [0, 0, 5], [0, 0, 0]])
    ),
    "confusion_matrix without errors": lambda: figures.confusion_matrix(np.diag([3, 2]), ["cat", "dog"]),
    "connection_table": lambda: figures.connection_table(np.tri(16, 6) > 0, "maps of S2", "maps of C3"),
    "connectivity": lambda: figures.connectivity(),
    "connectivity local": lambda: figures.connectivity("local", size=5, kernel_size=2),
    "convolution_step": lambda: figures.convolution_step(*datasets.running_demo(), 2, 1, 4),
    "convolution_step negative": lambda: figures.convolution_step(*datasets.running_demo(), 2, 1, 17),
    "correlation_and_convolution": lambda: figures.correlation_and_convolution([1, 3, 0, 2, 4, 1, 0], [1, 2, -1], 4),
    "correlation_and_convolution short": lambda: figures.correlation_and_convolution([0, 1, 0], [1, 2]),
    "cost_bars": lambda: figures.cost_bars(
        ["stage 1", "stage 2", "fully connected"],
        {
            "weights": [38_720, 221_184, 123_633_664],
            "MACs": [1.94e9, 2.77e9, 1.2e8],
            "activations": [7.2e6, 3.6e6, 9192],
        },
    ),
    "cost_bars without shares": lambda: figures.cost_bars(["AlexNet", "VGG-16"], {"work": [0, 15.5e9]}, shares=False),
    "course_map": lambda: figures.course_map(PARTS, current="00"),
    "depth_column": lambda: figures.depth_column(),
    "depth_column 1x1": lambda: figures.depth_column((64, 32, 32), kernel_size=1, filters=32),
    "descent_paths": lambda: figures.descent_paths(
        (1, 30), {"plain": [[-10, 2], [-9, -1.6], [-8, 1.3]], "momentum": [[-10, 2], [-9, -1.6], [-7, 0.2]]}
    ),
    "dilated_taps": lambda: figures.dilated_taps(),
    "dropout_networks": lambda: figures.dropout_networks(),
    "feature_maps": lambda: figures.feature_maps(
        {"input": PICTURE[None], "C1": np.stack([MAP, -MAP] * 3), "C3": BELL[:400].reshape(16, 5, 5)}
    ),
    "feature_maps of one": lambda: figures.feature_maps({"C1": np.zeros((1, 4, 12))}),
    "filter_responses": lambda: figures.filter_responses(PICTURE, KERNELS, RESPONSES),
    "filter_responses of one": lambda: figures.filter_responses(COLOUR, {"an edge": EDGE}, {"an edge": MAP}),
    "full_convolution": lambda: figures.full_convolution([[1, 2], [-1, 3]], EDGE + 1, 1, 2),
    "full_convolution stride 2": lambda: figures.full_convolution([[1, 2], [-1, 3]], EDGE[:2] + 1, 1, 2, stride=2),
    "full_convolution 1x1": lambda: figures.full_convolution([[1, 2, 3]], [[2.5]], 0, 2, stride=3),
    "groups_diagram": lambda: figures.groups_diagram(),
    "groups_diagram depthwise": lambda: figures.groups_diagram(4, 8, 4),
    "im2col_diagram": lambda: figures.im2col_diagram(
        GRID[:3, :4], [EDGE[:2, :2], EDGE[1:, 1:]], ((0, 0), (0, 1), (1, 2))
    ),
    "im2col_diagram small": lambda: figures.im2col_diagram(GRID[:2, :3] / 2, [EDGE[:2, :2]]),
    "image_row": lambda: figures.image_row([COLOUR, *COLOUR], titles=["colour", "red", "green", "blue"]),
    "image_row with long titles": lambda: figures.image_row(
        [PICTURE] * 5, titles=["a 0", "brighter to the right", "darker to the right", "brighter below", "darker below"]
    ),
    "image_row signed": lambda: figures.image_row([MAP, -MAP, 5 * MAP], cmap="signed", label="response"),
    "image_row shared": lambda: figures.image_row([MAP, 2 * MAP], titles=["a", "b"], cmap="signed", shared_scale=True),
    "image_row labelled": lambda: figures.image_row([PICTURE, COLOUR], shared_scale=True, label="standard deviation"),
    "layer_histograms": lambda: figures.layer_histograms(
        {"without": [BELL / 2**i for i in range(10)], "with": [BELL] * 10}
    ),
    "layer_histograms of one": lambda: figures.layer_histograms({"a": [BELL]}, reach=2),
    "line_chart": lambda: figures.line_chart(
        [1, 2, 3], {"a": [1, 2, np.nan], "b": [3, 2, 1]}, "layer", "deviation", level=("chance", 0.1)
    ),
    "line_chart log": lambda: figures.line_chart(
        [1e-3, 1e-2, 1e-1], {"a": [1e-9, 1e-6, 1e-3]}, "step", "error", log_x=True, log_y=True
    ),
    "line_panels": lambda: figures.line_panels(
        np.linspace(-3, 3, 50),
        {
            "function": {"tanh": np.tanh(np.linspace(-3, 3, 50))},
            "slope": {"tanh": np.cosh(np.linspace(-3, 3, 50)) ** -2},
        },
        xlabel="x",
    ),
    "max_pooling": lambda: figures.max_pooling(GRID, 2),
    "max_pooling both ways": lambda: figures.max_pooling(GRID, 3, 1, dout=np.arange(1.0, 17).reshape(4, 4), step=6),
    "max_pooling in fractions": lambda: figures.max_pooling(OUT / 4, 2, 2, dout=np.full((2, 2), -0.25)),
    "memory_timeline": lambda: figures.memory_timeline({"a": MOMENTS, "twice as much": TWICE}),
    "network_volumes": lambda: figures.network_volumes(
        [(3, 224, 224), *[(64, 224, 224)] * 2, *[(128, 112, 112)] * 2, *[(512, 14, 14)] * 3, (4096, 1, 1)],
        ["picture", "stage 1", "", "stage 2", "", "stage 5", "", "", "fc"],
    ),
    "network_volumes of vectors": lambda: figures.network_volumes([(8, 1, 1), (1000, 1, 1)]),
    "memory_layout": lambda: figures.memory_layout(),
    "memory_layout of one channel": lambda: figures.memory_layout(1, 3, 2),
    "number_formats": lambda: figures.number_formats(),
    "number_formats one": lambda: figures.number_formats(["float16"]),
    "padding_figure": lambda: figures.padding_figure(GRID[:4, :4], padding=1),
    "pixel_grid": lambda: figures.pixel_grid(PICTURE[:6, :6], highlight=(1, 2, 3, 3), title="A patch"),
    "pixel_grid signed": lambda: figures.pixel_grid(OUT, title="a title wider than its grid"),
    "receptive_field_pyramid": lambda: figures.receptive_field_pyramid([3, 3, 3]),
    "receptive_field_pyramid strided": lambda: figures.receptive_field_pyramid(
        [3, 2, 3], [1, 2, 1], [1, 1, 2], ["conv", "pool", "conv"]
    ),
    "receptive_field_view": lambda: figures.receptive_field_view(
        COLOUR, [("conv1", 3, 1, 1), ("pool1", 2, 2, 0), ("conv2", 3, 1, 1)], 2, 0, 6
    ),
    "receptive_field_view of many layers": lambda: figures.receptive_field_view(
        PICTURE, [(f"layer4.{i}.conv1", 3, 1, 1) for i in range(24)], 23, 12, 12
    ),
    "layer_columns": lambda: figures.layer_columns(
        [
            ("The front", [("conv1", "9x9, 3 → 64", "stride 3, padding 4"), ("pool1", "3x3, stride 2", "")], None),
            (
                "The block",
                [("block1", "3x3, 64 → 128", "stride 2"), ("block2", "", "")],
                ("shortcut", "1x1", "stride 2"),
            ),
        ]
    ),
    "layer_columns of one layer": lambda: figures.layer_columns([("All", [("fc", "→ 10", "")], None)]),
    "residual_blocks": lambda: figures.residual_blocks(
        [
            ("Plain", ["3x3, 64", "ReLU", "3x3, 64"], None),
            ("Residual", ["3x3, 64", "ReLU", "3x3, 64"], ""),
            ("Option B", ["3x3, 128, /2", "ReLU", "3x3, 128"], "1x1, 128, /2"),
        ]
    ),
    "residual_blocks of different lengths": lambda: figures.residual_blocks(
        [
            ("One layer", ["3x3, 8"], ""),
            ("Five", ["1x1, 8", "ReLU", "3x3, 8", "ReLU", "1x1, 32"], "every 2nd pixel,\nzeros"),
        ]
    ),
    "score_gradient": lambda: figures.score_gradient([0.7, 0.2, 0.1], 1),
    "score_gradient named": lambda: figures.score_gradient([0.1] * 10, 9, [f"c{i}" for i in range(10)]),
    "shared_means": lambda: figures.shared_means(),
    "shared_means of one": lambda: figures.shared_means(("batch",)),
    "shift_equivariance": lambda: figures.shift_equivariance(PICTURE, np.roll(PICTURE, 3), MAP, MAP, MAP - MAP),
    "sizes_with_depth": lambda: figures.sizes_with_depth(32, 5, 10, paddings=(0, 1, 2)),
    "sliding_step": lambda: figures.sliding_step(GRID, EDGE, 1, 2, OUT),
    "sliding_step in fractions": lambda: figures.sliding_step(GRID, EDGE / 2, 3, 3, OUT / 2),
    "speed_ladder": lambda: figures.speed_ladder(
        ["seven loops", "window view, tensordot", "tiles", "PyTorch"],
        [0.0031, 29.9, 81, 145],
        110,
        columns={"peak MB": ["–", "142", "31", "–"]},
        others=1,
    ),
    "speed_ladder plain": lambda: figures.speed_ladder(["slow", "fast"], [1.5, 250], xlabel="pictures a second"),
    "stacked_bars": lambda: figures.stacked_bars(
        ["AlexNet", "VGG-16"],
        {"parameters": [244, 553], "gradients": [244, 553], "activations": [310, 7400]},
        "MB",
        level=("the card", 3000),
    ),
    "stacked_bars of many parts": lambda: figures.stacked_bars(
        ["a", "b"], {f"a part of some length {i}": [i, 2.5] for i in range(6)}, "claims"
    ),
    "time_curves": lambda: figures.time_curves(
        [8, 16, 32], {"loops": [0.01, 0.04, 0.16], "fast": [1e-4, 2e-4, 9e-4]}, "width (pixels)", "time (s)", slope=2
    ),
    "training_curves": lambda: figures.training_curves({"a": HISTORY, "b": HISTORY}),
    "training_curves of far apart lengths": lambda: figures.training_curves(
        {
            "a network's own run": SHORT_HISTORY,
            "the paper's (recorded)": LONG_HISTORY,
            "another (recorded)": SimpleNamespace(**vars(HISTORY), judged_by="held-out pictures"),
        },
        thin=["the paper's (recorded)", "another (recorded)"],
    ),
    "training_curves of one epoch": lambda: figures.training_curves({"a": History([1], [0.5])}),
    "training_curves of one": lambda: figures.training_curves({"a": History([1, 2])}, measures=("loss",)),
    "two_towers": lambda: figures.two_towers(TOWERS, crossing=["conv3", "fc6", "fc7", "fc8"]),
    "two_towers that never meet": lambda: figures.two_towers([TOWERS[0], TOWERS[2], TOWERS[8]], crossing=[]),
    "volumes": lambda: figures.volumes([(3, 32, 32), (10, 32, 32)], labels=["a colour picture", "10 activation maps"]),
    "volumes by root": lambda: figures.volumes([(3, 227, 227), (96, 55, 55), (256, 27, 27), (256, 6, 6)]),
    "weight_counts": lambda: figures.weight_counts(["locally connected", "convolution"], [105_705_600, 34_944]),
    "window_in_memory": lambda: figures.window_in_memory(),
    "window_in_memory of floats": lambda: figures.window_in_memory((3, 5), 2, ((0, 0), (0, 2)), itemsize=8),
    "window_positions": lambda: figures.window_positions(7, 3),
    "window_positions padded": lambda: figures.window_positions(5, 3, strides=(1, 2, 3), padding=1),
    "window_positions dilated": lambda: figures.window_positions(10, 3, strides=(1, 2), padding=1, dilation=2),
    "window_positions long": lambda: figures.window_positions(18, 3, strides=(4,)),
    "window_positions to scale": lambda: figures.window_positions(224, 11, strides=(4,)),
    "window_positions gaps": lambda: figures.window_positions(30, 5, strides=(7,)),
    "zoom": lambda: figures.zoom(PICTURE, row=4, column=9, size=8),
}
