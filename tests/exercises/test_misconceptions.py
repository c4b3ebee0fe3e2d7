"""Every misconception fails and is named as itself, and says what is thought without saying what to write."""

import re

import pytest

from course_utils.checking import judge
from course_utils.exercises import exercises
from course_utils.exercises.specification import loaded

PAIRS = [(name, misconception) for name, exercise in exercises().items() for misconception in exercise.misconceptions]
EVERY = pytest.mark.parametrize(("name", "misconception"), PAIRS, ids=[f"{name}: {m.name}" for name, m in PAIRS])

# In backticks: a name, a setting, a type of bracket or operator, as in `dilation`, `bias=False`, `/`.
_MENTIONED = re.compile(r"[\w.]+(=\w+)?|\W{1,2}")
_CODE = re.compile(r"\+=|-=|\breturn\s+\w+\(|\w\[[^]]*:|:\s*-|\.sum\(|\.mean\(|\bfor \w+ in range|lambda")


@EVERY
def test_it_fails_and_is_named_as_itself(name, misconception):
    verdict = judge(exercises()[name], misconception.function)
    assert verdict.status == "failed"
    assert verdict.misconception is misconception, f"taken for {verdict.misconception and verdict.misconception.name}"


@EVERY
def test_its_sentence_is_short_and_holds_no_code_to_copy(name, misconception):
    sentence = misconception.sentence
    assert sentence.endswith((".", "?"))
    assert len(sentence) <= 240
    assert not misconception.name.endswith(".")
    for quoted in re.findall(r"`([^`]*)`", sentence):
        assert _MENTIONED.fullmatch(quoted), quoted
    assert not _CODE.search(sentence)


@pytest.mark.parametrize("name", exercises())
def test_names_are_told_apart(name):
    misconceptions = exercises()[name].misconceptions
    assert len({m.name for m in misconceptions}) == len(misconceptions)
    assert len({m.sentence for m in misconceptions}) == len(misconceptions)


@pytest.mark.parametrize("name", exercises())
def test_there_are_enough(name):
    at_least = 5 if name.startswith(("conv2d", "max_pool2d", "avg_pool2d")) else 3
    assert len(exercises()[name].misconceptions) >= at_least


@pytest.mark.parametrize("name", exercises())
def test_the_stub_is_not_attempted(name):
    verdict = judge(exercises()[name], stub_of(exercises()[name]))
    assert verdict.status == "not attempted"
    assert verdict.misconception is None
    assert verdict.failure is None


def stub_of(exercise):
    """The exercise's function, or its class with all its methods, raising as the learner's notebook does."""

    def stub(*arguments, **settings):
        raise NotImplementedError("write about 6 lines here")

    right = loaded(exercise.reference)
    if not isinstance(right, type):
        return stub
    methods = {
        name: staticmethod(stub) if isinstance(method, staticmethod) else stub
        for name, method in vars(right).items()
        if callable(method)
    }
    return type(exercise.name, right.__bases__, methods)
