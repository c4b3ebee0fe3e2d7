"""An exercise of homework 2: three blocks, poolings and a linear layer put together into a network."""

import functools

import numpy as np

from course_utils import layers
from course_utils.exercises.block_runs import run_three_blocks
from course_utils.exercises.drawing_cases import digits, random_arrays
from course_utils.exercises.slips import Slips
from course_utils.exercises.specification import Call, Case, Exercise, Misconception


class ThreeBlocks:
    """Block, 2x2 max pooling, block, 2x2 max pooling, block, the mean of every map, and a linear layer.

    blocks: three objects with forward(x, training) and backward(dout); weight: (classes, channels); bias: (classes,).
    """

    def __init__(self, blocks, weight, bias):
        self.blocks, self.weight, self.bias, self.gradients = blocks, weight, bias, {}

    def forward(self, x, training):
        """x (N, C, H, W) → scores (N, classes)."""
        self.pools = []
        for number, block in enumerate(self.blocks):
            x = block.forward(x, training)
            if number < 2:
                x, pooled = layers.max_pool2d_forward(x, 2)
                self.pools.append(pooled)
        self.maps = x.shape
        scores, self.last = layers.linear_forward(x.mean(axis=(2, 3)), self.weight, self.bias)
        return scores

    def backward(self, dscores):
        """dscores (N, classes) → dx; self.gradients holds those of weight and bias."""
        dout, dweight, dbias = layers.linear_backward(dscores, self.last)
        self.gradients = {"weight": dweight, "bias": dbias}
        height, width = self.maps[2:]
        dout = np.broadcast_to(dout[:, :, None, None] / (height * width), self.maps)
        for number in (2, 1, 0):
            dout = self.blocks[number].backward(dout)
            if number:
                dout = layers.max_pool2d_backward(dout, self.pools[number - 1])
        return dout


@functools.cache
def wrong_three_blocks(slip: str) -> type:
    """ThreeBlocks with one slip in it."""

    class Wrong(ThreeBlocks):
        def forward(self, x, training):
            blocks = {"two blocks": self.blocks[:2], "last block first": self.blocks[::-1]}.get(slip, self.blocks)
            training = {"always training": True, "always evaluation": False}.get(slip, training)
            self.taken, self.steps = blocks, []
            pooling = layers.avg_pool2d_forward if slip == "average pooling" else layers.max_pool2d_forward
            times = {"no pooling": 0, "one pooling": 1, "pooled three times": 3}.get(slip, 2)
            for number, block in enumerate(blocks):
                first, pooled = slip == "pooled before", number < times
                if pooled and first:
                    x = self._pool(x, pooling)
                x = block.forward(x, training)
                self.steps.append(("block", block))
                if pooled and not first:
                    x = self._pool(x, pooling)
            self.maps = x.shape
            scores, self.last = layers.linear_forward(self._whole(x), self.weight, self.bias)
            if slip == "no bias":
                scores = scores - self.bias
            if slip == "softmax":
                scores = np.exp(scores - scores.max(axis=1, keepdims=True))
                scores = scores / scores.sum(axis=1, keepdims=True)
            return scores

        def _pool(self, x, pooling):
            x, cache = pooling(x, 2)
            self.steps.append(("pool", cache))
            return x

        def _whole(self, x):
            self.x = x
            if slip == "flattened":
                return x.reshape(len(x), -1)
            if slip == "maximum of a map":
                return x.max(axis=(2, 3))
            return x.sum(axis=(2, 3)) if slip == "sum of a map" else x.mean(axis=(2, 3))

        def backward(self, dscores):
            dout, dweight, dbias = layers.linear_backward(dscores, self.last)
            new = {"weight": dweight, "bias": dbias}
            if slip == "gradients add up":
                new = {name: value + self.gradients.get(name, 0) for name, value in new.items()}
            if slip == "mean of the bias's gradient":
                new["bias"] = dbias / len(dscores)
            self.gradients = new
            dout = self._spread(dout)
            back = layers.avg_pool2d_backward if slip == "average pooling" else layers.max_pool2d_backward
            for kind, what in self.steps[::-1]:
                if kind == "block":
                    dout = dout if slip == "last block not back" and what is self.taken[-1] else what.backward(dout)
                else:
                    dout = dout if slip == "no pooling" else back(dout, what)
            return dout

        def _spread(self, dout):
            height, width = self.maps[2:]
            if slip == "flattened":
                return dout.reshape(self.maps)
            if slip == "maximum of a map":
                return (self.x == self.x.max(axis=(2, 3), keepdims=True)) * dout[:, :, None, None]
            whole = slip in ("mean not divided", "sum of a map")
            return np.broadcast_to(dout[:, :, None, None] / (1 if whole else height * width), self.maps)

    Wrong.__name__ = Wrong.__qualname__ = "ThreeBlocks"
    return Wrong


def _values(x: np.ndarray, classes: int, seed: int) -> dict:
    channels = x.shape[1]
    return {
        "x": x,
        "dscores": digits(seed + 1, len(x), classes),
        # In the order of the blocks, no two alike.
        "scales": np.array([0.5, -0.25, 0.25]),
        "shifts": np.array([1.0, 0.5, -2.0]),
        "weight": digits(seed + 2, classes, channels),
        "bias": digits(seed + 3, classes, low=1, high=9),
    }


