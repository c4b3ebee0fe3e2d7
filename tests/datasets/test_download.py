"""Downloads from servers that fail in every way: the set is there whole and right in the end, or not at all."""

import errno
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loopback import FAULTS

from course_utils import datasets
from course_utils.datasets import DataSetMissing, DownloadError, catalogue, download, is_stored
from course_utils.paths import ROOT

IMAGES = "train-images-idx3-ubyte.gz"
HARMLESS = ("good", "plain")
DAMAGING = [fault for fault in FAULTS if fault not in HARMLESS]


def parts(remote) -> Path:
    return remote.folder.with_name("mnist.part")


def is_whole(remote, official) -> bool:
    return {one.name: one.read_bytes() for one in remote.folder.iterdir()} == official


@pytest.mark.parametrize("mirror", HARMLESS)
def test_download(remote, official, arrays, mirror):
    here = remote(mirror)
    assert download(here) == here.folder
    assert is_whole(here, official) and not parts(here).exists()
    images, labels = datasets.mnist("train")
    assert np.array_equal(images[:, 0], arrays[0] / np.float32(255)) and np.array_equal(labels, arrays[1])


def test_what_is_here_is_not_loaded_again(remote, server):
    here = remote("good")
    download(here)
    server.asked.clear()
    download(here)
    assert not server.asked


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("missing", "(404 Not Found)"),
        ("failing", "(500 Internal Server Error)"),
        ("wrong", "is not the official file (its SHA-256 differs), and was removed)"),
        ("endless", "is not the official file (its SHA-256 differs), and was removed)"),
        ("cut", " bytes)"),
        ("cut-unannounced", " bytes)"),
        ("page", "(it offered 27 bytes instead of "),
        ("stalls", "(no answer in time)"),
        ("silent", "(no answer in time)"),
    ],
)
def test_failure_is_told_and_leaves_nothing_to_be_used(remote, official, fault, says):
    here = remote(fault)
    with pytest.raises(DownloadError) as failure:
        download(here)
    message = str(failure.value)
    assert message.startswith(f"MNIST could not be loaded: {IMAGES} from {here.mirrors[0]} (")
    assert says in message
    assert "run `course data mnist` again" in message and f"into {here.folder}." in message
    assert not here.folder.exists() and not is_stored(here)
    with pytest.raises(DataSetMissing, match="run `course data mnist`"):
        datasets.mnist()
    # Only the beginning of the right file is worth keeping.
    kept = {one.name: one.read_bytes() for one in parts(here).iterdir()} if parts(here).exists() else {}
    assert set(kept) <= {IMAGES + ".part"}
    assert all(official[IMAGES].startswith(content) for content in kept.values())
    assert bool(kept) == (fault in ("cut", "cut-unannounced", "stalls"))


@pytest.mark.parametrize("fault", DAMAGING)
def test_next_mirror_makes_good(remote, official, fault):
    here = remote(fault, "good")
    download(here)
    assert is_whole(here, official)


def test_no_connection(remote, official):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    here = remote("good")
    here = catalogue.RemoteSet(**{**vars(here), "mirrors": (address,)})
    with pytest.raises(DownloadError, match=r"\(no connection\).*HTTPS_PROXY"):
        download(here)
    assert not parts(here).exists()


# Going on


@pytest.mark.parametrize("fault", ["cut", "cut-unannounced", "stalls"])
def test_goes_on_where_it_ended(remote, server, official, fault):
    with pytest.raises(DownloadError):
        download(remote(fault))
    start = (parts(remote("good")) / (IMAGES + ".part")).stat().st_size
    assert 0 < start < len(official[IMAGES])
    server.asked.clear()
    here = remote("good")
    download(here)
    assert server.asked[0] == (f"/good/{IMAGES}", f"bytes={start}-")
    assert is_whole(here, official)


def test_server_without_ranges_sends_all_again(remote, official):
    with pytest.raises(DownloadError):
        download(remote("cut"))
    here = remote("plain")
    download(here)
    assert is_whole(here, official)


@pytest.mark.parametrize("surplus", [0, 5])
def test_wrong_beginning_is_removed_and_all_loaded_anew(remote, server, official, surplus):
    here = remote("good", "good")
    parts(here).mkdir(parents=True)
    size = len(official[IMAGES]) + surplus if surplus else 1000
    (parts(here) / (IMAGES + ".part")).write_bytes(bytes(size))
    download(here)
    assert is_whole(here, official)
    assert (f"/good/{IMAGES}", "bytes=0-") in server.asked


def test_page_does_not_replace_what_has_arrived(remote, official):
    with pytest.raises(DownloadError):
        download(remote("cut"))
    kept = (parts(remote("page")) / (IMAGES + ".part")).read_bytes()
    with pytest.raises(DownloadError, match="it offered 27 bytes"):
        download(remote("page"))
    assert (parts(remote("page")) / (IMAGES + ".part")).read_bytes() == kept


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_killed_in_the_middle(remote, server, official):
    here = remote("stalls")
    program = f"""
        from course_utils.datasets import download
        from course_utils.datasets.catalogue import RemoteFile, RemoteSet
        download({here!r})
    """
    process = subprocess.Popen([sys.executable, "-c", program.replace("  ", "")], cwd=ROOT, stderr=subprocess.DEVNULL)
    part = parts(here) / (IMAGES + ".part")
    deadline = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    start = part.stat().st_size
    assert 0 < start < len(official[IMAGES]) and not is_stored(here)
    server.asked.clear()
    here = remote("good")
    download(here)
    assert server.asked[0] == (f"/good/{IMAGES}", f"bytes={start}-")
    # Also the temporary file of the process that was killed is gone.
    assert is_whole(here, official)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([fault for fault in FAULTS if fault not in ("stalls", "silent")]), max_size=5))
