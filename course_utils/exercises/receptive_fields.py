"""The exercise of lesson 10 on receptive fields: how far an output sees, and how far apart neighbours look."""

import numpy as np

from course_utils.accounting import receptive_field
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _field(kernel_sizes, strides=None, dilations=None, *, slip: str) -> tuple[int, int]:
    """receptive_field with one slip in it."""
    strides = [1] * len(kernel_sizes) if strides is None else strides
    dilations = [1] * len(kernel_sizes) if dilations is None else dilations
    layers = list(zip(kernel_sizes, strides, dilations, strict=True))
    if slip == "laid side by side":
        field = 1
        for size, stride, dilation in reversed(layers):
            field = field * stride + dilation * (size - 1) + 1
        return field, int(np.prod(strides))
    if slip == "from the end":
        layers.reverse()
    field, jump, before = 0 if slip == "starts at 0" else 1, 1, 1
    for size, stride, dilation in layers:
        if slip == "stride first":
            jump *= stride
        field = _grown(field, jump, before, size, stride, dilation, slip)
        if slip == "strides added":
            jump += stride
        elif slip == "dilation in the jump":
            jump *= stride * dilation
        elif slip != "stride first":
            jump *= stride
        before = stride
    if slip == "last jump":
        return field, strides[-1]
    if slip == "jump before the last layer":
        return field, jump // strides[-1]
    return (jump, field) if slip == "swapped" else (field, jump)


def _grown(field, jump, before, size, stride, dilation, slip):
    """The field after one more layer."""
    step = {"no jump": 1, "own stride": stride, "stride below": before}.get(slip, jump)
    if slip == "product":
        return field * (dilation * (size - 1) + 1)
    if slip == "whole kernels":
        return field + dilation * size * step - (1 if field == 1 else 0)
    reach = {
        "kernels from one": size * dilation,
        "no dilation": size - 1,
        "dilated too far": dilation * size - 1,
        "skipped pixels": (dilation + 1) * (size - 1),
    }.get(slip, dilation * (size - 1))
    return field + reach * step


_SLIPS = (
    (
        "the kernel's whole width added",
        "kernels from one",
        "Each layer adds its whole kernel to what was seen before. Neighbouring windows share most of what they see: of a "
        "window, one place is there already.",
    ),
    (
        "the kernels' widths added up",
        "whole kernels",
        "You add up whole kernels, so two 3-wide layers see 6. Draw them: three neighbours that see three pixels each overlap.",
    ),
    (
        "the jump ignored",
        "no jump",
        "In your version neighbours always look one pixel apart. Behind a stride of 2 they look two pixels apart, and every "
        "later layer reaches twice as far.",
    ),
    (
        "a layer's stride counted for the layer itself",
        "stride first",
        "You widen the jump before you add the layer's reach. A layer's own taps sit on the map below it, which does not know "
        "about its stride yet.",
    ),
    (
        "only the layer's own stride",
        "own stride",
        "You multiply by the stride of the layer at hand, and forget those of all layers below.",
    ),
    (
        "only the stride of the layer below",
        "stride below",
        "You multiply by the stride just below. Strides further down count as well: they multiply.",
    ),
    (
        "fields multiplied",
        "product",
        "You multiply the kernels' widths. A layer adds to what is seen; it does not multiply it.",
    ),
    (
        "a first pixel too few",
        "starts at 0",
        "Your field begins at 0. Without any layer, a pixel sees one pixel: itself.",
    ),
    (
        "the dilation forgotten",
        "no dilation",
        "You take a kernel's taps as neighbours. With a dilation of 2 they sit two apart.",
    ),
    (
        "a step too far after the last tap",
        "dilated too far",
        "You spread every tap over `dilation` places. After the last tap nothing follows: count the gaps, not the taps.",
    ),
    (
        "dilation as the number of skipped pixels",
        "skipped pixels",
        "You take dilation 1 to mean one pixel left out between taps, as some lecture notes do. In PyTorch's numbering 1 is "
        "the ordinary kernel.",
    ),
    (
        "the dilation carried into the jump",
        "dilation in the jump",
        "A dilation spreads the taps of its own layer. The layer's outputs still lie as close together as before.",
    ),
    (
        "the strides added",
        "strides added",
        "You add up the strides. A step of 2 on a map whose places are 2 pixels apart is a step of 4 pixels.",
    ),
    (
        "the jump of the last layer alone",
        "last jump",
        "Your field is right. As jump you return the last layer's stride, in places of the map below it, not in pixels of the "
        "picture.",
    ),
    (
        "the jump before the last layer",
        "jump before the last layer",
        "Your field is right. The jump is that of the map below: the last layer's own stride moves its outputs apart, too.",
    ),
    (
        "the layers read from the last to the first",
        "from the end",
        "The first layer of the list is the one on the picture. You start at the other end, so strides count for the wrong "
        "layers.",
    ),
    (
        "windows laid side by side",
        "laid side by side",
        "Going down, you give each output a whole window of its own. Neighbouring windows overlap, or stand apart: only the "
        "first is whole, each further one adds a stride.",
    ),
    ("field and jump swapped", "swapped", "The numbers are right: the field comes first, then the jump."),
)


