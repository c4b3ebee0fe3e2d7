"""Digits drawn anew: the same from the same seed, other ones from another, and none that is stored."""

import numpy as np
import pytest

from course_utils import datasets


@pytest.fixture(scope="module")
def data():
    return datasets.unseen_digits(np.random.default_rng(0))


def test_shapes_and_labels(data):
    assert data.train_images.shape == (1397, 1, 12, 12)
    assert data.test_images.shape == (400, 1, 12, 12)
    assert data.train_images.dtype == data.test_images.dtype == np.float32
    counts = np.bincount(np.concatenate([data.train_labels, data.test_labels]))
    np.testing.assert_array_equal(counts, np.bincount(datasets.digits()[1]))
    assert -2 < data.train_images.min() < data.train_images.max() < 3


def test_a_seed_gives_the_same_again_and_another_seed_others(data):
    again = datasets.unseen_digits(np.random.default_rng(0))
    np.testing.assert_array_equal(again.test_images, data.test_images)
    np.testing.assert_array_equal(again.test_labels, data.test_labels)
    other = datasets.unseen_digits(np.random.default_rng(1))
    assert (other.test_labels != data.test_labels).any()


def test_neither_light_nor_place_tells_the_class(data):
    """The mean of a picture, and where its ink is, say hardly more than chance."""
    level = data.test_images.mean(axis=(1, 2, 3))
    order = np.argsort(data.train_images.mean(axis=(1, 2, 3)))
    at = np.searchsorted(data.train_images.mean(axis=(1, 2, 3))[order], level).clip(max=len(order) - 1)
    assert np.mean(data.train_labels[order][at] == data.test_labels) < 0.2


def test_the_label_is_what_is_on_the_picture():
    """Without light, place and noise the means of the classes differ: blends stay within their class."""
    data = datasets.unseen_digits(np.random.default_rng(2))
    images, labels = datasets.digits()
    for digit in (0, 1):
        drawn = np.concatenate(
            [data.train_images[data.train_labels == digit], data.test_images[data.test_labels == digit]]
        )
        mean = drawn.mean(axis=0)[0]
        own, other = (np.zeros((12, 12)) for _ in range(2))
        for page, label in ((own, digit), (other, 1 - digit)):
            for top, left in np.ndindex(5, 5):
                page[top : top + 8, left : left + 8] += images[labels == label].mean(axis=0)[0] / 25
        assert np.corrcoef(mean.ravel(), own.ravel())[0, 1] > np.corrcoef(mean.ravel(), other.ravel())[0, 1]
