"""An exercise of lesson 07: weights that keep the scale through layers with ReLU."""

import functools
from math import prod

import numpy as np

from course_utils import layers
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Seed


def _kaiming_normal(shape, rng, dtype=np.float32, *, slip: str = "", draw: str = ""):
    """kaiming_normal with one slip in it; `draw` names another way to draw the same numbers."""
    spread = np.sqrt(2 / prod(shape[1:]))
    if slip in _SPREADS:
        spread = _SPREADS[slip](shape)
    numbers = _draw(shape, rng, dtype, slip, draw)
    if slip in ("uniform", "PyTorch's default"):
        spread *= np.sqrt(3) if slip == "uniform" else 1
        numbers = 2 * numbers - 1
    return (spread * numbers).astype(np.float64 if slip == "float64" else dtype)


def _draw(shape, rng, dtype, slip: str, draw: str) -> np.ndarray:
    if slip == "global":
        return np.random.standard_normal(shape)
    if slip == "own generator":
        rng = np.random.default_rng(0)
    precision = {"own precision": dtype, "float32": np.float32}.get(draw, np.float64)
    if slip in ("uniform", "uniform from 0", "PyTorch's default"):
        return rng.random(shape, dtype=precision)
    return rng.standard_normal(shape, dtype=precision)


_SPREADS = {
    "gain 1": lambda shape: np.sqrt(1 / prod(shape[1:])),
    "PyTorch's default": lambda shape: np.sqrt(1 / prod(shape[1:])),
    "fan_out": lambda shape: np.sqrt(2 / (shape[0] * prod(shape[2:]))),
    "Xavier": lambda shape: np.sqrt(2 / ((shape[0] + shape[1]) * prod(shape[2:]))),
    "variance": lambda shape: 2 / prod(shape[1:]),
    "root of 2 only": lambda shape: np.sqrt(2) / prod(shape[1:]),
    "root of the fan only": lambda shape: 2 / np.sqrt(prod(shape[1:])),
    "channels only": lambda shape: np.sqrt(2 / shape[1]),
    "square kernel": lambda shape: np.sqrt(2 / (shape[1] * (shape[2] ** 2 if len(shape) > 2 else 1))),
    "all weights": lambda shape: np.sqrt(2 / prod(shape)),
    "multiplied": lambda shape: np.sqrt(2 * prod(shape[1:])),
    "0.01": lambda shape: 0.01,
    "1": lambda shape: 1.0,
}


def _random_case(rng: np.random.Generator) -> Case:
    shape = tuple(int(n) for n in rng.integers(1, 7, rng.choice([2, 4])))
    dtype = np.float32 if rng.random() < 0.5 else np.float64
    return Case(
        f"shape {shape}, {dtype.__name__}", {"shape": shape, "rng": Seed(int(rng.integers(1000))), "dtype": dtype}
    )


_WAYS = ({"draw": "own precision"}, {"draw": "float32"})

KAIMING_NORMAL = Exercise(
    name="kaiming_normal",
    lesson="07",
    reference=layers.kaiming_normal,
    also_right=tuple(functools.partial(_kaiming_normal, **way) for way in _WAYS),
    plan=(Call("kaiming_normal", ("shape", "rng", "dtype"), ("weight",)),),
    compared=("weight",),
    cases=(
        Case("one neuron, eight features", {"shape": (1, 8), "rng": Seed(1), "dtype": np.float64}),
        Case("more neurons than features", {"shape": (4, 2), "rng": Seed(2), "dtype": np.float64}),
        Case("float32, unless you are told otherwise", {"shape": (2, 3), "rng": Seed(3)}),
        Case("filters of 2 by 2 over two channels", {"shape": (3, 2, 2, 2), "rng": Seed(4), "dtype": np.float64}),
        Case("a kernel that is not square", {"shape": (2, 3, 1, 2), "rng": Seed(5), "dtype": np.float64}),
        Case("filters in float32", {"shape": (2, 1, 3, 2), "rng": Seed(6), "dtype": np.float32}),
    ),
    random_case=_random_case,
    misconceptions=misconceptions(
        _kaiming_normal,
        (
            (
                "the ReLU forgotten",
                "gain 1",
                "Your weights keep the scale through a layer without ReLU. A ReLU throws away half of what comes in.",
            ),
            (
                "outputs counted instead of inputs",
                "fan_out",
                "You count where one input goes. The size of a sum depends on how many numbers are summed.",
            ),
            (
                "Xavier's rule",
                "Xavier",
                "You average over inputs and outputs, as Xavier's rule for tanh does. He et al. count inputs only.",
            ),
            (
                "the variance taken for the standard deviation",
                "variance",
                "You scale by the variance. Numbers of spread 1, times s, have the standard deviation s.",
            ),
            (
                "the root of 2 only",
                "root of 2 only",
                "Only the 2 is under your root. The number of inputs belongs under it as well.",
            ),
            (
                "the root of the number of inputs only",
                "root of the fan only",
                "Only the number of inputs is under your root. The 2 belongs under it as well.",
            ),
            (
                "the kernel's size forgotten",
                "channels only",
                "You count the input's channels. An output of a convolution sums over the whole window in each of them.",
            ),
            (
                "height used for width",
                "square kernel",
                "You count the kernel's pixels as if it were square.",
            ),
            (
                "all weights counted",
                "all weights",
                "You count the weights of all neurons. Each neuron sums only its own.",
            ),
            (
                "larger with more inputs",
                "multiplied",
                "Your weights grow with the number of inputs. The more is summed, the smaller each part has to be.",
            ),
            (
                "uniform of the right spread",
                "uniform",
                "The spread is right, but your numbers are uniform. That is a rule of its own.",
            ),
            (
                "numbers from 0 to 1",
                "uniform from 0",
                "You draw uniform numbers from 0 to 1: no weight of yours is negative. They should be normal, around 0.",
            ),
            (
                "PyTorch's default",
                "PyTorch's default",
                "That is what PyTorch's layers start from when nobody asks: uniform, and too small for ReLU.",
            ),
            (
                "0.01 whatever the shape",
                "0.01",
                "You scale by 0.01, as people did before. Through many layers the signal fades away.",
            ),
            (
                "no scale at all",
                "1",
                "Your numbers have spread 1, whatever is summed. Through many layers the signal explodes.",
            ),
            (
                "float64 whatever is asked",
                "float64",
                "Your weights are always float64. Generators draw float64, and times a NumPy float64 it stays so.",
            ),
            (
                "numbers from elsewhere",
                "global",
                "You draw from NumPy's global generator. Whoever passes `rng` wants the same weights again next time.",
            ),
            (
                "a generator of its own",
                "own generator",
                "You make a new generator inside. Every layer of the same shape would start with the same weights.",
            ),
        ),
        _WAYS,
    ),
    hints=(
        "How many products does one output number of the layer add up? That count decides, and it can be read off the shape.",
        "The first axis of the shape counts outputs; all others together are the inputs of one. The standard deviation is the "
        "root of 2 over that number.",
        "`rng.standard_normal(shape)` times `math.sqrt(2 / math.prod(shape[1:]))`, then `.astype(dtype)`.",
    ),
)
EXERCISES = (KAIMING_NORMAL,)
