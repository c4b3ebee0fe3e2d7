"""`course grade`, `course submit-check` and `course export`: what is asked for, what is told, and exit statuses."""

import functools
import sys
from dataclasses import replace
from types import ModuleType

import pytest
import quick_graders
from examples import graded, missing
from quick_graders import HOMEWORK, OTHER, notebook
from typer.testing import CliRunner

from course_utils.cli import app
from course_utils.grading import assignments, grade_class, grade_one, sandbox
from course_utils.grading.assignments import QuestionItem
from course_utils.grading.results import OTHER as OF_ANOTHER
from course_utils.grading.results import RIGHT, UNREADABLE, CaseResult, ItemResult


def course(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def _course(monkeypatch, tmp_path):
    """Two assignments, a quick grader, a wide terminal and a sandbox."""
    known = {"hw1": HOMEWORK, "hw2": OTHER}
    monkeypatch.setattr(assignments, "assignments", lambda: known)
    monkeypatch.setattr(grade_class, "assignments", lambda: known)
    quick = functools.partial(grade_class.grade_class, work=quick_graders.grade)
    monkeypatch.setattr(grade_class, "grade_class", quick)
    monkeypatch.setattr(sandbox, "sandbox_problem", lambda: "")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def inbox(tmp_path):
    """A roster of three; two have handed in, and there is a file of nobody's and one that may be two's."""
    (tmp_path / "roster.csv").write_text("id,name,email\ns00,Anna [b]Weber,a@x\ns01,Ben Ito,b@x\ns02,Cem Öz,c@x\n")
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "s00.ipynb").write_bytes(notebook("points 7"))
    (folder / "s01.ipynb").write_bytes(notebook("points 9.5"))
    (folder / "zoe.ipynb").write_bytes(notebook("points 1"))
    (folder / "s00_s01.ipynb").write_bytes(notebook("points 1"))
    return folder


def grade(*more, out="grades"):
    return course(
        "grade", "inbox", "--assignment", "hw1", "--roster", "roster.csv", "--out", out, "--workers", 1, *more
    )


def rows(output: str) -> dict[str, list[str]]:
    lines = [line.split("│")[1:-1] for line in output.splitlines() if line.startswith("│")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_a_class(inbox):
    result = grade("--seed", 5)
    assert result.exit_code == 0, result.output
    table = rows(result.stdout)
    assert table["s00"] == ["Anna [b]Weber", "graded", "7 of 15", "1", ""]
    assert table["s02"] == ["Cem Öz", "nothing submitted", "", "", ""]
    assert "2 graded; 1 nothing submitted." in result.stdout
    assert "2 graded now, 0 already graded, with seed 5. All of it is in grades." in result.stdout
    errors = result.stderr
    assert "Files that are nobody's on the roster (1), which were not graded:\n  inbox/zoe.ipynb\n" in errors
    assert (
        "Files that may be several students' (1), which were not graded:\n  inbox/s00_s01.ipynb: s00, s01\n" in errors
    )
    assert "0 graded now, 2 already graded, with seed 5." in grade().stdout
    assert "2 graded now, 0 already graded, with seed 5." in grade("--regrade").stdout
    names = {"run.json", "grades.csv", "canvas.csv", "moodle.csv", "by_hand.csv", "similarity.html"}
    assert names <= {path.name for path in (inbox.parent / "grades").iterdir()}


def test_grades_within_the_inbox_and_the_roster_there_are_no_submissions(inbox):
    (inbox.parent / "roster.csv").rename(inbox / "roster.csv")
    arguments = ["grade", inbox, "--assignment", "hw1", "--roster", inbox / "roster.csv", "--out", inbox / "grades"]
    for _ in range(2):
        errors = course(*arguments, "--workers", 1).stderr
        assert "nobody's on the roster (1)" in errors and "several students' (1)" in errors


def test_late_policy(inbox):
    result = grade("--due", "2020-01-01", "--late-per-day", 10, "--late-most", 50)
    assert rows(result.stdout)["s00"][2] == "3.5 of 15"
    assert rows(result.stdout)["s00"][4].endswith(" d, -50%")
    result = grade("--due", "2999-01-01T12:00", "--late-per-day", 10, "--grace", 5)
    assert rows(result.stdout)["s00"][2:] == ["7 of 15", "1", ""]


def test_points_given_by_hand_go_in(inbox):
    grade()
    path = inbox.parent / "grades" / "by_hand.csv"
    text = path.read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].endswith("points 7,,")
    path.write_text(text.replace("points 7,,", "points 7,4,Good"))
    assert rows(grade().stdout)["s00"][2:4] == ["11 of 15", ""]
    assert rows(grade().stdout)["s01"][3] == "1"


