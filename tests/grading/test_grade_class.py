"""A class as a whole: a status for everyone whatever happens, and runs that go on where they stopped."""

import csv
import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import quick_graders
from quick_graders import HOMEWORK, OTHER, notebook

from course_utils.grading import exports, feedback, grade_class, gradebook
from course_utils.grading.grade_class import Settings
from course_utils.grading.lateness import LatePolicy, moment
from course_utils.grading.results import FAILED, GRADED, NOTHING, UNREADABLE
from course_utils.grading.roster import Student

HERE = Path(__file__).parent
ROSTER = tuple(Student(f"s{number:02}", f"Student {chr(65 + number)}") for number in range(6))


@pytest.fixture(autouse=True)
def _assignments(monkeypatch):
    monkeypatch.setattr(grade_class, "assignments", lambda: {"hw1": HOMEWORK, "hw2": OTHER})


class Class:
    """An inbox, and the folder that it is graded into."""

    def __init__(self, folder: Path) -> None:
        self.inbox, self.out = folder / "inbox", folder / "grades"
        self.inbox.mkdir()

    def hand_in(self, student: str, text: str, name: str = "hw1.ipynb") -> Path:
        path = self.inbox / student / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(notebook(text))
        return path

    def grade(self, roster=ROSTER, work=quick_graders.grade, told=lambda result: None, **settings):
        settings = Settings(**{"seed": 3, "workers": 2, **settings})
        return grade_class.grade_class([self.inbox], HOMEWORK, roster, self.out, settings, work=work, told=told)

    def rows(self) -> dict[str, dict[str, str]]:
        with (self.out / "grades.csv").open(encoding="utf-8-sig") as file:
            return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture
def room(tmp_path) -> Class:
    return Class(tmp_path)


def statuses(report) -> dict[str, str]:
    return {result.student: result.status for result in report.results}


def full(*arguments, **settings):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_everyone_has_a_status_a_page_and_a_row(room):
    room.hand_in("s00", "points 7")
    room.hand_in("s01", "points 0")
    room.hand_in("nobody", "points 9")
    heard = []
    report = room.grade(told=lambda result: heard.append(result.student))
    assert statuses(report) == {"s00": GRADED, "s01": GRADED, **dict.fromkeys(("s02", "s03", "s04", "s05"), NOTHING)}
    assert [result.earned for result in report.results] == [7.0, 0.0, None, None, None, None]
    assert sorted(heard) == sorted(student.id for student in ROSTER)
    assert (report.graded, report.skipped, report.problems) == (2, 0, ())
    assert report.unmatched == (f"{room.inbox}/nobody/hw1.ipynb",) and report.ambiguous == ()
    assert all((room.out / "feedback" / f"{student.id}.html").is_file() for student in ROSTER)
    rows = room.rows()
    assert rows["s01"]["total"] == "0" and rows["s02"]["total"] == "" and rows["s02"]["status"] == NOTHING
    assert report.results[0].file == f"{room.inbox}/s00/hw1.ipynb"
    assert "threads 1" in report.results[0].notes


def test_ambiguous_files_are_listed_and_graded_for_nobody(room):
    room.hand_in("s00", "points 7", "hw1_s01.ipynb")
    report = room.grade()
    assert report.ambiguous == ((f"{room.inbox}/s00/hw1_s01.ipynb", ("s00", "s01")),)
    assert set(statuses(report).values()) == {NOTHING}


def test_the_latest_of_several_counts_and_that_is_said(room):
    os.utime(room.hand_in("s00", "points 7", "later.ipynb"), (2_000_000_000, 2_000_000_000))
    room.hand_in("s00", "points 3", "hw1.ipynb")
    os.utime(room.hand_in("s00", "points 1", "hw2.ipynb"), (2_100_000_000, 2_100_000_000))
    result = room.grade().results[0]
    assert result.earned == 7.0
    assert any(note.startswith("Handed in 2 times: the latest counts") for note in result.notes)


def test_from_an_archive(room):
    with zipfile.ZipFile(room.inbox / "class.zip", "w") as made:
        made.writestr(
            zipfile.ZipInfo("Student B_77_assignsubmission_file_/hw1.ipynb", (2026, 10, 2, 1, 0, 0)),
            notebook("points 4"),
        )
    result = room.grade(policy=LatePolicy(moment("2026-10-01"), per_day=10)).results[1]
    assert (result.earned, result.late) == (3.6, 1)
    assert result.submitted == datetime(2026, 10, 2, 1).astimezone().isoformat()


def test_a_second_run_grades_only_what_is_new(room):
    room.hand_in("s00", "points 7")
    room.hand_in("s01", "points 5")
    first = room.grade()
    again = room.grade()
    assert (again.graded, again.skipped) == (0, 2) and again.results == first.results
    room.hand_in("s01", "points 6")
    room.hand_in("s02", "points 2")
    report = room.grade()
    assert (report.graded, report.skipped) == (2, 1)
    assert [result.earned for result in report.results[:3]] == [7.0, 6.0, 2.0]


