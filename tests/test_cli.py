"""The command `course`."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course_utils import __version__, authoring, bootstrap, checking, datasets, doctor
from course_utils.cli import app
from course_utils.paths import ROOT


def course(*arguments: str):
    return CliRunner().invoke(app, arguments)


def refuse(*arguments):
    raise ValueError("there is no lesson [99]")


@pytest.fixture
def started(monkeypatch) -> list:
    """What the start was asked for; it answers with exit status 5."""
    asked = []
    monkeypatch.setattr(bootstrap, "main", lambda arguments: asked.append(arguments) or 5)
    return asked


def test_version():
    assert course("--version").output.strip() == __version__


def test_help_and_start_name_the_same_commands():
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert names == {*bootstrap.COMMANDS, "lab", "test"}
    assert all(name in course("--help").output for name in names)


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (["lab"], ["lab", "--port=8888"]),
        (["lab", "--no-browser", "--port", "9000"], ["lab", "--port=9000", "--no-browser"]),
        (["test"], ["test"]),
        (["test", "-x", "-k", "layers", "tests/test_cli.py"], ["test", "-x", "-k", "layers", "tests/test_cli.py"]),
    ],
)
def test_lab_and_test_are_those_of_the_start(started, arguments, asked):
    assert course(*arguments).exit_code == 5
    assert started == [asked]


def test_bad_port_is_one_sentence():
    command = [sys.executable, "-m", "course_utils.cli", "lab", "--port", "x"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (1, "--port must be a number from 1 to 65535, got 'x'.\n")


@pytest.mark.parametrize(("healthy", "status"), [(True, 0), (False, 1)])
def test_doctor_exit_status(monkeypatch, healthy, status):
    monkeypatch.setattr(doctor, "report", lambda console: healthy)
    assert course("doctor").exit_code == status


def test_progress(monkeypatch):
    monkeypatch.setattr(checking, "progress", lambda: print("□□■"))
    assert course("progress").output == "□□■\n"


def test_data_lists_what_is_here(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(datasets, "is_stored", lambda remote: remote.name == "mnist")
    result = course("data")
    assert result.exit_code == 0
    rows = {line.split("│")[1].strip(): line for line in result.output.splitlines() if line.startswith("│")}
    assert list(rows) == ["digits", "mnist", "fashion-mnist"]
    assert "yes, bundled" in rows["digits"] and "yes" in rows["mnist"]
    assert "no: `course data fashion-mnist` loads 30.9 MB" in rows["fashion-mnist"]
    assert f"Downloads are kept in {tmp_path / 'downloads'}." in result.output


@pytest.mark.parametrize(("arguments", "offline"), [([], False), (["--offline"], True)])
def test_data_loads_a_set(monkeypatch, arguments, offline):
    calls = []
    monkeypatch.setattr(datasets, "download", lambda *asked: calls.append(asked) or Path("somewhere"))
    result = course("data", "fashion_mnist", *arguments)
    assert (result.exit_code, result.output) == (0, "Fashion-MNIST is here: somewhere\n")
    assert calls == [(datasets.remote_set("fashion-mnist"), offline)]


def test_data_digits_are_bundled():
    assert course("data", "digits").output == "The digits are part of the course: there is nothing to load.\n"


@pytest.mark.parametrize("error", [datasets.DataSetMissing, datasets.DownloadError])
def test_data_that_cannot_be_had_is_one_sentence(monkeypatch, error):
    def fail(*_):
        raise error("there is no [network]")

    monkeypatch.setattr(datasets, "download", fail)
    result = course("data", "mnist")
    assert (result.exit_code, result.stderr) == (1, "there is no [network]\n")


def test_data_of_an_unknown_name():
    result = course("data", "minst")
    assert result.exit_code == 1
    assert (
        result.stderr == 'there is no data set "minst" to load, only mnist and fashion-mnist: did you mean "mnist"?\n'
    )


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [([], (None, False)), (["02"], (["02"], False)), (["00", "02", "--force"], (["00", "02"], True))],
)
def test_build(monkeypatch, arguments, asked):
    calls = []
    monkeypatch.setattr(authoring, "build", lambda lessons, force: calls.append((lessons, force)))
    assert course("build", *arguments).exit_code == 0
    assert calls == [asked]


@pytest.mark.parametrize(("problems", "status"), [([], 0), (["02: cell a differs", "03: not built"], 1)])
def test_build_check_builds_nothing_and_tells_each_problem(monkeypatch, problems, status):
    monkeypatch.setattr(authoring, "check", lambda: problems)
    monkeypatch.setattr(authoring, "build", refuse)
    result = course("build", "--check")
    assert result.exit_code == status
    assert result.stderr.splitlines() == problems


def test_new(monkeypatch):
    calls = []
    monkeypatch.setattr(authoring, "new", lambda *arguments: calls.append(arguments) or Path("solutions/03_x.py"))
    assert course("new", "03", "x").output.strip() == "solutions/03_x.py"
    assert course("new", "03", "x", "--title", "An X").exit_code == 0
    assert calls == [("03", "x", None), ("03", "x", "An X")]


@pytest.mark.parametrize(
    ("function", "arguments"), [("build", ["build"]), ("check", ["build", "--check"]), ("new", ["new", "99", "x"])]
)
def test_what_the_user_can_mend_is_one_sentence(monkeypatch, function, arguments):
    monkeypatch.setattr(authoring, function, refuse)
    result = course(*arguments)
    assert result.exit_code == 1
    assert result.stderr == "there is no lesson [99]\n"


def test_another_error_is_not_hidden(monkeypatch):
    def fail(*arguments):
        raise KeyError("a fault of the course")

    monkeypatch.setattr(authoring, "build", fail)
    assert isinstance(course("build").exception, KeyError)


def test_starting_the_command_loads_nothing_heavy():
    program = "import sys, course_utils.cli; assert not {'torch', 'numpy', 'nbformat', 'jupytext'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
