"""`load`: the course's data sets by name, the learner's own by path, and what can be wrong with those."""

import pickle
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils import datasets
from course_utils.datasets.split import every_fifth

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (20, 28, 28), dtype=np.uint8)
Y = np.arange(20) % 4
X_TEST = RNG.integers(0, 256, (6, 28, 28), dtype=np.uint8)
Y_TEST = np.arange(6) % 4


@pytest.fixture
def npz(tmp_path):
    """A function that writes arrays into an .npz file and returns its path."""

    def write(**arrays: np.ndarray) -> Path:
        np.savez(tmp_path / "mine.npz", **arrays)
        return tmp_path / "mine.npz"

    return write


def own(x=X, y=Y, x_test=X_TEST, y_test=Y_TEST) -> dict[str, np.ndarray]:
    return {"x_train": x, "y_train": y, "x_test": x_test, "y_test": y_test}


# By name


@pytest.mark.parametrize("size", [8, 32])
def test_digits(size):
    data = datasets.load("digits", size)
    for found, wanted in zip(
        [data.train_images, data.train_labels, data.test_images, data.test_labels],
        [*datasets.digits(size, "train"), *datasets.digits(size, "test")],
        strict=True,
    ):
        assert np.array_equal(found, wanted)
    assert data.name == "digits" and data.classes == tuple("0123456789")


def test_default_is_what_lenet_takes():
    assert datasets.load().train_images.shape == (1442, 1, 32, 32)


@pytest.mark.parametrize("name", ["mnist", "MNIST"])
def test_mnist(remote, arrays, name):
    datasets.download(remote("good"))
    data = datasets.load(name)
    assert data.name == "mnist" and data.classes == tuple("0123456789")
    assert data.train_images.shape == (400, 1, 32, 32) and data.test_images.shape == (20, 1, 32, 32)
    assert np.array_equal(data.test_labels, arrays[3])


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "fashion_mnist"])
def test_missing_set_says_what_to_run(name):
    with pytest.raises(datasets.DataSetMissing, match=f"`course data {name.replace('_', '-')}`"):
        datasets.load(name)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("minst", 'got "minst": did you mean "mnist"?'),
        ("fashionmnist", 'did you mean "fashion-mnist"?'),
        ("digit", 'did you mean "digits"?'),
        ("cifar-10", 'did you mean "cifar10"?'),
        ("shapes", 'did you mean "shapes10"?'),
        ("nowhere/at/all.npz", 'a folder that is there, got "nowhere/at/all.npz"'),
    ],
)
def test_unknown_source(source, says):
    with pytest.raises(
        ValueError, match="source must be one of digits, mnist, fashion-mnist, shapes10, cifar10, or the path"
    ) as error:
        datasets.load(source)
    assert str(error.value).endswith(says)


def test_size_that_a_set_does_not_give():
    with pytest.raises(ValueError, match="size must be 8 or 32, got 28"):
        datasets.load("digits", 28)


def test_record_cannot_be_changed_and_is_short_to_print():
    data = datasets.load(size=8)
    with pytest.raises(FrozenInstanceError):
        data.name = "x"
    assert len(repr(data)) < 120


# An .npz file


@pytest.mark.parametrize("as_text", [False, True])
def test_npz(npz, as_text):
    path = npz(**own())
    data = datasets.load(str(path) if as_text else path)
    assert data.name == "mine" and data.classes == tuple("0123")
    assert data.train_images.shape == (20, 1, 32, 32) and data.train_images.dtype == np.float32
    assert np.array_equal(data.train_images[:, 0, 2:-2, 2:-2], X / np.float32(255))
    assert not data.train_images[:, :, :2].any() and not data.test_images[..., -2:].any()
    assert np.array_equal(data.test_images[:, 0, 2:-2, 2:-2], X_TEST / np.float32(255))
    assert np.array_equal(data.train_labels, Y) and data.test_labels.dtype == np.int64


def test_path_from_the_home_folder(npz, monkeypatch):
    monkeypatch.setenv("HOME", str(npz(**own()).parent))
    monkeypatch.setenv("USERPROFILE", str(npz(**own()).parent))
    assert len(datasets.load("~/mine.npz").test_labels) == 6


def test_npz_with_other_names(npz):
    arrays = dict(zip(["train_images", "train_labels", "test_images", "test_labels"], own().values(), strict=True))
    assert np.array_equal(datasets.load(npz(**arrays)).test_labels, Y_TEST)


