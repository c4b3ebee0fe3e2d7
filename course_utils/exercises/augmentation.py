"""An exercise of lesson 07: pictures cut out and mirrored at random."""

import numpy as np

from course_utils import layers
from course_utils.exercises.drawing_cases import counting, random_arrays
from course_utils.exercises.slips import misconceptions
from course_utils.exercises.specification import Call, Case, Exercise, Seed


def _random_crop_flip(x, padding, rng, *, slip: str):
    """random_crop_flip with one slip in it."""
    n, _, height, width = x.shape
    rows, columns = rng.integers(0, 2 * padding + 1, size=(2, n))
    flips = rng.random(n) < 0.5
    rows, columns, flips = _chances(rows, columns, flips, padding, slip)
    if slip == "flipped first":
        x, flips = np.where(flips[:, None, None, None], x[..., ::-1], x), np.zeros(n, bool)
    padded = _padded(x, padding, slip)
    if slip == "whole":
        return np.where(flips[:, None, None, None], padded[..., ::-1], padded)
    out = np.zeros_like(x)
    for i in range(n):
        piece = padded[i, :, rows[i] : rows[i] + height, columns[i] : columns[i] + width]
        if slip == "rolled":
            piece = np.roll(x[i], (padding - rows[i], padding - columns[i]), axis=(1, 2))
        out[i] = _mirrored(piece, slip) if flips[i] else piece
        if slip == "first only":
            break
    if slip == "in place":
        x[...] = out
        return x
    return out


def _chances(rows, columns, flips, padding: int, slip: str):
    """The offsets and flips as the slip takes them."""
    if slip in ("one cut", "one of each"):
        rows, columns = np.full_like(rows, rows[0]), np.full_like(columns, columns[0])
    if slip in ("one flip", "one of each"):
        flips = np.full_like(flips, flips[0])
    if slip == "swapped":
        rows, columns = columns, rows
    if slip == "far side":
        rows, columns = 2 * padding - rows, 2 * padding - columns
    if slip == "not moved":
        rows, columns = np.full_like(rows, padding), np.full_like(columns, padding)
    if slip == "own chances":
        chance = np.random.default_rng(0)
        rows, columns = chance.integers(0, 2 * padding + 1, size=(2, len(rows)))
        flips = chance.random(len(rows)) < 0.5
    flips = {
        "all flipped": np.ones_like(flips),
        "none flipped": np.zeros_like(flips),
        "others flipped": ~flips,
    }.get(slip, flips)
    return rows, columns, flips


def _padded(x: np.ndarray, padding: int, slip: str) -> np.ndarray:
    border = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    if slip == "edge":
        return np.pad(x, border, mode="edge")
    if slip == "padding on one side":
        border = ((0, 0), (0, 0), (2 * padding, 0), (2 * padding, 0))
    return np.pad(x, border)


def _mirrored(picture: np.ndarray, slip: str) -> np.ndarray:
    if slip == "upside down":
        return picture[:, ::-1]
    if slip == "both axes":
        return picture[:, ::-1, ::-1]
    if slip == "channels":
        return picture[::-1]
    return picture[:, :, ::-1]


def _random_case(rng: np.random.Generator) -> Case:
    n, channels, height, width, padding = (int(number) for number in rng.integers(1, 5, 5))
    padding -= 1
    shape = (n, channels, height, width + 1)
    settings = {"padding": padding, "rng": Seed(int(rng.integers(1000)))}
    return Case(f"x {shape}, padding {padding}", random_arrays(rng, x=shape) | settings)


def _case(label: str, shape: tuple[int, ...], padding: int, seed: int) -> Case:
    return Case(label, {"x": counting(*shape), "padding": padding, "rng": Seed(seed)})


RANDOM_CROP_FLIP = Exercise(
    name="random_crop_flip",
    lesson="07",
    reference=layers.random_crop_flip,
    plan=(Call("random_crop_flip", ("x", "padding", "rng"), ("out",)),),
    compared=("out",),
    cases=(
        _case("no padding: flips only", (4, 1, 1, 3), 0, 3),
        _case("one picture, not flipped", (1, 1, 3, 3), 1, 8),
        _case("one picture, flipped", (1, 1, 2, 3), 1, 0),
        _case("three pictures, each with a chance of its own", (3, 1, 2, 3), 1, 1),
        _case("taller than wide, a wide border", (2, 1, 4, 2), 2, 2),
        _case("two channels go together", (3, 2, 3, 3), 1, 13),
    ),
    random_case=_random_case,
    misconceptions=misconceptions(
        _random_crop_flip,
        (
            (
                "flipped upside down",
                "upside down",
                "You turn the picture over top to bottom. A cat in a mirror still stands on its feet.",
            ),
            ("turned half round", "both axes", "You flip along both axes, which turns the picture half round."),
            (
                "the channels turned round",
                "channels",
                "You reverse the channels: red becomes blue, and left stays left.",
            ),
            (
                "one cut for the whole batch",
                "one cut",
                "All your pictures are cut at the first one's place. Each has an offset of its own.",
            ),
            (
                "one flip for the whole batch",
                "one flip",
                "All your pictures are flipped, or none, as the first one is.",
            ),
            ("one chance for the whole batch", "one of each", "You use the first picture's offsets and flip for all."),
            (
                "rows and columns exchanged",
                "swapped",
                "You move down by what was drawn for the columns, and right by what was drawn for the rows.",
            ),
            (
                "counted from the far side",
                "far side",
                "An offset of 0 begins at the padded picture's first row. Yours begin at its last.",
            ),
            ("not moved at all", "not moved", "You cut the middle out of the padded picture, whatever was drawn."),
            (
                "the border filled with the edge's pixels",
                "edge",
                "You repeat the picture's outermost pixels. What moves in here is 0.",
            ),
            ("padded on one side", "padding on one side", "All of your border lies above and on the left."),
            (
                "rolled round",
                "rolled",
                "What leaves your picture on one side comes in on the other. It should be lost.",
            ),
            ("all flipped", "all flipped", "Every picture of yours is flipped. Half of them should be, by chance."),
            ("none flipped", "none flipped", "No picture of yours is flipped."),
            (
                "the others flipped",
                "others flipped",
                "You flip those that were to stay, and leave those that were to be flipped.",
            ),
            (
                "flipped before it is cut",
                "flipped first",
                "You flip first and cut then, so the columns' offset counts from the other side.",
            ),
            (
                "the padded size kept",
                "whole",
                "Your pictures are as large as the padded ones. A network wants its size.",
            ),
            ("only the first picture", "first only", "The first picture is right and the others stay zero."),
            (
                "chances of its own",
                "own chances",
                "You draw from a new generator inside, so every batch is cut and flipped alike.",
            ),
            (
                "the caller's pictures changed",
                "in place",
                "After the call, x is no longer what it was: you write into it.",
            ),
        ),
    ),
    hints=(
        "Take the pictures one by one: pad, cut a piece of the old size, flip it or not.",
        "In the padded picture, the piece of picture i starts at `rows[i]` and `columns[i]`. A flip turns the last axis round.",
        "`piece = padded[i, :, rows[i]:rows[i] + height, columns[i]:columns[i] + width]`, and where `flips[i]` is true "
        "`piece[:, :, ::-1]`. Write each into its place of `out`.",
    ),
)
EXERCISES = (RANDOM_CROP_FLIP,)
