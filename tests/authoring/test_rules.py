import re

import pytest

from course_utils.authoring.rules import problems
from course_utils.authoring.source import read

SETUP = "import numpy as np\n"
FIRST = '# %% [markdown]\n"""\nThe sum'


def test_the_sample_breaks_no_rule(source):
    assert problems(read(source)) == []


def test_a_line_may_have_110_characters(source, edit):
    edit(SETUP, SETUP + f"x = '{'x' * 104}'\n")
    assert problems(read(source)) == []


@pytest.mark.parametrize(
    ("old", "new_text", "place", "what", "remedy"),
    [
        ("    ### END SOLUTION\n", "", "    ### BEGIN", "without an end", "add `### END SOLUTION`"),
        (
            "    ### BEGIN SOLUTION about 2 lines\n",
            "",
            "    ### END",
            "without a BEGIN",
            "add `### BEGIN SOLUTION about",
        ),
        (
            "    half = x\n",
            "    ### BEGIN SOLUTION about 1 line\n",
            "    ### BEGIN SOLUTION about 1",
            "inside",
            "end that",
        ),
        ("### BEGIN SOLUTION about 2 lines", "### BEGIN SOLUTION", "    ### BEGIN", "not a marker", "about N lines"),
        ("    ### END SOLUTION", "    ## END SOLUTION", "    ## END", "not a marker", "write"),
        (
            'tags=["exercise", "type-along"]',
            'tags=["type-along"]',
            "    ### BEGIN",
            "outside an exercise",
            '["exercise"]',
        ),
        ('["exercise", "type-along"]', '["excercise"]', "def double", "unknown", "write 'exercise'"),
        ("\n\ncheck(double)\n", "\n", "def double", "not checked", r"end the cell with check\(double\)"),
        ("check(double)\n", "check(double)\ndouble(3)\n", "def double", "not checked", r"check\(double\)"),
        ("\n\ncheck(double)\n", "\ndef more(x):\n    pass\n\n\ncheck(double)\n", "def double", "2 definitions", "one"),
        (
            "    return half + half\n    ### END SOLUTION\n",
            "    if x:\n    ### END SOLUTION\n        return x\n",
            "def double",
            "not valid Python",
            "whole statements",
        ),
        ('ask("twice.3", twice)', "twice", "twice = 6", "asks nothing", "ask"),
        ("twice = 6 ", "twice = (\n    6\n) ", "twice = (", "not one line", "name = value"),
        ("twice = 6 ", "twice, b = 6, 7 ", "twice, b", "not one line", "name = value"),
        ("twice = 6 ", "twice = b = 6 ", "twice = b", "not one line", "name = value"),
        ("twice = 6 ", "twice: int = 6 ", "twice: int", "not one line", "name = value"),
        ("twice = 6 ", "a = 5; twice = 6 ", "a = 5", "not one line", "name = value"),
        ('tags=["question"]', "", "twice = 6", "show its answer", r'tags=\["question"\]'),
        (SETUP, SETUP + "x = 0\n" * 20, "import numpy", "of 29 lines", "the most is 25"),
        (SETUP, SETUP + f"x = '{'x' * 105}'\n", "x = 'xxx", "111 characters", "break it"),
        (SETUP, "from numpy import *\n", "from numpy", "star import", "import the names"),
        (SETUP, "import sys\nsys.path.append('..')\n", "sys.path", "sys.path", "package"),
        (SETUP, "# %pip install numpy\n", "", "not plain Python", "leave out magics"),
        ("### Exercise", "#### Exercise", "#### Exercise", "level 4 follows one of level 2", "use ###"),
        ("# 07 · Doubling", "## 07 · Doubling", "## 07", "level 2 follows one of level 0", "use #"),
        (" minutes=6", "", "## How much", "no minutes", "minutes=6"),
        (" minutes=6", ' minutes=6 tags=["written"]', "## How much", "markdown cell with a name", 'name="why"'),
        (" minutes=6", ' minutes="6"', "## How much", "no minutes", "minutes=6"),
        ("Count before", "![a](https://x.org/a.png) Count", "![a]", "image by URL", "figures"),
        ("Count before", '<img alt="a" src="http://x.org/a.png"> Count', "<img", "image by URL", "figures"),
    ],
)
def test_each_broken_rule_names_file_line_and_remedy(source, edit, old, new_text, place, what, remedy):
    edit(old, new_text)
    found = problems(read(source))
    text = source.read_text(encoding="utf-8").split("\n")
    said = [problem.split(":", 2) for problem in found if what in problem]
    assert said, found
    file, line, message = said[0]
    assert file == "solutions/07_doubling.py"
    assert text[int(line) - 1].startswith(place)
    assert re.search(remedy, message.split(what, 1)[1]), message


def test_a_question_without_an_answer_to_give(source, edit):
    edit("twice = 6  # twice three\n", "")
    edit('of_seven = 14   # twice seven, as a "whole # number"\n', "")
    assert ["question cell ask-twice-3 has no" in problem for problem in problems(read(source))] == [True]


def test_four_code_cells_in_a_row(source, edit):
    edit(FIRST, "# %%\na = 1\n\n# %%\nb = 1\n\n" + FIRST)
    assert problems(read(source)) == []
    edit("# %%\nb = 1\n", "# %%\nb = 1\n\n# %%\nc = 1\n")
    (problem,) = problems(read(source))
    assert "4 code cells without prose between; add a markdown cell" in problem


def test_headings_and_markers_in_a_fenced_block_are_no_headings(source, edit):
    edit("Count before you read on.", "```\n##### not a heading\n```")
    assert problems(read(source)) == []


def test_all_problems_are_told_in_the_order_of_the_file(source, edit):
    edit("### Exercise", "#### Exercise")
    edit("Count before", "![a](https://x.org/a.png) Count")
    lines = [int(problem.split(":")[1]) for problem in problems(read(source))]
    assert len(lines) == 2 and lines == sorted(lines)
