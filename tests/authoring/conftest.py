"""A small lesson that needs nothing of the course, in a repository of its own."""

import shutil
from pathlib import Path

import pytest

from course_utils.authoring import build

LESSON = '''\
# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
r"""
# 07 · Doubling

A drawing of $\\frac{1}{2}$, and a question.
"""

# %% tags=["setup"]
import numpy as np


def check(function):
    return function(2)


def ask(question, answer):
    print(question, answer)


# %% [markdown] minutes=6
"""
## How much is twice three?

Count before you read on.
"""

# %% tags=["question"]
twice = 6  # twice three
of_seven = 14   # twice seven, as a "whole # number"
ask("twice.3", twice)

# %% [markdown]
"""
### Exercise: double ●○○○○ · 2 minutes
"""

# %% tags=["exercise", "type-along"]
def double(x):
    """Twice x."""
    size = np.size(x)
    ### BEGIN SOLUTION about 2 lines
    half = x
    return half + half
    ### END SOLUTION


check(double)

# %% [markdown]
"""
The sum of the doubles.
"""

# %% tags=["experiment"]
print(sum(double(n) for n in range(4)))
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one lesson, `solutions/07_doubling.py`, not built yet."""
    folder = tmp_path / "checkout"
    (folder / "solutions").mkdir(parents=True)
    (folder / "solutions/07_doubling.py").write_text(LESSON, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def built_once(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "checkout"
    (folder / "solutions").mkdir(parents=True)
    (folder / "solutions/07_doubling.py").write_text(LESSON, encoding="utf-8")
    build(root=folder)
    return folder


@pytest.fixture
def built(root: Path, built_once: Path) -> Path:
    """The same repository, built."""
    shutil.copytree(built_once, root, dirs_exist_ok=True)
    return root


@pytest.fixture
def source(root: Path) -> Path:
    return root / "solutions/07_doubling.py"


@pytest.fixture
def edit(source: Path):
    """Replaces a piece of the source that occurs exactly once."""

    def replace(old: str, new: str) -> None:
        text = source.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        source.write_text(text.replace(old, new), encoding="utf-8")

    return replace
