import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    global_avg_pool2d_backward,
    global_avg_pool2d_forward,
    l2_pool2d_backward,
    l2_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)


def lengths_by_torch(x, kernel_size, stride=None, padding=0):
    """lp_pool2d, which knows no padding."""
    rows, columns = padding if isinstance(padding, tuple) else (padding, padding)
    padded = torch.nn.functional.pad(x, (columns, columns, rows, rows))
    return torch.nn.functional.lp_pool2d(padded, 2, kernel_size, stride)


MAXIMUM = (max_pool2d_forward, max_pool2d_backward, torch.nn.functional.max_pool2d)
AVERAGE = (avg_pool2d_forward, avg_pool2d_backward, torch.nn.functional.avg_pool2d)
LENGTH = (l2_pool2d_forward, l2_pool2d_backward, lengths_by_torch)
every = pytest.mark.parametrize(
    ("forward", "backward", "by_torch"), [MAXIMUM, AVERAGE, LENGTH], ids=["max", "avg", "l2"]
)


def random_setting(seed):
    """(x, kernel_size, stride, padding), drawn at random; half the images hold few values, so that many tie."""
    rng = np.random.default_rng(seed)
    size = 1 if rng.random() < 1 / 3 else 2
    kernel = tuple(map(int, rng.integers(1, 5, size)))
    padding = tuple(int(rng.integers(0, side // 2 + 1)) for side in kernel)
    stride = None if rng.random() < 1 / 4 else tuple(map(int, rng.integers(1, 5, size)))
    sides = [kernel[axis % size] + int(rng.integers(0, 9)) for axis in range(2)]
    shape = (int(rng.integers(1, 4)), int(rng.integers(1, 4)), *sides)
    x = rng.standard_normal(shape) if rng.random() < 1 / 2 else rng.integers(-2, 3, shape).astype(float)
    return x, *(each if size == 2 or each is None else each[0] for each in (kernel, stride, padding))


def torch_results(by_torch, dout, x, *how):
    tensor = torch.tensor(x, requires_grad=True)
    out = by_torch(tensor, *how)
    return out.detach().numpy(), torch.autograd.grad(out, tensor, torch.tensor(dout))[0].numpy()


def test_max_by_hand():
    x = np.array([[[[1.0, 2, 0, 0], [4, 3, 0, -1], [5, 5, -1, -2], [5, 5, -3, -4]]]])
    out, cache = max_pool2d_forward(x, 2)
    np.testing.assert_array_equal(out, [[[[4, 0], [5, -1]]]])
    np.testing.assert_array_equal(cache[4], [[[[2, 0], [0, 0]]]])
    dx = max_pool2d_backward(np.array([[[[1.0, 2], [3, 4]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[0, 0, 2, 0], [1, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]]])


def test_overlapping_maxima_add_up_by_hand():
    x = np.array([[[[0.0, 0, 0], [0, 9, 0], [0, 0, 0]]]])
    out, cache = max_pool2d_forward(x, 2, stride=1)
    np.testing.assert_array_equal(out, np.full((1, 1, 2, 2), 9))
    dx = max_pool2d_backward(np.array([[[[1.0, 2], [4, 8]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[0, 0, 0], [0, 15, 0], [0, 0, 0]]]])


def test_average_by_hand():
    x = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    out, cache = avg_pool2d_forward(x, 2, stride=2, padding=1)
    np.testing.assert_array_equal(out, [[[[1 / 4, 5 / 4], [11 / 4, 28 / 4]]]])
    dx = avg_pool2d_backward(np.array([[[[4.0, 8], [12, 16]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[1, 2, 2], [3, 4, 4], [3, 4, 4]]]])


def test_lengths_by_hand():
    x = np.array([[[[3.0, 0, 0, 0], [0, 4, 0, 0]]]])
    out, cache = l2_pool2d_forward(x, 2)
    np.testing.assert_array_equal(out, [[[[5, 0]]]])
    dx = l2_pool2d_backward(np.array([[[[10.0, 1]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[6, 0, 0, 0], [0, 8, 0, 0]]]])


def test_a_window_of_zeros_has_no_gradient_as_in_torch():
    x = np.zeros((1, 1, 2, 4))
    x[..., 2:] = -1
    out, cache = l2_pool2d_forward(x, 2)
    dx = l2_pool2d_backward(np.ones_like(out), cache)
    np.testing.assert_array_equal(dx, x / 2)
    np.testing.assert_array_equal(dx, torch_results(lengths_by_torch, np.ones_like(out), x, 2)[1])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("seed", range(20))
def test_global_average_agrees_with_torch(seed, dtype):
    rng = np.random.default_rng(seed)
    x = scattered(rng.standard_normal(rng.integers(1, 8, 4)).astype(dtype))
    out, cache = global_avg_pool2d_forward(frozen(x))
    dout = rng.standard_normal(out.shape).astype(dtype)
    expected, dx = torch_results(lambda t: torch.nn.functional.adaptive_avg_pool2d(t, 1), dout, x)
    most = 1e-12 if dtype == np.float64 else 1e-6
    for got, wanted in ((out, expected), (global_avg_pool2d_backward(frozen(dout), cache), dx)):
        assert got.dtype == dtype and got.shape == wanted.shape
        np.testing.assert_allclose(got, wanted, rtol=most, atol=most)


def test_global_average_by_hand_and_by_differences(rng):
    x = np.array([[[[1.0, 2, 3], [4, 5, 9]], [[0, 0, 0], [0, 0, 6]]]])
    out, cache = global_avg_pool2d_forward(x)
    np.testing.assert_array_equal(out, [[[[4]], [[1]]]])
    dout = rng.standard_normal(out.shape)
    by_differences = numeric_gradient(lambda array: (global_avg_pool2d_forward(array)[0] * dout).sum(), x)
    np.testing.assert_allclose(global_avg_pool2d_backward(dout, cache), by_differences, rtol=1e-7, atol=1e-9)


def test_global_average_refuses():
    with pytest.raises(ValueError, match=r"x must have 4 axes, \(N, C, H, W\)"):
        global_avg_pool2d_forward(np.ones((3, 4)))
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(2, 3, 1, 1\), got \(2, 3\)"):
        global_avg_pool2d_backward(np.ones((2, 3)), np.ones((2, 3, 4, 4)))


@every
@pytest.mark.parametrize("seed", range(200))
def test_agrees_with_torch(forward, backward, by_torch, seed, rng):
    setting = random_setting(seed)
    out, cache = forward(*setting)
    dout = rng.standard_normal(out.shape)
    expected, dx = torch_results(by_torch, dout, *setting)
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(backward(dout, cache), dx, rtol=1e-12, atol=1e-12)


@every
@pytest.mark.parametrize("seed", range(200, 220))
def test_agrees_with_torch_in_float32(forward, backward, by_torch, seed, rng):
    x, *how = random_setting(seed)
    x = x.astype(np.float32)
    out, cache = forward(x, *how)
    dout = rng.standard_normal(out.shape).astype(np.float32)
    for got, expected in zip((out, backward(dout, cache)), torch_results(by_torch, dout, x, *how), strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


@every
@pytest.mark.parametrize(("kernel_size", "stride", "padding"), [(2, 2, 0), (3, (2, 1), (1, 0)), ((2, 3), 3, (1, 1))])
def test_gradients_agree_with_differences(forward, backward, by_torch, kernel_size, stride, padding, rng):
    # Distinct values: where two tie, a maximum has no slope to compare with. None is 0: a length has no slope there.
    x = (rng.permutation(2 * 2 * 5 * 7).reshape(2, 2, 5, 7) - 70.5) / 10
    out, cache = forward(x, kernel_size, stride, padding)
    dout = rng.standard_normal(out.shape)

    def loss(array):
        return (forward(array, kernel_size, stride, padding)[0] * dout).sum()

    np.testing.assert_allclose(backward(dout, cache), numeric_gradient(loss, x), rtol=1e-7, atol=1e-8)


@every
@pytest.mark.parametrize("padding", [0, 1])
def test_leaves_its_input_alone_wherever_it_lies(forward, backward, by_torch, padding, rng):
    plain = rng.standard_normal((3, 2, 6, 5))
    x = frozen(scattered(plain))
    out, cache = forward(x, 3, 2, padding)
    expected, plain_cache = forward(plain, 3, 2, padding)
    np.testing.assert_array_equal(out, expected)
    dout = rng.standard_normal(out.shape)
    dx = backward(frozen(scattered(dout)), cache)
    assert out.flags.c_contiguous
    assert dx.flags.c_contiguous
    np.testing.assert_array_equal(dx, backward(dout, cache))
    np.testing.assert_array_equal(dx, backward(dout, plain_cache))
    np.testing.assert_array_equal(x, plain)


@pytest.mark.parametrize(("kernel_size", "stride", "padding"), [(2, 2, 0), (3, 1, 1), ((3, 2), 2, (0, 1))])
def test_nan_wins_its_windows_as_in_torch(kernel_size, stride, padding, rng):
    x = rng.standard_normal((2, 3, 8, 8))
    x[rng.random(x.shape) < 0.15] = np.nan
    out, cache = max_pool2d_forward(x, kernel_size, stride, padding)
    dout = rng.standard_normal(out.shape)
    expected, dx = torch_results(torch.nn.functional.max_pool2d, dout, x, kernel_size, stride, padding)
    assert 0 < np.isnan(out).sum() < out.size
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_allclose(max_pool2d_backward(dout, cache), dx, rtol=1e-12, atol=1e-12)


def test_padding_never_wins():
    out, _ = max_pool2d_forward(np.full((1, 1, 3, 3), -5.0), 3, 1, 1)
    np.testing.assert_array_equal(out, np.full((1, 1, 3, 3), -5))


@pytest.mark.parametrize(("kernel_size", "stride", "padding"), [(3, 1, 1), ((3, 5), (2, 1), (1, 2)), (2, 2, 1)])
def test_padding_does_not_win_against_minus_infinity_either(kernel_size, stride, padding, rng):
    x = np.where(rng.random((2, 2, 6, 7)) < 0.9, -np.inf, 1.0)
    out, cache = max_pool2d_forward(x, kernel_size, stride, padding)
    dout = rng.standard_normal(out.shape)
    expected, dx = torch_results(torch.nn.functional.max_pool2d, dout, x, kernel_size, stride, padding)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_allclose(max_pool2d_backward(dout, cache), dx, rtol=1e-12, atol=1e-12)


def test_switches_are_small_integers_that_find_the_maximum(rng):
    x = rng.standard_normal((2, 3, 7, 8))
    out, (*_, switches) = max_pool2d_forward(x, (3, 2), (2, 3))
    assert switches.dtype == np.uint8
    for n, c, i, j in np.ndindex(out.shape):
        row, column = divmod(int(switches[n, c, i, j]), 2)
        assert x[n, c, 2 * i + row, 3 * j + column] == out[n, c, i, j]


def test_large_windows_have_room_for_their_switches():
    x = np.zeros((1, 1, 20, 20))
    x[..., -1, -1] = 1
    _, cache = max_pool2d_forward(x, 20)
    assert cache[4].item() == 399
    np.testing.assert_array_equal(max_pool2d_backward(np.ones((1, 1, 1, 1)), cache), x)


@pytest.mark.parametrize("kernel_size", [(1, 2), (2, 1), (2, 3), (16, 17)])
def test_images_wider_than_a_byte_counts(kernel_size, rng):
    x = rng.standard_normal((1, 2, 20, 300))
    out, cache = max_pool2d_forward(x, kernel_size)
    dout = rng.standard_normal(out.shape)
    _, dx = torch_results(torch.nn.functional.max_pool2d, dout, x, kernel_size)
    np.testing.assert_array_equal(max_pool2d_backward(dout, cache), dx)


def test_an_infinite_gradient_stays_where_it_belongs():
    _, cache = max_pool2d_forward(np.array([[[[1.0, 2, 0, 1], [0, 0, 0, 0]]]]), 2)
    dx = max_pool2d_backward(np.array([[[[np.inf, np.nan]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[0, np.inf, 0, np.nan], [0, 0, 0, 0]]]])


@every
def test_the_cache_holds_the_arguments_and_the_stride_in_force(forward, backward, by_torch):
    x = np.ones((1, 1, 6, 6))
    assert forward(x, (3, 2))[1][1:4] == ((3, 2), (3, 2), 0)
    assert forward(x, 3, 1, (0, 1))[1][1:4] == (3, 1, (0, 1))
    assert forward(x, 3)[1][0] is x


@every
def test_an_empty_batch_gives_an_empty_batch(forward, backward, by_torch):
    out, cache = forward(np.zeros((0, 3, 6, 4)), 2)
    assert out.shape == (0, 3, 3, 2)
    assert backward(out, cache).shape == (0, 3, 6, 4)


@every
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.ones((3, 6, 6))}, ValueError, r"x must have 4 axes, \(N, C, H, W\), got shape \(3, 6, 6\)"),
        ({"x": np.ones((2, 0, 6, 6))}, ValueError, "x must have at least one entry along C"),
        ({"x": np.ones((2, 3, 6, 6), np.uint8)}, TypeError, "x must be floating point, got uint8; .* / 255"),
        ({"kernel_size": 0}, ValueError, "kernel_size must be at least 1, got 0"),
        ({"kernel_size": 2.0}, TypeError, "kernel_size must be an integer, got 2.0"),
        ({"kernel_size": (2, 2, 2)}, ValueError, r"kernel_size must be one integer or a pair \(rows, columns\), got"),
        (
            {"kernel_size": 7},
            ValueError,
            "kernel_size 7 with dilation 1 reaches over 7 pixels, but size 6 with padding 0",
        ),
        ({"stride": 0}, ValueError, "stride must be at least 1, got 0"),
        ({"stride": True}, TypeError, "stride must be an integer, got True"),
        ({"padding": -1}, ValueError, "padding must be at least 0, got -1"),
        ({"padding": 2}, ValueError, "padding must be at most half of kernel_size 3, so 1, got 2"),
        ({"padding": (0, 2)}, ValueError, "padding must be at most half of kernel_size 3, so 1, got 2"),
    ],
)
def test_refuses(forward, backward, by_torch, arguments, error, message):
    with pytest.raises(error, match=message):
        forward(**{"x": np.ones((2, 3, 6, 6)), "kernel_size": 3, **arguments})


@every
def test_backward_refuses(forward, backward, by_torch):
    _, cache = forward(np.ones((2, 3, 6, 6)), 2)
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(2, 3, 3, 3\), got \(2, 3, 6, 6\)"):
        backward(np.ones((2, 3, 6, 6)), cache)
    with pytest.raises(TypeError, match="dout is float32, but x is float64"):
        backward(np.ones((2, 3, 3, 3), np.float32), cache)
    with pytest.raises(TypeError, match=r"cache must be the tuple \(x, kernel_size, .* returned, got a tuple of 2"):
        backward(np.ones((2, 3, 3, 3)), cache[:2])
