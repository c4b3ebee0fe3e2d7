"""What a notebook calls: start, check, hint, reveal, use, ask and progress."""

import functools
import subprocess
import sys

import numpy as np
import pytest

from course_utils import paths
from course_utils.checking import ask, check, hint, progress, records, reveal, session, start, use
from course_utils.exercises import exercises, questions
from course_utils.layers import correlate2d as right_answer

QUESTION = "slide-7-3-3"


def relu_forward(x):
    return np.maximum(x, 0), x


def correlate2d(x, kernel):
    return right_answer(x, kernel[..., ::-1, ::-1])


def relu_backward(dout, cache):
    raise NotImplementedError("about 1 line")


def test_a_right_answer(shown):
    check(relu_forward)
    assert "✓ relu_forward: 5 cases and 200 random ones agree." in shown()
    assert use(relu_forward) is relu_forward
    assert "The lesson goes on with your `relu_forward`." in shown()


def test_a_wrong_answer(shown):
    check(correlate2d)
    text = shown()
    assert "✗ correlate2d: right in" in text
    assert "Looks like: the kernel is flipped." in text
    assert "yours, out:" in text
    assert "expected, out:" in text
    assert "Try `hint(correlate2d)`." in text
    assert use(correlate2d) is exercises()["correlate2d"].reference
    assert "The lesson goes on with the course's `correlate2d`" in shown()


def test_an_open_exercise(shown):
    check(relu_backward)
    text = shown()
    assert "○ relu_backward: not attempted yet." in text
    assert "✗" not in text
    assert use(relu_backward) is exercises()["relu_backward"].reference
    assert records.load()[0]["exercises"] == {}


def test_a_function_by_another_name(shown):
    def my_own(x):
        return np.maximum(x, 0), x

    check(my_own, "relu_forward")
    assert "✓ relu_forward" in shown()
    assert use(my_own, "relu_forward") is my_own
    check(functools.partial(relu_forward), "relu_forward")
    assert "✓ relu_forward" in shown()
    check(np.absolute, "relu_forward")
    assert "✗ relu_forward" in shown()


def test_a_verdict_is_kept_as_long_as_the_function(monkeypatch, shown):
    judged = []
    judge = session.judge
    monkeypatch.setattr(session, "judge", lambda *arguments: judged.append(1) or judge(*arguments))

    def relu_forward(x):
        return np.maximum(x, 0), x

    check(relu_forward)
    use(relu_forward)
    assert len(judged) == 1

    def relu_forward(x):
        return np.abs(x), x

    check(relu_forward)
    assert len(judged) == 2


@pytest.mark.parametrize(
    ("thing", "error", "says"),
    [
        (np.zeros(2), TypeError, "function must be the function itself, got ndarray; write the name without ()"),
        (None, TypeError, "got NoneType"),
        ("relu_foward", ValueError, "there is no exercise called 'relu_foward'; did you mean 'relu_forward'?"),
        ("zzz", ValueError, "there is no exercise called 'zzz'; there are to_gray,"),
        (abs, ValueError, "there is no exercise called 'abs'"),
        (np.absolute, ValueError, "there is no exercise called 'absolute'"),
        (lambda x: x, ValueError, "there is no exercise called '<lambda>'"),
        (functools.partial(relu_forward), ValueError, "there is no exercise called"),
        (QUESTION, ValueError, f"'{QUESTION}' is a question; answer it with ask("),
    ],
)
@pytest.mark.parametrize("call", [check, use])
def test_what_names_no_exercise_is_refused(call, thing, error, says):
    with pytest.raises(error) as raised:
        call(thing)
    assert says in str(raised.value)


