"""Random windows and mirror images for a whole batch at once, on the device where the pictures are."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional


@dataclass(frozen=True)
class Draws:
    """What chance has decided for one epoch, a number a picture, in the order in which the pictures come.

    order: their indices. rows, columns: where the window of each begins in the padded picture, or None without windows.
    mirrored: True for those that are, or None if none is.
    """

    order: torch.Tensor
    rows: torch.Tensor | None
    columns: torch.Tensor | None
    mirrored: torch.Tensor | None

    def part(self, first: int, last: int) -> "Draws":
        """Those of the pictures that come at these places, `last` not included."""
        return Draws(*(None if values is None else values[first:last] for values in vars(self).values()))

    def share(self, rank: int, size: int) -> "Draws":
        """Every size-th, from the rank-th on: what one of several processes takes of a batch."""
        return Draws(*(None if values is None else values[rank::size] for values in vars(self).values()))


def draw(seed: int, epoch: int, count: int, padding: int, flip: bool, device: torch.device | str = "cpu") -> Draws:
    """What chance decides for this epoch: the same for the same seed and epoch, on every device and in every process."""
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(count)
    rows, columns = rng.integers(0, 2 * padding + 1, (2, count)) if padding else (None, None)
    mirrored = rng.random(count) < 0.5 if flip else None
    values = (order, rows, columns, mirrored)
    return Draws(*(None if one is None else torch.from_numpy(one).to(device) for one in values))


def augmented(images: torch.Tensor, draws: Draws, padding: int) -> torch.Tensor:
    """The pictures that the draws ask for, (N, C, H, W) of any number to (len(draws.order), C, H, W).

    Each is the window of its size at (row, column) of the picture with `padding` zeros on every side, then mirrored or not.
    """
    batch = images[draws.order]
    if draws.rows is not None:
        height, width = batch.shape[2:]
        padded = functional.pad(batch, (padding,) * 4)
        # All windows at all places, as a view: the index alone copies.
        windows = padded.unfold(2, height, 1).unfold(3, width, 1)
        batch = windows[torch.arange(len(batch), device=batch.device), :, draws.rows, draws.columns]
    if draws.mirrored is not None:
        batch = torch.where(draws.mirrored[:, None, None, None], batch.flip(3), batch)
    return batch


def enlarged(images: torch.Tensor, times: int) -> torch.Tensor:
    """(N, C, H, W) to (N, C, times · H, times · W), each pixel a square."""
    return images if times == 1 else functional.interpolate(images, scale_factor=times)
