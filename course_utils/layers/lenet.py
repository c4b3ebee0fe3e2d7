"""LeNet-5 as it was published in 1998, and as one would write it today.

The source is Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
Proceedings of the IEEE 86 (1998), section II.B; "the paper" below.
"""

import numpy as np

from course_utils.layers.arguments import check_array
from course_utils.layers.losses import softmax_cross_entropy
from course_utils.layers.modules import Conv2d, Flatten, Linear, MaxPool2d, ReLU, ScaledTanh, Subsample2d
from course_utils.layers.network import Layer, Parameter, Sequential

HEADS = ("rbf", "softmax")


def lenet_c3_connections() -> np.ndarray:
    """(16, 6) bool: which maps of S2, the columns, each map of C3, a row, is connected to. The paper, table I.

    Six maps see three neighbours each and six see four, going round from the last map to the first; three see two pairs
    with a gap between them; the last sees all.
    """
    connections = np.zeros((16, 6), bool)
    patterns = ((range(6), (0, 1, 2)), (range(6), (0, 1, 2, 3)), (range(3), (0, 1, 3, 4)), (range(1), range(6)))
    rows = [[(first + step) % 6 for step in steps] for firsts, steps in patterns for first in firsts]
    for row, maps in zip(connections, rows, strict=True):
        row[maps] = True
    return connections


def lenet5_1998(rng: np.random.Generator, head: str = "rbf") -> Sequential:
    """LeNet-5 for pictures (N, 1, 32, 32), as published: 60,000 trained numbers before the head.

    Every layer up to F6 ends in the squashing function 1.7159 tanh(2x/3), which we take for the paper's "sigmoidal function"
    after subsampling too. head "rbf": the distances to ten fixed codes, with `radial_basis_loss`, nothing to train; "softmax":
    a Linear with 850 trained numbers, with `softmax_cross_entropy`. Weights up to F6 are uniform within 2.4/fan_in, as in the
    paper; coefficients of subsampling start as averages. Pictures are wanted as `inputs_1998` makes them.

    Raises ValueError if head is neither.
    """
    if head not in HEADS:
        raise ValueError(f'head must be "rbf" or "softmax", got {head!r}')
    layers = (
        Conv2d(1, 6, 5, rng=rng),  # C1: 28x28
        ScaledTanh(),
        Subsample2d(6),  # S2: 14x14
        ScaledTanh(),
        PartialConv2d(lenet_c3_connections(), 5, rng),  # C3: 10x10
        ScaledTanh(),
        Subsample2d(16),  # S4: 5x5
        ScaledTanh(),
        Conv2d(16, 120, 5, rng=rng),  # C5: 1x1
        ScaledTanh(),
        Flatten(),
        Linear(120, 84, rng=rng),  # F6
        ScaledTanh(),
    )
    for layer in layers:
        if isinstance(layer, Conv2d | Linear):
            _draw_as_in_1998(layer, rng)
    layers[0].input_gradient = False
    return Sequential(*layers, RadialBasis(digit_codes()) if head == "rbf" else Linear(84, 10, rng=rng))


def inputs_1998(images: np.ndarray) -> np.ndarray:
    """Pictures from 0, paper, to 1, ink, as the paper scales them: from -0.1 to 1.175, so that their mean is about 0."""
    return 1.275 * images - 0.1


def lenet5_modern(rng: np.random.Generator, in_channels: int = 1, num_classes: int = 10) -> Sequential:
    """LeNet-5's sizes with today's parts, for pictures (N, in_channels, 32, 32): ReLU, max pooling, all maps connected.

    Weights are drawn by Kaiming's rule. 61,706 trained numbers for one channel and ten classes.
    """
    network = Sequential(
        Conv2d(in_channels, 6, 5, rng=rng),
        ReLU(),
        MaxPool2d(2),
        Conv2d(6, 16, 5, rng=rng),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(16 * 5 * 5, 120, rng=rng),
        ReLU(),
        Linear(120, 84, rng=rng),
        ReLU(),
        Linear(84, num_classes, rng=rng),
    )
    network.layers[0].input_gradient = False
    return network


