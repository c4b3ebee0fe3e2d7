"""One way to any data set: the course's by name, the learner's own by path."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from course_utils.datasets.catalogue import CIFAR10, FASHION_MNIST, MNIST, did_you_mean
from course_utils.datasets.cifar import cifar10
from course_utils.datasets.handwritten import digits
from course_utils.datasets.mnist_sets import fashion_mnist, mnist, pad_to
from course_utils.datasets.outlines import SHAPES
from course_utils.datasets.own_arrays import read_npz
from course_utils.datasets.own_pictures import read_folder
from course_utils.datasets.shapes10 import shapes10


def _of_32(read: Callable) -> Callable:
    """A reader of pictures that have one size, 32x32, as one that is asked for a size."""

    def sized(size: int, split: str) -> tuple[np.ndarray, np.ndarray]:
        if size != 32:
            raise ValueError(f"size must be 32, got {size!r}")
        return read(split)

    return sized


READERS = {
    "digits": (digits, MNIST.classes),
    MNIST.name: (mnist, MNIST.classes),
    FASHION_MNIST.name: (fashion_mnist, FASHION_MNIST.classes),
    "shapes10": (_of_32(shapes10), SHAPES),
    CIFAR10.name: (_of_32(cifar10), CIFAR10.classes),
}


@dataclass(frozen=True, eq=False)
class DataSet:
    """Pictures to learn from and pictures to be judged by.

    images: (N, C, H, W) float32 in [0, 1]. labels: (N,) int64; `classes[label]` is the name of what is on a picture.
    """

    name: str
    train_images: np.ndarray = field(repr=False)
    train_labels: np.ndarray = field(repr=False)
    test_images: np.ndarray = field(repr=False)
    test_labels: np.ndarray = field(repr=False)
    classes: tuple[str, ...]


def load(source: str | Path = "digits", size: int = 32) -> DataSet:
    """A data set with pictures of size x size.

    source: "digits", "mnist", "fashion-mnist", "shapes10" or "cifar10"; or the path of an `.npz` file with the arrays
    x_train, y_train, x_test and y_test, or images and labels; or of a folder with `train/cat/0001.jpg` and
    `test/cat/0002.jpg`, or `cat/0001.jpg` alone. Where there is no test part, every fifth picture of each class makes one.
    More in `own_arrays` and `own_pictures`.
    size: 8 or 32 for the digits, 28 or 32 for the next two, 32 for the last two; for your own pictures their size, or 32 if
    that is 28.

    Raises DataSetMissing, which says what to run, if the set is not on this computer, and ValueError if source is
    unknown, its pictures have another size, or what it holds does not fit together.
    """
    name = str(source).lower().replace("_", "-")
    if name in READERS:
        read, classes = READERS[name]
        return DataSet(name, *read(size=size, split="train"), *read(size=size, split="test"), classes)
    path = Path(source).expanduser()
    if path.is_dir():
        *arrays, classes = read_folder(path)
    elif path.is_file():
        arrays = read_npz(path)
        classes = tuple(map(str, np.unique(arrays[1])))
    else:
        raise ValueError(
            f"source must be one of {', '.join(READERS)}, or the path of an .npz file or a folder that is there, "
            f'got "{source}"{did_you_mean(name, READERS)}'
        )
    return _fitted(DataSet(path.stem, *arrays, classes), path, size)


def _fitted(data: DataSet, path: Path, size: int) -> DataSet:
    """The learner's own set with pictures of this size, if all its parts fit together."""
    _check_labels(data, path)
    train, test = data.train_images, data.test_images
    if not len(test):
        raise ValueError(f"{path} must hold five pictures of a class or more, of which the fifth is for the test")
    if train.shape[1:] != test.shape[1:]:
        raise ValueError(f"{path} has pictures of {train.shape[1:]} for training, but {test.shape[1:]} for the test")
    height, width = train.shape[2:]
    if (height, width, size) == (28, 28, 32):
        train, test = pad_to(train, size), pad_to(test, size)
    elif height != width:
        raise ValueError(f"{path} has pictures of {height}x{width}, and the course's networks take squares: crop them")
    elif height != size:
        raise ValueError(
            f"size must be {height}, as the pictures in {path} are, got {size}: ask for that, or resize them"
        )
    return DataSet(data.name, train, data.train_labels, test, data.test_labels, data.classes)


def _check_labels(data: DataSet, path: Path) -> None:
    present = np.unique(data.train_labels)
    if len(present) == 1:
        raise ValueError(f"{path} holds the class {data.classes[0]} alone: there is nothing to tell it from")
    if not np.array_equal(present, np.arange(len(present))):
        shown = ", ".join(map(str, present[:5])) + (", …" if len(present) > 5 else "")
        raise ValueError(
            f"labels for training in {path} must be 0, 1, 2, … without a gap, got {shown}: number them with "
            "np.unique(labels, return_inverse=True)[1]"
        )
    unknown = np.flatnonzero(~np.isin(data.test_labels, present))
    if len(unknown):
        raise ValueError(
            f"test label {data.test_labels[unknown[0]]} of picture {unknown[0]} in {path} must be 0 to {len(present) - 1}, "
            "as those for training"
        )
