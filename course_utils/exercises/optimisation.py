"""An exercise of lesson 07: one step of gradient descent with momentum, in PyTorch's form."""

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _sgd_momentum_step(
    weight, gradient, velocity, lr, momentum=0.9, weight_decay=0.0, nesterov=False, *, slip: str
):  # fmt: skip
    """sgd_momentum_step with one slip in it."""
    old = velocity
    gradient = gradient + _decay(weight, velocity, weight_decay, slip)
    velocity = _velocity(gradient, velocity, lr, momentum, slip)
    if slip == "classical":
        return weight + velocity, velocity
    step = velocity
    if slip == "old velocity":
        step = old
    elif slip == "always nesterov" or (nesterov and slip != "never nesterov"):
        step = (velocity if slip == "momentum twice" else gradient) + momentum * velocity
    moved = lr * step
    if slip == "lr in the velocity":
        moved = step
    if slip == "decoupled":
        moved = moved + lr * weight_decay * weight
    if slip == "decay without lr":
        moved = moved + weight_decay * weight
    new = weight + moved if slip == "uphill" else weight - moved
    if slip == "in place":
        weight[...], old[...] = new, velocity
        return weight, old
    return new, step if slip == "step for velocity" else velocity


def _decay(weight: np.ndarray, velocity: np.ndarray, weight_decay: float, slip: str) -> np.ndarray | float:
    """What the weight decay adds to the gradient."""
    if slip in ("no decay", "decoupled", "decay without lr"):
        return 0.0
    if slip == "decay of the velocity":
        return weight_decay * velocity
    factor = {"decay upside down": -1, "decay twice": 2}.get(slip, 1)
    return factor * weight_decay * weight


def _velocity(gradient: np.ndarray, velocity: np.ndarray, lr: float, momentum: float, slip: str) -> np.ndarray:
    if slip == "no momentum":
        return gradient
    if slip == "not decayed":
        return velocity + gradient
    if slip == "dampened":
        return momentum * velocity + (1 - momentum) * gradient
    if slip == "minus":
        return momentum * velocity - gradient
    if slip == "classical":
        return momentum * velocity - lr * gradient
    if slip in ("lr twice", "lr in the velocity"):
        return momentum * velocity + lr * gradient
    return momentum * velocity + gradient


def _random_case(rng: np.random.Generator) -> Case:
    shape = tuple(int(n) for n in rng.integers(1, 5, rng.integers(1, 5)))
    arrays = random_arrays(rng, weight=shape, gradient=shape, velocity=shape)
    settings = {
        "lr": float(rng.choice([0.1, 0.03, 0.5])),
        "momentum": float(rng.choice([0.0, 0.5, 0.9])),
        "weight_decay": float(rng.choice([0.0, 0.01, 0.2])),
        "nesterov": bool(rng.random() < 0.3),
    }
    label = ", ".join(f"{name}={value}" for name, value in settings.items())
    return Case(f"weight {shape}, {label}", arrays | settings)


def _case(label: str, seed: int, *shape: int, **settings) -> Case:
    arrays = {name: digits(seed + number, *shape) for number, name in enumerate(("weight", "gradient", "velocity"))}
    return Case(label, {**arrays, **settings})


