import pytest

from course_utils.authoring import fill, solutions_of
from course_utils.authoring.notebook import learner_notebook, solution_notebook
from course_utils.authoring.source import read


def test_solutions_of_gives_the_exercises_and_questions_solved(source):
    solved = solutions_of(source)
    assert list(solved) == ["ask-twice-3", "exercise-double"]
    assert "return half + half" in solved["exercise-double"] and solved["ask-twice-3"].startswith("twice = 6 ")


def test_a_learners_notebook_filled_with_the_solutions_is_the_solved_one(source):
    lesson = read(source)
    learner = learner_notebook(lesson)
    filled = fill(learner, solutions_of(source))
    assert [cell.source for cell in filled.cells] == [cell.source for cell in solution_notebook(lesson).cells]
    assert "NotImplementedError" in learner.cells[5].source


def test_filling_takes_old_outputs_away(source):
    learner = learner_notebook(read(source))
    learner.cells[5].execution_count = 3
    assert fill(learner, {"exercise-double": "x = 1"}).cells[5].execution_count is None


def test_an_unknown_cell_is_named(source):
    with pytest.raises(ValueError, match=r"no cell 'exercise-halve'; it has .*exercise-double"):
        fill(learner_notebook(read(source)), {"exercise-halve": ""})
