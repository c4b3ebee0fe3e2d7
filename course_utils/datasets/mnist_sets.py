"""MNIST and Fashion-MNIST, from the official files that `course data` has loaded."""

import numpy as np

from course_utils.datasets.catalogue import FASHION_MNIST, MNIST, RemoteSet
from course_utils.datasets.idx import read_idx
from course_utils.datasets.stored import stored_files

SIZES = (28, 32)
SPLITS = (None, "train", "test")


def mnist(split: str | None = None, size: int = 28) -> tuple[np.ndarray, np.ndarray]:
    """70,000 handwritten digits as `(images, labels)`; never loads them itself, `course data mnist` does.

    images: (N, 1, size, size) float32 in [0, 1], 0 for paper and 1 for ink. labels: (N,) int64, 0 to 9.
    split: "train" for the 60,000, "test" for the 10,000, None for all, those for training first.
    size: 28, as published, or 32, two zeros added on each side, as LeNet-5 was given them.

    Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998.
    Raises ValueError if split or size is none of these, DataSetMissing if the set is not here.
    """
    return _read(MNIST, split, size)


def fashion_mnist(split: str | None = None, size: int = 28) -> tuple[np.ndarray, np.ndarray]:
    """70,000 articles of clothing in the shape of MNIST; arguments, results and errors are those of `mnist`.

    Labels: T-shirt/top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot.

    Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms", 2017.
    """
    return _read(FASHION_MNIST, split, size)


def pad_to(images: np.ndarray, size: int) -> np.ndarray:
    """images (N, C, H, H) with the same number of zeros added on every side: (N, C, size, size)."""
    border = (size - images.shape[-1]) // 2
    return np.pad(images, ((0, 0), (0, 0), (border, border), (border, border)))


def _read(remote: RemoteSet, split: str | None, size: int) -> tuple[np.ndarray, np.ndarray]:
    if split not in SPLITS:
        raise ValueError(f'split must be "train", "test" or None for all, got {split!r}')
    if size not in SIZES:
        raise ValueError(f"size must be 28 or 32, got {size!r}")
    files = stored_files(remote)
    chosen = {"train": files[:2], "test": files[2:], None: files}[split]
    images = np.concatenate([read_idx(path) for path in chosen[::2]])
    labels = np.concatenate([read_idx(path) for path in chosen[1::2]])
    return pad_to(images[:, None], size) / np.float32(255), labels.astype(np.int64)
