"""The progress file never stands in a lesson's way, and nothing that a learner did is thrown away."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pytest

from course_utils.checking import check, progress, records, start

EMPTY = {"exercises": {}, "questions": {}}


def relu_forward(x):
    return np.maximum(x, 0), x


def write(content):
    records.path().parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        records.path().write_bytes(content)
    else:
        records.path().write_text(content, encoding="utf-8")


def full(**entry):
    return json.dumps({"version": 1, "exercises": {"relu_forward": entry}, "questions": {}})


def test_what_is_noted_is_read_again():
    assert records.load() == (EMPTY, "")
    assert records.note_check("a", "failed") == ""
    assert records.note_check("a", "passed") == ""
    assert records.note_check("a", "failed") == ""
    assert records.note_check("b", "not attempted") == ""
    assert records.note_help("a", hints=2) == ""
    assert records.note_help("a", hints=1, revealed=True) == ""
    assert records.note_answer("q", False) == ""
    known, problem = records.load()
    assert problem == ""
    assert set(known["exercises"]) == {"a"}
    entry = known["exercises"]["a"]
    assert (entry["status"], entry["checks"], entry["hints"], entry["revealed"]) == ("passed", 3, 2, True)
    assert known["questions"]["q"]["status"] == "failed"
    assert os.listdir(records.path().parent) == ["progress.json"]  # noqa: PTH208


def test_two_kernels_do_not_undo_each_other():
    note = "import sys; from course_utils.checking import records; records.note_check(sys.argv[1], 'passed')"
    for number in range(3):
        subprocess.run([sys.executable, "-c", note, f"other-{number}"], check=True)
        records.note_check(f"own-{number}", "passed")
    known, _ = records.load()
    assert set(known["exercises"]) == {f"{who}-{number}" for who in ("own", "other") for number in range(3)}


DAMAGED = {
    "empty": "",
    "cut off": full(status="passed")[:-9],
    "a list": "[]",
    "a number": "3",
    "null": "null",
    "no version": '{"exercises": {}, "questions": {}}',
    "another version": '{"version": 2, "exercises": {}, "questions": {}}',
    "no questions": '{"version": 1, "exercises": {}}',
    "a list of exercises": '{"version": 1, "exercises": [], "questions": {}}',
    "an entry that is a number": '{"version": 1, "exercises": {"a": 3}, "questions": {}}',
    "an unknown status": full(status="splendid"),
    "a status that is a list": full(status=[]),
    "a count that is text": full(status="failed", checks="three"),
    "very deep": "[" * 100_000,
    "binary": bytes(range(256)),
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_set_aside_and_said_so(content, shown):
    write(content)
    before = records.path().read_bytes()
    check(relu_forward)
    text = shown()
    assert "✓ relu_forward" in text
    assert "Your progress file was damaged. It is set aside as" in text
    aside = records.path().with_name("progress-damaged-1.json")
    assert aside.read_bytes() == before
    assert records.load()[0]["exercises"]["relu_forward"]["status"] == "passed"
    check(relu_forward)
    assert "damaged" not in shown()


def test_a_second_damaged_file_does_not_replace_the_first(shown):
    for number in (1, 2):
        write(f"broken {number}")
        start("00")
    assert "damaged-2.json" in shown()
    for number in (1, 2):
        aside = records.path().with_name(f"progress-damaged-{number}.json")
        assert aside.read_text(encoding="utf-8") == f"broken {number}"


@pytest.mark.parametrize(
    "call", [lambda: check(relu_forward), progress, lambda: start("02")], ids=["check", "progress", "start"]
)
def test_a_damaged_file_that_cannot_be_moved_blocks_nothing(call, shown, monkeypatch):
    write("broken")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pathlib.Path, "rename", refuse)
    call()
    assert "is damaged and cannot be moved (Permission denied)" in shown()
    assert records.path().read_text(encoding="utf-8") == "broken"


@pytest.mark.parametrize(
    "call", [lambda: check(relu_forward), progress, lambda: start("02")], ids=["check", "progress", "start"]
)
def test_a_file_that_cannot_be_read_blocks_nothing(call, shown):
    records.path().mkdir(parents=True)
    call()
    assert "cannot be read (Is a directory); the lesson goes on without it." in shown()
    assert [path.name for path in records.path().parent.iterdir()] == ["progress.json"]


def test_a_file_that_cannot_be_read_today_is_not_written_over(shown, monkeypatch):
    write(full(status="passed", checks=7))
    read = pathlib.Path.read_text

    def fail(path, *rest, **named):
        if path.name == "progress.json":
            raise OSError(5, "Input/output error")
        return read(path, *rest, **named)

    with monkeypatch.context() as patched:
        patched.setattr(pathlib.Path, "read_text", fail)
        check(relu_forward)
    assert "cannot be read (Input/output error)" in shown()
    assert json.loads(records.path().read_bytes())["exercises"]["relu_forward"]["checks"] == 7


def test_a_read_only_file_blocks_nothing_and_stays(shown, monkeypatch):
    write(full(status="failed"))
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
    check(relu_forward)
    text = shown()
    assert "✓ relu_forward" in text
    assert "cannot be kept" in text
    assert "(it is read-only); the lesson goes on without it." in text
    assert records.load()[0]["exercises"]["relu_forward"]["status"] == "failed"


def test_a_read_only_folder_blocks_nothing(shown, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    check(relu_forward)
    assert "cannot be kept" in shown()


def test_a_full_disk_leaves_the_old_file_and_nothing_else(shown, monkeypatch):
    write(full(status="failed", checks=1))

    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(records.json, "dump", refuse)
    check(relu_forward)
    assert "(No space left on device)" in shown()
    assert [path.name for path in records.path().parent.iterdir()] == ["progress.json"]
    assert records.load()[0]["exercises"]["relu_forward"]["checks"] == 1


def test_a_home_that_is_a_file_blocks_nothing(home, shown):
    home.write_text("not a folder", encoding="utf-8")
    check(relu_forward)
    text = shown()
    assert "✓ relu_forward" in text
    assert "the lesson goes on without it" in text


def test_what_is_known_of_exercises_that_are_gone_is_kept(shown):
    write(full(status="passed"))
    records.note_check("another", "passed")
    content = json.loads(records.path().read_bytes())
    content["exercises"]["from another course"] = {"status": "passed", "own": [1]}
    write(json.dumps(content))
    progress()
    check(relu_forward)
    assert json.loads(records.path().read_bytes())["exercises"]["from another course"]["own"] == [1]