@pytest.mark.parametrize("names", [("images", "labels"), ("x", "y")])
def test_npz_without_a_split(npz, names):
    data = datasets.load(npz(**dict(zip(names, (X, Y), strict=True))), 28)
    test = every_fifth(Y)
    assert test.sum() == 4
    assert np.array_equal(data.test_images[:, 0], X[test] / np.float32(255))
    assert np.array_equal(data.train_labels, Y[~test])


@pytest.mark.parametrize(
    ("array", "channels"),
    [
        (X, 1),
        (X[:, None], 1),
        (X[..., None], 1),
        (np.stack([X, X, 255 - X], axis=1), 3),
        (np.stack([X, X, 255 - X], axis=-1), 3),
        (X.astype(np.int64), 1),
        (X / 255, 1),
        (X.astype(np.float16) / np.float16(255), 1),
    ],
)
def test_layouts_and_numbers(npz, array, channels):
    data = datasets.load(npz(images=array, labels=Y), 28)
    tolerance = 1e-3 if array.dtype == np.float16 else 1e-7
    assert data.train_images.shape == (16, channels, 28, 28) and data.train_images.flags["C_CONTIGUOUS"]
    assert data.train_images.dtype == np.float32
    expected = X[~every_fifth(Y)] / 255
    assert np.allclose(data.train_images[:, 0], expected, atol=tolerance)
    if channels == 3:
        assert np.allclose(data.train_images[:, 2], 1 - expected, atol=1e-6)


def test_channels_come_first_where_both_are_possible(npz):
    tiny = X[:, None, :3, :3]
    data = datasets.load(npz(images=tiny, labels=Y), 3)
    assert np.array_equal(data.test_images, tiny[every_fifth(Y)] / np.float32(255))


def test_black_and_white(npz):
    data = datasets.load(npz(images=X > 100, labels=Y), 28)
    assert set(np.unique(data.train_images)) == {0, 1}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"x": X[0]}, r"x_train must have shape \(N, H, W\), .*, got \(28, 28\)"),
        ({"x": X.reshape(20, -1)}, r"x_train must have shape .*, got \(20, 784\)"),
        ({"x": np.zeros((20, 4, 28, 28))}, "C of 1 or 3"),
        ({"x": X[:0], "y": Y[:0]}, "x_train must hold pictures, got shape .* which is empty"),
        ({"x_test": X[:0], "y_test": Y[:0]}, "x_test must hold pictures"),
        ({"x": X.astype(float)}, "x_train must hold .* floats from 0 to 1, got float64 from 0.0 to 255.0: scale them"),
        ({"x": X.astype(int) + 1}, "got int64 from 1 to 256"),
        ({"x": X.astype(int) - 1}, "got int64 from -1 to 254"),
        ({"x": np.where(X == 7, np.nan, X / 255)}, "got float64 from nan"),
        ({"x": X.astype(str)}, "x_train must hold numbers, got dtype <U3"),
        ({"y": Y[:-1]}, "y_train must hold one label for each picture of x_train, 20, got 19"),
        ({"y": np.eye(4)[Y]}, r"y_train must have shape \(N,\) and whole numbers, got \(20, 4\) float64: take .argmax"),
        ({"y": Y[:, None]}, r"got \(20, 1\) int64: .* \.ravel\(\) of a column"),
        ({"y": Y / 1}, r"got \(20,\) float64: .* \.astype\(int\)"),
        ({"y": Y + 1}, "labels for training in .* must be 0, 1, 2, … without a gap, got 1, 2, 3, 4: .*return_inverse"),
        ({"y": Y - 1}, "without a gap, got -1, 0, 1, 2"),
        ({"y": Y * 10**12}, "without a gap, got 0, 1000000000000,"),
        ({"y": np.zeros(20, int), "y_test": np.zeros(6, int)}, "holds the class 0 alone"),
        ({"y_test": Y_TEST + 2}, "test label 4 of picture 2 in .* must be 0 to 3"),
        ({"y_test": Y_TEST - 1}, "test label -1 of picture 0 in .* must be 0 to 3"),
        ({"x_test": X_TEST[:, 4:, 4:]}, r"\(1, 28, 28\) for training, but \(1, 24, 24\) for the test"),
        ({"x": X[:, 4:], "x_test": X_TEST[:, 4:]}, "pictures of 24x28, and the course's networks take squares"),
    ],
)
def test_npz_that_does_not_fit(npz, change, says):
    with pytest.raises(ValueError, match=says):
        datasets.load(npz(**own(**change)), 28)


