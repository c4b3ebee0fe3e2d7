"""Data sets as a run uses them: what is refused, how they are normalised, what is held out."""

import numpy as np
import pytest
import small
import torch

from course_utils import datasets
from course_utils.training import Recipe
from course_utils.training.device import choose
from course_utils.training.pictures import prepare


def prepared(data, **changes):
    recipe = Recipe(**changes)
    return prepare(data, recipe, choose(recipe, "cpu"))


def test_channels_are_normal_over_the_pictures_learnt_from():
    images, labels, test_images, test_labels = small.data()
    images = images * np.array([1, 2, 0], np.float32).reshape(3, 1, 1)
    pictures = prepared((images, labels, test_images, test_labels), held_out=20)
    values = pictures.train.images
    assert values.mean(dim=(0, 2, 3)).tolist() == pytest.approx([0, 0, 0], abs=1e-5)
    assert values.std(dim=(0, 2, 3), correction=0).tolist() == pytest.approx([1, 1, 0], abs=1e-4)
    assert pictures.deviation[2] == 1
    back = pictures.test.images * torch.tensor(pictures.deviation).view(3, 1, 1) + torch.tensor(pictures.mean).view(
        3, 1, 1
    )
    torch.testing.assert_close(back, torch.tensor(test_images))


def test_held_out_pictures_are_no_others():
    pictures = prepared(small.data(), held_out=30)
    assert (len(pictures.train), len(pictures.held_out), len(pictures.test)) == (70, 30, 50)
    rows = {tuple(one.flatten()[:5].tolist()) for one in pictures.train.images}
    assert not rows & {tuple(one.flatten()[:5].tolist()) for one in pictures.held_out.images}
    again = prepared(small.data(), held_out=30, seed=4)
    assert torch.equal(again.held_out.images, pictures.held_out.images)


def test_the_hash_is_of_all_that_was_given():
    first = small.data()
    hashes = {prepared(first).sha256}
    for i in range(4):
        other = [one.copy() for one in first]
        other[i][3] = 1 - other[i][3] if i % 2 == 0 else (other[i][3] + 1) % 3
        hashes.add(prepared(other).sha256)
    assert len(hashes) == 5
    assert prepared([np.asfortranarray(one) for one in first]).sha256 in hashes


def changed(index, value):
    arrays = [one.copy() for one in small.data()]
    arrays[index] = value(arrays[index]) if callable(value) else value
    return arrays


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (changed(1, lambda y: y * 0), "train_labels hold the class 0 alone"),
        (changed(1, lambda y: y - 1), "train_labels must be 0 to 1, for 2 classes, got -1 for picture 0"),
        (changed(3, lambda y: y + 2), "test_labels must be 0 to 2, for 3 classes, got 3 for picture"),
        (changed(1, lambda y: y[:-1]), "train_labels must hold one label for each of 100 pictures"),
        (changed(0, lambda x: x[:, 0]), r"train_images must be pictures .N, C, H, W.*got shape \(100, 8, 8\)"),
        (changed(2, lambda x: x[:0]), "test_images must be pictures"),
        (changed(2, lambda x: x[:, :, :7]), r"training pictures are \(3, 8, 8\), but test pictures \(3, 7, 8\)"),
        (changed(0, lambda x: np.where(np.arange(100)[:, None, None, None] == 7, np.nan, x)), "picture 7 has NaN"),
        (small.data()[:3], "four arrays, .* got 3"),
        ("nowhere.npz", "source must be one of"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_trained_on(data, message):
    with pytest.raises(ValueError, match=message):
        prepared(data)


def test_holding_out_everything():
    with pytest.raises(ValueError, match="held_out must leave pictures to learn from: 100 of 100"):
        prepared(small.data(), held_out=100)


def test_data_by_name_set_and_recipe():
    digits, recipe = datasets.load("digits"), Recipe(data="digits")
    assert prepared(digits).sha256 == prepared("digits").sha256 == prepare(None, recipe, choose(recipe)).sha256
    assert prepared(digits).classes == tuple("0123456789")


def test_data_is_not_modified_nor_shared():
    arrays = small.data()
    copies = [one.copy() for one in arrays]
    pictures = prepared(arrays)
    pictures.train.images.zero_()
    assert all(np.array_equal(one, two) for one, two in zip(arrays, copies, strict=True))