def _case(label: str, seed: int, shape: tuple[int, ...], classes: int) -> Case:
    # No two numbers alike, so that no window of a pooling has a tie.
    numbers = np.random.default_rng(seed).permutation(int(np.prod(shape))).reshape(shape)
    return Case(label, _values((numbers - numbers.size // 2) / 4.0 + 0.125, classes, seed))


def _random_case(rng: np.random.Generator) -> Case:
    batch, channels = (int(n) for n in rng.integers(1, 4, 2))
    shape = (batch, channels, *rng.integers(4, 11, 2).tolist())
    classes = int(rng.integers(2, 5))
    values = random_arrays(
        rng,
        x=shape,
        dscores=(batch, classes),
        scales=(3,),
        shifts=(3,),
        weight=(classes, channels),
        bias=(classes,),
    )
    return Case(f"x {shape}, {classes} classes", values)


_SLIPS: Slips = (
    ("no pooling", "no pooling", "Your maps keep their size. Each of the first two blocks is followed by a pooling."),
    ("one pooling", "one pooling", "Your maps are halved once. The second block is followed by a pooling, too."),
    (
        "pooling after all three blocks",
        "pooled three times",
        "You pool after the third block as well. There the mean of every map comes instead.",
    ),
    (
        "pooling before the block",
        "pooled before",
        "You pool first and send what is left through the block. The block comes first.",
    ),
    (
        "average pooling instead of max",
        "average pooling",
        "You average each window. Of each two by two numbers the largest goes on.",
    ),
    (
        "the maps flattened",
        "flattened",
        "You lay the last maps out in a row. The linear layer waits for one number a map.",
    ),
    (
        "the maximum of a map instead of its mean",
        "maximum of a map",
        "You take the largest number of each of the last maps. It is the mean that goes on.",
    ),
    (
        "the sum of a map instead of its mean",
        "sum of a map",
        "You add each of the last maps up and do not divide.",
    ),
    (
        "the mean not divided on the way back",
        "mean not divided",
        "Every pixel of a map gets the whole gradient of the map's mean. It had only a share in it.",
    ),
    (
        "the mode not handed on",
        "always training",
        "Your blocks are told that they are training, always. They cannot know it from elsewhere.",
    ),
    (
        "evaluation in both modes",
        "always evaluation",
        "Your blocks are told that this is evaluation, always.",
    ),
    ("the third block left out", "two blocks", "Your network has two blocks."),
    (
        "the blocks in the opposite order",
        "last block first",
        "Your network begins with its last block.",
    ),
    (
        "the third block left out on the way back",
        "last block not back",
        "Your way back starts at the second block. The gradient comes to the third one first.",
    ),
    ("the bias forgotten", "no bias", "Your scores lack the bias of the linear layer."),
    (
        "softmax in the network",
        "softmax",
        "Your network gives probabilities. It gives scores: the softmax is in the loss.",
    ),
    (
        "gradients that add up",
        "gradients add up",
        "Your gradients grow from batch to batch. They belong to the last way back alone.",
    ),
    (
        "the bias's gradient averaged",
        "mean of the bias's gradient",
        "You average the bias's gradient over the batch. The loss has done that already.",
    ),
)

THREE_BLOCKS = Exercise(
    name="ThreeBlocks",
    lesson="hw2",
    reference=ThreeBlocks,
    plan=(
        Call(
            "run_three_blocks",
            ("ThreeBlocks", "x", "dscores", "scales", "shifts", "weight", "bias"),
            ("scores", "dx", "dweight", "dbias", "evaluated"),
        ),
    ),
    course={"run_three_blocks": run_three_blocks},
    compared=("scores", "dx", "dweight", "dbias", "evaluated"),
    cases=(
        _case("one picture of 4x4", 10, (1, 1, 4, 4), 2),
        _case("two channels", 20, (1, 2, 4, 4), 3),
        _case("a batch of two", 30, (2, 1, 4, 4), 2),
        _case("two pictures that are not square", 41, (2, 1, 4, 8), 2),
        _case("a picture of 8x8", 50, (1, 1, 8, 8), 2),
        _case("sides that do not divide by four", 60, (1, 1, 9, 6), 2),
    ),
    random_case=_random_case,
    random_cases=60,
    tolerances={"float64": 1e-8, "float32": 2e-3},
    points=12,
    misconceptions=tuple(Misconception(name, sentence, wrong_three_blocks(slip)) for name, slip, sentence in _SLIPS),
    hints=(
        "Write the seven steps of the way there under each other, with the shape after each. The way back is the same list "
        "from the bottom.",
        "The mean of a map is a linear layer in which all weights are alike: each of its pixels gets an equal share of the "
        "gradient. Poolings need their caches, and blocks keep their own.",
        "There: block, pool, block, pool, block, `x.mean(axis=(2, 3))`, `layers.linear_forward`. Back: "
        "`layers.linear_backward`, `np.broadcast_to(… / (H * W), shape)`, block 2, pool 1, block 1, pool 0, block 0.",
    ),
)
EXERCISES = (THREE_BLOCKS,)
