"""MNIST and Fashion-MNIST read from their files, and the file format itself."""

import gzip

import numpy as np
import pytest
from loopback import packed_idx

from course_utils import datasets
from course_utils.datasets.idx import read_idx


@pytest.fixture
def here(remote):
    """The small MNIST, loaded."""
    made = remote("good")
    datasets.download(made)
    return made


@pytest.mark.parametrize("size", [28, 32])
@pytest.mark.parametrize(("split", "chosen"), [("train", [0]), ("test", [1]), (None, [0, 1])])
def test_mnist(here, arrays, split, chosen, size):
    images, labels = datasets.mnist(split, size)
    pictures = np.concatenate([arrays[2 * one] for one in chosen])
    assert images.shape == (len(pictures), 1, size, size) and images.dtype == np.float32
    assert images.min() == 0 and images.max() == 1
    border = (size - 28) // 2
    inside = images[:, 0, border : border + 28, border : border + 28]
    assert np.array_equal(inside, pictures.astype(np.float32) / 255)
    assert np.isclose(images.sum(dtype=np.float64), inside.sum(dtype=np.float64)), "what is added must be zeros"
    assert labels.dtype == np.int64
    assert np.array_equal(labels, np.concatenate([arrays[2 * one + 1] for one in chosen]))


@pytest.mark.parametrize("read", [datasets.mnist, datasets.fashion_mnist])
def test_errors(read, home):
    with pytest.raises(ValueError, match="size must be 28 or 32, got 8"):
        read(size=8)
    with pytest.raises(ValueError, match="""split must be "train", "test" or None for all, got 'val'"""):
        read("val")
    name = read.__name__.replace("_", "-")
    with pytest.raises(datasets.DataSetMissing, match=f"run `course data {name}` in a terminal") as missing:
        read()
    assert isinstance(missing.value, FileNotFoundError)
    assert str(home / "downloads" / name) in str(missing.value)


@pytest.mark.parametrize("shape", [(0,), (7,), (3, 4, 5), (2, 300)])
def test_read_idx(tmp_path, shape):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    (tmp_path / "a.gz").write_bytes(packed_idx(array))
    assert np.array_equal(read_idx(tmp_path / "a.gz"), array)


PACKED = packed_idx(np.arange(200, dtype=np.uint8))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (PACKED[:-9], "cannot be unpacked .* it is damaged; load it again"),
        (PACKED[:40] + bytes(9) + PACKED[49:], "cannot be unpacked"),
        (PACKED[:10] + bytes([255] * 30), "cannot be unpacked"),
        (b"<html>", "cannot be unpacked"),
        (b"", "must begin .* got $"),
        (
            gzip.compress(b"\0\0\x0d\1\0\0\0\0", mtime=0),
            "must begin as an idx file of unsigned bytes does, 00 00 08, got 00 00 0d",
        ),
        (gzip.compress(b"\0\0\x08\2\0\0\0\1", mtime=0), "must hold"),
        (gzip.compress(b"\0\0\x08\1\0\0\0\3ab", mtime=0), r"must hold 11 bytes for shape \(3,\), got 10"),
        (gzip.compress(b"\0\0\x08\1\0\0\0\1ab", mtime=0), r"must hold 9 bytes for shape \(1,\), got 10"),
    ],
)
def test_damaged_idx(tmp_path, content, says):
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(ValueError, match=says) as error:
        read_idx(tmp_path / "a.gz")
    assert "a.gz" in str(error.value)
