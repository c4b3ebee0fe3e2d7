"""CIFAR-10 from its archive: a small one of the same form, and archives that are none."""

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from loopback import Mirrors

from course_utils import datasets
from course_utils.datasets import cifar, downloading, loading
from course_utils.datasets.catalogue import CIFAR10, RemoteFile, RemoteSet

NAMES = (*cifar.PARTS["train"], *cifar.PARTS["test"])
RECORDS = 8
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 10, (6, RECORDS), dtype=np.uint8)
PICTURES = RNG.integers(0, 256, (6, RECORDS, 3, 32, 32), dtype=np.uint8)


def binary(labels: np.ndarray, pictures: np.ndarray) -> bytes:
    """As the authors describe it: "<1 x label><3072 x pixel>", of the pixels all red ones first, row by row."""
    return b"".join(bytes([label]) + picture.tobytes() for label, picture in zip(labels, pictures, strict=True))


FILES = {name: binary(*both) for name, *both in zip(NAMES, LABELS, PICTURES, strict=True)}
WITHOUT_TEST = {name: FILES[name] for name in NAMES[:5]}


def archive(files: dict[str, bytes], folder: str = cifar.FOLDER, more: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    """A .tar.gz with these files, and further members without content."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as opened:
        for name, content in files.items():
            member = tarfile.TarInfo(folder + name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
        for member in more:
            opened.addfile(member)
    return gzip.compress(packed.getvalue(), mtime=0)


def member(name: str, kind: bytes = tarfile.SYMTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


@pytest.fixture(autouse=True)
def few_records(monkeypatch):
    monkeypatch.setattr(cifar, "RECORDS", RECORDS)


@pytest.fixture
def here(monkeypatch):
    """A function that puts an archive where CIFAR-10's belongs, and makes it the official one."""

    def put(content: bytes) -> Path:
        (file,) = CIFAR10.files
        made = RemoteSet("cifar10", "CIFAR-10", "", CIFAR10.mirrors, (known(content),), CIFAR10.classes)
        monkeypatch.setattr(cifar, "CIFAR10", made)
        made.folder.mkdir(parents=True)
        (made.folder / file.name).write_bytes(content)
        return made.folder / file.name

    return put


def known(content: bytes) -> RemoteFile:
    return RemoteFile(CIFAR10.files[0].name, len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("split", "chosen"), [("train", slice(0, 5)), ("test", slice(5, 6)), (None, slice(0, 6))], ids=str
)
def test_cifar10(here, split, chosen):
    here(archive({"readme.html": b"<html>", "batches.meta.txt": b"airplane", **FILES}))
    images, labels = datasets.cifar10(split)
    assert images.dtype == np.float32 and labels.dtype == np.int64
    assert np.array_equal(images, PICTURES[chosen].reshape(-1, 3, 32, 32) / np.float32(255))
    assert np.array_equal(labels, LABELS[chosen].ravel())


def test_order_in_the_archive_does_not_matter(here):
    # The official one begins with batch 1, then has 4.
    here(archive(dict(reversed(FILES.items()))))
    assert np.array_equal(datasets.cifar10()[1], LABELS.ravel())


def test_load(here):
    here(archive(FILES))
    data = datasets.load("CIFAR10")
    assert data.name == "cifar10" and data.classes[3] == "cat"
    assert data.train_images.shape == (40, 3, 32, 32) and np.array_equal(data.test_labels, LABELS[5])
    with pytest.raises(ValueError, match="size must be 32, got 28"):
        loading.load("cifar10", 28)


def test_missing_set_says_what_to_run_and_loads_nothing(home):
    with pytest.raises(datasets.DataSetMissing, match=r"run `course data cifar10` in a terminal \(170.1 MB\)"):
        datasets.cifar10()
    assert not home.exists()


def test_split_is_checked_first():
    with pytest.raises(ValueError, match="""split must be "train", "test" or None for all, got 'val'"""):
        datasets.cifar10("val")


def test_download_goes_on_and_is_compared(monkeypatch):
    monkeypatch.setattr(downloading, "TIMEOUT", (5, 0.3))
    content = archive(FILES)
    with Mirrors({CIFAR10.files[0].name: content}) as mirrors:
        faults = [mirrors.address(fault) for fault in ("cut", "wrong", "good")]
        made = RemoteSet("cifar10", "CIFAR-10", "", tuple(faults[:1]), (known(content),))
        with pytest.raises(datasets.DownloadError, match="run `course data cifar10` again"):
            datasets.download(made)
        made = RemoteSet("cifar10", "CIFAR-10", "", tuple(faults), (known(content),))
        monkeypatch.setattr(cifar, "CIFAR10", made)
        datasets.download(made)
        assert mirrors.asked[1][1] != "bytes=0-"
    assert np.array_equal(datasets.cifar10("test")[1], LABELS[5])


# Archives that are none


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (archive(FILES)[:-4000], "cannot be unpacked .* it is damaged; load it again"),
        (archive(FILES)[:1000] + bytes(1000) + archive(FILES)[2000:], "load it again"),
        (b"<html>", "cannot be unpacked"),
        (gzip.compress(b"no tar at all" * 100, mtime=0), "cannot be unpacked"),
        (archive(WITHOUT_TEST), r"must hold cifar-10-batches-bin/test_batch\.bin: load"),
        (archive(FILES | {NAMES[2]: FILES[NAMES[2]][:-1]}), r"data_batch_3\.bin once, as a file of 24,584 bytes"),
        (archive(WITHOUT_TEST, more=(member(cifar.FOLDER + NAMES[0], tarfile.REGTYPE),)), r"data_batch_1\.bin once"),
        (archive(WITHOUT_TEST, more=(member(cifar.FOLDER + NAMES[5], link=NAMES[0]),)), r"test_batch\.bin once"),
        (archive(FILES | {NAMES[4]: binary([10] * RECORDS, PICTURES[4])}), "labels in .* must be 0 to 9, got 10"),
        (archive(FILES, folder="../"), "must hold cifar-10-batches-bin/data_batch_1.bin, "),
        (archive(FILES, folder="/"), "must hold cifar-10-batches-bin/data_batch_1.bin, "),
    ],
)
def test_archive_that_does_not_fit(here, content, says):
    path = here(content)
    with pytest.raises(ValueError, match=says) as error:
        datasets.cifar10()
    assert str(path) in str(error.value)


def test_nothing_is_written(here, tmp_path):
    outside = member("../escaped"), member("link", link="/etc/passwd"), member("/tmp/absolute", tarfile.REGTYPE)
    path = here(archive({"../../evil": b"evil", **FILES}, more=outside))
    before = sorted(tmp_path.rglob("*"))
    datasets.cifar10()
    assert sorted(tmp_path.rglob("*")) == before and list(path.parent.iterdir()) == [path]
