"""An exercise of lesson 07: softmax with cross-entropy, the loss and its gradient."""

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _softmax_cross_entropy(scores, labels, *, slip: str):
    """softmax_cross_entropy with one slip in it."""
    batch, classes = scores.shape
    rows = np.arange(batch)
    if slip == "classes from 1":
        labels = labels - 1
    if slip == "in place":
        scores -= scores.max(axis=1, keepdims=True)
    shifted = _shifted(scores, slip)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=0 if slip == "batch axis" else 1, keepdims=True)
    probabilities = exponentials / totals
    dscores = _gradient(probabilities, rows, labels, slip)
    if slip not in ("sum", "gradient not divided"):
        dscores /= batch * (classes if slip == "mean over classes" else 1)
    losses = _losses(shifted, totals, probabilities, rows, labels, slip)
    if slip == "mean over classes":
        return losses.sum() / (batch * classes), dscores
    return losses.sum() if slip in ("sum", "loss not divided") else losses.mean(), dscores


def _shifted(scores: np.ndarray, slip: str) -> np.ndarray:
    if slip in ("no shift", "no shift in the logarithm"):
        return scores
    if slip == "one maximum":
        return scores - scores.max()
    return scores - scores.max(axis=0 if slip == "batch axis" else 1, keepdims=True)


def _gradient(probabilities: np.ndarray, rows: np.ndarray, labels: np.ndarray, slip: str) -> np.ndarray:
    dscores = probabilities.copy()
    if slip == "no minus one":
        return dscores
    if slip == "softmax's slope":
        return probabilities * (1 - probabilities)
    if slip == "minus one in every row":
        dscores[:, labels] -= 1
    elif slip == "minus one everywhere":
        dscores -= 1
    else:
        dscores[rows, labels] -= 1
    return -dscores if slip == "gradient turned round" else dscores


def _losses(
    shifted: np.ndarray, totals: np.ndarray, probabilities: np.ndarray, rows: np.ndarray, labels: np.ndarray, slip: str
) -> np.ndarray:
    right = probabilities[rows, labels]
    if slip == "no logarithm":
        return 1 - right
    if slip == "unnormalised":
        return -shifted[rows, labels]
    if slip == "no shift in the logarithm":
        return np.log(totals[:, 0]) - shifted[rows, labels]
    if slip == "all classes":
        return -np.log(probabilities).sum(axis=1)
    if slip == "winner":
        return -np.log(probabilities.max(axis=1))
    if slip == "plus":
        return np.log(right)
    return -np.log(right)


def _random_case(rng: np.random.Generator) -> Case:
    batch, classes = (int(n) for n in rng.integers(1, 7, 2))
    scores = random_arrays(rng, scores=(batch, classes))["scores"]
    # In place, so that an array with gaps keeps them. Whole numbers, which float32 holds as well.
    scores *= 3
    scores += rng.choice([0, 0, 1000, -1000], (batch, 1)).astype(scores.dtype)
    largest = np.abs(scores).max()
    label = f"scores ({batch}, {classes}), {'near 1000 in size' if largest > 500 else 'of usual size'}"
    return Case(label, {"scores": scores, "labels": rng.integers(0, classes, batch)})


def _case(label: str, scores: list[list[float]], labels: list[int]) -> Case:
    return Case(label, {"scores": np.array(scores, np.float64), "labels": np.array(labels)})


