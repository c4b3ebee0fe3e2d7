"""The design task of homework 4: a network as a list of layers, read with care, counted, and trained by one recipe.

A design is data, so that whoever hands it in is nowhere near the pictures that it is judged by. `problem` says what is wrong
with it, `cost` counts it, `TRIAL` scores it.

| layer | what it is |
| --- | --- |
| ("conv", channels, kernel_size=3, stride=1) | convolution with padding kernel_size // 2, normalisation, ReLU |
| ("depthwise", kernel_size=3, stride=1) | the same, each channel for itself |
| ("block", channels, stride=1) | residual block of two 3x3 convolutions, option B |
| ("bottleneck", channels, stride=1) | residual block of 1x1, 3x3, 1x1, which hands on 4 · channels |
| ("pool",) | maxima of 2x2, side by side |
| ("average",) | the mean of each map |
| ("linear", features) | full connection and ReLU |
| ("linear",) | full connection to the classes: the last layer, and only that |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from course_utils.accounting import summary
from course_utils.datasets import shapes10
from course_utils.exercises.trials import Trial

CLASSES, INPUT_SIZE = 10, (3, 32, 32)
MOST_LAYERS, MOST_CHANNELS = 24, 512
# What a design may cost for one picture.
PARAMETERS, MACS, ACTIVATIONS = 50_000, 1_500_000, 60_000
TRAIN, TEST = 4_000, 1_000


@dataclass(frozen=True)
class Kind:
    """A kind of layer: the names of its numbers with the largest that each may be, and the defaults of the last ones."""

    most: dict[str, int]
    defaults: tuple[int, ...] = ()


_WINDOW = {"kernel_size": 11, "stride": 4}
KINDS = {
    "conv": Kind({"channels": MOST_CHANNELS, **_WINDOW}, (3, 1)),
    # Larger ones take PyTorch longer than their multiplications tell.
    "depthwise": Kind({"kernel_size": 5, "stride": 4}, (3, 1)),
    "block": Kind({"channels": MOST_CHANNELS, "stride": 4}, (1,)),
    "bottleneck": Kind({"channels": MOST_CHANNELS // 4, "stride": 4}, (1,)),
    "pool": Kind({}),
    "average": Kind({}),
    "linear": Kind({"features": 4096}, (CLASSES,)),
}


@dataclass(frozen=True)
class Cost:
    """What a design costs for one picture."""

    parameters: int
    macs: int
    activations: int

    def __str__(self) -> str:
        return (
            f"{self.parameters:,} of {PARAMETERS:,} parameters, {self.macs:,} of {MACS:,} multiply-accumulates, "
            f"{self.activations:,} of {ACTIVATIONS:,} activations"
        )


def problem(design: Any) -> str:
    """What is wrong with a design, in a sentence that names the layer and the remedy; "" if it can be built and fits.

    design: anything at all; nothing is built before every number in it was looked at.
    """
    wrong = _form(design) or _misfit(design)
    return f"{wrong[0].upper()}{wrong[1:]}." if wrong else ""


def _misfit(design: Sequence[tuple]) -> str:
    """What keeps a design of the right form from being built within the budget."""
    try:
        spent = cost(design)
    except ValueError as error:
        return f"the layers do not fit together: {error}"
    for what, used, most in (
        ("parameters", spent.parameters, PARAMETERS),
        ("multiply-accumulates for a picture", spent.macs, MACS),
        ("activations for a picture", spent.activations, ACTIVATIONS),
    ):
        if used > most:
            return f"the design has {used:,} {what}, and the budget is {most:,}; make it narrower, shallower or smaller"
    return ""


def cost(design: Sequence[tuple]) -> Cost:
    """Parameters, multiply-accumulates and activations for one picture. Raises ValueError where layers do not fit."""
    counted = summary(network(design, device="meta"), INPUT_SIZE)
    return Cost(counted.weights + counted.biases, counted.macs, counted.activations)


def network(design: Sequence[tuple], device: str = "cpu") -> Any:
    """The design as a torch module, (N, 3, 32, 32) → (N, 10). Raises ValueError, as `problem` words it, for a wrong form."""
    import torch

    from course_utils.models.designs import built

    with torch.device(device):
        return built(_layers(design), INPUT_SIZE, CLASSES)


def accuracy(design: Sequence[tuple], seed: int = 0, **settings: int) -> float:
    """Share of right answers on pictures of `shapes10` after training on others; set, weights and order follow from seed.

    settings: epochs, for a try that takes less time than the recipe. Raises ValueError if the design has a problem.
    """
    if wrong := problem(design):
        raise ValueError(wrong)
    return _accuracy(tuple(_layers(design)), seed, **settings)


@lru_cache(maxsize=256)
def _accuracy(layers: tuple[tuple, ...], seed: int, **settings: int) -> float:
    from course_utils.models.designs import trained_accuracy

    return trained_accuracy(layers, CLASSES, *_pictures(seed), seed, **settings)


@lru_cache(maxsize=1)
def _pictures(seed: int) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    return tuple(shapes10(split, train=TRAIN, test=TEST, seed=seed) for split in ("train", "test"))


def _layers(design: Any) -> list[tuple]:
    """The layers with all their numbers. Raises ValueError for a wrong form."""
    if wrong := _form(design):
        raise ValueError(wrong)
    return [_filled(layer) for layer in design]


def _form(design: Any) -> str:
    if not isinstance(design, list | tuple):
        return f"a design is a list of layers such as ('conv', 16, 3, 1), and this is {_kind(design)}"
    if not 1 <= len(design) <= MOST_LAYERS:
        return f"a design has from 1 to {MOST_LAYERS} layers, and this one has {len(design)}"
    for number, layer in enumerate(design, start=1):
        if wrong := _layer_form(layer):
            return f"layer {number}: {wrong}"
        if layer[0] == "linear" and (len(layer) == 1) != (number == len(design)):
            return f"layer {number}: ('linear',) gives the scores and is the last layer; before it give ('linear', features)"
    if tuple(design[-1]) != ("linear",):
        return f"layer {len(design)}: the last layer is ('linear',), which gives the {CLASSES} scores"
    return ""


def _layer_form(layer: Any) -> str:
    if not isinstance(layer, list | tuple) or not layer or not isinstance(layer[0], str):
        return f"a layer is a tuple that begins with its kind, such as ('block', 32, 2), and this is {_kind(layer)}"
    if layer[0] not in KINDS:
        return f"there is no kind {layer[0][:20]!r}; there are {', '.join(KINDS)}"
    kind = KINDS[layer[0]]
    least = len(kind.most) - len(kind.defaults)
    if not least <= len(layer) - 1 <= len(kind.most):
        numbers = ", ".join([repr(layer[0]), *kind.most]) + ("," if not kind.most else "")
        return f"write ({numbers}); this one has {len(layer) - 1} numbers"
    for (name, most), value in zip(kind.most.items(), layer[1:], strict=False):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            shown = value if type(value) is int and abs(value) < 10**9 else _kind(value)
            return f"{name} of {layer[0]!r} is a whole number from 1 to {most}, got {shown}"
        if name == "kernel_size" and value % 2 == 0:
            return f"kernel_size of {layer[0]!r} is odd, so that the padding is the same on both sides, got {value}"
    return ""


def _filled(layer: Sequence) -> tuple:
    """The layer with the defaults of the numbers that it leaves out."""
    kind = KINDS[layer[0]]
    missing = len(kind.most) - (len(layer) - 1)
    return (*layer, *kind.defaults[len(kind.defaults) - missing :])


def _kind(value: Any) -> str:
    return (
        f"{type(value).__name__} of length {len(value)}"
        if isinstance(value, str | list | tuple)
        else type(value).__name__
    )


def _inputs(rng: np.random.Generator) -> tuple[Mapping[str, Any], int]:
    """A design is given nothing. Hidden is the seed of pictures and training."""
    return {}, int(rng.integers(1, 2**31))


TRIAL = Trial(
    name="design",
    lesson="hw4",
    inputs=_inputs,
    small=_inputs,
    score=accuracy,
    bands=((0.2, 0.2), (0.4, 0.4), (0.55, 0.6), (0.7, 0.8), (0.82, 1.0)),
    problem=problem,
    hints=(
        "Print the cost of your design layer by layer: where do the multiply-accumulates go? A stride early on buys width or "
        "depth later.",
        "A full connection to large maps learns every shape at every place anew, and spends the parameters. What comes behind "
        "the last maps of the networks of lesson 15?",
        "Some strides, three or four convolutions or blocks with more channels as the maps shrink, `('average',)`, "
        "`('linear',)`. Then shift the budget to and fro, and measure.",
    ),
    seconds=10.0,
)
TRIALS = (TRIAL,)
