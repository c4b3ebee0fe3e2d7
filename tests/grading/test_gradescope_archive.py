"""The autograder archive: the documented layout, and a run of it where /autograder is a folder of the test's."""

import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.grading import gradescope_archive
from course_utils.grading.assignments import Assignment, assignment
from course_utils.grading.bubblewrap import sandbox_problem
from course_utils.requirements import name_of
from tests.grading.test_exports import SCHEMA, TEST_SCHEMA

HW1 = assignment("hw1")
# Right with the settings that are left alone; strides, padding and the rest are not looked at.
PARTLY = """
import numpy as np

def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    N, C, H, W = x.shape
    K, depth, KH, KW = weight.shape
    out = np.zeros((N, K, H - KH + 1, W - KW + 1), x.dtype)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = np.tensordot(x[:, :, i:i + KH, j:j + KW], weight, ([1, 2, 3], [1, 2, 3]))
    if bias is not None:
        out += bias[:, None, None]
    return out, (x, weight, bias, stride, padding, dilation, groups)
"""
METADATA = {
    "id": 123456,
    "created_at": "2026-10-01T14:22:32.365935-07:00",
    "assignment": {"due_date": "2026-10-01T23:00:00.000000-07:00", "group_size": None, "total_points": "100.0"},
    "submission_method": "upload",
    "users": [{"email": "ada@example.org", "id": 1234, "name": "Ada Lovelace"}],
    "previous_submissions": [],
}


@pytest.fixture
def autograder(tmp_path) -> Path:
    """The folder as Gradescope makes it: the archive unpacked in `source`, the environment that setup.sh would build."""
    archive = gradescope_archive.export(tmp_path / "hw1.zip", HW1, seed=3, sandboxed=not sandbox_problem())
    root = tmp_path / "autograder"
    with zipfile.ZipFile(archive) as file:
        file.extractall(root / "source")
    (root / "source" / "environment").symlink_to(sys.prefix)
    (root / "run_autograder").write_bytes((root / "source" / "run_autograder").read_bytes())
    (root / "submission").mkdir()
    (root / "results").mkdir()
    (root / "submission_metadata.json").write_text(json.dumps(METADATA))
    return root


def submit(root: Path, code: str, name: str = "hw1_convolution_and_pooling.ipynb") -> None:
    cells = [new_code_cell(code), new_markdown_cell("It is turned because <b>it is</b>.", id="turned-kernel")]
    path = root / "submission" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    nbformat.write(new_notebook(cells=cells), path)


def run(root: Path, expected: int = 0) -> dict:
    environment = {**os.environ, "AUTOGRADER": str(root)}
    command = ["bash", str(root / "run_autograder")]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=120)
    assert done.returncode == expected, done.stdout + done.stderr
    values = json.loads((root / "results" / "results.json").read_text())
    assert set(values) <= SCHEMA
    assert [path.name for path in (root / "results").iterdir()] == ["results.json"]
    return {**values, "printed": done.stdout}


# Layout


def test_the_two_scripts_stand_at_the_root_and_can_be_run(tmp_path):
    with zipfile.ZipFile(gradescope_archive.export(tmp_path / "hw1.zip", HW1)) as archive:
        for name in ("setup.sh", "run_autograder"):
            entry = archive.getinfo(name)
            assert entry.create_system == 3 and (entry.external_attr >> 16) & stat.S_IXUSR
            assert archive.read(name).startswith(b"#!/usr/bin/env bash\n")


def test_solutions_and_notebooks_stay_out(tmp_path):
    with zipfile.ZipFile(gradescope_archive.export(tmp_path / "hw1.zip", HW1)) as archive:
        names = archive.namelist()
    assert "course/course_utils/grading/grade_one.py" in names and "course/data/digits.npz" in names
    assert not [name for name in names if "solutions/" in name or name.endswith((".ipynb", ".pyc")) or "tests/" in name]
    assert len(names) == len(set(names))


def test_scripts_are_bash(tmp_path):
    with zipfile.ZipFile(gradescope_archive.export(tmp_path / "hw1.zip", HW1)) as archive:
        for name in ("setup.sh", "run_autograder"):
            done = subprocess.run(["bash", "-n"], input=archive.read(name), capture_output=True)
            assert done.returncode == 0, done.stderr
        setup = archive.read("setup.sh").decode()
    assert "bubblewrap" in setup and "requirements.txt" in setup


def test_requirements_are_lean_and_pytorch_comes_without_cuda():
    names = [name_of(line) for line in gradescope_archive.requirements(HW1)]
    assert "numpy" in names and "torch" not in names and "jupyterlab" not in names
    torch = Assignment("hw4", "Homework 4", "hw4", (), packages=("numpy", "torch"))
    lines = gradescope_archive.requirements(torch)
    assert lines[0] == "--extra-index-url https://download.pytorch.org/whl/cpu" and "torch==2.13.0" in lines


