"""Many pictures are decoded once: what is kept is used only if every file still holds the same."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils import datasets
from course_utils.datasets import picture_files

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Twenty pictures of two classes, which are many."""
    monkeypatch.setattr(picture_files, "MANY", 20)
    for place, pixels in enumerate(PIXELS):
        store(tmp_path / "mine", place, pixels)
    return tmp_path / "mine"


def store(folder: Path, place: int, pixels: np.ndarray) -> Path:
    path = folder / "ab"[place % 2] / f"{place:02}.bmp"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def decoded(monkeypatch) -> list[Path]:
    """The files that are decoded from now on."""
    files = []
    pixels = picture_files._pixels

    def observed(path: Path):
        files.append(path)
        return pixels(path)

    monkeypatch.setattr(picture_files, "_pixels", observed)
    return files


def same(one: datasets.DataSet, other: datasets.DataSet) -> bool:
    names = ("train_images", "train_labels", "test_images", "test_labels")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def test_decoded_once(folder, home, decoded):
    first = datasets.load(folder)
    assert decoded
    decoded.clear()
    second = datasets.load(folder)
    assert not decoded and same(first, second) and second.classes == ("a", "b")
    assert np.array_equal(second.test_images[0], PIXELS[8].transpose(2, 0, 1) / np.float32(255))
    (kept,) = (home / "pictures").iterdir()
    assert kept.name.startswith("mine-") and kept.suffix == ".npz"


def test_few_are_not_kept(folder, home, monkeypatch):
    monkeypatch.setattr(picture_files, "MANY", 21)
    datasets.load(folder)
    assert not home.exists()


def test_changed_picture_of_the_same_size_and_date(folder, home, decoded):
    datasets.load(folder)
    path = folder / "a" / "08.bmp"
    date = path.stat().st_mtime_ns
    assert store(folder, 8, 255 - PIXELS[8]) == path
    os.utime(path, ns=(date, date))
    decoded.clear()
    data = datasets.load(folder)
    assert decoded and np.array_equal(data.test_images[0], (255 - PIXELS[8]).transpose(2, 0, 1) / np.float32(255))
    assert len(list((home / "pictures").iterdir())) == 1, "one file for a folder, whatever it held"


@pytest.mark.parametrize(
    ("change", "count"),
    [
        (lambda folder: store(folder, 20, PIXELS[0]), 17),
        (lambda folder: (folder / "a" / "08.bmp").unlink(), 16),
        (lambda folder: (folder / "a" / "00.bmp").rename(folder / "a" / "99.bmp"), 16),
    ],
    ids=["one more", "one fewer", "another order"],
)
def test_other_files(folder, monkeypatch, decoded, change, count):
    monkeypatch.setattr(picture_files, "MANY", 2)
    before = datasets.load(folder)
    change(folder)
    decoded.clear()
    after = datasets.load(folder)
    assert decoded and len(after.train_labels) == count and not same(before, after)


def test_folders_of_one_name_do_not_mix(folder, home, tmp_path):
    other = tmp_path / "elsewhere" / "mine"
    for place, pixels in enumerate(PIXELS):
        store(other, place, 255 - pixels)
    first, second = datasets.load(folder), datasets.load(other)
    assert len(list((home / "pictures").iterdir())) == 2
    assert same(datasets.load(folder), first) and same(datasets.load(other), second) and not same(first, second)


@pytest.mark.parametrize("damage", [lambda data: data[:-500], lambda data: b"", lambda data: data[:9000] + bytes(9000)])
def test_damaged_copy_is_not_used(folder, home, decoded, damage):
    first = datasets.load(folder)
    (kept,) = (home / "pictures").iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    decoded.clear()
    assert same(datasets.load(folder), first) and decoded
    decoded.clear()
    assert same(datasets.load(folder), first) and not decoded


def test_full_disk_keeps_nothing_and_hinders_nothing(folder, home, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert len(datasets.load(folder).train_labels) == 16
    assert not list((home / "pictures").iterdir())


def test_home_that_cannot_be_written(folder, home):
    home.write_text("a file where the folder should be")
    assert len(datasets.load(folder).train_labels) == 16


def test_broken_picture_among_many(folder, home):
    broken = folder / "b" / "07.bmp"
    broken.write_bytes(broken.read_bytes()[:500])
    with pytest.raises(ValueError, match=r"07\.bmp cannot be read as a picture"):
        datasets.load(folder)
    assert not home.exists()
