"""An exercise of homework 4: a layer that weighs channels by what the whole picture shows."""

import functools

import numpy as np

from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.network_runs import parts_of, run_network
from course_utils.exercises.slips import lazy_misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Lazy


@functools.cache
def squeeze_excite(slip: str = "") -> type:
    """SqueezeExcite, with one slip in it if there is one (Hu et al. 2018, equations 2 to 4)."""
    import torch
    from torch import nn

    class SqueezeExcite(nn.Module):
        def __init__(self, channels, reduction=4):
            super().__init__()
            few = {"reduction ignored": channels, "reduction taken for a width": reduction}.get(
                slip, channels // reduction
            )
            bias = slip != "no biases"
            first = channels if slip != "one layer" else 0
            self.fc1 = nn.Linear(first, few, bias=bias) if first else nn.Identity()
            self.fc2 = nn.Linear(few if first else channels, channels, bias=bias)

        def forward(self, x):
            squeezed = _squeezed(x)
            hidden = self.fc1(squeezed)
            if slip == "sigmoid twice":
                hidden = torch.sigmoid(hidden)
            elif slip != "no relu":
                hidden = torch.relu(hidden)
            weights = _answered(self.fc2(hidden))
            if slip == "cut off":
                weights = weights.detach()
            if slip == "means handed on":
                return (squeezed * weights)[:, :, None, None]
            if slip == "weights of the first picture":
                weights = weights[:1]
            if slip == "weights alone":
                return weights[:, :, None, None].expand_as(x)
            weights = weights[:, :, None, None]
            return {
                "added": lambda: x + weights,
                "x added": lambda: x + x * weights,
                "written over": lambda: x.mul_(weights),
            }.get(slip, lambda: x * weights)()

    def _squeezed(x):
        if slip == "maxima":
            return x.amax(dim=(2, 3))
        if slip == "sums":
            return x.sum(dim=(2, 3))
        if slip == "mean of the batch":
            return x.mean(dim=(0, 2, 3)).expand(len(x), -1)
        return x[:, :, 0, 0] if slip == "one pixel" else x.mean(dim=(2, 3))

    def _answered(scores):
        if slip == "softmax":
            return torch.softmax(scores, dim=1)
        if slip == "relu at the end":
            return torch.relu(scores)
        if slip == "tanh":
            return torch.tanh(scores)
        return scores if slip == "no sigmoid" else torch.sigmoid(scores)

    return SqueezeExcite


def _case(label: str, seed: int, x: tuple[int, ...], **settings) -> Case:
    return Case(label, {"channels": x[1], **settings, "x": digits(seed, *x)})


def _random_case(rng: np.random.Generator) -> Case:
    few, reduction = (int(value) for value in rng.integers(1, 5, 2))
    settings = {"channels": few * reduction, "reduction": reduction}
    x = (int(rng.integers(1, 4)), few * reduction, *rng.integers(1, 6, 2).tolist())
    return Case(f"x {x}, {settings}", settings | random_arrays(rng, x=x))


SQUEEZE_EXCITE = Exercise(
    name="SqueezeExcite",
    lesson="hw4",
    reference=Lazy(__name__, "squeeze_excite", {}),
    plan=(
        Call("SqueezeExcite", ("channels", "reduction"), ("network",)),
        Call("parts_of", ("network",), ("parameters", "expansion")),
        Call("run_network", ("network", "x"), ("out", "dx", "evaluated")),
    ),
    course={"parts_of": parts_of, "run_network": run_network},
    compared=("parameters", "out", "dx", "evaluated"),
    cases=(
        _case("one pixel, two channels", 3, (1, 2, 1, 1), reduction=1),
        _case("two channels, reduced to one", 2, (1, 2, 2, 2), reduction=2),
        _case("two pictures", 4, (2, 4, 2, 3), reduction=2),
        _case("six channels, reduced to three", 4, (2, 6, 1, 5), reduction=2),
        _case("as it is when nothing is said", 4, (2, 8, 2, 2)),
    ),
    random_case=_random_case,
    random_cases=40,
    tolerances={"float64": 1e-9, "float32": 2e-4},
    misconceptions=lazy_misconceptions(
        __name__,
        "squeeze_excite",
        (
            ("maxima squeezed", "maxima", "You squeeze each map to its largest number. It should be its mean."),
            (
                "sums squeezed",
                "sums",
                "You squeeze each map to its sum, which grows with the picture. It should be its mean.",
            ),
            (
                "one pixel squeezed",
                "one pixel",
                "You look at one pixel of each map. The weights come from the whole picture.",
            ),
            (
                "the mean over the batch",
                "mean of the batch",
                "You average over the pictures as well. Each picture has weights of its own.",
            ),
            (
                "the first picture's weights",
                "weights of the first picture",
                "All pictures are weighed by the first one's weights.",
            ),
            (
                "no ReLU between",
                "no relu",
                "Nothing stands between your two full connections, so together they are no more than one.",
            ),
            (
                "a sigmoid between",
                "sigmoid twice",
                "Between your full connections stands a sigmoid. It should be a ReLU.",
            ),
            ("no sigmoid", "no sigmoid", "Your weights may be any number. A sigmoid keeps each between 0 and 1."),
            (
                "a softmax instead",
                "softmax",
                "Your weights compete for a sum of 1. Each channel is weighed for itself.",
            ),
            (
                "a ReLU at the end",
                "relu at the end",
                "Your weights go through a ReLU at the end. It should be a sigmoid.",
            ),
            (
                "tanh instead",
                "tanh",
                "Your weights may be negative, which turns a channel's sign. They go from 0 to 1.",
            ),
            ("weights added", "added", "You add the weights. Each channel is multiplied by its own."),
            (
                "x added to the product",
                "x added",
                "You add x to the product. The shortcut belongs to the block, not to this layer.",
            ),
            ("the weights alone", "weights alone", "You hand on the weights themselves. They are to multiply x."),
            (
                "the means handed on",
                "means handed on",
                "You weigh the means and lose the picture. The weights are to multiply x.",
            ),
            ("x written over", "written over", "You multiply x in place. It belongs to whoever called the layer."),
            (
                "cut off from the graph",
                "cut off",
                "The output is right, but no gradient comes back through your weights.",
            ),
            ("the reduction ignored", "reduction ignored", "Your first full connection has as many outputs as inputs."),
            (
                "the reduction taken for a width",
                "reduction taken for a width",
                "`reduction` says how many times fewer neurons there are between, not how many.",
            ),
            ("no biases", "no biases", "Your full connections have no biases. No normalisation follows them."),
            (
                "one full connection",
                "one layer",
                "You have a single full connection. There are two, with few neurons between.",
            ),
        ),
    ),
    hints=(
        "Follow the shapes: (N, C, H, W) is squeezed to (N, C), goes through (N, C / reduction) back to (N, C), and then has to "
        "multiply (N, C, H, W).",
        "Mean over both axes of the picture; full connection, ReLU, full connection, sigmoid. Two axes of length 1 make (N, C) "
        "fit.",
        "`x.mean(dim=(2, 3))` is (N, C), and `[:, :, None, None]` gives what comes out of the sigmoid its two axes. The rest "
        "are two layers of `__init__`, one behind the other, with a ReLU between.",
    ),
)
EXERCISES = (SQUEEZE_EXCITE,)
