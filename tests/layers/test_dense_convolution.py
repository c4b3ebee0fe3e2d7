import numpy as np
import pytest
import torch
from gradients import frozen, scattered

from course_utils.layers import conv2d_forward, conv_to_fc, fc_to_conv, linear_forward


def test_a_dense_layer_by_hand():
    weight = np.arange(1.0, 9).reshape(1, 8)
    filters = fc_to_conv(weight, (2, 2, 2))
    np.testing.assert_array_equal(filters, [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]])


def test_a_convolution_by_hand():
    weight = np.array([[[[1.0, 2.0]]], [[[3.0, 4.0]]]])
    dense = conv_to_fc(weight, (1, 2, 3))
    first = [[1, 2, 0, 0, 0, 0], [0, 1, 2, 0, 0, 0], [0, 0, 0, 1, 2, 0], [0, 0, 0, 0, 1, 2]]
    np.testing.assert_array_equal(dense[:4], first)
    assert dense.shape == (8, 6)
    np.testing.assert_array_equal(dense[4:], 3 * np.array(first) - (np.array(first) == 2) * 2)


def test_stride_and_padding_by_hand():
    dense = conv_to_fc(np.array([[[[1.0, 2.0, 3.0]]]]), (1, 1, 3), stride=(1, 2), padding=(0, 1))
    # The taps over the border are gone: 2 and 3 at the left end, 1 and 2 at the right.
    np.testing.assert_array_equal(dense, [[2, 3, 0], [0, 1, 2]])


@pytest.mark.parametrize("seed", range(100))
def test_the_dense_matrix_is_the_convolution(seed):
    rng = np.random.default_rng(seed)
    channels, filters = (int(n) for n in rng.integers(1, 4, 2))
    kernel, stride = (tuple(int(n) for n in rng.integers(1, 4, 2)) for _ in range(2))
    padding = tuple(int(n) for n in rng.integers(0, 3, 2))
    size = [max(1, k - 2 * p) + int(rng.integers(0, 5)) for k, p in zip(kernel, padding, strict=True)]
    x, weight = rng.standard_normal((2, channels, *size)), rng.standard_normal((filters, channels, *kernel))
    dense = conv_to_fc(weight, (channels, *size), stride, padding)
    ours = np.stack([dense @ picture.ravel() for picture in x])
    theirs = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(weight), None, stride, padding).numpy()
    np.testing.assert_allclose(ours.reshape(theirs.shape), theirs, rtol=1e-12, atol=1e-12)
    # As a layer of this course: one picture a row.
    out, _ = linear_forward(x.reshape(2, -1), dense)
    np.testing.assert_allclose(out, theirs.reshape(2, -1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 7), (6, 1, 1)])
def test_the_filters_are_the_dense_layer(shape, rng):
    x, weight, bias = (
        rng.standard_normal((2, *shape)),
        rng.standard_normal((5, int(np.prod(shape)))),
        rng.standard_normal(5),
    )
    expected, _ = linear_forward(x.reshape(2, -1), weight, bias)
    out, _ = conv2d_forward(x, fc_to_conv(weight, shape), bias)
    assert out.shape == (2, 5, 1, 1)
    np.testing.assert_allclose(out[:, :, 0, 0], expected, rtol=1e-12, atol=1e-12)


def test_on_a_larger_picture_they_slide(rng):
    shape = (3, 4, 5)
    x, weight, bias = rng.standard_normal((1, 3, 9, 8)), rng.standard_normal((6, 60)), rng.standard_normal(6)
    scores, _ = conv2d_forward(x, fc_to_conv(weight, shape), bias)
    assert scores.shape == (1, 6, 6, 4)
    for i, j in np.ndindex(6, 4):
        crop = x[:, :, i : i + 4, j : j + 5].reshape(1, -1)
        np.testing.assert_allclose(scores[:, :, i, j], linear_forward(crop, weight, bias)[0], rtol=1e-12, atol=1e-12)


def test_there_and_back(rng):
    weight = rng.standard_normal((4, 24))
    np.testing.assert_array_equal(conv_to_fc(fc_to_conv(weight, (2, 3, 4)), (2, 3, 4)), weight)


def test_most_of_it_is_zero_and_the_rest_repeats(rng):
    weight = rng.standard_normal((2, 3, 3, 3))
    dense = conv_to_fc(weight, (3, 6, 7))
    assert dense.shape == (2 * 4 * 5, 3 * 6 * 7)
    assert (np.count_nonzero(dense, axis=1) == 27).all()
    assert len(np.unique(dense[dense != 0])) == weight.size


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keeps_the_dtype_and_modifies_nothing(dtype, rng):
    weight = frozen(rng.standard_normal((2, 3, 2, 2)).astype(dtype))
    dense = conv_to_fc(weight, (3, 4, 4), padding=1)
    assert dense.dtype == dtype
    assert fc_to_conv(frozen(dense), (3, 4, 4)).dtype == dtype


def test_memory_with_gaps(rng):
    weight = rng.standard_normal((2, 3, 2, 2))
    dense = conv_to_fc(weight, (3, 4, 5), 2, 1)
    np.testing.assert_array_equal(conv_to_fc(scattered(weight), (3, 4, 5), 2, 1), dense)
    np.testing.assert_array_equal(fc_to_conv(scattered(dense), (3, 4, 5)), fc_to_conv(dense, (3, 4, 5)))


FILTERS, NEURONS = np.zeros((2, 3, 3, 3)), np.zeros((2, 12))
BAD = [
    (lambda: fc_to_conv(NEURONS, (3, 2, 3)), ValueError, r"input_shape must hold as many numbers .* 12, got .*, which holds 18"),
    (lambda: fc_to_conv(NEURONS, (12,)), ValueError, r"input_shape must be three integers \(C, H, W\), got \(12,\)"),
    (lambda: fc_to_conv(NEURONS, 12), ValueError, r"input_shape must be three integers \(C, H, W\), got 12"),
    (lambda: fc_to_conv(NEURONS, (3, 2.0, 2)), TypeError, r"input_shape\[1\] must be an integer, got 2.0"),
    (lambda: fc_to_conv(NEURONS, (12, 1, 0)), ValueError, r"input_shape\[2\] must be at least 1, got 0"),
    (lambda: fc_to_conv(FILTERS, (3, 2, 2)), ValueError, r"weight must have 2 axes"),
    (lambda: fc_to_conv(NEURONS.astype(int), (3, 2, 2)), TypeError, r"weight must be floating point"),
    (lambda: conv_to_fc(NEURONS, (3, 2, 2)), ValueError, r"weight must have 4 axes"),
    (lambda: conv_to_fc(FILTERS, (2, 4, 4)), ValueError, r"input_shape .* has 2 channels, but weight .* needs 3"),
    (lambda: conv_to_fc(FILTERS, (3, 2, 4)), ValueError, r"kernel_size 3 .* size 2 with padding 0"),
    (lambda: conv_to_fc(FILTERS, (3, 4, 4), stride=0), ValueError, r"stride must be at least 1, got 0"),
    (lambda: conv_to_fc(FILTERS, (3, 4, 4), padding=1.5), TypeError, r"padding must be an integer, got 1.5"),
    (lambda: conv_to_fc(FILTERS.tolist(), (3, 4, 4)), TypeError, r"weight must be a NumPy array, got list"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_errors_name_the_argument(call, error, message):
    with pytest.raises(error, match=message):
        call()
