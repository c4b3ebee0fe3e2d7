"""An exercise of lesson 06: the gradients of batch normalisation."""

import numpy as np

from course_utils import layers
from course_utils.exercises.batch_norm_forward import ARGUMENTS, CASES, random_case
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Exercise

# How much of a term of dx each slip lets through: the term of the mean, and that of the variance.
_TERMS = {
    "mean constant": (0, 1),
    "variance constant": (1, 0),
    "both constant": (0, 0),
    "half": (1, 0.5),
    "sign": (1, -1),
}


def _backward(dout, cache, *, slip: str):
    """batch_norm_backward with one slip in it."""
    x_hat, weight, inv_std, training = cache
    if slip == "dout ignored":
        dout = np.ones_like(dout)
    if slip == "not moved" and dout.ndim == 4:
        rows = (array.reshape(-1, array.shape[1]) for array in (dout, x_hat))
        dx, dweight, dbias = _backward(next(rows), (next(rows), weight, inv_std, training), slip="")
        return dx.reshape(dout.shape), dweight, dbias
    if slip == "no pictures" and dout.ndim == 4 and training:
        raise ValueError("operands could not be broadcast together")
    axes = (0, 2, 3) if dout.ndim == 4 else (0,)
    gamma, inverse = (_along(vector, dout) for vector in (weight, inv_std))
    dbias, dweight = _sums(dout, x_hat, inverse, axes, slip)
    if slip == "always as in evaluation" or (not training and slip != "always as in training"):
        dx = gamma * inverse * dout
    else:
        dx = _through_statistics(dout, x_hat, gamma, inverse, axes, slip)
    if slip == "gamma forgotten":
        dx = dx / gamma
    if slip == "deviation":
        dx = dx / inverse**2
    if slip == "not scaled back":
        dx = dx / inverse
    return dx, dweight, dbias


def _along(vector: np.ndarray, x: np.ndarray) -> np.ndarray:
    return vector.reshape(1, -1, *[1] * (x.ndim - 2))


def _sums(dout, x_hat, inverse, axes, slip) -> tuple[np.ndarray, np.ndarray]:
    """(dbias, dweight)."""
    products = dout * (x_hat / inverse if slip == "dweight of centred x" else x_hat)
    if slip in ("over the batch only", "no pictures"):
        return dout.sum(axis=0), products.sum(axis=0)
    if slip == "mean over the batch":
        return dout.mean(axis=axes), products.mean(axis=axes)
    if slip == "axes kept":
        return dout.sum(axis=axes, keepdims=True), products.sum(axis=axes, keepdims=True)
    sums = dout.sum(axis=axes), products.sum(axis=axes)
    return sums[::-1] if slip == "exchanged" else sums


