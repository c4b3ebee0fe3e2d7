"""The two warm-up exercises of lesson 00: colour to gray, and the smallest edge filter."""

import numpy as np

from course_utils.exercises.drawing_cases import counting, digits, random_arrays
from course_utils.exercises.specification import Call, Case, Exercise, Misconception


def to_gray(image: np.ndarray) -> np.ndarray:
    """The mean of the colour channels: image (3, H, W) to (H, W), dtype kept."""
    return image.mean(axis=0)


def horizontal_difference(image: np.ndarray) -> np.ndarray:
    """Each pixel's right neighbour minus the pixel: image (H, W) to (H, W - 1), dtype kept."""
    return image[:, 1:] - image[:, :-1]


def _random_picture(rng: np.random.Generator) -> Case:
    height, width = rng.integers(2, 8, 2)
    return Case(f"a random picture, {height} by {width}", random_arrays(rng, image=(3, height, width)))


def _random_gray(rng: np.random.Generator) -> Case:
    height, width = rng.integers(2, 9, 2)
    return Case(f"a random gray picture, {height} by {width}", random_arrays(rng, image=(height, width)))


def _darken_in_place(image: np.ndarray) -> np.ndarray:
    image /= 3
    return image.sum(axis=0)


TO_GRAY = Exercise(
    name="to_gray",
    lesson="00",
    reference=to_gray,
    plan=(Call("to_gray", ("image",), ("gray",)),),
    compared=("gray",),
    cases=(
        Case("one red, one green, one blue pixel", {"image": 3 * np.eye(3).reshape(3, 1, 3)}),
        Case("three channels, two rows, two columns", {"image": counting(3, 2, 2)}),
        Case("taller than wide", {"image": 3 * digits(1, 3, 4, 2)}),
    ),
    random_case=_random_picture,
    misconceptions=(
        Misconception(
            "a sum instead of a mean",
            "Your numbers are three times too large: white would become 3, and a picture's values end at 1.",
            lambda image: image.sum(axis=0),
        ),
        Misconception(
            "the wrong axis",
            "You average over one of the directions of the picture. Which axis of (3, H, W) holds the colours?",
            lambda image: image.mean(axis=-1),
        ),
        Misconception(
            "the rows averaged away",
            "You average down the picture, over its rows. Which axis of (3, H, W) holds the colours?",
            lambda image: image.mean(axis=1),
        ),
        Misconception(
            "one channel only",
            "You keep a single channel. A pure red and a pure blue pixel should come out equally gray.",
            lambda image: image[0],
        ),
        Misconception(
            "a left-over axis",
            "The numbers are right, but an axis of length 1 stayed in front. A gray picture has two axes.",
            lambda image: image.mean(axis=0, keepdims=True),
        ),
        Misconception(
            "the caller's picture changed",
            "You compute in place: after the call, the picture that was handed to you is no longer the same.",
            _darken_in_place,
        ),
    ),
    hints=(
        "A colour picture here has shape (3, H, W): channel first. What should disappear is the first axis.",
        "Arrays have a method `mean`, and it takes the axis to average over.",
        "One line does it: return the mean of `image` over axis 0.",
    ),
)

HORIZONTAL_DIFFERENCE = Exercise(
    name="horizontal_difference",
    lesson="00",
    reference=horizontal_difference,
    plan=(Call("horizontal_difference", ("image",), ("edges",)),),
    compared=("edges",),
    cases=(
        Case("a dark-to-bright edge", {"image": np.array([[0.0, 0, 9, 9]] * 3)}),
        Case("rows that rise by one", {"image": counting(2, 3)}),
        Case("any numbers, taller than wide", {"image": digits(2, 4, 3)}),
    ),
    random_case=_random_gray,
    misconceptions=(
        Misconception(
            "left minus right",
            "Every sign is turned round: you subtract the right neighbour from the pixel. A step up to the right "
            "should give a positive number.",
            lambda image: image[:, :-1] - image[:, 1:],
        ),
        Misconception(
            "differences down the columns",
            "You compare each pixel with the one below it. The first axis of (H, W) runs downwards.",
            lambda image: image[1:] - image[:-1],
        ),
        Misconception(
            "wrapped around",
            "The last column compares the right border with the left one, as np.roll does. A pixel at the border "
            "has no right neighbour.",
            lambda image: np.roll(image, -1, axis=1) - image,
        ),
        Misconception(
            "the sign thrown away",
            "You return sizes without signs. Keep the sign: it says whether the picture gets brighter or darker.",
            lambda image: np.abs(image[:, 1:] - image[:, :-1]),
        ),
        Misconception(
            "padded to the old width",
            "You keep W columns by adding a column of zeros. A row of W pixels has one neighbour pair fewer.",
            lambda image: np.concatenate([image[:, 1:] - image[:, :-1], np.zeros_like(image[:, :1])], axis=1),
        ),
    ),
    hints=(
        "A row of W pixels has W - 1 pairs of neighbours. You need two pictures of that width to subtract.",
        "`image[:, 1:]` drops the first column. How do you drop the last one?",
        "Right neighbours are `image[:, 1:]`, the pixels themselves `image[:, :-1]`. Subtract, in the right order.",
    ),
)

EXERCISES = (TO_GRAY, HORIZONTAL_DIFFERENCE)
