"""An exercise of lesson 09: one pass through the training data in PyTorch."""

import numpy as np

from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Lazy
from course_utils.exercises.torch_training import batches_of, small_model, what_came


def _fit_one_epoch(model, batches, optimizer, loss=None, device="cpu", *, slip: str):
    """fit_one_epoch with one slip in it."""
    from torch.nn import functional

    loss = functional.cross_entropy if loss is None or slip == "loss ignored" else loss
    if slip != "mode left":
        model.train(slip != "evaluation")
    seen = []
    for images, labels in batches:
        if slip != "not moved":
            images, labels = images.to(device), labels.to(device)
        if slip != "never zeroed":
            optimizer.zero_grad()
        scores = model(images)
        value = loss(scores.softmax(dim=1) if slip == "softmax" else scores, labels)
        _update(optimizer, value, slip)
        if slip == "scores afterwards":
            scores = model(images)
        seen.append((value if slip == "graph kept" else value.detach(), scores.detach(), labels))
        if slip == "first batch alone":
            break
    return _returned(seen, slip)


def _update(optimizer, value, slip: str) -> None:
    value.backward()
    if slip != "no step":
        optimizer.step()


def _returned(seen: list, slip: str):
    sizes = [len(labels) for _, _, labels in seen]
    axis = 0 if slip == "other axis" else 1
    right = [_right(scores.argmax(dim=axis), labels) for _, scores, labels in seen]
    losses = [value if slip == "graph kept" else value.item() for value, _, _ in seen]
    mean = sum(value * size for value, size in zip(losses, sizes, strict=True)) / sum(sizes)
    accuracy = sum(right) / sum(sizes)
    if slip == "last batch":
        return losses[-1], right[-1] / sizes[-1]
    of_batches = sum(hit / size for hit, size in zip(right, sizes, strict=True)) / len(seen)
    return {
        "mean of means": (sum(losses) / len(seen), accuracy),
        "both means of means": (sum(losses) / len(seen), of_batches),
        "accuracy mean of means": (mean, of_batches),
        "losses by examples": (sum(losses) / sum(sizes), accuracy),
        "right by batches": (sum(losses) / len(seen), sum(right) / len(seen)),
        "percent": (mean, 100 * accuracy),
        "count": (mean, sum(right)),
        "exchanged": (accuracy, mean),
    }.get(slip, (mean, accuracy))


def _right(found, labels) -> int:
    # Along the wrong axis there may be another number of them.
    return int((found[: len(labels)] == labels[: len(found)]).sum())


def _random_case(rng: np.random.Generator) -> Case:
    norm = bool(rng.random() < 0.3)
    batch_size = int(rng.integers(4, 6)) if norm else int(rng.integers(1, 5))
    # With batch normalisation no batch may be so small that it magnifies the rounding.
    n = batch_size * int(rng.integers(1, 4)) if norm else int(rng.integers(1, 10))
    features, classes = (int(number) for number in rng.integers(2, 5, 2))
    arrays = random_arrays(rng, x=(n, features), weight=(classes, features), bias=(classes,))
    settings = {
        "labels": rng.integers(0, classes, n),
        "batch_size": batch_size,
        "norm": norm,
        "lr": float(rng.choice([0.05, 0.1, 0.5])),
        "momentum": float(rng.choice([0.0, 0.5, 0.9])),
        "training": bool(rng.random() < 0.6),
        "once": bool(rng.random() < 0.5),
    }
    return Case(f"{n} examples in batches of {batch_size}{', batch normalisation' * norm}", arrays | settings)


def _case(label: str, seed: int, n: int, features: int, classes: int, batch_size: int, **settings) -> Case:
    arrays = {
        "x": digits(seed, n, features, low=-1, high=3),
        "labels": np.arange(n) % classes,
        "weight": digits(seed + 1, classes, features, low=-1, high=2),
        "bias": digits(seed + 2, classes, low=-1, high=2),
        "batch_size": batch_size,
    }
    return Case(label, {**arrays, **settings})


