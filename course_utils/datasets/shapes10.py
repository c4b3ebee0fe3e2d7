"""shapes10: coloured pictures of ten shapes, made on the spot; harder than digits, and nothing to load."""

import numpy as np

from course_utils.datasets.outlines import SHAPES, coverage

SIDE = 32
SPLITS = (None, "train", "test")
# Pictures are made this many at a time, each lot from random numbers of its own: a smaller set begins a larger one.
LOT = 500


def shapes10(
    split: str | None = None, train: int = 10_000, test: int = 2_000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a disc, ring, square, frame, triangle, star, cross, heart, half-disc or arrow as `(images, labels)`.

    Position, size, direction, colours, the pattern behind, small scraps of other shapes and noise are random; the shape
    alone is the class. All classes are equally frequent, and their outlines enclose the same area.
    images: (N, 3, 32, 32) float32 in [0, 1], in steps of 1/255. labels: (N,) int64, 0 to 9 in that order.
    split: "train" for the first part, "test" for the other, None for both, training first. train, test: how many there
    are of each; the first pictures of a part are the same whatever their number.
    seed: another set of the same kind. The same numbers make the same pictures on every machine.

    Raises ValueError if split is none of these, or train, test or seed is not a whole number, or negative.
    """
    if split not in SPLITS:
        raise ValueError(f'split must be "train", "test" or None for all, got {split!r}')
    for name, value in (("train", train), ("test", test), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
            raise ValueError(f"{name} must be a whole number, 0 or more, got {value!r}")
    counts = {"train": train, "test": test}
    parts = [_part(seed, number, counts[name]) for number, name in enumerate(counts) if split in (None, name)]
    images, labels = map(np.concatenate, zip(*parts, strict=True))
    return images / np.float32(255), labels


def _part(seed: int, part: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` pictures of a part, uint8, and their labels."""
    images, labels = np.empty((count, 3, SIDE, SIDE), np.uint8), np.empty(count, np.int64)
    for start in range(0, count, LOT):
        lot = slice(start, min(start + LOT, count))
        pictures, shapes = _lot(np.random.default_rng([seed, part, start // LOT]))
        images[lot], labels[lot] = pictures[: lot.stop - start], shapes[: lot.stop - start]
    return images, labels


def _lot(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """LOT pictures and their labels. In float64: float32 could round to another step on another machine."""
    labels = rng.permutation(np.arange(LOT) % len(SHAPES))
    pictures = _pattern(rng)
    pictures = _with_scraps(pictures, rng)
    pictures = _with_shapes(pictures, labels, rng)
    pictures += NOISE * rng.standard_normal(pictures.shape)
    return np.rint(np.clip(pictures, 0, 1) * 255).astype(np.uint8), labels


# Standard deviation of the noise, and the greatest height of each of two waves.
NOISE = 0.06
WAVES = (0.08, 0.08)
# The lightest that a background begins, and how far it changes at most from one side to the other.
DARK = 0.6
CHANGE = 0.3
# A shape takes the lightest of this many colours: light on dark, so that one filter can find an edge in all pictures.
COLOURS = 3
# Radius in pixels of a shape and of a scrap, and how likely a picture has a first scrap and a second.
RADIUS = (6.0, 10.5)
SCRAP = (1.5, 3.0)
SCRAPS = (0.6, 0.6)


def _pattern(rng: np.random.Generator) -> np.ndarray:
    """(LOT, 3, SIDE, SIDE): a colour that changes from one side to the other, and waves across it."""
    pixel = (np.arange(SIDE) + 0.5) / SIDE
    x, y = pixel[None, None, None, :], pixel[None, None, :, None]
    direction = 2 * np.pi * rng.random((LOT, 1, 1, 1))
    slope = np.cos(direction) * x + np.sin(direction) * y
    pictures = DARK * rng.random((LOT, 3, 1, 1)) + rng.uniform(-CHANGE, CHANGE, (LOT, 3, 1, 1)) * slope
    for height in WAVES:
        across, down, phase = (rng.uniform(-7, 7, (LOT, 1, 1, 1)) for _ in range(3))
        wave = np.sin(2 * np.pi * (across * x + down * y + phase))
        pictures += height * rng.uniform(-1, 1, (LOT, 3, 1, 1)) * wave
    return np.clip(pictures, 0, 1)


def _with_scraps(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Most of them with small pieces that are no shape to be told, somewhere."""
    for likely in SCRAPS:
        x, y = rng.uniform(0, SIDE, (2, LOT))
        shape, turn = rng.integers(0, len(SHAPES), LOT), rng.uniform(0, 2 * np.pi, LOT)
        there = rng.random((LOT, 1, 1)) < likely
        covered = there * coverage(shape, x, y, rng.uniform(*SCRAP, LOT), turn, SIDE)
        pictures = _painted(pictures, covered[:, None], rng.random((LOT, 3, 1, 1)))
    return pictures


def _with_shapes(pictures: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each with the shape of its label, wherever it has its place."""
    scale = rng.uniform(*RADIUS, LOT)
    x, y = SIDE / 2 + rng.uniform(-1, 1, (2, LOT)) * (SIDE / 2 - 0.75 * scale)
    covered = coverage(labels, x, y, scale, rng.uniform(0, 2 * np.pi, LOT), SIDE)[:, None]
    colours = rng.random((LOT, COLOURS, 3))
    lightest = colours.sum(axis=2).argmax(axis=1)
    return _painted(pictures, covered, colours[np.arange(LOT), lightest][:, :, None, None])


def _painted(pictures: np.ndarray, covered: np.ndarray, colour: np.ndarray) -> np.ndarray:
    return pictures + covered * (colour - pictures)
