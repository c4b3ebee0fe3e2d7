"""An exercise of lesson 15: from a block and depths to a network."""

import functools

import numpy as np

from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.network_runs import parts_of, run_network
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Lazy

BASIC = Lazy("course_utils.models.resnet", "BasicBlock")
BOTTLENECK = Lazy("course_utils.models.resnet", "Bottleneck")


def _resnet(block, depths, channels=16, num_classes=10, in_channels=3, *, slip: str):
    """resnet with one slip in it."""
    from torch import nn

    expansion = 1 if slip == "expansion" else block.expansion
    parts = _stem(slip, in_channels, channels)
    arriving = channels
    for number, depth in enumerate(_depths(slip, depths)):
        width = channels if slip == "same width" else channels * 2**number
        for i in range(depth):
            parts.append(block(arriving, width, _stride(slip, number, i, depth)))
            arriving = width * expansion
            if slip == "one block repeated" and i:
                parts[-1] = parts[-2]
    pool = nn.AdaptiveMaxPool2d(1) if slip == "max" else nn.AdaptiveAvgPool2d(1)
    head = [pool, nn.Flatten(), nn.Linear(arriving, num_classes, bias=slip != "head without bias")]
    if slip == "two heads":
        head = [pool, nn.Flatten(), nn.Linear(arriving, arriving), nn.ReLU(), nn.Linear(arriving, num_classes)]
    if slip == "sum":
        head[0] = _Sum()
    ends = {"softmax": [nn.Softmax(dim=1)], "relu": [nn.ReLU()]}.get(slip, [])
    return nn.Sequential(*parts, *head, *ends)


def _stem(slip: str, in_channels: int, channels: int) -> list:
    from torch import nn

    stride = 2 if slip == "stem stride" else 1
    layers = [
        nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=slip == "stem bias"),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    ]
    if slip == "stem alone":
        return layers[:1]
    if slip == "stem without relu":
        return layers[:2]
    if slip == "stem without norm":
        return [layers[0], layers[2]]
    return [*layers, *([nn.MaxPool2d(3, 2, 1)] if slip == "stem pool" else [])]


