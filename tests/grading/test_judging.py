"""What an item earns and what is said of it, by a worker that is no process."""

import re

import numpy as np
import pytest
from near_worker import NearWorker, StopError, empty_submission
from notebooks_made import markdown, notebook

from course_utils.exercises import exercises
from course_utils.exercises.questions import Question, Slip
from course_utils.exercises.specification import loaded
from course_utils.grading.assignments import ExerciseItem, QualityItem, QuestionItem, WrittenItem
from course_utils.grading.exercise_judging import Task
from course_utils.grading.judging import judge_item
from course_utils.grading.results import BY_HAND, NOT_ATTEMPTED, PARTLY, READ, RIGHT, STOPPED, WRONG
from course_utils.grading.sandbox import Reply
from course_utils.grading.submission import read
from course_utils.grading.wire import Opaque


def judged(name, function, random_cases=6, **task):
    """The result of an exercise worth 10 points."""
    helpers = {one: loaded(helper) for one, helper in exercises()[name].course.items()}
    worker = NearWorker({} if function is None else {name: function}, helpers)
    task = {"submission": empty_submission(), "worker": worker, **task}
    return judge_item(ExerciseItem(name, 10.0, random_cases=random_cases), Task(**task))


def reference(name):
    return loaded(exercises()[name].reference)


@pytest.mark.parametrize(
    "name",
    ["conv2d_forward", "conv2d_backward", "max_pool2d_forward", "batch_norm_forward", "dropout_forward", "BasicBlock"],
)
def test_a_right_function_earns_all(name):
    result = judged(name, reference(name))
    assert (result.earned, result.status, result.misconception) == (10.0, RIGHT, None)
    visible = len(exercises()[name].cases)
    assert [case.shown for case in result.cases] == [True] * visible + [False] * 6


@pytest.mark.parametrize(
    "name", ["conv2d_forward", "conv2d_backward", "max_pool2d_forward", "batch_norm_forward", "dropout_forward"]
)
def test_every_misconception_is_named_and_earns_its_part(name):
    exercise = exercises()[name]
    for misconception in exercise.misconceptions:
        result = judged(name, loaded(misconception.function))
        assert result.misconception == (misconception.name, misconception.sentence)
        right = sum(case.right for case in result.cases)
        assert result.earned == pytest.approx(10 * right / len(result.cases)) and result.earned < 10
        assert result.status == (PARTLY if right else WRONG)


def test_another_right_way_to_draw_is_right():
    for way in exercises()["dropout_forward"].also_right:
        assert judged("dropout_forward", way).status == RIGHT


def test_the_seed_alone_decides_the_random_cases():
    def wrong_for_some(x, kernel_size, stride=None, padding=0):
        out, cache = reference("max_pool2d_forward")(x, kernel_size, stride, padding)
        return (out + 1 if out.size % 3 else out), cache

    results = [judged("max_pool2d_forward", wrong_for_some, 24, seed=seed) for seed in (5, 5, 6)]
    assert results[0] == results[1] != results[2]


def test_a_visible_case_is_told_in_full_and_a_random_one_in_a_line():
    result = judged("max_pool2d_forward", lambda x, kernel_size, stride=None, padding=0: (x * 0.0 - 1.5, None))
    shown = next(case for case in result.cases if case.shown and not case.right)
    assert "`out`" in shown.what and any("max_pool2d_forward(x" in line for line in shown.details)
    hidden = [case for case in result.cases if not case.shown]
    assert [case.label for case in hidden] == [f"random {n}" for n in range(1, 7)]
    assert all(case.details == () for case in hidden)
    assert [bool(case.what) for case in hidden] == [True] + [False] * 5 and "the shape is not right" in hidden[0].what


def test_only_visible_cases_where_asked():
    result = judged("max_pool2d_forward", reference("max_pool2d_forward"), visible_only=True)
    assert all(case.shown for case in result.cases) and result.earned == 10


def wrong_but_for_errors(right, error):
    def function(*values, **named):
        try:
            right(*values, **named)
        except ValueError:
            raise error from None
        return -1

    return function


def raising(error):
    def function(*_, **__):
        raise error

    return function


def test_an_unwritten_function_is_not_attempted_and_costs_no_more_than_its_visible_cases():
    worker = NearWorker({"conv2d_forward": raising(NotImplementedError())})
    result = judged("conv2d_forward", None, worker=worker)
    assert (result.earned, result.status) == (0.0, NOT_ATTEMPTED)
    assert worker.calls == len(exercises()["conv2d_forward"].cases)


