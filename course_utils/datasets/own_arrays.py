"""A data set of the learner's own in an `.npz` file."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from course_utils.datasets.split import every_fifth

SPLIT_NAMES = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
)
WHOLE_NAMES = (("images", "labels"), ("x", "y"))
CHANNELS = (1, 3)


def read_npz(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training pictures and labels, then those of the test.

    The file holds the arrays x_train, y_train, x_test, y_test, or train_images, train_labels, test_images, test_labels;
    or images, labels (x, y), of which every fifth picture of each class is for the test.
    Pictures: (N, H, W), (N, C, H, W) or (N, H, W, C) with C of 1 or 3; whole numbers from 0 to 255, or floats from 0 to 1.
    Labels: (N,) whole numbers.
    Returns pictures as (N, C, H, W) float32 in [0, 1], labels as (N,) int64.
    Raises ValueError, naming the array, if it is anything else.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is not an .npz file, or is cut off: write it with np.savez")
    try:
        with np.load(path, allow_pickle=False) as file:
            for names in (*SPLIT_NAMES, *WHOLE_NAMES):
                if set(names) <= set(file.files):
                    arrays = {name: file[name] for name in names}
                    break
            else:
                wanted = "; or ".join(", ".join(names) for names in (*SPLIT_NAMES, *WHOLE_NAMES))
                raise ValueError(f"{path} must hold the arrays {wanted}, got {', '.join(file.files) or 'none'}")
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} cannot be read ({error}): it is damaged; write or load it again") from error
    pairs = [_pair(arrays, *names[two : two + 2]) for two in range(0, len(names), 2)]
    if len(pairs) == 2:
        return *pairs[0], *pairs[1]
    images, labels = pairs[0]
    test = every_fifth(labels)
    return images[~test], labels[~test], images[test], labels[test]


def _pair(arrays: dict[str, np.ndarray], images: str, labels: str) -> tuple[np.ndarray, np.ndarray]:
    """The two arrays of these names, in the form that the course uses."""
    pictures, numbers = _pictures(images, arrays[images]), _labels(labels, arrays[labels])
    if len(pictures) != len(numbers):
        raise ValueError(
            f"{labels} must hold one label for each picture of {images}, {len(pictures)}, got {len(numbers)}"
        )
    return pictures, numbers


def _pictures(name: str, array: np.ndarray) -> np.ndarray:
    shape = array.shape
    if array.ndim == 3:
        array = array[:, None]
    elif array.ndim == 4 and shape[1] not in CHANNELS and shape[3] in CHANNELS:
        array = array.transpose(0, 3, 1, 2)
    if array.ndim != 4 or array.shape[1] not in CHANNELS:
        raise ValueError(
            f"{name} must have shape (N, H, W), (N, C, H, W) or (N, H, W, C) with C of 1 or 3, got {shape}"
        )
    if not array.size:
        raise ValueError(f"{name} must hold pictures, got shape {shape}, which is empty")
    if array.dtype.kind not in "buif":
        raise ValueError(f"{name} must hold numbers, got dtype {array.dtype}")
    low, high = array.min(), array.max()
    largest = 255 if array.dtype.kind in "ui" else 1
    # A NaN fails every comparison.
    if not (low >= 0 and high <= largest):
        raise ValueError(
            f"{name} must hold whole numbers from 0 to 255 or floats from 0 to 1, got {array.dtype} from {low} to {high}: "
            "scale them"
        )
    return np.ascontiguousarray(array, dtype=np.float32) / np.float32(largest)


def _labels(name: str, array: np.ndarray) -> np.ndarray:
    if array.ndim != 1 or array.dtype.kind not in "ui":
        remedy = "take .argmax(axis=1) of one-hot rows, .ravel() of a column, .astype(int) of floats"
        raise ValueError(f"{name} must have shape (N,) and whole numbers, got {array.shape} {array.dtype}: {remedy}")
    return array.astype(np.int64)