def _through_statistics(dout, x_hat, gamma, inverse, axes, slip) -> np.ndarray:
    values = len(dout) if slip == "m is N" else dout.size // dout.shape[1]
    if slip == "sums for means":
        values = 1
    if slip == "unbiased":
        values = max(1, values - 1)
    if slip == "no eps":
        centred = x_hat / inverse
        inverse = 1 / np.sqrt((centred**2).mean(axis=axes, keepdims=True))
        x_hat = centred * inverse
    mean = dout.sum(axis=axes, keepdims=True) / (dout.size // dout.shape[1] if slip == "unbiased" else values)
    product = (dout * x_hat).sum(axis=axes, keepdims=True) / values
    of_mean, of_variance = _TERMS.get(slip, (1, 1))
    if slip == "dout for dx_hat":
        return inverse * (gamma * dout - mean - x_hat * product)
    direct = 0 if slip == "direct way left out" else dout
    return gamma * inverse * (direct - of_mean * mean - of_variance * x_hat * product)


BATCH_NORM_BACKWARD = Exercise(
    name="batch_norm_backward",
    lesson="06",
    reference=layers.batch_norm_backward,
    course={"batch_norm_forward": layers.batch_norm_forward},
    plan=(
        Call("batch_norm_forward", ARGUMENTS, ("out", "new_mean", "new_var", "cache")),
        Call("batch_norm_backward", ("dout", "cache"), ("dx", "dweight", "dbias")),
    ),
    compared=("dx", "dweight", "dbias"),
    cases=CASES,
    random_case=random_case,
    points=20,
    misconceptions=misconceptions(
        _backward,
        (
            (
                "the way back of evaluation in both modes",
                "always as in evaluation",
                "You scale `dout` and stop. In training, mean and variance were made of x, and hear from it on the way back.",
            ),
            (
                "the way back of training in both modes",
                "always as in training",
                "In evaluation mean and variance were given numbers. Nothing goes back through them.",
            ),
            (
                "the mean taken for a constant",
                "mean constant",
                "One way back is missing: x was also used for the mean, which was subtracted from every number.",
            ),
            (
                "the variance taken for a constant",
                "variance constant",
                "One way back is missing: x was also used for the variance, which every number was divided by.",
            ),
            (
                "only the ways through mean and variance",
                "direct way left out",
                "You have both ways through the statistics, and not the direct one from x to x̂.",
            ),
            (
                "a factor 2 lost in the variance",
                "half",
                "What comes through the variance is half of what it should be. What is the derivative of a square?",
            ),
            (
                "the sign of the way through the variance",
                "sign",
                "What comes through the variance has the wrong sign. A larger variance makes x̂ smaller.",
            ),
            (
                "sums where means belong",
                "sums for means",
                "You subtract sums over the batch. A mean passes only its share of a gradient to each of its numbers.",
            ),
            (
                "m taken for the number of pictures",
                "m is N",
                "Your means divide by the number of pictures. How many numbers of a channel were averaged?",
            ),
            (
                "m - 1 in the way through the variance",
                "unbiased",
                "You go back through the unbiased variance. The one that x̂ was made with divided by m.",
            ),
            (
                "eps forgotten in the gradient",
                "no eps",
                "You take the variance from x̂ anew and divide by its root alone. What the forward pass divided by had `eps` "
                "in it.",
            ),
            (
                "γ forgotten in dx",
                "gamma forgotten",
                "Your dx lacks `weight`: what arrives at x̂ has been multiplied by it.",
            ),
            (
                "γ on one term only",
                "dout for dx_hat",
                "You multiply `dout` by `weight`, but not the terms that come through mean and variance.",
            ),
            (
                "the scale left out of dx",
                "not scaled back",
                "Forward, x was multiplied by 1 over the deviation. So is the gradient on its way back.",
            ),
            (
                "multiplied by the deviation",
                "deviation",
                "You divide by `inv_std`. It is 1 over the deviation already.",
            ),
            (
                "dweight by x less its mean",
                "dweight of centred x",
                "Your dweight multiplies `dout` by x less its mean. What did `weight` multiply?",
            ),
            (
                "dweight and dbias exchanged",
                "exchanged",
                "You return dbias where dweight should stand, and dweight where dbias should.",
            ),
            (
                "dweight and dbias as means",
                "mean over the batch",
                "You average where parts add up. If the loss is a mean, `dout` carries that already.",
            ),
            (
                "dweight and dbias summed over the batch only",
                "over the batch only",
                "Your dweight and dbias still have the places in them. A channel has one γ and one β at all places.",
            ),
            (
                "extra axes kept in dweight and dbias",
                "axes kept",
                "The numbers of your dweight and dbias are right, but axes of length 1 stayed from summing.",
            ),
            (
                "the channels not moved before reshaping",
                "not moved",
                "You reshape pictures into rows as they lie. A row then holds places of one channel, not the channels of one "
                "place.",
            ),
            (
                "works for rows only",
                "no pictures",
                "It is right for (N, C), and stops for pictures in training. Over which axes do you sum there?",
            ),
            (
                "the upstream gradient left out",
                "dout ignored",
                "You return how the outputs change, as if the loss were their sum. `dout` says how much each of them matters.",
            ),
        ),
    ),
    hints=(
        "dbias and dweight first: β was added to every number of its channel, γ multiplied every x̂ of it. All parts add up.",
        "In evaluation dx is `dout` times what x was multiplied by. In training two terms are subtracted before that: the "
        "mean of `dout`, and x̂ times the mean of `dout` times x̂, both means over everything in the channel.",
        "With `axes` as in the forward pass and m numbers a channel: `dbias = dout.sum(axis=axes)`, "
        "`dweight = (dout * x_hat).sum(axis=axes)`, and dx is `weight * inv_std` times "
        "`dout - dbias / m - x_hat * dweight / m`, every (C,) array through `.reshape(shape)` first.",
    ),
)
EXERCISES = (BATCH_NORM_BACKWARD,)
