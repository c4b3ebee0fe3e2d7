"""An exercise of lesson 11: a convolution in two towers."""

import numpy as np

from course_utils.exercises.conv2d_function import out_shape
from course_utils.exercises.drawing_cases import digits, int_or_pair, random_arrays
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
    while True:
        n, channels, filters = int(rng.integers(1, 3)), 2 * int(rng.integers(1, 4)), 2 * int(rng.integers(1, 4))
        kernel, size = rng.integers(1, 4, 2), rng.integers(1, 6, 2)
        settings = {"stride": int_or_pair(rng, 1, 3), "padding": int_or_pair(rng, 0, 2)}
        shapes = (n, channels, *map(int, size)), (filters, channels // 2, *map(int, kernel))
        try:
            out = out_shape(*shapes, **settings)
        except ValueError:
            continue
        bias = (filters,) if rng.random() < 0.7 else None
        arrays = random_arrays(rng, x=shapes[0], weight=shapes[1], bias=bias, dout=out)
        return Case(f"x {shapes[0]}, weight {shapes[1]}, {settings}", arrays | settings)


def _case(label: str, seed: int, x: tuple[int, ...], weight: tuple[int, ...], bias: bool = True, **settings) -> Case:
    arrays = {
        "x": digits(seed, *x),
        "weight": digits(seed + 1, *weight, low=-2, high=3),
        "bias": digits(seed + 2, weight[0]) if bias else None,
        "dout": digits(seed + 3, *out_shape(x, weight, **settings), low=-2, high=4),
    }
    return Case(label, arrays | settings)


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
        _case("two maps, a filter in each tower", 10, (1, 2, 2, 3), (2, 1, 2, 2)),
        _case("four maps, two filters in each tower", 20, (1, 4, 2, 2), (4, 2, 2, 1)),
        _case("two pictures, stride 2, padding 1", 30, (2, 2, 4, 3), (4, 1, 3, 2), stride=2, padding=1),
        _case("no bias, padding 2 above and below", 40, (1, 4, 2, 2), (6, 2, 3, 1), bias=False, padding=(2, 0)),
        _case("stride 3 down and 1 across", 50, (1, 6, 5, 2), (2, 3, 2, 2), stride=(3, 1)),
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
