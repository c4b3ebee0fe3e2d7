import numpy as np
import pytest
from gradients import frozen, scattered

from course_utils.layers import random_crop_flip, random_horizontal_flip, random_shift


def generator():
    return np.random.default_rng(11)


def moved_by_loops(x, rows, columns, padding, flips):
    out = np.zeros_like(x)
    for n, c, i, j in np.ndindex(x.shape):
        # Where the pixel comes from: mirrored first, then moved.
        column = x.shape[3] - 1 - j if flips[n] else j
        source = i + rows[n] - padding, column + columns[n] - padding
        if all(0 <= place < side for place, side in zip(source, x.shape[2:], strict=True)):
            out[n, c, i, j] = x[(n, c, *source)]
    return out


def test_by_hand():
    x = np.arange(1.0, 7).reshape(1, 1, 2, 3)

    # Offsets 0 and 2 in a border of 1: one row down, one column left.
    class Fixed(np.random.Generator):
        def integers(self, *_, **__):
            return np.array([[0], [2]])

        def random(self, *_):
            return np.array([0.4])

    rng = Fixed(np.random.PCG64(0))
    np.testing.assert_array_equal(random_shift(x, 1, rng)[0, 0], [[0, 0, 0], [2, 3, 0]])
    np.testing.assert_array_equal(random_horizontal_flip(x, rng)[0, 0], [[3, 2, 1], [6, 5, 4]])
    np.testing.assert_array_equal(random_horizontal_flip(x, rng, p=0.4)[0, 0], [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(random_crop_flip(x, 1, rng)[0, 0], [[0, 0, 0], [0, 3, 2]])


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_agree_with_loops(seed, dtype):
    rng = np.random.default_rng(seed)
    n, channels, height, width = (int(side) for side in rng.integers(1, 7, 4))
    padding = int(rng.integers(0, 5))
    x = rng.standard_normal((n, channels, height, width)).astype(dtype)
    drawn = generator()
    rows, columns = drawn.integers(0, 2 * padding + 1, size=(2, n))
    flips = drawn.random(n) < 0.5
    crop = random_crop_flip(x, padding, generator())
    assert crop.dtype == dtype
    np.testing.assert_array_equal(crop, moved_by_loops(x, rows, columns, padding, flips))
    expected = moved_by_loops(x, rows, columns, padding, [False] * n)
    np.testing.assert_array_equal(random_shift(x, padding, generator()), expected)
    flips = generator().random(n) < 0.3
    expected = moved_by_loops(x, [0] * n, [0] * n, 0, flips)
    np.testing.assert_array_equal(random_horizontal_flip(x, generator(), p=0.3), expected)


def test_every_picture_has_a_chance_of_its_own():
    x = np.broadcast_to(np.arange(1.0, 26).reshape(5, 5), (2000, 2, 5, 5))
    out = random_crop_flip(x, 2, generator())
    np.testing.assert_array_equal(out[:, 0], out[:, 1])
    kinds, counts = np.unique(out[:, 0].reshape(2000, -1), axis=0, return_counts=True)
    assert len(kinds) == 5 * 5 * 2
    assert counts.min() > 15
    assert counts.max() < 75


def test_edges():
    x = generator().standard_normal((3, 2, 4, 4))
    np.testing.assert_array_equal(random_shift(x, 0, generator()), x)
    np.testing.assert_array_equal(random_horizontal_flip(x, generator(), p=0), x)
    np.testing.assert_array_equal(random_horizontal_flip(x, generator(), p=1), x[..., ::-1])
    assert random_crop_flip(x[:0], 2, generator()).shape == (0, 2, 4, 4)
    assert not np.shares_memory(random_crop_flip(x, 0, generator()), x)


def test_leave_their_input_alone_wherever_it_lies(rng):
    x = rng.standard_normal((3, 2, 4, 4))
    for function, *setting in ((random_crop_flip, 2), (random_shift, 2), (random_horizontal_flip,)):
        expected = function(x, *setting, rng=generator())
        np.testing.assert_array_equal(function(frozen(scattered(x)), *setting, rng=generator()), expected)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rng": None}, TypeError, r"rng must be .* such as np.random.default_rng\(0\), got None"),
        ({"x": np.ones((2, 3))}, ValueError, r"x must have 4 axes, \(N, C, H, W\), got shape \(2, 3\)"),
        ({"x": np.ones((1, 1, 2, 2), np.uint8)}, TypeError, "x must be floating point, got uint8"),
    ],
)
def test_all_refuse(arguments, error, message):
    for function, setting in ((random_crop_flip, "padding"), (random_shift, "largest"), (random_horizontal_flip, "p")):
        with pytest.raises(error, match=message):
            function(**{"x": np.ones((1, 1, 2, 2)), setting: 1, "rng": generator(), **arguments})


def test_each_refuses_its_setting():
    x = np.ones((1, 1, 2, 2))
    with pytest.raises(ValueError, match="padding must be at least 0, got -1"):
        random_crop_flip(x, -1, generator())
    with pytest.raises(TypeError, match=r"largest must be an integer, got 1\.5"):
        random_shift(x, 1.5, generator())
    with pytest.raises(ValueError, match=r"p must be at most 1, got 1\.5"):
        random_horizontal_flip(x, generator(), 1.5)
    with pytest.raises(ValueError, match="p must be at least 0 and finite, got -1"):
        random_horizontal_flip(x, generator(), -1)
