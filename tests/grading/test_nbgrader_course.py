"""The course that nbgrader reads: its form, its checks, and a real nbgrader that generates, grades and reports."""

import os
import re
import subprocess
import sys
from dataclasses import replace

import nbformat
import numpy as np
import pytest

from course_utils.exercises import exercises
from course_utils.exercises.specification import loaded
from course_utils.grading import nbgrader_checks, nbgrader_course
from course_utils.grading.assignments import ExerciseItem, WrittenItem, assignment, assignments
from course_utils.paths import ROOT
from tests.grading.stand_in import STAND_IN, write_solution


@pytest.fixture
def course(tmp_path):
    write_solution(tmp_path)
    return nbgrader_course.export(tmp_path / "course", [STAND_IN], seed=7, solutions=tmp_path)


@pytest.fixture
def source(course):
    return nbformat.read(course / "source" / "hw1" / "hw1_stand_in.ipynb", as_version=4)


def metadata(notebook) -> dict[str, dict]:
    cells = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
    return {cell["grade_id"]: cell for cell in cells}


# Form


def test_points_are_those_of_the_assignment(source):
    found = {name: cell.get("points") for name, cell in metadata(source).items() if cell["grade"]}
    assert sum(found.values()) == pytest.approx(STAND_IN.points)
    assert found["visible-conv_output_size"] + found["random-conv_output_size"] == 20
    assert found["answer-alexnet-227"] == 5 and found["why-share"] == 10


def test_points_are_split_by_the_case(source):
    cases = len(exercises()["conv_output_size"].cases)
    assert metadata(source)["visible-conv_output_size"]["points"] == round(20 * cases / (cases + 8), 2)


def test_test_cells_are_locked_and_what_students_write_is_not(source):
    for name, cell in metadata(source).items():
        assert cell["locked"] is name.startswith(("visible", "random", "answer"))
        assert cell["solution"] is name.startswith(("solution", "why"))


def test_random_cases_and_answers_stand_in_hidden_regions(source):
    hidden = [
        cell.source for cell in source.cells if "seed=7" in cell.source or "nbgrader_checks.answer" in cell.source
    ]
    assert len(hidden) == 3
    for text in hidden:
        assert re.search(r"### BEGIN HIDDEN TESTS\n.*nbgrader_checks\.\w+\(.*\n### END HIDDEN TESTS", text, re.S)


@pytest.mark.parametrize("missing", ["exercise-conv_output_size", "ask-alexnet-227", "why-share"])
def test_an_item_without_its_cell_is_named(missing, tmp_path):
    path = write_solution(tmp_path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != missing]
    nbformat.write(notebook, path)
    name = missing.removeprefix("exercise-").removeprefix("ask-")
    with pytest.raises(ValueError, match=f"has no cell for {name} of hw1"):
        nbgrader_course.export(tmp_path / "course", [STAND_IN], solutions=tmp_path)
    assert not (tmp_path / "course").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not an empty folder"):
        nbgrader_course.export(tmp_path, [STAND_IN])
    with pytest.raises(ValueError, match="at least one assignment"):
        nbgrader_course.export(tmp_path / "new", [])
    with pytest.raises(ValueError, match=r"hw1_stand_in\.ipynb is missing: `course build hw1` makes it"):
        nbgrader_course.export(tmp_path / "new", [STAND_IN], solutions=tmp_path)


def test_every_export_has_another_seed(tmp_path):
    write_solution(tmp_path)
    texts = set()
    for name in "ab":
        folder = nbgrader_course.export(tmp_path / name, [STAND_IN], solutions=tmp_path)
        text = (folder / "source" / "hw1" / "hw1_stand_in.ipynb").read_text()
        texts |= set(re.findall(r"seed=\d+", text))
    assert len(texts) == 2


# Checks

RIGHT = loaded(exercises()["conv_output_size"].reference)


def without_dilation(size, kernel_size, stride=1, padding=0, dilation=1):
    return RIGHT(size, kernel_size, stride, padding)


def not_yet(*arguments, **settings):
    raise NotImplementedError


def noisy(*arguments, **settings):
    print("out", file=sys.stdout)
    print("err", file=sys.stderr)
    return RIGHT(*arguments, **settings)


