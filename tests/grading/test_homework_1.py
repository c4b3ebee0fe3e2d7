"""Homework 1: what its two notebooks earn, and that every exercise can be judged inside and outside of the sandbox."""

import nbformat
import pytest

from course_utils import layers, paths
from course_utils.authoring import fill
from course_utils.exercises import exercises
from course_utils.grading.grade_one import grade
from course_utils.grading.homework_1 import HOMEWORK_1
from course_utils.grading.plans import split
from course_utils.grading.results import BY_HAND, GRADED, NOT_ATTEMPTED, RIGHT
from course_utils.grading.sandbox import sandbox_problem

sandboxed = pytest.mark.skipif(bool(sandbox_problem()), reason="there is no sandbox on this system")


def test_only_what_tests_a_gradient_is_in_the_kit():
    assert set(HOMEWORK_1.kit) == {"numeric_gradient", "relative_error"}
    assert all(hasattr(layers, name) for name in HOMEWORK_1.kit)


def test_one_exercise_is_in_no_lesson():
    assert [item.name for item in HOMEWORK_1.items if getattr(exercises().get(item.name), "lesson", "") == "hw1"] == [
        "conv_transpose2d_forward"
    ]


def test_every_plan_can_be_split():
    for item in HOMEWORK_1.items[:-1]:
        assert split(exercises()[item.name]).inside


@sandboxed
def test_the_solution_earns_everything_but_what_a_person_reads():
    result = grade(paths.SOLUTIONS / f"{HOMEWORK_1.file}.ipynb", HOMEWORK_1, seed=11)
    assert (result.status, result.earned, result.notes) == (GRADED, 90.0, ())
    assert [item.status for item in result.items] == [RIGHT] * 5 + [BY_HAND]
    assert "w_{m-i}" in result.items[-1].answer


@sandboxed
def test_the_learners_notebook_is_not_attempted():
    result = grade(paths.NOTEBOOKS / f"{HOMEWORK_1.file}.ipynb", HOMEWORK_1, seed=11)
    assert (result.status, result.earned, result.complete) == (GRADED, 0.0, True)
    assert {item.status for item in result.items} == {NOT_ATTEMPTED}


@sandboxed
def test_a_misconception_earns_the_cases_that_it_leaves_right_and_is_named(tmp_path):
    solved = nbformat.read(paths.SOLUTIONS / f"{HOMEWORK_1.file}.ipynb", as_version=4)
    right = next(cell.source for cell in solved.cells if cell.id == "exercise-conv_transpose2d_forward")
    wrong = right.replace(": sw] += laid", ": sw] = laid")
    assert wrong != right
    nbformat.write(fill(solved, {"exercise-conv_transpose2d_forward": wrong}), tmp_path / "hw1.ipynb")
    result = grade(tmp_path / "hw1.ipynb", HOMEWORK_1, seed=11)
    item = result.items[4]
    assert 0 < item.earned < item.points
    assert item.earned == pytest.approx(item.points * sum(case.right for case in item.cases) / len(item.cases))
    assert item.misconception[0].startswith("overlaps overwritten")
    assert [other.status for other in result.items[:4]] == [RIGHT] * 4