def test_a_student_who_could_not_be_graded_is_told_and_the_status_is_1(inbox):
    (inbox / "s01.ipynb").write_bytes(notebook("raise"))
    result = grade()
    assert result.exit_code == 1
    assert rows(result.stdout)["s01"][1] == "could not be graded" and rows(result.stdout)["s00"][1] == "graded"
    assert "s01: grading failed: RuntimeError: a fault of the grader." in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--assignment", "hv1"], "there is no assignment called 'hv1'; did you mean hw1?"),
        (["--roster", "none.csv"], "none.csv: the roster cannot be read"),
        (["--due", "tomorrow"], "a time must be written as 2026-10-01T23:59, got 'tomorrow'"),
        (["--late-per-day", "10"], "--late-per-day needs --due"),
        (["--due", "2026-10-01", "--late-per-day", "110"], "per_day must be a percentage from 0 to 100, got 110"),
        (["--workers", "0"], "workers must be at least 1, got 0"),
        (["--key-file", "none.txt"], "the key file none.txt cannot be read (No such file or directory)"),
        (["--key-file", "empty.txt"], "the key file empty.txt is empty"),
        (["--by-hand", "none.csv"], "none.csv cannot be read"),
        (["nowhere"], "there is no file or folder nowhere"),
    ],
)
def test_what_the_instructor_can_mend_is_one_sentence(inbox, arguments, says):
    (inbox.parent / "empty.txt").write_text("\n")
    result = grade(*arguments)
    assert result.exit_code == 1 and len(result.stderr.strip().splitlines()) == 1
    assert says in result.stderr


def test_without_a_sandbox_nothing_is_graded_unless_named(inbox, monkeypatch):
    problem = "The sandbox needs bubblewrap: sudo apt-get install bubblewrap."
    monkeypatch.setattr(sandbox, "sandbox_problem", lambda: problem)
    result = grade()
    assert result.exit_code == 1 and not (inbox.parent / "grades").exists()
    assert result.stderr.startswith(problem) and "unless --unsandboxed" in result.stderr
    result = grade("--unsandboxed")
    assert result.exit_code == 0 and "runs with all rights that you have" in result.stderr


