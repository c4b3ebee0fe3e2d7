"""shapes10: the same pictures everywhere, and nothing but the shape tells the class."""

import hashlib

import numpy as np
import pytest

from course_utils import datasets
from course_utils.datasets.outlines import AREA, HOLE, SHAPES, coverage


@pytest.fixture(scope="module")
def some() -> tuple[np.ndarray, np.ndarray]:
    return datasets.shapes10("train", train=2000)


def steps(images: np.ndarray) -> np.ndarray:
    return np.rint(images * 255).astype(np.uint8)


def test_form(some):
    images, labels = some
    assert images.shape == (2000, 3, 32, 32) and images.dtype == np.float32
    assert labels.shape == (2000,) and labels.dtype == np.int64
    assert images.min() == 0 and images.max() == 1
    assert np.array_equal(images, steps(images) / np.float32(255))
    assert np.bincount(labels).tolist() == [200] * 10


def test_same_pictures_on_every_machine(some):
    images, labels = some
    digest = hashlib.sha256(steps(images).tobytes() + labels.tobytes()).hexdigest()
    assert digest == "061f1a24e865d7d68fc5555f61fb99c17b6e15f33e8bc007bd296920777cce81"


def test_parts():
    train, test, both = (datasets.shapes10(split, train=30, test=20) for split in ("train", "test", None))
    assert (len(train[0]), len(test[0])) == (30, 20)
    for whole, first, second in zip(both, train, test, strict=True):
        assert np.array_equal(whole, np.concatenate([first, second]))
    assert len(datasets.shapes10("train", train=0)[0]) == 0


@pytest.mark.parametrize("count", [1, 499, 500, 501, 1200])
def test_a_smaller_set_begins_a_larger_one(some, count):
    for few, many in zip(datasets.shapes10("train", train=count), some, strict=True):
        assert np.array_equal(few, many[:count])


def test_no_picture_twice(some):
    others = [datasets.shapes10("test", test=500), datasets.shapes10("train", train=500, seed=1)]
    pictures = [*some[0], *others[0][0], *others[1][0]]
    assert len({picture.tobytes() for picture in pictures}) == 3000


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"split": "val"}, """split must be "train", "test" or None for all, got 'val'"""),
        ({"train": -1}, "train must be a whole number, 0 or more, got -1"),
        ({"test": 2.5}, "test must be a whole number, 0 or more, got 2.5"),
        ({"seed": None}, "seed must be a whole number, 0 or more, got None"),
        ({"train": True}, "train must be a whole number, 0 or more, got True"),
    ],
)
def test_errors(arguments, says):
    with pytest.raises(ValueError, match=says):
        datasets.shapes10(**arguments)


def test_load():
    data = datasets.load("shapes10")
    assert data.classes == SHAPES and data.name == "shapes10"
    assert data.train_images.shape == (10_000, 3, 32, 32) and data.test_images.shape == (2_000, 3, 32, 32)
    assert np.array_equal(data.test_labels, datasets.shapes10("test")[1])
    with pytest.raises(ValueError, match="size must be 32, got 28"):
        datasets.load("shapes10", 28)


def test_neither_colour_nor_brightness_nor_any_pixel_tells_the_class(some):
    """A linear model of all pixels, of the least squares, does little better than guessing."""
    images, labels = some
    x = np.concatenate([images.reshape(2000, -1) - 0.5, np.ones((2000, 1), np.float32)], axis=1).astype(np.float64)
    # As many equations as pictures: the ridge's dual form.
    train, test = slice(0, 1500), slice(1500, 2000)
    weights = np.linalg.solve(x[train] @ x[train].T + 30 * np.eye(1500), np.eye(10)[labels[train]])
    right = ((x[test] @ x[train].T @ weights).argmax(axis=1) == labels[test]).mean()
    assert 0.05 < right < 0.3
    means = np.stack([images[labels == label].mean(axis=(0, 2, 3)) for label in range(10)])
    assert np.ptp(means, axis=0).max() < 0.1


# Outlines


def drawn(shape: str, x=32.0, y=32.0, scale=20.0, turn=0.0) -> np.ndarray:
    """One large shape, (64, 64)."""
    numbers = (np.array([number]) for number in (SHAPES.index(shape), x, y, scale, turn))
    return coverage(*numbers, 64)[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_outlines_enclose_the_same_area(shape):
    enclosed = drawn(shape).sum() / 20**2
    wanted = AREA * (1 - HOLE**2) if shape in ("ring", "frame") else AREA
    assert enclosed == pytest.approx(wanted, rel=0.03)


@pytest.mark.parametrize("shape", SHAPES)
def test_turned_clockwise(shape):
    right = drawn(shape, turn=np.pi / 2)
    assert np.abs(right - np.rot90(drawn(shape), k=-1)).mean() < 0.01


@pytest.mark.parametrize("shape", SHAPES)
def test_moved_and_mirrored(shape):
    here = drawn(shape)
    assert np.allclose(drawn(shape, x=37, y=29), np.roll(here, (-3, 5), axis=(0, 1)))
    # All have an upright axis of symmetry, so that a mirrored picture is one of the same class.
    assert np.abs(here - here[:, ::-1]).mean() < 0.01


@pytest.mark.parametrize(
    ("shape", "row", "column", "covered"),
    [
        ("disc", 32, 32, 1),
        ("ring", 32, 32, 0),
        ("frame", 32, 32, 0),
        ("ring", 32, 19, 1),
        ("square", 20, 20, 1),
        ("disc", 20, 20, 0),
        ("cross", 20, 20, 0),
        ("cross", 32, 16, 1),
        ("triangle", 14, 32, 1),
        ("triangle", 14, 26, 0),
        ("star", 10, 32, 1),
        ("heart", 22, 32, 1),
        ("heart", 14, 32, 0),
        ("half-disc", 44, 32, 0),
        ("half-disc", 40, 32, 1),
        ("arrow", 12, 32, 1),
        ("arrow", 50, 32, 1),
        ("arrow", 50, 44, 0),
    ],
)
def test_what_a_shape_covers(shape, row, column, covered):
    assert drawn(shape)[row, column] == covered


def test_ten_different_outlines():
    pictures = [drawn(shape) for shape in SHAPES]
    for one in range(10):
        for other in range(one):
            assert np.abs(pictures[one] - pictures[other]).sum() > 0.15 * AREA * 20**2, (SHAPES[one], SHAPES[other])
