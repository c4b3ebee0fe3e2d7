"""Networks from a list of layers, as the design task of homework 4 has them, and the recipe by which all are trained."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from course_utils.models.epoch import evaluate, fit_one_epoch
from course_utils.models.initialisation import he_normal
from course_utils.models.resnet import BasicBlock, Bottleneck

EPOCHS, BATCH, LR, WARM_UP, WEIGHT_DECAY = 10, 50, 0.2, 0.2, 5e-4


def built(layers: Sequence[tuple], input_size: tuple[int, int, int], classes: int) -> nn.Sequential:
    """Layers, each (kind, *all its numbers) as in `course_utils.exercises.design`, one behind the other.

    Raises ValueError where one cannot stand.
    """
    channels, *side = input_size
    flat = False
    modules: list[nn.Module] = []
    for number, (kind, *numbers) in enumerate(layers, start=1):
        if flat and kind != "linear":
            raise ValueError(f"layer {number}, {kind!r}, needs maps, and 'linear' before it has none any more")
        if kind == "linear":
            features = channels if flat else channels * side[0] * side[1]
            last = number == len(layers)
            modules += [] if flat else [nn.Flatten()]
            modules += [nn.Linear(features, classes if last else numbers[0]), *([] if last else [nn.ReLU()])]
            channels, flat = numbers[0], True
            continue
        module, made, stride = _layer(kind, numbers, channels)
        if kind == "pool" and min(side) < 2:
            raise ValueError(f"layer {number}, 'pool', needs maps of 2x2 at least, and gets {side[0]}x{side[1]}")
        modules.append(module)
        channels = made
        side = [1, 1] if kind == "average" else [s // 2 if kind == "pool" else -(-s // stride) for s in side]
    network = nn.Sequential(*modules)
    he_normal(network, "fan_out", layers=nn.Conv2d)
    return network


def _layer(kind: str, numbers: list[int], arriving: int) -> tuple[nn.Module, int, int]:
    """The layer, the channels that it hands on, and its stride."""
    if kind in ("conv", "depthwise"):
        channels, kernel_size, stride = numbers if kind == "conv" else (arriving, *numbers)
        groups = arriving if kind == "depthwise" else 1
        settings = {"padding": kernel_size // 2, "groups": groups, "bias": False}
        convolution = nn.Conv2d(arriving, channels, kernel_size, stride, **settings)
        return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.ReLU()), channels, stride
    if kind in ("block", "bottleneck"):
        block = BasicBlock if kind == "block" else Bottleneck
        return block(arriving, *numbers), numbers[0] * block.expansion, numbers[1]
    return (nn.MaxPool2d(2), arriving, 2) if kind == "pool" else (nn.AdaptiveAvgPool2d(1), arriving, 1)


def trained_accuracy(
    layers: Sequence[tuple],
    classes: int,
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    seed: int,
    epochs: int = EPOCHS,
) -> float:
    """Share of right answers on the test pictures after training on the others, by one thread.

    train, test: (images in [0, 1], labels). The same layers and seed give the same share on one machine.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = built(layers, train[0].shape[1:], classes)
            return _trained(network, _tensors(train), _tensors(test), epochs)
    finally:
        torch.set_num_threads(threads)


def _trained(network: nn.Module, train: tuple[torch.Tensor, ...], test: tuple[torch.Tensor, ...], epochs: int) -> float:
    steps = epochs * -(-len(train[1]) // BATCH)
    optimizer = torch.optim.SGD(network.parameters(), lr=LR, momentum=0.9, nesterov=True, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, steps, pct_start=WARM_UP, cycle_momentum=False)

    def batches():
        for chosen in torch.randperm(len(train[1])).split(BATCH):
            yield train[0][chosen], train[1][chosen]
            schedule.step()

    for _ in range(epochs):
        fit_one_epoch(network, batches(), optimizer)
    return evaluate(network, zip(*(part.split(500) for part in test), strict=True))[1]


def _tensors(pair: tuple[np.ndarray, np.ndarray]) -> tuple[torch.Tensor, ...]:
    """Images to about zero mean and unit variance."""
    return (torch.from_numpy(pair[0]) - 0.5) * 4, torch.from_numpy(pair[1])
