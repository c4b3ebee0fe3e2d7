"""LeNet-5 as it was published in 1998, and as one would write it today: the twins of those in `course_utils.layers`.

LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proceedings of the IEEE 86
(1998), section II.B; "the paper" below. What the paper leaves open is decided as in `course_utils.layers.lenet5_1998`, so
that with the same weights both give the same scores.
"""

from collections import OrderedDict

import numpy as np
import torch
from torch import nn

from course_utils.layers import digit_codes, lenet_c3_connections
from course_utils.models.initialisation import he_normal, lecun_1998
from course_utils.models.registry import Entry

HEADS = ("rbf", "softmax")


def lenet5_1998(num_classes: int = 10, in_channels: int = 1, head: str = "rbf") -> nn.Sequential:
    """The network of the paper's figure 2, for pictures of 32x32: 60,000 trained numbers, 340,908 connections.

    Numbers and connections as section II.B counts them, biases among the connections:

        layer   output    trained  connections
        C1      28x28x6       156      122,304
        S2      14x14x6        12        5,880
        C3      10x10x16    1,516      151,600   each map sees 3, 4 or all 6 of S2's: table I
        S4      5x5x16         32        2,000
        C5      1x1x120    48,120       48,120   a convolution, for on a larger picture its output would be larger
        F6      84         10,164       10,164
        output  10              0          840   distances to fixed codes

    head "rbf" is the paper's output; "softmax" puts a Linear in its place, with 850 trained numbers more. Weights are
    uniform within 2.4/fan_in (section III.A), those of the softmax head by He's rule; subsampling starts as an average.
    """
    layers = OrderedDict(
        C1=nn.Conv2d(in_channels, 6, 5),
        squash1=ScaledTanh(),
        S2=Subsampling(6),
        squash2=ScaledTanh(),
        C3=PartialConvolution(),
        squash3=ScaledTanh(),
        S4=Subsampling(16),
        squash4=ScaledTanh(),
        C5=nn.Conv2d(16, 120, 5),
        squash5=ScaledTanh(),
        flatten=nn.Flatten(),
        F6=nn.Linear(120, 84),
        squash6=ScaledTanh(),
    )
    network = nn.Sequential(layers)
    lecun_1998(network)
    network.output = _output(head, num_classes)
    return network


def lenet5(num_classes: int = 10, in_channels: int = 1) -> nn.Sequential:
    """LeNet-5's sizes with today's parts: ReLU, max pooling, every map of C3 sees all of S2. 61,706 trained numbers.

        layer   output    trained
        conv1   28x28x6       156
        pool1   14x14x6
        conv2   10x10x16    2,416
        pool2   5x5x16
        fc1     120        48,120
        fc2     84         10,164
        fc3     10            850

    Weights by He's rule, as in `course_utils.layers.lenet5_modern`.
    """
    layers = OrderedDict(
        conv1=nn.Conv2d(in_channels, 6, 5),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 16, 5),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        fc1=nn.Linear(16 * 5 * 5, 120),
        relu3=nn.ReLU(),
        fc2=nn.Linear(120, 84),
        relu4=nn.ReLU(),
        fc3=nn.Linear(84, num_classes),
    )
    network = nn.Sequential(layers)
    he_normal(network)
    return network


