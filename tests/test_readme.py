"""The README's table says what the lessons hold."""

import re

import pytest

from course_utils import models, paths
from course_utils.accounting import claims
from course_utils.exercises import exercises, questions
from course_utils.grading.assignments import assignment
from course_utils.lessons import HOMEWORK, LESSONS

README = (paths.ROOT / "README.md").read_text(encoding="utf-8")
ROWS = {
    row[1]: [cell.strip() for cell in row[2].split("|")] for row in re.finditer(r"^\| (\d\d) \| (.*) \|$", README, re.M)
}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.number)
def test_row_of_lesson(lesson):
    title, *numbers = ROWS[lesson.number]
    assert title == lesson.title
    source = paths.SOLUTIONS / f"{lesson.file}.py"
    if not source.exists():
        assert numbers == ["", "", ""], "a lesson that is not written has no numbers"
        return
    minutes = sum(map(int, re.findall(r"^# %%.*\bminutes=(\d+)", source.read_text(encoding="utf-8"), re.M)))
    own = [sum(item.lesson == lesson.number for item in kind().values()) for kind in (exercises, questions)]
    assert numbers == [str(minutes), *map(str, own)]


def test_rows_of_homework():
    rows = re.findall(r"^\| (hw\d) \| (.*?) \| (\d+) \|", README, re.M)
    assert rows == [(one.number, one.title, f"{assignment(one.number).points:g}") for one in HOMEWORK]


def test_totals():
    misconceptions = sum(len(exercise.misconceptions) for exercise in exercises().values())
    totals = re.search(r"hold (\d+) exercises with (\d+) named misconceptions, and (\d+) questions", README)
    assert list(map(int, totals.groups())) == [len(exercises()), misconceptions, len(questions())]


def test_lessons_last_as_long_as_promised():
    for number, (_, minutes, *_) in ROWS.items():
        if minutes and number != "00":
            assert 45 <= int(minutes) <= 75, number


def test_number_of_networks():
    assert int(re.search(r"`course_utils\.models`, (\d+) of them", README)[1]) == len(models.list())


def test_verdicts_of_the_ledger():
    words = {
        "all": r"(\d+) of them, beside",
        "confirmed": r"(\d+) are right",
        "rounding": r"(\d+) rounded",
        "convention": r"(\d+) true by one way",
        "historical": r"(\d+) facts",
        "wrong": r"and (\d+) are wrong",
    }
    stated = {verdict: int(re.search(pattern, README)[1]) for verdict, pattern in words.items()}
    counted = {verdict: sum(claim.verdict == verdict for claim in claims.load()) for verdict in claims.VERDICTS}
    assert stated == counted | {"all": len(claims.load())}


def test_picture_is_there():
    picture = paths.ROOT / re.search(r"!\[[^\]]+\]\(([^)]+)\)", README)[1]
    assert picture.stat().st_size < 300_000
