"""The networks that the lectures talk about, as plain `Step`s: what the claim ledger counts.

Only what has weights or changes a volume is a step; activations are taken to work in place, as in the lectures' tables.
Layers carry the lectures' names: conv1, pool1, fc6. The same networks to be trained are in `course_utils.models`; a test
holds both to the same counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from course_utils.accounting.counting import Row, count_steps
from course_utils.accounting.lecture_blocks import (
    batch_norm,
    conv,
    flatten,
    googlenet,
    linear,
    max_pool,
    residual_network,
    response_norm,
)
from course_utils.accounting.steps import Step


@dataclass(frozen=True)
class LectureNetwork:
    """name; steps; the size of its picture, (C, H, W); where the description comes from."""

    name: str
    steps: tuple[Step, ...]
    input_size: tuple[int, int, int]
    source: str

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """A row a step, counted for one picture."""
        return count_steps(self.steps, self.input_size)

    def row(self, layer: str) -> Row:
        """The row of one layer. Raises ValueError if there is no such layer, naming those that are."""
        for row in self.rows:
            if row.name == layer:
                return row
        raise ValueError(f"{self.name} has no layer {layer!r}; it has {', '.join(step.name for step in self.steps)}")


def network(name: str) -> LectureNetwork:
    """The network of that name. Raises ValueError if there is none, naming those that are."""
    if name not in networks():
        raise ValueError(f"there is no network {name!r}; there are {', '.join(networks())}")
    return networks()[name]


@cache
def networks() -> dict[str, LectureNetwork]:
    """All of them by name."""
    return {name: LectureNetwork(name, tuple(build()), size, source) for name, build, size, source in _all()}


def _all() -> list[tuple[str, Callable[[], Sequence[Step]], tuple[int, int, int], str]]:
    picture, cropped = (3, 224, 224), (3, 227, 227)
    vgg = [
        (f"vgg{depth}", lambda depth=depth: vgg_steps(VGG[depth]), picture, "Simonyan and Zisserman 2014, table 1")
        for depth in VGG
    ]
    residual = [
        (f"resnet{depth}", lambda depth=depth: residual_network(depth), picture, "He et al. 2015, table 1")
        for depth in (18, 34, 50, 101, 152)
    ]
    resnext = [
        (
            f"resnext{depth}_32x{width}d",
            lambda depth=depth, width=width: residual_network(depth, groups=32, width_per_group=width),
            picture,
            "Xie et al. 2016; Mahajan et al. 2018",
        )
        for depth, width in ((50, 4), (101, 8), (101, 32), (101, 48))
    ]
    return [
        ("lenet5_1998", lenet5_1998, (1, 32, 32), "LeCun et al. 1998, section II.B"),
        ("lenet5", lenet5, (1, 32, 32), "the sizes of LeCun et al. 1998 with max pooling"),
        ("alexnet_two_tower", alexnet_two_tower, picture, "Krizhevsky et al. 2012, figure 2"),
        ("alexnet_227", lambda: alexnet_single((96, 256, 384, 384, 256)), cropped, "CS231n, after the paper"),
        ("alexnet", lambda: alexnet_single((64, 192, 384, 256, 256), padding=2), picture, "Krizhevsky 2014"),
        ("alexnet_unpadded", lambda: alexnet_unpadded((384, 384, 256)), cropped, "NPTEL lecture 11"),
        ("zfnet_unpadded", lambda: alexnet_unpadded((512, 1024, 512), first=7), cropped, "NPTEL lecture 11"),
        ("zfnet", lambda: zfnet((384, 384, 256)), picture, "Zeiler and Fergus 2013, figure 3"),
        ("zfnet_wide", lambda: zfnet((512, 1024, 512)), picture, "Zeiler and Fergus 2013, table 2"),
        *vgg,
        ("nin", nin, picture, "Lin et al. 2014, and the first author's files"),
        ("googlenet_2014", googlenet, picture, "Szegedy et al. 2014, table 1"),
        ("googlenet_2014_with_heads", lambda: googlenet(heads=True), picture, "Szegedy et al. 2014, section 5"),
        *residual,
        *resnext,
        ("wide_resnet50_2", lambda: residual_network(50, width_per_group=128), picture, "Zagoruyko et al. 2016"),
        ("residual_mnist", residual_mnist, (1, 28, 28), "CSS634, residual block in PyTorch"),
    ]


# Maps of each group of 3x3 convolutions; a 1 in front: a 1x1 convolution. A max pooling follows each group.
VGG = {
    "11": ((64,), (128,), (256, 256), (512, 512), (512, 512)),
    "13": ((64, 64), (128, 128), (256, 256), (512, 512), (512, 512)),
    "16_c": ((64, 64), (128, 128), (256, 256, (1, 256)), (512, 512, (1, 512)), (512, 512, (1, 512))),
    "16": ((64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3),
    "19": ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4),
}


def lenet5_1998() -> list[Step]:
    """C3 sees 60 of 6x16 pairs of maps; subsampling has a coefficient and a bias a map; the output's codes are fixed."""
    connected = {"kernel_size": 5, "out_channels": 16, "macs_per_place": 60 * 25}
    return [
        conv("C1", 6, 5),
        Step("S2", "Window", {"kernel_size": 2, "stride": 2, "weights": 6, "biases": 6}),
        Step("C3", "Window", connected | {"weights": 60 * 25, "biases": 16}),
        Step("S4", "Window", {"kernel_size": 2, "stride": 2, "weights": 16, "biases": 16}),
        conv("C5", 120, 5),
        flatten(),
        linear("F6", 84),
        Step("output", "Dense", {"out_features": 10}),
    ]