class ScaledTanh(nn.Module):
    """The paper's squashing function, 1.7159 tanh(2x/3), which takes 1 to 1 and -1 to -1, nearly (appendix A)."""

    def __init__(self) -> None:
        super().__init__()
        self.tanh = nn.Tanh()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x of any shape to the same shape."""
        return 1.7159 * self.tanh(x * (2 / 3))

    def accounting_step(self) -> tuple[str, dict]:
        """One row in a table of costs."""
        return "Pointwise", {}


class Subsampling(nn.Module):
    """S2 and S4: the sum of every 2x2 window, times a coefficient a channel, plus a bias a channel.

    It starts as average pooling, with coefficients of 1/4 and biases of 0.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.sum = nn.AvgPool2d(2, divisor_override=1)
        self.weight = nn.Parameter(torch.full((channels, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, C, H, W) to (N, C, H/2, W/2)."""
        return self.sum(x) * self.weight + self.bias

    def accounting_step(self) -> tuple[str, dict]:
        """One row in a table of costs."""
        channels = len(self.weight)
        return "Window", {"kernel_size": 2, "stride": 2, "weights": channels, "biases": channels}


class PartialConvolution(nn.Module):
    """C3: 16 maps of 5x5 filters, each over some of the six maps of S2, by the paper's table I.

    Six maps see three of S2's, nine see four, the last sees all. Maps that see equally many are one grouped convolution, a
    group a map, over the channels that they see, one map's after the other: so there are weights for connections only.
    """

    def __init__(self) -> None:
        super().__init__()
        connections = lenet_c3_connections()
        self.of_three = _grouped(connections[:6])
        self.of_four = _grouped(connections[6:15])
        self.of_six = _grouped(connections[15:])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, 6, H, W) to (N, 16, H - 4, W - 4)."""
        return torch.cat([self.of_three(x), self.of_four(x), self.of_six(x)], 1)

    def accounting_step(self) -> tuple[str, dict]:
        """One row in a table of costs, as in the paper: 60 connections of 5x5 weights, and a bias a map."""
        weights = 60 * 5 * 5
        settings = {"kernel_size": 5, "out_channels": 16, "weights": weights, "biases": 16, "macs_per_place": weights}
        return "Window", settings


def _grouped(connections: np.ndarray) -> nn.Sequential:
    """A filter of 5x5 for every row of connections, (maps, channels) of booleans with equally many True in each row."""
    channels = np.nonzero(connections)[1].tolist()
    convolution = nn.Conv2d(len(channels), len(connections), 5, groups=len(connections))
    return nn.Sequential(OrderedDict(select=SelectChannels(channels), conv=convolution))


class SelectChannels(nn.Module):
    """The channels in the order asked for; one may be asked for again."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, C, H, W) to (N, len(channels), H, W)."""
        return x[:, self.channels]

    def extra_repr(self) -> str:
        return str(self.channels)


class RadialBasis(nn.Module):
    """Scores by distance from fixed codes: -sum_j (x_j - codes_ij)². Nothing in it is trained.

    The paper's output y_i, a penalty, is the score without its minus. codes: (classes, D).
    """

    def __init__(self, codes: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("codes", codes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (N, D) to scores (N, classes)."""
        return -(x.unsqueeze(1) - self.codes).square().sum(2)

    def accounting_step(self) -> tuple[str, dict]:
        """One row in a table of costs."""
        classes, features = self.codes.shape
        return "Dense", {"in_features": features, "out_features": classes, "buffers": classes * features}

    def extra_repr(self) -> str:
        classes, features = self.codes.shape
        return f"{features}, {classes}"


def _output(head: str, num_classes: int) -> nn.Module:
    if head not in HEADS:
        raise ValueError(f'head must be "rbf" or "softmax", got {head!r}')
    if head == "softmax":
        output = nn.Linear(84, num_classes)
        he_normal(output)
        return output
    codes = digit_codes()
    if num_classes != len(codes):
        raise ValueError(
            f'num_classes must be {len(codes)} with head "rbf", which has codes for the digits alone, got {num_classes}; '
            'use head="softmax"'
        )
    return RadialBasis(torch.tensor(codes))


_PAPER = "LeCun et al. 1998, section II.B"

ENTRIES = (
    Entry(
        "lenet5_1998",
        lenet5_1998,
        family="lenet",
        paper=_PAPER,
        input_size=(1, 32, 32),
        num_classes=10,
        parameters="60,000",
        macs="340,908 connections, biases among them",
        source=_PAPER,
        fixed=True,
    ),
    Entry("lenet5", lenet5, family="lenet", paper=_PAPER, input_size=(1, 32, 32), num_classes=10, fixed=True),
)