def test_another_version_of_the_assignment_or_another_seed_is_graded_anew(room, monkeypatch):
    room.hand_in("s00", "points 7")
    room.grade()
    other = replace(HOMEWORK, items=(replace(HOMEWORK.items[0], points=11), HOMEWORK.items[1]))
    report = grade_class.grade_class([room.inbox], other, ROSTER, room.out, Settings(), work=quick_graders.grade)
    assert (report.graded, report.skipped, report.seed) == (1, 0, 3)
    assert room.grade(seed=4).graded == 1
    assert json.loads((room.out / "run.json").read_text())["seed"] == 4


def test_the_seed_is_drawn_once_and_kept(room):
    room.hand_in("s00", "points 7")
    first = room.grade(seed=None)
    again = room.grade(seed=None, regrade=True)
    assert first.seed == again.seed and (again.graded, again.skipped) == (1, 0)
    assert first.results == again.results


def test_with_another_key_a_run_does_not_go_on_unless_told(room):
    room.hand_in("s00", "points 7")
    assert "drawn with 9" in room.grade(key="secret").results[0].items[0].sentences
    with pytest.raises(ValueError, match=r"made with a key .* here none\): give the same --key-file, or --regrade"):
        room.grade()
    with pytest.raises(ValueError, match="made with another key"):
        room.grade(key="other")
    assert room.grade(key="secret").skipped == 1
    assert room.grade(regrade=True).graded == 1
    assert "secret" not in (room.out / "run.json").read_text()


def test_lateness_is_of_this_run_and_nothing_is_graded_anew_for_it(room):
    os.utime(room.hand_in("s00", "points 7"), (moment("2026-10-03T12:00").timestamp(),) * 2)
    os.utime(room.hand_in("s01", "points 7"), (moment("2026-10-03T12:00").timestamp(),) * 2)
    assert room.grade().results[0].late == 0
    roster = (ROSTER[0], replace(ROSTER[1], due=moment("2026-10-04")))
    report = room.grade(roster, policy=LatePolicy(moment("2026-10-01"), per_day=20, most=30))
    assert (report.graded, report.skipped) == (0, 2)
    assert [(one.late, one.penalty, one.earned) for one in report.results] == [(2, 0.3, 4.9), (0, 0.0, 7.0)]
    assert room.grade(roster).results[0].earned == 7.0


def test_who_was_graded_in_a_former_run_keeps_the_grade(room):
    room.hand_in("s00", "points 7").touch()
    room.grade()
    (room.inbox / "s00" / "hw1.ipynb").unlink()
    for _ in range(2):
        result = room.grade().results[0]
        assert result.earned == 7.0 and sum("former run" in note for note in result.notes) == 1
    assert room.grade(regrade=True).results[0].status == NOTHING


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("die", "The grading process was ended by SIGKILL, as happens when memory runs out."),
        ("leave", "The grading process ended with status 3."),
        ("raise", "Grading failed: RuntimeError: a fault of the grader."),
        ("sleep 60", "Grading took more than 2 s and was given up."),
    ],
)
def test_what_goes_wrong_in_a_process_is_one_students(room, monkeypatch, text, note):
    monkeypatch.setattr(grade_class, "_BEYOND", 2 - 3 * HOMEWORK.seconds)
    for student in ROSTER:
        room.hand_in(student.id, "points 5")
    room.hand_in("s01", text)
    room.hand_in("s02", text)
    report = room.grade()
    expected = {student.id: GRADED for student in ROSTER} | {"s01": FAILED, "s02": FAILED}
    assert statuses(report) == expected
    assert report.results[1].notes[0] == note and report.results[1].earned is None
    assert len(report.problems) == 2
    # It is tried again, and only it.
    room.hand_in("s01", "points 8")
    report = room.grade()
    assert (report.graded, report.skipped) == (1, 4) and report.results[1].earned == 8.0


def test_a_file_that_cannot_be_read_is_that_students_status(room):
    room.hand_in("s00", "points 5")
    (room.inbox / "s01").mkdir()
    (room.inbox / "s01" / "hw1.ipynb").symlink_to("/etc/passwd")
    (room.inbox / "s02.zip").write_bytes(b"PK")
    report = room.grade()
    assert list(statuses(report).values())[:3] == [GRADED, UNREADABLE, UNREADABLE]
    assert "symbolic link" in report.results[1].notes[0] and "no archive" in report.results[2].notes[0]


def test_a_full_disk_is_said_and_the_class_goes_on(room, monkeypatch):
    for student in ROSTER:
        room.hand_in(student.id, "points 5")
    written, calls = gradebook.write_whole, []

    def once(path, values):
        calls.append(path)
        return full() if path.stem == "s03" else written(path, values)

    with monkeypatch.context() as patch:
        patch.setattr(gradebook, "write_whole", once)
        patch.setattr(feedback, "write", full)
        patch.setattr(exports, "write_all", full)
        report = room.grade()
    assert all(result.earned == 5.0 for result in report.results)
    assert [problem for problem in report.problems if problem.startswith("s03: the grade could not be kept (No space")]
    assert sum("feedback could not be written (No space left" in problem for problem in report.problems) == 6
    assert any("The tables could not be written in" in problem for problem in report.problems)
    report = room.grade()
    assert (report.graded, report.skipped, report.problems) == (1, 5, ())