def test_right_is_all_the_points(capsys):
    assert nbgrader_checks.visible_cases("conv_output_size", RIGHT, 4.5) == 4.5
    assert nbgrader_checks.random_cases("conv_output_size", RIGHT, 4.5, 8, 3) == 4.5
    assert nbgrader_checks.visible_cases("conv_output_size", noisy, 4.5) == 4.5
    assert capsys.readouterr() == ("", "")


def test_partly_right_is_a_part_of_them_with_a_word(capsys):
    cases = exercises()["conv_output_size"].cases
    right = sum(case.values.get("dilation", 1) == 1 for case in cases)
    assert 0 < right < len(cases)
    points = nbgrader_checks.visible_cases("conv_output_size", without_dilation, 12.0)
    assert points == pytest.approx(12 * right / len(cases))
    assert f"right in {right} of {len(cases)} cases" in capsys.readouterr().out
    assert 0 < nbgrader_checks.random_cases("conv_output_size", without_dilation, 12.0, 12, 3) < 12
    told = capsys.readouterr().out
    assert "of 12 random cases" in told and "expected" not in told


@pytest.mark.parametrize("function", [not_yet, None, 3, lambda: None])
def test_what_is_right_nowhere_is_an_error_with_its_sentence(function):
    with pytest.raises(AssertionError, match="conv_output_size"):
        nbgrader_checks.visible_cases("conv_output_size", function, 4)
    with pytest.raises(AssertionError, match="right in 0 of 8 random cases"):
        nbgrader_checks.random_cases("conv_output_size", function, 4, 8, 3)


def test_an_answer_is_right_or_an_error_with_its_sentence():
    assert nbgrader_checks.answer("alexnet-227", 55, 5) == 5
    with pytest.raises(AssertionError, match="not yet"):
        nbgrader_checks.answer("alexnet-227", 54, 5)
    with pytest.raises(AssertionError, match="put your answer"):
        nbgrader_checks.answer("alexnet-227", ..., 5)


def test_an_exercise_without_random_cases_has_all_points_in_the_visible_ones():
    fixed = [name for name, exercise in exercises().items() if exercise.random_case is None]
    assert fixed
    assert nbgrader_course.split_points(ExerciseItem(fixed[0], 9)) == (9, 0)


# A real nbgrader