def test_hints_come_one_after_the_other_and_by_number(shown):
    hints = exercises()["relu_forward"].hints
    for number in (1, 2, 3, 3):
        hint(relu_forward)
        text = shown()
        assert f"Hint {number} of 3." in text
        assert hints[number - 1].split("`")[0] in text
    hint("relu_forward", 2)
    assert "Hint 2 of 3." in shown()
    assert "`reveal(relu_forward)`" not in shown()
    for wrong in (0, 4, -1, "2"):
        with pytest.raises(ValueError, match=r"number must be 1 to 3, got "):
            hint(relu_forward, wrong)
    assert records.load()[0]["exercises"]["relu_forward"]["hints"] == 3


def test_a_hint_for_a_question(shown):
    hint(QUESTION)
    assert questions()[QUESTION].hint in shown()


def test_reveal_reads_the_lesson(tmp_path, monkeypatch, shown):
    monkeypatch.setattr(paths, "SOLUTIONS", tmp_path)
    reveal("correlate2d")
    assert "The solutions are not here: 01_images_and_filters.py is missing." in shown()
    source = tmp_path / "01_images_and_filters.py"
    source.write_text("def other(x):\n    pass\n", encoding="utf-8")
    reveal("correlate2d")
    assert "01_images_and_filters.py has no solution of correlate2d." in shown()
    source.write_text(
        'def correlate2d(x, kernel):\n    """Text."""\n    ### BEGIN SOLUTION about 1 line\n    return x\n'
        "    ### END SOLUTION\n\n\ncheck(correlate2d)\n\ndef other(x):\n    pass\n\ncheck(other)\n",
        encoding="utf-8",
    )
    reveal("correlate2d")
    text = shown()
    assert "return x" in text
    assert "###" not in text
    assert "other" not in text
    assert records.load()[0]["exercises"]["correlate2d"]["revealed"] is True


@pytest.mark.parametrize("name", [n for n, e in exercises().items() if e.lesson in ("00", "01", "02")])
def test_reveal_finds_the_solution_of_every_written_lesson(name, shown):
    reveal(name)
    text = shown()
    assert f"def {name}(" in text
    assert "return" in text
    assert "SOLUTION" not in text


def test_reveal_of_a_question(shown):
    reveal(QUESTION)
    assert f"The answer is {questions()[QUESTION].answer}." in shown()


def test_ask(shown):
    question = questions()[QUESTION]
    ask(QUESTION, ...)
    assert "put your answer in place of the three dots" in shown()
    assert records.load()[0]["questions"] == {}
    ask(QUESTION, question.slips[0].answer)
    assert question.slips[0].sentence in shown()
    ask(QUESTION, question.answer)
    assert question.why in shown()
    assert records.load()[0]["questions"][QUESTION]["tries"] == 2
    ask(QUESTION, 99)
    assert records.load()[0]["questions"][QUESTION]["status"] == "passed"
    with pytest.raises(ValueError, match="did you mean 'slide-7-3-3'"):
        ask("slide-7-33", 1)


@pytest.mark.parametrize(
    ("answer", "says"),
    [("2", "without quotes"), ([2], "The answer is a number"), (None, "The answer is a number"), (True, "is a number")],
)
def test_an_answer_in_the_wrong_form_is_told(answer, says, shown):
    ask(QUESTION, answer)
    assert says in shown()


def test_start_says_which_lesson_and_what_is_solved(shown):
    start("02")
    assert "Lesson 02: The convolution layer." in shown()
    with pytest.raises(ValueError, match="number must be one of 00 to 18, or hw1 to hw4, got '77'"):
        start("77")


def horizontal_difference(image):
    return image[:, 1:] - image[:, :-1]


def test_progress_shows_what_was_done(shown):
    progress()
    assert "0 of 2 exercises" in shown()
    check(correlate2d)
    check(horizontal_difference)
    shown()
    progress()
    lines = {line[:2]: line for line in shown().splitlines()}
    assert "□■" in lines["00"]
    assert "1 of 2 exercises" in lines["00"]
    assert "◪□" in lines["01"]
    assert "0 of 2 exercises" in lines["01"]


def test_progress_outlives_the_process():
    check(horizontal_difference)
    code = "from course_utils.checking import progress; progress()"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert "1 of 2 exercises" in other.stdout
