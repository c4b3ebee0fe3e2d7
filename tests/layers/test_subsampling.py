import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import avg_pool2d_forward, subsample2d_backward, subsample2d_forward


def by_torch(dout, x, weight, bias, kernel_size, stride):
    """Out and gradients by autograd: the average, made a sum, times the coefficient, plus the bias."""
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, weight, bias)]
    entries = int(np.prod(np.broadcast_to(kernel_size, 2)))
    mean = torch.nn.functional.avg_pool2d(leaves[0], kernel_size, stride)
    out = mean * entries * leaves[1][:, None, None] + leaves[2][:, None, None]
    gradients = torch.autograd.grad(out, leaves, torch.tensor(dout))
    return out.detach().numpy(), *(gradient.numpy() for gradient in gradients)


def random_setting(seed):
    """(x, weight, bias, kernel_size, stride), drawn at random."""
    rng = np.random.default_rng(seed)
    kernel = tuple(map(int, rng.integers(1, 5, 2)))
    stride = None if rng.random() < 1 / 3 else tuple(map(int, rng.integers(1, 5, 2)))
    batch, channels = (int(n) for n in rng.integers(1, 5, 2))
    sides = [side + int(rng.integers(0, 7)) for side in kernel]
    arrays = (rng.standard_normal(shape) for shape in ((batch, channels, *sides), channels, channels))
    return *arrays, kernel, stride


def test_by_hand():
    x = np.array([[[[1.0, 2, 0, 1], [3, 4, 1, 0]], [[1, 1, 1, 1], [1, 1, 1, 1]]]])
    out, cache = subsample2d_forward(x, np.array([0.5, 2]), np.array([10.0, -1]))
    np.testing.assert_array_equal(out, [[[[15, 11]], [[7, 7]]]])
    dx, dweight, dbias = subsample2d_backward(np.array([[[[2.0, 4]], [[1, 0]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[1, 1, 2, 2], [1, 1, 2, 2]], [[2, 2, 0, 0], [2, 2, 0, 0]]]])
    np.testing.assert_array_equal(dweight, [2 * 10 + 4 * 2, 4])
    np.testing.assert_array_equal(dbias, [6, 1])


@pytest.mark.parametrize("seed", range(200))
def test_agrees_with_torch(seed, rng):
    setting = random_setting(seed)
    out, cache = subsample2d_forward(*setting)
    dout = rng.standard_normal(out.shape)
    results = (out, *subsample2d_backward(dout, cache))
    for got, expected in zip(results, by_torch(dout, *setting), strict=True):
        assert got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(200, 220))
def test_agrees_with_torch_in_float32(seed, rng):
    *arrays, kernel, stride = random_setting(seed)
    arrays = [array.astype(np.float32) for array in arrays]
    out, cache = subsample2d_forward(*arrays, kernel, stride)
    dout = rng.standard_normal(out.shape).astype(np.float32)
    results = (out, *subsample2d_backward(dout, cache))
    for got, expected in zip(results, by_torch(dout, *arrays, kernel, stride), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("kernel_size", "stride"), [(2, None), (3, 2), ((2, 3), (3, 1))])
def test_gradients_agree_with_differences(kernel_size, stride, rng):
    arrays = [rng.standard_normal(shape) for shape in ((2, 3, 5, 7), 3, 3)]
    out, cache = subsample2d_forward(*arrays, kernel_size, stride)
    dout = rng.standard_normal(out.shape)
    for position, gradient in enumerate(subsample2d_backward(dout, cache)):

        def loss(array, position=position):
            given = [*arrays[:position], array, *arrays[position + 1 :]]
            return (subsample2d_forward(*given, kernel_size, stride)[0] * dout).sum()

        np.testing.assert_allclose(gradient, numeric_gradient(loss, arrays[position]), rtol=1e-7, atol=1e-8)


def test_with_a_coefficient_of_one_over_the_window_it_is_the_average(rng):
    x = rng.standard_normal((2, 3, 6, 8))
    out, cache = subsample2d_forward(x, np.full(3, 1 / 4), np.zeros(3))
    np.testing.assert_allclose(out, avg_pool2d_forward(x, 2)[0], rtol=1e-12)
    assert cache[0] is x and cache[3:] == (2, 2)


def test_leaves_its_input_alone_wherever_it_lies(rng):
    plain = [rng.standard_normal(shape) for shape in ((3, 2, 6, 5), 2, 2)]
    out, cache = subsample2d_forward(*(frozen(scattered(array)) for array in plain))
    expected, plain_cache = subsample2d_forward(*plain)
    np.testing.assert_array_equal(out, expected)
    dout = rng.standard_normal(out.shape)
    for got, wanted in zip(
        subsample2d_backward(frozen(scattered(dout)), cache), subsample2d_backward(dout, plain_cache), strict=True
    ):
        assert got.flags.c_contiguous
        np.testing.assert_array_equal(got, wanted)


def test_an_empty_batch_gives_an_empty_batch():
    out, cache = subsample2d_forward(np.zeros((0, 3, 6, 4)), np.ones(3), np.ones(3))
    assert out.shape == (0, 3, 3, 2)
    dx, dweight, dbias = subsample2d_backward(out, cache)
    assert dx.shape == (0, 3, 6, 4)
    np.testing.assert_array_equal([dweight, dbias], np.zeros((2, 3)))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.ones((3, 6, 6))}, ValueError, r"x must have 4 axes, \(N, C, H, W\)"),
        ({"x": np.ones((2, 3, 6, 6), int)}, TypeError, "x must be floating point, got int64"),
        ({"weight": np.ones(4)}, ValueError, "weight must have one number for each of the 3 channels of x, got 4"),
        ({"bias": np.ones(1)}, ValueError, "bias must have one number for each of the 3 channels of x, got 1"),
        ({"weight": np.ones((3, 1))}, ValueError, r"weight must have 1 axes, \(C\), got shape \(3, 1\)"),
        ({"bias": 0.0}, TypeError, "bias must be a NumPy array, got float"),
        ({"bias": np.ones(3, np.float32)}, TypeError, "bias is float32, but x is float64"),
        ({"kernel_size": 0}, ValueError, "kernel_size must be at least 1, got 0"),
        ({"stride": 2.0}, TypeError, "stride must be an integer, got 2.0"),
        ({"kernel_size": 7}, ValueError, "kernel_size 7 with dilation 1 reaches over 7 pixels"),
    ],
)
def test_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        subsample2d_forward(**{"x": np.ones((2, 3, 6, 6)), "weight": np.ones(3), "bias": np.ones(3), **arguments})


def test_backward_refuses():
    _, cache = subsample2d_forward(np.ones((2, 3, 6, 6)), np.ones(3), np.ones(3))
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(2, 3, 3, 3\), got \(2, 3, 6, 6\)"):
        subsample2d_backward(np.ones((2, 3, 6, 6)), cache)
    with pytest.raises(TypeError, match=r"cache must be the tuple \(x, weight, bias, .* returned, got a tuple of 2"):
        subsample2d_backward(np.ones((2, 3, 3, 3)), cache[:2])
