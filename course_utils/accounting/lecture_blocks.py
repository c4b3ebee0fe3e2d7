"""What `lecture_networks` is built of: short names for steps, GoogLeNet's modules, residual blocks."""

from typing import Any

from course_utils.accounting.steps import Step

# Szegedy et al. 2014, table 1: 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; pool projection.
INCEPTION = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
# He et al. 2015, table 1: blocks in conv2_x to conv5_x.
RESIDUAL_BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def conv(name: str, out_channels: int, kernel_size: int, *, reads: str | None = None, **settings: Any) -> Step:
    settings = {"out_channels": out_channels, "kernel_size": kernel_size} | settings
    return Step(name, "Conv2d", settings, (reads,) if reads else ())


def linear(name: str, out_features: int) -> Step:
    return Step(name, "Linear", {"out_features": out_features})


def max_pool(name: str, kernel_size: int, **settings: Any) -> Step:
    """At stride 2, unless the settings say otherwise."""
    reads = settings.pop("reads", None)
    return Step(name, "MaxPool2d", {"kernel_size": kernel_size, "stride": 2} | settings, (reads,) if reads else ())


def batch_norm(name: str) -> Step:
    return Step(name, "BatchNorm2d")


def response_norm(name: str) -> Step:
    return Step(name, "LocalResponseNorm")


def flatten(name: str = "flatten") -> Step:
    return Step(name, "Flatten")


def average_pool(name: str) -> Step:
    """Over the whole map."""
    return Step(name, "AdaptiveAvgPool2d", {"output_size": 1})


def googlenet(heads: bool = False) -> list[Step]:
    """The network of table 1; heads: with the two auxiliary classifiers that stand only in training."""
    steps = [
        conv("conv1", 64, 7, stride=2, padding=3),
        max_pool("pool1", 3, ceil_mode=True),
        response_norm("norm1"),
        conv("conv2_reduce", 64, 1),
        conv("conv2", 192, 3, padding=1),
        response_norm("norm2"),
        max_pool("pool2", 3, ceil_mode=True),
    ]
    before = "pool2"
    for name in INCEPTION:
        steps += inception(name, before)
        before = f"inception_{name}"
        if name in ("3b", "4e"):
            before = f"pool{name[0]}"
            steps.append(max_pool(before, 3, ceil_mode=True, reads=f"inception_{name}"))
    steps += [average_pool("pool5"), flatten(), linear("fc", 1000)]
    if heads:
        steps += [*_auxiliary_head("head1", "inception_4a"), *_auxiliary_head("head2", "inception_4d")]
    return steps


def inception(name: str, before: str) -> list[Step]:
    """Four branches over the output of `before`, one behind the other: 3a_1x1, 3a_3x3_reduce, …, inception_3a."""
    one, reduce3, three, reduce5, five, pool = INCEPTION[name]
    return [
        conv(f"{name}_1x1", one, 1, reads=before),
        conv(f"{name}_3x3_reduce", reduce3, 1, reads=before),
        conv(f"{name}_3x3", three, 3, padding=1),
        conv(f"{name}_5x5_reduce", reduce5, 1, reads=before),
        conv(f"{name}_5x5", five, 5, padding=2),
        max_pool(f"{name}_pool", 3, stride=1, padding=1, reads=before),
        conv(f"{name}_pool_projection", pool, 1),
        Step(
            f"inception_{name}",
            "Concat",
            inputs=(f"{name}_1x1", f"{name}_3x3", f"{name}_5x5", f"{name}_pool_projection"),
        ),
    ]


def _auxiliary_head(name: str, reads: str) -> list[Step]:
    return [
        Step(f"{name}_pool", "AvgPool2d", {"kernel_size": 5, "stride": 3}, (reads,)),
        conv(f"{name}_conv", 128, 1),
        flatten(f"{name}_flatten"),
        linear(f"{name}_fc1", 1024),
        linear(f"{name}_fc2", 1000),
    ]


def residual_network(depth: int, groups: int = 1, width_per_group: int = 64) -> list[Step]:
    """ResNet of that depth; with groups ResNeXt, with a larger width_per_group Wide ResNet.

    Down-sampling stands in the 3x3 of a bottleneck, as libraries have it; in the paper it stands in the first 1x1, which
    changes the operations, not the parameters.
    """
    steps = [conv("conv1", 64, 7, stride=2, padding=3, bias=False), batch_norm("conv1_norm")]
    steps.append(max_pool("pool1", 3, padding=1))
    before, channels = "pool1", 64
    for stage, blocks in enumerate(RESIDUAL_BLOCKS[depth], start=2):
        maps = 64 * 2 ** (stage - 2)
        for block in range(1, blocks + 1):
            name = f"conv{stage}_{block}"
            stride = 2 if stage > 2 and block == 1 else 1
            out_channels = maps * (4 if depth >= 50 else 1)
            if depth >= 50:
                width = maps * width_per_group // 64 * groups
                sizes = ((width, 1, 1, 1), (width, 3, stride, groups), (out_channels, 1, 1, 1))
            else:
                sizes = ((maps, 3, stride, 1), (maps, 3, 1, 1))
            steps += _residual_block(name, before, sizes, stride, None if channels == out_channels else out_channels)
            before, channels = name, out_channels
    return [*steps, average_pool("pool5"), flatten(), linear("fc", 1000)]


def _residual_block(
    name: str, before: str, sizes: tuple[tuple[int, int, int, int], ...], stride: int, projection: int | None
) -> list[Step]:
    """Convolutions (maps, kernel_size, stride, groups), each normalised; projection: the maps of a 1x1 in the shortcut."""
    steps, reads = [], before
    for number, (maps, kernel_size, step, groups) in enumerate(sizes, start=1):
        convolution = f"{name}_conv{number}"
        settings = {"stride": step, "padding": kernel_size // 2, "groups": groups, "bias": False}
        steps += [conv(convolution, maps, kernel_size, reads=reads, **settings), batch_norm(f"{name}_norm{number}")]
        reads = f"{name}_norm{number}"
    shortcut = before
    if projection:
        shortcut = f"{name}_shortcut_norm"
        steps += [
            conv(f"{name}_shortcut", projection, 1, reads=before, stride=stride, bias=False),
            batch_norm(shortcut),
        ]
    return [*steps, Step(name, "Add", inputs=(reads, shortcut))]