SGD_MOMENTUM_STEP = Exercise(
    name="sgd_momentum_step",
    lesson="07",
    reference=layers.sgd_momentum_step,
    plan=(
        Call(
            "sgd_momentum_step",
            ("weight", "gradient", "velocity", "lr", "momentum", "weight_decay", "nesterov"),
            ("weight", "velocity"),
        ),
    ),
    compared=("weight", "velocity"),
    cases=(
        Case(
            "the first step: nothing moves yet",
            {"weight": np.array([1.0, 2]), "gradient": np.array([4.0, -2]), "velocity": np.zeros(2), "lr": 0.5},
        ),
        Case(
            "a velocity from before, momentum 0.9 as you were not told otherwise",
            {
                "weight": np.array([1.0, 2]),
                "gradient": np.array([4.0, -2]),
                "velocity": np.array([10.0, 20]),
                "lr": 0.5,
            },
        ),
        _case("another momentum", 30, 3, lr=0.1, momentum=0.5),
        _case("no momentum: plain gradient descent", 40, 2, 2, lr=0.1, momentum=0.0),
        _case("weight decay", 50, 2, 2, lr=0.1, momentum=0.5, weight_decay=0.2),
        _case("Nesterov's step", 60, 3, lr=0.1, momentum=0.5, nesterov=True),
        _case("Nesterov's step with weight decay", 70, 2, 2, lr=0.5, momentum=0.9, weight_decay=0.1, nesterov=True),
    ),
    random_case=_random_case,
    misconceptions=misconceptions(
        _sgd_momentum_step,
        (
            (
                "the classical form",
                "classical",
                "Your velocity carries the learning rate and the minus sign, as in the older papers. PyTorch's is a sum of "
                "gradients; the rate comes in when the weight moves.",
            ),
            (
                "the learning rate kept in the velocity",
                "lr in the velocity",
                "The learning rate is in your velocity. When a schedule lowers it, the old speed would not notice.",
            ),
            ("the learning rate twice", "lr twice", "The learning rate is in your velocity and again in the step."),
            (
                "a velocity that never slows down",
                "not decayed",
                "You add up gradients and forget none. Momentum says how much of the old velocity stays.",
            ),
            (
                "the new gradient dampened",
                "dampened",
                "You take a running average: what is kept and what is new share one whole. Here the gradient counts in full.",
            ),
            ("no momentum", "no momentum", "Your velocity is the gradient alone, whatever moved before."),
            (
                "the gradient with the wrong sign in the velocity",
                "minus",
                "Your velocity takes the gradient away. In this form it adds gradients up, and the weight moves against it.",
            ),
            ("uphill", "uphill", "Your weights move with the velocity, so the loss rises. A gradient points uphill."),
            (
                "a step with the old velocity",
                "old velocity",
                "You move by the velocity from before. This step's gradient comes in only at the next one.",
            ),
            ("weight decay left out", "no decay", "Your weights do not decay, even where that was asked for."),
            (
                "the velocity decayed instead of the weight",
                "decay of the velocity",
                "Your decay pulls at the velocity. It is large weights that should pay.",
            ),
            (
                "decay with the wrong sign",
                "decay upside down",
                "Your decay makes large weights larger.",
            ),
            (
                "the decay beside the momentum",
                "decoupled",
                "You shrink the weight by itself, as AdamW does. In PyTorch's SGD the decay is a part of the gradient, and "
                "gathers speed like it.",
            ),
            (
                "the decay without the learning rate",
                "decay without lr",
                "You shrink the weight directly. The decay is a part of the gradient, and goes the same way.",
            ),
            (
                "the decay counted twice",
                "decay twice",
                "Your decay has a factor of 2, as from a penalty without its half. PyTorch's has none.",
            ),
            ("Nesterov left out", "never nesterov", "Your step is the same whether Nesterov's was asked for or not."),
            ("Nesterov always", "always nesterov", "You look ahead even where nobody asked for it."),
            (
                "Nesterov with the velocity twice",
                "momentum twice",
                "For Nesterov's step you start from the velocity, which has the momentum in it already.",
            ),
            (
                "the step returned as the velocity",
                "step for velocity",
                "With Nesterov you return what the weight moved by. The velocity is what is kept for the next step.",
            ),
            (
                "the caller's arrays changed",
                "in place",
                "You compute in place: after the call, the weight and the velocity passed in are no longer what they were.",
            ),
        ),
    ),
    hints=(
        "Three lines in order: the gradient with the decay, the new velocity from the old one, and the weight from the new "
        "velocity.",
        "The decay adds a part of the weight to the gradient. The velocity keeps a part of itself and takes in the whole "
        "gradient. What does the learning rate scale?",
        "`g = gradient + weight_decay * weight`, then `velocity = momentum * velocity + g`; the step is `velocity`, or "
        "`g + momentum * velocity` for Nesterov's, and the weight moves by `-lr` times it.",
    ),
)
EXERCISES = (SGD_MOMENTUM_STEP,)
