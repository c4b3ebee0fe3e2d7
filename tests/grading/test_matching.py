"""Whose file is it: names as people and learning platforms give them, and what must not be guessed."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from course_utils.grading.collecting import Found
from course_utils.grading.matching import Matcher, choose, sort_out, words
from course_utils.grading.roster import Student

ROSTER = (
    Student("aw17", "Anna Weber", "anna.weber@uni.edu", canvas_id="9001", moodle_id="Participant 501"),
    Student("100234", "Ben Ito", "b.ito@uni.edu", canvas_id="9002", moodle_id="502"),
    Student("100235", "Çem Öz-Kara", "cem@uni.edu"),
    Student("7", "Dora Anna Weber", "dora@uni.edu"),
    Student("e-12", "Li, Wei", "li@uni.edu"),
    Student("f1", "Wei Li", "wei@uni.edu"),
    Student("g99", "Ghada", "ghada@uni.edu"),
    Student("h1", "Kim Park", "k1@uni.edu"),
    Student("h2", "Kim Park", "k2@uni.edu"),
)
MATCHER = Matcher(ROSTER)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        # By the names of folders.
        ("submitted/aw17/hw1/hw1.ipynb", {"aw17"}),
        ("inbox/AW17/hw1.ipynb", {"aw17"}),
        ("inbox/Anna Weber/hw1.ipynb", {"aw17"}),
        ("inbox/weber_anna/hw1.ipynb", {"aw17"}),
        ("inbox/anna.weber@uni.edu/hw1.ipynb", {"aw17"}),
        ("inbox/b.ito/hw1.ipynb", {"100234"}),
        ("inbox/Cem_Oz-Kara/x.ipynb", {"100235"}),
        ("inbox/7/hw1.ipynb", {"7"}),
        ("inbox/e-12/hw1.ipynb", {"e-12"}),
        # By the file's name.
        ("hw1_100234.ipynb", {"100234"}),
        ("100234-hw1-final(2).ipynb", {"100234"}),
        ("hw1_anna_weber.ipynb", {"aw17"}),
        ("hw1 Weber Anna.ipynb", {"aw17"}),
        ("dora-anna-weber_hw1.ipynb", {"7"}),
        ("ghada.ipynb", {"g99"}),
        ("hw1_g99.py", {"g99"}),
        # Canvas, and its bundle with a student's archive in it.
        ("weberanna_9001_55512_hw1.ipynb", {"aw17"}),
        ("weberanna_LATE_9001_55512_hw1-2.ipynb", {"aw17"}),
        ("submissions/itoben_9002_5_100235.ipynb", {"100234"}),
        ("ozkaracem_4444_100234_hw1.ipynb", {"100235"}),
        ("submissions/weberanna_9001_5_work/notebook.ipynb", {"aw17"}),
        # Moodle, with folders and without.
        ("Anna Weber_501_assignsubmission_file_/hw1.ipynb", {"aw17"}),
        ("Anna Weber_501_assignsubmission_file_hw1.ipynb", {"aw17"}),
        ("Çem Öz-Kara_777_assignsubmission_file_/hw1.ipynb", {"100235"}),
        ("Somebody_502_assignsubmission_file_/100235.ipynb", {"100234", "100235"}),
        # Nobody's.
        ("hw1.ipynb", set()),
        ("hw_7.ipynb", set()),
        ("hw1_1002345.ipynb", set()),
        ("x100234.ipynb", set()),
        ("anna.ipynb", set()),
        ("nobodyever_4444_100234_hw1.ipynb", set()),
        ("Zoe_9_assignsubmission_file_/hw1.ipynb", set()),
        # More than one's.
        ("inbox/aw17/hw1_100234.ipynb", {"aw17", "100234"}),
        ("aw17_100234.ipynb", {"aw17", "100234"}),
        ("hw1_wei_li.ipynb", {"e-12", "f1"}),
        ("kim_park.ipynb", {"h1", "h2"}),
        ("parkkim_4444_1_hw1.ipynb", {"h1", "h2"}),
    ],
)
def test_names(path, expected):
    assert MATCHER.by_names(path.split("/")) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (json.dumps({"metadata": {"student": "AW17"}}), {"aw17"}),
        (json.dumps({"metadata": {"course": {"student": " 100234 "}}}), {"100234"}),
        (json.dumps({"metadata": {"student": 100234}}), {"100234"}),
        (json.dumps({"metadata": {"student": "nobody"}}), set()),
        (json.dumps({"metadata": {}}), set()),
        (json.dumps({"metadata": {"course": "hw1"}}), set()),
        (json.dumps([1]), set()),
        ("not JSON", set()),
        ("[" * 100_000, set()),
        ('{"metadata": {"student": ' + "9" * 10_000 + "}}", set()),
        (b"\xff\xfe\x00", set()),
        (b"", set()),
    ],
)
def test_metadata(content, expected):
    assert MATCHER.by_metadata(content if isinstance(content, bytes) else content.encode()) == expected


def test_words():
    assert words("Ánna_Weber-Straße.2") == ("anna", "weber", "strasse", "2")


NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


def file(place: str, hours: float | None = 0, content: bytes = b"") -> Found:
    time = None if hours is None else NOON + timedelta(hours=hours)
    return Found(place, tuple(place.split("/")), time, lambda: content)


def refuse() -> bytes:
    raise OSError("gone")


def test_sort_out_reads_metadata_only_where_names_say_nothing():
    named = json.dumps({"metadata": {"student": "aw17"}}).encode()
    files = [
        file("x.ipynb", content=named),
        file("100234.ipynb", content=named),
        file("kim_park.ipynb", content=named),
        file("x.txt", content=named),
        Found("y.ipynb", ("y.ipynb",), None, refuse),
    ]
    matched, left = sort_out(files, ROSTER)
    assert matched == {"aw17": [files[0]], "100234": [files[1]]}
    assert left == [(files[2], ("h1", "h2")), (files[3], ()), (files[4], ())]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([("a/hw1.ipynb", 0), ("a/final.ipynb", 5)], "a/final.ipynb"),
        ([("a/hw1.ipynb", 5), ("a/final.ipynb", 0)], "a/hw1.ipynb"),
        ([("a/hw1-9.ipynb", 0), ("a/hw1-10.ipynb", 0)], "a/hw1-10.ipynb"),
        ([("a/hw1.ipynb", None), ("a/old.ipynb", -99)], "a/old.ipynb"),
        ([("a/hw1.ipynb", 0), ("a/helpers.py", 5), ("a/report.pdf", 9)], "a/hw1.ipynb"),
        ([("a/hw1.py", 0), ("a/report.pdf", 9)], "a/hw1.py"),
        ([("a/hw1.ipynb", 0), ("a/hw2.ipynb", 9), ("a/hw2_NET.ipynb", 9)], "a/hw1.ipynb"),
        ([("a/hw2.ipynb", 0)], "a/hw2.ipynb"),
    ],
)
def test_which_counts(files, expected):
    chosen, _ = choose([file(*one) for one in files], ["hw2", "hw3"])
    assert chosen.place == expected


def test_that_it_is_the_latest_is_said():
    assert choose([file("a/hw1.ipynb")], [])[1] == ()
    assert choose([file("a/hw1.ipynb"), file("a/notes.txt")], [])[1] == ()
    _chosen, (note,) = choose([file("a/1.ipynb", 1), file("a/3.ipynb", 3), file("a/2.ipynb", 2)], [])
    assert note == "Handed in 3 times: the latest counts, a/3.ipynb, not a/2.ipynb, a/1.ipynb."
    note = choose([file(f"a/{number}.ipynb", number) for number in range(20)], [])[1][0]
    assert note.endswith("a/14.ipynb and 14 more.")