def _random_field(rng: np.random.Generator) -> Case:
    depth = int(rng.integers(1, 7))
    values = {"kernel_sizes": [int(n) for n in rng.integers(1, 8, depth)]}
    if rng.random() < 0.8:
        values["strides"] = [int(n) for n in rng.integers(1, 4, depth)]
    if rng.random() < 0.4:
        values["dilations"] = [int(n) for n in rng.integers(1, 4, depth)]
    return Case(", ".join(f"{name}={value}" for name, value in values.items()), values)


RECEPTIVE_FIELD = Exercise(
    name="receptive_field",
    lesson="10",
    reference=receptive_field,
    plan=(Call("receptive_field", ("kernel_sizes", "strides", "dilations"), ("field", "jump")),),
    compared=("field", "jump"),
    cases=(
        Case("one layer", {"kernel_sizes": [3]}),
        Case("two 3-wide layers", {"kernel_sizes": [3, 3]}),
        Case("three 3-wide layers", {"kernel_sizes": [3, 3, 3]}),
        Case("one layer with a stride", {"kernel_sizes": [3], "strides": [2]}),
        Case("a layer, pooling, a layer", {"kernel_sizes": [3, 2, 3], "strides": [1, 2, 1]}),
        Case("two strides", {"kernel_sizes": [5, 3, 3], "strides": [2, 3, 1]}),
        Case("1x1 layers, one with a stride", {"kernel_sizes": [1, 3, 1], "strides": [2, 1, 1]}),
        Case("a stride wider than its kernel", {"kernel_sizes": [1, 2, 3], "strides": [3, 3, 1]}),
        Case("a dilated layer", {"kernel_sizes": [3, 3], "dilations": [1, 2]}),
        Case(
            "a dilated layer behind a stride", {"kernel_sizes": [3, 3, 3], "strides": [2, 1, 1], "dilations": [1, 3, 1]}
        ),
        Case("AlexNet's first three layers", {"kernel_sizes": [11, 3, 5], "strides": [4, 2, 1]}),
    ),
    random_case=_random_field,
    misconceptions=misconceptions(_field, _SLIPS),
    hints=(
        "Walk from the picture upwards and keep two numbers: how many pixels an output sees, and how many pixels lie "
        "between the windows of two neighbours. Before the first layer both are 1.",
        "A layer's first tap sees what the map below sees. Each of its other taps sees one jump more, and a dilation "
        "multiplies the distance between taps. Only afterwards does the layer's stride widen the jump.",
        "Start with field = jump = 1. In a loop over kernel sizes, strides and dilations together: add dilation times (size "
        "minus 1) times the jump to the field, then multiply the jump by the stride. Return both.",
    ),
)

EXERCISES = (RECEPTIVE_FIELD,)
