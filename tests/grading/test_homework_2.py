"""Homework 2: what its two notebooks earn, and that its digits reward a network and nothing simpler."""

import re

import numpy as np
import pytest

from course_utils import datasets, layers, paths
from course_utils.exercises import exercises, trials
from course_utils.exercises.trials import share
from course_utils.grading.grade_one import grade
from course_utils.grading.homework_2 import HOMEWORK_2
from course_utils.grading.plans import split
from course_utils.grading.results import GRADED, NOT_ATTEMPTED, RIGHT
from course_utils.grading.sandbox import sandbox_problem

sandboxed = pytest.mark.skipif(bool(sandbox_problem()), reason="there is no sandbox on this system")
QUALITY = HOMEWORK_2.item("train_and_predict")
TRIAL = trials()["train_and_predict"]


def test_the_kit_holds_no_answer():
    assert all(hasattr(layers, name) for name in HOMEWORK_2.kit)
    assert not {name for name in HOMEWORK_2.kit if "norm_" in name or "dropout" in name or name[0].isupper()}


def test_every_plan_can_be_split():
    for item in HOMEWORK_2.items[:-1]:
        assert split(exercises()[item.name]).inside


def test_the_bands_are_told_in_the_notebook():
    text = (paths.SOLUTIONS / f"{HOMEWORK_2.file}.py").read_text(encoding="utf-8")
    told = [
        (int(least) / 100, int(points)) for least, points in re.findall(r"^\| from (\d+)% \| (\d+) \|$", text, re.M)
    ]
    assert told == [(least, part * QUALITY.points) for least, part in QUALITY.bands]
    assert all(f"{least:.0%}" in QUALITY.rubric for least, _ in QUALITY.bands)


@sandboxed
def test_the_solution_earns_everything():
    result = grade(paths.SOLUTIONS / f"{HOMEWORK_2.file}.ipynb", HOMEWORK_2, seed=11)
    assert (result.status, result.earned, result.notes) == (GRADED, 100.0, ())
    assert {item.status for item in result.items} == {RIGHT}


@sandboxed
def test_the_learners_notebook_is_not_attempted():
    result = grade(paths.NOTEBOOKS / f"{HOMEWORK_2.file}.ipynb", HOMEWORK_2, seed=11)
    assert (result.status, result.earned, result.complete) == (GRADED, 0.0, True)
    assert {item.status for item in result.items} == {NOT_ATTEMPTED}


def test_labels_stay_with_the_grader():
    given, hidden = TRIAL.inputs(np.random.default_rng(3))
    assert list(given) == ["train_images", "train_labels", "test_images", "rng"]
    assert hidden.shape == (len(given["test_images"]),)
    assert TRIAL.score(hidden, hidden) == 1
    assert TRIAL.problem(hidden) == ""


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "NoneType"),
        ([1, 2], "list"),
        (np.zeros(400), "float64"),
        (np.zeros((400, 10), int), r"\(400, 10\)"),
        (np.zeros(399, int), r"\(399,\)"),
        (np.array(["1"] * 400, object), "object"),
    ],
)
def test_an_answer_of_another_form_is_told(answer, says):
    assert re.search(says, TRIAL.problem(answer))


def earned(predict, seed):
    given, hidden = TRIAL.inputs(np.random.default_rng(seed))
    return share(TRIAL.bands, TRIAL.score(predict(given), hidden))


def nearest(pictures, labels, wanted):
    flat, asked = pictures.reshape(len(pictures), -1), wanted.reshape(len(wanted), -1)
    return labels[((flat**2).sum(axis=1) - 2 * asked @ flat.T).argmin(axis=1)]


@pytest.mark.parametrize("seed", [0, 1])
def test_a_guess_earns_nothing(seed):
    assert earned(lambda given: np.zeros(400, int), seed) == 0
    assert earned(lambda given: np.arange(400) % 10, seed) == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_the_nearest_training_picture_earns_little(seed):
    assert earned(lambda g: nearest(g["train_images"], g["train_labels"], g["test_images"]), seed) <= 0.2


@pytest.mark.parametrize("seed", [0, 1])
def test_a_table_of_the_public_digits_earns_half_at_most(seed):
    """Every public digit at every place of the page, with its public label."""
    images, labels = datasets.digits()
    pages = []
    for top, left in np.ndindex(5, 5):
        page = np.zeros((len(images), 1, 12, 12), np.float32)
        page[:, :, top : top + 8, left : left + 8] = 0.8 * images
        pages.append(page)
    table, names = np.concatenate(pages), np.tile(labels, 25)
    assert earned(lambda given: nearest(table, names, given["test_images"]), seed) <= 0.6
