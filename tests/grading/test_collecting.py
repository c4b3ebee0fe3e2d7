"""What is found of what was handed in: folders, archives, and what of them must not be trusted."""

import io
import os
import stat
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from course_utils.grading import collecting
from course_utils.grading.collecting import collect


def archive(path, **files):
    """A zip archive of these files; `path` is where, or None for its bytes."""
    target = io.BytesIO() if path is None else path
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return target.getvalue() if path is None else path


def found(*paths, leave_out=()) -> dict[str, str]:
    """What can be read by its parts, as text; what cannot, with the reason after a minus sign."""
    values = {}
    for one in collect(list(paths), leave_out):
        try:
            values["/".join(one.parts)] = one.read().decode()
        except OSError as error:
            values["/".join(one.parts)] = f"-{error}"
    return values


def test_folders_files_and_archives(tmp_path):
    inbox = tmp_path / "inbox"
    (inbox / "anna" / ".ipynb_checkpoints").mkdir(parents=True)
    (inbox / "anna" / "hw1.ipynb").write_text("A")
    (inbox / "anna" / ".ipynb_checkpoints" / "hw1-checkpoint.ipynb").write_text("old")
    (inbox / "ben.ipynb").write_text("B")
    inner = archive(None, **{"hw1/a.ipynb": "C", "__MACOSX/x": "litter"})
    archive(inbox / "class.zip", **{"dora/hw1.ipynb": "D", "cem.zip": inner})
    assert found(inbox) == {
        "inbox/anna/hw1.ipynb": "A",
        "inbox/ben.ipynb": "B",
        "inbox/class/dora/hw1.ipynb": "D",
        "inbox/class/cem/hw1/a.ipynb": "C",
    }
    places = [one.place for one in collect([inbox])]
    assert f"{inbox}/class.zip: cem.zip: hw1/a.ipynb" in places
    assert found(inbox / "class.zip", leave_out=[inbox]) != {}


def test_a_path_as_typed_and_a_path_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("inbox/anna").mkdir(parents=True)
    Path("inbox/anna/hw1.ipynb").write_text("A")
    assert found(Path("inbox/anna/hw1.ipynb")) == {"inbox/anna/hw1.ipynb": "A"}
    with pytest.raises(ValueError, match="there is no file or folder outbox"):
        found(Path("outbox"))


def test_what_is_the_graders_own_is_left_out(tmp_path):
    (tmp_path / "grades").mkdir()
    for name in ("roster.csv", "a.ipynb", "grades/x.json"):
        (tmp_path / name).write_text(name)
    assert list(found(tmp_path, leave_out=[tmp_path / "grades", tmp_path / "roster.csv"]).values()) == ["a.ipynb"]