def lenet5() -> list[Step]:
    convolutions = [conv("conv1", 6, 5), max_pool("pool1", 2), conv("conv2", 16, 5), max_pool("pool2", 2)]
    return [*convolutions, flatten(), linear("fc3", 120), linear("fc4", 84), linear("fc5", 10)]


def alexnet_two_tower() -> list[Step]:
    """Two towers are two groups. 224 pixels and 11x11 at stride 4 give 55 places only with a padding of 2."""
    return [
        conv("conv1", 96, 11, stride=4, padding=2),
        response_norm("norm1"),
        max_pool("pool1", 3),
        conv("conv2", 256, 5, padding=2, groups=2),
        response_norm("norm2"),
        max_pool("pool2", 3),
        conv("conv3", 384, 3, padding=1),
        conv("conv4", 384, 3, padding=1, groups=2),
        conv("conv5", 256, 3, padding=1, groups=2),
        max_pool("pool3", 3),
        *_classifier(),
    ]


def alexnet_single(maps: Sequence[int], padding: int = 0) -> list[Step]:
    """One tower, drawn as the lectures do: pooling, then normalisation."""
    return [
        conv("conv1", maps[0], 11, stride=4, padding=padding),
        max_pool("pool1", 3),
        response_norm("norm1"),
        conv("conv2", maps[1], 5, padding=2),
        max_pool("pool2", 3),
        response_norm("norm2"),
        *(conv(f"conv{number}", maps[number - 1], 3, padding=1) for number in (3, 4, 5)),
        max_pool("pool3", 3),
        *_classifier(),
    ]


def alexnet_unpadded(last_maps: Sequence[int], first: int = 11) -> list[Step]:
    """The walk of NPTEL's lecture: no padding anywhere, stride 4 in conv1 whatever its filters."""
    return [
        conv("conv1", 96, first, stride=4),
        max_pool("pool1", 3),
        conv("conv2", 256, 5),
        max_pool("pool2", 3),
        *(conv(f"conv{number}", maps, 3) for number, maps in zip((3, 4, 5), last_maps, strict=True)),
        max_pool("pool3", 3),
        *_classifier(),
    ]


def zfnet(last_maps: Sequence[int]) -> list[Step]:
    """110, 55, 26, 13 and 6 places, as figure 3 has them, come out if pooling rounds up."""
    return [
        conv("conv1", 96, 7, stride=2, padding=1),
        max_pool("pool1", 3, ceil_mode=True),
        conv("conv2", 256, 5, stride=2),
        max_pool("pool2", 3, ceil_mode=True),
        *(conv(f"conv{number}", maps, 3, padding=1) for number, maps in zip((3, 4, 5), last_maps, strict=True)),
        max_pool("pool3", 3, ceil_mode=True),
        *_classifier(),
    ]


def vgg_steps(groups: Sequence[Sequence[int | tuple[int, int]]]) -> list[Step]:
    """conv1_1, conv1_2, pool1, …: 3x3 with padding 1, 2x2 pooling at stride 2."""
    steps = []
    for group, maps in enumerate(groups, start=1):
        for number, one in enumerate(maps, start=1):
            kernel_size, out_channels = one if isinstance(one, tuple) else (3, one)
            steps.append(conv(f"conv{group}_{number}", out_channels, kernel_size, padding=kernel_size // 2))
        steps.append(max_pool(f"pool{group}", 2))
    return [*steps, *_classifier()]


def nin() -> list[Step]:
    """Four mlpconv layers, each a convolution and two of 1x1, and global average pooling."""
    settings = ((96, 11, 4, 0), (256, 5, 1, 2), (384, 3, 1, 1), (1024, 3, 1, 1))
    steps = []
    for number, (maps, kernel_size, stride, padding) in enumerate(settings, start=1):
        last = 1000 if number == 4 else maps
        steps += [
            conv(f"conv{number}", maps, kernel_size, stride=stride, padding=padding),
            conv(f"cccp{2 * number - 1}", maps, 1),
            conv(f"cccp{2 * number}", last, 1),
        ]
        if number < 4:
            steps.append(max_pool(f"pool{number}", 3, ceil_mode=True))
    return [*steps, Step("pool4", "AdaptiveAvgPool2d", {"output_size": 1}), flatten()]


def residual_mnist() -> list[Step]:
    """The two blocks of CSS634's PyTorch code: 1x1 to 4 maps, 3x3 back to 1, and the shortcut."""
    steps = []
    before = "input"
    for block, (wide, narrow) in enumerate((("conv_1", "conv_2"), ("conv_3", "conv_4")), start=1):
        steps += [
            conv(wide, 4, 1, reads=before),
            batch_norm(f"{wide}_bn"),
            conv(narrow, 1, 3, padding=1),
            batch_norm(f"{narrow}_bn"),
            Step(f"add_{block}", "Add", inputs=(f"{narrow}_bn", before)),
        ]
        before = f"add_{block}"
    return [*steps, flatten(), linear("linear_1", 10)]


def _classifier() -> list[Step]:
    return [flatten(), linear("fc6", 4096), linear("fc7", 4096), linear("fc8", 1000)]