def test_one_course_gives_one_archive_but_for_its_seed(tmp_path):
    archives = [gradescope_archive.export(tmp_path / f"{n}.zip", HW1, seed=seed) for n, seed in enumerate((1, 1, None))]
    same, again, other = (archive.read_bytes() for archive in archives)
    assert same == again != other


def test_the_readme_says_what_is_left_for_a_person(tmp_path):
    for sandboxed, words in ((True, "runs in a sandbox"), (False, "made with `--unsandboxed`: student code")):
        path = gradescope_archive.export(tmp_path / f"{sandboxed}.zip", HW1, sandboxed=sandboxed)
        with zipfile.ZipFile(path) as archive:
            text = archive.read("README.md").decode()
        assert "90 points are graded here; for the other 10 switch on *Manual Grading*" in text and words in text


def test_a_file_that_is_there_is_left_alone(tmp_path):
    (tmp_path / "hw1.zip").write_bytes(b"mine")
    with pytest.raises(ValueError, match="is there already"):
        gradescope_archive.export(tmp_path / "hw1.zip", HW1)
    with pytest.raises(ValueError, match=r"must end in \.zip, got 'hw1'"):
        gradescope_archive.export(tmp_path / "hw1", HW1)


# A run


def test_a_submission_is_graded(autograder):
    submit(autograder, PARTLY)
    values = run(autograder)
    tests = {test["name"]: test for test in values["tests"]}
    assert list(tests) == [item.name for item in HW1.items if item.name != "turned-kernel"]
    assert all(set(test) <= TEST_SCHEMA for test in tests.values())
    assert 0 < tests["conv2d_forward"]["score"] < 20
    assert tests["max_pool2d_forward"]["score"] == 0
    assert values["score"] == pytest.approx(tests["conv2d_forward"]["score"], abs=0.01)
    assert "Still to be graded by a person: turned-kernel." in values["output"]
    # The same archive gives the same grade again.
    assert run(autograder)["tests"] == values["tests"]


def test_the_copy_in_the_archive_is_what_grades(autograder):
    submit(autograder, PARTLY)
    (autograder / "source" / "course" / "course_utils" / "grading" / "gradescope_run.py").write_text("print('mine')")
    environment = {**os.environ, "AUTOGRADER": str(autograder)}
    command = ["bash", str(autograder / "run_autograder")]
    assert "mine" in subprocess.run(command, env=environment, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "nothing submitted"),
        ({"notes.txt": "hello"}, "There is no notebook among the files; hand in hw1_convolution_and_pooling.ipynb."),
        ({"hw1_convolution_and_pooling.ipynb": "no notebook"}, "unreadable"),
        ({"a.ipynb": "{}", "b.ipynb": "{}"}, "There are 2 notebooks, a.ipynb, b.ipynb; hand in hw1"),
    ],
)
def test_what_cannot_be_graded_scores_nothing_and_says_why(files, words, autograder):
    for name, text in files.items():
        (autograder / "submission" / name).write_text(text)
    values = run(autograder)
    assert values["score"] == 0 and "tests" not in values
    assert words in values["output"]


def test_a_notebook_of_another_name_counts_if_it_is_the_only_one(autograder):
    submit(autograder, PARTLY, "folder/My Homework (1).ipynb")
    submit(autograder, PARTLY, ".ipynb_checkpoints/old.ipynb")
    assert run(autograder)["score"] > 0


def test_a_link_out_of_the_submission_is_not_followed(autograder, tmp_path):
    (tmp_path / "other.ipynb").write_text("{}")
    (autograder / "submission" / "hw1_convolution_and_pooling.ipynb").symlink_to(tmp_path / "other.ipynb")
    assert run(autograder)["score"] == 0


@pytest.mark.parametrize("metadata", ["", "{", "[]", '{"users": []}', '{"users": [3], "created_at": null}'])
def test_metadata_of_any_form_stop_nothing(metadata, autograder):
    (autograder / "submission_metadata.json").write_text(metadata)
    assert "nothing submitted" in run(autograder)["output"]


def test_a_fault_of_the_machine_gives_no_score_and_is_told_to_instructors(autograder):
    (autograder / "source" / "settings.json").write_text("{}")
    submit(autograder, PARTLY)
    values = run(autograder, expected=1)
    assert "score" not in values and "no fault of your submission" in values["output"]
    assert "KeyError" in values["printed"]


def test_nothing_is_imported_that_setup_does_not_install(autograder):
    submit(autograder, PARTLY)
    code = (
        "import sys, pathlib; from course_utils.grading.gradescope_run import run; "
        "run(pathlib.Path(sys.argv[1])); print(*{name.partition('.')[0] for name in sys.modules})"
    )
    environment = {**os.environ, "PYTHONPATH": str(autograder / "source" / "course")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(autograder)], env=environment, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split()) - set(sys.stdlib_module_names)
    known = {"course_utils", "numpy", "jinja2", "markupsafe", "platformdirs", "PIL", "pooch", "__main__"}
    assert not {name for name in loaded if not name.startswith(("_", "cython_runtime", "sitecustomize"))} - known
