"""Training runs that cannot go on: what is said, with the remedy."""

import os

import torch
from torch import nn

from course_utils.accounting import largest_batch
from course_utils.training.device import Place
from course_utils.training.recipe import Recipe


class OutOfMemory(RuntimeError):  # noqa: N818
    """The batch does not fit. The message says which would, by accounting."""


class Diverged(ArithmeticError):  # noqa: N818
    """The loss, or a weight, is no finite number any more. The message says where, and what to try."""


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether this is what PyTorch raises when a device, or the computer, has no memory left."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def out_of_memory(
    network: nn.Module, size: tuple[int, ...], recipe: Recipe, place: Place, processes: int
) -> OutOfMemory:
    """The error to raise instead. size: (C, H, W) of the pictures; processes: how many share a batch."""
    sentence = f"a batch of {recipe.batch_size} pictures does not fit into the memory of {place.name}"
    available = _available(place)
    fits = processes * _fits(network, size, available, place) if available else 0
    if not fits:
        return OutOfMemory(f"{sentence}; use a smaller batch_size, such as {max(1, recipe.batch_size // 4)}")
    if fits >= recipe.batch_size:
        return OutOfMemory(
            f"{sentence}, though by accounting {available / 1e9:.1f} GB should hold {fits}: something else takes the room; "
            f"free it, or use a batch_size such as {max(1, recipe.batch_size // 2)}"
        )
    return OutOfMemory(
        f"{sentence}: by accounting, {available / 1e9:.1f} GB hold at most {fits}; use batch_size={fits} or less, and a "
        "learning rate that is as much lower"
    )


def diverged(step: int, epoch: int, lr: float) -> Diverged:
    """step and epoch count from 1; lr: the learning rate of that step."""
    return Diverged(
        f"Loss or weights are not finite numbers any more in step {step} of epoch {epoch}, at a learning rate of {lr:.2g}: "
        f"train again with a lower one, such as lr={lr / 10:.1g}, or with warmup_epochs"
    )


def _available(place: Place) -> int:
    """Bytes for a training step: what is free, and what PyTorch has reserved itself; 0 if nobody can tell."""
    if place.is_cuda:
        free, _ = torch.cuda.mem_get_info(place.device)
        return free + torch.cuda.memory_reserved(place.device)
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0


def _fits(network: nn.Module, size: tuple[int, ...], available: int, place: Place) -> int:
    try:
        return largest_batch(network, size, available, device="cuda" if place.is_cuda else "cpu")
    except (ValueError, TypeError):
        # A learner's own layers need not be known to the accounting.
        return 0
