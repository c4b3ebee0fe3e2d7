"""An exercise of homework 2: a block of convolution, batch norm and ReLU, with its way back."""

import functools

import numpy as np

from course_utils import layers
from course_utils.exercises.block_runs import run_block
from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.slips import Slips
from course_utils.exercises.specification import Call, Case, Exercise, Misconception


class Block:
    """A 3x3 convolution without bias, padding 1, then batch norm, then ReLU.

    weight: (K, C, 3, 3); gamma, beta: (K,). The running statistics begin with zeros and ones and are kept by the block.
    """

    def __init__(self, weight, gamma, beta):
        self.weight, self.gamma, self.beta, self.gradients = weight, gamma, beta, {}
        self.running = np.zeros_like(gamma), np.ones_like(gamma)

    def forward(self, x, training):
        """x (N, C, H, W) → (N, K, H, W)."""
        out, convolved = layers.conv2d_forward(x, self.weight, padding=1)
        out, *self.running, normed = layers.batch_norm_forward(out, self.gamma, self.beta, *self.running, training)
        out, rectified = layers.relu_forward(out)
        self.caches = convolved, normed, rectified
        return out

    def backward(self, dout):
        """dout (N, K, H, W) → dx; self.gradients holds those of weight, gamma and beta."""
        convolved, normed, rectified = self.caches
        dout, dgamma, dbeta = layers.batch_norm_backward(layers.relu_backward(dout, rectified), normed)
        dx, dweight, _ = layers.conv2d_backward(dout, convolved)
        self.gradients = {"weight": dweight, "gamma": dgamma, "beta": dbeta}
        return dx


@functools.cache
def wrong_block(slip: str) -> type:
    """Block with one slip in it."""

    class Wrong(Block):
        def forward(self, x, training):
            mode = {"always training": True, "always evaluation": False}.get(slip, training)
            weight = self.weight[:, :, ::-1, ::-1] if slip == "flipped" else self.weight
            out, convolved = layers.conv2d_forward(x, weight, padding=0 if slip == "no padding" else 1)
            out, rectified = layers.relu_forward(out) if slip == "relu first" else (out, None)
            out, *moved, normed = layers.batch_norm_forward(out, self.gamma, self.beta, *self.running, mode)
            if slip == "begins with ones" and not hasattr(self, "caches"):
                moved = [moved[0] + 0.9, moved[1]]
            if slip != "not kept" and not (slip == "moved once" and hasattr(self, "caches")):
                self.running = moved
            if slip == "exchanged":
                self.running = self.running[::-1] if training else self.running
            if slip not in ("relu first", "no relu"):
                out, rectified = layers.relu_forward(out)
            if not (slip == "first cache" and hasattr(self, "caches")):
                self.caches = convolved, normed, rectified
            return out

        def backward(self, dout):
            convolved, normed, rectified = self.caches
            early = slip in ("relu first", "no relu", "relu not back", "norm before relu")
            dout = dout if early else layers.relu_backward(dout, rectified)
            back, dgamma, dbeta = layers.batch_norm_backward(dout, normed)
            if slip == "norm not back":
                back = dout
            if slip in ("relu first", "norm before relu"):
                back = layers.relu_backward(back, rectified)
            dx, dweight, _ = layers.conv2d_backward(back, convolved)
            new = {"weight": dweight, "gamma": dgamma, "beta": dbeta}
            if slip == "gradients exchanged":
                new |= {"gamma": dbeta, "beta": dgamma}
            if slip == "gradients add up":
                new = {name: value + self.gradients.get(name, 0) for name, value in new.items()}
            if slip == "first gradients":
                new = self.gradients or new
            self.gradients = new
            return dout if slip == "dx not moved on" else dx

    Wrong.__name__ = Wrong.__qualname__ = "Block"
    return Wrong


def _case(label: str, seed: int, x: tuple[int, ...], filters: int) -> Case:
    quarters = np.array([0.25, -0.75, 1.25, -0.25])
    return Case(
        label,
        {
            "earlier": digits(seed, *x),
            "x": digits(seed + 1, *x),
            "dout": digits(seed + 2, x[0], filters, *x[2:]),
            "weight": digits(seed + 3, filters, x[1], 3, 3, low=-2, high=3),
            "gamma": digits(seed + 4, filters, low=1, high=5),
            "beta": quarters[:filters].copy(),
        },
    )


