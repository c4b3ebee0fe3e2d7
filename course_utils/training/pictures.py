"""A data set as a training run uses it: checked, normalised, on the device."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from course_utils.datasets import load
from course_utils.training.device import Place
from course_utils.training.recipe import Recipe

# Enough to keep any device busy; nothing is kept for a way back.
AT_ONCE = 500


@dataclass(frozen=True)
class Part:
    """Pictures (N, C, H, W), normalised, and labels (N,), on the device."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """All of it in order, in batches to be judged by."""
        return zip(self.images.split(AT_ONCE), self.labels.split(AT_ONCE), strict=True)


@dataclass(frozen=True)
class Pictures:
    """What a run learns from, and what it is judged by: `held_out` after each epoch if there is any, `test` at the end.

    mean, deviation: of each channel over the pictures learnt from, in the units of the data set: what was subtracted, and then
    divided by. classes: their names. sha256: of all arrays of the data set, as they were given.
    """

    name: str
    train: Part
    held_out: Part | None
    test: Part
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    sha256: str

    def summary(self) -> dict[str, Any]:
        """For the record of the run."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "classes": list(self.classes),
            "size": list(self.train.images.shape[1:]),
            "training": len(self.train),
            "held_out": len(self.held_out) if self.held_out else 0,
            "test": len(self.test),
            "mean": list(self.mean),
            "deviation": list(self.deviation),
        }


def prepare(data: Any, recipe: Recipe, place: Place) -> Pictures:
    """The data set for this recipe on that place.

    data: what `datasets.load` gives or takes (None: the recipe's), or four arrays: pictures and labels for training, then
    those for the test. Channels get mean 0 and deviation 1 over the pictures learnt from; a padded pixel, 0, is a mean one.
    Raises ValueError, naming the array, for what cannot be trained on: one class, labels out of range, pictures that are
    not finite numbers or of several sizes; and what `datasets.load` raises.
    """
    name, arrays, classes = _arrays(data, recipe)
    if len(present := np.unique(arrays[1])) == 1:
        raise ValueError(f"train_labels hold the class {present[0]} alone: there is nothing to tell it from")
    for part, pair in zip(("train", "test"), (arrays[:2], arrays[2:]), strict=True):
        _check_pair(part, *pair, len(classes))
    images, labels, test_images, test_labels = arrays
    if images.shape[1:] != test_images.shape[1:]:
        raise ValueError(f"training pictures are {images.shape[1:]}, but test pictures {test_images.shape[1:]}")
    kept_apart = _held_out(len(labels), recipe.held_out)
    mean, deviation = _statistics(images[~kept_apart])

    def part(pictures: np.ndarray, numbers: np.ndarray) -> Part:
        shape = (-1, 1, 1)
        normal = (pictures - mean.reshape(shape)) / deviation.reshape(shape)
        return Part(torch.from_numpy(normal).to(place.device), torch.from_numpy(numbers).to(place.device))

    return Pictures(
        name=name,
        train=part(images[~kept_apart], labels[~kept_apart]),
        held_out=part(images[kept_apart], labels[kept_apart]) if recipe.held_out else None,
        test=part(test_images, test_labels),
        classes=classes,
        mean=tuple(mean.tolist()),
        deviation=tuple(deviation.tolist()),
        sha256=_sha256(arrays),
    )


def _arrays(data: Any, recipe: Recipe) -> tuple[str, tuple[np.ndarray, ...], tuple[str, ...]]:
    if data is None:
        if not recipe.data:
            raise ValueError('data must be given, such as data="digits", since the recipe names none')
        data = recipe.data
    if isinstance(data, (tuple, list)):
        if len(data) != 4:
            raise ValueError(
                f"data must be four arrays, pictures and labels for training and for the test, got {len(data)}"
            )
        arrays, name, classes = data, "", ()
    else:
        if not hasattr(data, "train_images"):
            data = load(data)
        arrays = (data.train_images, data.train_labels, data.test_images, data.test_labels)
        name, classes = data.name, tuple(data.classes)
    arrays = tuple(np.asarray(one) for one in arrays)
    # The reader may hold what was loaded in any type and order of memory; a run needs these two.
    arrays = tuple(np.ascontiguousarray(one, np.int64 if i % 2 else np.float32) for i, one in enumerate(arrays))
    classes = classes or tuple(map(str, range(int(arrays[1].max(initial=-1)) + 1)))
    return name or "own arrays", arrays, classes


def _check_pair(part: str, images: np.ndarray, labels: np.ndarray, classes: int) -> None:
    if images.ndim != 4 or not images.size:
        raise ValueError(f"{part}_images must be pictures (N, C, H, W), at least one, got shape {images.shape}")
    if labels.shape != (len(images),):
        raise ValueError(
            f"{part}_labels must hold one label for each of {len(images)} pictures, got shape {labels.shape}"
        )
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        raise ValueError(
            f"{part}_labels must be 0 to {classes - 1}, for {classes} classes, got {labels[wrong[0]]} for picture {wrong[0]}"
        )
    if not np.isfinite(images.sum(dtype=np.float64)):
        bad = np.flatnonzero(~np.isfinite(images.reshape(len(images), -1)).all(axis=1))[0]
        raise ValueError(f"{part}_images must be finite numbers, but picture {bad} has NaN or infinity")


def _held_out(count: int, wanted: int) -> np.ndarray:
    """(count,) bool: True for the pictures kept apart, the same ones for every seed, so that runs can be compared."""
    if wanted >= count:
        raise ValueError(f"held_out must leave pictures to learn from: {wanted} of {count} were asked for")
    apart = np.zeros(count, dtype=bool)
    apart[np.random.default_rng(0).permutation(count)[:wanted]] = True
    return apart


def _statistics(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel, float32; a channel without any contrast is not divided."""
    mean = images.mean(axis=(0, 2, 3), dtype=np.float64)
    square = np.square(images - mean.astype(np.float32).reshape(-1, 1, 1)).mean(axis=(0, 2, 3), dtype=np.float64)
    deviation = np.sqrt(square)
    return mean.astype(np.float32), np.where(deviation > 1e-6, deviation, 1).astype(np.float32)


def _sha256(arrays: tuple[np.ndarray, ...]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(array)
    return digest.hexdigest()
