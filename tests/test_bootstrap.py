"""The command line of the start, and the start on a machine that has nothing but Python."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from stub_checkout import Checkout, make_checkout, one_sentence

from course_utils import bootstrap
from course_utils.paths import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stubs are shell scripts")


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return make_checkout(tmp_path)


# A Python that is too old


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 2)])
def test_python_too_old(checkout, version, tmp_path):
    # With nothing on PATH there is no newer Python to name.
    before = f"""
        import os
        os.environ["PATH"] = {str(tmp_path)!r}
        sys.version_info = {version}
        sys.modules["tomllib"] = None
    """
    said = one_sentence(checkout.start("lab", before=before))
    assert f"this is Python 3.{version[1]} (" in said and "python.org/downloads" in said


def test_python_too_old_names_a_newer_one_that_starts(checkout, tmp_path):
    for name, status in (("python3.14", 1), ("python3.12", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o755)
    before = f"import os; os.environ['PATH'] = {str(tmp_path)!r}; sys.version_info = (3, 9, 2)"
    said = one_sentence(checkout.start("lab", "--no-browser", before=before))
    assert "run `python3.12 -m course_utils lab --no-browser`" in said


# Slips and questions


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lab", "--port", "x"], "--port must be a number from 1 to 65535, got 'x'"),
        (["lab", "--port", "0"], "--port must be a number from 1 to 65535, got '0'"),
        (["lab", "--port=70000"], "got '70000'"),
        (["lab", "--port"], "Argument --port: expected one argument"),
        (["lab", "--prot", "8"], "Unrecognized arguments: --prot 8"),
        (["lba"], "There is no command 'lba': use lab, test,"),
    ],
)
def test_slip_on_the_command_line_is_told_before_anything_is_installed(checkout, arguments, sentence):
    assert sentence in one_sentence(checkout.start(*arguments))
    assert not checkout.venv.exists()


def test_outside_a_checkout(checkout):
    (checkout.folder / "pyproject.toml").unlink()
    assert "go to the checkout" in one_sentence(checkout.start("lab"))


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_usage_installs_nothing(checkout, arguments):
    result = checkout.start(*arguments)
    assert result.returncode == 0 and "python3 -m course_utils test" in result.stdout
    assert not checkout.venv.exists()


def test_version_is_the_package_version(checkout):
    assert checkout.start("--version").stdout.strip() == bootstrap.__version__


# The other commands


def test_tests_run_ruff_and_pytest_in_an_environment_of_their_own(checkout):
    result = checkout.start("test", "-x", "-k", "layers")
    started = [line for line in result.stdout.splitlines() if line.startswith("started")]
    assert [line.split()[2] for line in started] == ["ruff", "ruff", "pytest"]
    pytest_line = started[-1]
    assert "-n 2 --dist loadfile --nbval --nbval-sanitize-with tests/notebooks/sanitize.cfg" in pytest_line
    assert pytest_line.endswith("tests solutions -x -k layers")
    home = next(line for line in result.stdout.splitlines() if line.startswith("home"))
    assert "profile quick threads 1" in home and "course-test-" in home
    assert not Path(home.split()[1]).exists()


def test_paths_for_pytest_replace_the_usual_ones(checkout):
    (checkout.folder / "tests").mkdir()
    (checkout.folder / "tests" / "test_one.py").touch()
    result = checkout.start("test", "tests/test_one.py::test_it")
    assert "sanitize.cfg tests/test_one.py::test_it\n" in result.stdout


@pytest.mark.parametrize("step", ["ruff", "pytest"])
def test_exit_status_is_that_of_the_tests(checkout, step):
    checkout.set(f"{step}.fails", "")
    result = checkout.start("test")
    assert result.returncode == 3
    assert "-m pytest" in result.stdout


@pytest.mark.parametrize("command", bootstrap.COMMANDS)
def test_other_commands_run_in_the_prepared_environment(checkout, command):
    assert f"started -m course_utils.cli {command} --flag" in checkout.start(command, "--flag").stdout


# Without packages


@pytest.mark.parametrize("module", ["__init__", "__main__"])
def test_what_an_old_python_reads_is_in_its_grammar(module):
    text = (ROOT / "course_utils" / f"{module}.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 6))


@pytest.mark.parametrize("name", ["python3.6", "python3.8", "python3.10"])
def test_real_old_python(name):
    python = shutil.which(name)
    if python is None or subprocess.run([python, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"there is no {name} here")
    result = subprocess.run([python, "-m", "course_utils", "lab"], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert f"The course needs Python 3.11 or newer, and this is Python {name[6:]}" in one_sentence(result)


def test_start_needs_the_standard_library_alone(checkout):
    command = [sys.executable, "-S", "-c", "import course_utils.bootstrap, sys; print(*sys.modules)"]
    result = subprocess.run(command, **checkout.options)
    assert result.returncode == 0, result.stderr
    roots = {name.partition(".")[0] for name in result.stdout.split()}
    assert roots <= {*sys.stdlib_module_names, "__main__", "course_utils"}


@pytest.mark.parametrize(
    ("own", "expected"), [({}, ("4", "PASSIVE")), ({"OMP_WAIT_POLICY": "ACTIVE"}, ("4", "ACTIVE"))]
)
def test_threads_that_wait_sleep_unless_the_environment_says_otherwise(monkeypatch, own, expected):
    started = []
    for name in ("OPENBLAS_THREAD_TIMEOUT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bootstrap.environment, "prepare", lambda *extras: Path(sys.executable))
    monkeypatch.setattr(os, "execve", lambda python, command, settings: started.append((command, settings)))
    bootstrap.lab(browser=False)
    ((command, settings),) = started
    assert command[1:3] == ["-m", "jupyterlab"]
    assert (settings["OPENBLAS_THREAD_TIMEOUT"], settings["OMP_WAIT_POLICY"]) == expected
