import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered
from torch.nn.utils.fusion import fuse_conv_bn_weights, fuse_linear_bn_weights

from course_utils.layers import (
    batch_norm_backward,
    batch_norm_backward_by_steps,
    batch_norm_forward,
    conv2d_forward,
    fold_batch_norm,
    linear_forward,
)

BACKWARDS = pytest.mark.parametrize("backward", [batch_norm_backward, batch_norm_backward_by_steps])
MODES = pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
SHAPES = pytest.mark.parametrize("shape", [(5, 3), (2, 3, 2, 3), (1, 2, 3, 2), (2, 3, 1, 1)])


def batch_last(array):
    """The same images, with the batch last in memory."""
    return np.ascontiguousarray(array.transpose(2, 3, 1, 0)).transpose(3, 2, 0, 1)


def parameters(rng, channels, dtype=np.float64):
    """weight, bias, running_mean and running_var."""
    weight, bias, mean = rng.standard_normal((3, channels)).astype(dtype)
    return weight, bias, mean, rng.uniform(0.2, 3, channels).astype(dtype)


def random_setting(seed):
    """(x, weight, bias, running_mean, running_var, training, momentum, eps), drawn at random."""
    rng = np.random.default_rng(seed)
    channels = int(rng.integers(1, 6))
    shape = (int(rng.integers(2, 7)), channels)
    if rng.random() < 3 / 4:
        shape = (int(rng.integers(1, 5)), channels, *map(int, rng.integers(1, 7, 2)))
        shape = (max(shape[0], 2), *shape[1:]) if shape[2:] == (1, 1) else shape
    x = rng.uniform(-3, 3, (channels, *[1] * (len(shape) - 2))) + rng.uniform(0.1, 3) * rng.standard_normal(shape)
    x = batch_last(x) if len(shape) == 4 and rng.random() < 1 / 3 else x
    eps = float(rng.choice([1e-5, 1e-3, 0.5, 2.0]))
    momentum = float(rng.choice([0, 0.1, 0.37, 1]))
    return x, *parameters(rng, channels), bool(rng.random() < 2 / 3), momentum, eps


def torch_results(dout, x, weight, bias, running_mean, running_var, training, momentum, eps):
    """out, running_mean, running_var, dx, dweight and dbias by PyTorch."""
    # In its usual order: PyTorch 2.13 errs in dbias where one image has its channels last and dout does not.
    leaves = [torch.tensor(np.ascontiguousarray(array), requires_grad=True) for array in (x, weight, bias)]
    buffers = [torch.tensor(array) for array in (running_mean, running_var)]
    out = torch.nn.functional.batch_norm(leaves[0], *buffers, *leaves[1:], training, momentum, eps)
    gradients = torch.autograd.grad(out, leaves, torch.tensor(dout))
    return [tensor.detach().numpy() for tensor in (out, *buffers, *gradients)]


def assert_close(got, expected, **tolerances):
    for mine, theirs in zip(got, expected, strict=True):
        assert mine.shape == theirs.shape
        np.testing.assert_allclose(mine, theirs, **tolerances)


def test_by_hand():
    # Mean 2, biased variance 4, unbiased 16/3; with eps = 12 the deviation is 4.
    x = np.array([[0.0], [0], [4], [4]])
    ones = np.ones(1)
    out, mean, var, (x_hat, weight, inv_std, training) = batch_norm_forward(
        x, 8 * ones, 3 * ones, 10 * ones, 100 * ones, momentum=0.25, eps=12.0
    )
    np.testing.assert_array_equal(out, [[-1], [-1], [7], [7]])
    np.testing.assert_allclose([mean, var], [[0.75 * 10 + 0.25 * 2], [75 + 4 / 3]], rtol=1e-15)
    np.testing.assert_array_equal(x_hat, [[-0.5], [-0.5], [0.5], [0.5]])
    assert (weight, inv_std, training) == (8, 0.25, True)


@BACKWARDS
def test_backward_by_hand(backward):
    x = np.array([[0.0], [0], [4], [4]])
    ones = np.ones(1)
    *_, cache = batch_norm_forward(x, 8 * ones, 3 * ones, ones, ones, eps=12.0)
    dx, dweight, dbias = backward(np.array([[4.0], [0], [0], [0]]), cache)
    # 8 * 1/4 * (dout - 1 - x_hat * -1/2)
    np.testing.assert_allclose(dx, [[5.5], [-2.5], [-1.5], [-1.5]], rtol=1e-15)
    assert (dweight, dbias) == (-2, 4)


