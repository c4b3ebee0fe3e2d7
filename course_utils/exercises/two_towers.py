"""An exercise of lesson 11: a convolution in two towers."""

import numpy as np

from course_utils.exercises.convolution_backward import backward_case, random_backward
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Lazy
from course_utils.exercises.torch_runs import run_and_go_back


def _two_tower_conv(x, weight, bias=None, stride=1, padding=0, *, slip: str):
    """two_tower_conv with one slip in it."""
    import torch
    from torch.nn import functional

    maps = (x[:, ::2], x[:, 1::2]) if slip == "every second map" else x.chunk(2, dim=1)
    filters = (weight[::2], weight[1::2]) if slip == "every second filter" else weight.chunk(2)
    biases = (None, None) if bias is None or slip in ("no bias", "bias summed") else bias.chunk(2)
    if slip == "cut off":
        filters = [part.detach() for part in filters]
    if slip == "maps exchanged":
        maps = maps[::-1]
    first, second = _settings(slip, stride, padding)
    if slip == "first filters twice":
        filters = filters[:1] * 2
    if slip == "first bias twice":
        biases = biases[:1] * 2
    a = functional.conv2d(maps[0], filters[0], biases[0], *first)
    b = functional.conv2d(maps[0] if slip == "first maps twice" else maps[1], filters[1], biases[1], *second)
    out = _joined(slip, a, b)
    if slip == "bias twice" and bias is not None:
        out = out + bias.reshape(1, -1, 1, 1)
    return torch.relu(out) if slip == "rectified" else out


def _settings(slip: str, stride, padding) -> tuple[tuple, tuple]:
    return {
        "no padding": ((stride, 0), (stride, 0)),
        "no stride": ((1, padding), (1, padding)),
        "second without padding": ((stride, padding), (stride, 0)),
    }.get(slip, ((stride, padding), (stride, padding)))


def _joined(slip: str, a, b):
    import torch

    if slip == "second without padding" and a.shape != b.shape:
        raise RuntimeError("Sizes of tensors must match except in dimension 1.")
    if slip == "joined in rows":
        return torch.cat([a, b], dim=2)
    if slip == "joined in pictures":
        return torch.cat([a, b])
    if slip == "interleaved":
        return torch.stack([a, b], dim=2).flatten(1, 2)
    return {"added": a + b, "one tower": a, "towers exchanged": torch.cat([b, a], dim=1)}.get(
        slip, torch.cat([a, b], dim=1)
    )


def _random_case(rng: np.random.Generator) -> Case:
    case = random_backward(rng, groups=2, dilation=1)
    # What makes them towers is not an argument.
    values = {name: value for name, value in case.values.items() if name not in ("groups", "dilation")}
    return Case(case.label, values)


TWO_TOWER_CONV = Exercise(
    name="two_tower_conv",
    lesson="11",
    reference=Lazy("course_utils.models.alexnet_towers", "two_tower_conv"),
    plan=(
        Call(
            "run_and_go_back",
            ("two_tower_conv", "x", "weight", "dout", "bias", "stride", "padding"),
            ("out", "dx", "dweight", "dbias"),
        ),
    ),
    course={"run_and_go_back": run_and_go_back},
    compared=("out", "dx", "dweight", "dbias"),
    cases=(
        backward_case("two maps, a filter in each tower", 10, (1, 2, 2, 3), (2, 1, 2, 2), bias=True),
        backward_case("four maps, two filters in each tower", 20, (1, 4, 2, 2), (4, 2, 2, 1), bias=True),
        backward_case(
            "two pictures, stride 2, padding 1", 30, (2, 2, 4, 3), (4, 1, 3, 2), bias=True, stride=2, padding=1
        ),
        backward_case("no bias, padding 2 above and below", 40, (1, 4, 2, 2), (6, 2, 3, 1), padding=(2, 0)),
        backward_case("stride 3 down and 1 across", 50, (1, 6, 5, 2), (2, 3, 2, 2), bias=True, stride=(3, 1)),
    ),
    random_case=_random_case,
    random_cases=100,
    misconceptions=misconceptions(
        _two_tower_conv,
        (
            (
                "the towers crossed",
                "maps exchanged",
                "Your first filters see the last maps, and the last filters the first. Each tower keeps to its own half.",
            ),
            (
                "joined in the wrong order",
                "towers exchanged",
                "What the first tower found stands behind what the second found.",
            ),
            (
                "both towers on the first maps",
                "first maps twice",
                "Both of your towers look at the first half of the maps. Nobody sees the other half.",
            ),
            (
                "one set of filters for both towers",
                "first filters twice",
                "Your towers share the first half of the filters. They see different maps, and each has its own filters.",
            ),
            (
                "one half of the bias for both",
                "first bias twice",
                "Both towers add the first half of the bias. A filter's bias goes where the filter goes.",
            ),
            (
                "every second map",
                "every second map",
                "You deal the maps out like cards. A tower has half of them in a row.",
            ),
            (
                "every second filter",
                "every second filter",
                "You deal the filters out like cards. A tower has half of them in a row.",
            ),
            (
                "maps of the towers mixed",
                "interleaved",
                "In your output the maps of the two towers take turns. First come all of the one, then all of the other.",
            ),
            (
                "towers added",
                "added",
                "You add the towers up. Then your output has half as many maps, and each has seen both halves.",
            ),
            (
                "only one tower",
                "one tower",
                "Your output has half as many maps as there are filters. Where is the second tower?",
            ),
            (
                "joined below each other",
                "joined in rows",
                "You join the towers along the rows: maps twice as high. They stand beside each other as maps.",
            ),
            (
                "joined as pictures",
                "joined in pictures",
                "You join the towers along the batch: twice as many pictures. Which axis counts the maps?",
            ),
            (
                "the bias left out",
                "no bias",
                "Your output is that of filters without bias. There was one, a number for each filter.",
            ),
            (
                "the bias added twice",
                "bias twice",
                "The bias is in your output two times. If the convolution has been given it, it is in already.",
            ),
            ("the stride left out", "no stride", "Your filters move by one pixel, whatever `stride` says."),
            ("the padding left out", "no padding", "Your pictures are never padded, whatever `padding` says."),
            (
                "the second tower without padding",
                "second without padding",
                "The first tower is padded, the second is not. Then their maps differ in size and cannot be joined.",
            ),
            (
                "weights cut off from the graph",
                "cut off",
                "The output is right, and no gradient reaches the filters: you compute with a copy that has no graph.",
            ),
            (
                "a ReLU behind it",
                "rectified",
                "Where the sum is negative, yours is 0. The ReLU is a layer of its own, and comes later.",
            ),
        ),
    ),
    hints=(
        "Three things are cut in two: the maps of x, the filters of weight, and the bias if there is one. Then two "
        "convolutions, and what they find is put together again.",
        "The maps are axis 1 of x, the filters axis 0 of weight. `tensor.chunk(2, dim=1)` gives the two halves along axis 1. "
        "`functional.conv2d(x, weight, bias, stride, padding)` takes None for the bias.",
        "`left, right = x.chunk(2, dim=1)`, the same for weight and bias along axis 0, then "
        "`torch.cat([first, second], dim=1)` of the two convolutions.",
    ),
)
EXERCISES = (TWO_TOWER_CONV,)
