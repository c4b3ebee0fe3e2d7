"""Losses of a classifier, each with its gradient: softmax with cross-entropy, and the hinge loss."""

from typing import Any

import numpy as np

from course_utils.layers.arguments import check_array, check_number


def softmax_cross_entropy(scores: np.ndarray, labels: np.ndarray) -> tuple[np.floating, np.ndarray]:
    """Minus the logarithm of the probability that softmax gives to the right class, as a mean over the batch.

    scores: (N, C) array, a row an example, also called logits; labels: (N,) whole numbers from 0 to C - 1.
    Returns the loss, in the dtype of scores, and its gradient dscores (N, C). The largest score of every row is taken
    away first, which changes no probability and lets no exponential overflow.

    Raises TypeError if scores is not floating point or labels are not whole numbers, ValueError if the batch is empty, the
    shapes do not fit or a label is out of range.
    """
    rows = _check(scores, labels)
    shifted = scores - scores.max(axis=1, keepdims=True)
    dscores = np.exp(shifted)
    totals = dscores.sum(axis=1, keepdims=True)
    loss = (np.log(totals[:, 0]) - shifted[rows, labels]).mean()
    dscores /= totals
    dscores[rows, labels] -= 1
    dscores /= len(scores)
    return loss, dscores


def hinge_loss(scores: np.ndarray, labels: np.ndarray, margin: float = 1.0) -> tuple[np.floating, np.ndarray]:
    """Every wrong class pays for what its score lacks to be `margin` below the right one's; a mean over the batch.

    The sum over the wrong classes j of max(0, s_j - s_y + margin), the multiclass support vector machine's. PyTorch's
    multi_margin_loss is this divided by the number of classes. Arguments, results and errors are those of
    `softmax_cross_entropy`; the margin is not negative.
    """
    rows = _check(scores, labels)
    margins = scores - scores[rows, labels][:, None] + check_number("margin", margin)
    margins[rows, labels] = 0
    dscores = (margins > 0).astype(scores.dtype)
    dscores[rows, labels] = -dscores.sum(axis=1)
    dscores /= len(scores)
    return np.maximum(margins, 0).sum() / len(scores), dscores


def _check(scores: Any, labels: Any) -> np.ndarray:
    """The numbers of the rows, to pick an entry of each."""
    check_array("scores", scores, "(N, C)")
    if not len(scores):
        raise ValueError(f"scores must hold at least one example, got shape {scores.shape}")
    if not isinstance(labels, np.ndarray):
        raise TypeError(f"labels must be a NumPy array, got {type(labels).__name__}; convert it with np.array(labels)")
    if labels.shape != scores.shape[:1]:
        raise ValueError(
            f"labels must have shape {scores.shape[:1]}, a class for each row of scores, got {labels.shape}; "
            "one-hot rows become classes by labels.argmax(axis=1)"
        )
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be whole numbers, got {labels.dtype}; convert them with labels.astype(np.int64)")
    classes = scores.shape[1]
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        place = wrong[0]
        raise ValueError(
            f"labels must be from 0 to {classes - 1}, as scores has {classes} classes, "
            f"but labels[{place}] is {labels[place]}"
        )
    return np.arange(len(scores))
