"""One pass through the training data, and one through data to be judged by: what every training run repeats."""

from collections.abc import Callable, Iterable

import torch
from torch import nn
from torch.nn import functional

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def fit_one_epoch(
    model: nn.Module,
    batches: Batches,
    optimizer: torch.optim.Optimizer,
    loss: Loss = functional.cross_entropy,
    device: torch.device | str = "cpu",
) -> tuple[float, float]:
    """Train the model on every batch once → (mean loss, share of right answers), both over all examples.

    batches: pairs of images (N, …) and labels (N,), anything that can be gone through once; they are moved to `device`, where
    the model must be. loss(scores, labels) is a mean over the batch. Loss and accuracy are those of the scores that the model
    was trained on, from before each update. Raises ValueError if there was no batch.
    """
    model.train()
    total, right, count = 0.0, 0, 0
    for images, labels in batches:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        scores = model(images)
        value = loss(scores, labels)
        value.backward()
        optimizer.step()
        # Python numbers: a sum of tensors would keep the graph of every batch.
        total += value.item() * len(labels)
        right += (scores.argmax(dim=1) == labels).sum().item()
        count += len(labels)
    return _means(total, right, count)


@torch.no_grad()
def evaluate(
    model: nn.Module, batches: Batches, loss: Loss = functional.cross_entropy, device: torch.device | str = "cpu"
) -> tuple[float, float]:
    """(mean loss, share of right answers) of the model in evaluation mode, without a graph; its mode is put back afterwards.

    Arguments as for `fit_one_epoch`. Raises ValueError if there was no batch.
    """
    was_training = model.training
    model.eval()
    total, right, count = 0.0, 0, 0
    try:
        for images, labels in batches:
            images, labels = images.to(device), labels.to(device)
            scores = model(images)
            total += loss(scores, labels).item() * len(labels)
            right += (scores.argmax(dim=1) == labels).sum().item()
            count += len(labels)
    finally:
        model.train(was_training)
    return _means(total, right, count)


def _means(total: float, right: int, count: int) -> tuple[float, float]:
    if not count:
        raise ValueError("batches held no example; a generator is empty when it is gone through a second time")
    return total / count, right / count
