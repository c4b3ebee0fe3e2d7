"""The trial of homework 2: learning to read digits that nobody has seen before, lit unevenly and out of place."""

from typing import Any

import numpy as np

from course_utils.exercises.specification import Seed
from course_utils.exercises.trials import Inputs, Trial

_TEST_PICTURES = 400
_SMOKE_PICTURES = 60


def inputs(rng: np.random.Generator) -> Inputs:
    """({train_images, train_labels, test_images, rng}, test_labels) of `datasets.unseen_digits`, drawn anew."""
    from course_utils import datasets

    data = datasets.unseen_digits(rng)
    given = {name: getattr(data, name) for name in ("train_images", "train_labels", "test_images")}
    return given | {"rng": Seed(int(rng.integers(2**31)))}, data.test_labels


def small(rng: np.random.Generator) -> Inputs:
    """The same with few pictures to learn from."""
    values, hidden = inputs(rng)
    few = {name: values[name][:_SMOKE_PICTURES] for name in ("train_images", "train_labels")}
    return values | few, hidden


def accuracy(predictions: Any, test_labels: np.ndarray) -> float:
    """The share of the test pictures that were read right."""
    return float(np.mean(np.asarray(predictions) == test_labels))


def problem(predictions: Any) -> str:
    """What the predictions lack: they must be one whole number a test picture; "" if nothing."""
    array = predictions if isinstance(predictions, np.ndarray) else None
    if array is None or array.dtype.kind not in "iu":
        found = f"an array of {array.dtype}" if array is not None else type(predictions).__name__
        return f"The answer must be an array of whole numbers, one class a test picture, and this is {found}."
    if array.shape != (_TEST_PICTURES,):
        return (
            f"The answer must have shape ({_TEST_PICTURES},), one class a test picture, and its shape is {array.shape}."
        )
    return ""


# Read right, measured on several draws: guessing 0.08, a linear layer 0.32, one hidden layer 0.68, five nearest neighbours
# 0.16 (0.89 once the light is taken away), three blocks without norm 0.58 to 0.90, with norm 0.94 to 0.98 after 16 epochs.
# Five nearest neighbours in a table of all 1,797 public digits: 0.55.
_BANDS = ((0.2, 0.2), (0.5, 0.4), (0.75, 0.6), (0.85, 0.8), (0.92, 1.0))

TRAIN_AND_PREDICT = Trial(
    name="train_and_predict",
    lesson="hw2",
    inputs=inputs,
    small=small,
    score=accuracy,
    bands=_BANDS,
    problem=problem,
    hints=(
        "Begin small: take 64 training pictures and train until the network knows them by heart. If it cannot, there is a "
        "slip in a gradient or in the update. Only then take all of them.",
        "Draw the weights by Kaiming's rule, shuffle in every epoch, and use batches of about 32 with momentum 0.9. For "
        "batch norm a learning rate near 0.1 is not too large; make it smaller towards the end.",
        "Three blocks of 16, 32 and 32 channels learn this in about ten epochs. Ask the network for the test pictures in "
        "evaluation, and return the place of the largest score in each row.",
    ),
    seconds=60.0,
)
TRIALS = (TRAIN_AND_PREDICT,)
