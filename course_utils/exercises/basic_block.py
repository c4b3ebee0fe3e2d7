"""An exercise of lesson 15: a residual block of two 3x3 convolutions."""

import functools

import numpy as np

from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.network_runs import parts_of, run_network
from course_utils.exercises.residual_slips import OF_THE_SHORTCUT, OF_THE_SUM, wrong_end, wrong_shortcut
from course_utils.exercises.slips import lazy_misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Lazy


@functools.cache
def wrong_basic_block(slip: str) -> type:
    """BasicBlock with one slip in it."""
    from torch import nn
    from torch.nn import functional

    class BasicBlock(nn.Module):
        expansion = 1

        def __init__(self, in_channels, channels, stride=1):
            super().__init__()
            settings = {"padding": 0 if slip == "padding" else 1, "bias": slip in ("biases", "biases of the layers")}
            first, second = _strides(slip, stride)
            middle = in_channels if slip == "channels late" else channels
            self.conv1 = nn.Conv2d(in_channels, middle, 3, first, **settings)
            self.conv2 = nn.Conv2d(middle, channels, 3, second, **settings)
            self.bn1 = nn.BatchNorm2d(middle)
            shared = slip == "norm shared"
            self.bn2 = self.bn1 if shared else nn.Identity() if slip == "one norm" else nn.BatchNorm2d(channels)
            self.shortcut = None if slip == "no shortcut" else wrong_shortcut(slip, in_channels, channels, stride)

        def forward(self, x):
            x = functional.relu(x) if slip == "activated input" else x
            out = self.bn1(self.conv1(x))
            if slip == "relu before norm":
                out = self.bn1(functional.relu(self.conv1(x)))
            elif slip != "no relu between":
                out = functional.relu(out)
            if slip == "late shortcut" and self.shortcut is None:
                x = out
            return wrong_end(slip, self.bn2(self.conv2(out)), x, self.shortcut)

    return BasicBlock


def _strides(slip: str, stride: int) -> tuple[int, int]:
    return {
        "stride twice": (stride, stride),
        "stride late": (1, stride),
        "stride ignored": (1, 1),
        "stride in the shortcut alone": (1, 1),
    }.get(slip, (stride, 1))


def _case(label: str, seed: int, x: tuple[int, ...], channels: int, **settings) -> Case:
    return Case(label, {"in_channels": x[1], "channels": channels, **settings, "x": digits(seed, *x)})


def _random_case(rng: np.random.Generator) -> Case:
    stride, channels = int(rng.integers(1, 3)), int(rng.integers(1, 5))
    x = (int(rng.integers(3, 5)), int(rng.integers(1, 5)), *rng.integers(3, 7, 2).tolist())
    settings = {"in_channels": x[1], "channels": channels, "stride": stride}
    return Case(f"x {x}, {settings}", settings | random_arrays(rng, x=x))


BASIC_BLOCK = Exercise(
    name="BasicBlock",
    lesson="15",
    reference=Lazy("course_utils.models.resnet", "BasicBlock"),
    plan=(
        Call("BasicBlock", ("in_channels", "channels", "stride"), ("network",)),
        Call("parts_of", ("network",), ("parameters", "expansion")),
        Call("run_network", ("network", "x"), ("out", "dx", "evaluated")),
    ),
    course={"parts_of": parts_of, "run_network": run_network},
    compared=("parameters", "expansion", "out", "dx", "evaluated"),
    cases=(
        _case("same shape in and out", 1, (2, 1, 5, 5), 1),
        _case("more channels", 2, (2, 2, 3, 2), 3),
        _case("twice the channels, half the size", 3, (2, 2, 3, 4), 4, stride=2),
        _case("half the size alone", 4, (3, 3, 2, 2), 3, stride=2),
        _case("fewer channels", 5, (2, 4, 2, 3), 2),
        _case("a picture of 7x4 by steps of 2", 6, (2, 1, 7, 4), 2, stride=2),
    ),
    random_case=_random_case,
    random_cases=30,
    # Statistics of a few numbers magnify the rounding.
    tolerances={"float64": 1e-8, "float32": 5e-3},
    misconceptions=lazy_misconceptions(
        __name__,
        "wrong_basic_block",
        (
            *OF_THE_SUM,
            *OF_THE_SHORTCUT,
            (
                "biases in the two layers",
                "biases of the layers",
                "Your 3x3 convolutions have biases. The normalisation behind each takes off the mean, and a bias with it.",
            ),
            (
                "no ReLU between the layers",
                "no relu between",
                "Nothing stands between your two convolutions, so together they are no more than one.",
            ),
            (
                "the ReLU before the normalisation",
                "relu before norm",
                "You normalise what the first ReLU let through. Here each convolution is normalised first.",
            ),
            (
                "one normalisation for both layers",
                "norm shared",
                "Both convolutions go through one and the same normalisation. Each has its own scale, shift and statistics.",
            ),
            (
                "the second layer not normalised",
                "one norm",
                "Your second convolution is added as it comes. Each convolution is normalised.",
            ),
            (
                "the shortcut begins behind the first layer",
                "late shortcut",
                "What you carry around is what the first layer made. It should be what came into the block.",
            ),
            (
                "no padding",
                "padding",
                "Your 3x3 convolutions do not pad, so the picture shrinks and no longer fits what it is added to.",
            ),
            (
                "the stride in both layers",
                "stride twice",
                "Both of your convolutions make the picture smaller. It should be halved once.",
            ),
            (
                "the stride in the second layer",
                "stride late",
                "Your second convolution makes the picture smaller. The first one does it, and saves the second one work.",
            ),
            (
                "the stride in the shortcut alone",
                "stride in the shortcut alone",
                "Your shortcut makes the picture smaller and your layers do not.",
            ),
            (
                "the channels change in the second layer",
                "channels late",
                "Your first convolution keeps the channels and the second changes them. It should be the first.",
            ),
        ),
    ),
    hints=(
        "In `__init__` two convolutions, two normalisations, and the shortcut: nothing where `x` fits as it is. In `forward` the "
        "sum comes before the last ReLU.",
        "`x` fits if `stride` is 1 and the channels stay. If not, a `Sequential` of a 1x1 convolution with the block's stride "
        "and a normalisation makes it fit.",
        "`out = functional.relu(self.bn1(self.conv1(x)))`, then `out = self.bn2(self.conv2(out))`; `around` is `x` or "
        "`self.downsample(x)`; and `return functional.relu(out + around)`.",
    ),
)
EXERCISES = (BASIC_BLOCK,)