@pytest.mark.parametrize(
    ("cells", "failed", "status", "said"),
    [
        (["a = 1"], (), NOT_ATTEMPTED, "does not define `conv2d_forward`"),
        (["def conv2d_forward(x:"], (), WRONG, "in cell 1, which was left out"),
        (["a", "conv2d_forward = b"], ((2, "No such name."),), WRONG, "in cell 2, .* No such name"),
    ],
)
def test_a_function_that_is_not_there_is_told_with_the_reason(cells, failed, status, said):
    result = judged("conv2d_forward", None, submission=read(notebook(*cells), "hw.ipynb"), failed=failed)
    assert (result.earned, result.status) == (0.0, status)
    assert re.search(said, result.sentences[0])


def test_a_case_that_asks_for_an_error_is_right_with_that_error():
    name = "conv_output_size"
    result = judged(name, reference(name))
    assert result.status == RIGHT and any(case.raises for case in exercises()[name].cases)
    for error, right in ((ValueError("x"), 2), (TypeError("x"), 0)):
        result = judged(name, wrong_but_for_errors(reference(name), error), random_cases=0)
        assert sum(case.right for case in result.cases) == right


def test_a_function_that_does_nothing_but_raise_the_error_has_nothing_right():
    result = judged("conv_output_size", raising(ValueError("x")), random_cases=0)
    assert not any(case.right for case in result.cases) and result.earned == 0
    assert any("whatever it is given" in case.what for case in result.cases)


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (lambda out: out.astype(np.float32), "float32"),
        (lambda out: out[None], "has shape"),
        (lambda out: out * np.nan, "NaN"),
        (lambda out: out + 1e-6, "differs"),
        (lambda out: None, "is None"),
        (lambda out: "text", "array of numbers"),
        (lambda out: Opaque("Liar"), "`Liar`"),
        (lambda out: [[1], [1, 2]], "array of numbers"),
        (lambda out: {"a": out}, "array of numbers"),
        (lambda out: "\x1b[2J`**<script>" * 5000, "array of numbers"),
    ],
    ids=["dtype", "shape", "nan", "value", "none", "text", "opaque", "ragged", "dict", "escapes"],
)
def test_a_wrong_result_is_told_by_what_is_wrong_with_it(spoiled, said):
    def function(x, kernel_size, stride=None, padding=0):
        out, cache = reference("max_pool2d_forward")(x, kernel_size, stride, padding)
        return spoiled(out), cache

    result = judged("max_pool2d_forward", function)
    # A random case in float32 may be right all the same.
    assert result.earned < 3 and said in result.cases[0].what
    text = str(result)
    assert "\x1b" not in text and len(text) < 60_000


def test_a_changed_argument_is_wrong_and_said():
    def function(x, kernel_size, stride=None, padding=0):
        found = reference("max_pool2d_forward")(x.copy(), kernel_size, stride, padding)
        x += 1
        return found

    result = judged("max_pool2d_forward", function)
    assert result.earned == 0 and "changed its argument `x`" in result.cases[0].what


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (raising(IndexError("list \x1b[31m index")), "`IndexError: list index`"),
        (raising(KeyError("a")), "KeyError"),
        (raising(UnicodeDecodeError("utf-8", b"", 0, 1, "bad")), "UnicodeDecodeError"),
        (lambda image, size: 1, "called with its arguments by name"),
        (lambda x, kernel_size, stride=None, padding=0: 1, "return a tuple of as many things"),
        (lambda x, kernel_size, stride=None, padding=0: (1, 2, 3), "`return out, cache`"),
    ],
)
def test_an_error_is_told(function, said):
    assert said in judged("max_pool2d_forward", function).cases[0].what


@pytest.mark.parametrize("why", ["time", "memory", "output", "crashed", "forged", "unheard of"])
def test_after_three_stops_the_rest_is_not_tried(why):
    worker = NearWorker({"conv2d_forward": raising(StopError(why))})
    result = judged("conv2d_forward", None, worker=worker)
    assert (result.earned, result.status, worker.calls) == (0.0, STOPPED, 3)
    assert "had to be stopped 3 times" in result.sentences[-1]
    assert len(result.cases) == len(exercises()["conv2d_forward"].cases) + 6


