"""The three steps of a convolution's backward pass: by hand, against numeric gradients, PyTorch and the pass in one."""

import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import (
    conv2d_backward,
    conv2d_backward_bias,
    conv2d_backward_input,
    conv2d_backward_weight,
    conv2d_forward,
)

STEPS = (conv2d_backward_input, conv2d_backward_weight, conv2d_backward_bias)
SETTINGS = [
    # x, weight, stride, padding, dilation, groups
    ((1, 1, 3, 4), (1, 1, 2, 2), 1, 0, 1, 1),
    ((2, 3, 5, 4), (4, 3, 3, 2), 2, 1, 1, 1),
    ((1, 2, 4, 6), (3, 2, 2, 3), (1, 3), (2, 0), 1, 1),
    ((2, 4, 6, 5), (6, 2, 2, 2), 1, (0, 2), (2, 1), 2),
    ((3, 4, 3, 3), (4, 1, 1, 1), 2, 0, 1, 4),
    ((0, 2, 4, 4), (3, 2, 3, 3), 1, 1, 1, 1),
]
everywhere = pytest.mark.parametrize(("x", "weight", "stride", "padding", "dilation", "groups"), SETTINGS)


def drawn(x, weight, *settings, dtype=np.float64):
    """dout and cache of a layer with random numbers."""
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in (x, weight, weight[:1])]
    out, cache = conv2d_forward(*arrays, *settings)
    return rng.standard_normal(out.shape).astype(dtype), cache


def test_by_hand():
    x, weight = np.array([1.0, 2, -1, 1, -3]).reshape(1, 1, 1, 5), np.array([1.0, 0, -1]).reshape(1, 1, 1, 3)
    dout = np.array([1.0, 2, -1]).reshape(1, 1, 1, 3)
    cache = (x, weight, np.zeros(1), 1, 0, 1, 1)
    # Windows (1, 2, -1), (2, -1, 1), (-1, 1, -3), weighed by 1, 2, -1.
    np.testing.assert_array_equal(conv2d_backward_weight(dout, cache).ravel(), [6, -1, 4])
    np.testing.assert_array_equal(conv2d_backward_input(dout, cache).ravel(), [1, 2, -2, -2, 1])
    np.testing.assert_array_equal(conv2d_backward_bias(dout, cache), [2])


@everywhere
def test_agrees_with_the_pass_in_one_and_with_torch(x, weight, stride, padding, dilation, groups):
    dout, cache = drawn(x, weight, stride, padding, dilation, groups)
    leaves = [torch.tensor(array, requires_grad=True) for array in cache[:3]]
    out = torch.nn.functional.conv2d(*leaves, stride, padding, dilation, groups)
    expected = torch.autograd.grad(out, leaves, torch.tensor(dout))
    for step, whole, by_torch in zip(STEPS, conv2d_backward(dout, cache), expected, strict=True):
        np.testing.assert_allclose(step(dout, cache), whole, atol=1e-12)
        np.testing.assert_allclose(step(dout, cache), by_torch.numpy(), atol=1e-12)


@everywhere
def test_agrees_with_numeric_gradients(x, weight, stride, padding, dilation, groups):
    dout, cache = drawn(x, weight, stride, padding, dilation, groups)
    for place, step in enumerate(STEPS):

        def loss(array, place=place):
            arrays = [*cache[:3]]
            arrays[place] = array
            return np.sum(conv2d_forward(*arrays, stride, padding, dilation, groups)[0] * dout)

        np.testing.assert_allclose(step(dout, cache), numeric_gradient(loss, cache[place]), atol=1e-8)


@pytest.mark.parametrize("step", STEPS)
def test_dtype_is_kept_and_nothing_is_modified(step):
    dout, cache = drawn((2, 2, 4, 3), (2, 2, 2, 2), 1, 1, dtype=np.float32)
    expected = step(dout, cache)
    assert expected.dtype == np.float32
    again = step(frozen(scattered(dout)), (*(frozen(scattered(array)) for array in cache[:3]), *cache[3:]))
    np.testing.assert_allclose(again, expected, rtol=1e-5)


def test_no_bias_has_no_gradient():
    dout, (x, weight, _, *settings) = drawn((1, 1, 3, 3), (2, 1, 2, 2))
    assert conv2d_backward_bias(dout, (x, weight, None, *settings)) is None


@pytest.mark.parametrize("step", STEPS)
def test_bad_arguments_are_refused(step):
    dout, cache = drawn((2, 2, 4, 3), (2, 2, 2, 2))
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(2, 2, 3, 2\), got \(1, 2, 3, 2\)"):
        step(dout[:1], cache)
    with pytest.raises(TypeError, match="dout is float32, but x is float64"):
        step(dout.astype(np.float32), cache)
    with pytest.raises(TypeError, match="cache must be the tuple"):
        step(dout, cache[:3])
