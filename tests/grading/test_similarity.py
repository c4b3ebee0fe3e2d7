"""Alike submissions: copies are found through new names and layout, what is given or usual is not, and it is quick."""

import random
import re
import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.grading import similarity, similarity_report
from course_utils.grading.similarity import alike
from course_utils.grading.tokens import tokens
from tests.grading.examples import ASSIGNMENT, HOSTILE_TEXTS

GIVEN = '''
import numpy as np
from course_utils import check, start
start("hw1")
def conv2d_forward(x, weight, bias=None, stride=1, padding=0):
    """x (N, C, H, W) -> out (N, K, OH, OW)."""
    cache = (x, weight, bias, stride, padding)
    (N, C, H, W), (K, depth, KH, KW) = x.shape, weight.shape
    raise NotImplementedError
check(conv2d_forward)
'''


def student(seed: int, functions: int = 6) -> str:
    """A program of its own: expressions drawn at random within loops, as code of one task never quite is."""
    rng = random.Random(seed)
    lines = [GIVEN.replace("    raise NotImplementedError\n", "")]

    def expression(depth: int) -> str:
        if depth == 0:
            return rng.choice(["x", "weight", "out", "i", "j", "H", "W", "2", "stride", "x.shape", "np.pi"])
        left, right = expression(depth - 1), expression(rng.randrange(depth))
        forms = ["({} + {})", "({} * {})", "np.maximum({}, {})", "{}[{}]", "({} - {})", "({} // {})", "np.dot({}, {})"]
        return rng.choice([*forms, "[{} for n in range({})]", "(-{} if {} else 0)"]).format(left, right)

    for number in range(functions):
        lines.append(f"def part_{number}(x, weight, stride):")
        for _ in range(rng.randrange(3, 6)):
            head = rng.choice(["for i in range({}):", "while {}:", "if {} > 0:", "with np.errstate(all={}):"])
            lines.append("    " + head.format(expression(1)))
            lines += [f"        out = {expression(3)}" for _ in range(rng.randrange(1, 4))]
        lines.append(f"    return {expression(2)}")
    return "\n".join(lines)


def renamed(code: str) -> str:
    """A copy as it is disguised: other names, other numbers, comments, empty lines, and another order of functions."""
    for old, new in {"out": "resultat", "weight": "w8", "stride": "step", "part_": "stueck_", "x": "bild"}.items():
        code = re.sub(rf"\b{old}", new, code)
    head, *parts = re.split(r"(?=^def stueck_)", code, flags=re.MULTILINE)
    body = "\n\n".join(f"# my own work\n{part}" for part in reversed(parts))
    return head + re.sub(r"\b2\b", "3", body).replace(" + ", "  +  ")


@pytest.fixture(scope="module")
def everybody() -> dict[str, str]:
    codes = {f"s{number:03}": student(number) for number in range(40)}
    codes["copy"] = renamed(codes["s007"])
    half = student(11).split("def part_3")[0] + "def part_3" + student(900).split("def part_3")[1]
    codes["half"] = half
    return codes


def test_a_disguised_copy_stands_first(everybody):
    first = alike(everybody, GIVEN)[0]
    assert {first.first, first.second} == {"copy", "s007"}
    assert first.share > 0.9
    assert first.names < 0.5


def test_half_a_copy_is_found_with_about_half_a_share(everybody):
    pairs = {frozenset((pair.first, pair.second)): pair for pair in alike(everybody, GIVEN, least=0.3)}
    pair = pairs[frozenset(("half", "s011"))]
    assert 0.3 < pair.share < 0.7
    assert pair.names > 0.98
    assert not any("part_4" in line for line in passage_lines(everybody[pair.second], pair.passages, 1)[:-2])


def test_nobody_else_is_listed(everybody):
    assert len(alike(everybody, GIVEN, least=0.3)) == 2


def test_passages_are_the_lines_that_were_copied(everybody):
    first = alike(everybody, GIVEN)[0]
    copied = [
        passage_lines(everybody[name], first.passages, side) for side, name in enumerate((first.first, first.second))
    ]
    total = sum(line.startswith("        out =") for line in everybody["s007"].split("\n"))
    assert sum("=" in line for line in copied[0]) > 0.9 * total
    forms = [[token.form for token in tokens("\n".join(lines)) if token.form.isidentifier()] for lines in copied]
    assert len(forms[0]) == pytest.approx(len(forms[1]), rel=0.1)


def passage_lines(code: str, passages, side: int) -> list[str]:
    places = [(passage.first, passage.second)[side] for passage in passages]
    lines = code.split("\n")
    return [line for start, end in places for line in lines[start - 1 : end]]


