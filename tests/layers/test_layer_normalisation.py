import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered
from torch.nn import functional

from course_utils.layers import group_norm_backward, group_norm_forward, layer_norm_backward, layer_norm_forward


def layer(x, weight, bias, eps=1e-5, groups=None):
    return layer_norm_forward(x, weight, bias, eps)


def group(x, weight, bias, eps=1e-5, groups=2):
    return group_norm_forward(x, groups, weight, bias, eps)


def torch_layer(x, weight, bias, eps=1e-5, groups=None):
    return functional.layer_norm(x, x.shape[1:], weight, bias, eps)


def torch_group(x, weight, bias, eps=1e-5, groups=2):
    return functional.group_norm(x, groups, weight, bias, eps)


LAYER = (layer, layer_norm_backward, torch_layer, slice(1, None))
GROUP = (group, group_norm_backward, torch_group, slice(1, 2))
both = pytest.mark.parametrize(("forward", "backward", "by_torch", "affine"), [LAYER, GROUP], ids=["layer", "group"])


def random_setting(seed, affine):
    """(x, weight, bias, eps, groups), drawn at random. `affine` tells which axes of x weight and bias have."""
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(1, 4))
    rest = map(int, rng.integers(1, 6, int(rng.integers(0, 4))))
    # One value a group has no spread: its gradient would be a difference of rounding errors.
    shape = (int(rng.integers(1, 5)), groups * int(rng.integers(2, 4)), *rest)
    x = rng.uniform(-5, 5) + rng.uniform(0.5, 3) * rng.standard_normal(shape)
    return x, *rng.standard_normal((2, *shape[affine])), float(rng.choice([1e-5, 0.5])), groups


def torch_results(by_torch, dout, x, weight, bias, *how):
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, weight, bias)]
    out = by_torch(*leaves, *how)
    return [tensor.detach().numpy() for tensor in (out, *torch.autograd.grad(out, leaves, torch.tensor(dout)))]


def assert_close(got, expected, **tolerances):
    for mine, theirs in zip(got, expected, strict=True):
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, **tolerances)


def test_layer_norm_by_hand():
    # Means 2 and 20; biased variances 4 and 400; with eps = 12, the deviation of the first is 4.
    x = np.array([[0.0, 0, 4, 4]])
    out, (x_hat, _, inv_std) = layer_norm_forward(x, np.array([8.0, 4, 8, 4]), np.array([0.0, 0, 1, 1]), eps=12.0)
    np.testing.assert_array_equal(x_hat, [[-0.5, -0.5, 0.5, 0.5]])
    np.testing.assert_array_equal(out, [[-4, -2, 5, 3]])
    np.testing.assert_array_equal(inv_std, [0.25])


def test_group_norm_by_hand():
    x = np.array([[0.0, 4, 10, 10]]).reshape(1, 4, 1, 1)
    out, (x_hat, *_) = group_norm_forward(x, 2, np.array([8.0, 4, 8, 4]), np.array([0.0, 0, 1, 1]), eps=12.0)
    np.testing.assert_array_equal(x_hat.ravel(), [-0.5, 0.5, 0, 0])
    np.testing.assert_array_equal(out.ravel(), [-4, 2, 1, 1])


@both
@pytest.mark.parametrize("seed", range(200))
def test_agrees_with_torch(forward, backward, by_torch, affine, seed, rng):
    setting = random_setting(seed, affine)
    out, cache = forward(*setting)
    dout = rng.standard_normal(out.shape)
    expected = torch_results(by_torch, dout, *setting)
    assert_close([out, *backward(dout, cache)], expected, rtol=1e-12, atol=1e-12)


@both
@pytest.mark.parametrize("seed", range(200, 220))
def test_agrees_with_torch_in_float32(forward, backward, by_torch, affine, seed, rng):
    *arrays, eps, groups = random_setting(seed, affine)
    setting = [*(array.astype(np.float32) for array in arrays), eps, groups]
    out, cache = forward(*setting)
    dout = rng.standard_normal(out.shape).astype(np.float32)
    got = [out, *backward(dout, cache)]
    assert {array.dtype for array in (*got, *cache[:3])} == {np.dtype(np.float32)}
    assert_close(got, torch_results(by_torch, dout, *setting), rtol=1e-3, atol=1e-3)


@both
@pytest.mark.parametrize("shape", [(3, 4), (2, 4, 2, 3)])
def test_gradients_agree_with_differences(forward, backward, by_torch, affine, shape, rng):
    arrays = rng.standard_normal(shape), *rng.standard_normal((2, *shape[affine]))
    _, cache = forward(*arrays, 0.1)
    dout = rng.standard_normal(shape)

    def loss(place, array):
        changed = [array if index == place else given for index, given in enumerate(arrays)]
        return (forward(*changed, 0.1)[0] * dout).sum()

    numeric = [numeric_gradient(lambda array, place=place: loss(place, array), arrays[place]) for place in range(3)]
    assert_close(backward(dout, cache), numeric, rtol=1e-7, atol=1e-8)


