"""Points that a person gave: taken in, kept, put in again, and not for another answer."""

import csv
import errno
import os
from dataclasses import replace

import pytest
from examples import ASSIGNMENT, graded

from course_utils.grading import by_hand, hand_grades

FORMER = (graded("a17"), graded("b42"))
ITEM = "written-why-share"


@pytest.fixture
def queue(tmp_path):
    """Writes the folder's queue as a person fills it in: points, and perhaps a comment, by the student's id."""

    def write(path=tmp_path / "by_hand.csv", /, **points):
        by_hand.write(FORMER, ASSIGNMENT, path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row["points"], row["comment"] = points.get(row["student"], ""), "Well seen."
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


def points(results) -> list[float | None]:
    return [next(item.earned for item in result.items if item.name == ITEM) for result in results]


def test_a_filled_in_queue_is_kept_for_all_later_runs(tmp_path, queue):
    queue(a17="7,5")
    assert hand_grades.take_in(FORMER, tmp_path) == []
    assert not (tmp_path / "by_hand.csv").exists() and (tmp_path / "by_hand_taken.csv").exists()
    for _ in range(2):
        results, changed = hand_grades.applied(FORMER, tmp_path)
        assert points(results) == [7.5, None] and changed == []
        assert hand_grades.take_in(FORMER, tmp_path) == []
    assert results[0].earned == FORMER[0].earned + 7.5
    queue(a17="9", b42="1")
    hand_grades.take_in(FORMER, tmp_path)
    assert points(hand_grades.applied(FORMER, tmp_path)[0]) == [9, 1]


def test_a_queue_nobody_has_filled_in_stays(tmp_path, queue):
    queue()
    assert hand_grades.take_in(FORMER, tmp_path) == []
    assert (tmp_path / "by_hand.csv").exists() and not (tmp_path / "hand_grades.json").exists()


def test_a_table_from_elsewhere(tmp_path, queue):
    path = queue(tmp_path / "filled.csv", a17="7")
    assert hand_grades.take_in(FORMER, tmp_path, path) == [] and path.exists()
    assert points(hand_grades.applied(FORMER, tmp_path)[0]) == [7, None]


def test_points_are_not_for_another_answer(tmp_path, queue):
    queue(a17="7")
    hand_grades.take_in(FORMER, tmp_path)
    items = tuple(replace(item, answer="another") if item.name == ITEM else item for item in FORMER[0].items)
    results, changed = hand_grades.applied((replace(FORMER[0], items=items), FORMER[1]), tmp_path)
    assert points(results) == [None, None]
    assert changed == [f"a17: {ITEM} was answered anew since a person graded it"]
    # Who is not graded this time has not answered anew.
    assert hand_grades.applied(FORMER[1:], tmp_path) == (FORMER[1:], [])


def test_rows_that_cannot_be_used_are_said_and_kept_to_be_looked_at(tmp_path, queue):
    queue(a17="many", b42="11")
    problems = hand_grades.take_in(FORMER, tmp_path)
    assert problems[0] == "by_hand.csv, line 2: points must be a number, got 'many'"
    assert problems[1].startswith("by_hand.csv, line ") and "11 points" in problems[1]
    assert points(hand_grades.applied(FORMER, tmp_path)[0]) == [None, None]


def test_who_is_not_known(tmp_path, queue):
    queue(a17="7")
    (problem,) = hand_grades.take_in((), tmp_path)
    assert "there is no student 'a17' among the results" in problem


@pytest.mark.parametrize(
    "content", [b"x,y\n1,2\n", b"\xff\xfe", b"student,item,points\na," + b'"' * 3 + b"x" * 200_000]
)
def test_what_is_no_such_table_stops_before_anything_is_overwritten(tmp_path, content):
    path = tmp_path / "by_hand.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"by_hand\.csv"):
        hand_grades.take_in(FORMER, tmp_path)
    assert path.read_bytes() == content
    with pytest.raises(ValueError, match=r"none\.csv cannot be read"):
        path.unlink()
        hand_grades.take_in(FORMER, tmp_path, tmp_path / "none.csv")


def test_a_full_disk_leaves_the_queue_alone(tmp_path, queue, monkeypatch):
    path = queue(a17="7")
    before = path.read_bytes()

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(hand_grades, "write_whole", full)
    with pytest.raises(ValueError, match=r"hand grades cannot be kept in .* \(No space left on device\); make room"):
        hand_grades.take_in(FORMER, tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", ["", "[]", '{"grades": [{}]}', '{"grades": [{"answer": "", "x": 1}]}'])
def test_damage(tmp_path, content):
    (tmp_path / "hand_grades.json").write_text(content)
    with pytest.raises(ValueError, match=r"hand_grades\.json cannot be read"):
        hand_grades.applied(FORMER, tmp_path)
