"""The short questions: right in every form, each slip told as itself, and no hint that holds the answer."""

import re

import numpy as np
import pytest

from course_utils.checking.answers import explain_answer, judge_answer
from course_utils.exercises import _by_name, questions
from course_utils.lessons import lesson

QUESTIONS = list(questions().values())
EVERY = pytest.mark.parametrize("question", QUESTIONS, ids=[question.identifier for question in QUESTIONS])
SLIPS = [(question, slip) for question in QUESTIONS for slip in question.slips]
EVERY_SLIP = pytest.mark.parametrize(("question", "slip"), SLIPS, ids=[f"{q.identifier}: {s.answer}" for q, s in SLIPS])


def other_forms(answer):
    """The same answer as another learner may type it."""
    if isinstance(answer, bool):
        return [np.bool_(answer)]
    if isinstance(answer, str):
        return [answer.upper(), f" {answer} "]
    if isinstance(answer, tuple):
        return [list(answer), np.array(answer), tuple(np.asarray(number)[()] for number in answer)]
    if isinstance(answer, int):
        fits = abs(answer) < 2**31
        return [np.int64(answer), float(answer), *([np.int32(answer)] if fits else [])]
    return [np.float64(answer)]


def numbers_in(text):
    """The numbers of a text, with 1,000 read as one thousand."""
    return {float(word.replace(",", "")) for word in re.findall(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?", text)}


def gives_away(question, sentence):
    """Whether a sentence holds all the numbers of the answer; those below 10 are met everywhere."""
    answer = question.answer if isinstance(question.answer, tuple) else (question.answer,)
    if isinstance(question.answer, bool | str):
        return False
    telling = {float(number) for number in answer if abs(number) >= 10}
    return bool(telling) and telling <= numbers_in(sentence)


@EVERY
def test_the_answer_is_right_in_every_form(question):
    for form in (question.answer, *other_forms(question.answer)):
        assert judge_answer(question, form) is True, repr(form)
        assert question.why in explain_answer(question, form).title


@EVERY
def test_three_dots_are_open_and_nonsense_is_wrong(question):
    assert judge_answer(question, ...) is None
    assert explain_answer(question, ...).tone == "open"
    for nonsense in (None, "", "nonsense", object(), [], (), float("nan"), -987654.5, np.zeros((2, 2)), {1: 2}, print):
        assert judge_answer(question, nonsense) is False
        assert explain_answer(question, nonsense).tone == "bad"


@EVERY_SLIP
def test_a_slip_is_wrong_and_told_as_itself(question, slip):
    for form in (slip.answer, *other_forms(slip.answer)):
        assert judge_answer(question, form) is False
        assert slip.sentence in explain_answer(question, form).title, repr(form)


@EVERY_SLIP
def test_a_fraction_is_known_when_it_is_rounded(question, slip):
    if isinstance(slip.answer, float) and not slip.answer.is_integer():
        for digits in (2, 3, 4):
            rounded = float(f"{slip.answer:.{digits}g}")
            if judge_answer(question, rounded) is False and not rounded.is_integer():
                assert slip.sentence in explain_answer(question, rounded).title


@EVERY
def test_slips_are_told_apart(question):
    sentences = [question.why, question.hint, *(slip.sentence for slip in question.slips)]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith((".", "?", ")", "…")) for sentence in sentences)


@EVERY
def test_a_number_is_not_given_away(question):
    for sentence in (question.hint, *(slip.sentence for slip in question.slips)):
        assert not gives_away(question, sentence), sentence


@EVERY
def test_there_is_a_slip_and_a_lesson(question):
    assert question.slips
    assert lesson(question.lesson)


def test_a_letter_has_no_slip_for_itself():
    for question in QUESTIONS:
        if isinstance(question.answer, str):
            assert question.answer == question.answer.lower()
            assert len(question.answer) == 1


def test_two_lessons_cannot_ask_by_one_name():
    question = QUESTIONS[0]
    with pytest.raises(ValueError, match=f"{question.identifier!r} stands in lesson 00 and in lesson 00; rename one"):
        _by_name([(question.identifier, question), (question.identifier, question)])