FIT_ONE_EPOCH = Exercise(
    name="fit_one_epoch",
    lesson="09",
    reference=Lazy("course_utils.models.epoch", "fit_one_epoch"),
    plan=(
        Call(
            "small_model",
            ("weight", "bias", "norm", "lr", "momentum", "training"),
            ("model", "optimizer"),
        ),
        Call("batches_of", ("x", "labels", "batch_size", "once", "elsewhere"), ("batches",)),
        Call("fit_one_epoch", ("model", "batches", "optimizer", "loss", "device"), ("mean_loss", "accuracy")),
        Call("what_came", ("model", "mean_loss", "accuracy"), ("graph_kept", "weight_after", "bias_after")),
    ),
    course={"small_model": small_model, "batches_of": batches_of, "what_came": what_came},
    compared=("mean_loss", "accuracy", "weight_after", "bias_after", "graph_kept"),
    cases=(
        Case(
            "two examples in one batch",
            {
                "x": np.array([[1.0, 2], [2, 1]]),
                "labels": np.array([0, 1]),
                "weight": np.array([[1.0, 0], [0, 1]]),
                "bias": np.array([1.0, 0]),
                "batch_size": 2,
                "lr": 0.5,
            },
        ),
        _case("four batches", 20, 8, 2, 3, batch_size=2, lr=0.1),
        _case("a last batch that is smaller", 30, 5, 3, 2, batch_size=3, lr=0.1, momentum=0.9),
        _case("batches that can be gone through only once", 40, 7, 2, 3, batch_size=3, lr=0.2, once=True),
        _case(
            "another loss",
            50,
            5,
            2,
            3,
            batch_size=2,
            lr=0.1,
            loss=Lazy("torch.nn.functional", "multi_margin_loss"),
        ),
        _case("batch normalisation, left in evaluation", 70, 8, 2, 3, batch_size=4, norm=True, training=False),
        _case("batch normalisation", 80, 8, 2, 3, batch_size=4, norm=True),
        _case("batches on another device than the model's", 60, 4, 2, 2, batch_size=2, device="cpu", elsewhere=True),
    ),
    random_case=_random_case,
    random_cases=60,
    # A sum of losses in float32 differs by rounding from one in Python's numbers, and is right too.
    tolerances={"float64": 1e-6, "float32": 2e-4},
    misconceptions=misconceptions(
        _fit_one_epoch,
        (
            (
                "gradients that pile up",
                "never zeroed",
                "From the second batch on your steps go by the sum of all gradients so far: PyTorch adds to `grad` what comes.",
            ),
            (
                "a model that stays what it was",
                "no step",
                "Nothing is learned. Either nobody tells the optimizer to step, or there is no gradient at that moment: not "
                "yet, or no longer.",
            ),
            (
                "a mean of the batches' losses",
                "mean of means",
                "Your loss is a mean over batches. In a smaller last batch each example then counts for more.",
            ),
            (
                "means of the batches' means",
                "both means of means",
                "You average over batches, loss and accuracy. In a smaller last batch each example then counts for more.",
            ),
            (
                "a mean of the batches' accuracies",
                "accuracy mean of means",
                "Your accuracy is a mean over batches. In a smaller last batch each example then counts for more.",
            ),
            (
                "losses of batches divided by examples",
                "losses by examples",
                "What `loss` gives is a mean over its batch already. You divide the sum of these by the number of examples.",
            ),
            (
                "right answers divided by batches",
                "right by batches",
                "You divide by the number of batches. Then your accuracy can be above 1.",
            ),
            (
                "trained in evaluation",
                "evaluation",
                "Your model is in evaluation mode, which is for predicting: batch normalisation does not see this batch.",
            ),
            (
                "the mode left as it was",
                "mode left",
                "A model that someone left in evaluation stays there. Whose business is it to switch it?",
            ),
            (
                "the best picture of each class",
                "other axis",
                "You look for the highest score down each column. The scores of one picture stand in a row.",
            ),
            (
                "softmax before the loss",
                "softmax",
                "You hand probabilities to a loss that wants scores. PyTorch's cross-entropy holds its own softmax, so now there "
                "are two.",
            ),
            (
                "the graph kept in the sum",
                "graph kept",
                "Your loss is a sum of tensors, and on each hangs the graph of its batch. They stay until the epoch ends.",
            ),
            (
                "the loss that was asked for ignored",
                "loss ignored",
                "You always use cross-entropy. Whoever calls may pass another one as `loss`.",
            ),
            (
                "only the last batch reported",
                "last batch",
                "What you return is of the last batch. It is wanted for all examples of the epoch.",
            ),
            (
                "an end after the first batch",
                "first batch alone",
                "Your function returns after one batch. Where does the `return` stand?",
            ),
            (
                "the accuracy after the step",
                "scores afterwards",
                "You send each batch through again after the update. The scores that the loss was made of are at hand.",
            ),
            (
                "a batch that is not moved",
                "not moved",
                "Pictures or labels stay where they were. Both have to come to the model's device.",
            ),
            (
                "accuracy in per cent",
                "percent",
                "Your accuracy is in per cent. A share is wanted, from 0 to 1.",
            ),
            (
                "right answers counted",
                "count",
                "You return how many are right. Their share is wanted, from 0 to 1.",
            ),
            (
                "returned in the wrong order",
                "exchanged",
                "You return the accuracy first. The mean loss comes first.",
            ),
        ),
    ),
    hints=(
        "Before the loop: training mode, and three numbers that start at 0. In the loop: move, zero, forward, loss, backward, "
        "step, then add to the three numbers.",
        "What `loss` gives is the mean over its batch, so add it times the size of the batch, as a plain number: `.item()`. The "
        "class with the highest score is `scores.argmax(dim=1)`.",
        "`total += value.item() * len(labels)`, `right += (scores.argmax(dim=1) == labels).sum().item()`, "
        "`count += len(labels)`, and after the loop `return total / count, right / count`.",
    ),
)
EXERCISES = (FIT_ONE_EPOCH,)
