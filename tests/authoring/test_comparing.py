import json
import re

import pytest

from course_utils.authoring import build, check

SOLUTION, LEARNER = "solutions/07_doubling.ipynb", "notebooks/07_doubling.ipynb"


@pytest.fixture
def tamper(built):
    """Changes a committed notebook as an editor would: the function gets its JSON."""

    def change(name, function):
        path = built / name
        content = json.loads(path.read_text(encoding="utf-8"))
        function(content)
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
        return check(built)

    return change


def test_what_was_just_built_is_in_step(built):
    assert check(built) == []


def test_one_changed_word_names_the_cell_in_both_notebooks(built, edit):
    edit("Count before you read on.", "Count before you go on.")
    found = check(built)
    assert len(found) == 2
    for problem, name in zip(found, (SOLUTION, LEARNER), strict=True):
        assert re.fullmatch(
            r'solutions/07_doubling.py, cell cell-[0-9a-f]{8} \("## How much is twice three\?"\): '
            rf"source says “Count before you go on.”, {name} says “Count before you read on.”; run: course build 07",
            problem,
        )


def test_a_long_line_is_shown_around_the_difference(root, edit):
    edit("Count before you read on.", "word " * 30 + "alpha " + "word " * 30)
    build(root=root)
    edit("alpha", "alpine")
    assert re.search(r"source says “…(\w* )+alpine (word )+\w*…”.* says “…(\w* )+alpha (word )+\w*…”", check(root)[0])


def test_a_changed_solution_differs_in_the_solved_version_only(built, edit):
    edit("return half + half", "return 2 * half")
    (problem,) = check(built)
    assert "cell exercise-double" in problem
    assert "says “    return 2 * half”" in problem and "says “    return half + half”" in problem


def test_a_changed_answer_is_named(built, edit):
    edit("twice = 6 ", "twice = 7 ")
    (problem,) = check(built)
    assert 'cell ask-twice-3 ("twice = 7  # twice three")' in problem


@pytest.mark.parametrize("name", [SOLUTION, LEARNER])
def test_a_source_edited_by_hand_is_caught(tamper, name):
    def change(content):
        content["cells"][-1]["source"] = ["print(0)"]

    (problem,) = tamper(name, change)
    assert "print(sum(" in problem and f"{name} says “print(0)”" in problem


def test_code_edited_in_both_without_a_run_is_caught(tamper, edit):
    edit("return half + half", "return 2 * half")

    def change(content):
        cell = content["cells"][5]
        cell["source"] = [line.replace("half + half", "2 * half") for line in cell["source"]]

    assert tamper(SOLUTION, change) == [
        f"{SOLUTION}: its outputs are of other code than solutions/07_doubling.py holds; run: course build 07"
    ]


def test_a_changed_source_that_changes_no_cell_is_caught(built, edit):
    edit("print(sum(double(n) for n in range(4)))\n", "print(sum(double(n) for n in range(4)))\n\n\n")
    assert check(built) == [f"{SOLUTION}: was made from another text of solutions/07_doubling.py; run: course build 07"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cells: cells[1].update(execution_count=None), "has number None where a run from the top gives 1"),
        (lambda cells: cells[3].update(execution_count=7), "has number 7 where a run from the top gives 2"),
        (
            lambda cells: cells[7]["outputs"].append(
                {"output_type": "error", "ename": "KeyError", "evalue": "", "traceback": []}
            ),
            "its output is the error KeyError",
        ),
        (lambda cells: cells[0]["metadata"].update(minutes=9), "source has minutes=5, .* has minutes=9"),
        (lambda cells: cells[2].update(id="other"), "source gives the id cell-.*has other"),
        (lambda cells: cells.pop(2), r'\("## How much is twice three\?"\): .* has no such cell'),
        (lambda cells: cells.insert(3, dict(cells[2], id="a", source="Extra")), r'cell a \("Extra"\): .*no such cell'),
        (lambda cells: cells.insert(0, cells.pop(2)), "has no such cell"),
    ],
)
def test_what_differs_in_a_solution_is_told(tamper, change, said):
    found = tamper(SOLUTION, lambda content: change(content["cells"]))
    assert any(re.search(said, problem) for problem in found), found
    assert all("run: course build" in problem and "07" in problem for problem in found)


def test_a_force_is_advised_where_a_build_would_keep_the_numbers(tamper):
    (problem,) = tamper(SOLUTION, lambda content: content["cells"][3].update(execution_count=7))
    assert problem.endswith("run: course build --force 07")


def test_a_learners_notebook_that_was_run_is_caught(tamper):
    (problem,) = tamper(LEARNER, lambda content: content["cells"][1].update(execution_count=1))
    assert re.match(rf"{LEARNER}: cell cell-\w+ was run", problem)


@pytest.mark.parametrize("name", [SOLUTION, LEARNER])
def test_changed_metadata_of_a_notebook_is_caught(tamper, name):
    found = tamper(name, lambda content: content["metadata"]["language_info"].update(version="3.12.1"))
    assert len(found) == 1 and "metadata or layout" in found[0]


def test_missing_broken_and_orphaned_notebooks_are_told(built):
    (built / LEARNER).unlink()
    (built / SOLUTION).write_text("{")
    (built / "notebooks/08_left_over.ipynb").write_text("{}")
    missing_first = sorted(check(built))
    assert [problem.split(": ")[0] for problem in missing_first] == [
        LEARNER,
        "notebooks/08_left_over.ipynb",
        SOLUTION,
    ]
    assert "is missing; run: course build 07" in missing_first[0]
    assert "has no source solutions/08_left_over.py" in missing_first[1]
    assert "is not a notebook" in missing_first[2]


def test_a_broken_source_is_a_problem_and_no_exception(built, source, edit):
    edit(" minutes=6", "")
    assert [re.sub(r":\d+:", ":", problem) for problem in check(built)] == [
        "solutions/07_doubling.py: section 'How much is twice three?' has no minutes; write `# %% [markdown] minutes=6`"
    ]
    source.write_text('# %%\n"""', encoding="utf-8")
    assert "not valid Python" in check(built)[0]