def test_evaluation_by_hand():
    x = np.array([[[[1.0, 3]], [[5, 7]]]])
    mean, var = np.array([1.0, 5]), np.array([3.0, 15])
    out, *buffers, cache = batch_norm_forward(x, np.array([2.0, 8]), np.array([0.0, 1]), mean, var, False, eps=1.0)
    np.testing.assert_array_equal(out, [[[[0, 2]], [[1, 5]]]])
    np.testing.assert_array_equal(buffers, [mean, var])
    dx, dweight, dbias = batch_norm_backward(np.array([[[[1.0, 2]], [[3, 4]]]]), cache)
    np.testing.assert_array_equal(dx, [[[[1, 2]], [[6, 8]]]])
    np.testing.assert_array_equal([dweight, dbias], [[2, 2], [3, 7]])


@BACKWARDS
@pytest.mark.parametrize("seed", range(200))
def test_agrees_with_torch(backward, seed, rng):
    setting = random_setting(seed)
    dout = rng.standard_normal(setting[0].shape)
    *got, cache = batch_norm_forward(*setting)
    assert_close([*got, *backward(dout, cache)], torch_results(dout, *setting), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(200, 220))
def test_agrees_with_torch_in_float32(seed, rng):
    *arrays, training, momentum, eps = random_setting(seed)
    setting = [*(array.astype(np.float32) for array in arrays), training, momentum, eps]
    dout = rng.standard_normal(setting[0].shape).astype(np.float32)
    *got, cache = batch_norm_forward(*setting)
    got += batch_norm_backward(dout, cache)
    assert {array.dtype for array in (*got, *cache[:3])} == {np.dtype(np.float32)}
    assert_close(got, torch_results(dout, *setting), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("order", [np.ascontiguousarray, batch_last], ids=["images", "batch last"])
@pytest.mark.parametrize("shape", [(3, 5, 150, 130), (150, 130, 4, 2), (2, 3, 300, 300), (70000, 2, 1, 1)])
def test_arrays_that_are_worked_on_in_pieces_agree_with_torch(shape, order, rng):
    setting = (order(rng.standard_normal(shape)), *parameters(rng, shape[1]), True, 0.1, 1e-5)
    dout = rng.standard_normal(shape)
    *got, cache = batch_norm_forward(*setting)
    got += batch_norm_backward(dout, cache)
    assert_close(got, torch_results(dout, *setting), rtol=1e-9, atol=1e-12)


@MODES
@SHAPES
@BACKWARDS
def test_gradients_agree_with_differences(backward, shape, training, rng):
    x = rng.standard_normal(shape)
    weight, bias, *running = parameters(rng, shape[1])
    dout = rng.standard_normal(shape)

    def loss(*arrays):
        return (batch_norm_forward(*arrays, *running, training, eps=0.1)[0] * dout).sum()

    *_, cache = batch_norm_forward(x, weight, bias, *running, training, eps=0.1)
    numeric = (
        numeric_gradient(lambda array: loss(array, weight, bias), x),
        numeric_gradient(lambda array: loss(x, array, bias), weight),
        numeric_gradient(lambda array: loss(x, weight, array), bias),
    )
    assert_close(backward(dout, cache), numeric, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    ("module", "shape"), [(torch.nn.BatchNorm1d, (8, 5)), (torch.nn.BatchNorm2d, (4, 5, 6, 3))], ids=["1d", "2d"]
)
def test_fifty_steps_of_training_agree_with_torch(module, shape, rng):
    theirs = module(5, momentum=0.3, dtype=torch.float64)
    weight, bias, *running = np.ones(5), np.zeros(5), np.zeros(5), np.ones(5)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.05)
    for step in range(50):
        # The inputs move, as they do where the layers before are trained too.
        x = (1 + step / 10) * rng.standard_normal(shape) + step / 5
        dout = rng.standard_normal(shape)
        tensor = torch.tensor(x, requires_grad=True)
        t_out = theirs(tensor)
        optimizer.zero_grad()
        t_out.backward(torch.tensor(dout))

        out, *running, cache = batch_norm_forward(x, weight, bias, *running, momentum=0.3)
        dx, dweight, dbias = batch_norm_backward(dout, cache)
        assert_close(
            [out, *running, dx, dweight, dbias],
            [
                t_out.detach(),
                theirs.running_mean,
                theirs.running_var,
                tensor.grad,
                theirs.weight.grad,
                theirs.bias.grad,
            ],
            rtol=1e-12,
            atol=1e-12,
        )
        optimizer.step()
        weight, bias = weight - 0.05 * dweight, bias - 0.05 * dbias
    assert_close([weight, bias], [theirs.weight.detach(), theirs.bias.detach()], rtol=1e-12, atol=1e-12)

    theirs.eval()
    out, *unchanged, _ = batch_norm_forward(x, weight, bias, *running, training=False)
    assert_close([out], [theirs(torch.tensor(x)).detach()], rtol=1e-12, atol=1e-12)
    assert_close(unchanged, [theirs.running_mean, theirs.running_var], rtol=1e-12, atol=1e-12)


