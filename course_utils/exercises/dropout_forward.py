"""An exercise of lesson 07: dropout in both conventions. Its cases serve the way back as well."""

import functools

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting, digits, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Seed

# The draws that decide alike which numbers are kept. All are right, and each keeps others than the reference does.
_WAYS = (
    {"draw": "below"},
    {"draw": "own precision"},
    {"draw": "own precision, below"},
    {"draw": "float32"},
    {"draw": "float32, below"},
    {"draw": "binomial"},
    {"draw": "binomial of the dropped"},
)


def _dropout_forward(x, p, training=True, rng=None, inverted=True, *, slip: str = "", draw: str = ""):
    """dropout_forward with one slip in it; `draw` names another way to choose what is kept."""
    if not training and slip != "drops in evaluation":
        factor = _evaluation(p, inverted, slip)
        return (x, None) if factor is None else (x * factor, factor)
    mask = _kept(x, p, rng, slip, draw).astype(x.dtype)
    scale = _scale(p, inverted, slip)
    if slip == "in place":
        x *= mask / scale
        return x, mask / scale
    if slip == "sum kept":
        scale = max(mask.mean(dtype=float), 1e-9)
    return x * (mask / scale).astype(x.dtype), mask if slip == "bare mask" else (mask / scale).astype(x.dtype)


def _evaluation(p: float, inverted: bool, slip: str) -> float | None:
    """What x is multiplied by in evaluation; None for nothing."""
    if slip == "p keeps":
        return None if inverted else p
    if slip == "never scaled in evaluation":
        return None
    if inverted:
        return 1 - p if slip == "always scaled in evaluation" else None
    return p if slip == "p in evaluation" else 1 - p


def _scale(p: float, inverted: bool, slip: str) -> float | np.float64:
    """What the kept numbers are divided by in training."""
    if not inverted and slip != "convention ignored":
        return 1.0
    wrong = {
        "not rescaled": 1.0,
        "rescaled by p": np.float64(p),
        "p keeps": np.float64(p),
        "multiplied": 1 / (1 - p),
    }
    return wrong.get(slip, 1 - p)


def _kept(x: np.ndarray, p: float, rng: np.random.Generator, slip: str, draw: str) -> np.ndarray:
    """True or 1 where x is kept."""
    shape = x.shape
    if slip == "nothing dropped":
        return np.ones(shape)
    if slip == "fair coin":
        return rng.integers(0, 2, shape)
    if slip == "fixed number":
        return rng.permutation(np.arange(x.size).reshape(-1) >= round(p * x.size)).reshape(shape)
    if slip == "one mask":
        return np.broadcast_to(_keeps(rng, x.shape[1:], p, x.dtype, draw), shape)
    if slip == "global":
        return np.random.random(shape) >= p
    if slip == "own generator":
        return np.random.default_rng(0).random(shape) >= p
    if slip == "normal":
        numbers = rng.standard_normal(shape)
        return numbers < 1 - p if "below" in draw else numbers >= p
    if slip in ("p keeps", "upside down"):
        return _keeps(rng, shape, 1 - p, x.dtype, draw)
    return _keeps(rng, shape, p, x.dtype, draw)


def _keeps(rng: np.random.Generator, shape: tuple[int, ...], p: float, dtype: np.dtype, draw: str) -> np.ndarray:
    if draw == "binomial":
        return rng.binomial(1, 1 - p, shape)
    if draw == "binomial of the dropped":
        return 1 - rng.binomial(1, p, shape)
    precision = dtype if "own" in draw else np.float32 if "float32" in draw else np.float64
    numbers = rng.random(shape, dtype=precision)
    return numbers < 1 - p if "below" in draw else numbers >= p


def random_case(rng: np.random.Generator) -> Case:
    """An array of any shape, in training more often than in evaluation, in either convention."""
    shape = tuple(int(n) for n in rng.integers(1, 5, rng.integers(1, 5)))
    settings = {
        "p": float(rng.choice([0.0, 0.1, 0.25, 0.5, 0.75, 0.9])),
        "training": bool(rng.random() < 0.7),
        "rng": Seed(int(rng.integers(1000))),
        "inverted": bool(rng.random() < 0.6),
    }
    label = f"x {shape}, p={settings['p']}, {_setting(settings['training'], settings['inverted'])}"
    return Case(label, random_arrays(rng, x=shape, dout=shape) | settings)


def _setting(training: bool, inverted: bool) -> str:
    return f"{'training' if training else 'evaluation'}, {'inverted' if inverted else 'as first published'}"


def _case(label: str, x: np.ndarray, seed: int, **settings) -> Case:
    # No two numbers alike and none of them 0, so that a place says what became of it.
    dout = counting(*x.shape) * np.where(digits(seed, *x.shape) > 0, -1, 1)
    return Case(label, {"x": x, "dout": dout, "rng": Seed(seed), **settings})


