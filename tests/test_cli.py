"""The command `course`."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course_utils import __version__, authoring, bootstrap, checking, datasets, doctor, models, training
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
    assert list(rows) == ["digits", "shapes10", "mnist", "fashion-mnist", "cifar10"]
    assert "no: `course data cifar10` loads 170.1 MB" in rows["cifar10"]
    assert "yes, made when asked for" in rows["shapes10"]
    assert "yes, bundled" in rows["digits"] and "yes" in rows["mnist"]
    assert "no: `course data fashion-mnist` loads 30.9 MB" in rows["fashion-mnist"]
    assert f"Downloads are kept in {tmp_path / 'downloads'}." in result.output
    assert f"what is decoded is kept in {tmp_path / 'pictures'}." in result.output


@pytest.mark.parametrize(("arguments", "offline"), [([], False), (["--offline"], True)])
def test_data_loads_a_set(monkeypatch, arguments, offline):
    calls = []
    monkeypatch.setattr(datasets, "download", lambda *asked: calls.append(asked) or Path("somewhere"))
    result = course("data", "fashion_mnist", *arguments)
    assert (result.exit_code, result.output) == (0, "Fashion-MNIST is here: somewhere\n")
    assert calls == [(datasets.remote_set("fashion-mnist"), offline)]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("digits", "The digits are part of the course"),
        ("shapes10", "The pictures of shapes10 are made when they are asked for"),
    ],
)
def test_data_that_is_here_already(name, says):
    result = course("data", name)
    assert (result.exit_code, result.output) == (0, f"{says}: there is nothing to load.\n")


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
        result.stderr
        == 'there is no data set "minst" to load, only mnist, fashion-mnist, cifar10: did you mean "mnist"?\n'
    )


@pytest.fixture
def home(monkeypatch, tmp_path) -> Path:
    """An empty folder of the learner's own, a wide terminal, and no runs that the course brings along."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("course_utils.training.collection.RECORDED", tmp_path / "recorded")
    return tmp_path


def test_train_lists_all_recipes(home):
    listed = course("train").output
    assert all(name in listed for name in ("cifar-resnet20", "cifar-fast", "shapes-lenet", "91.25%"))


def test_train_and_list_and_compare_and_draw(home):
    short = ["train", "shapes-lenet", "--data", "digits", "--epochs", "1", "--batch-size", "200"]
    result = course(*short)
    assert result.exit_code == 0, result.output
    assert "shapes-lenet on digits: 1 epoch in" in result.stdout
    folder = home / "runs" / "shapes-lenet-seed0"
    assert {path.name for path in folder.iterdir()} == {"checkpoint.pt", "weights.pt", "run.json"}
    assert "it is finished" in course(*short).stdout
    assert course(*short, "--seed", "1", "--lr", "0.01", "--device", "cpu").exit_code == 0
    listed = course("runs").stdout
    assert "shapes-lenet, seed 0" in listed and "shapes-lenet, seed 1" in listed
    compared = course("runs", "shapes-lenet", "--figure", str(home / "runs.png")).stdout
    assert next(line.split("│")[2:4] for line in compared.splitlines() if "│ lr " in line)[1].strip() == "0.01"
    assert (home / "runs.png").stat().st_size > 10_000


def test_train_of_another_recipe_in_the_same_folder_is_refused_unless_fresh(home):
    short = ["train", "shapes-lenet", "--data", "digits", "--epochs", "1", "--out", str(home / "here")]
    assert course(*short).exit_code == 0
    result = course(*short, "--lr", "0.01")
    assert result.exit_code == 1 and "another run: recipe, lr: 0.03 there, 0.01 here" in result.stderr
    assert course(*short, "--lr", "0.01", "--fresh").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shapes-lanet"], "there is no recipe called 'shapes-lanet'; did you mean shapes-lenet"),
        (["cifar-resnet20"], "run `course data cifar10` in a terminal"),
        (["shapes-lenet", "--data", "digits", "--epochs", "0"], "epochs must be a whole number of at least 1, got 0"),
        (["shapes-lenet", "--data", "digits", "--device", "gpu"], 'device must be "cpu" or "cuda"'),
    ],
)
def test_train_that_cannot_begin_is_one_sentence(home, arguments, message):
    result = course("train", *arguments)
    assert result.exit_code == 1 and len(result.stderr.splitlines()) == 1
    assert message in result.stderr


def test_train_whose_loss_is_no_number(home):
    result = course("train", "shapes-lenet", "--data", "digits", "--lr", "1e20", "--epochs", "1")
    assert result.exit_code == 1 and "Loss or weights are not finite" in result.stderr


def test_train_without_memory(home, monkeypatch):
    def fail(*arguments, **options):
        raise training.OutOfMemory("a batch of 9 pictures does not fit")

    monkeypatch.setattr(training, "fit", fail)
    result = course("train", "shapes-lenet")
    assert (result.exit_code, result.stderr) == (1, "a batch of 9 pictures does not fit\n")


def test_runs_without_any(home):
    assert course("runs").stdout == "There is no run on record yet: `course train` makes one.\n"
    result = course("runs", "x")
    assert result.exit_code == 1 and "there is no run of 'x' on record" in result.stderr
    result = course("runs", "--folder", str(home / "nowhere"))
    assert result.exit_code == 1 and "folder must be one with records of runs" in result.stderr


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


def test_count_lists_every_network(monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    text = course("count").output
    assert all(f" {name} " in text for name in models.list())
    (row,) = (line for line in text.splitlines() if " alexnet_two_tower " in line)
    assert all(entry in row for entry in ("60,965,224", "60 million", "724,406,816", "section 3.5"))


@pytest.mark.parametrize(("form", "expected"), [("csv", "conv1,Conv2d,6x28x28,"), ("markdown", "| conv1 | Conv2d |")])
def test_count_a_network(form, expected):
    result = course("count", "lenet5", "--as", form)
    assert result.exit_code == 0
    assert expected in result.output


def test_count_at_another_size_and_by_hooks():
    text = course("count", "resnet18", "--size", "64", "--method", "hooks").output
    assert "on one 3x64x64 image" in text
    assert "by hooks" in text
    assert "11,689,512" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["resnet81"], "no network called 'resnet81'; did you mean 'resnet18'"),
        (["lenet5", "--size", "20"], "give pictures from 32x32 to 35x35 instead of 20x20"),
        (["lenet5", "--as", "html"], "--as must be one of table, csv, markdown, got 'html'"),
        (["lenet5", "--method", "guess"], "method must be"),
    ],
)
def test_count_says_what_is_wrong(arguments, sentence):
    result = course("count", *arguments)
    assert result.exit_code == 1
    assert sentence in result.stderr


def test_starting_the_command_loads_nothing_heavy():
    program = "import sys, course_utils.cli; assert not {'torch', 'numpy', 'nbformat', 'jupytext'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
