"""Homework 3: its declaration, its notebook, and what a submission earns."""

import re

import jupytext
import pytest

from course_utils.grading import personal
from course_utils.grading.homework_3 import HOMEWORK_3
from course_utils.paths import NOTEBOOKS, SOLUTIONS

SOURCE = (SOLUTIONS / f"{HOMEWORK_3.file}.py").read_text(encoding="utf-8")


def test_it_is_worth_100_points_and_asks_every_question():
    assert HOMEWORK_3.points == 100
    assert [item.name for item in HOMEWORK_3.items] == list(personal.ASKED)
    assert all(item.rubric.endswith(".") and item.points >= 4 for item in HOMEWORK_3.items)


def test_the_headings_have_the_points_of_the_declaration():
    headings = re.findall(r"^### (\S+) · (\d+) points$", SOURCE, flags=re.MULTILINE)
    assert headings == [(item.name, f"{item.points:g}") for item in HOMEWORK_3.items]


@pytest.mark.parametrize("item", HOMEWORK_3.items, ids=lambda item: item.name)
def test_an_item_asks_about_the_students_own_network(item):
    for student in ("ada", "grace"):
        assert item.personal(student, "key") == personal.question(item.name, student, "key")
    answers = {item.personal(f"student{number}", "key").answer for number in range(30)}
    assert len(answers) > 1


def test_the_solution_answers_rightly_and_the_learners_notebook_not_at_all():
    asked = {item.variable: item.personal(personal.NOBODY, "") for item in HOMEWORK_3.items}
    for variable, question in asked.items():
        written = re.search(rf"^{variable} = (.*?)  # ", SOURCE, flags=re.MULTILINE)[1]
        assert eval(written) == pytest.approx(question.answer)
    learner = jupytext.read(NOTEBOOKS / f"{HOMEWORK_3.file}.ipynb")
    cells = "\n".join(cell.source for cell in learner.cells if cell.cell_type == "code")
    assert all(f"\n{variable} = ...  # " in f"\n{cells}" for variable in asked)
