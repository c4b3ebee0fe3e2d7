"""Two exercises of lesson 07: the rectifier, forward and backward."""

import functools

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting, digits, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _forward(x, *, slip: str):
    """relu_forward with one slip in it."""
    if slip == "in place":
        x[x < 0] = 0
        return x, x
    return {
        "absolute": lambda: np.abs(x),
        "leaky": lambda: np.where(x > 0, x, x / 100).astype(x.dtype),
        "step": lambda: (x > 0).astype(x.dtype),
        "negative": lambda: np.minimum(x, 0),
        "largest": lambda: np.full_like(x, max(0, x.max())),
        "capped": lambda: np.clip(x, 0, 1),
    }[slip](), x


def _backward(dout, cache, *, slip: str):
    """relu_backward with one slip in it."""
    x = cache
    if slip == "in place":
        dout[x <= 0] = 0
        return dout
    return {
        "mask from dout": lambda: dout * (dout > 0),
        "both masks": lambda: dout * (dout > 0) * (x > 0),
        "1 at 0": lambda: dout * (x >= 0),
        "leaky": lambda: np.where(x > 0, dout, dout / 100).astype(x.dtype),
        "mask only": lambda: (x > 0).astype(x.dtype),
        "times x": lambda: dout * np.maximum(x, 0),
        "nothing blocked": lambda: dout.copy(),
        "upside down": lambda: dout * (x < 0),
    }[slip]()


def _random_case(rng: np.random.Generator, backward: bool) -> Case:
    shape = tuple(int(n) for n in rng.integers(1, 5, rng.integers(1, 5)))
    arrays = random_arrays(rng, x=shape, **({"dout": shape} if backward else {}))
    # A rectifier meets many exact zeros: those that another one before it made.
    arrays["x"][rng.random(shape) < 0.2] = 0
    return Case(f"x {shape}, some of it 0", arrays)


_FORWARD_CASES = (
    Case("one of each sign", {"x": np.array([-2.0, 3])}),
    Case("exactly 0, where we take PyTorch's slope, 0", {"x": np.array([0.0, -1, 0, 1])}),
    Case("all negative", {"x": -counting(2, 2)}),
    Case("a small picture", {"x": digits(10, 1, 1, 3, 3)}),
    Case("fractions", {"x": np.array([[-0.5, 0.25], [1.5, -0.75]])}),
)


def _upstream(seed: int, *shape: int) -> np.ndarray:
    """Whole numbers of both signs, none of them 0."""
    signs = np.where(np.arange(np.prod(shape)) % 2, -1, 1).reshape(shape)
    return signs * digits(seed, *shape, low=1, high=9)


_BACKWARD_CASES = tuple(
    Case(case.label, {**case.values, "dout": _upstream(number, *case.values["x"].shape)})
    for number, case in enumerate(_FORWARD_CASES)
)

RELU_FORWARD = Exercise(
    name="relu_forward",
    lesson="07",
    reference=layers.relu_forward,
    plan=(Call("relu_forward", ("x",), ("out", "cache")),),
    compared=("out",),
    cases=_FORWARD_CASES,
    random_case=functools.partial(_random_case, backward=False),
    misconceptions=misconceptions(
        _forward,
        (
            (
                "the sign dropped",
                "absolute",
                "You return sizes: what is negative comes out positive. It should be silenced.",
            ),
            ("a leaky rectifier", "leaky", "A little of the negative numbers gets through. That is a later variant."),
            (
                "a switch instead of a value",
                "step",
                "You return 1 where x is positive. The value itself should go through.",
            ),
            ("the wrong half kept", "negative", "You keep what is negative and silence the rest."),
            (
                "one maximum for the whole array",
                "largest",
                "You look for the largest number of all. Each entry is on its own.",
            ),
            ("capped at 1", "capped", "Large numbers are cut down to 1. A rectifier has no upper end."),
            (
                "the caller's array changed",
                "in place",
                "You compute in place: after the call, x is no longer what it was, and the way back needs it.",
            ),
        ),
    ),
    hints=(
        "Positive numbers go through, all others become 0, each entry on its own.",
        "NumPy has a function that compares two arrays, or an array and a number, entry by entry, and keeps the larger.",
        "Return `np.maximum(x, 0)` and, as the cache, x.",
    ),
)
RELU_BACKWARD = Exercise(
    name="relu_backward",
    lesson="07",
    reference=layers.relu_backward,
    course={"relu_forward": layers.relu_forward},
    plan=(Call("relu_forward", ("x",), ("out", "cache")), Call("relu_backward", ("dout", "cache"), ("dx",))),
    compared=("dx",),
    cases=_BACKWARD_CASES,
    random_case=functools.partial(_random_case, backward=True),
    misconceptions=misconceptions(
        _backward,
        (
            (
                "the gradient rectified instead",
                "mask from dout",
                "You silence negative gradients. What was silenced on the way there is decided by x, not by `dout`.",
            ),
            (
                "silenced twice",
                "both masks",
                "Where x is positive you let only positive gradients through. Negative ones carry news as well.",
            ),
            (
                "slope 1 at 0",
                "1 at 0",
                "Where x is exactly 0 you let the gradient through. There, PyTorch takes the other side.",
            ),
            ("a leaky rectifier", "leaky", "A little of the gradient gets through where x was negative."),
            (
                "the upstream gradient left out",
                "mask only",
                "You return the slope. `dout` says how much each output matters.",
            ),
            (
                "the gradient times x",
                "times x",
                "You multiply by the value that went through. The slope there is 1, however large x is.",
            ),
            ("nothing blocked", "nothing blocked", "Your gradient goes through everywhere, also where x was silenced."),
            ("the wrong half kept", "upside down", "You let the gradient through where x was negative."),
            (
                "the caller's gradient changed",
                "in place",
                "You compute in place: after the call, `dout` is no longer what it was.",
            ),
        ),
    ),
    hints=(
        "Change x a little. Where does the output change as much, and where not at all?",
        "The slope is 1 where x is positive and 0 elsewhere. What has the gradient to be multiplied with?",
        "`x > 0` is an array of truth values, and multiplying `dout` by it takes them as 1 and 0.",
    ),
)

EXERCISES = (RELU_FORWARD, RELU_BACKWARD)
