"""An exercise of lesson 03: a dense layer's weight as the filters of a convolution."""

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting, digits, random_arrays
from course_utils.exercises.slips import Slips, misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _fc_to_conv(weight, input_shape, *, slip: str):
    """fc_to_conv with one slip in it."""
    neurons, (channels, height, width) = len(weight), input_shape
    if slip == "channels last":
        return weight.reshape(neurons, height, width, channels).transpose(0, 3, 1, 2)
    if slip == "transposed first":
        return weight.T.reshape(neurons, channels, height, width)
    if slip == "neurons last":
        return weight.reshape(channels, height, width, neurons).transpose(3, 0, 1, 2)
    if slip == "turned":
        return weight.T.reshape(channels, height, width, neurons)
    if slip == "sides exchanged":
        return weight.reshape(neurons, channels, width, height)
    if slip == "column by column":
        return weight.reshape(neurons, channels, width, height).swapaxes(2, 3)
    if slip == "square":
        return weight.reshape(neurons, channels, height, height)
    if slip == "one by one":
        return weight[:, :, None, None]
    if slip == "flip":
        return weight.reshape(neurons, channels, height, width)[:, :, ::-1, ::-1]
    if slip == "axis too many":
        return weight.reshape(1, neurons, channels, height, width)
    return weight.reshape((neurons, channels, height, width), order="F")


def _random_fc_to_conv(rng: np.random.Generator) -> Case:
    neurons, *input_shape = (int(n) for n in rng.integers(1, 5, 4))
    weight = random_arrays(rng, weight=(neurons, int(np.prod(input_shape))))
    shape = tuple(input_shape)
    return Case(f"weight {weight['weight'].shape}, input_shape={shape}", weight | {"input_shape": shape})


_SLIPS: Slips = (
    (
        "channels last",
        "channels last",
        "You cut each row as if the channels of a pixel lay side by side. The volume was flattened channel by channel.",
    ),
    (
        "transposed before it is reshaped",
        "transposed first",
        "You lay the matrix on its side before you cut it up, and so each filter gets numbers of several neurons.",
    ),
    (
        "neurons last",
        "neurons last",
        "You cut the matrix as if its columns were neurons. Here a neuron is a row, as in PyTorch; other books turn it.",
    ),
    (
        "the filters' axis at the end",
        "turned",
        "Your filters are right, but their number stands last. A convolution's weight begins with the filters.",
    ),
    (
        "height and width exchanged",
        "sides exchanged",
        "Your filters are as tall as the volume is wide.",
    ),
    (
        "maps read column by column",
        "column by column",
        "Your filters have the right shape, and each channel was filled downwards first. Flattening goes row by row.",
    ),
    (
        "the volume taken to be square",
        "square",
        "You use the height for the width as well.",
    ),
    (
        "a 1x1 convolution",
        "one by one",
        "You made 1x1 filters with as many channels as the volume has numbers. That fits only after flattening; here the "
        "volume keeps its height and width.",
    ),
    (
        "the filters are flipped",
        "flip",
        "You turn the filters by half a turn. Deep learning's convolution lays them on as they are.",
    ),
    (
        "an axis too many",
        "axis too many",
        "The numbers are right, but an axis of length 1 stands in front.",
    ),
    (
        "cut up in Fortran's order",
        "fortran",
        "The first axis runs fastest in your reshape. NumPy's own order, and the flattening's, has the last one run fastest.",
    ),
)

FC_TO_CONV = Exercise(
    name="fc_to_conv",
    lesson="03",
    reference=layers.fc_to_conv,
    plan=(Call("fc_to_conv", ("weight", "input_shape"), ("filters",)),),
    compared=("filters",),
    cases=(
        Case("one neuron, one channel", {"weight": counting(1, 4), "input_shape": (1, 2, 2)}),
        Case("wider than tall", {"weight": counting(1, 6), "input_shape": (1, 2, 3)}),
        Case("two neurons", {"weight": counting(2, 4), "input_shape": (1, 2, 2)}),
        Case("two channels, taller than wide", {"weight": counting(2, 12), "input_shape": (2, 3, 2)}),
        Case("a volume of one pixel", {"weight": digits(80, 3, 4), "input_shape": (4, 1, 1)}),
        Case("more neurons than numbers", {"weight": digits(81, 5, 4), "input_shape": (2, 1, 2)}),
    ),
    random_case=_random_fc_to_conv,
    misconceptions=misconceptions(_fc_to_conv, _SLIPS),
    hints=(
        "One neuron is one filter. Its row of weights belongs to the numbers of the volume in the order in which the volume "
        "was flattened: what stands first, second, last in it?",
        "`x.reshape(N, -1)` goes through channels, then rows, then columns. Undo exactly that for a row of the weight.",
        "It is one `reshape`, to (M, C, H, W), and nothing has to be exchanged.",
    ),
)

EXERCISES = (FC_TO_CONV,)