@MODES
@pytest.mark.parametrize("shape", [(512, 4), (16, 4, 20, 20), (64, 4, 3, 3)])
def test_large_means_lose_no_digits_in_float32(shape, training, rng):
    offset = np.array([1e4, -1e4, 3e4, 0]).reshape(-1, *[1] * (len(shape) - 2))
    x = (rng.standard_normal(shape) + offset).astype(np.float32)
    axes = (0,) if len(shape) == 2 else (0, 2, 3)
    mean, var = x.mean(axis=axes, dtype=np.float64), x.var(axis=axes, dtype=np.float64)
    ones = np.ones(4, np.float32)
    buffers = (mean.astype(np.float32), var.astype(np.float32))
    out, new_mean, new_var, _ = batch_norm_forward(x, ones, 0 * ones, *buffers, training, momentum=1.0)
    by_channel = np.moveaxis(x.astype(np.float64), 1, -1)
    expected = np.moveaxis((by_channel - mean) / np.sqrt(var + 1e-5), -1, 1)
    # A float32 near 3e4 is known to 0.001: so is the mean that is subtracted.
    np.testing.assert_allclose(out, expected, atol=2e-3)
    np.testing.assert_allclose(new_mean, mean, rtol=1e-7, atol=1e-6)
    unbiased = x.size // 4 / (x.size // 4 - 1) if training else 1
    np.testing.assert_allclose(new_var, var * unbiased, rtol=1e-5)


@pytest.mark.parametrize("first", [1e4, -1e3])
def test_a_first_image_unlike_the_others_costs_no_digits(first, rng):
    x = rng.standard_normal((20, 2, 8, 8)).astype(np.float32)
    x[0] += first
    ones = np.ones(2, np.float32)
    _, _, var, _ = batch_norm_forward(x, ones, ones, ones, ones, momentum=1.0)
    np.testing.assert_allclose(var, x.var(axis=(0, 2, 3), dtype=np.float64, ddof=1), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.1, 12345.6, -1e6])
def test_equal_values_give_the_bias(value, dtype):
    x = np.full((6, 2, 5, 5), value, dtype)
    weight, bias = np.array([2, 3], dtype), np.array([-1, 7], dtype)
    out, _, var, cache = batch_norm_forward(x, weight, bias, 0 * bias, 0 * bias)
    np.testing.assert_array_equal(out[:, 0], np.full((6, 5, 5), -1))
    np.testing.assert_array_equal(out[:, 1], np.full((6, 5, 5), 7))
    np.testing.assert_array_equal(var, 0)
    assert np.isfinite(batch_norm_backward(np.ones_like(x), cache)[0]).all()


@MODES
@BACKWARDS
@pytest.mark.parametrize("shape", [(6, 3), (3, 2, 4, 5)])
def test_leaves_its_input_alone_wherever_it_lies(shape, backward, training, rng):
    plain = [rng.standard_normal(shape), *parameters(rng, shape[1])]
    given = [frozen(scattered(array)) for array in plain]
    *got, cache = batch_norm_forward(*given, training)
    *expected, plain_cache = batch_norm_forward(*plain, training)
    dout = rng.standard_normal(shape)
    gradients = backward(frozen(scattered(dout)), cache)
    assert_close([*got, *gradients], [*expected, *backward(dout, plain_cache)], rtol=1e-13, atol=1e-13)
    assert got[0].flags.c_contiguous
    assert gradients[0].flags.c_contiguous
    for array, before in zip(given, plain, strict=True):
        np.testing.assert_array_equal(array, before)


