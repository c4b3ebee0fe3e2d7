"""A function that learns is tried on its trial: what it is worth, what is wrong with it, and what is noted."""

import time
from dataclasses import replace

import numpy as np
import pytest

from course_utils.checking import check, hint, records, reveal, session, start, use
from course_utils.checking.trying import try_out
from course_utils.exercises import Trial, trials
from course_utils.exercises.specification import Seed
from course_utils.exercises.trials import share

LABELS = np.arange(100) % 10


def inputs(rng):
    return {"pictures": np.arange(100), "rng": Seed(int(rng.integers(10)))}, LABELS


def problem(answer):
    return "" if isinstance(answer, np.ndarray) else "The answer must be an array."


TRIAL = Trial(
    name="learn",
    lesson="hw2",
    inputs=inputs,
    small=lambda rng: ({"pictures": np.arange(2), "rng": Seed(0)}, LABELS[:2]),
    score=lambda answer, labels: float(np.mean(answer == labels)),
    bands=((0.3, 0.5), (0.9, 1.0)),
    problem=problem,
    hints=("one", "two", "three"),
    seconds=5.0,
)


def right(pictures, rng):
    return pictures % 10


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "quick")


def test_share_of_the_points():
    assert [share(TRIAL.bands, score) for score in (0, 0.29, 0.3, 0.89, 0.9, 1)] == [0, 0, 0.5, 0.5, 1, 1]


def test_a_good_answer_passes():
    status, report = try_out(TRIAL, right)
    assert status == "passed"
    assert "accuracy 100.0% here, worth 100% of the points" in str(report)


def test_a_middling_answer_is_told_its_worth_and_the_next_band():
    status, report = try_out(TRIAL, lambda pictures, rng: np.where(pictures < 50, pictures % 10, -1))
    assert status == "failed"
    assert "accuracy 50.0% here, worth 50% of the points" in str(report)
    assert "From 90.0% on it is 100%." in str(report)


def test_a_stub_is_not_attempted():
    def learn(pictures, rng):
        raise NotImplementedError

    status, report = try_out(TRIAL, learn)
    assert (status, report.tone) == ("not attempted", "open")


def test_an_error_is_told_with_its_line():
    def learn(pictures, rng):
        return pictures[1000]

    status, report = try_out(TRIAL, learn)
    assert status == "failed"
    assert "IndexError" in str(report) and "pictures[1000]" in str(report)


def test_another_form_and_no_end_are_told():
    assert "The answer must be an array." in str(try_out(TRIAL, lambda pictures, rng: None)[1])
    short = replace(TRIAL, seconds=0.2)

    def learn(pictures, rng):
        while True:
            time.sleep(0.01)

    assert "Stopped after 0.2 seconds" in str(try_out(short, learn)[1])


def test_what_is_given_is_a_copy():
    def learn(pictures, rng):
        assert rng.random() < 1
        pictures[:] = 0
        return LABELS

    assert try_out(TRIAL, learn)[0] == "passed"
    assert try_out(TRIAL, learn)[0] == "passed"


def test_under_smoke_only_the_form_counts(monkeypatch):
    monkeypatch.setenv("COURSE_PROFILE", "smoke")
    seen = []

    def learn(pictures, rng):
        seen.append(len(pictures))
        return np.full(len(pictures), -1)

    status, report = try_out(TRIAL, learn)
    assert (status, seen) == ("passed", [2])
    assert "right form" in str(report)
    assert try_out(TRIAL, lambda pictures, rng: None)[0] == "failed"


def test_the_session_checks_notes_and_helps(monkeypatch, shown):
    monkeypatch.setattr(session, "trials", lambda: {"right": TRIAL})
    check(right)
    assert "worth 100%" in shown()
    assert records.load()[0]["exercises"]["learn"]["status"] == "passed"
    hint(right)
    assert "one" in shown()
    with pytest.raises(ValueError, match="is a trial, and the course has no answer to it"):
        use(right)
    with pytest.raises(TypeError, match=r"write check\(learn\), without quotes"):
        check("right")


@pytest.mark.parametrize("name", ["conv_transpose2d_forward", "train_and_predict"])
def test_homework_is_not_revealed(name, shown):
    reveal(name)
    assert "This is homework" in shown()
    for number in (1, 2, 3):
        hint(name, number)
    assert "reveal" not in shown()


def test_a_homework_starts_under_its_number(shown):
    start("hw2")
    assert "Homework 2: Train without a framework." in shown()


def test_a_homework_reveals_no_lessons_exercise_and_goes_on_by_its_name(shown):
    def conv2d_forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        raise NotImplementedError

    start("hw1")
    shown()
    check(conv2d_forward)
    use(conv2d_forward)
    assert shown().count("The homework goes on with the course's") == 2
    hint(conv2d_forward, 3)
    reveal(conv2d_forward)
    told = shown()
    assert "reveal(" not in told and "This is homework" in told
    start("02")
    hint(conv2d_forward, 3)
    assert "`reveal(conv2d_forward)` shows a solution." in shown()


def test_every_trial_is_whole():
    for trial in trials().values():
        assert list(trial.bands) == sorted(trial.bands)
        assert trial.bands[-1][1] == 1
        assert len(set(trial.hints)) == 3
        for draw in (trial.inputs, trial.small):
            first, second = (draw(np.random.default_rng(4)) for _ in range(2))
            np.testing.assert_equal(first, second)
