import re

import nbformat
import pytest

from course_utils.authoring.learner import WRITE_HERE
from course_utils.authoring.notebook import learner_notebook, solution_notebook, to_text
from course_utils.authoring.rules import problems
from course_utils.authoring.source import read


@pytest.fixture
def cells(source):
    return {cell.id: cell for cell in learner_notebook(read(source)).cells}


def test_a_solution_becomes_a_stub_with_its_size_hint(cells):
    assert cells["exercise-double"].source == (
        "def double(x):\n"
        '    """Twice x."""\n'
        "    size = np.size(x)\n"
        "    # YOUR CODE HERE: about 2 lines\n"
        "    raise NotImplementedError\n"
        "\n\n"
        "check(double)"
    )


def test_answers_become_dots_and_comments_stay(cells):
    assert cells["ask-twice-3"].source == (
        'twice = ...  # twice three\nof_seven = ...  # twice seven, as a "whole # number"\nask("twice.3", twice)'
    )


def test_a_hash_in_an_answer_is_no_comment(source, edit):
    edit("twice = 6  # twice three", 'twice = "# é"  # a sign')
    cells = {cell.id: cell.source for cell in learner_notebook(read(source)).cells}
    assert cells["ask-twice-3"].startswith("twice = ...  # a sign\n")


def test_two_regions_in_one_exercise_both_become_stubs(source, edit):
    edit(
        "    half = x\n    return half + half\n",
        "    if size:\n"
        "        half = x\n"
        "    ### END SOLUTION\n"
        "    for _ in range(2):\n"
        "        ### BEGIN SOLUTION about 1 line\n"
        "        half = x\n"
        "        ### END SOLUTION\n"
        "    ### BEGIN SOLUTION about 1 line\n"
        "    return half + half\n",
    )
    stub = learner_notebook(read(source)).cells[5].source
    assert "half" not in stub and "SOLUTION" not in stub
    assert "    for _ in range(2):\n        # YOUR CODE HERE: about 1 line\n        raise NotImplementedError\n" in stub


CLASS = '''class double(list):
    """Twice as much, in two methods."""

    def __init__(self, x):
        super().__init__()
        ### BEGIN SOLUTION about 1 line
        self.secret = x
        ### END SOLUTION

    def twice(self):
        ### BEGIN SOLUTION about 2 lines
        half = self.secret
        return half + half
        ### END SOLUTION


check(double)
'''


def test_every_method_of_a_class_becomes_a_stub(source, edit):
    text = source.read_text(encoding="utf-8")
    edit(text[text.index("def double") : text.index('# %% [markdown]\n"""\nThe sum')], CLASS + "\n")
    assert problems(read(source)) == []
    (stub,) = [cell.source for cell in learner_notebook(read(source)).cells if cell.id == "exercise-double"]
    assert stub == (
        'class double(list):\n    """Twice as much, in two methods."""\n\n    def __init__(self, x):\n'
        "        super().__init__()\n        # YOUR CODE HERE: about 1 line\n        raise NotImplementedError\n\n"
        "    def twice(self):\n        # YOUR CODE HERE: about 2 lines\n        raise NotImplementedError\n\n\ncheck(double)"
    )


def test_nothing_of_a_solution_or_a_run_is_in_the_learners_file(source):
    text = to_text(learner_notebook(read(source)))
    for secret in ("SOLUTION", "half + half", "= 6", "sha256"):
        assert secret not in text
    assert all(not c.outputs and c.execution_count is None for c in nbformat.reads(text, 4).cells if "outputs" in c)


def test_both_versions_have_the_same_cells_and_author_metadata(source):
    lesson = read(source)
    solution, learner = solution_notebook(lesson), learner_notebook(lesson)
    assert [cell.id for cell in solution.cells] == [cell.id for cell in learner.cells]
    for solved, open_ in zip(solution.cells, learner.cells, strict=True):
        assert solved.metadata == {key: value for key, value in open_.metadata.items() if key != "nbgrader"}
    assert "3.1" not in str(solution.metadata)


def test_nbgrader_finds_version_3_of_its_schema(cells):
    found = {name: cell.metadata["nbgrader"] for name, cell in cells.items() if "nbgrader" in cell.metadata}
    assert set(found) == {"exercise-double", "ask-twice-3"}
    for name, metadata in found.items():
        # nbgrader's schema: these keys, a unique grade_id, and `points` only where something is graded.
        assert metadata == {
            "schema_version": 3,
            "grade_id": name,
            "grade": False,
            "locked": False,
            "solution": True,
            "task": False,
        }
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", metadata["grade_id"])


def test_a_written_answer_gives_way_to_a_line_to_write_over(source, edit):
    written = '# %% [markdown] tags=["written"] name="why"\n"""\nBecause.\n"""\n\n# %% [markdown] minutes=6\n'
    edit("# %% [markdown] minutes=6\n", written)
    lesson = read(source)
    assert problems(lesson) == []
    cell = next(cell for cell in learner_notebook(lesson).cells if cell.id == "written-why")
    assert cell.source == WRITE_HERE
    assert cell.metadata["nbgrader"]["solution"]
    assert "Because." in to_text(solution_notebook(lesson))
