import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import (
    relu_backward,
    relu_forward,
    scaled_tanh_backward,
    scaled_tanh_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)

SQUASHING = {
    "tanh": (tanh_forward, tanh_backward, torch.tanh),
    "sigmoid": (sigmoid_forward, sigmoid_backward, torch.sigmoid),
    "scaled_tanh": (scaled_tanh_forward, scaled_tanh_backward, lambda x: 1.7159 * torch.tanh(x * 2 / 3)),
}
EACH = pytest.mark.parametrize(("forward", "backward", "in_torch"), SQUASHING.values(), ids=SQUASHING)


def test_by_hand():
    out, cache = relu_forward(np.array([-2.0, -0.0, 0.0, 3.0]))
    np.testing.assert_array_equal(out, [0, 0, 0, 3])
    np.testing.assert_array_equal(relu_backward(np.array([5.0, 6.0, 7.0, 8.0]), cache), [0, 0, 0, 8])


@pytest.mark.parametrize("shape", [(), (0,), (5,), (3, 4), (2, 3, 4, 5)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_agrees_with_torch(shape, dtype, rng):
    x = np.asarray(np.round(rng.standard_normal(shape), 1), dtype)
    dout = np.asarray(rng.standard_normal(shape), dtype)
    tensor = torch.tensor(x, requires_grad=True)
    t_out = torch.relu(tensor)
    out, cache = relu_forward(x)
    dx = relu_backward(dout, cache)
    assert out.dtype == dx.dtype == dtype
    np.testing.assert_array_equal(out, t_out.detach().numpy())
    np.testing.assert_array_equal(dx, torch.autograd.grad(t_out, tensor, torch.tensor(dout))[0].numpy())


def test_gradient_agrees_with_differences(rng):
    x, dout = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    dx = relu_backward(dout, relu_forward(x)[1])
    np.testing.assert_allclose(dx, numeric_gradient(lambda array: (relu_forward(array)[0] * dout).sum(), x), atol=1e-9)


def test_nan_and_infinity_pass_through_as_in_torch():
    x = np.array([np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(relu_forward(x)[0], torch.relu(torch.tensor(x)).numpy())


def test_a_blocked_gradient_is_zero_even_where_it_was_infinite():
    dx = relu_backward(np.array([np.inf, np.nan, np.inf]), np.array([-1.0, -1.0, 1.0]))
    np.testing.assert_array_equal(dx, [0, 0, np.inf])


def test_leaves_its_input_alone_wherever_it_lies(rng):
    x, dout = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    out, cache = relu_forward(frozen(scattered(x)))
    np.testing.assert_array_equal(out, np.maximum(x, 0))
    for _ in range(2):
        np.testing.assert_array_equal(relu_backward(frozen(scattered(dout)), cache), np.where(x > 0, dout, 0))


def test_refuses():
    with pytest.raises(TypeError, match=r"x must be floating point, got uint8; .* x.astype\(np.float32\) / 255"):
        relu_forward(np.ones(3, np.uint8))
    with pytest.raises(TypeError, match="x must be a NumPy array, got float"):
        relu_forward(1.0)
    with pytest.raises(TypeError, match="cache must be the array x that relu_forward returned, got tuple"):
        relu_backward(np.ones(3), (np.ones(3),))
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(3,\), got \(4,\)"):
        relu_backward(np.ones(4), np.ones(3))
    with pytest.raises(TypeError, match="dout is float32, but x is float64"):
        relu_backward(np.ones(3, np.float32), np.ones(3))


def test_squashing_by_hand():
    x, ones = np.array([0.0, np.log(3)]), np.ones(2)
    out, cache = sigmoid_forward(x)
    np.testing.assert_allclose(out, [0.5, 0.75], rtol=1e-15)
    np.testing.assert_allclose(sigmoid_backward(ones, cache), [0.25, 0.1875], rtol=1e-15)
    out, cache = tanh_forward(x)
    np.testing.assert_allclose(out, [0, 0.8], rtol=1e-15)
    np.testing.assert_allclose(tanh_backward(ones, cache), [1, 0.36], rtol=1e-14)
    out, cache = scaled_tanh_forward(1.5 * x)
    np.testing.assert_allclose(out, [0, 0.8 * 1.7159], rtol=1e-15)
    np.testing.assert_allclose(scaled_tanh_backward(ones, cache), [1.7159 * 2 / 3, 0.36 * 1.7159 * 2 / 3], rtol=1e-14)


def test_scaled_tanh_takes_1_to_1_nearly():
    np.testing.assert_allclose(scaled_tanh_forward(np.array([-1.0, 1.0]))[0], [-1, 1], atol=1e-4)


@EACH
@pytest.mark.parametrize("shape", [(), (0,), (5,), (3, 4), (2, 3, 4, 5)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 1e-5)])
def test_squashing_agrees_with_torch(forward, backward, in_torch, shape, dtype, tolerance, rng):
    x, dout = (np.asarray(3 * rng.standard_normal(shape), dtype) for _ in range(2))
    tensor = torch.tensor(x, requires_grad=True)
    t_out = in_torch(tensor)
    out, cache = forward(x)
    dx = backward(dout, cache)
    assert out.dtype == dx.dtype == dtype
    np.testing.assert_allclose(out, t_out.detach().numpy(), rtol=tolerance, atol=tolerance)
    expected = torch.autograd.grad(t_out, tensor, torch.tensor(dout))[0].numpy()
    np.testing.assert_allclose(dx, expected, rtol=tolerance, atol=tolerance)


@EACH
def test_squashing_gradient_agrees_with_differences(forward, backward, in_torch, rng):
    x, dout = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    expected = numeric_gradient(lambda array: (forward(array)[0] * dout).sum(), x)
    np.testing.assert_allclose(backward(dout, forward(x)[1]), expected, atol=1e-9)


@EACH
def test_squashing_holds_far_out(forward, backward, in_torch):
    x = np.array([-np.inf, -1000.0, -40.0, 40.0, 1000.0, np.inf, np.nan])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        out, cache = forward(x)
        dx = backward(np.ones(7), cache)
    np.testing.assert_allclose(out, in_torch(torch.tensor(x)).numpy(), rtol=1e-14)
    assert np.isnan(dx[-1])
    np.testing.assert_allclose(dx[:-1], 0, atol=1e-15)


@EACH
def test_squashing_leaves_its_input_alone_wherever_it_lies(forward, backward, in_torch, rng):
    x, dout = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    out, cache = forward(frozen(scattered(x)))
    np.testing.assert_allclose(out, in_torch(torch.tensor(x)).numpy(), rtol=1e-14)
    expected = backward(dout, cache)
    np.testing.assert_array_equal(backward(frozen(scattered(dout)), frozen(cache)), expected)


@EACH
def test_squashing_refuses(forward, backward, in_torch):
    with pytest.raises(TypeError, match="x must be floating point, got int64"):
        forward(np.ones(3, int))
    with pytest.raises(TypeError, match=f"cache must be the array out that {forward.__name__} returned, got tuple"):
        backward(np.ones(3), (np.ones(3),))
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(3,\), got \(4,\)"):
        backward(np.ones(4), np.ones(3))
    with pytest.raises(TypeError, match="dout is float32, but x is float64"):
        backward(np.ones(3, np.float32), np.ones(3))
