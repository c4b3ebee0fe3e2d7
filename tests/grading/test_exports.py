"""Tables and results.json: everyone on the roster, no zero for what is no grade, no formula in any cell."""

import csv
import io
import json
from dataclasses import replace

import pytest

from course_utils.grading import by_hand, exports, tables
from course_utils.grading.results import BY_HAND, FAILED, GRADED, NOTHING, OTHER, PARTLY, UNREADABLE, WRONG, ItemResult
from course_utils.grading.roster import Student
from tests.grading.examples import ASSIGNMENT, HOSTILE_TEXTS, graded, hostile, missing

ADA = Student("a17", "Ada Lovelace", "ada@example.org", "4711", "123", "Monday")
BOB = Student("b42", "Bob Fox", "bob@example.org")
ROSTER = (ADA, BOB)
ITEMS = [item.name for item in ASSIGNMENT.items]


def table(path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def filled(result, points: float = 8.0):
    """The result with its written answer graded."""
    return replace(result, items=(*result.items[:-1], replace(result.items[-1], earned=points, status=PARTLY)))


def fill(path, **columns) -> None:
    """A person's pen: every row of by_hand.csv gets these values."""
    rows = [{**row, **columns} for row in table(path)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


# grades.csv


def test_everyone_on_the_roster_has_a_row_and_every_item_a_column(tmp_path):
    exports.write_all([graded(late=2, penalty=0.2)], ASSIGNMENT, ROSTER, tmp_path)
    ada, bob = table(tmp_path / "grades.csv")
    assert list(ada)[:4] == ["student", "name", "email", "section"] and list(ada)[4:12] == ITEMS
    assert [ada[name] for name in ITEMS] == ["25", "12.5", "0", "0", "0", "0", "10", ""]
    assert (ada["total"], ada["possible"], ada["percent"], ada["waiting"]) == ("38", "100", "38", "1")
    assert (ada["status"], ada["late"], ada["penalty"]) == (GRADED, "2", "0.2")
    assert ada["notes"] == "Cell 14 was left out: line 3 is not Python."
    assert bob["status"] == NOTHING and bob["name"] == "Bob Fox"


@pytest.mark.parametrize("status", [NOTHING, UNREADABLE, OTHER, FAILED])
def test_no_grade_is_an_empty_cell_and_never_a_zero(status, tmp_path):
    exports.write_all([missing("b42", status)], ASSIGNMENT, [BOB], tmp_path)
    (bob,) = table(tmp_path / "grades.csv")
    assert bob["status"] == status
    assert {bob[name] for name in [*ITEMS, "total", "percent"]} == {""}
    assert table(tmp_path / "canvas.csv")[1][ASSIGNMENT.title] == ""
    assert table(tmp_path / "moodle.csv")[0]["Grade"] == ""


def test_a_result_of_nobody_on_the_roster_is_in_no_table(tmp_path):
    exports.write_all([graded("stranger")], ASSIGNMENT, ROSTER, tmp_path)
    for file in tmp_path.rglob("*.*"):
        assert "stranger" not in file.name + (file.read_text(encoding="utf-8") if file.is_file() else "")


# Canvas and Moodle


def test_canvas_finds_its_columns_and_the_possible_points(tmp_path):
    exports.write_all([filled(graded())], ASSIGNMENT, ROSTER, tmp_path)
    text = (tmp_path / "canvas.csv").read_text(encoding="utf-8")
    assert text.startswith("Student,ID,SIS User ID,SIS Login ID,Section,")
    possible, ada, bob = table(tmp_path / "canvas.csv")
    assert possible["Student"].strip() == "Points Possible" and possible[ASSIGNMENT.title] == "100"
    assert list(ada.values()) == ["Ada Lovelace", "4711", "a17", "ada@example.org", "Monday", "55.5"]
    assert bob["SIS User ID"] == "b42" and bob[ASSIGNMENT.title] == ""


def test_moodle_finds_its_columns(tmp_path):
    exports.write_all([filled(graded())], ASSIGNMENT, ROSTER, tmp_path)
    ada, bob = table(tmp_path / "moodle.csv")
    assert {"Identifier", "Email address", "Grade", "Last modified (grade)", "Feedback comments"} <= set(ada)
    assert (ada["Identifier"], ada["Email address"], ada["Grade"]) == ("Participant 123", "ada@example.org", "55.5")
    assert "12.5 of 25: conv2d_backward" in ada["Feedback comments"]
    assert bob["Identifier"] == "" and "nothing submitted" in bob["Feedback comments"]


def test_half_a_grade_is_not_sent_to_a_gradebook(tmp_path):
    exports.write_all([graded()], ASSIGNMENT, [ADA], tmp_path)
    assert table(tmp_path / "canvas.csv")[1][ASSIGNMENT.title] == ""
    assert table(tmp_path / "moodle.csv")[0]["Grade"] == ""
    assert table(tmp_path / "grades.csv")[0]["total"] == "47.5"


# Formulas

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", " =1", "'=1", "''=1", "=cmd|' /C calc'!A0")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_and_comes_back_as_it_was(text):
    assert tables.cell(text).startswith("'")
    assert tables.text_of(tables.cell(text)).strip("\r\n\t ") == text.strip("\r\n\t ")


@pytest.mark.parametrize("text", ["a=b", "it's", "'quoted'", "", "1", "x-y"])
def test_other_text_is_left_alone(text):
    assert tables.cell(text) == text == tables.text_of(text)


def test_numbers_are_numbers_and_what_is_absent_is_empty():
    assert [tables.cell(value) for value in (7, 7.0, 7.5, 6.666667, -1.5, 0, None)] == [
        *("7", "7", "7.5", "6.67", "-1.5", "0", "")
    ]


@pytest.mark.parametrize("text", [*FORMULAS, *HOSTILE_TEXTS], ids=range(len(FORMULAS) + len(HOSTILE_TEXTS)))
def test_no_cell_of_any_table_begins_like_a_formula(text, tmp_path):
    result = hostile(text)
    item = replace(result.items[0], name="written-why-share", earned=None, status=BY_HAND)
    someone = Student(text, text, text, text, text, text)
    exports.write_all([replace(result, items=(item,))], ASSIGNMENT, [someone], tmp_path)
    for path in tmp_path.glob("*.csv"):
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
        assert len({len(row) for row in rows}) == 1
        for cell in (cell for row in rows for cell in row):
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")), (path.name, cell)
            assert len(cell) < 32_768 and "\x00" not in cell


# Gradescope

SCHEMA = {  # https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
    *("score", "execution_time", "output", "output_format", "test_output_format", "test_name_format"),
    *("visibility", "stdout_visibility", "extra_data", "tests", "leaderboard"),
}
TEST_SCHEMA = {
    *("score", "max_score", "status", "name", "name_format", "number", "output", "output_format"),
    *("tags", "visibility", "extra_data"),
}


def test_gradescope_gets_what_its_schema_knows(tmp_path):
    exports.write_all([graded()], ASSIGNMENT, ROSTER, tmp_path)
    values = json.loads((tmp_path / "gradescope" / "a17.json").read_text())
    assert set(values) <= SCHEMA
    assert values["score"] == 47.5 == sum(test["score"] for test in values["tests"])
    assert [test["name"] for test in values["tests"]] == ITEMS[:-1]
    for test in values["tests"]:
        assert set(test) <= TEST_SCHEMA
        assert test["status"] in ("passed", "failed") and test["visibility"] == "visible"
        assert 0 <= test["score"] <= test["max_score"] and isinstance(test["output"], str)
    assert values["leaderboard"] == [{"name": "train_and_predict: accuracy", "value": 0.961, "order": "desc"}]
    assert "Still to be graded by a person: written-why-share." in values["output"]


def test_a_test_tells_the_visible_cases_and_counts_the_random_ones():
    test = exports.gradescope(graded(), ASSIGNMENT)["tests"][1]
    assert "It looks like this: filters not flipped." in test["output"]
    assert "expected  0.50  1.50" in test["output"]
    assert "Random cases: 10 of 20 right. Look at what stride does" in test["output"]


def test_the_penalty_is_in_the_score_that_gradescope_takes():
    assert exports.gradescope(graded(late=1, penalty=0.2), ASSIGNMENT)["score"] == 38.0


def test_what_is_no_notebook_scores_nothing_with_the_reason_and_a_failed_run_has_no_score():
    values = exports.gradescope(missing(status=UNREADABLE), ASSIGNMENT)
    assert values["score"] == 0.0 and "unreadable" in values["output"]
    assert "score" not in exports.gradescope(missing(status=FAILED), ASSIGNMENT)


# By hand


def test_the_queue_goes_out_and_comes_back(tmp_path):
    queue = tmp_path / "by_hand.csv"
    exports.write_all([graded(), graded("b42")], ASSIGNMENT, ROSTER, tmp_path)
    first, second = table(queue)
    assert (first["student"], second["student"]) == ("a17", "b42")
    assert first["item"] == "written-why-share" and first["possible"] == "10" and first["points"] == ""
    assert first["rubric"] == "Names sharing, and one case in which it hurts."
    assert first["answer"] == "Because a cat is a cat\neverywhere."
    fill(queue, points="7,5", comment="Say more on faces.")
    grades, problems = by_hand.read_by_hand(queue)
    results, further = by_hand.with_hand_grades([graded(), graded("b42")], grades)
    assert not problems and not further
    exports.write_all(results, ASSIGNMENT, ROSTER, tmp_path)
    ada, _ = table(tmp_path / "grades.csv")
    assert (ada["written-why-share"], ada["total"], ada["waiting"]) == ("7.5", "55", "")
    assert table(tmp_path / "canvas.csv")[1][ASSIGNMENT.title] == "55"
    assert [(row["points"], row["comment"]) for row in table(queue)] == [("7.5", "Say more on faces.")] * 2
    assert not (tmp_path / by_hand.FORMER).exists()


@pytest.mark.parametrize("points", ["9", "eleven", "99"])
def test_points_that_no_result_has_are_not_written_over(points, tmp_path):
    exports.write_all([graded()], ASSIGNMENT, [ADA], tmp_path)
    assert not (tmp_path / by_hand.FORMER).exists()
    fill(tmp_path / "by_hand.csv", points=points)
    exports.write_all([graded()], ASSIGNMENT, [ADA], tmp_path)
    assert table(tmp_path / "by_hand.csv")[0]["points"] == ""
    assert table(tmp_path / by_hand.FORMER)[0]["points"] == points


def test_points_for_an_earlier_answer_do_not_count_for_another(tmp_path):
    exports.write_all([graded()], ASSIGNMENT, [ADA], tmp_path)
    fill(tmp_path / "by_hand.csv", points="9")
    result = graded()
    new = replace(result, items=(*result.items[:-1], replace(result.items[-1], answer="Another thought.")))
    grades, _ = by_hand.read_by_hand(tmp_path / "by_hand.csv")
    results, (problem,) = by_hand.with_hand_grades([new], grades)
    assert "9 points were for another answer of a17" in problem
    assert results == (new,)


def test_taking_points_back_changes_status_and_sentence():
    grades = [by_hand.HandGrade("a17", "written-why-share", points, "Good.") for points in (10.0, 4.0, 0.0)]
    items = [by_hand.with_hand_grades([graded()], [grade])[0][0].items[-1] for grade in grades]
    assert [(item.earned, item.status) for item in items] == [(10, "right"), (4, PARTLY), (0, WRONG)]
    assert items[0].sentences == ("Good.",)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a17,written-why-share,eleven", "by_hand.csv, line 2: points must be a number, got 'eleven'"),
        ("a17,written-why-share,-1", "line 2: points must be at least 0"),
        ("a17,written-why-share,nan", "line 2: points must be at least 0"),
        ("a17,written-why-share,11", "line 2: 11 points for written-why-share are more than the 10"),
        ("zoe,written-why-share,1", "line 2: there is no student 'zoe'"),
        ("a17,why-not,1", "line 2: a17 has no item 'why-not'"),
        ("a17,conv2d_forward,1", "line 2: conv2d_forward of a17 does not wait for a person"),
        ("a17,written-why-share,1\na17,written-why-share,2", "line 3: written-why-share of a17 is in line 2 too"),
    ],
)
def test_bad_rows_are_named_and_the_good_ones_count(row, reason, tmp_path):
    path = tmp_path / "by_hand.csv"
    path.write_text(f"student,item,points\n{row}\nb42,written-why-share,3\n", encoding="utf-8")
    grades, problems = by_hand.read_by_hand(path)
    results, further = by_hand.with_hand_grades([graded(), graded("b42")], grades)
    (problem,) = (*problems, *further)
    assert reason in problem
    assert results[1].items[-1].earned == 3.0