def test_one_group_is_layer_normalisation(rng):
    x, dout = rng.standard_normal((2, 3, 4, 5, 6))
    weight, bias = rng.standard_normal((2, 4))
    wide = [np.broadcast_to(vector[:, None, None], (4, 5, 6)) for vector in (weight, bias)]
    out, cache = group_norm_forward(x, 1, weight, bias)
    expected, layer_cache = layer_norm_forward(x, *wide)
    np.testing.assert_allclose(out, expected, rtol=1e-13, atol=1e-13)
    dx, dweight, dbias = layer_norm_backward(dout, layer_cache)
    expected = dx, dweight.sum(axis=(1, 2)), dbias.sum(axis=(1, 2))
    assert_close(group_norm_backward(dout, cache), expected, rtol=1e-12, atol=1e-12)


def test_a_group_a_channel_is_instance_normalisation(rng):
    x = rng.standard_normal((3, 4, 5, 6))
    weight, bias = rng.standard_normal((2, 4))
    out, _ = group_norm_forward(x, 4, weight, bias)
    expected = functional.instance_norm(*map(torch.tensor, (x,)), weight=torch.tensor(weight), bias=torch.tensor(bias))
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)


@both
def test_an_example_does_not_depend_on_its_batch(forward, backward, by_torch, affine, rng):
    x, dout = rng.standard_normal((2, 5, 4, 3, 3))
    weight, bias = rng.standard_normal((2, *x.shape[affine]))
    out, cache = forward(x, weight, bias)
    alone, alone_cache = forward(x[2:3], weight, bias)
    np.testing.assert_allclose(out[2:3], alone, rtol=1e-13, atol=1e-13)
    dx, dx_alone = backward(dout, cache)[0], backward(dout[2:3], alone_cache)[0]
    np.testing.assert_allclose(dx[2:3], dx_alone, rtol=1e-13, atol=1e-13)


@both
def test_large_means_lose_no_digits_in_float32(forward, backward, by_torch, affine, rng):
    x = (rng.standard_normal((4, 6, 8, 8)) + 1e4).astype(np.float32)
    ones = np.ones(x.shape[affine], np.float32)
    out, _ = forward(x, ones, 0 * ones)
    expected, _ = forward(x.astype(np.float64), ones.astype(np.float64), 0 * ones.astype(np.float64))
    np.testing.assert_allclose(out, expected, atol=5e-3)


@both
def test_leaves_its_input_alone_wherever_it_lies(forward, backward, by_torch, affine, rng):
    plain = [rng.standard_normal((3, 4, 2, 5))]
    plain += [*rng.standard_normal((2, *plain[0].shape[affine]))]
    given = [frozen(scattered(array)) for array in plain]
    out, cache = forward(*given)
    expected, plain_cache = forward(*plain)
    dout = rng.standard_normal(out.shape)
    got = [out, *backward(frozen(scattered(dout)), cache)]
    assert_close(got, [expected, *backward(dout, plain_cache)], rtol=1e-13, atol=1e-13)
    for array, before in zip(given, plain, strict=True):
        np.testing.assert_array_equal(array, before)


@both
def test_an_empty_batch_gives_an_empty_batch(forward, backward, by_torch, affine):
    x = np.zeros((0, 4, 2, 2))
    out, cache = forward(x, *np.ones((2, *x.shape[affine])))
    dx, dweight, dbias = backward(out, cache)
    assert out.shape == dx.shape == x.shape
    np.testing.assert_array_equal([dweight, dbias], np.zeros((2, *x.shape[affine])))


@both
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.ones(3)}, ValueError, r"x must be a batch \(N, …\) of examples that have entries, got shape \(3,\)"),
        ({"x": np.ones((3, 0))}, ValueError, r"x must be a batch .* got shape \(3, 0\)"),
        ({"x": np.ones((3, 4), int)}, TypeError, "x must be floating point, got int64"),
        ({"weight": np.ones(3)}, ValueError, r"weight must have shape \(4,\) for x of shape \(3, 4\), got \(3,\)"),
        ({"bias": np.ones(4, np.float32)}, TypeError, "bias is float32, but x is float64; convert it"),
        ({"eps": -1}, ValueError, "eps must be at least 0 and finite, got -1"),
    ],
)
def test_refuses(forward, backward, by_torch, affine, arguments, error, message):
    with pytest.raises(error, match=message):
        forward(**{"x": np.ones((3, 4)), "weight": np.ones(4), "bias": np.ones(4), **arguments})


@pytest.mark.parametrize(
    ("num_groups", "error", "message"),
    [
        (3, ValueError, "num_groups must divide the 4 channels, got 3"),
        (0, ValueError, "num_groups must be at least 1, got 0"),
        (2.0, TypeError, "num_groups must be an integer, got 2.0"),
    ],
)
def test_group_norm_refuses(num_groups, error, message):
    with pytest.raises(error, match=message):
        group_norm_forward(np.ones((3, 4)), num_groups, np.ones(4), np.ones(4))


@both
def test_backward_refuses(forward, backward, by_torch, affine):
    _, cache = forward(np.ones((3, 4)), np.ones(4), np.ones(4))
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(3, 4\), got \(4,\)"):
        backward(np.ones(4), cache)
    with pytest.raises(TypeError, match=r"cache must be the tuple \(x_hat, weight, inv_std"):
        backward(np.ones((3, 4)), cache[:2])
