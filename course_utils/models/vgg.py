"""VGG: nothing but 3x3 convolutions, deeper and deeper. Simonyan and Zisserman, "Very deep convolutional networks", 2014."""

import torch
from torch import nn

from course_utils.models.initialisation import gaussian, glorot_uniform, he_normal
from course_utils.models.registry import Entry

# The paper's table 1, a column a network, a tuple a block; every block ends in max pooling. (1, n) is a 1x1 convolution.
CONFIGURATIONS = {
    "A": ((64,), (128,), (256, 256), (512, 512), (512, 512)),
    "B": ((64, 64), (128, 128), (256, 256), (512, 512), (512, 512)),
    "C": ((64, 64), (128, 128), (256, 256, (1, 256)), (512, 512, (1, 512)), (512, 512, (1, 512))),
    "D": ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)),
    "E": ((64, 64), (128, 128), (256, 256, 256, 256), (512, 512, 512, 512), (512, 512, 512, 512)),
}
INITIALISATIONS = ("glorot", "gaussian", "he")


class VGG(nn.Module):
    """A column of the paper's table 1; names of the weights as torchvision's.

    The map's side halves from block to block: 224, 112, 56, 28, 14, and 7 after the last pooling; then come fully connected
    layers of 4096, 4096 and num_classes. Pictures of another size, at least 32x32, are averaged into 7x7 before those, which
    is torchvision's addition.

    configuration: "A" to "E", that is VGG-11, 13, 16 with 1x1 convolutions, 16, 19. batch_norm: a normalisation behind every
    convolution, which is not in the paper. initialisation, by the paper's section 3.1: "gaussian", normal numbers, from which
    it trained A alone; A's layers then started the deeper networks. "glorot", found afterwards to do without that. "he" is
    torchvision's: convolutions by fan_out, the fully connected layers with deviation 0.01. The paper gives its normal numbers a
    variance of 10^-2; we take that for the deviation, since with 0.1 the scores of a new VGG-11 are in the millions.

    Raises ValueError if configuration or initialisation is not one of these.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        in_channels: int = 3,
        configuration: str = "D",
        batch_norm: bool = False,
        initialisation: str = "glorot",
    ) -> None:
        super().__init__()
        _check("configuration", configuration, tuple(CONFIGURATIONS))
        _check("initialisation", initialisation, INITIALISATIONS)
        self.features = _features(CONFIGURATIONS[configuration], in_channels, batch_norm)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(4096, num_classes),
        )
        draw(self, initialisation)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, in_channels, H, W) to scores (N, num_classes)."""
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))


def draw(network: VGG, initialisation: str) -> None:
    """Draw all weights as `VGG` says of this initialisation; biases become 0."""
    if initialisation == "glorot":
        glorot_uniform(network)
    elif initialisation == "gaussian":
        gaussian(network, 0.01)
    else:
        he_normal(network.features, mode="fan_out")
        gaussian(network.classifier, 0.01)


def _features(blocks: tuple[tuple, ...], channels: int, batch_norm: bool) -> nn.Sequential:
    """The convolutions, each with its ReLU, and a max pooling behind every block."""
    layers: list[nn.Module] = []
    for block in blocks:
        for entry in block:
            kernel_size, maps = entry if isinstance(entry, tuple) else (3, entry)
            layers.append(nn.Conv2d(channels, maps, kernel_size, padding=kernel_size // 2))
            layers += [nn.BatchNorm2d(maps)] if batch_norm else []
            layers.append(nn.ReLU())
            channels = maps
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def _check(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}, got {value!r}")


# Weights in millions by the paper's table 2; parameters and MACs, in billions, by torchvision, plain and with batch norm.
_PUBLISHED = {
    "vgg11": ("A", 133, "132,863,336", "132,868,840", "7.609"),
    "vgg13": ("B", 133, "133,047,848", "133,053,736", "11.308"),
    "vgg16_c": ("C", 134, None, None, None),
    "vgg16": ("D", 138, "138,357,544", "138,365,992", "15.47"),
    "vgg19": ("E", 144, "143,667,240", "143,678,248", "19.632"),
}


def _entry(name: str, batch_norm: bool) -> Entry:
    configuration, millions, plain, normalised, billions = _PUBLISHED[name]
    default = "he" if batch_norm else "glorot"

    def build(num_classes: int, in_channels: int, initialisation: str = default) -> VGG:
        return VGG(num_classes, in_channels, configuration, batch_norm, initialisation)

    full_name = f"{name}_bn" if batch_norm else name
    parameters = normalised if batch_norm else plain
    table = "" if batch_norm else f"Simonyan and Zisserman 2014, table 2: {millions} million"
    return Entry(
        full_name,
        build,
        family="vgg",
        paper=f"Simonyan and Zisserman 2014, table 1, {configuration}" + (", with batch norm" if batch_norm else ""),
        parameters=parameters or ("" if batch_norm else f"{millions} million"),
        macs=f"{billions}e9" if billions else "",
        source="; ".join(filter(None, ("torchvision" if parameters else "", table))),
        smallest=32,
        torchvision=full_name if parameters else None,
    )


ENTRIES = tuple(_entry(name, batch_norm) for batch_norm in (False, True) for name in _PUBLISHED)
