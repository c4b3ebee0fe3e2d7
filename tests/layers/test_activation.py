import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import relu_backward, relu_forward


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
