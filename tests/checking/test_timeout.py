"""A loop without end is stopped in the stated time, whatever stands around it and in whatever thread it runs."""

# The loops are written as badly as learners write them.
# ruff: noqa: B012, E722, SIM105

import functools
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from course_utils.checking import judge
from course_utils.checking.explain import explain
from course_utils.checking.timeout import OutOfTime, call_within
from course_utils.exercises import exercises

SECONDS = 0.2
LATE = 1.0
NUMBERS = np.ones(10**5)


def plain():
    while True:
        pass


def bare_except():
    while True:
        try:
            pass
        except:
            pass


def bare_except_around_numpy():
    while True:
        try:
            NUMBERS.sum()
        except BaseException:
            continue


def bare_except_on_two_floors():
    def inner():
        try:
            return NUMBERS.sum()
        except BaseException:
            return 0

    while True:
        try:
            inner()
        except BaseException:
            pass


def finally_that_goes_on():
    while True:
        try:
            pass
        finally:
            continue


def a_generator_in_a_generator():
    def ones():
        while True:
            yield 1

    def passed_on():
        yield from ones()

    for _ in passed_on():
        pass


def short_sleeps():
    while True:
        time.sleep(0.01)


def a_loop_that_prints():
    while True:
        print("still here")


ENDLESS = [
    plain,
    bare_except,
    bare_except_around_numpy,
    bare_except_on_two_floors,
    finally_that_goes_on,
    a_generator_in_a_generator,
    short_sleeps,
    a_loop_that_prints,
]
# The first 3.12 releases lose sight of a loop that does nothing but call compiled code.
SEES_ALL = sys.version_info[:2] != (3, 12)


def stopped(function):
    """Seconds until it was stopped, or what came of it instead."""
    start = time.perf_counter()
    try:
        return call_within(SECONDS, function)
    except OutOfTime:
        return time.perf_counter() - start


@pytest.mark.parametrize("where", ["main thread", "other thread"])
@pytest.mark.parametrize("function", ENDLESS)
def test_a_loop_without_end_is_stopped(function, where, capsys):
    if function is bare_except_around_numpy and not SEES_ALL:
        pytest.skip("not on Python 3.12")
    took = []
    if where == "main thread":
        took.append(stopped(function))
    else:
        thread = threading.Thread(target=lambda: took.append(stopped(function)), daemon=True)
        thread.start()
        thread.join(SECONDS + 10 * LATE)
    assert took, "it is still running"
    assert SECONDS <= took[0] < SECONDS + LATE


def test_a_recursion_of_generators_ends_by_itself():
    def deeper(level):
        yield level
        yield from deeper(level + 1)

    with pytest.raises(RecursionError):
        call_within(5, lambda: list(deeper(0)))


def test_what_ends_in_time_is_returned_and_nothing_comes_after():
    assert call_within(SECONDS, lambda: 7) == 7
    with pytest.raises(ValueError, match="own"):
        call_within(SECONDS, lambda: (_ for _ in ()).throw(ValueError("own")))
    # The time of both is up by now: no exception may fall from the sky.
    deadline = time.perf_counter() + 3 * SECONDS
    while time.perf_counter() < deadline:
        pass


def test_many_calls_that_end_just_in_time():
    """The moment at which time runs out falls into every line of the calling code."""
    ended = {"in time": 0, "too late": 0}
    for step in range(60):
        try:
            call_within(0.004, functools.partial(time.sleep, 0.002 + step * 0.0001))
            ended["in time"] += 1
        except OutOfTime:
            ended["too late"] += 1
    time.sleep(0.1)
    assert sum(ended.values()) == 60
    assert threading.active_count() < 20


def test_tracing_is_as_it_was():
    before = sys.gettrace()
    stopped(bare_except)
    assert sys.gettrace() is before


def test_the_users_interrupt_goes_through():
    def relu_forward(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(exercises()["relu_forward"], relu_forward)


@pytest.mark.parametrize("function", [plain, bare_except_around_numpy])
def test_a_check_of_an_endless_loop_says_so(function):
    def relu_forward(x):
        function()

    start = time.perf_counter()
    verdict = judge(exercises()["relu_forward"], relu_forward, seconds=SECONDS)
    assert time.perf_counter() - start < SECONDS + LATE
    assert verdict.status == "failed"
    assert verdict.misconception is None
    text = str(explain(verdict))
    assert "Stopped after 0.2 seconds: it was still running." in text
    assert "right in 0 of" in text


def test_an_endless_loop_in_a_later_case_is_the_case_that_is_shown():
    def relu_forward(x):
        while x.ndim == 2:
            pass
        return np.maximum(x, 0), x

    verdict = judge(exercises()["relu_forward"], relu_forward, seconds=SECONDS)
    assert verdict.failure.difference.kind == "time"
    assert verdict.failure.case.values["x"].ndim == 2


@pytest.mark.parametrize("watched", ["sys.setprofile(lambda *_: None)", "sys.settrace(lambda *_: None)"])
def test_a_check_ends_under_a_profiler_or_a_debugger(watched):
    """In a process of its own: should it hang, then for good."""
    code = (
        "import sys; from course_utils.checking import judge; from course_utils.exercises import exercises; "
        f"exercise = exercises()['relu_forward']; {watched}; print(judge(exercise, exercise.reference).status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "passed"
