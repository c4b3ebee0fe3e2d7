"""Which Python the course runs with, and how that is installed, repaired, and told when it cannot be."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from stub_checkout import INSTALLS, PYPROJECT, Checkout, make_checkout, one_sentence

from course_utils import environment

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stubs are shell scripts")


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return make_checkout(tmp_path)


@pytest.fixture
def installed(checkout) -> Checkout:
    assert checkout.start("lab").returncode == 0
    return checkout


# The first start, and the next ones


def test_first_start_makes_the_environment_installs_and_opens_the_first_lesson(checkout):
    result = checkout.start("lab", "--no-browser", "--port", "8123")
    assert result.returncode == 0, result.stderr
    assert "pip at work" in result.stdout
    assert len(checkout.runs("venv")) == 1
    assert checkout.runs("pip")[0].endswith(f"--editable {checkout.folder}")
    started = next(line for line in result.stdout.splitlines() if line.startswith("started"))
    for option in ("-m jupyterlab", "/lab/tree/notebooks/00_start_here.ipynb", "port=8123", "--no-browser"):
        assert option in started
    assert f"root_dir={checkout.folder}" in started
    assert ("--allow-root" in started) is (os.geteuid() == 0)
    assert f"venv {checkout.venv} prefer 1 path {checkout.venv / 'bin'}:" in result.stdout


def test_second_start_uses_neither_venv_nor_pip(installed):
    result = installed.start("lab")
    assert "-m jupyterlab" in result.stdout and "--no-browser" not in result.stdout
    assert len(installed.runs("venv")) == len(installed.runs("pip")) == 1


def test_test_after_lab_adds_the_extras_and_lab_after_test_nothing(installed):
    assert installed.start("test").returncode == 0
    assert installed.runs("pip")[1].endswith(f"{installed.folder}[test]")
    assert installed.start("lab").returncode == installed.start("test").returncode == 0
    assert len(installed.runs("pip")) == 2 and len(installed.runs("venv")) == 1


def test_changed_requirements_are_installed_into_the_same_environment(installed):
    installed.set("pyproject.toml", PYPROJECT.replace("made-up>=1.0", "made-up>=1.1"))
    assert installed.start("lab").returncode == 0
    assert len(installed.runs("pip")) == 2 and len(installed.runs("venv")) == 1


def test_change_of_another_extra_installs_nothing(installed):
    installed.set("pyproject.toml", PYPROJECT.replace("made-up-test", "made-up-test>=1.0"))
    assert installed.start("lab").returncode == 0
    assert len(installed.runs("pip")) == 1


def test_package_uninstalled_by_hand_is_installed_again(installed):
    shutil.rmtree(next(installed.venv.rglob("made_up-1.2.dist-info")))
    assert installed.start("lab").returncode == 0
    assert len(installed.runs("pip")) == 2 and len(installed.runs("venv")) == 1


def test_two_first_starts_at_once_install_once(checkout):
    checkout.set("pip.sh", "sleep 0.7\n" + INSTALLS)
    options = {**checkout.options, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    del options["capture_output"]
    both = [subprocess.Popen(checkout.command("lab"), **options) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert len(checkout.runs("pip")) == 1
    assert sum("Waiting for another start" in one for one in said) == 1


# What the next start repairs


def break_moved(checkout):
    checkout.stamp.write_text(checkout.stamp.read_text().replace(str(checkout.folder), "/elsewhere"))


def break_other_python(checkout):
    checkout.stamp.write_text(checkout.stamp.read_text().replace('"3.11"', '"3.10"'))


def break_stamp(checkout):
    checkout.stamp.write_text('{"checkout": ')


def break_python(checkout):
    (checkout.venv / "bin" / "python").unlink()


def break_python_file(checkout):
    (checkout.venv / "bin" / "python").write_bytes(b"\x7fELF")


@pytest.mark.parametrize("harm", [break_moved, break_other_python, break_stamp, break_python, break_python_file])
def test_broken_environment_is_made_anew(installed, harm):
    harm(installed)
    assert installed.start("lab").returncode == 0
    assert len(installed.runs("pip")) == 2
    assert "--clear" in installed.runs("venv")[1]


def test_interrupted_install_says_so_and_the_next_start_repairs_it(checkout):
    checkout.set("pip.sh", "kill -INT $PPID; exit 2")
    assert "Interrupted: run the same command again" in one_sentence(checkout.start("lab"))
    checkout.set("pip.sh", INSTALLS)
    assert checkout.start("lab").returncode == 0
    assert "--clear" in checkout.runs("venv")[1]
    assert json.loads(checkout.stamp.read_text())["checkout"] == str(checkout.folder)


def test_interrupted_making_of_the_environment_is_repaired(checkout):
    checkout.set("venv.sh", "kill -INT $PPID; exit 2")
    assert "Interrupted" in one_sentence(checkout.start("lab"))
    checkout.set("venv.sh", "")
    assert checkout.start("lab").returncode == 0


def test_killed_install_is_repaired(checkout):
    checkout.set("pip.sh", "kill -KILL $PPID; exit 2")
    assert checkout.start("lab").returncode < 0
    checkout.set("pip.sh", INSTALLS)
    assert checkout.start("lab").returncode == 0
    assert "--clear" in checkout.runs("venv")[1]


def test_environment_made_by_hand_is_installed_into_and_not_cleared(checkout):
    python = checkout.venv / "bin" / "python"
    python.parent.mkdir(parents=True)
    shutil.copy(checkout.folder / "stub-python", python)
    assert checkout.start("lab").returncode == 0
    assert not checkout.runs("venv") and len(checkout.runs("pip")) == 1


def test_environment_made_by_hand_with_a_python_too_old_is_made_anew(checkout):
    python = checkout.venv / "bin" / "python"
    python.parent.mkdir(parents=True)
    shutil.copy(checkout.folder / "stub-python", python)
    (python.parent / "too-old").touch()
    assert checkout.start("lab").returncode == 0
    assert "--clear" in checkout.runs("venv")[0]


def test_interrupted_clearing_is_not_taken_for_an_environment_made_by_hand(installed):
    break_moved(installed)
    installed.set("venv.sh", f"rm '{installed.stamp}'; kill -INT $PPID; exit 2")
    assert "Interrupted" in one_sentence(installed.start("lab"))
    installed.set("venv.sh", "")
    assert installed.start("lab").returncode == 0
    assert "--clear" in installed.runs("venv")[2]


def test_a_half_done_update_is_made_anew(installed):
    installed.set("pyproject.toml", PYPROJECT.replace(">=1.0", ">=1.1"))
    installed.set("pip.sh", "echo 'No space left on device' >&2; exit 1")
    assert "free at least 3 GB" in one_sentence(installed.start("lab"))
    installed.set("pip.sh", INSTALLS)
    assert installed.start("lab").returncode == 0
    assert "--clear" in installed.runs("venv")[1]


def test_environment_without_pip_gets_it(installed):
    (installed.venv / "bin" / "no-pip").touch()
    installed.set("pyproject.toml", PYPROJECT.replace(">=1.0", ">=1.1"))
    assert installed.start("lab").returncode == 0
    assert len(installed.runs("venv")) == 2 and "--clear" not in installed.runs("venv")[1]


# Failures, each in one sentence


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(Name or service not known)'\n"
            "ERROR: No matching distribution found for made-up>=1.0",
            "connect to the network",
        ),
        (
            "ERROR: HTTPSConnectionPool(host='pypi.org'): Max retries exceeded with url: /simple",
            "connect to the network",
        ),
        ("pip._vendor.urllib3.exceptions.ReadTimeoutError: Read timed out.", "connect to the network"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "free at least 3 GB",
        ),
        ("connection broken\nOSError: [Errno 28] No space left on device", "free at least 3 GB"),
        (
            "ERROR: No matching distribution found for torch==2.13.0 (from course)",
            "There is no torch==2.13.0 for Python 3.",
        ),
        ("OSError: [Errno 28] Auf dem Gerät ist kein Speicherplatz mehr verfügbar", "free at least 3 GB"),
        ("ERROR: First\nERROR: Something else went wrong", "(Something else went wrong): see"),
        ("Segmentation fault", "pip could not install the course: see"),
    ],
)
def test_failed_install_is_told_in_one_sentence(checkout, complaint, sentence):
    checkout.set("complaint", complaint + "\n")
    checkout.set("pip.sh", 'cat "$here/../../complaint" >&2; exit 1')
    said = one_sentence(checkout.start("lab"))
    assert sentence in said
    if "see" in sentence:
        assert str(checkout.venv / "install.log") in said


def test_a_failed_update_without_network_leaves_the_environment_as_it_was(installed):
    installed.set("pyproject.toml", PYPROJECT.replace(">=1.0", ">=1.1"))
    before = installed.stamp.read_text()
    installed.set("pip.sh", "echo 'getaddrinfo failed' >&2; exit 1")
    assert "connect to the network" in one_sentence(installed.start("lab"))
    assert json.loads(installed.stamp.read_text()) == json.loads(before)
    installed.set("pip.sh", INSTALLS)
    assert installed.start("lab").returncode == 0
    assert len(installed.runs("venv")) == 1


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_python_without_venv(checkout, module):
    before = f"""
        import importlib.util
        find = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *more: None if name == {module!r} else find(name, *more)
    """
    assert "apt install python3-venv" in one_sentence(checkout.start("lab", before=before))


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        ("The virtual environment was not created successfully because ensurepip is not available.", "apt install"),
        ("Error: [Errno 28] No space left on device: '.venv/lib'", "free at least 3 GB"),
        ("Error: [Errno 30] Read-only file system: '.venv/lib'", "copy the course to a folder of your own"),
        ("Error: out of ideas", "delete it, then run the same command again"),
    ],
)
def test_failed_making_of_the_environment(checkout, complaint, sentence):
    checkout.set("venv.sh", f'echo "{complaint}"; exit 1')
    assert sentence in one_sentence(checkout.start("lab"))


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("EROFS", "copy the course to a folder of your own"),
        ("EACCES", "copy the course to a folder of your own"),
        ("ENOSPC", "free at least 3 GB"),
        ("EIO", "delete it, then run the same command again"),
    ],
)
def test_folder_that_cannot_be_written(checkout, number, sentence):
    before = f"""
        import errno, os, pathlib
        def refuse(path, *a, **k): raise OSError(errno.{number}, os.strerror(errno.{number}), str(path))
        pathlib.Path.mkdir = refuse
    """
    assert sentence in one_sentence(checkout.start("lab", before=before))


# An active environment


def active(checkout: Checkout, version: str, kind: str = "venv") -> str:
    """Lines that make the running Python one of an environment which has made-up in this version."""
    prefix = checkout.folder.parent / "active"
    metadata = prefix / "site" / f"made_up-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text(f"Version: {version}\n")
    python = prefix / "bin" / "python"
    python.parent.mkdir()
    shutil.copy(checkout.folder / "stub-python", python)
    if kind == "conda":
        (prefix / "conda-meta").mkdir()
    base = "sys.base_prefix = sys.prefix\n" if kind == "conda" else ""
    return f"sys.prefix = {str(prefix)!r}\n{base}sys.executable = {str(python)!r}\nsys.path.append({str(prefix / 'site')!r})"


@pytest.mark.parametrize("kind", ["venv", "conda"])
def test_active_environment_that_fits_is_used(checkout, kind):
    result = checkout.start("lab", before=active(checkout, "1.0+local", kind))
    assert result.returncode == 0, result.stderr
    assert not checkout.venv.exists()
    assert "started -m jupyterlab" in result.stdout
    assert result.stdout.rstrip().endswith(f"python path {checkout.folder}")


def test_active_environment_that_lacks_something_is_left_alone(checkout):
    before = active(checkout, "0.9")
    result = checkout.start("test", before=before)
    assert result.returncode == 0, result.stderr
    said = [line for line in result.stdout.splitlines() if line.startswith("The active environment")]
    assert len(said) == 1 and "lacks made-up>=1.0 and 1 more, so the course uses its own" in said[0]
    assert checkout.stamp.exists()
    assert f"venv {checkout.venv}" in result.stdout


def test_activated_own_environment_goes_by_its_stamp(installed):
    before = f"sys.prefix = {str(installed.venv)!r}"
    result = installed.start("lab", before=before)
    assert "active environment" not in result.stdout and len(installed.runs("pip")) == 1


# Which PyTorch


@pytest.fixture
def linux_without_gpu(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_cpu_build_of_torch_is_offered_where_there_is_no_gpu(linux_without_gpu, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: asked.append(url) or (tmp_path / "x").open("w"))
    assert environment._small_torch() == ["--extra-index-url", environment.CPU_WHEELS]
    assert asked == [environment.CPU_WHEELS + "/torch/"]


def test_cpu_build_of_torch_is_not_asked_for_where_it_cannot_be_had(linux_without_gpu, monkeypatch):
    def unreachable(url, timeout):
        raise OSError("no route")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    assert environment._small_torch() == []


@pytest.mark.parametrize(("system", "gpu"), [("linux", "/usr/bin/nvidia-smi"), ("darwin", None), ("win32", None)])
def test_usual_build_of_torch_elsewhere(monkeypatch, system, gpu):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(shutil, "which", lambda name: gpu)
    monkeypatch.setattr("urllib.request.urlopen", None)
    assert environment._small_torch() == []