def nbgrader(course, *arguments: str) -> None:
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython", "HOME": "home"}
    environment = {**os.environ, **{name: str(course.parent / folder) for name, folder in places.items()}}
    environment |= {"COURSE_HOME": str(course.parent / "home"), "PYTHONPATH": str(ROOT), "COURSE_PROFILE": "smoke"}
    # The environment's own kernel stays in reach.
    environment["JUPYTER_PATH"] = os.pathsep.join((f"{sys.prefix}/share/jupyter", os.environ.get("JUPYTER_PATH", "")))
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def submit(course, student: str, **changes: str) -> None:
    """Hand in the released notebook with these cells filled in; the names are those of ids, with _ for -."""
    notebook = nbformat.read(course / "release" / "hw1" / "hw1_stand_in.ipynb", as_version=4)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id", "").replace("-", "_"): cell for cell in notebook.cells}
    for name, text in changes.items():
        cells[name].source = text
    path = course / "submitted" / student / "hw1" / "hw1_stand_in.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def test_a_real_nbgrader_generates_autogrades_and_reports(course):
    nbgrader(course, "generate_assignment", "hw1")
    released = nbformat.read(course / "release" / "hw1" / "hw1_stand_in.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in released.cells)
    for secret in (
        "room // stride",
        "weights_of_one_filter",
        "= 55",
        "random_cases",
        "nbgrader_checks.answer",
        "seed=",
    ):
        assert secret not in text
    assert "for_227 = ...  # W=227, F=11, S=4" in text and "YOUR ANSWER HERE" in text
    assert text.count("raise NotImplementedError") == 3

    size = "def conv_output_size(size, kernel_size, stride=1, padding=0, dilation=1):\n"
    right = (
        f"{size}    reach = dilation * (kernel_size - 1) + 1\n    if reach > size + 2 * padding:\n"
        "        raise ValueError\n    return (size + 2 * padding - reach) // stride + 1"
    )
    count = (
        "def count_conv_parameters(in_channels, out_channels, kernel_size, groups=1, bias=True):\n"
        "    KH, KW = kernel_size if type(kernel_size) is tuple else (kernel_size,) * 2\n"
        "    return out_channels * (KH * KW * in_channels // groups + bias)"
    )
    submit(
        course,
        "right",
        solution_exercise_conv_output_size=right,
        solution_exercise_count_conv_parameters=count,
        solution_ask_alexnet_227="for_227 = 55",
        why_share="A cat is a cat everywhere.",
    )
    partly = right.replace("dilation * (kernel_size - 1) + 1", "kernel_size")
    broken = "raise SystemError('on purpose'"
    submit(course, "partly", solution_exercise_conv_output_size=partly, solution_exercise_count_conv_parameters=broken)
    submit(course, "blank")
    nbgrader(course, "autograde", "hw1", "--create")
    nbgrader(course, "generate_feedback", "hw1")

    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        assert book.find_assignment("hw1").max_score == pytest.approx(STAND_IN.points)
        scores = {}
        for student in ("right", "partly", "blank"):
            submission = book.find_submission("hw1", student)
            scores[student] = submission.score
            waiting = [grade.name for note in submission.notebooks for grade in note.grades if grade.needs_manual_grade]
            assert waiting == (["why-share"] if student == "right" else [])
    assert scores["right"] == pytest.approx(35)
    assert 0 < scores["partly"] < 20
    assert scores["blank"] == 0
    feedback = (course / "feedback" / "partly" / "hw1" / "hw1_stand_in.html").read_text(encoding="utf-8")
    assert "conv_output_size: right in" in feedback.replace("<b>", "").replace("**", "")


def test_the_homework_itself_goes_through_a_real_nbgrader(tmp_path):
    one = assignment("hw1")
    course = nbgrader_course.export(tmp_path / "course", [one])
    nbgrader(course, "generate_assignment", "hw1")
    name = f"hw1/{one.file}.ipynb"
    released = nbformat.read(course / "release" / name, as_version=4)
    solved = metadata_sources(nbformat.read(course / "source" / name, as_version=4))
    for cell in released.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = solved[cell.metadata["nbgrader"]["grade_id"]]
    (course / "submitted" / "solved" / "hw1").mkdir(parents=True)
    nbformat.write(released, course / "submitted" / "solved" / name)
    nbgrader(course, "autograde", "hw1", "--create")

    from nbgrader.api import Gradebook

    by_hand = sum(item.points for item in one.items if isinstance(item, WrittenItem))
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        assert book.find_submission("hw1", "solved").score == pytest.approx(one.points - by_hand)


def metadata_sources(notebook) -> dict[str, str]:
    marked = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    return {cell.metadata["nbgrader"]["grade_id"]: cell.source for cell in marked}


@pytest.mark.parametrize("name", list(assignments()))
def test_every_homework_can_be_exported_with_all_its_points(name, tmp_path):
    one = assignment(name)
    notebook = nbgrader_course.source_notebook(one, key="k", seed=1)
    points = [cell["points"] for cell in metadata(notebook).values() if cell["grade"]]
    assert sum(points) == pytest.approx(one.points) == 100


def test_two_assignments_lie_side_by_side(tmp_path):
    write_solution(tmp_path)
    other = replace(STAND_IN, name="hw2")
    folder = nbgrader_course.export(tmp_path / "course", [STAND_IN, other], solutions=tmp_path)
    assert sorted(path.name for path in (folder / "source").iterdir()) == ["hw1", "hw2"]


def test_a_function_that_learns_is_given_a_generator():
    from course_utils.grading import nbgrader_checks

    given = []

    def train_and_predict(train_images, train_labels, test_images, rng):
        given.append(rng)
        return np.full(len(test_images), 3)

    with pytest.raises(AssertionError, match="accuracy"):
        nbgrader_checks.quality("hw2", "train_and_predict", train_and_predict, 25, seed=1)
    assert isinstance(given[0], np.random.Generator)
