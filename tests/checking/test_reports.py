"""Reports: the same words as HTML and as text, nothing of a learner's taken for markup, readable on any theme."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from course_utils.checking import judge, records
from course_utils.checking.answers import explain_answer
from course_utils.checking.explain import explain
from course_utils.checking.overview import Overview
from course_utils.checking.report import Grid, Report, literal, number
from course_utils.exercises import exercises, questions

NASTY = '<script>alert("x")</script><img src=x onerror=alert(1)> & </div> `a` **b** *c*'


def reports():
    """One report of every kind."""
    for name, exercise in exercises().items():
        yield f"{name}: right", explain(judge(exercise, exercise.reference))
        for misconception in exercise.misconceptions[:6]:
            yield f"{name}: {misconception.name}", explain(judge(exercise, misconception.function))
    for question in questions().values():
        for answer in (question.answer, ..., None, *(slip.answer for slip in question.slips[:1])):
            yield f"{question.identifier}: {answer}", explain_answer(question, answer)


@pytest.fixture(scope="module")
def every_report():
    return dict(reports())


def test_html_and_text_hold_the_same_words(every_report, words):
    for name, report in every_report.items():
        # The small map of all slices is a drawing, and a star for a wrong place needs its meaning told only in text.
        page = words(report._repr_html_().replace("where, slice by slice", ""))
        text = words(str(report).replace("(* differs)", ""))
        assert sorted(page) == sorted(text), name


def test_html_is_well_formed(every_report):
    for name, report in every_report.items():
        try:
            ElementTree.fromstring(report._repr_html_())
        except ElementTree.ParseError as error:
            raise AssertionError(name) from error


def test_colours_hold_on_any_theme(every_report):
    pages = [report._repr_html_() for report in every_report.values()] + [Overview(records.load()[0])._repr_html_()]
    for page in pages:
        assert not re.search(r"background(-color)?\s*:(?!none)", page)
        assert not re.search(r"[^-]color\s*:\s*(#000|#fff|black|white|#111|#222|#333)", page)
        for colour in re.findall(r"(?<![\w-])color\s*:\s*([^;\"]+)", page):
            assert colour.startswith(("var(--jp-", "inherit", "#009E73", "#D55E00", "#7f7f7f", "#0072B2")), colour
        assert "var(--jp-content-font-color1" in page


def relu_forward_raising(x):
    raise ValueError(NASTY)


def relu_forward_printing(x):
    print(NASTY)
    return x, x


@pytest.mark.parametrize("function", [relu_forward_raising, relu_forward_printing])
def test_what_a_learner_wrote_is_not_markup(function):
    report = explain(judge(exercises()["relu_forward"], function))
    page = report._repr_html_()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "**b** *c*" in page
    assert "**b** *c*" in str(report)
    ElementTree.fromstring(page)


def test_an_answer_is_not_markup():
    question = next(iter(questions().values()))
    page = explain_answer(question, NASTY)._repr_html_()
    assert "<script" not in page
    assert "<img" not in page
    ElementTree.fromstring(page)


def test_a_result_that_is_text_is_not_markup():
    report = explain(judge(exercises()["conv_output_size"], lambda **_: NASTY))
    assert "<script" not in report._repr_html_()
    ElementTree.fromstring(report._repr_html_())


def test_a_record_is_not_markup():
    page = Overview({"exercises": {}, "questions": {}}, NASTY)._repr_html_()
    assert "<script" not in page


def test_marks():
    report = Report("note", "**strong** and *stressed* and `x**2 + y**2` and 2 * 3 * 4")
    assert str(report) == "• strong and stressed and `x**2 + y**2` and 2 * 3 * 4"
    page = report._repr_html_()
    assert "<strong>strong</strong> and <em>stressed</em> and <code>x**2 + y**2</code> and 2 * 3 * 4" in page


def test_literal_keeps_backticks_and_length_in_bounds():
    assert literal("a `b` c") == "`a 'b' c`"
    assert len(literal("x" * 1000)) == 202


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (-0.25, "-0.25"),
        (1.04e-5, "1.04e-05"),
        (1 / 3, "0.3333"),
        (1e12, "1e+12"),
        (-0.0, "0"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (np.float32(2), "2"),
        (np.int64(7), "7"),
        (True, "True"),
    ],
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_a_large_grid_is_shown_around_its_first_wrong_place():
    values = np.zeros((40, 40))
    wrong = np.zeros((40, 40), bool)
    values[30, 25], wrong[30, 25] = 7, True
    report = Report("bad", "title", grids=[Grid("yours", values, wrong)])
    text = str(report)
    assert "7*" in text
    assert "(part of it)" in text
    assert len(text.splitlines()) < 14
    page = report._repr_html_()
    assert ">7</td>" in page
    assert page.count("<td") <= 80


def test_wrong_places_are_marked_without_colour():
    exercise = exercises()["horizontal_difference"]
    report = explain(judge(exercise, exercise.misconceptions[0].function))
    assert re.search(r"-\d\*", str(report))
    assert "(* differs)" in str(report)
    assert "outline:2px solid" in report._repr_html_()


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (1, 1, 1), (2, 2, 2, 2), (0,), (0, 3)])
def test_results_of_any_shape_are_drawn(shape):
    report = explain(judge(exercises()["correlate2d"], lambda x, kernel: np.full(shape, 1e300)))
    assert str(report)
    ElementTree.fromstring(report._repr_html_())
