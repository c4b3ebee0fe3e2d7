"""ResNeXt: a bottleneck split into many small ones that work side by side (Xie et al. 2017, table 1).

A block sums up the answers of C paths, each of which goes 1x1 to d channels, 3x3 among those, 1x1 back. C, the cardinality,
is a third measure of size beside depth and width. The paper's figure 3 shows that the sum is the same as one bottleneck
whose 3x3 convolution has C groups of d channels: so a ResNeXt is a ResNet whose `Bottleneck` has `groups=C` and
`width_per_group=d`. "32x4d" reads: 32 paths of 4 channels in layer1, and twice as many channels in each further stage.

| | 50, 32x4d | 101, 32x8d | 101, 64x4d |
| --- | --- | --- | --- |
| inner channels of layer1, layer2, layer3, layer4 | 128, 256, 512, 1024 | 256, 512, 1024, 2048 | 256, 512, 1024, 2048 |
| channels of a path | 4, 8, 16, 32 | 8, 16, 32, 64 | 4, 8, 16, 32 |
| blocks | 3, 4, 6, 3 | 3, 4, 23, 3 | 3, 4, 23, 3 |
"""

from functools import partial

from course_utils.models.registry import Entry
from course_utils.models.resnet import SIZES, bottleneck_resnet

_DOCUMENTATION = "torchvision's documentation"


def _entry(layers: int, groups: int, width: int, paper: str, parameters: str, macs: str, source: str) -> Entry:
    name = f"resnext{layers}_{groups}x{width}d"
    build = partial(bottleneck_resnet, depths=SIZES[layers][1], groups=groups, width_per_group=width)
    published = {"parameters": parameters, "macs": macs, "source": source}
    return Entry(name, build, "resnext", paper, **published, torchvision=name)


ENTRIES = (
    _entry(50, 32, 4, "Xie et al. 2017, table 1", "25,028,904", "4.2e9", f"{_DOCUMENTATION}; MACs: table 1"),
    _entry(101, 32, 8, "Mahajan et al. 2018, after Xie et al. 2017", "88,791,336", "16.41e9", _DOCUMENTATION),
    _entry(101, 64, 4, "Xie et al. 2017, table 4", "83,455,272", "15.46e9", _DOCUMENTATION),
)
