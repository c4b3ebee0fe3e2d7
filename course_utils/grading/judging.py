"""Judging the items of a submission: what each earns, and what the student is told about it."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from course_utils.checking.answers import explain_answer, judge_answer, wrong_form
from course_utils.exercises import exercises, questions
from course_utils.exercises.questions import Question
from course_utils.exercises.specification import Call
from course_utils.exercises.trials import share
from course_utils.grading.assignments import Item, QualityItem, QuestionItem, WrittenItem
from course_utils.grading.case_runs import is_missing, stop_told, told
from course_utils.grading.cases import generator
from course_utils.grading.exercise_judging import Task, absent, judge_exercise
from course_utils.grading.results import BY_HAND, NOT_ATTEMPTED, PARTLY, READ, RIGHT, STOPPED, WRONG, ItemResult
from course_utils.grading.text import plain
from course_utils.grading.wire import Opaque


def judge_item(item: Item, task: Task) -> ItemResult:
    """The result of one item. Raises only what a faulty declaration raises, such as a score that fails on a fit answer."""
    if isinstance(item, WrittenItem):
        return judge_written(item, task.submission.written(item.name))
    if isinstance(item, QuestionItem):
        return judge_question(item, task)
    if isinstance(item, QualityItem):
        return judge_quality(item, task)
    return judge_exercise(item, exercises()[item.name], task)


def judge_written(item: WrittenItem, answer: str) -> ItemResult:
    """An answer in words waits for a person; where there is none, nothing does."""
    if not answer.strip():
        sentence = "No answer was found in the cell for it, nor below its heading."
        return ItemResult(item.name, item.points, 0.0, NOT_ATTEMPTED, (sentence,))
    return ItemResult(item.name, item.points, None, BY_HAND, answer=plain(answer, 20_000))


def judge_question(item: QuestionItem, task: Task) -> ItemResult:
    """A short answer: all the points or none."""
    question = item.personal(task.student, task.key) if item.personal else questions()[item.name]
    reply = task.worker.value(item.variable)
    if reply.stopped:
        return ItemResult(item.name, item.points, 0.0, STOPPED, (stop_told(reply),))
    if reply.error:
        return absent(item, item.variable, task)
    answer = _plain_answer(reply.results.get(item.variable))
    if answer is Ellipsis or answer is None:
        return ItemResult(
            item.name, item.points, 0.0, NOT_ATTEMPTED, (f"`{item.variable}` still waits for an answer.",)
        )
    shown = plain(str(answer), 200)
    if isinstance(answer, Opaque):
        sentence = f"`{item.variable}` is a `{answer.type_name}`. {wrong_form(question, answer) or 'A plain value is asked for.'}"
        return ItemResult(item.name, item.points, 0.0, WRONG, (sentence,), answer=shown)
    if item.personal and task.visible_only:
        said = wrong_form(question, answer) or "It can be read. Whether it is right is said when the class is graded."
        return ItemResult(item.name, item.points, None, READ, (said,), answer=shown)
    right, said = _judged(question, answer)
    earned = item.points if right else 0.0
    return ItemResult(item.name, item.points, earned, RIGHT if right else WRONG, (said,), answer=shown)


def judge_quality(item: QualityItem, task: Task) -> ItemResult:
    """A function that learns: points by what its answer scores on what it never saw."""
    values, hidden = _drawn(item, task.seed)
    plan = (Call(item.name, tuple(values), ("answer",)),)
    reply = task.worker.call(plan, values, ("answer",), item.seconds)
    # Scoring may take long, and nothing of the student's is to run beside it.
    task.worker.close()
    if reply.stopped:
        return _unscored(item, stop_told(reply), STOPPED)
    if reply.error == "NotImplementedError":
        return _unscored(item, "It is not written yet.", NOT_ATTEMPTED)
    if reply.error:
        return absent(item, item.name, task) if is_missing(item.name, reply) else _unscored(item, f"{told(reply)}.")
    answer = reply.results.get("answer")
    score, problem = _score(item, answer, hidden)
    if problem:
        return _unscored(item, problem)
    part = share(item.bands, score)
    higher = [(least, more) for least, more in item.bands if more > part]
    said = [f"The {item.unit} is {score:.4g}, worth {part:.0%} of the points."]
    if higher:
        said.append(f"From {higher[0][0]:.4g} on it is {higher[0][1]:.0%}.")
    status = WRONG if not part else PARTLY if higher else RIGHT
    return ItemResult(item.name, item.points, item.points * part, status, tuple(said), score=score)


def _score(item: QualityItem, answer: Any, hidden: Any) -> tuple[float, str]:
    """(score, problem) of an answer of whatever form."""
    unreadable = "What it returned could not be read as an answer"
    try:
        if item.problem and (problem := item.problem(answer)):
            return 0.0, str(problem)
    except Exception as error:
        return 0.0, f"{unreadable} ({type(error).__name__})."
    try:
        score = float(item.score(answer, hidden))
    except Exception as error:
        # What has the right form and still cannot be scored is no fault of the student's.
        if item.problem:
            raise
        return 0.0, f"{unreadable} ({type(error).__name__})."
    return score, "" if math.isfinite(score) else "What it returned gives no number as its score."


def _unscored(item: Item, sentence: str, status: str = WRONG) -> ItemResult:
    return ItemResult(item.name, item.points, 0.0, status, (plain(sentence, 1_000),))


@lru_cache(maxsize=4)
def _drawn(item: QualityItem, seed: int) -> tuple[Any, Any]:
    return item.inputs(generator(seed, item.name))


def _judged(question: Question, answer: Any) -> tuple[bool, str]:
    try:
        return judge_answer(question, answer) is True, plain(explain_answer(question, answer).title, 1_000)
    except (TypeError, ValueError, OverflowError):
        # Such as lists of lists of different lengths.
        return False, _form(question)


def _form(question: Question) -> str:
    """What form the answer has, for one that has none at all."""
    return wrong_form(question, Opaque("")) or "The answer has another form than what is asked for."


def _plain_answer(value: Any) -> Any:
    """A single number that came as an array is one."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return value[()]
    return value
