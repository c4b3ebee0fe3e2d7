"""What mutmut runs for every mutant of the layers: the exercises' own checks, with the mutated layer as the learner's.

The reference is never the layer itself but an independent answer, and so is what the plan calls before and after it.
Not part of the normal tests: run.py runs it.
"""

import dataclasses
import functools
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "exercises"))

from answers_vectorised import _pool_windows
from right_answers import STYLES

from course_utils import layers
from course_utils.checking import judge
from course_utils.exercises import exercises
from course_utils.layers import batch_normalisation, large_batches, modules, windows

# What draws at random draws in the loops as the layers do; the vectorised answers draw in another way that is right too.
DRAWN = ("kaiming_normal", "dropout_forward", "dropout_backward")
ANSWERS = STYLES["vectorised"] | {name: STYLES["loops"][name] for name in DRAWN}

# conv2d_forward_im2col is no layer: its reference is conv2d_forward.
JUDGED = [name for name in exercises() if hasattr(layers, name)]
# Those that work in another way where the batch lies last in memory.
BY_MEMORY = [
    name
    for name in JUDGED
    if name in ("conv2d_forward", "conv2d_backward", "subsample2d_forward")
    or "_pool2d_" in name
    or "batch_norm_" in name
]
BATCH_NORM = ["batch_norm_forward", "batch_norm_backward"]


def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    """As the layers': with the place of each maximum in its window at the end of the cache."""
    out, _ = ANSWERS["max_pool2d_forward"](x, kernel_size, stride, padding)
    switches = _pool_windows(x, kernel_size, stride, padding, -np.inf).argmax(axis=-1)
    return out, (x, kernel_size, kernel_size if stride is None else stride, padding, switches)


def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    out, _ = ANSWERS["avg_pool2d_forward"](x, kernel_size, stride, padding)
    return out, (x, kernel_size, kernel_size if stride is None else stride, padding)


def local_response_norm_backward(dout, cache):
    """By the matrix of which channel sees which."""
    x, scale, size, alpha, beta = cache
    apart = np.arange(x.shape[1]) - np.arange(x.shape[1])[:, None]
    seen = ((-(size // 2) <= apart) & (apart <= (size - 1) // 2)).astype(x.dtype)
    share = np.einsum("nchw,cd->ndhw", dout * x * scale ** (-beta - 1), seen)
    return dout * scale**-beta - 2 * alpha * beta / size * x * share


class Momentum:
    """What a network is trained with, in place of the layers' SGD."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr, self.momentum = parameters, lr, momentum
        self.velocities = [np.zeros_like(parameter.data) for parameter in parameters]

    def step(self):
        for parameter, velocity in zip(self.parameters, self.velocities, strict=True):
            velocity[...] = self.momentum * velocity + parameter.grad
            parameter.data -= self.lr * velocity


COURSE = ANSWERS | {
    "max_pool2d_forward": max_pool2d_forward,
    "avg_pool2d_forward": avg_pool2d_forward,
    "local_response_norm_backward": local_response_norm_backward,
}
# Taken before the fixture below lays its hand on some of them.
ORIGINALS = {name: getattr(layers, name) for name in JUDGED}


@pytest.fixture(autouse=True)
def nothing_else_is_the_mutant(monkeypatch):
    """Random cases must not learn from the mutant how large an output is, nor a network be made of mutants."""
    monkeypatch.setattr(layers, "conv_output_size", ANSWERS["conv_output_size"])
    monkeypatch.setattr(layers, "SGD", Momentum)
    for name, answer in ANSWERS.items():
        if hasattr(modules, name):
            monkeypatch.setattr(modules, name, answer)


def passes(name, function=None, course=COURSE, seed=0):
    exercise = exercises()[name]
    exercise = dataclasses.replace(
        exercise,
        reference=ANSWERS[name],
        course={other: course.get(other, function) for other, function in exercise.course.items()},
    )
    return judge(exercise, function or ORIGINALS[name], seed=seed, seconds=2).status == "passed"


def batch_last(value):
    """The same images with the batch last in memory, and of a tuple all of its images."""
    if isinstance(value, tuple):
        return tuple(map(batch_last, value))
    if isinstance(value, np.ndarray) and value.ndim == 4:
        return np.ascontiguousarray(value.transpose(2, 3, 1, 0)).transpose(3, 2, 0, 1)
    return value


@pytest.mark.parametrize("name", JUDGED)
def test_the_check_passes(name):
    assert passes(name)


@pytest.mark.parametrize("tile", [1, 4])
@pytest.mark.parametrize("name", ["conv2d_forward", "conv2d_backward"])
def test_the_check_passes_where_tiles_end_inside_small_pictures(name, tile, monkeypatch):
    monkeypatch.setattr(windows, "TILE", tile)
    assert passes(name, seed=1)


@pytest.mark.parametrize("name", BATCH_NORM)
def test_the_check_passes_where_pieces_end_inside_small_pictures(name, monkeypatch):
    monkeypatch.setattr(batch_normalisation, "_PIECE", 6)
    monkeypatch.setattr(batch_normalisation, "_SHORT_ROW", 3)
    assert passes(name, seed=1)


@pytest.mark.parametrize("name", ["conv2d_forward", "conv2d_backward"])
def test_the_check_passes_where_small_batches_go_the_way_of_large_ones(name, monkeypatch):
    monkeypatch.setattr(large_batches, "LEAST_BATCH", 1)
    assert passes(name, seed=2)


@pytest.mark.parametrize(
    ("name", "turned"),
    [(name, ("x", "dout", "cache")) for name in BY_MEMORY]
    + [(name, (one,)) for name in BY_MEMORY if name.endswith("_backward") for one in ("dout", "cache")],
)
def test_the_check_passes_where_the_batch_lies_last(name, turned, monkeypatch):
    """As it does between the layers of a network, in large batches; backward, of dout, of the cache, or of both."""
    monkeypatch.setattr(large_batches, "LEAST_BATCH", 1)

    @functools.wraps(ORIGINALS[name])
    def layer(**arguments):
        return ORIGINALS[name](
            **{key: batch_last(value) if key in turned else value for key, value in arguments.items()}
        )

    assert passes(name, layer, seed=3)


@pytest.mark.parametrize("name", [name for name in JUDGED if name.endswith("_backward") and exercises()[name].course])
def test_forward_and_backward_pass_together(name):
    """What the one puts into its cache is what the other needs, such as the places of the maxima."""
    assert passes(name, course={function: getattr(layers, function) for function in exercises()[name].course})
