"""An exercise of homework 4: a residual block with a choice of shortcut, which can begin as the identity."""

import functools

import numpy as np

from course_utils.exercises.cifar_block_slips import SLIPS
from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.network_runs import parts_of, run_network
from course_utils.exercises.residual_runs import first_step
from course_utils.exercises.slips import lazy_misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Lazy

_ARGUMENTS = ("in_channels", "channels", "stride", "shortcut", "zero_init")


@functools.cache
def reference_block() -> type:
    """CifarBlock as it should be."""
    from torch import nn

    from course_utils.models.resnet import BasicBlock

    class CifarBlock(BasicBlock):
        def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
            if shortcut not in ("A", "B"):
                raise ValueError(f'shortcut must be "A" or "B", got {shortcut!r}')
            super().__init__(in_channels, channels, stride, shortcut)
            if zero_init:
                nn.init.zeros_(self.last_norm.weight)

    return CifarBlock


def _case(label: str, seed: int, x: tuple[int, ...], channels: int, **settings) -> Case:
    return Case(label, {"in_channels": x[1], "channels": channels, **settings, "x": digits(seed, *x)})


def _random_case(rng: np.random.Generator) -> Case:
    settings = {
        "in_channels": int(rng.integers(1, 4)),
        "stride": int(rng.integers(1, 3)),
        "shortcut": "AB"[rng.integers(2)],
        "zero_init": bool(rng.random() < 0.3),
    }
    settings["channels"] = settings["in_channels"] + int(rng.integers(0, 4))
    x = (int(rng.integers(3, 5)), settings["in_channels"], *rng.integers(4, 7, 2).tolist())
    return Case(f"x {x}, {settings}", settings | random_arrays(rng, x=x))


CIFAR_BLOCK = Exercise(
    name="CifarBlock",
    lesson="hw4",
    reference=Lazy(__name__, "reference_block", {}),
    plan=(
        Call("CifarBlock", _ARGUMENTS, ("network",)),
        Call("parts_of", ("network",), ("parameters", "expansion")),
        Call("first_step", ("network", "x", "zero_init"), ("scales", "moved")),
        Call("run_network", ("network", "x"), ("out", "dx", "evaluated")),
    ),
    course={"parts_of": parts_of, "first_step": first_step, "run_network": run_network},
    compared=("parameters", "out", "dx", "evaluated", "scales", "moved"),
    cases=(
        _case("same shape in and out", 1, (2, 1, 5, 5), 1),
        _case("option A, more channels", 2, (2, 2, 3, 3), 5, shortcut="A"),
        _case("option A, half the size", 3, (2, 2, 5, 3), 2, stride=2, shortcut="A"),
        _case("option A, twice the channels, half the size", 4, (2, 2, 4, 4), 4, stride=2, shortcut="A"),
        _case("option B, same shape in and out", 5, (2, 2, 3, 4), 2, shortcut="B"),
        _case("option B, twice the channels, half the size", 6, (2, 2, 5, 3), 4, stride=2, shortcut="B"),
        _case("option A, beginning as the identity", 7, (2, 2, 4, 4), 2, zero_init=True),
        _case("option B, beginning as its shortcut", 8, (2, 2, 4, 4), 3, shortcut="B", zero_init=True),
        Case(
            "an option that there is not",
            {"in_channels": 2, "channels": 2, "shortcut": "D", "x": digits(9, 2, 2, 3, 3)},
            raises=ValueError,
        ),
    ),
    random_case=_random_case,
    random_cases=30,
    # Statistics of a few numbers magnify the rounding.
    tolerances={"float64": 1e-8, "float32": 5e-3},
    misconceptions=lazy_misconceptions("course_utils.exercises.cifar_block_slips", "wrong_cifar_block", SLIPS),
    hints=(
        "Begin with your block of lesson 15, which has option B. Option A has no layers at all: it is a line in `forward`.",
        "Every second pixel is `x[:, :, ::2, ::2]`. `functional.pad` takes six numbers for the last three axes, from the last "
        "axis to the first, so that the channels come last.",
        "Of the six numbers five are 0, and the last is how many channels are missing: padding by none changes nothing, so "
        "one line does for all cases. For `zero_init` there is `nn.init.zeros_`; the normalisation is the one that stands "
        "right before the sum.",
    ),
)
EXERCISES = (CIFAR_BLOCK,)
