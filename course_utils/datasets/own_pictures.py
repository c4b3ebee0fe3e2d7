"""A data set of the learner's own as a tree of folders with picture files."""

import math
from pathlib import Path

import numpy as np

from course_utils.datasets.picture_files import read_pictures
from course_utils.datasets.split import every_fifth

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
SHAPE_OF_TREE = "train/7/0001.png and test/7/0002.png, or 7/0001.png alone"


def read_folder(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, tuple[str, ...]]:
    """Training pictures and labels, those of the test, and the names of the classes, which are those of the folders.

    The folder holds `train/7/0001.png` and `test/7/0002.png`, or `7/0001.png` alone, of which every fifth picture of
    each class, by name, is for the test. All pictures have one size; other files are passed over.
    Returns pictures as (N, C, H, W) float32 in [0, 1], C = 1 if none of them has a colour, else 3; labels as (N,) int64.
    10,000 pictures or more are decoded once, and kept so: `picture_files`.
    Raises ValueError, naming the folder or file, if there is nothing, or what there is does not fit.
    """
    names = {one.name for one in folder.iterdir() if one.is_dir()}
    if not names & {"train", "test"}:
        train, test = _classes(folder), {}
    elif {"train", "test"} <= names:
        train, test = _classes(folder / "train"), _classes(folder / "test")
    else:
        raise ValueError(f"{folder} must hold both train and test, got {', '.join(names & {'train', 'test'})} alone")
    classes = tuple(sorted(train, key=lambda name: (int(name) if name.isdecimal() else math.inf, name)))
    if unknown := sorted(set(test) - set(classes)):
        raise ValueError(
            f"{folder / 'test' / unknown[0]} is a class that {folder / 'train'} does not have: add it there"
        )
    # Decoded together, since they must agree in size and colour.
    parts = [(part[name], label) for part in (train, test) for label, name in enumerate(classes) if name in part]
    images = read_pictures([path for paths, _ in parts for path in paths], folder)
    labels = np.array([label for paths, label in parts for _ in paths], dtype=np.int64)
    is_test = np.arange(len(labels)) >= sum(map(len, train.values())) if test else every_fifth(labels)
    pictures = [images[chosen] / np.float32(255) for chosen in (~is_test, is_test)]
    return pictures[0], labels[~is_test], pictures[1], labels[is_test], classes


def _classes(folder: Path) -> dict[str, list[Path]]:
    """The pictures of each class folder, by name."""
    found = {}
    for one in folder.iterdir():
        if one.is_dir() and not one.name.startswith("."):
            found[one.name] = sorted(path for path in one.iterdir() if _is_picture(path))
            if not found[one.name]:
                raise ValueError(f"{one} holds no pictures ({', '.join(ENDINGS)}): fill it, or take it away")
    if not found:
        raise ValueError(
            f"{folder} holds no folders of pictures: it must look like {SHAPE_OF_TREE}, one folder a class"
        )
    return found


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")