def test_what_was_given_does_not_count():
    codes = {"a": GIVEN + student(1), "b": GIVEN + student(2)}
    assert alike(codes, GIVEN, least=0.05) == ()
    assert alike({"a": GIVEN, "b": GIVEN}, GIVEN) == ()


def test_what_much_of_the_class_writes_does_not_count():
    usual = student(77)
    codes = {f"s{number}": f"{usual}\n{student(number)}" for number in range(20)}
    assert alike(codes, least=0.2) == ()
    few = {name: codes[name] for name in ("s1", "s2")}
    assert len(alike(few, least=0.2)) == 1


def test_a_ring_of_five_does_not_hide_itself(everybody):
    ring = {f"ring{number}": renamed(student(500)) if number % 2 else student(500) for number in range(5)}
    pairs = alike({**everybody, **ring}, GIVEN)
    assert sum(pair.first.startswith("ring") and pair.second.startswith("ring") for pair in pairs) == 10


def test_short_and_empty_submissions_are_passed_over():
    assert alike({"a": "", "b": "", "c": "x = 1", "d": "y = 2"}) == ()


def test_code_that_python_cannot_read_is_compared_all_the_same():
    broken = student(5).replace("def part_2", "def part_2(((")
    pairs = alike({"a": broken, "b": broken, "c": student(6)})
    assert [(pair.first, pair.second) for pair in pairs] == [("a", "b")]


@pytest.mark.parametrize("least", [0, -1, 1.1])
def test_a_share_out_of_range_is_refused(least):
    with pytest.raises(ValueError, match=f"least must be above 0 and at most 1, got {least}"):
        alike({}, least=least)


def test_two_hundred_submissions_take_seconds():
    codes = {f"s{number}": student(number, functions=12) for number in range(199)}
    codes["copy"] = renamed(codes["s8"])
    start = time.process_time()
    pairs = alike(codes, GIVEN)
    seconds = time.process_time() - start
    assert {pairs[0].first, pairs[0].second} == {"copy", "s8"}
    assert seconds < 30


# Tokens


def test_names_numbers_text_comments_and_layout_are_taken_out():
    one = 'def f(a, b):\n    """Adds."""\n    c = a.shape[0] + 12  # first\n    return np.zeros(c, "x")\n'
    other = "def add(first ,  second):\n  total = first.shape[7]+3.5\n\n  return np.zeros( total,'yes' )"
    assert [token.form for token in tokens(one)] == [token.form for token in tokens(other)]
    assert "shape" in [token.form for token in tokens(one)]
    assert [token.text for token in tokens(one) if token.own] == ["f", "a", "b", "c", "a", "c"]


@pytest.mark.parametrize("code", ["", "(", "'", '"""', "\x00", "\ud800", "x = (" * 500, "  a\n b\n", "é = 1", "$ ? `"])
def test_nothing_that_is_written_stops_it(code):
    tokens(code)
    alike({"a": code, "b": code})


# The report


def test_the_report_shows_both_side_by_side(everybody, tmp_path):
    pairs = similarity_report.write(everybody, ASSIGNMENT, tmp_path)
    html = (tmp_path / "similarity.html").read_text(encoding="utf-8")
    assert "<bdi>copy</bdi> and <bdi>s007</bdi>" in html
    assert "resultat" in html and "They say nothing on why" in html
    assert (
        (tmp_path / "similarity.csv").read_text(encoding="utf-8-sig").startswith("first,second,code alike,names alike")
    )
    assert len(pairs) == 2


def test_the_code_of_a_file_is_all_its_cells():
    notebook = new_notebook(cells=[new_code_cell("a = 1"), new_markdown_cell("x"), new_code_cell("b = 2")])
    assert similarity_report.code_of(nbformat.writes(notebook).encode(), "a.ipynb") == "a = 1\n\nb = 2"
    assert similarity_report.code_of(b"\x00 no notebook", "a.ipynb") == ""


def test_the_report_of_no_pairs_says_so(tmp_path):
    similarity_report.write({"a": student(1), "b": student(2)}, ASSIGNMENT, tmp_path)
    assert "No two of the 2 submissions are alike" in (tmp_path / "similarity.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", HOSTILE_TEXTS[:12], ids=range(12))
def test_code_and_names_of_students_are_text(text):
    code = f"{student(3)}\nx = '''{text}'''\n"
    codes = {f"{text}1": code, f"{text}2": code}
    html = similarity_report.page(similarity.alike(codes), codes, "Homework")
    assert "<script" not in html and "<img" not in html
    assert html.count("</style>") == 1 and html.count("</main>") == 1
    assert "<bdi>" in html
