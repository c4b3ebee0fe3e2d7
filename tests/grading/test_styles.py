"""Right answers in styles of their own, as students would hand them in: each gets all the points.

The texts stand in styles/HOMEWORK_STYLE.py, their cells divided by `# %%`, and in the files of tests/exercises that hold
right answers of each style by lessons; styles/alone_IDEA.py has an idea for a single exercise.
"""

from pathlib import Path

import pytest
from notebooks_made import notebook

from course_utils.grading import grade_one
from course_utils.grading.assignments import ExerciseItem, assignment
from course_utils.grading.results import RIGHT
from course_utils.grading.sandbox import sandbox_problem

STYLES = Path(__file__).parent / "styles"
ANSWERS = Path(__file__).parents[1] / "exercises"
BY_LESSON = {
    "hw1": ("answers_{}.py", "answers_{}_hw1.py"),
    "hw2": ("answers_{}_06.py", "answers_{}_07.py", "answers_{}_hw2.py"),
    "hw4": ("answers_{}_hw4.py",),
}
REUSED = {"hw1": ("loops", "vectorised"), "hw2": ("loops", "vectorised"), "hw4": ("loops", "vectorised", "torch")}
OWN = {
    homework: tuple(path.stem.removeprefix(f"{homework}_") for path in sorted(STYLES.glob(f"{homework}_*.py")))
    for homework in BY_LESSON
}
NO_SANDBOX = pytest.mark.skipif(bool(sandbox_problem()), reason="no sandbox here")


def cells(homework, style):
    if style in OWN[homework]:
        return cells_of(STYLES / f"{homework}_{style}.py")
    return [(ANSWERS / name.format(style)).read_text(encoding="utf-8") for name in BY_LESSON[homework]]


def cells_of(path):
    return path.read_text(encoding="utf-8").split("\n# %%\n")


def graded(homework, sources, folder):
    path = folder / f"{homework}.ipynb"
    path.write_bytes(notebook(*sources))
    return grade_one.grade(path, assignment(homework), "a17", seed=11)


def check_all_right(item, declared):
    wrong = [(case.label, case.what, case.details) for case in item.cases if not case.right]
    assert wrong == [] and (item.earned, item.status) == (item.points, RIGHT), (item.name, item.sentences)
    assert len([case for case in item.cases if not case.shown]) == declared.random_cases >= 16


@NO_SANDBOX
@pytest.mark.parametrize(
    ("homework", "style"),
    [(homework, style) for homework in BY_LESSON for style in (*REUSED[homework], *OWN[homework])],
)
def test_a_right_answer_of_any_style_gets_all_points(homework, style, tmp_path):
    if homework == "hw4":
        pytest.importorskip("torch")
    result = graded(homework, cells(homework, style), tmp_path)
    assert result.notes == ()
    judged = {item.name: item for item in result.items}
    for declared in assignment(homework).items:
        if isinstance(declared, ExerciseItem):
            check_all_right(judged[declared.name], declared)


@NO_SANDBOX
@pytest.mark.parametrize(
    ("homework", "name", "idea"),
    [
        ("hw4", "CifarBlock", "zeros_in_a_buffer"),
        ("hw4", "CifarBlock", "names_of_ones_own"),
        ("hw4", "stochastic_depth", "chances_in_float32"),
    ],
)
def test_a_right_idea_for_one_exercise_gets_its_points(homework, name, idea, tmp_path):
    pytest.importorskip("torch")
    result = graded(homework, cells_of(STYLES / f"alone_{idea}.py"), tmp_path)
    judged = {item.name: item for item in result.items}
    check_all_right(judged[name], assignment(homework).item(name))


def test_each_homework_is_answered_in_five_styles_at_least():
    for homework in BY_LESSON:
        assert len(REUSED[homework]) + len(OWN[homework]) >= 5
