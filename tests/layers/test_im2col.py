import numpy as np
import pytest
import torch
from gradients import frozen, scattered

from course_utils.layers import col2im, conv2d_forward, conv_output_size, im2col


def random_setting(seed):
    """(x, kernel_size, stride, padding, dilation), every part drawn at random; float64."""
    rng = np.random.default_rng(seed)
    kernel = tuple(int(n) for n in rng.integers(1, 5, 2))
    stride, dilation = (tuple(int(n) for n in rng.integers(1, 4, 2)) for _ in range(2))
    padding = tuple(int(n) for n in rng.integers(0, 4, 2))
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = [max(1, r - 2 * p) + int(rng.integers(0, 9)) for r, p in zip(reach, padding, strict=True)]
    x = rng.standard_normal((*(int(n) for n in rng.integers(1, 4, 2)), *size))
    settings = [kernel, stride, padding, dilation]
    # A third of the settings use one integer for both axes, as a learner does, on a picture where that fits.
    if rng.random() < 1 / 3:
        settings = [kernel[0], stride[0], padding[0], dilation[0]]
        x = rng.standard_normal((*x.shape[:2], *(max(1, reach[0] - 2 * padding[0]) + n for n in (3, 5))))
    return x, *settings


def test_by_hand():
    x = np.arange(1.0, 13).reshape(1, 2, 2, 3)
    #    1 2 3      7  8  9     two channels; a 2x2 window has two places
    #    4 5 6     10 11 12
    columns = im2col(x, 2)
    expected = [[1, 2], [2, 3], [4, 5], [5, 6], [7, 8], [8, 9], [10, 11], [11, 12]]
    np.testing.assert_array_equal(columns, [expected])
    # The middle pixels lie in both windows, so they come back twice.
    np.testing.assert_array_equal(col2im(columns, (2, 3), 2), [[[[1, 4, 3], [4, 10, 6]], [[7, 16, 9], [10, 22, 12]]]])


def test_stride_padding_and_dilation_by_hand():
    x = np.arange(1.0, 7).reshape(1, 1, 2, 3)
    columns = im2col(x, (1, 2), stride=(1, 2), padding=(0, 1), dilation=(1, 2))
    # Padded rows 0 1 2 3 0 and 0 4 5 6 0; taps two apart, places two apart.
    np.testing.assert_array_equal(columns, [[[0, 2, 0, 5], [2, 0, 5, 0]]])
    back = col2im(columns, (2, 3), (1, 2), stride=(1, 2), padding=(0, 1), dilation=(1, 2))
    np.testing.assert_array_equal(back, [[[[0, 4, 0], [0, 10, 0]]]])


@pytest.mark.parametrize("seed", range(200))
def test_agrees_with_torch(seed, rng):
    x, *settings = random_setting(seed)
    kernel, stride, padding, dilation = settings
    how = {"dilation": dilation, "padding": padding, "stride": stride}
    columns = im2col(x, *settings)
    unfolded = torch.nn.functional.unfold(torch.tensor(x), kernel, **how).numpy()
    np.testing.assert_allclose(columns, unfolded, rtol=1e-12, atol=1e-12)
    others = rng.standard_normal(columns.shape)
    folded = torch.nn.functional.fold(torch.tensor(others), x.shape[2:], kernel, **how).numpy()
    np.testing.assert_allclose(col2im(others, x.shape[2:], *settings), folded, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(200))
def test_each_is_the_others_transpose(seed, rng):
    x, *settings = random_setting(seed)
    columns = rng.standard_normal(im2col(x, *settings).shape)
    there = np.sum(im2col(x, *settings) * columns)
    back = np.sum(x * col2im(columns, x.shape[2:], *settings))
    assert there == pytest.approx(back, rel=1e-12, abs=1e-12 * columns.size)


def test_the_random_settings_reach_every_case():
    settings = [random_setting(seed) for seed in range(200)]
    assert {type(setting[1]) for setting in settings} == {int, tuple}
    for part, values in ((2, {1, 2, 3}), (3, {0, 1, 2, 3}), (4, {1, 2, 3})):
        assert {setting[part][0] for setting in settings if isinstance(setting[part], tuple)} == values
    assert any(setting[0].shape[2] != setting[0].shape[3] for setting in settings)
    assert any(_leaves_pixels_over(*setting) for setting in settings)
    assert any(not _leaves_pixels_over(*setting) for setting in settings)