def test_never_is_anything_half_written_used(remote, official, faults):
    here = remote("good")
    for folder in (here.folder, parts(here)):
        shutil.rmtree(folder, ignore_errors=True)
    for fault in faults:
        try:
            download(remote(fault))
        except DownloadError:
            assert not here.folder.exists()
        else:
            assert is_whole(here, official)
    # Whatever was left behind, two good mirrors end it.
    download(remote("good", "good"))
    assert is_whole(here, official)


# The disk


def test_too_little_space_is_told_before_anything_is_loaded(remote, server, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    here = remote("good")
    with pytest.raises(DownloadError, match=f"it needs {here.size:,} bytes more in .*, where 1,000 are free"):
        download(here)
    assert not server.asked and not parts(here).exists()


def test_space_is_needed_only_for_what_is_not_here(remote, official, monkeypatch):
    here = remote("good")
    put_by_hand(here, {IMAGES: official[IMAGES]})
    lacking = here.size - len(official[IMAGES])
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=lacking - 1))
    with pytest.raises(DownloadError, match=f"needs {lacking:,} bytes more"):
        download(here)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=lacking))
    download(here)
    assert is_whole(here, official)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_disk_that_fills_up(remote, official):
    here = remote("good")
    parts(here).mkdir(parents=True)
    # Writing to this device fails as on a full disk.
    (parts(here) / (IMAGES + ".part")).symlink_to("/dev/full")
    with pytest.raises(DownloadError, match=r"There is no space for MNIST: it needs .* Free some, or set COURSE_HOME"):
        download(here)
    assert not here.folder.exists() and not parts(here).exists()
    download(here)
    assert is_whole(here, official)


def test_quota_is_a_full_disk_too(remote, monkeypatch):
    def write(*_):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(Path, "open", write)
    with pytest.raises(DownloadError, match="There is no space for MNIST"):
        download(remote("good"))


def test_folder_that_cannot_be_written(remote, home):
    home.write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match=r"cannot be written to .*set COURSE_HOME to a folder that is"):
        download(remote("good"))


# Offline


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize(("offline", "variable"), [(True, ""), (False, "1"), (True, "0")])
def test_offline_asks_no_network(remote, monkeypatch, no_network, offline, variable):
    monkeypatch.setenv("COURSE_OFFLINE", variable)
    here = remote("good")
    with pytest.raises(DataSetMissing) as missing:
        download(here, offline)
    assert "offline it is not loaded" in str(missing.value)
    assert all(file.name in str(missing.value) for file in here.files)
    assert str(here.folder) in str(missing.value) and here.mirrors[-1] in str(missing.value)
    assert not here.folder.parent.exists()


def test_offline_takes_what_is_here(remote, official, no_network):
    here = remote("good")
    put_by_hand(here, official)
    assert download(here, offline=True) == here.folder
    assert len(datasets.mnist()[0]) == 420


@pytest.mark.parametrize("variable", ["", "0"])
def test_offline_is_off(remote, monkeypatch, variable):
    monkeypatch.setenv("COURSE_OFFLINE", variable)
    assert is_stored(remote("good")) is False
    download(remote("good"))


# Files put there by hand


def put_by_hand(remote, files: dict[str, bytes]) -> None:
    remote.folder.mkdir(parents=True)
    for name, data in files.items():
        (remote.folder / name).write_bytes(data)


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: bytes(len(data)), lambda data: b""])
def test_damaged_file_is_named_and_loaded_again(remote, server, official, damage):
    here = remote("good")
    put_by_hand(here, official | {IMAGES: damage(official[IMAGES])})
    with pytest.raises(DataSetMissing, match=f"{IMAGES} is not the official file .*course data mnist"):
        datasets.mnist()
    download(here)
    assert [path for path, _ in server.asked] == [f"/good/{IMAGES}"]
    assert is_whole(here, official)


def test_missing_file_is_loaded(remote, server, official):
    here = remote("good")
    put_by_hand(here, {name: data for name, data in official.items() if name != IMAGES})
    with pytest.raises(DataSetMissing, match="MNIST is not on this computer"):
        datasets.mnist()
    download(here)
    assert [path for path, _ in server.asked] == [f"/good/{IMAGES}"]
    assert is_whole(here, official)


# The catalogue


@pytest.mark.parametrize("remote_set", catalogue.REMOTE_SETS, ids=lambda one: one.name)
def test_catalogue(remote_set):
    assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in remote_set.mirrors)
    assert len(set(remote_set.mirrors)) > 1
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in remote_set.files)
    assert len({file.sha256 for file in remote_set.files}) == len(remote_set.files)
    assert len(remote_set.classes) == 10


@pytest.mark.parametrize("remote_set", [catalogue.MNIST, catalogue.FASHION_MNIST], ids=lambda one: one.name)
def test_order_of_mnists_files(remote_set):
    assert [file.name[:11] for file in remote_set.files] == ["train-image", "train-label", "t10k-images", "t10k-labels"]


def test_name_of_a_set():
    assert catalogue.remote_set("Fashion_MNIST") is catalogue.FASHION_MNIST
    with pytest.raises(
        ValueError, match='no data set "minst" to load, only mnist, fashion-mnist, cifar10: did you mean "mnist"'
    ):
        catalogue.remote_set("minst")
    with pytest.raises(ValueError, match=r"cifar10$"):
        catalogue.remote_set("quickdraw")
