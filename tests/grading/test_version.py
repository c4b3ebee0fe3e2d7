"""The fingerprint of an assignment: the same in every process, another when anything that is declared is another."""

import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from course_utils.exercises.specification import Lazy
from course_utils.grading import version
from course_utils.grading.assignments import Assignment, ExerciseItem, QualityItem, WrittenItem
from course_utils.grading.version import version_of

EXERCISE = ExerciseItem("conv2d_forward", 25)
QUALITY = QualityItem("predict", 10, np.linspace, partial(np.allclose, atol=1e-3), ((0.5, 0.5),))
HOMEWORK = Assignment("hw1", "T", "f", (EXERCISE, QUALITY, WrittenItem("why", 5, "Any.")))


def changed(place: int, **values) -> Assignment:
    items = list(HOMEWORK.items)
    items[place] = replace(items[place], **values)
    return replace(HOMEWORK, items=tuple(items))


def test_it_is_the_same_in_another_process():
    program = "from test_version import *; print(version_of(HOMEWORK))"
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert other.stdout.strip() == version_of(HOMEWORK), other.stderr


@pytest.mark.parametrize(
    "other",
    [
        replace(HOMEWORK, memory=1),
        replace(HOMEWORK, items=HOMEWORK.items[:2]),
        replace(HOMEWORK, items=HOMEWORK.items[::-1]),
        changed(0, points=26),
        changed(0, name="conv2d_backward"),
        changed(0, name="declared nowhere"),
        changed(1, bands=((0.5, 0.6),)),
        changed(1, inputs=np.geomspace),
        changed(1, score=partial(np.allclose, atol=1e-4)),
        changed(2, rubric="None."),
    ],
)
def test_another_declaration_has_another(other):
    assert version_of(other) != version_of(HOMEWORK)


def test_what_an_exercise_declares_belongs_to_it(monkeypatch):
    before = version_of(HOMEWORK)
    declared = dict(version.exercises())
    one = declared["conv2d_forward"]
    for other in (
        replace(one, tolerances={"float64": 1e-8}),
        replace(one, cases=one.cases[1:]),
        replace(one, reference=Lazy("course_utils.layers.pooling", "max_pool2d_forward")),
    ):
        monkeypatch.setattr(version, "exercises", lambda other=other: declared | {"conv2d_forward": other})
        assert version_of(HOMEWORK) != before
    monkeypatch.setattr(version, "exercises", lambda: declared | {"im2col": one})
    assert version_of(HOMEWORK) == before


def test_an_array_of_a_case_and_the_text_of_a_module(monkeypatch):
    declared = dict(version.exercises())
    one = declared["conv2d_forward"]
    case = one.cases[0]
    name = next(name for name, value in case.values.items() if isinstance(value, np.ndarray))
    other = replace(case, values={**case.values, name: case.values[name] + 1})
    before = version_of(HOMEWORK)
    monkeypatch.setattr(
        version, "exercises", lambda: declared | {"conv2d_forward": replace(one, cases=(other, *one.cases[1:]))}
    )
    assert version_of(HOMEWORK) != before
    monkeypatch.undo()
    monkeypatch.setattr(
        version, "_source", lambda path: b"other code" if path and path.name == "convolution.py" else b""
    )
    assert version_of(HOMEWORK) != before
