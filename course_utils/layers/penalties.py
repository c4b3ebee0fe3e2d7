"""Penalties that keep weights small, each with its gradient; they are added to the loss."""

import numpy as np

from course_utils.layers.arguments import check_floating, check_number


def l2_penalty(weight: np.ndarray, strength: float) -> tuple[np.floating, np.ndarray]:
    """Half the strength times the sum of the squared weights.

    weight: array of any shape. Returns the penalty and dweight = strength * weight, what PyTorch's weight_decay adds to a
    gradient.

    Raises TypeError if weight is not floating point, ValueError if the strength is negative.
    """
    check_floating("weight", weight)
    strength = check_number("strength", strength)
    return strength / 2 * np.square(weight).sum(), strength * weight


def l1_penalty(weight: np.ndarray, strength: float) -> tuple[np.floating, np.ndarray]:
    """The strength times the sum of the weights' sizes; at 0, where |w| has no slope, dweight is 0.

    Arguments, results and errors are those of `l2_penalty`.
    """
    check_floating("weight", weight)
    strength = check_number("strength", strength)
    return strength * np.abs(weight).sum(), strength * np.sign(weight)


def elastic_net_penalty(weight: np.ndarray, l1: float, l2: float) -> tuple[np.floating, np.ndarray]:
    """Both at once: `l1_penalty` with strength l1 plus `l2_penalty` with strength l2."""
    check_number("l1", l1)
    check_number("l2", l2)
    (absolute, dabsolute), (squared, dsquared) = l1_penalty(weight, l1), l2_penalty(weight, l2)
    return absolute + squared, dabsolute + dsquared