SOFTMAX_CROSS_ENTROPY = Exercise(
    name="softmax_cross_entropy",
    lesson="07",
    reference=layers.softmax_cross_entropy,
    plan=(Call("softmax_cross_entropy", ("scores", "labels"), ("loss", "dscores")),),
    compared=("loss", "dscores"),
    cases=(
        _case("one example, two classes", [[1, 3]], [0]),
        _case("one example, the right class leads", [[1, -2, 3]], [2]),
        _case("two examples of one class", [[2, 0, 1], [0, 1, -1]], [1, 1]),
        _case("three examples, three classes", [[3, 1, 0], [-1, 2, 2], [0, 4, 1]], [0, 2, 1]),
        _case("nothing known: all scores alike", [[0, 0, 0, 0], [5, 5, 5, 5]], [0, 3]),
        _case("more examples than classes", [[1, 0], [0, 2], [3, 1], [1, 1]], [1, 1, 0, 0]),
        _case("scores near 1000", [[1001, 1000, 998], [1000, 1003, 1001]], [0, 2]),
        _case("scores near -1000", [[-1000, -1002], [-999, -1000]], [1, 0]),
        _case("one example near 1000, one near 0", [[1000, 1001], [1, 0]], [0, 0]),
    ),
    random_case=_random_case,
    misconceptions=misconceptions(
        _softmax_cross_entropy,
        (
            (
                "no shift before the exponential",
                "no shift",
                "Near 1000 your exponentials overflow, and infinity over infinity is not a number. Which change to a row of "
                "scores leaves all its probabilities as they are?",
            ),
            (
                "no shift inside the logarithm",
                "no shift in the logarithm",
                "You sum exponentials of the scores as they are. Near 1000 that sum is infinite, near -1000 it is 0. Which "
                "change to a row leaves its probabilities as they are?",
            ),
            (
                "one maximum for the whole batch",
                "one maximum",
                "You shift all rows by the largest score of all. A row far below it then has exponentials that are all 0.",
            ),
            (
                "a sum over the batch",
                "sum",
                "You add the examples' losses up. The loss is their mean, or the step would grow with the batch.",
            ),
            (
                "a gradient of the sum beside a loss of the mean",
                "gradient not divided",
                "Your loss is a mean, but your gradient is that of a sum: it is too large by the number of examples.",
            ),
            (
                "a loss of the sum beside a gradient of the mean",
                "loss not divided",
                "Your gradient is that of the mean, but your loss is a sum.",
            ),
            (
                "a mean over the classes as well",
                "mean over classes",
                "You divide by the number of examples and of classes, as a mean over a one-hot table does. An example has one "
                "loss, however many classes there are.",
            ),
            (
                "the probabilities as the gradient",
                "no minus one",
                "Your gradient only pushes scores down. Where does the right class come in?",
            ),
            (
                "1 taken from every row's column",
                "minus one in every row",
                "Your index takes 1 away in the columns of all labels, in every row. Each row has one label of its own.",
            ),
            (
                "1 taken from all classes",
                "minus one everywhere",
                "You take 1 away from every class's probability. Only one of them is the right one.",
            ),
            (
                "the gradient turned round",
                "gradient turned round",
                "Your gradient has the wrong sign: a step against it would raise the loss.",
            ),
            (
                "the slope of softmax instead of the loss",
                "softmax's slope",
                "You return how each probability changes with its own score. The loss takes a logarithm of one of them, and that "
                "one changes with all scores.",
            ),
            (
                "the sign of the logarithm lost",
                "plus",
                "Your loss is negative and grows as the network improves. The logarithm of a probability is below 0.",
            ),
            (
                "the logarithm before the division",
                "unnormalised",
                "Your loss hears only the right class's score. It is a probability only after division by the sum.",
            ),
            (
                "a probability without its logarithm",
                "no logarithm",
                "Your loss is what the right class lacks to 1. Cross-entropy takes the logarithm of its probability.",
            ),
            (
                "all classes in the loss",
                "all classes",
                "You add up the logarithms of all classes. The label picks one.",
            ),
            (
                "the winner instead of the right class",
                "winner",
                "You score the class with the largest probability. The label says which one counts, even when it lost.",
            ),
            (
                "softmax down the batch",
                "batch axis",
                "Your probabilities add up to 1 over the examples. Each example's own classes have to.",
            ),
            (
                "classes counted from 1",
                "classes from 1",
                "You look one column too far to the left. Class 0 is the first column.",
            ),
            (
                "the caller's scores changed",
                "in place",
                "Your numbers are right, but after the call the scores are no longer what they were: you shift them in place.",
            ),
        ),
    ),
    hints=(
        "Three steps: exponentials of a row, divided by their sum, are its probabilities; the loss of an example is minus the "
        "logarithm of one of them; the loss of the batch is a mean.",
        "Take the row's maximum from every score of the row first (`axis=1, keepdims=True`). For the gradient, start from the "
        "probabilities: only the right class's changes before you divide by N.",
        "With `rows = np.arange(len(scores))`, `probabilities[rows, labels]` picks one number in each row. The gradient is a "
        "copy of the probabilities, less 1 at these places, divided by N.",
    ),
)
EXERCISES = (SOFTMAX_CROSS_ENTROPY,)