def test_npz_too_small_for_a_test(npz):
    with pytest.raises(ValueError, match="must hold five pictures of a class or more"):
        datasets.load(npz(images=X[:8], labels=Y[:8]), 28)


def test_npz_of_another_size(npz):
    path = npz(**own(x=X[:, 4:, 4:], x_test=X_TEST[:, 4:, 4:]))
    with pytest.raises(ValueError, match=r"size must be 24, as the pictures in .* are, got 32"):
        datasets.load(path)
    assert datasets.load(path, 24).train_images.shape == (20, 1, 24, 24)


def test_npz_without_the_arrays(npz):
    with pytest.raises(ValueError, match=r"must hold the arrays x_train, .*; or x, y, got a, x_train"):
        datasets.load(npz(a=X, x_train=X))


def test_npz_with_objects_is_not_unpickled(npz, tmp_path):
    class Bomb:
        def __reduce__(self):
            return Path.touch, (tmp_path / "exploded",)

    path = npz(**own(y=np.array([Bomb()] * 20, dtype=object)))
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        datasets.load(path)
    assert not (tmp_path / "exploded").exists()
    pickle.loads(pickle.dumps(Bomb()))
    assert (tmp_path / "exploded").exists(), "the bomb must be a real one"


@pytest.mark.parametrize("damage", [lambda data: data[:5000], lambda data: b"", lambda data: b"no zip"])
def test_file_that_is_no_npz(npz, damage):
    path = npz(**own())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"is not an \.npz file, or is cut off"):
        datasets.load(path)


def test_damaged_npz(npz):
    path = npz(**own())
    data = bytearray(path.read_bytes())
    data[3000:3100] = bytes(100)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"cannot be read \(.*\): it is damaged"):
        datasets.load(path)


# A folder of pictures


@pytest.fixture
def tree(tmp_path):
    """A function that stores pictures, {path in the folder: array or mode of a picture}, and returns the folder."""

    def make(pictures: dict[str, np.ndarray]) -> Path:
        for name, pixels in pictures.items():
            path = tmp_path / "mine" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
        return tmp_path / "mine"

    return make


def folders(classes=("0", "1", "2", "3"), part="", x=X, y=Y) -> dict[str, np.ndarray]:
    return {
        f"{part}{classes[label]}/{place:04}.png": picture
        for place, (picture, label) in enumerate(zip(x, y, strict=True))
    }


def test_folder_with_a_split(tree):
    folder = tree({**folders(part="train/"), **folders(part="test/", x=X_TEST, y=Y_TEST)})
    data = datasets.load(folder)
    assert data.name == "mine" and data.classes == tuple("0123")
    order = np.argsort(Y, kind="stable")
    assert data.train_images.shape == (20, 1, 32, 32) and data.train_images.dtype == np.float32
    assert np.array_equal(data.train_images[:, 0, 2:-2, 2:-2], X[order] / np.float32(255))
    assert np.array_equal(data.train_labels, Y[order])
    order = np.argsort(Y_TEST, kind="stable")
    assert np.array_equal(data.test_images[:, 0, 2:-2, 2:-2], X_TEST[order] / np.float32(255))
    assert np.array_equal(data.test_labels, Y_TEST[order])


def test_folder_without_a_split_gives_every_fifth(tree):
    data = datasets.load(str(tree(folders())), 28)
    # Of each class the fifth by name: 16, 17, 18 and 19 of the twenty.
    assert np.array_equal(data.test_images[:, 0], X[16:] / np.float32(255))
    assert data.test_labels.tolist() == [0, 1, 2, 3] and len(data.train_labels) == 16


def test_classes_are_in_the_order_of_their_names(tree):
    assert datasets.load(tree(folders(("10", "2", "cat", "Bird"))), 28).classes == ("2", "10", "Bird", "cat")


def test_test_may_lack_a_class(tree):
    folder = tree({**folders(part="train/"), **folders(part="test/", x=X[:1], y=[2])})
    assert datasets.load(folder, 28).test_labels.tolist() == [2]