def test_new_running_statistics_are_new_arrays(rng):
    x, *rest = rng.standard_normal((4, 3)), *parameters(rng, 3)
    _, mean, var, _ = batch_norm_forward(x, *map(frozen, rest))
    assert mean is not rest[2]
    assert var is not rest[3]


@pytest.mark.parametrize("x_order", [np.ascontiguousarray, batch_last], ids=["images", "batch last"])
@pytest.mark.parametrize("dout_order", [np.ascontiguousarray, batch_last], ids=["images", "batch last"])
def test_the_order_in_memory_is_kept(x_order, dout_order, rng):
    x, dout = rng.standard_normal((2, 4, 3, 5, 6))
    setting = parameters(rng, 3)
    *expected, plain_cache = batch_norm_forward(x, *setting)
    *got, cache = batch_norm_forward(x_order(x), *setting)
    gradients = batch_norm_backward(dout_order(dout), cache)
    assert got[0].strides == gradients[0].strides == x_order(x).strides
    assert_close([*got, *gradients], [*expected, *batch_norm_backward(dout, plain_cache)], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 4, 4)])
def test_an_empty_batch_in_evaluation(shape, rng):
    out, *_, cache = batch_norm_forward(np.zeros(shape), *parameters(rng, 3), training=False)
    assert out.shape == shape
    dx, dweight, dbias = batch_norm_backward(out, cache)
    assert dx.shape == shape
    np.testing.assert_array_equal([dweight, dbias], np.zeros((2, 3)))


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1, 1), (0, 3)])
def test_training_needs_two_values_a_channel(shape, rng):
    message = rf"x must have at least 2 values a channel in training, got {shape[0]}, in shape"
    with pytest.raises(ValueError, match=message):
        batch_norm_forward(np.zeros(shape), *parameters(rng, 3))
    assert batch_norm_forward(np.zeros(shape), *parameters(rng, 3), training=False)[0].shape == shape


def test_one_image_with_two_places_is_enough(rng):
    out, *_ = batch_norm_forward(rng.standard_normal((1, 3, 1, 2)), np.ones(3), np.zeros(3), np.zeros(3), np.ones(3))
    np.testing.assert_allclose(np.abs(out), 1, rtol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.ones((2, 3, 4))}, ValueError, r"x must have 4 axes, \(N, C, H, W\), got shape \(2, 3, 4\)"),
        ({"x": np.ones((2, 0))}, ValueError, r"x must have at least one entry along C of \(N, C\)"),
        ({"x": np.ones((2, 3), np.uint8)}, TypeError, "x must be floating point, got uint8; .* / 255"),
        ({"x": [[1.0, 2, 3]]}, TypeError, "x must be a NumPy array, got list"),
        ({"weight": np.ones(4)}, ValueError, r"weight must have shape \(3,\), because x has 3 channels, got \(4,\)"),
        ({"bias": np.ones((3, 1))}, ValueError, r"bias must have shape \(3,\), because x has 3 channels, got \(3, 1\)"),
        ({"running_mean": None}, TypeError, "running_mean must be a NumPy array, got NoneType"),
        ({"running_var": np.ones(3, np.float32)}, TypeError, "running_var is float32, but x is float64; convert it"),
        ({"running_var": np.ones(3, int)}, TypeError, "running_var must be floating point, got int64"),
        ({"momentum": 1.5}, ValueError, "momentum must be from 0 to 1, the share of the new batch, got 1.5"),
        ({"momentum": -0.1}, ValueError, "momentum must be at least 0 and finite, got -0.1"),
        ({"momentum": None}, TypeError, "momentum must be a number, got None"),
        ({"eps": -1e-5}, ValueError, "eps must be at least 0 and finite, got -1e-05"),
        ({"eps": "small"}, TypeError, "eps must be a number, got 'small'"),
    ],
)
def test_refuses(arguments, error, message):
    names = ("weight", "bias", "running_mean", "running_var")
    with pytest.raises(error, match=message):
        batch_norm_forward(**{"x": np.ones((2, 3)), **dict.fromkeys(names, np.ones(3)), **arguments})


