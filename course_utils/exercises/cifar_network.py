"""An exercise of homework 4: the residual network of 6n + 2 layers for small pictures, from any block."""

import numpy as np

from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.network_runs import parts_of, run_network
from course_utils.exercises.residual_runs import probe_block, scales_and_spreads
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise

_SETTINGS = ("depth", "width", "num_classes", "in_channels", "shortcut", "zero_init")


def reference(block, depth, width=16, num_classes=10, in_channels=3, shortcut="A", zero_init=False):
    """cifar_resnet as it should be."""
    from course_utils.models.resnet_cifar import resnet

    blocks, rest = divmod(depth - 2, 6)
    if rest or blocks < 1:
        raise ValueError(f"depth must be 6n + 2, such as 20 or 56, got {depth}")
    options = {"shortcut": shortcut, "zero_init": zero_init}
    return resnet(block, (blocks,) * 3, width, num_classes, in_channels, **options)


def _cifar_resnet(block, depth, width=16, num_classes=10, in_channels=3, shortcut="A", zero_init=False, *, slip: str):
    """cifar_resnet with one slip in it."""
    from torch import nn

    blocks, rest = divmod(depth - (0 if slip == "n is a sixth" else 2), 6)
    if (rest or blocks < 1) and slip != "any depth":
        raise ValueError(depth)
    blocks = {"layers for blocks": 2 * blocks, "one more": blocks + 1}.get(slip, blocks)
    options = {
        "shortcut": "A" if slip == "shortcut not handed on" else shortcut,
        "zero_init": False if slip == "zero_init not handed on" else zero_init,
    }
    stem = [nn.Conv2d(in_channels, width, 3, 2 if slip == "stem stride" else 1, 1, bias=slip == "stem bias")]
    stem += [nn.BatchNorm2d(width)] if slip != "stem without norm" else []
    stem += [nn.ReLU()] if slip != "stem without relu" else []
    parts, arriving = [*stem, *([nn.MaxPool2d(2)] if slip == "stem pool" else [])], width
    for number in range(2 if slip == "two stages" else 4 if slip == "four stages" else 3):
        channels = width if slip == "same width" else width * 2**number
        for i in range(max(blocks, 1)):
            halves = {"stride everywhere": number > 0, "stride at once": i == 0, "never a stride": False}.get(
                slip, number > 0 and i == 0
            )
            if slip == "stride late":
                halves = number > 0 and i == blocks - 1
            made = block(arriving, channels, 2 if halves else 1, **options)
            parts.append(parts[-1] if slip == "one block repeated" and i > 1 else made)
            arriving = channels
    pool = nn.AdaptiveMaxPool2d(1) if slip == "max" else nn.AdaptiveAvgPool2d(1)
    parts += [pool, nn.Flatten(), nn.Linear(arriving, num_classes, bias=slip != "head without bias")]
    network = nn.Sequential(*parts, *([nn.Softmax(dim=1)] if slip == "softmax" else []))
    _start(network, slip)
    return network


def _start(network, slip: str) -> None:
    from torch import nn

    for module in network.modules():
        if isinstance(module, nn.Conv2d) and slip not in ("as PyTorch begins", "fan_in", "Xavier"):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Conv2d) and slip == "fan_in":
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.Conv2d) and slip == "Xavier":
            nn.init.xavier_normal_(module.weight)


def _case(label: str, seed: int, x: tuple[int, ...], depth: int, **settings) -> Case:
    in_channels = {} if x[1] == 3 else {"in_channels": x[1]}
    return Case(label, {"depth": depth, **settings, **in_channels, "x": digits(seed, *x)})


def _random_case(rng: np.random.Generator) -> Case:
    settings = {
        "depth": 8 if rng.random() < 0.6 else 14,
        "width": int(rng.integers(1, 5)),
        "num_classes": int(rng.integers(2, 6)),
        "in_channels": int(rng.integers(1, 4)),
        "shortcut": "AB"[rng.integers(2)],
        "zero_init": bool(rng.random() < 0.3),
    }
    x = (int(rng.integers(3, 5)), settings["in_channels"], *rng.integers(9, 12, 2).tolist())
    return Case(f"x {x}, {settings}", settings | random_arrays(rng, x=x))