def test_coloured_pictures(tree):
    colour = np.stack([X, 255 - X, X // 2], axis=-1)
    pictures = folders(x=colour) | {"3/0019.png": X[19]}
    with pytest.warns(UserWarning, match="1 of 20 pictures"):
        data = datasets.load(tree(pictures), 28)
    assert data.train_images.shape == (16, 3, 28, 28) and data.train_images.flags["C_CONTIGUOUS"]
    assert np.array_equal(data.test_images[0], colour[16].transpose(2, 0, 1) / np.float32(255))
    assert np.array_equal(data.test_images[3, 1], X[19] / np.float32(255)), (
        "a gray one among them has three equal channels"
    )


def test_gray_among_coloured_is_told(tree):
    colour = np.stack([X, 255 - X, X // 2], axis=-1)
    folder = tree(folders(x=colour) | {"3/0019.png": X[19], "2/0002.png": X[2]})
    with pytest.warns(UserWarning, match=r"2 of 20 pictures are stored without colour, such as .*0002\.png") as told:
        datasets.load(folder, 28)
    assert told[0].filename == __file__, "it must point at the line that called load"


@pytest.mark.parametrize("stored", [X, np.stack([X, 255 - X, X], axis=-1), np.stack([X] * 3, axis=-1)])
def test_all_gray_or_all_coloured_needs_no_warning(tree, recwarn, stored):
    datasets.load(tree(folders(x=stored)), 28)
    assert not recwarn


def test_gray_stored_as_colour_is_gray(tree):
    data = datasets.load(tree(folders(x=np.stack([X] * 3, axis=-1))), 28)
    assert np.array_equal(data.test_images[:, 0], X[16:] / np.float32(255)) and data.test_images.shape[1] == 1


def test_other_files_are_passed_over(tree):
    folder = tree(folders())
    for name in ("0/notes.txt", "0/.hidden.png", "readme.md", "0/Thumbs.db"):
        (folder / name).write_text("not a picture")
    (folder / ".cache").mkdir()
    (folder / "0" / "0000.png").rename(folder / "0" / "0000.PNG")
    data = datasets.load(folder, 28)
    assert len(data.train_labels) == 16 and len(data.test_labels) == 4


def test_folder_without_pictures(tree, tmp_path):
    with pytest.raises(
        ValueError, match=f"{tmp_path} holds no folders of pictures: it must look like train/7/0001.png"
    ):
        datasets.load(tmp_path)
    folder = tree(folders())
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty holds no pictures .*: fill it, or take it away"):
        datasets.load(folder)


@pytest.mark.parametrize(
    ("pictures", "says"),
    [
        (folders(("a",), y=Y * 0), "holds the class a alone"),
        (folders(part="train/"), "must hold both train and test, got train alone"),
        (folders(part="test/"), "got test alone"),
        (
            folders(part="train/") | folders(part="test/", classes=("0", "1", "2", "x")),
            "x is a class that .*train does not have",
        ),
        (
            folders() | {"2/9.png": X[0, :20]},
            r"one size, but .*0000\.png is 28x28 and .*9\.png is 28x20 .*resize\(\(32, 32\)\)",
        ),
        (folders(x=X[:, :20]), "pictures of 20x28, and the course's networks take squares: crop them"),
        (folders() | {"2/9.tif": X[0].astype(np.float32)}, r"9\.tif cannot be read as a picture \(more than 8 bits"),
        (folders(x=X.astype(np.uint16)), r"0000\.png cannot be read as a picture \(more than 8 bits a channel\)"),
    ],
)
def test_folder_that_does_not_fit(tree, pictures, says):
    with pytest.raises(ValueError, match=says):
        datasets.load(tree(pictures))


@pytest.mark.parametrize("damage", [lambda data: data[:300], lambda data: b"", lambda data: b"no picture"])
def test_picture_that_cannot_be_read(tree, damage):
    folder = tree(folders())
    broken = folder / "2" / "0006.png"
    broken.write_bytes(damage(broken.read_bytes()))
    with pytest.raises(ValueError, match=r"0006\.png cannot be read as a picture \(.*\): store it as an 8-bit PNG"):
        datasets.load(folder)


def test_turned_photograph_is_read_upright(tree):
    folder = tree(folders(x=np.stack([X] * 3, axis=-1)))
    turned = Image.fromarray(np.rot90(X[16]))
    exif = turned.getexif()
    # Turn by 90 degrees clockwise to see it upright.
    exif[0x0112] = 6
    turned.save(folder / "0" / "0016.png", exif=exif)
    assert np.array_equal(datasets.load(folder, 28).test_images[0, 0], X[16] / np.float32(255))
