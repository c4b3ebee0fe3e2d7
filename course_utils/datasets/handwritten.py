"""1,797 handwritten digits, bundled with the course."""

import numpy as np

from course_utils.datasets.resize import bilinear
from course_utils.datasets.split import every_fifth
from course_utils.paths import DATA

SIZES = (8, 32)
SPLITS = (None, "train", "test")


def digits(size: int = 8, split: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits as `(images, labels)`.

    images: (N, 1, size, size) float32 in [0, 1], 0 for paper and 1 for ink. labels: (N,) int64, 0 to 9.
    size: 8, as recorded, or 32, the same pictures upsampled bilinearly to what LeNet-5 expects.
    split: None for all 1,797; "test" for every fifth picture of each class; "train" for the others. The split is
    fixed: it uses no random numbers, so it is the same on every machine.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
    1998, its test part, as distributed with scikit-learn.
    Raises ValueError if size or split is none of these, FileNotFoundError if `data/digits.npz` is missing.
    """
    if size not in SIZES:
        raise ValueError(f"size must be 8 or 32, got {size!r}")
    if split not in SPLITS:
        raise ValueError(f'split must be "train", "test" or None for all, got {split!r}')
    path = DATA / "digits.npz"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; it is part of the course: `git checkout -- data/digits.npz`")
    with np.load(path) as file:
        images, labels = file["images"], file["labels"].astype(np.int64)
    if split is not None:
        chosen = every_fifth(labels) == (split == "test")
        images, labels = images[chosen], labels[chosen]
    # Ink was counted in 4x4 blocks of a 32x32 scan, so a recorded value is 0 to 16.
    images = images[:, None].astype(np.float32) / np.float32(16)
    return (images if size == 8 else bilinear(images, size, size)), labels