@pytest.mark.parametrize("text", ["", "student,points\n", "<html></html>"])
def test_what_is_no_such_table_is_refused(text, tmp_path):
    path = tmp_path / "by_hand.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="must have the columns"):
        by_hand.read_by_hand(path)


def test_what_a_spreadsheet_makes_of_it_is_read(tmp_path):
    path = tmp_path / "by_hand.csv"
    path.write_bytes("\ufeffstudent;item;points\r\n17;written-why-share;2,5\r\n".encode())
    (grade,), problems = by_hand.read_by_hand(path)
    assert grade.points == 2.5 and not problems
    results, problems = by_hand.with_hand_grades([graded("0017")], [grade])
    assert results[0].items[-1].earned == 2.5 and not problems


def test_two_students_that_a_spreadsheet_makes_alike_are_not_guessed():
    grade = by_hand.HandGrade("17", "written-why-share", 2.5)
    _, (problem,) = by_hand.with_hand_grades([graded("0017"), graded("017")], [grade])
    assert "there is no student '17'" in problem


def test_items_that_nobody_grades_by_hand_stay_out_of_the_queue(tmp_path):
    odd = replace(graded(), items=(ItemResult("conv2d_forward", 25, 0.0, WRONG),))
    path = by_hand.write([odd], ASSIGNMENT, tmp_path / "by_hand.csv")
    assert table(path) == []