def test_what_was_right_before_the_stops_counts():
    right = reference("conv2d_forward")

    def function(x, weight, **settings):
        if settings.get("groups", 1) > 1:
            raise StopError("time")
        return right(x, weight, **settings)

    result = judged("conv2d_forward", function, random_cases=0)
    assert result.status == PARTLY and 0 < result.earned < 10


@pytest.mark.parametrize(
    "cache",
    [
        None,
        (),
        "text",
        Opaque("Liar"),
        (1, 2, 3, 4),
        (np.zeros(3), 10**9, None, None),
        (np.zeros((30_000, 1)), np.zeros((1, 30_000)), np.zeros(1), True),
        [[[[]]]],
    ],
    ids=repr,
)
def test_a_cache_that_is_none_does_not_hurt_the_references_behind_it(cache):
    right = reference("batch_norm_forward")
    result = judged("batch_norm_forward", lambda *values, **named: (*right(*values, **named)[:3], cache))
    # The case that asks for an error comes to no cache.
    assert sum(case.right for case in result.cases) == 1
    assert any(word in result.cases[0].what for word in ("cannot work with", "much more than", "many more"))


class Lying:
    """A worker whose replies are not what was asked for."""

    def __init__(self, **reply):
        self.reply = Reply(**reply)

    def call(self, *_):
        return self.reply

    def value(self, _):
        return self.reply


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"results": {"other": 1}},
        {"results": {"out": {}}, "changed": ("y", "\0")},
        {"error": "KeyboardInterrupt", "message": "x" * 500},
        {"error": "print", "line": "no colon"},
        {"error": "NotImplementedError", "stopped": "time"},
        {"results": {"out": np.zeros((0, 3)), "cache": np.array(3)}},
        {"results": {"out": np.array(2.5)}},
        {"results": {"out": [np.zeros(3), [np.zeros(2)]]}},
        {"results": {"out": 2**62}, "printed": "\x1b]0;x\x07\n" * 100},
    ],
    ids=str,
)
def test_no_reply_makes_the_judge_raise_or_pay(reply):
    result = judged("conv2d_forward", None, worker=Lying(**reply))
    assert result.earned == 0.0 and "\x1b" not in str(result)


QUESTION = Question("q", "00", 24, "It is 4 · 6.", "Count the rows.", (Slip(10, "You added."),))
ITEM = QuestionItem("q", 4.0, "answer", personal=lambda student, key: QUESTION)


def answered(value, item=ITEM, **task):
    values = {} if value is NotImplemented else {"answer": value}
    return judge_item(item, Task(**{"submission": empty_submission(), "worker": NearWorker(values=values), **task}))


