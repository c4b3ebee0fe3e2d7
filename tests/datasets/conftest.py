"""A small MNIST of the official form, and servers on this machine that offer it, each with a fault of its own."""

import hashlib

import numpy as np
import pytest
from loopback import Mirrors, packed_idx

from course_utils.datasets import downloading, mnist_sets
from course_utils.datasets.catalogue import MNIST, RemoteFile, RemoteSet


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COURSE_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "home"


@pytest.fixture(scope="session")
def arrays() -> list[np.ndarray]:
    """Pictures and labels for training, then for the test; noise, so that gzip cannot make them small."""
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (count, 28, 28), dtype=np.uint8) for count in (400, 20)]
    labels = [rng.permutation(np.arange(count, dtype=np.uint8) % 10) for count in (400, 20)]
    return [pictures[0], labels[0], pictures[1], labels[1]]


@pytest.fixture(scope="session")
def official(arrays) -> dict[str, bytes]:
    """The contents of the four files by name."""
    return {file.name: packed_idx(array) for file, array in zip(MNIST.files, arrays, strict=True)}


@pytest.fixture(scope="session")
def server(official):
    with Mirrors(official) as mirrors:
        yield mirrors


@pytest.fixture
def remote(server, official, monkeypatch):
    """A function that makes the small MNIST with these mirrors, named by their faults; `mnist()` then reads that one."""
    monkeypatch.setattr(downloading, "TIMEOUT", (5, 0.3))
    server.asked.clear()
    files = tuple(RemoteFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in official.items())

    def make(*faults: str) -> RemoteSet:
        addresses = tuple(server.address(fault) for fault in faults)
        made = RemoteSet("mnist", "MNIST", MNIST.content, addresses, files, MNIST.classes)
        monkeypatch.setattr(mnist_sets, "MNIST", made)
        return made

    return make