def _random_case(rng: np.random.Generator) -> Case:
    channels, filters = (int(n) for n in rng.integers(1, 4, 2))
    shape = (int(rng.integers(3, 5)), channels, *rng.integers(2, 5, 2).tolist())
    out = (shape[0], filters, *shape[2:])
    values = random_arrays(
        rng, earlier=shape, x=shape, dout=out, weight=(filters, channels, 3, 3), gamma=(filters,), beta=(filters,)
    )
    # Shifts far below 0 would leave nothing for the ReLU to let through.
    values["beta"] = values["beta"] / 4
    return Case(f"x {shape}, {filters} filters", values)


_SLIPS: Slips = (
    ("the ReLU before the norm", "relu first", "You rectify before you normalise. Here the norm comes first."),
    ("no ReLU", "no relu", "Negative numbers get through your block. What comes after the norm?"),
    (
        "the ReLU left out on the way back",
        "relu not back",
        "Your gradients come through where the ReLU had shut.",
    ),
    (
        "the norm left out on the way back",
        "norm not back",
        "Your convolution hears what the ReLU says, as if there were no norm between them.",
    ),
    (
        "the way back in the order of the way there",
        "norm before relu",
        "You go back through the norm first. The last layer of the way there is the first of the way back.",
    ),
    (
        "no padding",
        "no padding",
        "Your pictures shrink by two pixels. The block keeps their size.",
    ),
    (
        "the kernel flipped",
        "flipped",
        "You turn the kernels by half a turn. The layer lays them on as they are.",
    ),
    (
        "the running statistics not kept",
        "not kept",
        "Batch norm gives new running statistics back, and yours are lost after every batch.",
    ),
    (
        "the running statistics kept once",
        "moved once",
        "Your running statistics remember the first batch and none after it.",
    ),
    (
        "running mean and variance exchanged",
        "exchanged",
        "Your block takes its running mean for its running variance. In which order do they come back?",
    ),
    (
        "a running mean that begins with ones",
        "begins with ones",
        "Your running mean starts from ones. Ones are for the variance.",
    ),
    (
        "training in both modes",
        "always training",
        "Your block takes the batch's own statistics in evaluation, too. Who tells batch norm which mode it is?",
    ),
    (
        "evaluation in both modes",
        "always evaluation",
        "Your block asks the running statistics while it trains.",
    ),
    (
        "caches of the first batch",
        "first cache",
        "Your way back goes through the first batch that the block has met, whichever came last.",
    ),
    (
        "gradients that add up",
        "gradients add up",
        "Your gradients grow from batch to batch. They belong to the last way back alone.",
    ),
    (
        "gradients of the first batch",
        "first gradients",
        "Your block keeps the gradients of its first batch.",
    ),
    (
        "the gradients of gamma and beta exchanged",
        "gradients exchanged",
        "You hand out beta's gradient as gamma's, and the other way round.",
    ),
    (
        "what comes back is not the gradient of x",
        "dx not moved on",
        "Your way back returns what came out of the ReLU. The block before this one waits for the gradient of x.",
    ),
)

BLOCK = Exercise(
    name="Block",
    lesson="hw2",
    reference=Block,
    plan=(
        Call(
            "run_block",
            ("Block", "earlier", "x", "dout", "weight", "gamma", "beta"),
            ("out", "dx", "dweight", "dgamma", "dbeta", "evaluated"),
        ),
    ),
    course={"run_block": run_block},
    compared=("out", "dx", "dweight", "dgamma", "dbeta", "evaluated"),
    cases=(
        _case("one channel, one filter", 10, (2, 1, 2, 3), 1),
        _case("two filters", 20, (2, 1, 3, 2), 2),
        _case("two channels, one filter", 30, (2, 2, 2, 2), 1),
        _case("two channels, two filters, a batch of three", 40, (3, 2, 2, 2), 2),
        _case("more filters than channels", 50, (2, 1, 2, 2), 4),
    ),
    random_case=_random_case,
    random_cases=60,
    # Statistics of a few numbers magnify the rounding.
    tolerances={"float64": 1e-8, "float32": 5e-3},
    points=13,
    misconceptions=tuple(Misconception(name, sentence, wrong_block(slip)) for name, slip, sentence in _SLIPS),
    hints=(
        "Three calls on the way there, three on the way back, in the opposite order. What must the way there leave behind "
        "for the way back, and for the next batch?",
        "The way there leaves three caches in the block, and the new running statistics. The way back leaves three "
        "gradients in a dict, and returns the gradient of x.",
        "`out, cache = layers.conv2d_forward(x, self.weight, padding=1)`, then your `batch_norm_forward`, whose second and "
        "third result are kept for the next call, then `layers.relu_forward`. Back: ReLU, norm, convolution.",
    ),
)
EXERCISES = (BLOCK,)
