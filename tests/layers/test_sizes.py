import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.layers import avg_pool2d_forward, conv2d_forward, conv_output_size, max_pool2d_forward

SIDE, KERNEL, STEP, EDGE = st.integers(1, 30), st.integers(1, 7), st.integers(1, 5), st.integers(0, 5)


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ((7, 3), 5),
        ((7, 3, 2), 3),
        ((7, 3, 3), 2),
        ((227, 11, 4), 55),
        ((224, 11, 4, 2), 55),
        ((32, 5, 1, 2), 32),
        ((7, 3, 1, 0, 2), 3),
        ((5, 5), 1),
        ((1, 1, 9), 1),
    ],
)
def test_by_hand(arguments, size):
    assert conv_output_size(*arguments) == size


@settings(deadline=None)
@given(SIDE, KERNEL, STEP, EDGE, st.integers(1, 4))
def test_counts_the_places_of_the_window(size, kernel_size, stride, padding, dilation):
    last_tap = dilation * (kernel_size - 1)
    starts = [start for start in range(0, size + 2 * padding, stride) if start + last_tap < size + 2 * padding]
    if starts:
        assert conv_output_size(size, kernel_size, stride, padding, dilation) == len(starts)
    else:
        with pytest.raises(ValueError, match="reaches over"):
            conv_output_size(size, kernel_size, stride, padding, dilation)


@settings(deadline=None)
@given(*[st.tuples(strategy, strategy) for strategy in (SIDE, KERNEL, STEP, EDGE, st.integers(1, 3))])
def test_a_convolution_has_that_many_places(image, kernel, stride, padding, dilation):
    x, weight = np.ones((1, 1, *image)), np.ones((1, 1, *kernel))
    try:
        sides = tuple(map(conv_output_size, image, kernel, stride, padding, dilation))
    except ValueError:
        with pytest.raises(ValueError, match="reaches over"):
            conv2d_forward(x, weight, None, stride, padding, dilation)
    else:
        out, _ = conv2d_forward(x, weight, None, stride, padding, dilation)
        assert out.shape == (1, 1, *sides)


@settings(deadline=None)
@given(st.tuples(SIDE, SIDE), st.tuples(KERNEL, KERNEL), st.tuples(STEP, STEP))
@pytest.mark.parametrize("forward", [max_pool2d_forward, avg_pool2d_forward])
def test_pooling_has_that_many_places(forward, image, kernel, stride):
    padding = (kernel[0] // 2, kernel[1] // 2)
    try:
        sides = tuple(map(conv_output_size, image, kernel, stride, padding))
    except ValueError:
        with pytest.raises(ValueError, match="reaches over"):
            forward(np.ones((1, 2, *image)), kernel, stride, padding)
    else:
        assert forward(np.ones((1, 2, *image)), kernel, stride, padding)[0].shape == (1, 2, *sides)


def test_is_a_python_int_from_numpy_ones():
    size = conv_output_size(np.int64(7), np.int32(3), np.uint8(2))
    assert size == 3
    assert type(size) is int


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 3), ValueError, "size must be at least 1, got 0"),
        ((7, 0), ValueError, "kernel_size must be at least 1, got 0"),
        ((7, 3, 0), ValueError, "stride must be at least 1, got 0"),
        ((7, 3, 1, -1), ValueError, "padding must be at least 0, got -1"),
        ((7, 3, 1, 0, 0), ValueError, "dilation must be at least 1, got 0"),
        ((7.0, 3), TypeError, "size must be an integer, got 7.0"),
        ((7, 3, 2.0), TypeError, "stride must be an integer, got 2.0"),
        ((7, 3, True), TypeError, "stride must be an integer, got True"),
        ((7, 3, np.bool_(True)), TypeError, "stride must be an integer, got"),
        ((7, "3"), TypeError, "kernel_size must be an integer, got '3'"),
        (
            (4, 3, 1, 0, 2),
            ValueError,
            "kernel_size 3 with dilation 2 reaches over 5 pixels, but size 4 with padding 0 has only 4; "
            "use a smaller kernel or dilation, or more padding",
        ),
    ],
)
def test_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        conv_output_size(*arguments)
