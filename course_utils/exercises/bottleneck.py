"""An exercise of lesson 15: a residual block that computes its 3x3 convolution among few channels."""

import functools

import numpy as np

from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.network_runs import parts_of, run_network
from course_utils.exercises.residual_slips import OF_THE_SHORTCUT, OF_THE_SUM, wrong_end, wrong_shortcut
from course_utils.exercises.slips import lazy_misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Lazy


@functools.cache
def wrong_bottleneck(slip: str) -> type:
    """Bottleneck with one slip in it."""
    from torch import nn
    from torch.nn import functional

    class Bottleneck(nn.Module):
        expansion = 4

        def __init__(self, in_channels, channels, stride=1):
            super().__init__()
            out_channels = channels if slip == "not expanded" else 4 * channels
            width = {"wide middle": out_channels, "quarter again": max(channels // 4, 1)}.get(slip, channels)
            kernels = (3, 3, 3) if slip == "all 3x3" else (1, 1, 1) if slip == "all 1x1" else (1, 3, 1)
            widths = (in_channels, width, width, out_channels)
            bias = slip in ("biases", "biases of the layers")
            self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
            for i, (kernel, step) in enumerate(zip(kernels, _strides(slip, stride), strict=True)):
                padding = 0 if slip == "padding" else kernel // 2
                self.convs.append(nn.Conv2d(widths[i], widths[i + 1], kernel, step, padding, bias=bias))
                shared = slip == "norm shared" and i == 1
                bare = slip == "last not normalised" and i == 2
                norm = nn.Identity() if bare else nn.BatchNorm2d(widths[i + 1])
                self.norms.append(self.norms[0] if shared else norm)
            self.shortcut = (
                None if slip == "no shortcut" else _shortcut(slip, in_channels, channels, out_channels, stride)
            )

        def forward(self, x):
            out = x = functional.relu(x) if slip == "activated input" else x
            for i, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
                out = norm(conv(out))
                if i < 2 and slip != ("no first relu", "no second relu")[i]:
                    out = functional.relu(out)
            return wrong_end(slip, out, x, self.shortcut)

    return Bottleneck


def _shortcut(slip: str, in_channels: int, channels: int, out_channels: int, stride: int):
    compared = channels if slip in ("compared with the middle", "as in a basic block") else out_channels
    target = channels if slip in ("projected to the middle", "as in a basic block") else out_channels
    if stride == 1 and in_channels == compared:
        return wrong_shortcut(
            "projection always" if slip == "projection always" else "identity always", in_channels, target, 1
        )
    forced = "projection always" if slip in ("compared with the middle", "projected to the middle") else slip
    return wrong_shortcut(forced, in_channels, target, stride)


def _strides(slip: str, stride: int) -> tuple[int, int, int]:
    return {
        "stride first": (stride, 1, 1),
        "stride last": (1, 1, stride),
        "stride twice": (stride, stride, 1),
        "stride ignored": (1, 1, 1),
    }.get(slip, (1, stride, 1))


def _case(label: str, seed: int, x: tuple[int, ...], channels: int, **settings) -> Case:
    return Case(label, {"in_channels": x[1], "channels": channels, **settings, "x": digits(seed, *x)})


def _random_case(rng: np.random.Generator) -> Case:
    stride, channels = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    arriving = 4 * channels if rng.random() < 0.5 else int(rng.integers(1, 7))
    x = (int(rng.integers(3, 5)), arriving, *rng.integers(3, 6, 2).tolist())
    settings = {"in_channels": arriving, "channels": channels, "stride": stride}
    return Case(f"x {x}, {settings}", settings | random_arrays(rng, x=x))


BOTTLENECK = Exercise(
    name="Bottleneck",
    lesson="15",
    reference=Lazy("course_utils.models.resnet", "Bottleneck"),
    plan=(
        Call("Bottleneck", ("in_channels", "channels", "stride"), ("network",)),
        Call("parts_of", ("network",), ("parameters", "expansion")),
        Call("run_network", ("network", "x"), ("out", "dx", "evaluated")),
    ),
    course={"parts_of": parts_of, "run_network": run_network},
    compared=("parameters", "expansion", "out", "dx", "evaluated"),
    cases=(
        _case("same shape in and out", 1, (2, 4, 3, 2), 1),
        _case("four times the channels", 2, (2, 3, 2, 3), 3),
        _case("more channels, half the size", 3, (2, 2, 3, 4), 2, stride=2),
        _case("half the size alone", 4, (3, 4, 2, 2), 1, stride=2),
        _case("a picture of 7x4 by steps of 2", 5, (1, 2, 7, 4), 1, stride=2),
    ),
    random_case=_random_case,
    random_cases=30,
    # Statistics of a few numbers magnify the rounding.
    tolerances={"float64": 1e-8, "float32": 5e-3},
    misconceptions=lazy_misconceptions(
        __name__,
        "wrong_bottleneck",
        (
            *OF_THE_SUM,
            *OF_THE_SHORTCUT,
            (
                "biases in the three layers",
                "biases of the layers",
                "Your three convolutions have biases. The normalisation behind each takes off the mean, and a bias with it.",
            ),
            (
                "the output not expanded",
                "not expanded",
                "Your last layer hands on `channels` maps. A bottleneck hands on four times as many.",
            ),
            (
                "a projection to the middle's channels",
                "projected to the middle",
                "Your projection makes `channels` maps. It has to fit what the last layer hands on.",
            ),
            (
                "x compared with the middle's channels",
                "compared with the middle",
                "You compare the channels of `x` with those in the middle. What it is added to has four times as many.",
            ),
            (
                "the shortcut of a basic block",
                "as in a basic block",
                "Your shortcut is a basic block's: it looks at `channels` and makes `channels`. Here four times as many go out.",
            ),
            (
                "as wide in the middle as outside",
                "wide middle",
                "Your 3x3 convolution works among all the channels. The first 1x1 is there so that it need not.",
            ),
            (
                "a quarter of the middle's channels",
                "quarter again",
                "`channels` is the number in the middle already. You take a quarter of it once more.",
            ),
            (
                "all layers 3x3",
                "all 3x3",
                "All of your convolutions are 3x3. Two of them change channels alone, and look at one pixel.",
            ),
            (
                "all layers 1x1",
                "all 1x1",
                "None of your convolutions looks at a neighbour. The one in the middle does.",
            ),
            (
                "no padding",
                "padding",
                "Your 3x3 convolution does not pad, so the picture shrinks and no longer fits what it is added to.",
            ),
            (
                "the stride in the first 1x1",
                "stride first",
                "Your first 1x1 halves the picture, as in the paper: it drops three pixels of four unseen. Here, as in today's "
                "libraries, the 3x3 does it.",
            ),
            (
                "the stride in the last 1x1",
                "stride last",
                "Your last 1x1 halves the picture. Then the 3x3 works on four times the pixels it needs to.",
            ),
            (
                "the stride in two layers",
                "stride twice",
                "Two of your convolutions make the picture smaller. It should be halved once.",
            ),
            (
                "no ReLU behind the first layer",
                "no first relu",
                "Between your first 1x1 and the 3x3 there is no ReLU.",
            ),
            (
                "no ReLU behind the 3x3",
                "no second relu",
                "Between your 3x3 and the last 1x1 there is no ReLU.",
            ),
            (
                "one normalisation for two layers",
                "norm shared",
                "Two of your convolutions go through one and the same normalisation. Each has its own scale, shift and "
                "statistics.",
            ),
            (
                "the last layer not normalised",
                "last not normalised",
                "Your last convolution is added as it comes. Each convolution is normalised.",
            ),
        ),
    ),
    hints=(
        "It is your BasicBlock with three layers instead of two. What goes on behind the last has `4 * channels` maps, and the "
        "shortcut has to fit that.",
        "1x1 from `in_channels` to `channels`; 3x3 with the stride and a padding of 1, `channels` to `channels`; 1x1 to "
        "`4 * channels`. ReLU behind the first two, and over the sum.",
        "`x` fits if `stride` is 1 and `in_channels` is `4 * channels`; `forward` ends with "
        "`out = self.bn3(self.conv3(out))` and `return functional.relu(out + around)`.",
    ),
)
EXERCISES = (BOTTLENECK,)
