"""A table of mistakes as learners write them: what the tests of real mistakes share."""

import pytest

from course_utils.checking import judge
from course_utils.exercises import exercises


class MistakeTable(list):
    """Rows (exercise, function, name) for pytest; an instance decorates the functions that enter it."""

    def __call__(self, exercise, named, found=""):
        """Enter a learner's function: which exercise it answers, and what it has to be recognised as."""

        def enter(function):
            self.append(pytest.param(exercise, function, named, id=f"{function.__name__}: {found}"))
            return function

        return enter


def recognised_as(exercise, function):
    """The name that the check gives to what is wrong with the function; None if it passes or stays unnamed."""
    verdict = judge(exercises()[exercise], function)
    return verdict.misconception.name if verdict.status == "failed" and verdict.misconception else None


def both(value):
    return value if type(value) is tuple else (value, value)
