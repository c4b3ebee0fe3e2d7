"""Results made by hand: every status, names and outputs that are out to do harm."""

from course_utils.grading.assignments import Assignment, ExerciseItem, QualityItem, QuestionItem, WrittenItem
from course_utils.grading.results import (
    BY_HAND,
    FORBIDDEN,
    GRADED,
    NOT_ATTEMPTED,
    NOTHING,
    PARTLY,
    RIGHT,
    STOPPED,
    WRONG,
    CaseResult,
    ItemResult,
    SubmissionResult,
)

ASSIGNMENT = Assignment(
    name="hw1",
    title="Homework 1: convolution and pooling",
    file="hw1_convolution_and_pooling",
    items=(
        ExerciseItem("conv2d_forward", 25, "Right for every stride, padding, dilation and number of groups."),
        ExerciseItem("conv2d_backward", 25, "All three gradients."),
        ExerciseItem("max_pool2d_forward", 15, "Also where windows overlap."),
        ExerciseItem("conv_output_size", 5),
        ExerciseItem("relu_forward", 5, forbidden=("torch.relu",)),
        QuestionItem("alexnet-227", 5, "for_227"),
        QualityItem("train_and_predict", 10, inputs=None, score=None, bands=((0.5, 0.2), (0.95, 1.0))),
        WrittenItem("written-why-share", 10, "Names sharing, and one case in which it hurts."),
    ),
)


def cases(shown: int, right_shown: int, random: int, right_random: int, hint: str = "") -> tuple[CaseResult, ...]:
    wrong = ("yours     0.25  1.50", "expected  0.50  1.50")
    visible = [
        CaseResult(f"stride {n + 1}", True, True)
        if n < right_shown
        else CaseResult(f"padding {n}", False, True, "`out` differs in 3 of its 8 places.", wrong)
        for n in range(shown)
    ]
    hidden = [CaseResult(str(n + 1), n < right_random, False, "" if n < right_random else hint) for n in range(random)]
    return (*visible, *hidden)


def graded(student: str = "a17", **changes) -> SubmissionResult:
    """One item of each status; 57.5 points and ten that wait for a person."""
    items = (
        ItemResult("conv2d_forward", 25, 25.0, RIGHT, cases=cases(5, 5, 24, 24)),
        ItemResult(
            "conv2d_backward",
            25,
            12.5,
            PARTLY,
            ("Right in 12 of 24 cases.",),
            ("filters not flipped", "The gradient of the input slides the filters as they are, instead of turned."),
            cases(4, 2, 20, 10, "Look at what stride does to the places between the outputs."),
        ),
        ItemResult("max_pool2d_forward", 15, 0.0, STOPPED, ("Stopped after `5 seconds`: it was still running.",)),
        ItemResult("conv_output_size", 5, 0.0, NOT_ATTEMPTED),
        ItemResult("relu_forward", 5, 0.0, FORBIDDEN, ("line 3 uses `torch.relu`; write `np.maximum` instead.",)),
        ItemResult("alexnet-227", 5, 0.0, WRONG, ("You answered **54**. The window reaches over 11 pixels.",)),
        ItemResult("train_and_predict", 10, 10.0, RIGHT, ("96.1% of 500 pictures.",), score=0.961),
        ItemResult("written-why-share", 10, None, BY_HAND, answer="Because a cat is a cat\neverywhere."),
    )
    values = {
        "status": GRADED,
        "items": items,
        "file": "hw1_convolution_and_pooling.ipynb",
        "sha256": "0123456789abcdef" * 4,
        "seed": 20260921,
        "submitted": "2026-10-01T23:59:00+02:00",
        "notes": ("Cell 14 was left out: line 3 is not Python.",),
    }
    return SubmissionResult(student, "hw1", **{**values, **changes})


def missing(student: str = "b42", status: str = NOTHING) -> SubmissionResult:
    return SubmissionResult(student, "hw1", status)


HOSTILE_TEXTS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>alert(2)</script>",
    "</pre></code></main>",
    "javascript:alert(3)",
    "{{ 7 * 7 }} {% raw %}",
    "`<b>` **<i>** *<u>*",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "right \u202egnorw\u202c \u2066a\u2069",
    "zero\u200bwidth \ufeff \x00 \x07 \x9b31m",
    "lone \ud800 surrogate",
    "z" + "\u0321" * 500,
    "M" * 1_000_000,
)


def hostile(text: str) -> SubmissionResult:
    """The text wherever a student's could come to stand."""
    case = CaseResult(text, False, True, text, (text, text))
    item = ItemResult(
        text, 5, 2.5, PARTLY, (text,), (text, text), (case, CaseResult("1", False, False, text)), 0.5, text
    )
    return SubmissionResult(text, "hw1", GRADED, (item,), text, text, 1, text, 1, 0.1, 1.0, (text,))
