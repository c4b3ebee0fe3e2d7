"""Large batches are convolved without columns, and lie in memory with the batch last from there on."""

import numpy as np
import pytest
import torch
from gradients import frozen, scattered
from test_convolution import by_torch

from course_utils.layers import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    conv2d_backward,
    conv2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
    relu_backward,
    relu_forward,
)
from course_utils.layers.memory import as_batch_last, as_images, is_batch_last

POOLINGS = pytest.mark.parametrize(
    ("forward", "backward", "by_torch"),
    [
        (max_pool2d_forward, max_pool2d_backward, torch.nn.functional.max_pool2d),
        (avg_pool2d_forward, avg_pool2d_backward, torch.nn.functional.avg_pool2d),
    ],
    ids=["max", "avg"],
)


def turned(x):
    """The same images, with the batch last in memory."""
    return as_images(as_batch_last(x))


def random_setting(seed):
    """(x, weight, bias, stride, padding, dilation) of a batch of 32 or more, half of them with the batch last."""
    rng = np.random.default_rng(seed)
    channels, filters, *kernel = (int(side) for side in rng.integers(1, 5, 4))
    stride, padding = (tuple(map(int, rng.integers(low, 4, 2))) for low in (1, 0))
    dilation = (int(rng.integers(1, 4)), 1)
    sides = [
        max(1, dilation[axis] * (kernel[axis] - 1) + 1 - 2 * padding[axis]) + int(rng.integers(0, 6)) for axis in (0, 1)
    ]
    if rng.random() < 1 / 2:
        stride = (1, 1)
    x = rng.standard_normal((int(rng.integers(32, 40)), channels, *sides))
    weight = rng.standard_normal((filters, channels, *kernel))
    bias = None if rng.random() < 1 / 3 else rng.standard_normal(filters)
    return (x if rng.random() < 1 / 2 else turned(x)), weight, bias, stride, padding, dilation


@pytest.mark.parametrize("seed", range(200))
def test_convolution_agrees_with_torch(seed, rng):
    setting = random_setting(seed)
    out, cache = conv2d_forward(*setting)
    dout = rng.standard_normal(out.shape)
    expected = by_torch(dout, *setting)
    for given in (dout, turned(dout)):
        ours = [out, *(gradient for gradient in conv2d_backward(given, cache) if gradient is not None)]
        for got, right in zip(ours, expected, strict=True):
            np.testing.assert_allclose(got, right, rtol=1e-12, atol=1e-12 * max(1, np.abs(right).max()))


def test_a_batch_one_smaller_gives_the_same_numbers(rng):
    x, weight, bias = (rng.standard_normal(shape) for shape in ((32, 3, 9, 8), (4, 3, 3, 3), (4,)))
    out, _ = conv2d_forward(x, weight, bias, 1, 1)
    smaller, _ = conv2d_forward(x[:31], weight, bias, 1, 1)
    assert is_batch_last(out)
    assert smaller.flags.c_contiguous
    np.testing.assert_allclose(out[:31], smaller, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("stride", [1, 2])
def test_the_order_in_memory_is_kept_through_a_network_and_back(stride, rng):
    x, weight = (
        rng.standard_normal((40, 3, 12, 12), dtype=np.float32),
        rng.standard_normal((5, 3, 3, 3), dtype=np.float32),
    )
    out, cache = conv2d_forward(x, weight, None, stride, 1)
    active, relu_cache = relu_forward(out)
    pooled, pool_cache = max_pool2d_forward(active, 2)
    dactive = max_pool2d_backward(np.ones_like(pooled), pool_cache)
    dout = relu_backward(dactive, relu_cache)
    dx, _, _ = conv2d_backward(dout, cache)
    for array in (out, active, pooled, dactive, dout, dx):
        assert is_batch_last(array)
        assert array.dtype == np.float32


@pytest.mark.parametrize("size", [(4, 3, 3, 3), (2, 3, 1, 1)])
@pytest.mark.parametrize("batch", [3, 32])
def test_a_gradient_of_the_input_that_nobody_asks_for_is_not_made(size, batch, rng):
    x, weight, bias = (rng.standard_normal(shape) for shape in ((batch, 3, 6, 5), size, size[:1]))
    out, cache = conv2d_forward(x, weight, bias)
    dx, *others = conv2d_backward(np.ones_like(out), cache, input_gradient=False)
    assert dx is None
    for got, expected in zip(others, conv2d_backward(np.ones_like(out), cache)[1:], strict=True):
        np.testing.assert_array_equal(got, expected)


def test_inputs_stay_as_they_are_wherever_they_lie(rng):
    plain = [rng.standard_normal(shape) for shape in ((33, 4, 6, 5), (3, 4, 3, 2), (3,))]
    expected, plain_cache = conv2d_forward(*plain)
    dout = rng.standard_normal(expected.shape)
    out, cache = conv2d_forward(*(frozen(scattered(array)) for array in plain))
    np.testing.assert_allclose(out, expected, rtol=1e-13, atol=1e-13)
    for _ in range(2):
        gradients = conv2d_backward(frozen(scattered(dout)), cache)
        for one, right in zip(gradients, conv2d_backward(dout, plain_cache), strict=True):
            np.testing.assert_allclose(one, right, rtol=1e-13, atol=1e-13)
    for array in (turned(plain[0]), turned(dout)):
        frozen(array)
    conv2d_backward(turned(dout), conv2d_forward(turned(plain[0]), *plain[1:])[1])


@POOLINGS
@pytest.mark.parametrize("seed", range(60))
def test_pooling_agrees_with_torch(forward, backward, by_torch, seed):
    rng = np.random.default_rng(seed)
    kernel = tuple(map(int, rng.integers(1, 5, 2)))
    padding = tuple(int(rng.integers(0, side // 2 + 1)) for side in kernel)
    stride = tuple(map(int, rng.integers(1, 5, 2)))
    shape = (*rng.integers(2, 5, 2), *(side + int(rng.integers(0, 7)) for side in kernel))
    # Few values, so that many tie.
    x = turned(rng.integers(-2, 3, shape).astype(float))
    assert is_batch_last(x)
    out, cache = forward(frozen(x), kernel, stride, padding)
    dout = rng.standard_normal(out.shape)
    tensor = torch.tensor(x, requires_grad=True)
    t_out = by_torch(tensor, kernel, stride, padding)
    expected = torch.autograd.grad(t_out, tensor, torch.tensor(dout))[0].numpy()
    np.testing.assert_allclose(out, t_out.detach().numpy(), rtol=1e-12, atol=1e-12)
    for given in (dout, turned(dout)):
        dx = backward(frozen(given), cache)
        np.testing.assert_allclose(dx, expected, rtol=1e-12, atol=1e-12)
        assert is_batch_last(dx)