@BACKWARDS
def test_backward_refuses(backward, rng):
    *_, cache = batch_norm_forward(np.ones((2, 3, 4, 4)), *parameters(rng, 3))
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(2, 3, 4, 4\), got \(2, 3\)"):
        backward(np.ones((2, 3)), cache)
    with pytest.raises(TypeError, match="dout is float32, but x is float64"):
        backward(np.ones((2, 3, 4, 4), np.float32), cache)
    with pytest.raises(TypeError, match=r"cache must be the tuple \(x_hat, weight, inv_std, training\) that"):
        backward(np.ones((2, 3, 4, 4)), cache[:3])
    x_hat, weight, inv_std, training = cache
    message = r"inv_std must have shape \(3,\), because x_hat has 3 channels, got \(1, 3, 1, 1\)"
    with pytest.raises(ValueError, match=message):
        backward(np.ones((2, 3, 4, 4)), (x_hat, weight, inv_std.reshape(1, 3, 1, 1), training))


@pytest.mark.parametrize("biased", [True, False])
def test_folded_into_a_convolution(biased, rng):
    x, weight = rng.standard_normal((2, 3, 6, 5)), rng.standard_normal((4, 3, 3, 2))
    bias = rng.standard_normal(4) if biased else None
    gamma, beta, mean, var = parameters(rng, 4)
    folded = fold_batch_norm(frozen(weight), bias, *map(frozen, (gamma, beta, mean, var)), 0.01)
    separate, *_ = batch_norm_forward(conv2d_forward(x, weight, bias)[0], gamma, beta, mean, var, False, eps=0.01)
    np.testing.assert_allclose(conv2d_forward(x, *folded)[0], separate, rtol=1e-12, atol=1e-12)
    given = [None if array is None else torch.tensor(array) for array in (weight, bias, mean, var)]
    theirs = fuse_conv_bn_weights(*given, 0.01, torch.tensor(gamma), torch.tensor(beta))
    assert_close(folded, [tensor.detach().numpy() for tensor in theirs], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_folded_into_a_linear_layer(dtype, rng):
    x, weight = rng.standard_normal((5, 3)).astype(dtype), rng.standard_normal((4, 3)).astype(dtype)
    bias, gamma, beta, mean = rng.standard_normal((4, 4)).astype(dtype)
    var = rng.uniform(0.2, 3, 4).astype(dtype)
    folded = fold_batch_norm(weight, bias, gamma, beta, mean, var)
    assert folded[0].dtype == folded[1].dtype == dtype
    tolerance = {"rtol": 1e-12, "atol": 1e-12} if dtype == np.float64 else {"rtol": 1e-4, "atol": 1e-5}
    separate, *_ = batch_norm_forward(linear_forward(x, weight, bias)[0], gamma, beta, mean, var, training=False)
    np.testing.assert_allclose(linear_forward(x, *folded)[0], separate, **tolerance)
    given = [torch.tensor(array) for array in (weight, bias, mean, var)]
    theirs = fuse_linear_bn_weights(*given, 1e-5, torch.tensor(gamma), torch.tensor(beta))
    assert_close(folded, [tensor.detach().numpy() for tensor in theirs], **tolerance)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"weight": np.ones((4, 3, 2))},
            ValueError,
            r"weight must have 4 axes, \(K, C, KH, KW\), got shape \(4, 3, 2\)",
        ),
        ({"weight": np.ones((4, 3), int)}, TypeError, "weight must be floating point, got int64"),
        (
            {"bias": np.ones(3)},
            ValueError,
            r"bias must have shape \(4,\), because weight has 4 filters or neurons, got",
        ),
        ({"running_var": np.ones(4, np.float32)}, TypeError, "running_var is float32, but weight is float64"),
        ({"bn_weight": None}, TypeError, "bn_weight must be a NumPy array, got NoneType"),
        ({"eps": -1.0}, ValueError, "eps must be at least 0 and finite, got -1.0"),
    ],
)
def test_folding_refuses(arguments, error, message):
    names = ("bias", "bn_weight", "bn_bias", "running_mean", "running_var")
    with pytest.raises(error, match=message):
        fold_batch_norm(**{"weight": np.ones((4, 3)), **dict.fromkeys(names, np.ones(4)), **arguments})
