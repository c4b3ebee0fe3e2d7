"""The learning rate of every step, computed from where the run stands and nothing else."""

from collections.abc import Sequence
from math import cos, pi

from course_utils.training.recipe import Recipe


def learning_rate(recipe: Recipe, epoch: float, losses: Sequence[float] = ()) -> float:
    """The learning rate after `epoch` epochs, 2.5 for the middle of the third.

    losses: on held-out pictures after each whole epoch so far, which "plateau" follows.
    """
    if epoch < recipe.warmup_epochs:
        return recipe.lr * epoch / recipe.warmup_epochs
    return recipe.lr * _share(recipe, epoch, losses)


def _share(recipe: Recipe, epoch: float, losses: Sequence[float]) -> float:
    """What is left of the highest learning rate, from 1 to 0."""
    if recipe.schedule == "step":
        return recipe.gamma ** sum(epoch >= milestone for milestone in recipe.milestones)
    if recipe.schedule == "cosine":
        done = (epoch - recipe.warmup_epochs) / (recipe.epochs - recipe.warmup_epochs)
        return (1 + cos(pi * done)) / 2
    if recipe.schedule == "plateau":
        return recipe.gamma ** _plateaus(losses, recipe.patience)
    return 1.0


def _plateaus(losses: Sequence[float], patience: int) -> int:
    """How often the loss has stayed at its lowest so far, or above, for more than `patience` epochs on end."""
    best, waited, plateaus = float("inf"), 0, 0
    for loss in losses:
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited > patience:
            plateaus, waited = plateaus + 1, 0
    return plateaus
