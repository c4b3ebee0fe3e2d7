"""An exercise of lesson 04: the gradient of any function, by trial."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, with_gaps


@dataclass(frozen=True)
class Formula:
    """A function of an array that shows as the Python that it is."""

    text: str
    function: Callable[[np.ndarray], float]

    def __call__(self, x: np.ndarray) -> float:
        return self.function(x)

    def __repr__(self) -> str:
        return f"lambda x: {self.text}"


SUM = Formula("np.sum(x)", lambda x: np.sum(x))
SQUARES = Formula("np.sum(x**2)", lambda x: np.sum(x**2))
CUBES = Formula("np.sum(x**3)", lambda x: np.sum(x**3))
SQUARE_OF_SUM = Formula("np.sum(x)**2", lambda x: np.sum(x) ** 2)
PRODUCT = Formula("np.prod(x)", lambda x: np.prod(x))
BY_PLACE = Formula("np.dot(x.ravel(), np.arange(x.size))", lambda x: np.dot(x.ravel(), np.arange(x.size)))
LARGEST = Formula("np.max(x)", lambda x: np.max(x))
SOFT_LARGEST = Formula("np.log(np.sum(np.exp(x)))", lambda x: np.log(np.sum(np.exp(x))))
FORMULAS = (SUM, SQUARES, CUBES, SQUARE_OF_SUM, PRODUCT, BY_PLACE, LARGEST, SOFT_LARGEST)


def _numeric_gradient(f, x, step=1e-5, *, slip: str):
    """numeric_gradient with one slip in it."""
    if slip == "own step":
        step = 1e-5
    if slip == "float32":
        x = x.astype(np.float32)
    gradient = np.zeros_like(x)
    if slip == "all at once":
        gradient[...] = (f(x + step) - f(x - step)) / (2 * step)
        return gradient
    if slip == "rows at once":
        for i in range(len(x)):
            nudge = np.zeros_like(x)
            nudge[i] = step
            gradient[i] = (f(x + nudge) - f(x - nudge)) / (2 * step)
        return gradient
    nudged = x if slip.startswith("in place") else x.copy()
    for index in np.ndindex(x.shape):
        gradient[index] = _slope(f, x, nudged, index, step, slip)
        if slip == "first entry" and x.ndim and index == (0,) * x.ndim:
            break
    return gradient


def _slope(f, x, nudged, index, step, slip):
    """The slope along one entry; `nudged` lives on from entry to entry."""
    if slip == "one array":
        # Up and down are two names of the same array, which ends where it began.
        return 0.0
    if slip == "flattened copy" and not x.flags.c_contiguous:
        return 0.0
    if slip == "entry alone":
        return (f(x[index] + step) - f(x[index] - step)) / (2 * step)
    if slip in ("in place, not put back", "copy, not put back", "in place, added back"):
        nudged[index] += step
        above = f(nudged)
        nudged[index] -= 2 * step
        below = f(nudged)
        if slip == "in place, added back":
            nudged[index] += step
        return (above - below) / (2 * step)
    up, down = x.copy(), x.copy()
    up[index] += step
    down[index] -= step
    if slip == "forward":
        return (f(up) - f(x)) / step
    if slip == "backward":
        return (f(x) - f(down)) / step
    difference = f(down) - f(up) if slip == "sign" else f(up) - f(down)
    return difference if slip == "not divided" else difference / (step if slip == "half the way" else 2 * step)


def _random_gradient(rng: np.random.Generator) -> Case:
    shape = tuple(int(n) for n in rng.integers(1, 4, rng.integers(1, 4)))
    f = FORMULAS[rng.integers(len(FORMULAS))]
    x = rng.standard_normal(shape)
    values = {"x": with_gaps(x) if rng.random() < 0.3 else x, "step": float(rng.choice([1e-5, 1e-3, 0.1]))}
    return Case(f"{f.text} at x of shape {shape}, step {values['step']:g}", {"f": f, **values})


NUMERIC_GRADIENT = Exercise(
    name="numeric_gradient",
    lesson="04",
    reference=layers.numeric_gradient,
    plan=(Call("numeric_gradient", ("f", "x", "step"), ("gradient",)),),
    compared=("gradient",),
    cases=(
        Case("a parabola at one number, a long step", {"f": SQUARES, "x": np.array([3.0]), "step": 0.5}),
        Case("a sum, two numbers", {"f": SUM, "x": np.array([1.0, 2.0]), "step": 0.25}),
        Case("a square of a sum, step 1", {"f": SQUARE_OF_SUM, "x": np.array([2.0, -1.0, 3.0]), "step": 1.0}),
        Case("cubes, step 1", {"f": CUBES, "x": np.array([0.0, 1.0, -2.0]), "step": 1.0}),
        Case("the default step", {"f": CUBES, "x": np.array([1.0, -2.0])}),
        Case("numbers that are not whole", {"f": CUBES, "x": np.array([0.1, 0.3, 1.1])}),
        Case("a product of all entries, two axes", {"f": PRODUCT, "x": counting(2, 2), "step": 0.5}),
        Case("every place counts differently, three axes", {"f": BY_PLACE, "x": counting(2, 1, 3), "step": 0.5}),
        Case("the largest entry, near a tie", {"f": LARGEST, "x": np.array([1.0, 1.5, 1.0]), "step": 1.0}),
        Case("a view with gaps in memory", {"f": SQUARES, "x": with_gaps(counting(2, 3)), "step": 0.5}),
    ),
    random_case=_random_gradient,
    # A step of 1e-5 leaves eight digits or so; which of them are right depends on how the nudge is written.
    tolerances={"float64": 1e-7, "float32": 2e-4},
    misconceptions=misconceptions(
        _numeric_gradient,
        (
            (
                "a difference to one side",
                "forward",
                "You compare f above x with f at x. On a curve that bends, that is the slope half a step further on.",
            ),
            (
                "a difference to the other side",
                "backward",
                "You compare f at x with f below x. On a curve that bends, that is the slope half a step back.",
            ),
            (
                "divided by half the way",
                "half the way",
                "Your gradients are twice too large. How far apart are the two places at which you ask f?",
            ),
            (
                "not divided by the way",
                "not divided",
                "You return how much f changes. The gradient is how much it changes for each unit of the way.",
            ),
            (
                "the sign turned",
                "sign",
                "You take what f is above x away from what it is below, instead of the other way round.",
            ),
            (
                "all entries nudged at once",
                "all at once",
                "Every entry of your gradient is the same number: you move all of x together. Which entry was it that mattered?",
            ),
            (
                "whole rows nudged at once",
                "rows at once",
                "You walk along the first axis only, and where there are more, a whole row moves together.",
            ),
            (
                "only the first entry",
                "first entry",
                "The first entry of your gradient is right and the others stay zero. Is there a `return` in the loop?",
            ),
            (
                "f sees one number instead of x",
                "entry alone",
                "You hand f the nudged entry alone. It needs the whole array, since the entries may act on each other.",
            ),
            (
                "the entry not put back",
                "copy, not put back",
                "Each entry stays nudged while you go on to the next, so the others are measured from another place than x.",
            ),
            (
                "the entry not put back, in x itself",
                "in place, not put back",
                "You nudge the caller's own x and leave it so. Whoever called you goes on with other numbers than before.",
            ),
            (
                "the entry put back by adding",
                "in place, added back",
                "You nudge the caller's own x and add the step back. Adding and taking away round, and what is left is not "
                "always the number that was there.",
            ),
            (
                "up and down are one array",
                "one array",
                "Your two nudges meet in the same array and cancel. A second name for an array is not a second array.",
            ),
            (
                "a flattened copy nudged",
                "flattened copy",
                "Where x has gaps in memory, flattening it makes a copy. You nudge that, and f never sees it.",
            ),
            (
                "the step ignored",
                "own step",
                "You take a step of your own, whatever is asked for.",
            ),
            (
                "computed in float32",
                "float32",
                "You compute in float32. It keeps seven digits, and f above and f below differ only after the fifth.",
            ),
        ),
    ),
    hints=(
        "Begin with one entry. How would you find out how much f changes when only that one changes?",
        "Make two copies of x, one with the entry larger by `step` and one with it smaller. They are twice the step apart. "
        "Then the same for every other entry, each time from x as it was.",
        "`for index in np.ndindex(x.shape):` walks over arrays with any number of axes. Inside: `up, down = x.copy(), "
        "x.copy()`, nudge `up[index]` and `down[index]`, and write `(f(up) - f(down)) / (2 * step)` into `gradient[index]`.",
    ),
)

EXERCISES = (NUMERIC_GRADIENT,)