def _depths(slip: str, depths) -> tuple[int, ...]:
    return {
        "one more": tuple(depth + 1 for depth in depths),
        "one less": tuple(depth - 1 for depth in depths),
        "layers": tuple(depth // 2 for depth in depths),
        "backward": tuple(depths)[::-1],
    }.get(slip, tuple(depths))


def _stride(slip: str, number: int, i: int, depth: int) -> int:
    halves = {
        "stride everywhere": number > 0,
        "stride at once": i == 0,
        "stride late": number > 0 and i == depth - 1,
        "never a stride": False,
        "stride only once": number == 1 and i == 0,
    }.get(slip, number > 0 and i == 0)
    return 2 if halves else 1


@functools.cache
def _sum_class() -> type:
    from torch import nn

    class Sum(nn.Module):
        def forward(self, x):
            return x.sum(dim=(2, 3))

    return Sum


def _Sum():  # noqa: N802 (it stands for a class that is made when PyTorch is there)
    return _sum_class()()


def _case(label: str, seed: int, x: tuple[int, ...], block: Lazy, depths: tuple[int, ...], **settings) -> Case:
    in_channels = {} if x[1] == 3 else {"in_channels": x[1]}
    return Case(label, {"block": block, "depths": depths, **settings, **in_channels, "x": digits(seed, *x)})


def _random_case(rng: np.random.Generator) -> Case:
    block = BASIC if rng.random() < 0.6 else BOTTLENECK
    depths = tuple(rng.integers(1, 3, rng.integers(1, 4)).tolist())
    settings = {
        "depths": depths,
        "channels": int(rng.integers(1, 4)),
        "num_classes": int(rng.integers(2, 5)),
        "in_channels": int(rng.integers(1, 4)),
    }
    x = (int(rng.integers(3, 5)), settings["in_channels"], *rng.integers(9, 12, 2).tolist())
    return Case(f"x {x}, {block.name}, {settings}", {"block": block, **settings, **random_arrays(rng, x=x)})


RESNET = Exercise(
    name="resnet",
    lesson="15",
    reference=Lazy("course_utils.models.resnet_cifar", "resnet"),
    plan=(
        Call("resnet", ("block", "depths", "channels", "num_classes", "in_channels"), ("network",)),
        Call("parts_of", ("network",), ("parameters", "expansion")),
        Call("run_network", ("network", "x"), ("out", "dx", "evaluated")),
    ),
    course={"parts_of": parts_of, "run_network": run_network},
    compared=("parameters", "out", "evaluated"),
    cases=(
        _case("one stage of one block", 1, (2, 1, 3, 3), BASIC, (1,), channels=2, num_classes=3),
        _case("two stages of one block", 2, (2, 1, 4, 4), BASIC, (1, 1), channels=2, num_classes=3),
        _case("two stages, two blocks and one", 3, (1, 2, 5, 4), BASIC, (2, 1), channels=2, num_classes=3),
        _case("one block and three", 4, (2, 1, 5, 6), BASIC, (1, 3), channels=2, num_classes=2),
        _case("bottlenecks", 5, (2, 1, 5, 5), BOTTLENECK, (1, 2), channels=2, num_classes=2),
        _case("three stages", 6, (1, 1, 9, 7), BASIC, (1, 2, 1), channels=1, num_classes=2),
        _case("as it is when nothing is said", 7, (2, 3, 3, 3), BASIC, (1,)),
    ),
    random_case=_random_case,
    random_cases=20,
    # Statistics of a few numbers, in layer after layer, magnify the rounding.
    tolerances={"float64": 1e-6, "float32": 2e-2},
    misconceptions=misconceptions(
        _resnet,
        (
            (
                "the expansion forgotten",
                "expansion",
                "You count on `channels` maps behind each block. A bottleneck hands on four times as many: ask the block.",
            ),
            (
                "a stride in every block",
                "stride everywhere",
                "All blocks of your later stages halve the picture. Only the first block of a stage does.",
            ),
            (
                "a stride in the first stage, too",
                "stride at once",
                "Your first stage halves the picture as well. It works at the full size.",
            ),
            (
                "a stride in a stage's last block",
                "stride late",
                "Your stages halve the picture at their end. They do it at their beginning, so that all their blocks work on "
                "small maps.",
            ),
            (
                "never a stride",
                "never a stride",
                "Your pictures never become smaller. Each stage but the first begins with a stride.",
            ),
            (
                "a stride in the second stage alone",
                "stride only once",
                "Your picture is halved once. Each stage but the first halves it.",
            ),
            (
                "all stages of one width",
                "same width",
                "All of your stages are equally wide. Each has twice the channels of the one before.",
            ),
            (
                "one block more in each stage",
                "one more",
                "Each of your stages has one block too many. The one that changes the shape counts, too.",
            ),
            (
                "one block less in each stage",
                "one less",
                "Each of your stages has a block too few.",
            ),
            (
                "layers taken for blocks",
                "layers",
                "`depths` counts blocks, not layers. You halve it.",
            ),
            (
                "the stages in reverse",
                "backward",
                "Your stages come in reverse order: the last depth belongs to the smallest maps.",
            ),
            (
                "one block used again and again",
                "one block repeated",
                "The blocks of a stage are one and the same object of yours, with the same weights. Each needs its own.",
            ),
            (
                "a stem with a pooling",
                "stem pool",
                "You pool behind the first layer, as for pictures of 224x224. Here the first stage works at the full size.",
            ),
            (
                "a stem with a stride",
                "stem stride",
                "Your first layer halves the picture. Here it keeps the size.",
            ),
            (
                "nothing behind the first convolution",
                "stem alone",
                "Behind your first convolution there is neither a normalisation nor a ReLU.",
            ),
            (
                "no ReLU behind the first layer",
                "stem without relu",
                "Your first layer has no ReLU.",
            ),
            (
                "no normalisation behind the first layer",
                "stem without norm",
                "Your first convolution is not normalised.",
            ),
            (
                "a bias in the first layer",
                "stem bias",
                "Your first convolution has a bias. The normalisation behind it takes it off again.",
            ),
            (
                "a maximum at the end",
                "max",
                "You take the largest number of each last map. It should be the mean.",
            ),
            (
                "a sum at the end",
                "sum",
                "You add up each last map. It should be the mean, which does not depend on the picture's size.",
            ),
            (
                "a softmax at the end",
                "softmax",
                "Your network ends in probabilities. The loss wants scores, and does the softmax itself.",
            ),
            (
                "a ReLU over the scores",
                "relu",
                "Your scores go through a ReLU. They may be negative.",
            ),
            (
                "two full connections at the end",
                "two heads",
                "Your network ends in two full connections, as VGG does in three. Here there is one.",
            ),
            (
                "scores without biases",
                "head without bias",
                "Your full connection has no biases. No normalisation follows it, so it needs them.",
            ),
        ),
    ),
    hints=(
        "Keep in a variable how many channels arrive. Each block you add takes that many, and hands on `block.expansion` times "
        "its stage's channels.",
        "Stage 0 has `channels` and no stride, stage 1 twice as many, stage 2 four times: `channels * 2**number`. Only the first "
        "block of stages 1, 2, … is made with a stride of 2.",
        "In the loop over blocks: `parts.append(block(arriving, width, stride))` and `arriving = width * block.expansion`; at "
        "the end `nn.AdaptiveAvgPool2d(1)`, `nn.Flatten()`, `nn.Linear(arriving, num_classes)`.",
    ),
)
EXERCISES = (RESNET,)
