"""Feedback pages: complete, for everybody, and with nothing in them but text from what students write."""

import base64
import hashlib
import json
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from course_utils.grading import feedback
from course_utils.grading.results import (
    BY_HAND,
    FAILED,
    FORBIDDEN,
    NOT_ATTEMPTED,
    NOT_TRIED,
    NOTHING,
    OTHER,
    PARTLY,
    RIGHT,
    STOPPED,
    UNREADABLE,
    WRONG,
    CaseResult,
)
from course_utils.grading.text import LONGEST, file_name, one_line, plain
from tests.grading.examples import ASSIGNMENT, HOSTILE_TEXTS, graded, hostile, missing


class Page(HTMLParser):
    """The elements of a page, their attributes, and the text that is seen."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.seen = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.seen += data

    @property
    def text(self) -> str:
        return " ".join(self.seen.split())


def read(result, **settings) -> Page:
    return Page(feedback.page(result, ASSIGNMENT, **settings))


# What it tells


def test_the_top_has_student_assignment_sum_and_what_waits():
    text = read(graded(), name="Ada Lovelace").text
    assert "Homework 1: convolution and pooling" in text
    assert "Ada Lovelace · a17" in text
    assert "47.5 of 100 points so far" in text
    assert "Still to be graded by a person: written-why-share (10 points)." in text
    assert "2026-10-01 at 23:59 (UTC+02:00)" in text


def test_nothing_waits_once_all_is_graded():
    result = graded()
    items = (*result.items[:-1], replace(result.items[-1], earned=8.0, status=PARTLY))
    text = read(replace(result, items=items)).text
    assert "55.5 of 100 points" in text
    assert "so far" not in text and "Still to be graded" not in text


@pytest.mark.parametrize("status", [RIGHT, PARTLY, WRONG, NOT_ATTEMPTED, STOPPED, FORBIDDEN, BY_HAND])
def test_every_status_of_an_item_has_a_sign_and_its_word(status):
    text = read(graded()).text
    assert f"{feedback._SIGNS[status]} {status}" in text


def test_statuses_differ_without_colour():
    assert len(set(feedback._SIGNS.values())) == 7


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (NOTHING, "Nothing was handed in"),
        (UNREADABLE, "could not be read as a notebook"),
        (OTHER, "of another assignment"),
        (FAILED, "Your teacher knows"),
    ],
)
def test_no_grade_is_said_and_is_no_zero(status, words):
    text = read(missing(status=status)).text
    assert "No grade" in text and words in text
    assert "0 of" not in text


@pytest.mark.parametrize(
    ("late", "penalty", "sentence"),
    [
        (0, 0.0, ""),
        (1, 0.1, "Handed in 1 day late: 10% of the points, 4.75 of 47.5, is taken off for that."),
        (3, 0.0, "Handed in 3 days late; nothing is taken off for that."),
    ],
)
def test_the_late_policy_in_words(late, penalty, sentence):
    result = graded(late=late, penalty=penalty)
    assert feedback.lateness(result) == sentence
    assert sentence in read(result).text
    assert ("late" in read(result).text) == bool(late)


def test_visible_cases_are_told_in_full_and_random_ones_as_a_row_with_a_hint():
    page = read(graded())
    assert "Visible cases: 2 of 4 right" in page.text
    assert "yours 0.25 1.50 expected 0.50 1.50" in page.text
    assert "Random cases: 10 of 20 right ✓✓✓✓✓✓✓✓✓✓✗✗✗✗✗✗✗✗✗✗" in page.text
    assert "A hint. Look at what stride does to the places between the outputs." in page.text
    assert ("p", "aria-label", "10 of 20 random cases are right") in page.attributes


def test_the_numbers_of_the_first_wrong_case_are_open_and_the_others_a_click_away():
    page = read(graded())
    assert page.tags.count("details") == page.tags.count("summary") == 2
    assert [name for tag, name, _ in page.attributes if tag == "details"] == ["open"]


def test_without_a_word_from_the_judge_the_exercise_has_a_hint():
    result = graded()
    item = result.items[1]
    bare = replace(item, cases=tuple(replace(case, what="") for case in item.cases))
    from course_utils.exercises import exercises

    assert feedback.random_hint(bare) == exercises()["conv2d_backward"].hints[0]
    assert feedback.random_hint(result.items[0]) == ""


def test_a_misconception_has_its_name_and_its_sentence():
    text = read(graded()).text
    assert "It looks like this: filters not flipped The gradient of the input slides" in text


def test_marks_of_our_sentences_are_shown_as_such():
    assert "<code>torch.relu</code>" in feedback.page(graded(), ASSIGNMENT)
    assert "<strong>54</strong>" in feedback.page(graded(), ASSIGNMENT)


# What it keeps to itself


def test_the_seed_and_what_random_cases_hold_stay_out(tmp_path):
    result = graded()
    item = result.items[1]
    secret = replace(item, cases=tuple(c if c.shown else replace(c, details=("SECRET",)) for c in item.cases))
    path = feedback.write(replace(result, items=(secret,)), ASSIGNMENT, tmp_path)
    for text in (path.read_text(), path.with_suffix(".json").read_text()):
        assert "SECRET" not in text and "20260921" not in text


# Text stays text


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=range(len(HOSTILE_TEXTS)))
def test_nothing_that_a_student_writes_becomes_markup(text, tmp_path):
    path = feedback.write(hostile(text), ASSIGNMENT, tmp_path, name=text)
    assert path.parent == tmp_path
    html = path.read_text(encoding="utf-8")
    page, harmless = Page(html), Page(feedback.page(hostile("x"), ASSIGNMENT, name="x"))
    # What our own marks make of it is code, strong and em; else it is the very same page.
    kept = [tag for tag in page.tags if tag not in ("code", "strong", "em")]
    assert kept == [tag for tag in harmless.tags if tag not in ("code", "strong", "em")]
    assert not page.open
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name in ("src", "style")]
    assert {value[:6] for _, name, value in page.attributes if name == "href"} == {"#item-"}
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", html)
    assert len(html) < 100_000
    json.loads(path.with_suffix(".json").read_text())


def test_a_million_characters_are_cut_and_that_is_said():
    text = read(hostile("M" * 1_000_000)).text
    assert "(cut: 4,000 of 1,000,000 characters are shown)" in text
    assert "(cut: 20,000 of 1,000,000 characters are shown)" in text


def test_the_page_holds_no_script_and_its_policy_allows_none():
    html = feedback.page(graded(), ASSIGNMENT)
    assert html.startswith("<!DOCTYPE html>")
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base"} & set(page.tags)
    (policy,) = [value for tag, name, value in page.attributes if name == "content" and "default-src" in value]
    style = re.search(r"<style>(.*?)</style>", html, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "http" not in html.replace('http-equiv="', "")


def test_the_page_can_be_used_without_sight():
    page = read(graded())
    assert ("html", "lang", "en") in page.attributes
    assert page.tags.count("h1") == 1 and page.tags.count("main") == 1
    assert {"caption", "thead", "tbody"} <= set(page.tags)
    ids = {value for _, name, value in page.attributes if name == "id"}
    assert {value for _, name, value in page.attributes if name == "aria-labelledby"} <= ids
    assert {value[1:] for _, name, value in page.attributes if name == "href"} <= ids


# Files


def test_two_files_lie_side_by_side_and_nothing_else(tmp_path):
    path = feedback.write(graded(), ASSIGNMENT, tmp_path / "new")
    assert sorted(file.name for file in path.parent.iterdir()) == ["a17.html", "a17.json"]
    values = json.loads((path.parent / "a17.json").read_text())
    assert values["earned"] == 47.5 and values["items"][7]["earned"] is None
    assert stat.S_ISREG(path.stat().st_mode)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", "", ".hidden", "-rf", "ä" * 300, "\ud800", "a\nb"])
def test_no_name_leads_out_of_the_folder(name, tmp_path):
    path = feedback.write(missing(name), ASSIGNMENT, tmp_path)
    assert path.parent == tmp_path and path.exists()
    assert not path.name.startswith((".", "-")) and len(path.name) < 120


def test_names_that_are_made_safe_stay_apart():
    names = ["a/b", "a_b", "a\\b", "a:b", ".a", "a"]
    assert len({file_name(name) for name in names}) == len(names)
    assert file_name("s1234567") == "s1234567"


# Text


def test_plain_keeps_what_reads_and_shows_what_hides():
    assert plain("tab\tline\nΣ ж 漢 🙂") == "tab\tline\nΣ ж 漢 🙂"
    assert plain("\x1b[1;31mred\x1b[0m") == "red"
    assert plain("a\u202eb\x00") == "a[U+202E]b[U+0000]"
    assert plain("a\u0301") == "a\u0301"
    assert plain("x" * (LONGEST + 1)).endswith("(cut: 4,000 of 4,001 characters are shown)")
    assert plain("x" * LONGEST) == "x" * LONGEST
    assert one_line(" a\n\tb ") == "a b"


def test_the_folders_of_the_teacher_are_not_shown(tmp_path):
    path = feedback.write(replace(graded(), file="/home/teacher/class of 2026/ada/hw1.ipynb"), ASSIGNMENT, tmp_path)
    for text in (path.read_text(encoding="utf-8"), path.with_suffix(".json").read_text(encoding="utf-8")):
        assert "hw1.ipynb" in text and "teacher" not in text


def test_a_case_that_was_not_tried_is_no_hint():
    result = graded()
    item = replace(result.items[0], cases=(CaseResult("random 1", False, False, NOT_TRIED),))
    assert feedback.random_hint(item) != NOT_TRIED