CASES = (
    _case("half of six numbers, by chance", counting(2, 3), 8, p=0.5),
    _case("a quarter dropped", counting(2, 4), 10, p=0.25),
    _case("most dropped, a batch of pictures", counting(2, 2, 2, 2), 7, p=0.75),
    _case("p = 0: nothing to drop", counting(1, 4), 4, p=0.0),
    _case("evaluation: everything stays as it is", counting(2, 3), 6, p=0.25, training=False),
    _case("as first published, training: dropped, not scaled", counting(3, 3), 5, p=0.25, inverted=False),
    _case("as first published, evaluation", counting(2, 3), 9, p=0.25, training=False, inverted=False),
)
_WITHOUT_CHANCE = Case(
    "evaluation needs no generator", {"x": counting(1, 3), "dout": counting(1, 3), "p": 0.5, "training": False}
)
_ARGUMENTS = ("x", "p", "training", "rng", "inverted")
PLAN = (
    Call("dropout_forward", _ARGUMENTS, ("out", "cache")),
    Call("dropout_backward", ("dout", "cache"), ("dx",)),
)

DROPOUT_FORWARD = Exercise(
    name="dropout_forward",
    lesson="07",
    reference=layers.dropout_forward,
    also_right=tuple(functools.partial(_dropout_forward, **way) for way in _WAYS),
    # The cache is judged by what the course's way back makes of it: it may be an array, a number or nothing.
    course={"dropout_backward": layers.dropout_backward},
    plan=PLAN,
    compared=("out", "dx"),
    cases=(*CASES, _WITHOUT_CHANCE),
    random_case=random_case,
    misconceptions=misconceptions(
        _dropout_forward,
        (
            (
                "not rescaled",
                "not rescaled",
                "What you keep goes on unscaled, so that the layer's sum shrinks in training only. `inverted` makes up for "
                "that at once.",
            ),
            (
                "rescaled by the wrong probability",
                "rescaled by p",
                "You rescale by the probability of dropping. Think of p = 0.1: nearly all is kept, so hardly anything is "
                "missing.",
            ),
            (
                "multiplied instead of divided",
                "multiplied",
                "You make what is kept smaller still. It has to make up for what is missing.",
            ),
            (
                "rescaled by what was really kept",
                "sum kept",
                "You divide by the share that chance happened to keep. The probability is known, and the same at every step.",
            ),
            (
                "a normal distribution instead of a uniform one",
                "normal",
                "You compare p with normally distributed numbers. Half of those are negative: they keep another share.",
            ),
            (
                "a fair coin whatever p is",
                "fair coin",
                "You toss a coin for every number. That drops half of them, and p may be anything.",
            ),
            (
                "a fixed number dropped",
                "fixed number",
                "You drop an exact share of the numbers. Each of them should have a chance of its own.",
            ),
            (
                "nothing dropped",
                "nothing dropped",
                "In training all your numbers get through.",
            ),
            (
                "p taken for the probability of keeping",
                "p keeps",
                "You keep with probability p, as some lecture notes do. Here, as in PyTorch, p is the probability of dropping.",
            ),
            (
                "the wrong ones kept",
                "upside down",
                "You keep what should be dropped. With p = 0, everything has to get through.",
            ),
            (
                "one mask for the whole batch",
                "one mask",
                "Every example of your batch loses the same numbers. Each should meet a network of its own.",
            ),
            (
                "dropped in evaluation as well",
                "drops in evaluation",
                "You roll dice in evaluation too. There the network should give its best answer, and the same one each time.",
            ),
            (
                "scaled in training and again in evaluation",
                "always scaled in evaluation",
                "You multiply in evaluation in either convention. `inverted` has paid for it in training already.",
            ),
            (
                "never scaled in evaluation",
                "never scaled in evaluation",
                "As first published, training does not scale. Then evaluation, where nothing is missing, sums up too much.",
            ),
            (
                "multiplied by the wrong probability in evaluation",
                "p in evaluation",
                "You multiply by the probability of dropping. How much of x did the next layer see on average in training?",
            ),
            (
                "the first convention left out",
                "convention ignored",
                "You scale in training whatever `inverted` says.",
            ),
            (
                "the bare mask cached",
                "bare mask",
                "Your `out` is right, but the way back needs what x was multiplied by, and your cache holds only what was kept.",
            ),
            (
                "numbers from elsewhere",
                "global",
                "You draw from NumPy's global generator. Whoever passes `rng` wants the same draws again next time.",
            ),
            (
                "a generator of its own",
                "own generator",
                "You make a new generator inside, so every step drops the same numbers.",
            ),
            (
                "the caller's array changed",
                "in place",
                "You compute in place: after the call, x is no longer what it was.",
            ),
        ),
        _WAYS,
    ),
    hints=(
        "Write the four situations down first: training or evaluation, `inverted` or not. In which of them is x multiplied, "
        "and by what? In which by nothing at all?",
        "Uniform numbers from 0 to 1 are at least p with probability 1 - p. Compared with p they are a mask. Should the mean "
        "stay what it was, then what is kept is divided by the probability of keeping.",
        "`mask = (rng.random(x.shape) >= p).astype(x.dtype)`, divided by `1 - p` if `inverted`; out is `x * mask` and the "
        "cache is that mask. In evaluation: `x, None`, or `x * (1 - p), 1 - p` for the first convention.",
    ),
)
EXERCISES = (DROPOUT_FORWARD,)