@pytest.mark.parametrize(
    ("value", "earned", "status", "said"),
    [
        (24, 4.0, RIGHT, "It is 4 · 6."),
        (np.int64(24), 4.0, RIGHT, ""),
        (np.array(24), 4.0, RIGHT, ""),
        (10, 0.0, WRONG, "You added."),
        (11, 0.0, WRONG, "Count the rows."),
        (..., 0.0, NOT_ATTEMPTED, "waits for an answer"),
        (None, 0.0, NOT_ATTEMPTED, ""),
        (NotImplemented, 0.0, NOT_ATTEMPTED, "does not define `answer`"),
        ("24", 0.0, WRONG, "without quotes"),
        (True, 0.0, WRONG, ""),
        (float("nan"), 0.0, WRONG, ""),
        (Opaque("Liar"), 0.0, WRONG, "Liar"),
        ([[1], [1, 2]], 0.0, WRONG, ""),
        (np.zeros((2, 3)), 0.0, WRONG, ""),
        ({"a": 1}, 0.0, WRONG, ""),
        ("\x1b[2J" * 9000, 0.0, WRONG, ""),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_short_answer_is_right_or_wrong(value, earned, status, said):
    result = answered(value)
    assert (result.earned, result.status) == (earned, status)
    assert said in " ".join(result.sentences) and "\x1b" not in str(result)


def test_tuples_are_compared_place_by_place():
    question = Question("q", "00", (2, 3), "", "", ())
    item = QuestionItem("q", 4.0, "answer", personal=lambda *_: question)
    for value, earned in (((2, 3), 4.0), ([2, 3], 4.0), (np.array([2, 3]), 4.0), (np.array(2), 0.0), ([2, [3]], 0.0)):
        assert answered(value, item).earned == earned


def test_a_question_of_the_course_is_found_by_its_name():
    item = QuestionItem("two-users", 2.0, "answer")
    assert answered(23, item).earned == 2.0


def test_a_personal_question_is_asked_of_the_student_and_not_judged_beforehand():
    asked = []
    item = QuestionItem("q", 4.0, "answer", personal=lambda *who: asked.append(who) or QUESTION)
    assert answered(24, item, student="s7", key="k").earned == 4.0
    result = answered(11, item, student="s7", key="k", visible_only=True)
    assert asked == [("s7", "k")] * 2 and (result.earned, result.status, result.answer) == (None, READ, "11")


def test_stopped_while_an_answer_is_read():
    assert answered(1, worker=Lying(stopped="time")).status == STOPPED


def _inputs(rng):
    labels = rng.integers(0, 10, 100)
    return {"images": labels.astype(float)}, labels


def accuracy(predictions, labels):
    return float(np.mean(np.asarray(predictions) == labels))


def unfit(predictions):
    return "" if np.shape(predictions) == (100,) else "It must return 100 class numbers."


QUALITY = QualityItem("learn", 20.0, _inputs, accuracy, ((0.5, 0.25), (0.9, 1.0)), problem=unfit)


def learned(function, item=QUALITY, **task):
    worker = NearWorker({} if function is None else {"learn": function})
    return judge_item(item, Task(**{"submission": empty_submission(), "worker": worker, **task}))


@pytest.mark.parametrize(
    ("function", "earned", "status", "score"),
    [
        (lambda images: images.astype(int), 20.0, RIGHT, 1.0),
        (lambda images: np.where(np.arange(100) < 60, images, -1), 5.0, PARTLY, 0.6),
        (lambda images: np.where(np.arange(100) < 20, images, -1), 0.0, WRONG, 0.2),
        (lambda images: images[:50], 0.0, WRONG, None),
        (lambda images: "text", 0.0, WRONG, None),
        (lambda images: Opaque("Liar"), 0.0, WRONG, None),
        (lambda images: [[1], [1, 2]], 0.0, WRONG, None),
        (raising(ValueError("x")), 0.0, WRONG, None),
        (raising(NotImplementedError()), 0.0, NOT_ATTEMPTED, None),
        (raising(StopError("memory")), 0.0, STOPPED, None),
        (None, 0.0, NOT_ATTEMPTED, None),
    ],
)
def test_a_function_that_learns_earns_by_bands(function, earned, status, score):
    result = learned(function)
    assert (result.earned, result.status, result.score) == (earned, status, score) and result.sentences


def test_the_next_band_is_told():
    said = learned(lambda images: np.where(np.arange(100) < 60, images, -1)).sentences
    assert said == ("The accuracy is 0.6, worth 25% of the points.", "From 0.9 on it is 100%.")


def test_the_inputs_come_from_the_seed():
    seen = []
    for seed in (1, 1, 2):
        learned(lambda images: seen.append(images) or images, seed=seed)
    assert np.array_equal(seen[0], seen[1]) and not np.array_equal(seen[0], seen[2])


@pytest.mark.parametrize("score", [lambda *_: float("nan"), lambda *_: 1 / 0, lambda *_: "text"])
def test_a_score_that_is_none_earns_nothing(score):
    item = QualityItem("learn", 20.0, _inputs, score, ((0.0, 1.0),))
    result = learned(lambda images: images, item)
    assert (result.earned, result.score) == (0.0, None)


@pytest.mark.parametrize(
    ("cells", "earned", "status"),
    [([markdown("Because.", id="written-why")], None, BY_HAND), ([], 0.0, NOT_ATTEMPTED)],
)
def test_words_wait_for_a_person_and_no_words_for_nobody(cells, earned, status):
    result = judge_item(WrittenItem("why", 10.0, ""), Task(read(notebook(*cells), "hw.ipynb"), None))
    assert (result.earned, result.status, result.answer) == (earned, status, "Because." if cells else "")


def test_a_score_that_fails_on_a_fit_answer_is_a_fault_of_the_assignment():
    def failing(*_):
        raise RuntimeError("out of order")

    item = QualityItem("learn", 20.0, _inputs, failing, ((0.0, 1.0),), problem=unfit)
    with pytest.raises(RuntimeError):
        learned(lambda images: images, item)
