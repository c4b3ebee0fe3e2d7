"""Every test of the checks has a progress file of its own, and can read what the learner is shown."""

import html
import re

import pytest

from course_utils.checking import session


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty folder of the learner's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("COURSE_HOME", str(folder))
    monkeypatch.setattr(session, "_hints_seen", {})
    monkeypatch.setattr(session, "_begun", {"kind": "lesson"})
    return folder


@pytest.fixture
def shown(capsys):
    """A function that gives the text shown since it was last asked."""
    return lambda: capsys.readouterr().out


@pytest.fixture
def reports(monkeypatch):
    """The list of all that is shown from here on, as objects."""
    seen = []
    monkeypatch.setattr(session, "show", seen.append)
    return seen


def words(text):
    """The words of a report's text or HTML, without marks and signs, in order."""
    text = re.sub(r"<svg.*?</svg>", " ", text, flags=re.S)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    return re.findall(r"[^\W_]+", text)


@pytest.fixture(name="words")
def words_fixture():
    return words
