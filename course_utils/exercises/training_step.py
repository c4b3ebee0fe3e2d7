"""An exercise of lesson 08: one step of training on one batch."""

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.small_network import last_layer, small_network
from course_utils.exercises.specification import Call, Case, Exercise, Seed


def _train_step(network, optimizer, x, labels, loss=layers.softmax_cross_entropy, *, slip: str):
    """train_step with one slip in it."""
    if slip == "loss ignored":
        loss = layers.softmax_cross_entropy
    if slip == "step at the beginning":
        optimizer.step()
    if slip == "evaluation":
        network.eval()
    elif slip not in ("mode left", "mode late"):
        network.train()
    scores = network(x)
    value, dscores = loss(scores, labels)
    if slip == "two passes":
        scores = network(x)
    if slip == "mode late":
        network.train()
    if slip == "step before backward":
        optimizer.step()
    if slip != "no backward":
        network.backward(_sent_back(scores, dscores, slip))
    _update(network, optimizer, slip)
    return _returned(network, x, labels, loss, (value, scores, dscores), slip)


def _sent_back(scores: np.ndarray, dscores: np.ndarray, slip: str) -> np.ndarray:
    sent = {
        "scores sent": scores,
        "uphill": -dscores,
        "averaged again": dscores / len(scores),
        "sum sent": dscores * len(scores),
    }
    return sent.get(slip, dscores)


def _update(network: layers.Sequential, optimizer: layers.SGD, slip: str) -> None:
    if slip == "by hand":
        for parameter in network.parameters():
            parameter.data -= optimizer.lr * parameter.grad
    elif slip not in ("no step", "step at the beginning", "step before backward"):
        optimizer.step()
    if slip == "two steps":
        optimizer.step()


def _returned(network, x, labels, loss, seen, slip):
    value, scores, dscores = seen
    if slip.startswith("after"):
        later = network(x)
        return loss(scores if slip == "after, scores" else later, labels)[0], scores if slip == "after, loss" else later
    results = {
        "sum": (value * len(scores), scores),
        "gradient returned": (value, dscores),
        "classes": (value, scores.argmax(axis=1)),
        "exchanged": (scores, value),
    }
    return results.get(slip, (value, scores))


def _random_case(rng: np.random.Generator) -> Case:
    before = [None, "Dropout", "BatchNorm1d"][rng.integers(3)]
    # Of two examples that are nearly alike, batch normalisation would magnify the rounding.
    n = int(rng.integers(4, 7)) if before == "BatchNorm1d" else int(rng.integers(1, 5))
    features, classes = (int(number) for number in rng.integers(1, 5, 2))
    arrays = random_arrays(rng, x=(n, features), weight=(classes, features), bias=(classes,))
    settings = {
        "before": before,
        "rng": Seed(int(rng.integers(1000))),
        "lr": float(rng.choice([0.05, 0.1, 0.5])),
        "momentum": float(rng.choice([0.0, 0.5, 0.9])),
        "training": bool(rng.random() < 0.6),
        "left_over": [None, 1.0][rng.integers(2)],
        "loss": [layers.softmax_cross_entropy, layers.hinge_loss][rng.integers(2)],
    }
    label = f"x {(n, features)}, weight {(classes, features)}, {before or 'no layer'} in front"
    return Case(label, arrays | {"labels": rng.integers(0, classes, n)} | settings)


def _case(label: str, seed: int, n: int, features: int, classes: int, **settings) -> Case:
    arrays = {
        "x": digits(seed, n, features, low=-1, high=3),
        "labels": np.arange(n) % classes,
        "weight": digits(seed + 1, classes, features, low=-1, high=2),
        "bias": digits(seed + 2, classes, low=-1, high=2),
    }
    return Case(label, {**arrays, **settings})


_STEP = ("network", "optimizer", "x", "labels", "loss")

