"""CIFAR-10, from the official archive that `course data cifar10` has loaded."""

import tarfile
import zlib
from pathlib import Path

import numpy as np

from course_utils.datasets.catalogue import CIFAR10
from course_utils.datasets.stored import stored_files

SPLITS = (None, "train", "test")
FOLDER = "cifar-10-batches-bin/"
PARTS = {"train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)), "test": ("test_batch.bin",)}
PICTURE = (3, 32, 32)
# A record is the label, then the picture: all red rows, all green ones, all blue ones.
RECORD = 1 + 3 * 32 * 32
RECORDS = 10_000


def cifar10(split: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """60,000 small photographs as `(images, labels)`; never loads them itself, `course data cifar10` does.

    images: (N, 3, 32, 32) float32 in [0, 1]. labels: (N,) int64, 0 to 9: airplane, automobile, bird, cat, deer, dog, frog,
    horse, ship, truck. split: "train" for the 50,000, "test" for the 10,000, None for all, those for training first.

    Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    Raises ValueError if split is none of these, DataSetMissing if the set is not here.
    """
    if split not in SPLITS:
        raise ValueError(f'split must be "train", "test" or None for all, got {split!r}')
    (archive,) = stored_files(CIFAR10)
    names = PARTS["train"] + PARTS["test"] if split is None else PARTS[split]
    records = read_records(archive, names)
    images = records[:, 1:].reshape(-1, *PICTURE) / np.float32(255)
    return images, records[:, 0].astype(np.int64)


def read_records(archive: Path, names: tuple[str, ...]) -> np.ndarray:
    """The records of these files of the archive, one after another: (N, 3073) uint8, a label and a picture in each row.

    Nothing is unpacked to the disk: files are known by their whole names, and read into memory if they have the right size.
    Raises ValueError, naming the archive, if one of them is missing, twice there or no plain file, has another size or a
    label above 9, or if the archive is damaged.
    """
    records = np.empty((len(names), RECORDS, RECORD), np.uint8)
    lacking = set(names)
    try:
        with tarfile.open(archive, "r:gz") as opened:
            for member in opened:
                name = member.name.removeprefix("./").removeprefix(FOLDER)
                if name not in names:
                    continue
                if name not in lacking or not member.isreg() or member.size != RECORDS * RECORD:
                    raise ValueError(
                        f"{archive} must hold {FOLDER}{name} once, as a file of {RECORDS * RECORD:,} bytes: load it again"
                    )
                content = opened.extractfile(member).read()
                records[names.index(name)] = np.frombuffer(content, np.uint8).reshape(RECORDS, RECORD)
                lacking.remove(name)
                if not lacking:
                    break
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{archive} cannot be unpacked ({error}): it is damaged; load it again") from error
    if lacking:
        raise ValueError(f"{archive} must hold {', '.join(FOLDER + name for name in sorted(lacking))}: load it again")
    if (highest := records[..., 0].max()) > 9:
        raise ValueError(f"labels in {archive} must be 0 to 9, got {highest}: load it again")
    return records.reshape(-1, RECORD)
