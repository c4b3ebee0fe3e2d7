"""The exercise of lesson 10 on memory: what training keeps."""

import numpy as np

from course_utils.accounting import training_memory
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise


def _memory(activations, parameters, batch_size, optimizer_values=1, bytes_per_value=4, *, slip: str) -> float:
    """training_memory with one slip in it."""
    copies = {
        "parameters once": 1,
        "no gradients": 1 + optimizer_values,
        "no optimizer": 2,
        "always three": 3,
        "four copies": 3 + optimizer_values,
        "optimizer multiplies": 2 * optimizer_values,
    }.get(slip, 2 + optimizer_values)
    weights = parameters * copies
    kept = {
        "one picture": activations,
        "doubled": 2 * batch_size * activations,
        "optimizer for activations": batch_size * activations * (2 + optimizer_values),
        "none kept": 0,
    }.get(slip, batch_size * activations)
    if slip == "batch of weights":
        return batch_size * (weights + activations) * bytes_per_value
    if slip == "batch of gradients":
        return (parameters * (1 + optimizer_values + batch_size) + kept) * bytes_per_value
    if slip == "bytes of one part":
        return weights + kept * bytes_per_value
    scale = {
        "values": 1,
        "always 4": 4,
        "bits": 8 * bytes_per_value,
        "binary megabytes": bytes_per_value / 1024**2,
        "decimal megabytes": bytes_per_value / 1000**2,
    }.get(slip, bytes_per_value)
    return (weights + kept) * scale


_MEMORY_SLIPS = (
    (
        "the parameters counted once",
        "parameters once",
        "You keep the parameters only. On the way back each gets a gradient, and the optimizer remembers something of each.",
    ),
    (
        "one copy of the parameters too few",
        "no gradients",
        "One copy is missing: there are the parameters, their gradients, and what the optimizer keeps.",
    ),
    (
        "the optimizer's state forgotten",
        "no optimizer",
        "You count parameters and gradients. Momentum keeps a value for each parameter from step to step.",
    ),
    (
        "always three times the parameters",
        "always three",
        "Three is right with momentum. Plain SGD keeps nothing, Adam two values: that is what `optimizer_values` says.",
    ),
    (
        "one copy of the parameters too many",
        "four copies",
        "You count one copy of the parameters too many. The update needs none of its own.",
    ),
    (
        "the optimizer's values multiplied in",
        "optimizer multiplies",
        "You multiply by the optimizer's values. They come on top of parameters and gradients.",
    ),
    (
        "a copy of everything for each picture",
        "batch of weights",
        "You multiply everything by the batch size. All pictures of a batch share the same parameters.",
    ),
    (
        "a gradient of the parameters for each picture",
        "batch of gradients",
        "You keep gradients for each picture. They are summed over the batch as they come, and one copy stays.",
    ),
    (
        "the activations of one picture",
        "one picture",
        "You keep the activations of a single picture. Every picture of the batch has its own.",
    ),
    (
        "the activations forgotten",
        "none kept",
        "You count what belongs to the parameters. The activations of the way there are kept for the way back.",
    ),
    (
        "the gradients of the activations kept, too",
        "doubled",
        "You count the activations twice, as if all their gradients were kept. Each is freed once the layer below has used it.",
    ),
    (
        "gradients and optimizer's state for activations",
        "optimizer for activations",
        "You treat activations like parameters. The optimizer keeps nothing for them; nobody updates them.",
    ),
    (
        "values instead of bytes",
        "values",
        "You return the number of values. Each of them takes `bytes_per_value` bytes.",
    ),
    ("always four bytes", "always 4", "You take four bytes for a value, whatever `bytes_per_value` says."),
    (
        "bytes of one part only",
        "bytes of one part",
        "You turn the activations into bytes, and add the parameters as a count of values.",
    ),
    ("bits instead of bytes", "bits", "You return bits. A byte is eight of them."),
    (
        "divided by 1024 twice",
        "binary megabytes",
        "You return mebibytes. The answer is wanted in bytes; dividing comes when it is shown.",
    ),
    (
        "divided by a million",
        "decimal megabytes",
        "You return megabytes. The answer is wanted in bytes; dividing comes when it is shown.",
    ),
)


def _random_memory(rng: np.random.Generator) -> Case:
    values = {
        "activations": int(rng.integers(1, 20_000_000)),
        "parameters": int(rng.integers(1, 150_000_000)),
        "batch_size": int(rng.integers(1, 257)),
        "optimizer_values": int(rng.integers(0, 3)),
        "bytes_per_value": int(rng.choice([2, 4, 8])),
    }
    return Case(", ".join(f"{name}={value}" for name, value in values.items()), values)


TRAINING_MEMORY = Exercise(
    name="training_memory",
    lesson="10",
    reference=training_memory,
    plan=(
        Call(
            "training_memory",
            ("activations", "parameters", "batch_size", "optimizer_values", "bytes_per_value"),
            ("memory",),
        ),
    ),
    compared=("memory",),
    cases=(
        Case("one of each", {"activations": 1, "parameters": 1, "batch_size": 1}),
        Case("ten parameters", {"activations": 0, "parameters": 10, "batch_size": 5}),
        Case("activations alone", {"activations": 10, "parameters": 0, "batch_size": 5}),
        Case("a batch of two", {"activations": 100, "parameters": 10, "batch_size": 2}),
        Case("plain SGD", {"activations": 100, "parameters": 10, "batch_size": 2, "optimizer_values": 0}),
        Case("Adam", {"activations": 100, "parameters": 10, "batch_size": 3, "optimizer_values": 2}),
        Case("half precision", {"activations": 100, "parameters": 10, "batch_size": 3, "bytes_per_value": 2}),
        Case("as large as VGG-16", {"activations": 15_000_000, "parameters": 138_357_544, "batch_size": 64}),
    ),
    random_case=_random_memory,
    misconceptions=misconceptions(_memory, _MEMORY_SLIPS),
    hints=(
        "Sort what is kept into two heaps: what there is once, however large the batch, and what every picture brings along.",
        "Once: the parameters, a gradient for each, and `optimizer_values` more for each. For every picture: its activations.",
        "Multiply `parameters` by 2 plus `optimizer_values`, add `batch_size` times `activations`, and turn values into bytes.",
    ),
)

EXERCISES = (TRAINING_MEMORY,)
