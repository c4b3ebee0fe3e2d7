"""A class graded on a Dask cluster of processes, and what is said where there is none."""

import sys
from dataclasses import replace

import pytest
import quick_graders
from quick_graders import HOMEWORK, notebook

from course_utils.grading import cluster, grade_class
from course_utils.grading.assignments import assignment
from course_utils.grading.results import FAILED, GRADED
from course_utils.grading.roster import Student
from course_utils.grading.sandbox import sandbox_problem
from course_utils.paths import NOTEBOOKS, SOLUTIONS

ROSTER = tuple(Student(f"s{number:02}", f"Student {number}") for number in range(12))


@pytest.fixture(scope="module")
def address():
    """The address of a scheduler with two processes."""
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with distributed.LocalCluster(**settings) as local:
        yield local.scheduler_address


@pytest.fixture
def grade(tmp_path, monkeypatch):
    """Grades these texts, by id, on the scheduler."""
    monkeypatch.setattr(grade_class, "assignments", lambda: {"hw1": HOMEWORK})

    def graded(scheduler, texts, **settings):
        inbox = tmp_path / "inbox"
        inbox.mkdir(exist_ok=True)
        for student, text in texts.items():
            (inbox / f"{student}.ipynb").write_bytes(notebook(text))
        settings = grade_class.Settings(**{"seed": 3, "scheduler": scheduler, "sandboxed": False, **settings})
        return grade_class.grade_class(
            [inbox], HOMEWORK, ROSTER, tmp_path / "grades", settings, work=quick_graders.grade
        )

    return graded


def test_a_class_with_one_that_fails(address, grade):
    texts = {student.id: f"points {number % 10}" for number, student in enumerate(ROSTER)}
    report = grade(address, texts | {"s04": "raise", "s07": "leave"})
    expected = [None if student.id in ("s04", "s07") else number % 10 for number, student in enumerate(ROSTER)]
    assert [result.earned for result in report.results] == expected
    assert [result.status for result in report.results].count(FAILED) == 2
    assert report.results[4].notes == ("Grading failed: RuntimeError: a fault of the grader.",)
    assert "KilledWorker" in report.results[7].notes[0]
    # The rest of it at home gives what the cluster would have.
    again = grade("", texts, workers=1)
    assert (again.graded, again.skipped) == (2, 10)
    assert {result.status for result in again.results} == {GRADED}


def test_nobody_answers(grade, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "_PATIENCE", 1)
    for wrong in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(ValueError, match=f"no Dask scheduler answers at '{wrong}'"):
            grade(wrong, {"s00": "points 1"})


def test_without_dask(grade, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"--scheduler needs Dask: run `pip install 'distributed>=2024\.5'`"):
        grade("tcp://127.0.0.1:8786", {})


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, "has no workers yet; start some with `dask worker"),
        ({"tcp://w:1": ("0.0.1", "")}, "worker tcp://w:1 has version 0.0.1 of the course"),
        ({"tcp://w:1": (cluster.__version__, "bwrap is not installed")}, "tcp://w:1 has no sandbox: bwrap is not"),
        (ImportError("No module named 'course_utils'"), r"cannot run this course \(ImportError: No module named"),
    ],
)
def test_workers_that_cannot_grade(told, says):
    class Client:
        def run(self, function, sandboxed):
            assert sandboxed
            if isinstance(told, Exception):
                raise told
            return told

    with pytest.raises(ValueError, match=says):
        cluster._check(Client(), "tcp://s:8786", True)


def test_what_a_worker_says_of_itself():
    assert cluster._what_is_here(False) == (cluster.__version__, "")
    assert cluster._what_is_here(True)[0] == cluster.__version__


def test_the_real_grader_gives_there_what_it_gives_here(address, tmp_path):
    if problem := sandbox_problem():
        pytest.skip(problem)
    wanted, roster = assignment("hw1"), ROSTER[:2]
    (tmp_path / "inbox").mkdir()
    for student, folder in zip(roster, (NOTEBOOKS, SOLUTIONS), strict=True):
        content = (folder / f"{wanted.file}.ipynb").read_bytes()
        (tmp_path / "inbox" / f"{student.id}.ipynb").write_bytes(content)
    both = []
    for name, settings in (("there", {"scheduler": address}), ("here", {"workers": 1})):
        chosen = grade_class.Settings(seed=3, **settings)
        report = grade_class.grade_class([tmp_path / "inbox"], wanted, roster, tmp_path / name, chosen)
        both.append([replace(result, seconds=0) for result in report.results])
    assert both[0] == both[1]
    assert [result.earned for result in both[1]] == [0.0, 90.0]
