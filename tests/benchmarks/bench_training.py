"""Images a second in training, ours beside a plain PyTorch loop: `python tests/benchmarks/bench_training.py [NETWORK …]`.

The plain loop is the one that most scripts have: a DataLoader whose processes cut, mirror and normalise picture by picture, as
torchvision's transforms do, then copies to the device, forward, backward, SGD, and `item()` of every loss. Ours is
`training.fit`: pictures on the device, a whole batch augmented at once. Both in float32 and with batches of 128 of 3x32x32 for
the same networks; on a GPU ours runs also in bfloat16 with channels last, which the recipes use there. The two take turns, three
times each, and the best of each counts; each turn's first epoch, which warms up, does not.
"""

import sys
import time

import numpy as np
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from course_utils import models, training

BATCH, PADDING, TURNS = 128, 4, 3
NETWORKS = ("lenet5", "resnet20_cifar", "resnet56_cifar")


def main(networks: tuple[str, ...]) -> None:
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    print("| device | network | ours, images/s | plain loop, images/s | ratio | ours in bfloat16, channels last |")
    print("|---|---|---:|---:|---:|---:|")
    for device in devices:
        for name in networks:
            count = _count(name, device)
            ours, plain, best = [], [], []
            for _ in range(TURNS):
                ours.append(our_rate(name, device, count))
                plain.append(plain_rate(name, device, count))
                if device == "cuda":
                    best.append(our_rate(name, device, count, precision="bfloat16", channels_last=True))
            last = f"{max(best):,.0f}" if best else ""
            ratio = max(ours) / max(plain)
            print(f"| {device} | {name} | {max(ours):,.0f} | {max(plain):,.0f} | {ratio:.2f} | {last} |", flush=True)


def _count(name: str, device: str) -> int:
    """How many pictures an epoch has: enough for a few seconds."""
    return 51_200 if device == "cuda" else {"lenet5": 12_800, "resnet20_cifar": 1_280}.get(name, 640)


def our_rate(name: str, device: str, count: int, **changes) -> float:
    images, labels = pictures(count)
    data = (images, labels, images[:10], labels[:10])
    recipe = training.Recipe(batch_size=BATCH, lr=0.01, padding=PADDING, flip=True, epochs=2, **changes)
    network = models.create(name, num_classes=10, in_channels=3, seed=0)
    run = training.fit(network, data, recipe, device=device, progress=False)
    return count / run.history.seconds[1]


def plain_rate(name: str, device: str, count: int) -> float:
    network = models.create(name, num_classes=10, in_channels=3, seed=0, device=device)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    cuda = device == "cuda"
    workers = 8 if cuda else torch.get_num_threads()
    options = {"num_workers": workers, "pin_memory": cuda, "persistent_workers": True}
    loader = DataLoader(Pictures(*pictures(count)), BATCH, shuffle=True, **options)
    for _ in range(2):
        began = time.perf_counter()
        for x, y in loader:
            optimizer.zero_grad()
            loss = functional.cross_entropy(network(x.to(device, non_blocking=True)), y.to(device, non_blocking=True))
            loss.backward()
            optimizer.step()
            loss.item()
        passed = time.perf_counter() - began
    return count / passed


class Pictures(Dataset):
    """Cut, mirrored and normalised one by one when they are asked for."""

    mean, deviation = torch.full((3, 1, 1), 0.5), torch.full((3, 1, 1), 0.29)

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        picture = functional.pad(torch.from_numpy(self.images[index]), (PADDING,) * 4)
        row, column = torch.randint(0, 2 * PADDING + 1, (2,)).tolist()
        picture = picture[:, row : row + 32, column : column + 32]
        if torch.rand(()) < 0.5:
            picture = picture.flip(2)
        return (picture - self.mean) / self.deviation, int(self.labels[index])


def pictures(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((count, 3, 32, 32), dtype=np.float32), np.arange(count) % 10


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or NETWORKS)
