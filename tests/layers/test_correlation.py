import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import conv2d_forward, conv_output_size, correlate2d, locally_connected2d


def by_loops(x, kernel):
    rows, columns = (conv_output_size(size, side) for size, side in zip(x.shape[-2:], kernel.shape[-2:], strict=True))
    out = np.empty((rows, columns), x.dtype)
    for i, j in np.ndindex(out.shape):
        out[i, j] = (x[..., i : i + kernel.shape[-2], j : j + kernel.shape[-1]] * kernel).sum()
    return out


def test_correlation_by_hand_does_not_flip():
    x = np.array([[0.0, 1, 0], [0, 0, 2], [3, 0, 0]])
    np.testing.assert_array_equal(correlate2d(x, np.array([[1.0, 10], [100, 1000]])), [[10, 2001], [300, 20]])


def test_correlation_reaches_through_the_full_depth():
    x = np.stack([np.full((2, 3), 1.0), np.full((2, 3), 10.0)])
    np.testing.assert_array_equal(correlate2d(x, np.array([[[1.0]], [[2.0]]])), np.full((2, 3), 21))


@pytest.mark.parametrize("seed", range(200))
@pytest.mark.parametrize("depth", ["image", "volume"])
def test_correlation_agrees_with_loops_and_torch(seed, depth):
    rng = np.random.default_rng(seed)
    channels, *kernel = rng.integers(1, 6, 3)
    sides = [side + rng.integers(0, 8) for side in kernel]
    x, taps = rng.standard_normal((channels, *sides)), rng.standard_normal((channels, *kernel))
    if depth == "image":
        x, taps = x[0], taps[0]
    out = correlate2d(x, taps)
    as_batch = [torch.tensor(array.reshape(1, -1, *array.shape[-2:])) for array in (x, taps)]
    np.testing.assert_allclose(out, by_loops(x, taps), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(out, torch.nn.functional.conv2d(*as_batch)[0, 0].numpy(), rtol=1e-12, atol=1e-12)


def test_correlation_keeps_float32_and_its_inputs(rng):
    x, kernel = (frozen(scattered(rng.standard_normal(shape).astype(np.float32))) for shape in ((3, 6, 5), (3, 2, 2)))
    out = correlate2d(x, kernel)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, by_loops(x, kernel), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("x", "kernel", "error", "message"),
    [
        (np.ones(5), np.ones(3), ValueError, r"x must have 3 axes, \(C, H, W\), or 2, \(H, W\), got shape \(5,\)"),
        (
            np.ones((1, 1, 5, 5)),
            np.ones((3, 3)),
            ValueError,
            r"x must have 3 axes, \(C, H, W\), or 2, \(H, W\), got shape",
        ),
        (
            np.ones((5, 5)),
            np.ones((1, 3, 3)),
            ValueError,
            r"kernel must have 2 axes, \(KH, KW\), got shape \(1, 3, 3\)",
        ),
        (
            np.ones((1, 5, 5)),
            np.ones((3, 3)),
            ValueError,
            r"kernel must have 3 axes, \(C, KH, KW\), got shape \(3, 3\)",
        ),
        (np.ones((2, 5, 5)), np.ones((3, 3, 3)), ValueError, r"x has 2 channels, but kernel \(3, 3, 3\) needs 3"),
        (
            np.ones((5, 2)),
            np.ones((3, 3)),
            ValueError,
            "kernel_size 3 with dilation 1 reaches over 3 pixels, but size 2",
        ),
        (np.ones((5, 0)), np.ones((3, 3)), ValueError, "x must have at least one entry along W"),
        (np.ones((5, 5), int), np.ones((3, 3)), TypeError, "x must be floating point, got int64"),
        (np.ones((5, 5)), np.ones((3, 3), int), TypeError, "kernel must be floating point, got int64"),
        (np.ones((5, 5), np.float32), np.ones((3, 3)), TypeError, "kernel is float64, but x is float32"),
        (np.ones((1, 5, 5), np.float32), np.ones((1, 3, 3)), TypeError, "kernel is float64, but x is float32"),
        ([[1.0]], np.ones((1, 1)), TypeError, "x must be a NumPy array, got list"),
    ],
)
def test_correlation_refuses(x, kernel, error, message):
    with pytest.raises(error, match=message):
        correlate2d(x, kernel)


def test_local_connection_by_hand():
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 1, 3)
    # Two places, two filters each, two taps wide.
    weight = np.array([[[1.0, 0], [0, 1]], [[10, 10], [-1, 1]]]).reshape(1, 2, 2, 1, 1, 2)
    bias = np.array([[[0.0, 100.0], [0.0, 0.5]]])
    np.testing.assert_array_equal(locally_connected2d(x, weight, bias), [[[[1, 50]], [[102, 1.5]]]])