def _leaves_pixels_over(x, *settings):
    pairs = [setting if isinstance(setting, tuple) else (setting, setting) for setting in settings]
    kernel, stride, padding, dilation = pairs
    room = [x.shape[2 + i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1 for i in range(2)]
    return any(space % step for space, step in zip(room, stride, strict=True))


def test_a_convolution_is_one_matrix_product(rng):
    x, weight = rng.standard_normal((2, 3, 7, 6)), rng.standard_normal((4, 3, 3, 2))
    how = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}
    expected, _ = conv2d_forward(x, weight, **how)
    product = weight.reshape(4, -1) @ im2col(x, (3, 2), **how)
    np.testing.assert_allclose(product.reshape(expected.shape), expected, rtol=1e-12, atol=1e-12)


def test_counts_how_often_a_pixel_is_copied():
    copies = col2im(im2col(np.ones((1, 1, 4, 5)), 3), (4, 5), 3)
    np.testing.assert_array_equal(copies[0, 0, 0], [1, 2, 3, 2, 1])
    np.testing.assert_array_equal(copies[0, 0, :, 0], [1, 2, 2, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keeps_the_dtype_and_modifies_nothing(dtype, rng):
    x = frozen(rng.standard_normal((2, 3, 5, 4)).astype(dtype))
    columns = im2col(x, 2, padding=1)
    assert columns.dtype == dtype
    assert col2im(frozen(columns), (5, 4), 2, padding=1).dtype == dtype


@pytest.mark.parametrize("settings", [(2, 1, 0, 1), (1, 1, 0, 1), (3, 2, 1, 1)])
def test_results_are_the_callers_own(settings, rng):
    x = rng.standard_normal((2, 3, 5, 4))
    columns = im2col(x, *settings)
    assert not np.shares_memory(columns, x)
    back = col2im(columns, (5, 4), *settings)
    assert not np.shares_memory(columns, back)
    assert back.flags.owndata and back.flags.writeable


def test_memory_with_gaps(rng):
    x = rng.standard_normal((2, 3, 5, 4))
    columns = im2col(x, 2, 2, 1)
    np.testing.assert_array_equal(im2col(scattered(x), 2, 2, 1), columns)
    expected = col2im(columns, (5, 4), 2, 2, 1)
    np.testing.assert_array_equal(col2im(scattered(columns), (5, 4), 2, 2, 1), expected)


def test_an_empty_batch():
    columns = im2col(np.zeros((0, 3, 4, 4)), 2)
    assert columns.shape == (0, 12, 9)
    assert col2im(columns, (4, 4), 2).shape == (0, 3, 4, 4)


def test_sizes_are_those_of_the_rule():
    assert im2col(np.zeros((1, 3, 227, 227), np.float32), 11, stride=4).shape == (
        1,
        363,
        conv_output_size(227, 11, 4) ** 2,
    )


X = np.zeros((1, 2, 5, 5))
BAD = [
    (lambda: im2col(X[0], 2), ValueError, r"x must have 4 axes, \(N, C, H, W\), got shape \(2, 5, 5\)"),
    (lambda: im2col(X.astype(int), 2), TypeError, r"x must be floating point, got int64; convert it with x.astype"),
    (lambda: im2col([[1]], 2), TypeError, "x must be a NumPy array, got list"),
    (lambda: im2col(X, 2.0), TypeError, r"kernel_size must be an integer, got 2.0"),
    (lambda: im2col(X, 0), ValueError, r"kernel_size must be at least 1, got 0"),
    (lambda: im2col(X, (2, 2, 2)), ValueError, r"kernel_size must be one integer or a pair"),
    (lambda: im2col(X, 2, stride=0), ValueError, r"stride must be at least 1, got 0"),
    (lambda: im2col(X, 2, padding=-1), ValueError, r"padding must be at least 0, got -1"),
    (lambda: im2col(X, 2, dilation=(1, 0)), ValueError, r"dilation\[1\] must be at least 1, got 0"),
    (lambda: im2col(X, 3, dilation=3), ValueError, r"kernel_size 3 with dilation 3 reaches over 7 pixels"),
    (lambda: col2im(X[0], (5, 5), 2), ValueError, r"columns must have a multiple of 4 rows.*got shape \(2, 5, 5\)"),
    (lambda: col2im(X[0, :, :4, :4], 5, 2), ValueError, r"and 16 columns.*got shape \(2, 4, 4\)"),
    (lambda: col2im(X, (5, 5), 2), ValueError, r"columns must have 3 axes"),
    (lambda: col2im(X[0], (5, 0), 2), ValueError, r"image_size\[1\] must be at least 1, got 0"),
    (lambda: col2im(X[0].astype(int), (5, 5), 2), TypeError, r"columns must be floating point"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_errors_name_the_argument(call, error, message):
    with pytest.raises(error, match=message):
        call()
