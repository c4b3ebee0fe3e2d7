"""The folder of grades: whole at every moment, one run at a time, and what makes a grade the same."""

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from examples import HOSTILE_TEXTS, graded

from course_utils.grading import gradebook
from course_utils.grading.gradebook import Gradebook, Run, fingerprint, write_whole

RUN = Run("hw1", 20260921, "", "version-1", "0.1.0", "2026-10-02T08:00:00+00:00")
RESULT = graded()


@pytest.fixture
def book(tmp_path):
    with Gradebook(tmp_path / "grades", "hw1") as book:
        book.begin(RUN)
        yield book


def full(*arguments, **settings):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_grade_is_kept_and_is_the_same_for_the_same_bytes_seed_key_and_version(book):
    assert book.kept("a17") is None and book.same("a17", RESULT.sha256) is None
    book.keep(RESULT)
    assert book.kept("a17") == RESULT == book.same("a17", RESULT.sha256)
    assert book.same("a17", "other bytes") is None
    for change in ({"seed": 1}, {"key": "k"}, {"version": "version-2"}):
        book.begin(replace(RUN, **change))
        assert book.same("a17", RESULT.sha256) is None
    book.begin(replace(RUN, course="9.9.9", started="later"))
    assert book.same("a17", RESULT.sha256) == RESULT


def test_run_json_tells_what_the_run_is(book):
    values = json.loads((book.folder / "run.json").read_text())
    assert values == {
        "assignment": "hw1",
        "seed": 20260921,
        "key": "",
        "version": "version-1",
        "course": "0.1.0",
        "started": "2026-10-02T08:00:00+00:00",
    }


def test_a_later_run_finds_it(tmp_path, book):
    book.keep(RESULT)
    book.__exit__(None, None, None)
    with Gradebook(tmp_path / "grades", "hw1") as again:
        assert again.run == RUN and again.same("a17", RESULT.sha256) == RESULT
    with pytest.raises(ValueError, match="holds grades of hw1; choose another folder for hw2"):
        Gradebook(tmp_path / "grades", "hw2")


def test_another_run_at_the_same_time_is_refused(tmp_path, book):
    with pytest.raises(ValueError, match="another run is grading into"):
        Gradebook(tmp_path / "grades", "hw1")
    imports = "from pathlib import Path; from course_utils.grading.gradebook import Gradebook"
    program = f"{imports}; Gradebook(Path({str(book.folder)!r}), 'hw1')"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "another run is grading into" in other.stderr


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", ".", "..", "x" * 180, "Ä ö", *HOSTILE_TEXTS[:7]])
def test_no_id_leads_out_of_the_folder(book, name):
    before = set(book.folder.parent.rglob("*"))
    book.keep(replace(RESULT, student=name))
    (new,) = set(book.folder.parent.rglob("*")) - before
    assert new.parent == book.records
    assert book.kept(name).student == name


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"result": {}}',
        '{"run": {}, "result": {"schema": 99}}',
        json.dumps({"run": {}, "result": replace(RESULT, student="another").as_dict()}),
    ],
)
def test_a_damaged_grade_is_none(book, content):
    book.keep(RESULT)
    (path,) = book.records.iterdir()
    path.write_text(content)
    assert book.same("a17", RESULT.sha256) is None
    assert book.all_kept(["a17", "b"]) == ()
    with pytest.raises(ValueError, match=r"a17\.json cannot be read"):
        book.kept("a17")


def test_a_damaged_run_json_is_not_written_over(tmp_path, book):
    book.__exit__(None, None, None)
    (book.folder / "run.json").write_text("{")
    with pytest.raises(ValueError, match=r"run\.json cannot be read"):
        Gradebook(tmp_path / "grades", "hw1")
    # The folder is free again.
    (book.folder / "run.json").unlink()
    Gradebook(tmp_path / "grades", "hw1").__exit__(None, None, None)


@pytest.mark.parametrize("step", ["fsync", "mkstemp", "replace"])
def test_a_full_disk_leaves_the_former_grade_and_no_litter(book, monkeypatch, step):
    book.keep(RESULT)
    where = {"fsync": os, "mkstemp": gradebook.tempfile, "replace": gradebook.Path}[step]
    with monkeypatch.context() as patch:
        patch.setattr(where, step, full)
        with pytest.raises(OSError, match="No space left"):
            book.keep(replace(RESULT, seconds=99.0))
        with pytest.raises(ValueError, match=r"grades cannot be kept in .* \(No space left on device\); make room"):
            book.begin(RUN)
    assert book.kept("a17") == RESULT
    assert [path.name for path in book.records.iterdir()] == ["a17.json"]


def test_the_file_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    steps = []
    fsync, rename = os.fsync, gradebook.Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: steps.append("fsync") or fsync(handle))
    monkeypatch.setattr(gradebook.Path, "replace", lambda *paths: steps.append("replace") or rename(*paths))
    write_whole(tmp_path / "x.json", {"a": "\ud800"})
    assert steps == ["fsync", "replace", "fsync"]
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": "\ud800"}


def test_what_a_killed_run_left_half_written_is_swept_up(tmp_path, book):
    book.__exit__(None, None, None)
    for folder in (book.folder, book.records):
        (folder / ".unfinished-abc").write_text("{")
    with Gradebook(tmp_path / "grades", "hw1"):
        assert not list(book.folder.rglob(".unfinished-*"))


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "grades"):
        with pytest.raises(ValueError, match="grades cannot be kept in"):
            Gradebook(path, "hw1")


def test_fingerprint():
    assert fingerprint("") == ""
    assert fingerprint("a") != fingerprint("b") and "secret" not in fingerprint("secret")
