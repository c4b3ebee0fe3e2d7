"""The cases are small enough to print, and reach every place where real learners go wrong."""

import numpy as np
import pytest

from course_utils.exercises import exercises

CONVOLUTION = ("conv2d_forward", "conv2d_backward", "conv2d_backward_weight", "conv2d_backward_input")
POOLING = ("max_pool2d_forward", "max_pool2d_backward", "avg_pool2d_forward", "avg_pool2d_backward")
WINDOWED = CONVOLUTION + POOLING
RANDOM = 300


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


class Seen:
    """One case of a windowed layer, with its settings as pairs."""

    def __init__(self, values):
        self.x = values["x"]
        pooling = "weight" not in values or values["weight"].ndim == 1
        kernel = values.get("kernel_size", 2) if pooling else values["weight"].shape[2:]
        stride = values.get("stride", None if pooling else 1)
        self.kernel = pair(kernel)
        self.stride = pair(kernel if stride is None else stride)
        self.padding = pair(values.get("padding", 0))
        self.dilation = pair(values.get("dilation", 1))
        self.groups = values.get("groups", 1)
        self.bias = values.get("bias") is not None
        sizes = zip(self.x.shape[2:], self.kernel, self.padding, self.dilation, strict=True)
        self.room = [size + 2 * p - d * (k - 1) - 1 for size, k, p, d in sizes]

    def places(self, axis):
        return self.room[axis] // self.stride[axis] + 1

    @property
    def uneven(self):
        return any(room % step for room, step in zip(self.room, self.stride, strict=True))

    @property
    def overlaps(self):
        return any(step < side and self.places(axis) > 1 for axis, (step, side) in enumerate(self.axes))

    @property
    def gaps(self):
        return any(step > side and self.places(axis) > 1 for axis, (step, side) in enumerate(self.axes))

    @property
    def axes(self):
        return list(zip(self.stride, self.kernel, strict=True))

    def ties(self):
        """Whether a window holds its maximum more than once."""
        (kh, kw), (sh, sw), (ph, pw) = self.kernel, self.stride, self.padding
        padded = np.pad(self.x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
        for i in range(self.places(0)):
            for j in range(self.places(1)):
                window = padded[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw]
                if ((window == window.max(axis=(2, 3), keepdims=True)).sum(axis=(2, 3)) > 1).any():
                    return True
        return False


def visible(name):
    return [Seen(case.values) for case in exercises()[name].cases]


def drawn(name, seed=0):
    rng = np.random.default_rng(seed)
    return [Seen(exercises()[name].random_case(rng).values) for _ in range(RANDOM)]


BOTH = pytest.mark.parametrize("cases", [visible, drawn], ids=["visible", "random"])


@pytest.mark.parametrize("name", exercises())
def test_visible_cases_are_enough_and_small(name):
    exercise = exercises()[name]
    if exercise.random_case:
        assert len(exercise.cases) >= (3 if exercise.lesson == "00" else 5)
    else:
        assert exercise.cases[0].values == {}, "without arguments there is one case, and none to draw"
    assert len({case.label for case in exercise.cases}) == len(exercise.cases)
    for case in exercise.cases:
        for value in case.values.values():
            assert not isinstance(value, np.ndarray) or value.size <= 64, case.label
            assert not isinstance(value, np.ndarray) or value.dtype in (np.float64, np.int64), case.label


@pytest.mark.parametrize("name", [name for name, exercise in exercises().items() if exercise.random_case])
def test_a_seed_gives_the_same_random_cases_again(name):
    draw = exercises()[name].random_case
    first, second = draw(np.random.default_rng(5)), draw(np.random.default_rng(5))
    assert (first.label, first.raises) == (second.label, second.raises)
    for key, value in first.values.items():
        np.testing.assert_array_equal(value, second.values[key])


@BOTH
@pytest.mark.parametrize("name", WINDOWED)
def test_strides_paddings_and_shapes(name, cases):
    seen = cases(name)
    most = 2 if name in CONVOLUTION else 1
    assert {padding for one in seen for padding in one.padding} >= {0, most}
    assert any(one.padding == (0, 0) for one in seen)
    assert {step for one in seen for step in one.stride} >= {1, 2, 3}
    assert any(one.stride[0] != one.stride[1] for one in seen)
    assert any(one.padding[0] != one.padding[1] for one in seen)
    for sizes in ([one.x.shape[2:] for one in seen], [one.kernel for one in seen]):
        assert any(height > width for height, width in sizes)
        assert any(height < width for height, width in sizes)
    outs = [(one.places(0), one.places(1)) for one in seen]
    assert any(rows > columns for rows, columns in outs)
    assert any(rows < columns for rows, columns in outs)


@BOTH
@pytest.mark.parametrize("name", [*WINDOWED, "subsample2d_forward"])
def test_windows_that_overlap_leave_gaps_or_leave_a_rest(name, cases):
    seen = cases(name)
    assert any(one.overlaps for one in seen)
    assert any(one.gaps for one in seen)
    assert any(one.uneven for one in seen)
    assert any(one.uneven and one.padding == (0, 0) for one in seen)
    assert any(not one.uneven for one in seen)
    assert any(len(one.x) == 1 for one in seen)
    assert any(len(one.x) > 1 for one in seen)
    assert any(one.x.shape[1] > 1 for one in seen)


@BOTH
@pytest.mark.parametrize("name", CONVOLUTION)
def test_convolutions_are_dilated_and_grouped_with_and_without_bias(name, cases):
    seen = cases(name)
    assert {d for one in seen for d in one.dilation} >= {1, 2}
    assert {one.groups for one in seen} >= {1, 2}
    assert any(one.groups > 1 and one.x.shape[1] > one.groups for one in seen)
    assert {one.bias for one in seen} == {True, False}


@BOTH
@pytest.mark.parametrize("name", ["max_pool2d_forward", "max_pool2d_backward"])
def test_max_pooling_meets_pictures_that_are_negative_everywhere(name, cases):
    seen = cases(name)
    assert any((one.x < 0).all() and one.padding == (0, 0) for one in seen)
    assert any((one.x < 0).all() and one.padding != (0, 0) for one in seen)


def test_ties_are_met_only_where_they_are_announced():
    cases = exercises()["max_pool2d_backward"].cases
    tied = [case for case in cases if Seen(case.values).ties()]
    assert len(tied) >= 2
    assert all("tie" in case.label and "first" in case.label for case in tied)
    assert any(Seen(case.values).overlaps for case in tied)
    rng = np.random.default_rng(0)
    drawn = [exercises()["max_pool2d_backward"].random_case(rng) for _ in range(RANDOM)]
    assert any(Seen(case.values).ties() for case in drawn)
    assert all("ties" in case.label for case in drawn if Seen(case.values).ties())


@pytest.mark.parametrize("name", ["relu_forward", "relu_backward"])
def test_rectifiers_meet_exact_zeros(name):
    exercise, rng = exercises()[name], np.random.default_rng(0)
    for cases in (exercise.cases, [exercise.random_case(rng) for _ in range(20)]):
        assert any((case.values["x"] == 0).any() for case in cases)
        assert any((case.values["x"] < 0).all() for case in cases)
