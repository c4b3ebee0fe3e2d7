"""Every homework: its notebook says what its declaration says, holds all its items, and lasts as long as promised."""

import re

import nbformat
import pytest

from course_utils import lessons, paths
from course_utils.authoring import solutions_of
from course_utils.authoring.learner import WRITE_HERE
from course_utils.exercises import exercises, trials
from course_utils.grading.assignments import ExerciseItem, QualityItem, WrittenItem
from course_utils.grading.homework import HOMEWORK

EVERY = pytest.mark.parametrize("assignment", HOMEWORK, ids=lambda assignment: assignment.name)


def source_of(assignment):
    return paths.SOLUTIONS / f"{assignment.file}.py"


def text_of(assignment):
    return source_of(assignment).read_text(encoding="utf-8")


@EVERY
def test_it_is_the_homework_of_that_name(assignment):
    known = lessons.lesson(assignment.name)
    assert lessons.is_homework(assignment.name)
    assert (known.file, known.title) == (assignment.file, assignment.title)
    number = assignment.name.removeprefix("hw")
    assert f"# Homework {number}: {assignment.title}\n" in text_of(assignment)
    assert f'start("{assignment.name}")' in text_of(assignment)


@EVERY
def test_points_in_the_headings_are_those_of_the_declaration(assignment):
    headings = re.findall(r"^### (\S+) · (\S+) points?$", text_of(assignment), re.MULTILINE)
    assert headings == [(item.name, f"{item.points:g}") for item in assignment.items]
    assert assignment.points == 100
    assert "*100 points, about" in text_of(assignment)


@EVERY
def test_every_item_has_its_cell_and_a_rubric(assignment):
    cells = solutions_of(source_of(assignment))
    for item in assignment.items:
        assert item.rubric.endswith("."), item.name
        if isinstance(item, ExerciseItem | QualityItem):
            assert f"exercise-{item.name}" in cells
            assert item.name in exercises() | trials()
        if isinstance(item, WrittenItem):
            assert cells[f"written-{item.name}"].strip()


@EVERY
def test_it_takes_the_hours_that_it_says(assignment):
    minutes = sum(map(int, re.findall(r"^# %%.*\bminutes=(\d+)", text_of(assignment), re.MULTILINE)))
    hours = re.search(r"points, about (\w+) hours\.", text_of(assignment))[1]
    assert abs(minutes - 60 * {"three": 3, "four": 4, "five": 5}[hours]) <= 30


@EVERY
def test_no_line_of_prose_begins_like_a_numbered_list(assignment):
    """A number at the end of a sentence, wrapped to the next line, would be shown as a list of its own."""
    assert not re.findall(r"^\d+\. ", text_of(assignment), re.MULTILINE)


@EVERY
def test_it_says_how_to_hand_it_in_and_how_to_be_helped(assignment):
    text = text_of(assignment)
    assert f"python -m course_utils submit-check {assignment.name}" in text
    assert "**Working with others**" in text


@EVERY
def test_the_learners_notebook_holds_no_answer(assignment):
    notebook = nbformat.read(paths.NOTEBOOKS / f"{assignment.file}.ipynb", as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    for item in assignment.items:
        if isinstance(item, ExerciseItem | QualityItem):
            assert "raise NotImplementedError" in cells[f"exercise-{item.name}"]
        if isinstance(item, WrittenItem):
            assert cells[f"written-{item.name}"] == WRITE_HERE
    assert not any("SOLUTION" in text for text in cells.values())
