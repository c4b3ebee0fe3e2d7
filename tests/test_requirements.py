"""Installed versions against requirements."""

import importlib.metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from course_utils import requirements

RELEASES = st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda numbers: ".".join(map(str, numbers)))
SUFFIXES = st.sampled_from(["", "a1", "b2", "rc1", ".dev3", ".post1", ".post1.dev2", "a1.post1"])
LOCALS = st.sampled_from(["", "+cpu", "+cu130", "+local.1"])


@pytest.mark.parametrize(
    ("version", "requirement", "right"),
    [
        ("2.13.0", "torch==2.13.0", True),
        ("2.13.0+cpu", "torch==2.13.0", True),
        ("2.13", "torch==2.13.0", True),
        ("2.13.1", "torch==2.13.0", False),
        ("2.13.0rc1", "torch==2.13.0", False),
        ("2.13.0.post1", "torch==2.13.0", False),
        ("3.10", "matplotlib>=3.9", True),
        ("3.8.9", "matplotlib>=3.9", False),
        ("3.9", "matplotlib >= 3.9", True),
        ("3.9rc1", "matplotlib>=3.9", False),
        ("1.0", "anything", True),
        ("1.5", "both>=1.2,==1.5", True),
        ("1.4", "both>=1.2,==1.5", False),
        (None, "anything", False),
    ],
)
def test_satisfies(version, requirement, right):
    assert requirements.satisfies(version, requirement) is right


@given(RELEASES, SUFFIXES, LOCALS, st.sampled_from(["==", ">="]), RELEASES)
def test_satisfies_agrees_with_packaging(release, suffix, local, operator, wanted):
    version, specifier = release + suffix + local, operator + wanted
    assert requirements.satisfies(version, f"one{specifier}") == SpecifierSet(specifier).contains(version, True)


@pytest.mark.parametrize("requirement", ["one<2", "one~=1.2", "one>=1; python_version < '3.12'", "one>=1.0rc1", ""])
def test_a_form_that_is_not_understood_is_named(requirement):
    with pytest.raises(ValueError, match="a name with == or >="):
        requirements.satisfies("1.0", requirement)


def test_every_requirement_of_the_course_is_understood():
    extras = requirements.project()["optional-dependencies"]
    for one in requirements.required(*extras):
        assert requirements.satisfies("9999", one) is ("==" not in one), one


def test_installed_is_what_the_environment_says():
    assert requirements.installed("pytest") == pytest.__version__
    assert requirements.installed("PyTest_xdist") == importlib.metadata.version("pytest-xdist")
    assert requirements.installed("no-such-distribution") is None
    assert requirements.installed("pytest", path=[]) is None


def test_unsatisfied_names_what_is_missing_or_old_and_ignores_a_half_written_one(tmp_path):
    for name, text in {"here-1.5": "Name: here\nVersion: 1.5\n", "old-1.0": "Name: old\nVersion: 1.0\n"}.items():
        (tmp_path / f"{name}.dist-info").mkdir()
        (tmp_path / f"{name}.dist-info" / "METADATA").write_text(text)
    (tmp_path / "half-1.0.dist-info").mkdir()
    wanted = ["here>=1.2", "old>=1.1", "half>=1.0", "absent"]
    assert requirements.unsatisfied(wanted, path=[str(tmp_path)]) == ["old>=1.1", "half>=1.0", "absent"]
