"""Handwritten digits that nobody has stored: parted, blended, moved, and lit anew from a generator of random numbers."""

import numpy as np

from course_utils.datasets.handwritten import digits
from course_utils.datasets.loading import DataSet

TEST_PICTURES = 400
_MARGIN = 2
_NOISE = 0.05
_LIGHT = 0.6


def unseen_digits(rng: np.random.Generator) -> DataSet:
    """The 1,797 digits as 1,397 pictures of 12x12 to learn from and TEST_PICTURES to be judged by, all drawn anew.

    The 8x8 digits are parted by chance. Then each is blended with another of its class and of its own part, moved by up to
    two pixels, made paler, lit from one side and strewn with noise, so that neither its light nor its place tells the class
    and no copy of it is to be found. Values are about -1.8 to 2.8.
    """
    images, labels = digits()
    order = rng.permutation(len(labels))
    test, train = order[:TEST_PICTURES], order[TEST_PICTURES:]
    train_images, test_images = (_distorted(images[part], labels[part], rng) for part in (train, test))
    classes = tuple(map(str, range(10)))
    return DataSet("unseen digits", train_images, labels[train], test_images, labels[test], classes)


def _distorted(images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return _lit(_moved(_blended(images, labels, rng), rng), rng)


def _blended(images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each picture mixed with another of its class, which has a share of 0.3 to 0.7."""
    blended = np.empty_like(images)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        part = rng.uniform(0.3, 0.7, (len(own), 1, 1, 1))
        blended[own] = part * images[own] + (1 - part) * images[rng.permutation(own)]
    return blended


def _moved(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each picture laid somewhere on a larger page."""
    count, channels, height, width = images.shape
    pages = np.zeros((count, channels, height + 2 * _MARGIN, width + 2 * _MARGIN), images.dtype)
    for page, image, (top, left) in zip(pages, images, rng.integers(0, 2 * _MARGIN + 1, (count, 2)), strict=True):
        page[:, top : top + height, left : left + width] = image
    return pages


def _lit(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Contrast, light that rises along both axes, and noise, as float32."""
    count, _, height, width = images.shape
    contrast = rng.uniform(0.6, 1, (count, 1, 1, 1))
    down, right, level = rng.uniform(-_LIGHT, _LIGHT, (3, count, 1, 1, 1))
    light = down * np.linspace(-1, 1, height)[:, None] + right * np.linspace(-1, 1, width) + level
    return (contrast * images + light + rng.normal(0, _NOISE, images.shape)).astype(np.float32)
