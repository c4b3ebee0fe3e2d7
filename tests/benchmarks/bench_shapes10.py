"""How hard shapes10 is for networks of the course: `python tests/benchmarks/bench_shapes10.py [--threads N] [network …]`.

Each network is trained on 10,000 pictures and judged by 2,000 others, from three seeds, which draw its weights and the order
of the pictures; the set itself is that of seed 0. No augmentation; SGD with Nesterov's momentum of 0.9, the learning rate
warmed up over a fifth of the steps, then falling to 0 as a cosine. Seconds are for training alone, medians of the three: of
the wall clock, and of the processor, which on a busy machine says more.
"""

import sys
import time

import numpy as np
import torch
from torch import nn

from course_utils import datasets, models
from course_utils.models.epoch import evaluate, fit_one_epoch
from course_utils.models.resnet_cifar import CifarResNet

SEEDS = (0, 1, 2)
BATCH = 64
WARM_UP = 0.2
# By name: how it is made, epochs, highest learning rate.
NETWORKS = {
    "linear": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10)), 12, 0.01),
    "lenet5": (lambda: models.create("lenet5", num_classes=10, in_channels=3), 18, 0.03),
    "plain, 8 layers": (lambda: CifarResNet(10, 3, depth=8, shortcut="none"), 7, 0.2),
    "residual, 8 layers": (lambda: CifarResNet(10, 3, depth=8), 7, 0.2),
    "plain20_cifar": (lambda: models.create("plain20_cifar"), 6, 0.2),
    "resnet20_cifar": (lambda: models.create("resnet20_cifar"), 6, 0.2),
}


def main(arguments: list[str]) -> None:
    if "--threads" in arguments:
        place = arguments.index("--threads")
        torch.set_num_threads(int(arguments[place + 1]))
        arguments = arguments[:place] + arguments[place + 2 :]
    start = time.perf_counter()
    train, test = ([torch.from_numpy(array) for array in datasets.shapes10(split)] for split in ("train", "test"))
    print(f"12,000 pictures: {time.perf_counter() - start:.1f} s; {torch.get_num_threads()} threads\n")
    # To about zero mean and unit variance.
    train[0], test[0] = ((images - 0.5) * 4 for images in (train[0], test[0]))
    print(
        "| network | parameters | epochs | learning rate | test accuracy | training accuracy | seconds | of the processor |"
    )
    print("|---|---:|---:|---:|---|---|---:|---:|")
    for name in arguments or NETWORKS:
        make, epochs, lr = NETWORKS[name]
        runs = np.array([one_run(make, epochs, lr, train, test, seed) for seed in SEEDS])
        tested, trained = (", ".join(f"{100 * one:.1f}" for one in runs[:, column]) for column in (0, 1))
        parameters = sum(one.numel() for one in make().parameters())
        seconds = " | ".join(f"{np.median(runs[:, column]):.0f}" for column in (2, 3))
        print(f"| {name} | {parameters:,} | {epochs} | {lr} | {tested} | {trained} | {seconds} |", flush=True)


def one_run(make, epochs: int, lr: float, train, test, seed: int) -> tuple[float, ...]:
    """Test accuracy, accuracy in the last epoch of training, seconds of the wall clock and of the processor."""
    torch.manual_seed(seed)
    network = make().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr, momentum=0.9, nesterov=True, weight_decay=5e-4)
    steps = epochs * (len(train[1]) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, steps, pct_start=WARM_UP, cycle_momentum=False)
    optimizer.register_step_post_hook(lambda *_: schedule.step() if schedule.last_epoch < steps - 1 else None)
    start = np.array([time.perf_counter(), time.process_time()])
    for _ in range(epochs):
        _, right = fit_one_epoch(network, batches(*train), optimizer)
    seconds = np.array([time.perf_counter(), time.process_time()]) - start
    return evaluate(network, zip(*(part.split(500) for part in test), strict=True))[1], right, *seconds


def batches(images: torch.Tensor, labels: torch.Tensor):
    """Whole batches in random order."""
    for chosen in torch.randperm(len(labels))[: len(labels) // BATCH * BATCH].split(BATCH):
        yield images[chosen].contiguous(memory_format=torch.channels_last), labels[chosen]


if __name__ == "__main__":
    main(sys.argv[1:])
