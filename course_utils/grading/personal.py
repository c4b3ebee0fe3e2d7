"""A student's own network and the questions about it: what the notebook of homework 3 shows, and what its grader asks.

The same id and key give the same network, on every machine. A notebook that is worked on without a key is for self-study:
its answers are checked at once. With an instructor's key it says only whether an answer can be read.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from course_utils.checking.answers import explain_answer, judge_answer, wrong_form
from course_utils.checking.report import Report, show
from course_utils.exercises.questions import Question
from course_utils.grading import personal_costs, personal_sizes
from course_utils.grading.personal_network import Network, drawn

SELF_STUDY = "self-study"
# What the notebook has where the student's id belongs.
NOBODY = "your-id"
# By the name of the question, in the order of the notebook.
ASKED: dict[str, Callable[[Network], Question]] = {
    "conv1-side": personal_sizes.conv1_side,
    "pool1-side": personal_sizes.pool1_side,
    "conv3-side": personal_sizes.conv3_side,
    "conv3-padding": personal_sizes.conv3_padding,
    "fc1-inputs": personal_sizes.fc1_inputs,
    "conv1-parameters": personal_costs.conv1_parameters,
    "conv2-parameters": personal_costs.conv2_parameters,
    "block-parameters": personal_costs.block_parameters,
    "parameters": personal_costs.parameters,
    "fc1-share": personal_costs.fc1_share,
    "conv2-macs": personal_costs.conv2_macs,
    "macs": personal_costs.macs,
    "conv3-field": personal_sizes.conv3_field,
    "block-jump": personal_sizes.block_jump,
    "training-memory": personal_costs.training_memory,
    "small-kernels": personal_costs.small_kernels,
}


def network(student_id: str, key: str = "") -> Network:
    """The network of that student. key: the assignment's, as the instructor gave it; "" for self-study.

    Case and spaces around the id do not matter. Raises ValueError for an empty id, TypeError if id or key is no text.
    """
    return _network(_text("student_id", student_id).casefold(), _text("key", key) or SELF_STUDY)


def question(name: str, student_id: str, key: str = "") -> Question:
    """The question of that name about the student's network. Raises KeyError for an unknown name."""
    return ASKED[name](network(student_id, key))


def questions(student_id: str, key: str = "") -> dict[str, Question]:
    """All questions about the student's network, by name."""
    return {name: ask(network(student_id, key)) for name, ask in ASKED.items()}


def asker(student_id: str, key: str = "") -> Callable[[str, Any], None]:
    """The function with which the notebook asks about the network of that student, `ask(name, answer)`.

    In self-study it says what is right, or what slip an answer looks like; else only whether the answer can be read.
    As long as the id is the notebook's own it says so.
    """
    asked = questions(student_id, key)
    graded = (_text("key", key) or SELF_STUDY) != SELF_STUDY
    if student_id == NOBODY:
        sentence = "Put the id under which you hand in between the quotes, and run this cell again."
        show(Report("open", "This is nobody's network yet.", [sentence]))

    def ask(name: str, answer: Any) -> None:
        show(readable(asked[name], answer) if graded else explain_answer(asked[name], answer))

    return ask


def readable(one: Question, answer: Any) -> Report:
    """Whether an answer can be read and may be one at all; not whether it is right."""
    if judge_answer(one, answer) is None:
        return explain_answer(one, answer)
    problem = wrong_form(one, answer)
    if not problem and not 0 < float(answer) < float("inf"):
        problem = "It should be a number above 0."
    if not problem and isinstance(one.answer, int) and float(answer) != int(answer):
        problem = "It should be a whole number."
    if problem:
        return Report("bad", f"**{one.identifier}**: this answer cannot be right. {problem}")
    return Report(
        "note", f"**{one.identifier}**: the answer can be read. Whether it is right you learn with your grade."
    )


@cache
def _network(student: str, key: str) -> Network:
    return drawn(student, key)


def _text(name: str, value: Any) -> str:
    """The text without spaces around it. Raises TypeError or ValueError, with the remedy."""
    if not isinstance(value, str):
        raise TypeError(f'{name} must be text in quotes, such as "ada.l", got {value!r}')
    text = " ".join(value.split())
    if name == "student_id" and not text:
        raise ValueError("student_id must be the id under which you hand in, got an empty text")
    return text
