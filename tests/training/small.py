"""A data set and a network so small that a run takes a moment, with all that a run can depend on."""

import numpy as np
import torch
from torch import nn

from course_utils.training import Recipe

RECIPE = Recipe(
    name="small",
    epochs=3,
    batch_size=16,
    lr=0.05,
    schedule="cosine",
    warmup_epochs=1,
    padding=1,
    flip=True,
    ema=0.9,
    label_smoothing=0.1,
    weight_decay=5e-4,
)


def data(count: int = 100, classes: int = 3, size: int = 8) -> tuple[np.ndarray, ...]:
    """Pictures whose brightness tells their class, with noise; `count` to learn from and half as many for the test."""
    rng = np.random.default_rng(0)
    labels = np.arange(count + count // 2) % classes
    images = 0.5 * rng.random((len(labels), 3, size, size), dtype=np.float32)
    images += 0.5 * (labels / classes).astype(np.float32)[:, None, None, None]
    return images[:count], labels[:count], images[count:], labels[count:]


def network(norm: bool = True, dropout: float = 0.2, seed: int = 0) -> nn.Sequential:
    """Two convolutions, with batch normalisation and dropout where they are wanted."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1),
            *([nn.BatchNorm2d(6)] if norm else []),
            nn.ReLU(),
            nn.Conv2d(6, 8, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(32, 3),
        )


def same(first: nn.Module, second: nn.Module) -> bool:
    """Whether all weights and buffers are equal, bit for bit."""
    one, two = first.state_dict(), second.state_dict()
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)