def test_links_and_what_is_no_file_are_not_followed(tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (tmp_path / "secret").write_text("secret")
    (inbox / "anna.ipynb").symlink_to(tmp_path / "secret")
    (inbox / "ben").symlink_to(tmp_path)
    (inbox / "loop").symlink_to(inbox / "loop")
    os.mkfifo(inbox / "cem.ipynb")
    answers = found(inbox)
    assert set(answers) == {"inbox/anna.ipynb", "inbox/ben", "inbox/loop", "inbox/cem.ipynb"}
    link = "-it is a symbolic link, which is not followed"
    assert answers.pop("inbox/cem.ipynb") == "-it is not a regular file" and set(answers.values()) == {link}


def test_a_folder_and_a_file_that_cannot_be_read(tmp_path, monkeypatch):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.ipynb").write_text("A")

    def denied(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", denied)
        assert found(tmp_path / "inbox") == {"inbox/a.ipynb": "-[Errno 13] Permission denied"}
    monkeypatch.setattr(Path, "iterdir", denied)
    assert found(tmp_path / "inbox") == {"inbox": "-the folder cannot be read: Permission denied"}


@pytest.mark.parametrize("name", ["../evil.ipynb", "/etc/evil.ipynb", "a/../../evil.ipynb", "..\\evil.ipynb"])
def test_paths_that_lead_out_of_an_archive(tmp_path, name):
    (answer,) = found(archive(tmp_path / "x.zip", **{name: "evil"})).values()
    assert answer == "-its path leads out of the archive"
    assert [path.name for path in tmp_path.rglob("*")] == ["x.zip"]


def test_a_link_within_an_archive(tmp_path):
    entry = zipfile.ZipInfo("a.ipynb")
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr(entry, "/etc/passwd")
    assert found(tmp_path / "x.zip") == {
        f"{'/'.join(tmp_path.parts[1:])}/x/a.ipynb": "-it is a symbolic link, which is not followed"
    }


def test_too_large_a_file_in_a_folder_and_one_that_unpacks_to_it(tmp_path):
    large = bytes(collecting.LARGEST_FILE + 1)
    (tmp_path / "a.ipynb").write_bytes(large)
    path = archive(tmp_path / "x.zip", **{"b.ipynb": large, "c.ipynb": large[1:].decode()})
    assert path.stat().st_size < 100_000
    answers = {name.rpartition("/")[2]: text[:30] for name, text in found(tmp_path).items()}
    assert answers["a.ipynb"] == answers["b.ipynb"] == "-it holds more than 20 MB"
    assert answers["c.ipynb"].startswith("\0")


def test_an_archive_whose_header_lies_about_a_size(tmp_path):
    path = archive(tmp_path / "x.zip", **{"a.ipynb": bytes(1_000_000)})
    content = path.read_bytes()
    path.write_bytes(content.replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    (answer,) = found(path).values()
    assert answer.startswith("-its archive is damaged") or len(answer) <= 10


def test_archives_in_archives_end_somewhere(tmp_path):
    content = archive(None, **{"a.ipynb": "A"})
    for _ in range(5):
        content = archive(None, **{"again.zip": content})
    (tmp_path / "x.zip").write_bytes(content)
    (one,) = collect([tmp_path / "x.zip"])
    assert one.parts[-3:] == ("x", "again", "again.zip")


def test_more_files_than_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_FILES", 5)
    archive(tmp_path / "x.zip", **{f"{number}.ipynb": "A" for number in range(9)})
    answers = list(found(tmp_path / "x.zip").values())
    assert answers == ["A"] * 5 + ["-it holds more than 5 files; those after are left out"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"not an archive"])
def test_what_is_no_archive(tmp_path, content):
    (tmp_path / "anna.zip").write_bytes(content)
    (answer,) = found(tmp_path / "anna.zip").values()
    assert answer.startswith("-it is no archive that can be read: ")


@pytest.mark.parametrize("flip", [(0, b"PK\x03\x05"), (40, b"\xff\xff\xff\xff")])
def test_a_damaged_archive(tmp_path, flip):
    path = archive(tmp_path / "x.zip", **{"a.ipynb": "A" * 1000})
    content = bytearray(path.read_bytes())
    content[flip[0] : flip[0] + 4] = flip[1]
    path.write_bytes(content)
    (answer,) = found(path).values()
    assert answer.startswith("-its archive is damaged or encrypted")


def test_an_encrypted_archive(tmp_path):
    path = archive(tmp_path / "x.zip", **{"a.ipynb": "A"})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    (answer,) = found(path).values()
    assert "encrypted" in answer


def test_times(tmp_path):
    (tmp_path / "a.ipynb").write_text("A")
    os.utime(tmp_path / "a.ipynb", (1_790_000_000, 1_790_000_000))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr(zipfile.ZipInfo("b.ipynb", (2026, 10, 1, 23, 59, 58)), "B")
        made.writestr(zipfile.ZipInfo("c.ipynb"), "C")
        made.writestr(zipfile.ZipInfo("d.ipynb", (2026, 15, 40, 23, 59, 58)), "D")
    a, b, c, d = (one.modified for one in collect([tmp_path]))
    assert a.timestamp() == 1_790_000_000
    assert b == datetime(2026, 10, 1, 23, 59, 58).astimezone()
    assert c is None and d is None