TRAIN_STEP = Exercise(
    name="train_step",
    lesson="08",
    reference=layers.train_step,
    # A second step shows what the first one left behind: the momentum, and a gradient that came too late.
    plan=(
        Call(
            "small_network",
            ("weight", "bias", "before", "rng", "lr", "momentum", "training", "left_over"),
            ("network", "optimizer"),
        ),
        Call("train_step", _STEP, ("value", "scores")),
        Call("train_step", _STEP, ("second_value", "second_scores")),
        Call("last_layer", ("network",), ("weight_after", "bias_after")),
    ),
    course={"small_network": small_network, "last_layer": last_layer},
    compared=("value", "scores", "weight_after", "bias_after", "second_value", "second_scores"),
    cases=(
        Case(
            "two examples, two classes",
            {
                "x": np.array([[1.0, 2], [2, 1]]),
                "labels": np.array([0, 1]),
                "weight": np.array([[1.0, 0], [0, 1]]),
                "bias": np.array([1.0, 0]),
                "lr": 0.5,
            },
        ),
        _case("an optimizer with momentum", 20, 2, 2, 3, lr=0.1, momentum=0.9),
        _case("gradients left over from an earlier batch", 30, 2, 3, 2, lr=0.1, left_over=1.0),
        # None of its margins is met exactly, where the hinge has no gradient.
        _case("another loss", 50, 3, 2, 3, lr=0.1, loss=layers.hinge_loss),
        _case("with dropout", 40, 3, 4, 2, lr=0.1, before="Dropout", rng=Seed(4)),
        _case("with dropout, left in evaluation", 60, 3, 4, 2, lr=0.1, before="Dropout", rng=Seed(5), training=False),
        _case("with batch normalisation, left in evaluation", 70, 4, 2, 3, before="BatchNorm1d", training=False),
    ),
    random_case=_random_case,
    misconceptions=misconceptions(
        _train_step,
        (
            (
                "no update",
                "no step",
                "The network is what it was before: its gradients are there, and nobody uses them.",
            ),
            (
                "no backward pass",
                "no backward",
                "Your update goes by whatever gradients lie in the parameters, none at first, then those of an earlier batch. "
                "Who computes this batch's?",
            ),
            (
                "the update before the backward pass",
                "step before backward",
                "Your update takes the gradients of the batch before, since this batch's come afterwards. The very first one "
                "does nothing.",
            ),
            (
                "the update at the very beginning",
                "step at the beginning",
                "You update first, by the gradients of the batch before. Those of the last batch are never used.",
            ),
            (
                "two updates",
                "two steps",
                "The network takes two steps for one batch, the second by a gradient that was made for another place.",
            ),
            (
                "an update by hand",
                "by hand",
                "You change the parameters yourself. What the optimizer was made with, such as momentum, has no effect then.",
            ),
            (
                "uphill",
                "uphill",
                "Your loss rises: the gradient's sign is turned round. The optimizer already goes against what it is given.",
            ),
            (
                "the scores sent back",
                "scores sent",
                "What you send back through the network is the scores. It needs how the loss changes with them.",
            ),
            (
                "the gradient averaged a second time",
                "averaged again",
                "You divide the gradient by the size of the batch. The loss is a mean, and its gradient knows that already.",
            ),
            (
                "a gradient of the sum",
                "sum sent",
                "You multiply the gradient by the size of the batch. Then larger batches would take larger steps.",
            ),
            (
                "the mode left as it was",
                "mode left",
                "A network that someone left in evaluation stays there, without dropout or the batch's own statistics.",
            ),
            (
                "the mode switched too late",
                "mode late",
                "You switch to training after the forward pass. By then the first scores are made, in evaluation.",
            ),
            (
                "trained in evaluation",
                "evaluation",
                "Your scores are made in evaluation mode, which is for predicting. Dropout and batch normalisation then do not "
                "see that this is training.",
            ),
            (
                "two forward passes",
                "two passes",
                "You send the batch through twice. With dropout the second pass is another network than the loss was made of.",
            ),
            (
                "loss and scores from after the update",
                "after, both",
                "You go forward once more and return what comes then. Both are wanted from before, and that pass is for nothing.",
            ),
            (
                "the scores from after the update",
                "after, scores",
                "Your loss is from before the update and your scores are from after it. They belong together.",
            ),
            (
                "the loss from after the update",
                "after, loss",
                "Your scores are from before the update and your loss is from after it. They belong together.",
            ),
            (
                "the loss that was asked for ignored",
                "loss ignored",
                "You always use softmax with cross-entropy. Whoever calls may pass another one as `loss`.",
            ),
            (
                "the loss summed",
                "sum",
                "You multiply the loss by the size of the batch. It is wanted as it is, a mean.",
            ),
            (
                "the gradient returned for the scores",
                "gradient returned",
                "The second thing that you return is the gradient of the scores. The scores themselves are wanted.",
            ),
            (
                "classes returned for the scores",
                "classes",
                "You return which class scores highest. The scores themselves are wanted, from which anyone can see that.",
            ),
            (
                "returned in the wrong order",
                "exchanged",
                "You return the scores first. The value of the loss comes first.",
            ),
        ),
    ),
    hints=(
        "Five things in order: training mode, forward, loss, backward, update. None of them takes more than a line.",
        "`loss` returns two things. One is yours to return, the other is what goes backward through the network.",
        "`network.train()`, `scores = network(x)`, `value, dscores = loss(scores, labels)`, `network.backward(dscores)`, "
        "`optimizer.step()`, and return `value, scores`.",
    ),
)
EXERCISES = (TRAIN_STEP,)