def test_processes_end_when_the_reader_stops(room):
    for student in ROSTER:
        room.hand_in(student.id, "points 5" if student.id == "s00" else "sleep 60")

    def stop(result):
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        room.grade(told=stop)
    assert time.monotonic() - began < 20
    # What was graded stays, and the folder is free for the next run.
    for student in ROSTER:
        room.hand_in(student.id, "points 5")
    report = room.grade()
    assert (report.graded, report.skipped) == (5, 1)


def _start(room: Class, counts: Path) -> subprocess.Popen:
    roster = room.out.parent / "roster.csv"
    command = [sys.executable, str(HERE / "killed_class.py"), str(room.inbox), str(roster), str(room.out)]
    paths = {"PYTHONPATH": f"{HERE.parent.parent}:{HERE}", "COUNTS": str(counts)}
    # Tests that were started in the background ignore the keyboard, and what they start would, too.
    heeding = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(command, env={**os.environ, **paths}, stdout=subprocess.PIPE, text=True, preexec_fn=heeding)


def _class_of(room: Class, count: int) -> None:
    rows = [f"s{number:03},Student {number},\n" for number in range(count)]
    (room.out.parent / "roster.csv").write_text("id,name,email\n" + "".join(rows))
    for number in range(count):
        room.hand_in(f"s{number:03}", f"points {number % 10}")


def test_killed_at_ten_random_moments_nothing_is_lost_or_doubled(room, tmp_path):
    count, counts, draw = 80, tmp_path / "counts", random.Random(6)
    _class_of(room, count)
    records = room.out / "students"
    killed, stood = 0, []
    for _ in range(10):
        process, before = _start(room, counts), len(list(records.glob("*.json")))
        # Starting takes long and varies; what is to be hit is the grading.
        while process.poll() is None and len(list(records.glob("s*.json"))) == before < count:
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 0.1))
        process.kill()
        killed += process.wait() == -signal.SIGKILL
        stood.append(len(list(records.glob("s*.json"))))
        # Every grade that is there is whole.
        for path in records.glob("s*.json"):
            json.loads(path.read_text())
    assert killed == 10 and stood == sorted(stood) and len(set(stood)) > 3, stood
    process = _start(room, counts)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert told.split() == [str(count - stood[-1]), str(stood[-1]), "0"]
    rows = room.rows()
    assert {row["total"] for row in rows.values()} == {str(number) for number in range(10)} and len(rows) == count
    assert all(rows[f"s{number:03}"]["total"] == str(number % 10) for number in range(count))
    # Graded twice is at most what each of two processes held when it was killed.
    graded = counts.read_text().split()
    assert set(graded) == {f"s{number:03}" for number in range(count)} and len(graded) - count <= 10 * 4
    assert not list(room.out.rglob(".unfinished-*"))


def test_processes_of_a_killed_run_end_too(room, tmp_path):
    _class_of(room, 40)
    process = _start(room, tmp_path / "counts")
    while not list((room.out / "students").glob("s*.json")):
        time.sleep(0.005)
    status = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    children = [Path(f"/proc/{child}") for child in status.read_text().split()]
    process.kill()
    process.wait()
    until = time.monotonic() + 10
    while any(child.exists() for child in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert len(children) >= 2 and not [child for child in children if child.exists()]


def test_interrupted_from_the_keyboard_what_is_graded_stays(room, tmp_path):
    _class_of(room, 40)
    process = _start(room, tmp_path / "counts")
    while not list((room.out / "students").glob("s*.json")):
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) != 0
    kept = len(list((room.out / "students").glob("s*.json")))
    told, _ = _start(room, tmp_path / "counts").communicate(timeout=60)
    assert told.split() == [str(40 - kept), str(kept), "0"]


@pytest.mark.parametrize(
    ("values", "says"), [({"workers": 0}, "workers must be at least 1, got 0"), ({"seed": -1}, "seed")]
)
def test_settings_out_of_range(values, says):
    with pytest.raises(ValueError, match=says):
        Settings(**values)


def test_a_page_that_none_foresaw_costs_nobody_else_theirs(room, monkeypatch):
    room.hand_in("s00", "points 5")
    written = feedback.write

    def write(result, *arguments):
        if result.student == "s00":
            raise RecursionError("too deep")
        return written(result, *arguments)

    monkeypatch.setattr(feedback, "write", write)
    report = room.grade()
    assert report.problems == ("s00: the feedback could not be written (RecursionError: too deep).",)
    assert room.rows()["s00"]["total"] == "5" and (room.out / "feedback" / "s01.html").exists()
