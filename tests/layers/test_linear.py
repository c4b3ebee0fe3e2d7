import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import linear_backward, linear_forward


def test_by_hand():
    x, weight = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    out, cache = linear_forward(x, weight, np.array([0.5, 0.0, -0.5]))
    np.testing.assert_array_equal(out, [[11.5, 17, 22.5]])
    dx, dweight, dbias = linear_backward(np.array([[1.0, 0.0, 2.0]]), cache)
    np.testing.assert_array_equal(dx, [[3 + 14, 4 + 16]])
    np.testing.assert_array_equal(dweight, [[1, 2], [0, 0], [2, 4]])
    np.testing.assert_array_equal(dbias, [1, 0, 2])


@pytest.mark.parametrize("seed", range(200))
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_agrees_with_torch(seed, dtype, tolerance):
    rng = np.random.default_rng(seed)
    n, d, m = (int(side) for side in rng.integers(1, 9, 3))
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in ((n, d), (m, d), (m,))]
    if seed % 3 == 0:
        arrays.pop()
    dout = rng.standard_normal((n, m)).astype(dtype)
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    t_out = torch.nn.functional.linear(*tensors)
    expected = [t_out.detach(), *torch.autograd.grad(t_out, tensors, torch.tensor(dout))]
    out, cache = linear_forward(*arrays)
    gradients = linear_backward(dout, cache)
    assert (gradients[2] is None) == (len(arrays) == 2)
    for got, right in zip((out, *gradients[: len(arrays)]), expected, strict=True):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, right.numpy(), rtol=tolerance, atol=tolerance)


def test_gradients_agree_with_differences(rng):
    arrays = [rng.standard_normal(shape) for shape in ((4, 3), (2, 3), (2,))]
    out, cache = linear_forward(*arrays)
    dout = rng.standard_normal(out.shape)
    for position, gradient in enumerate(linear_backward(dout, cache)):

        def loss(array, position=position):
            return (linear_forward(*arrays[:position], array, *arrays[position + 1 :])[0] * dout).sum()

        np.testing.assert_allclose(gradient, numeric_gradient(loss, arrays[position]), rtol=1e-7, atol=1e-8)


def test_leaves_its_inputs_alone_wherever_they_lie(rng):
    plain = [rng.standard_normal(shape) for shape in ((4, 3), (2, 3), (2,))]
    out, cache = linear_forward(*[frozen(scattered(array)) for array in plain])
    expected, plain_cache = linear_forward(*plain)
    np.testing.assert_allclose(out, expected, rtol=1e-14)
    dout = rng.standard_normal(out.shape)
    for _ in range(2):
        gradients = linear_backward(frozen(scattered(dout)), cache)
        for got, right in zip(gradients, linear_backward(dout, plain_cache), strict=True):
            np.testing.assert_allclose(got, right, rtol=1e-13, atol=1e-14)


def test_an_empty_batch_gives_an_empty_batch():
    out, cache = linear_forward(np.zeros((0, 3)), np.ones((2, 3)), np.ones(2))
    assert out.shape == (0, 2)
    dx, dweight, dbias = linear_backward(out, cache)
    assert dx.shape == (0, 3)
    assert not dweight.any()
    assert not dbias.any()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.ones((2, 3, 1))}, ValueError, r"x must have 2 axes, \(N, D\), got shape \(2, 3, 1\)"),
        ({"x": np.ones((2, 0))}, ValueError, r"x must have at least one entry along D of \(N, D\), got shape \(2, 0\)"),
        ({"x": np.ones((2, 3), np.uint8)}, TypeError, "x must be floating point, got uint8"),
        ({"weight": np.ones((3, 4))}, ValueError, r"x has 3 features, but weight \(3, 4\) needs 4"),
        ({"weight": np.ones((4, 3), np.float32)}, TypeError, "weight is float32, but x is float64"),
        ({"bias": np.ones(3)}, ValueError, r"bias must have shape \(4,\), one number a filter or neuron, got \(3,\)"),
    ],
)
def test_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        linear_forward(**{"x": np.ones((2, 3)), "weight": np.ones((4, 3)), "bias": np.ones(4), **arguments})


def test_backward_refuses():
    _, cache = linear_forward(np.ones((2, 3)), np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(2, 4\), got \(4, 2\)"):
        linear_backward(np.ones((4, 2)), cache)
    with pytest.raises(TypeError, match=r"cache must be the tuple \(x, weight, bias\) that linear_forward returned"):
        linear_backward(np.ones((2, 4)), cache[:2])
    with pytest.raises(ValueError, match=r"bias must have"):
        linear_backward(np.ones((2, 4)), (*cache[:2], np.ones(3)))
