import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import local_response_norm_backward, local_response_norm_forward


def random_setting(seed):
    """(x, size, alpha, beta, k), drawn at random: odd and even sizes, some wider than there are channels."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.5, 10) * rng.standard_normal(rng.integers(1, 8, 4))
    return x, int(rng.integers(1, 10)), *(float(value) for value in rng.uniform([0, 0, 0.1], [3, 2, 3]))


def torch_results(dout, x, *setting):
    tensor = torch.tensor(x, requires_grad=True)
    out = torch.nn.functional.local_response_norm(tensor, *setting)
    return out.detach().numpy(), torch.autograd.grad(out, tensor, torch.tensor(dout))[0].numpy()


def test_by_hand():
    x = np.array([1.0, 2, 3, 4]).reshape(1, 4, 1, 1)
    # Sums of squares over three neighbours: 5, 14, 29, 25; alpha / size = 1.
    out, (cached, scale, *settings) = local_response_norm_forward(x, 3, alpha=3.0, beta=1.0, k=1.0)
    np.testing.assert_allclose(out.ravel(), [1 / 6, 2 / 15, 3 / 30, 4 / 26], rtol=1e-15)
    np.testing.assert_array_equal(scale.ravel(), [6, 15, 30, 26])
    assert cached is x
    assert settings == [3, 3.0, 1.0]


def test_an_even_size_reaches_one_further_back():
    x = np.array([1.0, 2, 3, 4]).reshape(1, 4, 1, 1)
    _, (_, scale, *_) = local_response_norm_forward(x, 2, alpha=2.0)
    np.testing.assert_array_equal(scale.ravel(), [2, 6, 14, 26])
    _, (_, scale, *_) = local_response_norm_forward(x, 4, alpha=4.0)
    np.testing.assert_array_equal(scale.ravel(), [6, 15, 31, 30])


def test_alexnets_constants():
    x = np.array([0.0, 0, 10, 0, 0, 0]).reshape(1, 6, 1, 1)
    out, (_, scale, *_) = local_response_norm_forward(x, 5, alpha=5e-4, k=2.0)
    np.testing.assert_allclose(scale.ravel(), [2.01] * 5 + [2], rtol=1e-15)
    np.testing.assert_allclose(out[0, 2], 10 / (2 + 1e-4 * 100) ** 0.75, rtol=1e-15)


def test_backward_by_hand():
    x = np.array([1.0, 2]).reshape(1, 2, 1, 1)
    # Both channels see 1 + 1 + 4 = 6: out = x / 6, and each channel's square has its part in both.
    _, cache = local_response_norm_forward(x, 3, alpha=3.0, beta=1.0)
    dx = local_response_norm_backward(np.array([36.0, 0]).reshape(1, 2, 1, 1), cache)
    np.testing.assert_allclose(dx.ravel(), [6 - 2, -4], rtol=1e-15)


@pytest.mark.parametrize("seed", range(200))
def test_agrees_with_torch(seed, rng):
    setting = random_setting(seed)
    out, cache = local_response_norm_forward(*setting)
    dout = rng.standard_normal(out.shape)
    expected, dx = torch_results(dout, *setting)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(local_response_norm_backward(dout, cache), dx, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(200, 220))
def test_agrees_with_torch_in_float32(seed, rng):
    x, *setting = random_setting(seed)
    x = x.astype(np.float32)
    out, cache = local_response_norm_forward(x, *setting)
    dout = rng.standard_normal(out.shape).astype(np.float32)
    got = out, local_response_norm_backward(dout, cache)
    for mine, theirs in zip(got, torch_results(dout, x, *setting), strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 12])
def test_gradients_agree_with_differences(size, rng):
    x = rng.standard_normal((2, 5, 2, 1))
    how = (size, 2.0, 0.6, 0.7)
    out, cache = local_response_norm_forward(x, *how)
    dout = rng.standard_normal(out.shape)
    numeric = numeric_gradient(lambda array: (local_response_norm_forward(array, *how)[0] * dout).sum(), x)
    np.testing.assert_allclose(local_response_norm_backward(dout, cache), numeric, rtol=1e-7, atol=1e-8)


def test_leaves_its_input_alone_wherever_it_lies(rng):
    plain, dout = rng.standard_normal((2, 3, 6, 4, 5))
    x = frozen(scattered(plain))
    out, cache = local_response_norm_forward(x, 3, 1.0)
    expected, plain_cache = local_response_norm_forward(plain, 3, 1.0)
    np.testing.assert_array_equal(out, expected)
    dx = local_response_norm_backward(frozen(scattered(dout)), cache)
    np.testing.assert_array_equal(dx, local_response_norm_backward(dout, plain_cache))
    np.testing.assert_array_equal(x, plain)


def test_an_empty_batch_gives_an_empty_batch():
    out, cache = local_response_norm_forward(np.zeros((0, 3, 2, 2)), 5)
    assert out.shape == local_response_norm_backward(out, cache).shape == (0, 3, 2, 2)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.ones((2, 3))}, ValueError, r"x must have 4 axes, \(N, C, H, W\), got shape \(2, 3\)"),
        ({"x": np.ones((2, 3, 4, 4), int)}, TypeError, "x must be floating point, got int64"),
        ({"size": 0}, ValueError, "size must be at least 1, got 0"),
        ({"size": 5.0}, TypeError, "size must be an integer, got 5.0"),
        ({"alpha": -1}, ValueError, "alpha must be at least 0 and finite, got -1"),
        ({"beta": "0.75"}, TypeError, "beta must be a number, got '0.75'"),
        ({"k": 0}, ValueError, "k must be above 0, .*; got 0"),
    ],
)
def test_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        local_response_norm_forward(**{"x": np.ones((2, 3, 4, 4)), "size": 5, **arguments})


def test_backward_refuses():
    _, cache = local_response_norm_forward(np.ones((2, 3, 4, 4)), 5)
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(2, 3, 4, 4\), got \(2, 3\)"):
        local_response_norm_backward(np.ones((2, 3)), cache)
    with pytest.raises(TypeError, match=r"cache must be the tuple \(x, scale, size, alpha, beta\) that"):
        local_response_norm_backward(np.ones((2, 3, 4, 4)), cache[:2])
