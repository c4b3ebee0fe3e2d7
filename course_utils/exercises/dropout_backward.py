"""An exercise of lesson 07: the way back through dropout."""

import numpy as np

from course_utils import layers
from course_utils.exercises.dropout_forward import CASES, PLAN, random_case
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Exercise


def _dropout_backward(dout, cache, *, slip: str):
    """dropout_backward with one slip in it."""
    if cache is None and slip != "None not awaited":
        return np.zeros_like(dout) if slip == "nothing in evaluation" else _passed_on(dout, slip)
    if slip == "in place":
        dout *= cache
        return dout
    dx = {
        "mask ignored": lambda: dout.copy(),
        "not scaled": lambda: dout * (cache != 0),
        "divided": lambda: dout / cache,
        "upside down": lambda: dout * (cache == 0),
        "squared": lambda: dout * cache * cache,
        "cache only": lambda: np.broadcast_to(cache, dout.shape).copy(),
        "mask from dout": lambda: np.where(dout > 0, dout * np.max(cache), 0),
        "rescaled by the mask": lambda: dout * (cache != 0) / np.mean(np.asarray(cache) != 0),
    }.get(slip, lambda: dout * cache)()
    return dx.astype(dout.dtype)


def _passed_on(dout: np.ndarray, slip: str) -> np.ndarray:
    return np.ones_like(dout) if slip == "cache only" else dout.copy()


DROPOUT_BACKWARD = Exercise(
    name="dropout_backward",
    lesson="07",
    reference=layers.dropout_backward,
    course={"dropout_forward": layers.dropout_forward},
    plan=PLAN,
    compared=("dx",),
    cases=CASES,
    random_case=random_case,
    misconceptions=misconceptions(
        _dropout_backward,
        (
            (
                "the mask ignored",
                "mask ignored",
                "All of `dout` gets through. What was dropped had no part in the loss.",
            ),
            (
                "the scale forgotten",
                "not scaled",
                "What was dropped gets nothing, rightly, but what was kept had been scaled on the way there.",
            ),
            (
                "divided instead of multiplied",
                "divided",
                "You divide by what x was multiplied by. A slope does not turn round on the way back.",
            ),
            (
                "the wrong ones passed on",
                "upside down",
                "You pass the gradient to what was dropped.",
            ),
            (
                "scaled twice",
                "squared",
                "You multiply by the cache twice. It holds the mask and the scale in one.",
            ),
            (
                "scaled by what was really kept",
                "rescaled by the mask",
                "You work the scale out anew from the mask. The way there used p.",
            ),
            (
                "the upstream gradient left out",
                "cache only",
                "You return what x was multiplied by. `dout` says how much each output matters.",
            ),
            (
                "the mask read from the gradient",
                "mask from dout",
                "You silence negative gradients, as if this were a rectifier. What was dropped stands in the cache.",
            ),
            (
                "evaluation not awaited",
                "None not awaited",
                "In evaluation nothing was multiplied, and the cache is None: your function stops there.",
            ),
            (
                "no gradient in evaluation",
                "nothing in evaluation",
                "Where the cache is None you return zeros. x was passed on there as it is.",
            ),
            (
                "the caller's array changed",
                "in place",
                "You compute in place: after the call, `dout` is no longer what it was.",
            ),
        ),
    ),
    hints=(
        "Forward, x was multiplied by something, entry by entry. What is the slope of a product with a constant?",
        "The cache is what x was multiplied by: an array, or one number, or None where x was passed on as it is.",
        "Return `dout` if the cache is None, else `dout * cache`.",
    ),
)
EXERCISES = (DROPOUT_BACKWARD,)
