"""Two exercises of lesson 07: the fully connected layer, forward and backward."""

import functools

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting, digits, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _linear_forward(x, weight, bias=None, *, slip: str):
    """linear_forward with one slip in it."""
    if slip == "not transposed":
        out = x @ weight
    elif slip == "reshaped":
        out = x @ weight.reshape(weight.shape[::-1])
    elif slip == "mean":
        out = x @ weight.T / x.shape[1]
    else:
        out = x @ weight.T
    if bias is not None and slip != "no bias":
        out = out + (bias[0] if slip == "first bias" else bias)
    return np.maximum(out, 0) if slip == "rectified" else out, (x, weight, bias)


def _linear_backward(dout, cache, *, slip: str):
    """linear_backward with one slip in it."""
    x, weight, bias = cache
    if slip == "dout ignored":
        dout = np.ones_like(dout)
    dx = dout @ (weight.T if slip == "dx transposed" else weight)
    dweight = dout.T @ x
    if slip == "dweight transposed":
        dweight = dweight.T
    if slip == "mean over the batch":
        dweight = dweight / len(x)
    if slip == "last example":
        dweight = np.outer(dout[-1], x[-1])
    return dx, dweight, None if bias is None else _bias_gradient(dout, slip)


def _bias_gradient(dout: np.ndarray, slip: str) -> np.ndarray:
    if slip == "dbias not summed":
        return dout
    if slip == "dbias over neurons":
        return dout.sum(axis=1)
    if slip == "dbias one number":
        return dout.sum()
    if slip == "dbias with an axis too many":
        return dout.sum(axis=0, keepdims=True)
    if slip in ("dbias mean", "mean over the batch"):
        return dout.mean(axis=0)
    return dout.sum(axis=0)


def _random_linear(rng: np.random.Generator, backward: bool) -> Case:
    batch, features, neurons = (int(n) for n in rng.integers(1, 7, 3))
    bias = (neurons,) if rng.random() < 0.7 else None
    dout = {"dout": (batch, neurons)} if backward else {}
    label = f"x ({batch}, {features}), weight ({neurons}, {features}), {'a' if bias else 'no'} bias"
    return Case(label, random_arrays(rng, x=(batch, features), weight=(neurons, features), bias=bias, **dout))


_FORWARD_CASES = (
    Case("one example, one neuron", {"x": counting(1, 3), "weight": np.array([[1.0, 10, 100]])}),
    Case(
        "a bias for each of two neurons", {"x": counting(1, 2), "weight": digits(1, 2, 2), "bias": np.array([10.0, 20])}
    ),
    Case("more neurons than features", {"x": digits(2, 2, 2), "weight": digits(3, 3, 2), "bias": digits(4, 3)}),
    Case("more features than neurons", {"x": digits(5, 3, 4), "weight": digits(6, 2, 4), "bias": digits(7, 2)}),
    Case("no bias, a batch of three", {"x": digits(8, 3, 3), "weight": digits(9, 3, 3)}),
)
_BACKWARD_CASES = tuple(
    Case(c.label, {**c.values, "dout": digits(20 + number, len(c.values["x"]), len(c.values["weight"]))})
    for number, c in enumerate(_FORWARD_CASES)
)

LINEAR_FORWARD = Exercise(
    name="linear_forward",
    lesson="07",
    reference=layers.linear_forward,
    plan=(Call("linear_forward", ("x", "weight", "bias"), ("out", "cache")),),
    compared=("out",),
    cases=_FORWARD_CASES,
    random_case=functools.partial(_random_linear, backward=False),
    misconceptions=misconceptions(
        _linear_forward,
        (
            (
                "the weight not transposed",
                "not transposed",
                "You multiply x by the weight as it stands. Its rows are neurons, its columns features, and x has features "
                "in its columns too.",
            ),
            (
                "reshaped where it should be transposed",
                "reshaped",
                "The shape of your weight fits, but reshaping keeps the reading order: the numbers stand in other places.",
            ),
            ("the bias forgotten", "no bias", "The weighted sums are right, and nothing is added to them."),
            ("one bias for all neurons", "first bias", "Every neuron gets the first neuron's bias."),
            ("a mean instead of a sum", "mean", "You divide by the number of features. A neuron adds up."),
            (
                "a rectifier built in",
                "rectified",
                "Your negative outputs are cut off at 0. The layer is linear; what follows it is another layer's business.",
            ),
        ),
    ),
    hints=(
        "One output number belongs to one example and one neuron: the dot product of their two rows, and a bias.",
        "All of these dot products at once are one matrix product. Which of the two has to lie on its side?",
        "`x @ weight.T` has shape (N, M); add `bias` to every row if there is one. Return it with (x, weight, bias).",
    ),
)
LINEAR_BACKWARD = Exercise(
    name="linear_backward",
    lesson="07",
    reference=layers.linear_backward,
    course={"linear_forward": layers.linear_forward},
    plan=(
        Call("linear_forward", ("x", "weight", "bias"), ("out", "cache")),
        Call("linear_backward", ("dout", "cache"), ("dx", "dweight", "dbias")),
    ),
    compared=("dx", "dweight", "dbias"),
    cases=_BACKWARD_CASES,
    random_case=functools.partial(_random_linear, backward=True),
    misconceptions=misconceptions(
        _linear_backward,
        (
            (
                "the weight transposed in dx",
                "dx transposed",
                "On the way back you lay the weight on its side, as on the way there. This way, neurons turn into features.",
            ),
            (
                "dweight on its side",
                "dweight transposed",
                "Your dweight has features in its rows, as some lecture notes have it. A gradient is shaped as its weight.",
            ),
            (
                "a mean over the batch",
                "mean over the batch",
                "You divide by the number of examples. If the loss is a mean, `dout` carries that already.",
            ),
            (
                "dweight of the last example only",
                "last example",
                "Your dweight hears only the last example. All of them used the same weights.",
            ),
            (
                "dbias not summed over the examples",
                "dbias not summed",
                "Your dbias is still a whole batch. All examples were given the same bias.",
            ),
            (
                "dbias summed over the neurons",
                "dbias over neurons",
                "You add up what belongs to different biases: neurons stand next to each other in a row of `dout`.",
            ),
            (
                "one dbias for all neurons",
                "dbias one number",
                "You sum the whole of `dout`. Each neuron has its own bias.",
            ),
            (
                "an axis too many in dbias",
                "dbias with an axis too many",
                "The numbers of your dbias are right, but an axis of length 1 stayed in front.",
            ),
            ("dbias as a mean", "dbias mean", "You average `dout` where its rows add up."),
            (
                "the upstream gradient left out",
                "dout ignored",
                "You return how the outputs change, as if the loss were their sum. `dout` says how much each of them matters.",
            ),
        ),
    ),
    hints=(
        "Write the three shapes down first: dx as x, dweight as weight, dbias as bias. `dout` is (N, M).",
        "There is only one way to multiply `dout` (N, M) with weight (M, D) to (N, D), and one with x (N, D) to (M, D).",
        "`dout @ weight`, `dout.T @ x`, and for the bias the sum of `dout` over the examples, or None without a bias.",
    ),
)
EXERCISES = (LINEAR_FORWARD, LINEAR_BACKWARD)
