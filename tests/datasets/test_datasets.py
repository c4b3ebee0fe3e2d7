"""The bundled digits and the photograph: shapes, ranges, splits, errors, and what an import costs."""

import subprocess
import sys

import numpy as np
import pytest

from course_utils import datasets
from course_utils.datasets import handwritten
from course_utils.datasets.resize import area_average, bilinear
from course_utils.datasets.split import every_fifth

COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.mark.parametrize("size", [8, 32])
def test_digits(size):
    images, labels = datasets.digits(size)
    assert images.shape == (1797, 1, size, size) and images.dtype == np.float32
    assert images.min() == 0 and images.max() == 1
    assert labels.shape == (1797,) and labels.dtype == np.int64
    assert np.bincount(labels).tolist() == COUNTS


def test_digits_are_the_ones_of_scikit_learn():
    # The first row of pixels of the first digit, and the whole sum, as scikit-learn's load_digits has them.
    images, labels = datasets.digits()
    assert (16 * images[0, 0, 0]).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert round(float(images.sum(dtype=np.float64)) * 16) == 561718


def test_split_is_disjoint_complete_and_even():
    images, _ = datasets.digits()
    train, train_labels = datasets.digits(split="train")
    test, test_labels = datasets.digits(split="test")
    assert (len(train), len(test)) == (1442, 355)
    assert np.bincount(test_labels).tolist() == [count // 5 for count in COUNTS]
    rows = sorted(map(bytes, [*train, *test]))
    assert rows == sorted(map(bytes, images))
    assert len(train_labels) == 1442


def test_each_class_gives_every_fifth_picture_to_the_test():
    labels = datasets.digits()[1]
    chosen = every_fifth(labels)
    places = np.flatnonzero(labels == 3)
    assert chosen[places[:10]].tolist() == [False, False, False, False, True] * 2


def test_digits_same_each_time():
    first, second = datasets.digits(32, "test"), datasets.digits(32, "test")
    assert np.array_equal(first[0], second[0]) and np.array_equal(first[1], second[1])


def test_digits_errors(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="size must be 8 or 32, got 28"):
        datasets.digits(28)
    with pytest.raises(ValueError, match="""split must be "train", "test" or None for all, got 'val'"""):
        datasets.digits(split="val")
    monkeypatch.setattr(handwritten, "DATA", tmp_path)
    with pytest.raises(FileNotFoundError, match="git checkout"):
        datasets.digits()


def test_photograph():
    photo = datasets.photograph()
    assert photo.shape == (3, 240, 240) and photo.dtype == np.float32
    assert 0 <= photo.min() < 0.05 and 0.95 < photo.max() <= 1
    # The sky behind her is blue, the uniform nearly black.
    red, _, blue = photo[:, 20:60, 200:].mean(axis=(1, 2))
    assert blue > 1.5 * red
    assert photo[:, 190:220, 195:225].mean() < 0.15


def test_photograph_gray_is_the_weighted_mean():
    photo, gray = datasets.photograph(size=64), datasets.photograph(gray=True, size=64)
    assert gray.shape == (64, 64) and gray.dtype == np.float32
    assert np.allclose(gray, 0.299 * photo[0] + 0.587 * photo[1] + 0.114 * photo[2], atol=1e-6)


def test_photograph_same_each_time():
    assert np.array_equal(datasets.photograph(size=32), datasets.photograph(size=32))


@pytest.mark.parametrize("size", [0, 15, 513, 2.5, "large", True])
def test_photograph_errors(size):
    with pytest.raises(ValueError, match="size must be a whole number of pixels from 16 to 512"):
        datasets.photograph(size=size)


def test_bilinear_is_pytorchs():
    torch = pytest.importorskip("torch")
    images = np.random.default_rng(0).random((3, 1, 8, 5))
    theirs = torch.nn.functional.interpolate(torch.from_numpy(images), (32, 11), mode="bilinear")
    assert np.allclose(bilinear(images, 32, 11), theirs.numpy(), atol=1e-12)


def test_area_average():
    picture = np.arange(24.0).reshape(4, 6) / 24
    assert np.allclose(area_average(picture, 2, 3), picture.reshape(2, 2, 3, 2).mean(axis=(1, 3)))
    # Two pixels into three: the middle one is half of each.
    assert np.allclose(area_average(np.array([[0.0, 0.6, 0.9]]), 1, 2), [[0.2, 0.8]])
    assert np.allclose(area_average(np.full((7, 5), 0.25), 3, 2), 0.25)


def test_import_needs_numpy_alone():
    others = "('matplotlib', 'torch', 'PIL', 'pooch', 'requests', 'tqdm', 'urllib3')"
    code = f"import sys, course_utils.datasets; print([m for m in {others} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