class PartialConv2d(Conv2d):
    """A convolution whose filters see only some of the channels: connections is a (filters, channels) array of booleans.

    It is a full convolution in which the weights of missing connections are 0. Their gradient is 0 too, so that they stay
    so, and they do not count as trained.
    """

    def __init__(self, connections: np.ndarray, kernel_size: int, rng: np.random.Generator) -> None:
        filters, channels = connections.shape
        super().__init__(channels, filters, kernel_size, rng=rng)
        self.connected = np.broadcast_to(connections[:, :, None, None], self.weight.data.shape)
        # Weights as large as fit the number of channels that are seen.
        scale = np.sqrt(channels / connections.sum(axis=1, dtype=np.float32))
        weight = self.connected * scale[:, None, None, None] * self.weight.data
        self.weight = Parameter(weight, trained=self.connected)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """As a convolution's, with no gradient for what is not connected."""
        dx = super().backward(dout)
        self.weight.grad = self.weight.grad * self.connected
        return dx


class RadialBasis(Layer):
    """Scores by distance from fixed codes: -sum_j (x_j - codes_ij)², so that the nearest code has the highest score.

    The paper's output y_i, a penalty, is the score without its minus. codes: (classes, D) array, not trained.
    """

    def __init__(self, codes: np.ndarray) -> None:
        self.codes = codes

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x (N, D) to scores (N, classes)."""
        check_array("x", x, "(N, D)")
        self.cache = x[:, None] - self.codes.astype(x.dtype)
        return -(self.cache**2).sum(axis=2)

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx (N, D): every class pulls x towards its code, or pushes it away, as its score asks."""
        return -2 * (dout[:, :, None] * self.cache).sum(axis=1)

    def __repr__(self) -> str:
        classes, features = self.codes.shape
        return f"RadialBasis({features}, {classes})"


def radial_basis_loss(scores: np.ndarray, labels: np.ndarray, rubbish: float = 0.1) -> tuple[np.floating, np.ndarray]:
    """The paper's loss, equation 9, as a mean over the batch: y_right + log(exp(-rubbish) + sum_i exp(-y_i)).

    That is softmax with cross-entropy of the scores -y_i, and of one more class, for pictures that show no digit, whose
    score is always -rubbish; it keeps a wrong score from being pushed down for ever. Arguments, results and errors are
    those of `softmax_cross_entropy`.
    """
    none = np.full((len(scores), 1), -rubbish, scores.dtype)
    loss, dscores = softmax_cross_entropy(np.concatenate([scores, none], axis=1), labels)
    return loss, dscores[:, :-1]


def _draw_as_in_1998(layer: Conv2d | Linear, rng: np.random.Generator) -> None:
    """Draw the weights anew, uniformly within 2.4 over the number of inputs that a unit is connected to."""
    weight, connected = layer.weight.data, layer.weight.trained
    if connected is None:
        connected = np.ones(weight.shape, bool)
    fan_in = connected.sum(axis=tuple(range(1, weight.ndim)), keepdims=True)
    layer.weight.data = (connected * rng.uniform(-2.4, 2.4, weight.shape) / fan_in).astype(weight.dtype)


def digit_codes() -> np.ndarray:
    """(10, 84) float32 of -1 and +1: what F6 should say for each digit, a little picture 12 high and 7 wide.

    The paper draws one for every printable character; these ten are our own.
    """
    rows = [line.split() for line in _PICTURES.strip().splitlines()]
    pictures = ["".join(row[digit] for row in rows) for digit in range(10)]
    return np.array([[1 if mark == "#" else -1 for mark in picture] for picture in pictures], np.float32)


_PICTURES = """
..###.. ...#... .#####. ####### ....##. ####### ..####. ####### .#####. ..###..
.#...#. ..##... #.....# ......# ...#.#. #...... .#..... ......# #.....# .#...#.
#.....# .###... ......# .....#. ..#..#. #...... #...... ......# #.....# #.....#
#.....# ...#... ......# ....#.. .#...#. #...... #...... .....#. #.....# #.....#
#.....# ...#... .....#. ...#... #....#. ######. #.####. .....#. .#...#. #.....#
#.....# ...#... ....#.. ..####. #....#. ......# ##....# ....#.. ..###.. #....##
#.....# ...#... ...#... ......# ####### ......# #.....# ....#.. .#...#. .####.#
#.....# ...#... ..#.... ......# .....#. ......# #.....# ...#... #.....# ......#
#.....# ...#... .#..... ......# .....#. ......# #.....# ...#... #.....# ......#
#.....# ...#... #...... ......# .....#. ......# #.....# ..#.... #.....# ......#
.#...#. ...#... #...... #.....# .....#. #.....# .#...#. ..#.... #.....# .....#.
..###.. .#####. ####### .#####. .....#. .#####. ..###.. ..#.... .#####. .####..
"""