def test_interrupted(inbox, monkeypatch):
    def stop(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(grade_class, "grade_class", stop)
    result = grade()
    assert result.exit_code == 130
    assert result.stderr == "Interrupted. What was graded is kept in grades: the same command goes on from there.\n"
    assert "the same command without --regrade goes on" in grade("--regrade").stderr


def test_long_lists_are_cut(inbox):
    for number in range(30):
        (inbox / f"unknown{number}.ipynb").write_bytes(notebook("points 1"))
    errors = grade().stderr
    assert "roster (31), which" in errors and "  and 11 more\n" in errors


# For students


@pytest.fixture
def checked(monkeypatch, tmp_path):
    """Runs submit-check on a result; gives what was printed, and what the grader was asked."""
    (tmp_path / "mine.ipynb").write_bytes(notebook("points 7"))
    asked = []

    def run(result, *arguments):
        monkeypatch.setattr(grade_one, "grade", lambda *values, **named: asked.append((values, named)) or result)
        return course("submit-check", "hw1", "mine.ipynb", *arguments), asked[-1]

    return run


def test_a_student_sees_what_can_be_read(checked):
    shown = (CaseResult("a", True, True), CaseResult("b", False, True))
    items = (
        ItemResult("conv2d_[forward]", 10, 5.0, "partly right", ("`out` is off by one.",), cases=shown),
        *graded().items[1:],
    )
    result, asked = checked(replace(graded(), items=items))
    assert result.exit_code == 0
    assert asked[0][1:] == (HOMEWORK, "") and asked[1] == {"sandboxed": True, "visible_only": True}
    table = rows(result.stdout)
    assert table["conv2d_[forward]"] == ["10", "partly right, in 1 of 2 visible cases"]
    assert table["conv_output_size"][1] == "not attempted"
    assert table["written-why-share"] == ["10", "an answer of 7 words"]
    assert "`out` is off by one." in result.stdout
    assert "Cell 14 was left out: line 3 is not Python." in result.stdout
    assert "Not attempted yet: conv_output_size." in result.stdout
    assert "random cases, which are not tried here" in result.stdout


def test_without_a_sandbox_a_students_own_code_runs_all_the_same(checked, monkeypatch):
    monkeypatch.setattr(sandbox, "sandbox_problem", lambda: "no bwrap")
    result, asked = checked(graded(), "--student", "a17")
    assert result.exit_code == 0 and asked[0][2] == "a17" and asked[1]["sandboxed"] is False
    assert result.stdout.startswith("There is no sandbox on this machine: your code runs as it does in your notebook.")


@pytest.mark.parametrize("status", [UNREADABLE, OF_ANOTHER])
def test_what_cannot_be_graded_is_told_with_its_reason(checked, status):
    result, _ = checked(replace(missing("", status), notes=("It is not JSON.",)))
    assert result.exit_code == 1
    assert result.stderr == f"mine.ipynb: {status}. The grader can give no points for it.\nIt is not JSON.\n"


def test_no_notebook_or_no_such_assignment():
    result = course("submit-check", "hw1")
    assert result.exit_code == 1 and "notebooks/hw1_small.ipynb; give the path of your notebook" in result.stderr
    assert "did you mean hw2?" in course("submit-check", "hw22").stderr


def test_personal_questions_need_the_students_id(checked, monkeypatch):
    personal = replace(HOMEWORK, items=(QuestionItem("share", 4, "share", personal=lambda student, key: None),))
    monkeypatch.setattr(assignments, "assignment", lambda name: personal)
    result, asked = checked(graded(), "--student", "a17")
    assert result.exit_code == 0 and asked[0][2] == "a17"
    assert "random cases" not in result.stdout
    refused = course("submit-check", "hw1", "mine.ipynb")
    assert refused.exit_code == 1
    assert refused.stderr == "hw1 asks everyone about numbers of their own: add --student and your id\n"


# For other tools


@pytest.fixture
def exported(monkeypatch):
    calls = []
    for name in ("nbgrader_course", "gradescope_archive"):
        module = ModuleType(name)
        module.export = lambda *values, tool=name, **named: calls.append((tool, *values, named))
        monkeypatch.setitem(sys.modules, f"course_utils.grading.{name}", module)
        monkeypatch.setattr(f"course_utils.grading.{name}", module, raising=False)
    return calls


def test_export(exported, tmp_path):
    assert course("export", "nbgrader", "there").stdout == "hw1, hw2 for nbgrader: there\n"
    assert course("export", "nbgrader", "there", "--assignment", "hw2").exit_code == 0
    assert course("export", "gradescope", "x.zip", "--assignment", "hw1").exit_code == 0
    assert [(tool, str(path), what) for tool, path, what, _ in exported] == [
        ("nbgrader_course", "there", [HOMEWORK, OTHER]),
        ("nbgrader_course", "there", [OTHER]),
        ("gradescope_archive", "x.zip", HOMEWORK),
    ]
    assert exported[0][3] == {"key": "", "seed": None}
    (tmp_path / "key.txt").write_text("secret\n")
    for tool in ("nbgrader", "gradescope"):
        course("export", tool, "there", "--assignment", "hw1", "--key-file", "key.txt", "--seed", 4)
        assert exported[-1][3] == {"key": "secret", "seed": 4}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["moodle", "x"], "the tool to export for must be nbgrader or gradescope, got 'moodle'"),
        (["gradescope", "x.zip"], "say which, such as --assignment hw1"),
        (["nbgrader", "x", "--assignment", "hw9"], "there is no assignment called 'hw9'"),
    ],
)
def test_export_of_what_is_not_there(exported, arguments, says):
    result = course("export", *arguments)
    assert result.exit_code == 1 and says in result.stderr and exported == []


def test_right_is_what_the_table_says_of_an_item_without_cases(checked):
    result, _ = checked(replace(graded(), items=(ItemResult("q", 5, 5.0, RIGHT),), notes=()))
    assert rows(result.stdout)["q"] == ["5", "right"]


def test_personal_questions_without_a_key_are_told_of(inbox, monkeypatch):
    personal = replace(HOMEWORK, items=(QuestionItem("share", 4, "share", personal=lambda student, key: None),))
    monkeypatch.setattr(assignments, "assignment", lambda name: personal)
    (inbox.parent / "key.txt").write_text("autumn\n")
    said = "Without --key-file, hw1 is graded as for self-study"
    assert said in grade().stderr
    assert said not in grade("--key-file", "key.txt", out="others").stderr