@pytest.mark.parametrize("seed", range(200))
def test_local_connection_agrees_with_torch(seed):
    rng = np.random.default_rng(seed)
    n, channels, filters = (int(count) for count in rng.integers(1, 4, 3))
    kernel, stride = (tuple(map(int, rng.integers(1, 4, 2))) for _ in range(2))
    x = rng.standard_normal((n, channels, *(side + int(rng.integers(0, 6)) for side in kernel)))
    places = tuple(map(conv_output_size, x.shape[2:], kernel, stride))
    weight = rng.standard_normal((*places, filters, channels, *kernel))
    bias = rng.standard_normal((*places, filters)) if seed % 2 else None
    windows = torch.nn.functional.unfold(torch.tensor(x), kernel, stride=stride)
    flat = torch.tensor(weight.reshape(places[0] * places[1], filters, -1))
    expected = torch.einsum("ndp,pkd->nkp", windows, flat).reshape(n, filters, *places).numpy()
    if bias is not None:
        expected = expected + bias.transpose(2, 0, 1)
    out = locally_connected2d(x, weight, bias, stride)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)


def test_local_connection_with_equal_filters_is_a_convolution(rng):
    x, weight, bias = rng.standard_normal((2, 3, 6, 7)), rng.standard_normal((4, 3, 3, 2)), rng.standard_normal(4)
    expected, _ = conv2d_forward(x, weight, bias, stride=(1, 2))
    rows, columns = expected.shape[2:]
    out = locally_connected2d(
        x, np.tile(weight, (rows, columns, 1, 1, 1, 1)), np.tile(bias, (rows, columns, 1)), stride=(1, 2)
    )
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)


def test_every_place_depends_on_its_own_filters_only(rng):
    x, weight = rng.standard_normal((1, 1, 3, 3)), rng.standard_normal((2, 2, 1, 1, 2, 2))
    slopes = numeric_gradient(lambda array: locally_connected2d(x, array)[0, 0, 1, 0], weight)
    np.testing.assert_allclose(slopes[1, 0, 0, 0], x[0, 0, 1:, :2], atol=1e-8)
    slopes[1, 0] = 0
    assert not slopes.any()


def test_local_connection_keeps_float32_and_its_inputs(rng):
    shapes = ((2, 2, 4, 4), (3, 3, 5, 2, 2, 2), (3, 3, 5))
    plain = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    out = locally_connected2d(*[frozen(scattered(array)) for array in plain])
    assert out.dtype == np.float32
    assert out.flags.c_contiguous
    np.testing.assert_allclose(out, locally_connected2d(*plain), rtol=1e-5, atol=1e-5)
    assert locally_connected2d(plain[0][:0], *plain[1:]).shape == (0, 5, 3, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.ones((2, 5, 5))}, ValueError, r"x must have 4 axes, \(N, C, H, W\), got shape \(2, 5, 5\)"),
        ({"x": np.ones((1, 3, 5, 5))}, ValueError, r"x has 3 channels, but weight \(3, 3, 4, 2, 3, 3\) needs 2"),
        (
            {"x": np.ones((1, 2, 6, 5))},
            ValueError,
            r"weight \(3, 3, 4, 2, 3, 3\) has filters for 3x3 places, but a 3x3 window with stride \(1, 1\) has 4x3 in x",
        ),
        ({"x": np.ones((1, 2, 2, 5))}, ValueError, "kernel_size 3 with dilation 1 reaches over 3 pixels"),
        ({"x": np.ones((1, 2, 5, 5), np.uint8)}, TypeError, "x must be floating point, got uint8"),
        (
            {"weight": np.ones((4, 2, 3, 3))},
            ValueError,
            r"weight must have 6 axes, \(OH, OW, K, C, KH, KW\), got shape",
        ),
        ({"weight": np.ones((3, 3, 0, 2, 3, 3))}, ValueError, "weight must have at least one entry along K"),
        ({"weight": np.ones((3, 3, 4, 2, 3, 3), np.float32)}, TypeError, "weight is float32, but x is float64"),
        (
            {"bias": np.ones(4)},
            ValueError,
            r"bias must have shape \(3, 3, 4\), one number a filter or neuron, got \(4,\)",
        ),
        ({"stride": 0}, ValueError, "stride must be at least 1, got 0"),
        ({"stride": 2}, ValueError, r"stride \(2, 2\) has 2x2 in x"),
    ],
)
def test_local_connection_refuses(arguments, error, message):
    x, weight = np.ones((1, 2, 5, 5)), np.ones((3, 3, 4, 2, 3, 3))
    with pytest.raises(error, match=message):
        locally_connected2d(**{"x": x, "weight": weight, **arguments})
