import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import dropout_backward, dropout_forward

PROBABILITIES = pytest.mark.parametrize("p", [0.0, 0.25, 0.5, 0.9])


def generator():
    return np.random.default_rng(3)


def test_by_hand():
    # This generator draws 0.086, 0.237, 0.801, 0.582.
    x = np.array([2.0, 4, 6, 8])
    out, cache = dropout_forward(x, 0.5, rng=generator())
    np.testing.assert_array_equal(out, [0, 0, 12, 16])
    np.testing.assert_array_equal(dropout_backward(np.ones(4), cache), [0, 0, 2, 2])
    out, cache = dropout_forward(x, 0.5, rng=generator(), inverted=False)
    np.testing.assert_array_equal(out, [0, 0, 6, 8])
    np.testing.assert_array_equal(dropout_backward(np.ones(4), cache), [0, 0, 1, 1])


@PROBABILITIES
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_agrees_with_torch_for_the_same_mask(p, dtype, rng):
    """PyTorch draws its own mask; its backward kernel takes ours."""
    x, dout = (rng.standard_normal((3, 4, 5)).astype(dtype) for _ in range(2))
    kept = torch.tensor(generator().random(x.shape) >= p)
    scale = float(np.float64(1) / (1 - p))
    out, cache = dropout_forward(x, p, rng=generator())
    dx = dropout_backward(dout, cache)
    assert out.dtype == dx.dtype == dtype
    for got, array in ((out, x), (dx, dout)):
        expected = torch.ops.aten.native_dropout_backward(torch.tensor(array), kept, scale).numpy()
        np.testing.assert_allclose(got, expected, rtol=1e-6 if dtype == np.float32 else 1e-15)


@PROBABILITIES
def test_drops_as_many_and_keeps_the_mean_as_torch_does(p):
    x = np.ones((300, 300))
    out, _ = dropout_forward(x, p, rng=generator())
    torch.manual_seed(0)
    expected = torch.nn.functional.dropout(torch.ones(300, 300, dtype=torch.float64), p).numpy()
    assert np.unique(out) == pytest.approx(np.unique(expected))
    assert (out == 0).mean() == pytest.approx(p, abs=0.01)
    assert out.mean() == pytest.approx(1, abs=0.03)


@PROBABILITIES
def test_evaluation(p, rng):
    x, dout = rng.standard_normal((3, 4)).astype(np.float32), rng.standard_normal((3, 4)).astype(np.float32)
    out, cache = dropout_forward(x, p, training=False)
    np.testing.assert_array_equal(out, torch.nn.functional.dropout(torch.tensor(x), p, training=False).numpy())
    np.testing.assert_array_equal(dropout_backward(dout, cache), dout)
    out, cache = dropout_forward(x, p, training=False, inverted=False)
    np.testing.assert_allclose(out, x * (1 - p), rtol=1e-6)
    dx = dropout_backward(dout, cache)
    np.testing.assert_allclose(dx, dout * (1 - p), rtol=1e-6)
    assert out.dtype == dx.dtype == np.float32


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("inverted", [True, False])
def test_gradient_agrees_with_differences(training, inverted, rng):
    x, dout = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))

    def forward(array):
        return dropout_forward(array, 0.3, training, generator(), inverted)

    dx = dropout_backward(dout, forward(x)[1])
    np.testing.assert_allclose(dx, numeric_gradient(lambda array: (forward(array)[0] * dout).sum(), x), atol=1e-9)


def test_the_two_conventions_differ_by_a_factor_everywhere(rng):
    x = rng.standard_normal((4, 5))
    for training in (True, False):
        inverted = dropout_forward(x, 0.75, training, generator())[0]
        first = dropout_forward(x, 0.75, training, generator(), inverted=False)[0]
        np.testing.assert_allclose(first, inverted / 4)


def test_the_mask_is_drawn_in_float64_whatever_x_is():
    masks = [dropout_forward(np.ones(1000, dtype), 0.5, rng=generator())[0] for dtype in (np.float32, np.float64)]
    np.testing.assert_array_equal(*masks)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 3, 4, 5)])
def test_any_shape(shape):
    for training in (True, False):
        for inverted in (True, False):
            out, cache = dropout_forward(np.ones(shape), 0.5, training, generator(), inverted)
            assert np.shape(out) == shape
            assert np.shape(dropout_backward(np.ones(shape), cache)) == shape


def test_leaves_its_input_alone_wherever_it_lies(rng):
    x = rng.standard_normal((3, 4))
    expected, _ = dropout_forward(x, 0.5, rng=generator())
    out, cache = dropout_forward(frozen(scattered(x)), 0.5, rng=generator())
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(dropout_backward(np.ones((3, 4)), cache != 0), cache != 0)
    for number in (0.5, np.float32(0.5), np.array(0.5)):
        dx = dropout_backward(np.ones((3, 4), np.float32), number)
        assert dx.dtype == np.float32
        np.testing.assert_array_equal(dx, 0.5)
    for _ in range(2):
        np.testing.assert_array_equal(dropout_backward(frozen(scattered(np.ones((3, 4)))), cache), cache)


@pytest.mark.parametrize("p", [1, 1.0, -0.1, 2, float("nan"), float("inf")])
def test_refuses_a_probability(p):
    for training in (True, False):
        with pytest.raises(ValueError, match="p must be at least 0 and below 1, got"):
            dropout_forward(np.ones(3), p, training, generator())


def test_refuses():
    with pytest.raises(TypeError, match=r"rng must be .* such as np.random.default_rng\(0\), got None"):
        dropout_forward(np.ones(3), 0.5)
    for wrong in (0, np.random, np.random.RandomState(0)):
        with pytest.raises(TypeError, match="rng must be a generator of random numbers"):
            dropout_forward(np.ones(3), 0.5, rng=wrong)
    with pytest.raises(TypeError, match=r"p must be a number, got '0\.5'"):
        dropout_forward(np.ones(3), "0.5", rng=generator())
    with pytest.raises(TypeError, match="x must be floating point, got int64"):
        dropout_forward(np.ones(3, int), 0.5, rng=generator())
    cache = dropout_forward(np.ones(3), 0.5, rng=generator())[1]
    with pytest.raises(ValueError, match=r"dout must have the shape of the output, \(3,\), got \(4,\)"):
        dropout_backward(np.ones(4), cache)
    with pytest.raises(TypeError, match="cache is float64, but dout is float32"):
        dropout_backward(np.ones(3, np.float32), cache)
    with pytest.raises(TypeError, match="dout must be floating point, got int64"):
        dropout_backward(np.ones(3, int), None)
    with pytest.raises(TypeError, match=r"cache must be what dropout_forward multiplied x by, .* or None, got tuple"):
        dropout_backward(np.ones(3), (cache,))
