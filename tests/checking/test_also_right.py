"""Exercises with chance in them: the same draws in every run, several answers right, slips named on each way."""

import dataclasses
import functools

import numpy as np
import pytest

from course_utils.checking import judge
from course_utils.checking.explain import explain
from course_utils.exercises import Call, Case, Exercise, Seed, run_plan
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import fresh


def noise(n, rng, *, slip="", scale=1.0):
    """n random numbers; the other right answer draws them negative."""
    return scale * rng.random(n) + (10 if slip == "ten more" else 0)


def random_case(rng):
    n, seed = (int(number) for number in rng.integers(1, 50, 2))
    return Case(f"{n} numbers", {"n": n, "rng": Seed(seed)})


@pytest.fixture
def exercise():
    return Exercise(
        name="noise",
        lesson="07",
        reference=noise,
        plan=(Call("noise", ("n", "rng"), ("out",)),),
        compared=("out",),
        cases=tuple(Case(f"{n} numbers", {"n": n, "rng": Seed(n + 3)}) for n in (2, 3, 4)),
        random_case=random_case,
        misconceptions=misconceptions(noise, (("ten more", "ten more", "You add ten."),), ({"scale": -1.0},)),
        hints=("", "", ""),
        also_right=(functools.partial(noise, scale=-1.0),),
    )


def test_a_seed_is_a_new_generator_in_every_run():
    seed = Seed(5)
    np.testing.assert_array_equal(fresh(seed).random(3), np.random.default_rng(5).random(3))
    assert fresh(seed) is not fresh(seed)
    assert repr(seed) == "np.random.default_rng(5)"
    assert seed == Seed(5) != Seed(6)


def test_a_generator_itself_is_refused():
    with pytest.raises(TypeError, match=r"rng of the case 'two' must be a Seed, such as Seed\(3\), got a generator"):
        Case("two", {"n": 2, "rng": np.random.default_rng(3)})


def test_every_call_draws_the_same(exercise):
    assert judge(exercise, noise).status == "passed"
    values = {name: fresh(value) for name, value in exercise.cases[0].values.items()}
    results = run_plan(exercise.plan, {"noise": noise}, values)
    np.testing.assert_array_equal(results["out"], np.random.default_rng(5).random(2))


def test_another_right_answer_passes(exercise):
    verdict = judge(exercise, lambda n, rng: -rng.random(n))
    assert verdict.status == "passed"
    assert verdict.exercise is exercise
    assert verdict.right == verdict.total == 3
    assert verdict.random >= 5


def test_a_mixture_of_right_answers_is_wrong(exercise):
    def sometimes(n, rng):
        return (1 if n < 4 else -1) * rng.random(n)

    verdict = judge(exercise, sometimes)
    assert (verdict.status, verdict.right) == ("failed", 2)

    def later(n, rng):
        return (1 if n < 10 else -1) * rng.random(n)

    verdict = judge(exercise, later)
    assert (verdict.status, verdict.right) == ("failed", 3)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_slip_is_named_on_each_way(exercise, sign):
    verdict = judge(exercise, lambda n, rng: sign * rng.random(n) + 10)
    assert verdict.misconception.name == "ten more"
    assert verdict.whole
    # The numbers beside it are those of the way that was taken.
    expected = sign * np.random.default_rng(5).random(2)
    np.testing.assert_array_equal(verdict.failure.difference.expected, expected)


def test_a_report_shows_how_to_make_the_generator(exercise):
    report = explain(judge(exercise, lambda n, rng: rng.random(n) + 10))
    assert "noise(n=2, rng=np.random.default_rng(5))" in str(report)
    assert "np.random.default_rng(5)" in report._repr_html_()


def test_a_report_shows_a_dtype_as_it_is_typed(exercise):
    case = Case("float32", {"n": np.float32, "rng": Seed(1)})
    one = dataclasses.replace(
        exercise, cases=(case,), reference=lambda n, rng: np.zeros(2), also_right=(), misconceptions=()
    )
    assert "noise(n=np.float32, rng=" in str(explain(judge(one, lambda n, rng: np.ones(2))))


def test_whole_numbers_in_an_array_are_shown(exercise):
    case = Case("labels", {"n": np.array([3, 0]), "rng": Seed(1)})
    one = dataclasses.replace(
        exercise, cases=(case,), reference=lambda n, rng: np.zeros(2), also_right=(), misconceptions=()
    )
    text = str(explain(judge(one, lambda n, rng: np.ones(2))))
    assert "n: shape (2,), int64" in text
    assert "3 0" in text


def test_numpys_global_generator_is_the_same_in_every_run_and_left_as_it_was(exercise):
    np.random.seed(7)
    expected = np.random.random(3)
    np.random.seed(7)
    drawn = []
    judge(exercise, lambda n, rng: drawn.append(np.random.random()) or rng.random(n))
    np.testing.assert_array_equal(np.random.random(3), expected)
    assert len(drawn) > 5
    assert set(drawn) == {drawn[0]}


def test_endless_loops_are_stopped_once(exercise):
    def forever(n, rng):
        while True:
            pass

    verdict = judge(exercise, forever, seconds=0.2)
    assert verdict.failure.difference.kind == "time"


def test_the_course_may_go_on_with_what_the_learner_returns(exercise):
    plan = (*exercise.plan, Call("double", ("out",), ("twice",)))
    course = {"double": lambda out: 2 * out}
    one = dataclasses.replace(exercise, plan=plan, course=course, compared=("twice",))
    assert judge(one, noise).status == "passed"
    verdict = judge(one, lambda n, rng: rng.random(n) + 10)
    assert verdict.failure.difference.name == "twice"
    assert "twice = double(out)" in str(explain(verdict))
    verdict = judge(one, lambda n: 1)
    assert "It is called with its arguments by name, and they are `n, rng`." in verdict.failure.difference.sentence