CIFAR_NETWORK = Exercise(
    name="cifar_resnet",
    lesson="hw4",
    reference=reference,
    plan=(
        Call("probe_block", (), ("block",)),
        Call("cifar_resnet", ("block", *_SETTINGS), ("network",)),
        Call("parts_of", ("network",), ("parameters", "expansion")),
        Call("scales_and_spreads", ("network",), ("scales", "spreads")),
        Call("run_network", ("network", "x"), ("out", "dx", "evaluated")),
    ),
    course={
        "probe_block": probe_block,
        "parts_of": parts_of,
        "scales_and_spreads": scales_and_spreads,
        "run_network": run_network,
    },
    compared=("parameters", "out", "evaluated", "scales", "spreads"),
    cases=(
        _case("8 layers, two maps", 1, (1, 1, 8, 8), 8, width=2, num_classes=3),
        _case("14 layers", 2, (2, 1, 5, 6), 14, width=2, num_classes=2),
        _case("20 layers, one map", 3, (2, 2, 4, 4), 20, width=1, num_classes=2),
        _case("8 layers, option B", 4, (2, 1, 5, 6), 8, width=2, num_classes=2, shortcut="B"),
        _case("8 layers, blocks beginning with zeros", 5, (2, 1, 6, 5), 8, width=2, num_classes=2, zero_init=True),
        _case("the paper's width, to see how the weights begin", 6, (1, 3, 5, 4), 8),
        Case(
            "a depth that does not work out",
            {"depth": 21, "width": 2, "in_channels": 1, "x": digits(7, 2, 1, 5, 6)},
            raises=ValueError,
        ),
        Case(
            "no blocks at all",
            {"depth": 2, "width": 2, "in_channels": 1, "x": digits(8, 2, 1, 5, 6)},
            raises=ValueError,
        ),
    ),
    random_case=_random_case,
    random_cases=20,
    # Statistics of a few numbers, in layer after layer, magnify the rounding.
    tolerances={"float64": 1e-6, "float32": 2e-2},
    misconceptions=misconceptions(
        _cifar_resnet,
        (
            (
                "any depth taken",
                "any depth",
                "Your function takes depths that do not work out, and builds another network than it was asked for.",
            ),
            (
                "n counted without the two",
                "n is a sixth",
                "Two of the layers, the first and the last, stand outside the stages.",
            ),
            ("layers taken for blocks", "layers for blocks", "A block is two layers. You build twice as many blocks."),
            ("one block more in each stage", "one more", "Each of your stages has one block too many."),
            ("two stages", "two stages", "Your network has two stages. There are three."),
            (
                "four stages",
                "four stages",
                "Your network has four stages, like those for ImageNet. Here there are three.",
            ),
            ("all stages of one width", "same width", "Each stage has twice the channels of the one before."),
            ("a stride in every block", "stride everywhere", "Only the first block of a stage halves the picture."),
            (
                "a stride in the first stage, too",
                "stride at once",
                "Your first stage halves the picture. It works at the full size.",
            ),
            (
                "a stride in a stage's last block",
                "stride late",
                "Your stages halve the picture at their end instead of at once.",
            ),
            ("never a stride", "never a stride", "Your pictures never become smaller."),
            ("a stem with a stride", "stem stride", "Your first layer halves the picture. Here it keeps the size."),
            ("a stem with a pooling", "stem pool", "You pool behind the first layer, as for large pictures."),
            (
                "a bias in the first layer",
                "stem bias",
                "The normalisation behind your first convolution takes its bias off again.",
            ),
            (
                "no normalisation behind the first layer",
                "stem without norm",
                "Your first convolution is not normalised.",
            ),
            ("no ReLU behind the first layer", "stem without relu", "Your first layer has no ReLU."),
            (
                "one block used again and again",
                "one block repeated",
                "Blocks of a stage are one and the same object of yours, with the same weights. Each needs its own.",
            ),
            (
                "shortcut not handed on",
                "shortcut not handed on",
                "Your blocks never hear which shortcut was asked for.",
            ),
            (
                "zero_init not handed on",
                "zero_init not handed on",
                "Your blocks never hear of `zero_init`, or their zeros are written over afterwards.",
            ),
            (
                "weights as PyTorch draws them",
                "as PyTorch begins",
                "Your convolutions begin with PyTorch's usual weights, which are smaller.",
            ),
            (
                "He's rule for the way forward",
                "fan_in",
                "You draw by the number of inputs. Here it is the number of outputs, `fan_out`.",
            ),
            ("Xavier's rule", "Xavier", "You draw by Xavier's rule, which does not reckon with ReLUs."),
            ("a maximum at the end", "max", "You take the largest number of each last map. It should be the mean."),
            ("a softmax at the end", "softmax", "Your network ends in probabilities. The loss wants scores."),
            (
                "scores without biases",
                "head without bias",
                "No normalisation follows your full connection, so it needs biases.",
            ),
        ),
    ),
    hints=(
        "It is `resnet` of lesson 15 with three things more: the depth decides how many blocks a stage has, each block is told "
        "`shortcut` and `zero_init`, and the convolutions are drawn anew.",
        "`divmod(depth - 2, 6)` gives n and what is left over. Make blocks as `block(arriving, channels, stride, "
        "shortcut=shortcut, zero_init=zero_init)`.",
        "At the end, for every `nn.Conv2d` among `network.modules()`: `nn.init.kaiming_normal_(module.weight, "
        'mode="fan_out", nonlinearity="relu")`. Leave the normalisations alone.',
    ),
)
EXERCISES = (CIFAR_NETWORK,)
