"""What mutmut runs for every mutant of the layers: the exercises' own checks, with the mutated layer as the learner's.

The reference is never the layer itself but an independent answer, and so is what the plan calls before it. Not part of
the normal tests: run.py runs it.
"""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "exercises"))

import answers_loops
import answers_vectorised

from course_utils import layers
from course_utils.checking import judge
from course_utils.exercises import exercises
from course_utils.layers import windows

LAYERS = [name for name in exercises() if hasattr(layers, name)]
CONVOLUTIONS = ["conv2d_forward", "conv2d_backward"]


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """As the layers': with the place of each maximum in its window at the end of the cache."""
    out, _ = answers_vectorised.max_pool2d_forward(x, kernel_size, stride, padding)
    switches = answers_vectorised._pool_windows(x, kernel_size, stride, padding, -np.inf).argmax(axis=-1)
    return out, (x, kernel_size, kernel_size if stride is None else stride, padding, switches)


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    out, _ = answers_vectorised.avg_pool2d_forward(x, kernel_size, stride, padding)
    return out, (x, kernel_size, kernel_size if stride is None else stride, padding)


COURSE = {
    "conv2d_forward": answers_vectorised.conv2d_forward,
    "max_pool2d_forward": max_pool2d_forward,
    "avg_pool2d_forward": avg_pool2d_forward,
    "linear_forward": answers_vectorised.linear_forward,
    "relu_forward": answers_vectorised.relu_forward,
}


@pytest.fixture(autouse=True)
def random_cases_without_the_mutant(monkeypatch):
    """Random cases need to know how large an output is, and must not learn it from the mutant."""
    monkeypatch.setattr(layers, "conv_output_size", answers_loops.conv_output_size)


def passes(name, course=COURSE, seed=0):
    exercise = exercises()[name]
    exercise = dataclasses.replace(
        exercise,
        reference=getattr(answers_vectorised, name),
        course={function: course[function] for function in exercise.course},
    )
    return judge(exercise, ORIGINALS[name], seed=seed, seconds=2).status == "passed"


# Taken before the fixture above lays its hand on one of them.
ORIGINALS = {name: getattr(layers, name) for name in LAYERS}


@pytest.mark.parametrize("name", LAYERS)
def test_the_check_passes(name):
    assert passes(name)


@pytest.mark.parametrize("tile", [1, 4])
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_the_check_passes_where_tiles_end_inside_small_pictures(name, tile, monkeypatch):
    monkeypatch.setattr(windows, "TILE", tile)
    assert passes(name, seed=1)


@pytest.mark.parametrize("name", [name for name in LAYERS if name.endswith("_backward")])
def test_forward_and_backward_pass_together(name):
    """What the one puts into its cache is what the other needs, such as the places of the maxima."""
    assert passes(name, course={function: getattr(layers, function) for function in exercises()[name].course})
