"""Answers between right and wrong: two slips at once, right but slow, right with its argument changed, right in some cases.

The texts stand in styles/mixed_HOMEWORK.py; what each is right for is said here, case by case.
"""

from pathlib import Path

import numpy as np
import pytest
from notebooks_made import notebook

from course_utils.grading import grade_one
from course_utils.grading.assignments import assignment
from course_utils.grading.cases import prepared
from course_utils.grading.results import PARTLY, RIGHT, WRONG
from course_utils.grading.sandbox import sandbox_problem

SEED = 11
BESIDES = "There is something else besides: not all of the wrong cases come from that."


def always(values):
    return True


def never(values):
    return False


def in_float64(values):
    return values["x"].dtype == np.float64


def in_float64_or_evaluation(values):
    return in_float64(values) or not values.get("training", True)


def square(values):
    pairs = [values["x"].shape[2:], *(values[name] for name in ("stride", "padding") if name in values)]
    kernel = values["weight"].shape[2:] if "weight" in values else (1, 1)
    return all(np.ndim(pair) == 0 or pair[0] == pair[1] for pair in (*pairs, kernel))


def neither_turned_nor_without_bias(values):
    turned = values["weight"][:, :, ::-1, ::-1]
    return np.array_equal(turned, values["weight"]) and values.get("bias") is None


def momentum_a_half(values):
    training = values.get("training", True)
    # With one number a channel an error is right.
    return training and (values.get("momentum") == 0.5 or values["x"].size == values["x"].shape[1])


def shortcut_and_beginning_as_they_are(values):
    padded = values.get("shortcut", "A") == "A" and values["in_channels"] != values["channels"]
    return not padded and not values.get("zero_init", False)


# (homework, item): what it is right for, what it is taken for, what is said of it or of a case.
EXPECTED = {
    ("hw1", "conv2d_forward"): (neither_turned_nor_without_bias, "the kernel is flipped", BESIDES),
    ("hw1", "conv2d_backward"): (always, None, ""),
    ("hw1", "max_pool2d_forward"): (never, None, "The numbers are right, but the call changed its argument `x`."),
    ("hw1", "max_pool2d_backward"): (in_float64, None, "the numbers are right, but not their dtype"),
    ("hw1", "conv_transpose2d_forward"): (square, None, "has shape"),
    ("hw2", "batch_norm_forward"): (momentum_a_half, "momentum the other way round", BESIDES),
    ("hw2", "batch_norm_backward"): (never, None, "The numbers are right, but the call changed its argument `dout`."),
    ("hw2", "ghost_batch_norm_forward"): (always, None, ""),
    ("hw2", "dropout_forward"): (in_float64_or_evaluation, None, "the numbers are right, but not their dtype"),
    ("hw2", "Block"): (square, None, "cannot reshape"),
    ("hw4", "CifarBlock"): (shortcut_and_beginning_as_they_are, "the zeros before the channels", BESIDES),
    ("hw4", "cifar_resnet"): (always, None, ""),
    ("hw4", "SqueezeExcite"): (square, None, "is invalid for input of size"),
    ("hw4", "stochastic_depth"): (in_float64_or_evaluation, None, "it stopped with an error"),
}


@pytest.mark.skipif(bool(sandbox_problem()), reason="no sandbox here")
@pytest.mark.parametrize("homework", ["hw1", "hw2", "hw4"])
def test_what_is_partly_right_earns_its_part(homework, tmp_path):
    if homework == "hw4":
        pytest.importorskip("torch")
    text = (Path(__file__).parent / "styles" / f"mixed_{homework}.py").read_text(encoding="utf-8")
    path = tmp_path / f"{homework}.ipynb"
    path.write_bytes(notebook(*text.split("\n# %%\n")))
    result = grade_one.grade(path, assignment(homework), "a17", seed=SEED)
    judged = {item.name: item for item in result.items}
    for (one, name), (right_for, misconception, said) in EXPECTED.items():
        if one == homework:
            check_item(judged[name], assignment(homework).item(name), right_for, misconception, said)


def check_item(item, declared, right_for, misconception, said):
    cases = [one.case for one in prepared(item.name, declared.random_cases, SEED)]
    # Where an error is asked for, each of these answers has it.
    right = [bool(right_for(case.values)) or case.raises is not None for case in cases]
    assert [case.right for case in item.cases] == right, item.name
    assert item.earned == pytest.approx(item.points * sum(right) / len(right))
    assert item.status == (RIGHT if all(right) else PARTLY if any(right) else WRONG)
    assert (item.misconception and item.misconception[0]) == misconception, item.name
    assert said in " ".join([*item.sentences, *(case.what for case in item.cases)]), item.name
