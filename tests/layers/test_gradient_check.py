"""Numeric gradients against derivatives known by formula, and against autograd; what the relative error counts."""

import numpy as np
import pytest
import torch
from gradients import frozen, scattered
from gradients import numeric_gradient as oracle
from hypothesis import given
from hypothesis import strategies as st

from course_utils.layers import conv2d_backward, conv2d_forward, numeric_gradient, relative_error


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (2, 1, 3, 2)])
def test_a_cubic_in_any_shape(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    gradient = numeric_gradient(lambda x: np.sum(x**3), x)
    assert gradient.shape == shape
    np.testing.assert_allclose(gradient, 3 * x**2, atol=1e-9)


def test_an_empty_array_has_an_empty_gradient():
    assert numeric_gradient(np.sum, np.zeros((0, 3))).shape == (0, 3)


def test_it_agrees_with_autograd_where_entries_act_on_each_other():
    x = np.random.default_rng(1).standard_normal((3, 4))
    leaf = torch.from_numpy(x.copy()).requires_grad_()
    torch.logsumexp(leaf.tanh().T @ leaf, dim=1).prod().backward()
    gradient = numeric_gradient(lambda x: np.prod(np.log(np.exp(np.tanh(x).T @ x).sum(axis=1))), x)
    assert relative_error(gradient, leaf.grad.numpy()) < 1e-8


def test_it_agrees_with_a_backward_pass_and_with_the_tests_own_oracle():
    rng = np.random.default_rng(2)
    x, weight = rng.standard_normal((1, 2, 4, 3)), rng.standard_normal((2, 2, 2, 2))
    out, cache = conv2d_forward(x, weight, padding=1, stride=2)
    dout = rng.standard_normal(out.shape)

    def loss(weight):
        return np.sum(conv2d_forward(x, weight, padding=1, stride=2)[0] * dout)

    gradient = numeric_gradient(loss, weight)
    assert relative_error(gradient, conv2d_backward(dout, cache)[1]) < 1e-9
    np.testing.assert_array_equal(gradient, oracle(loss, weight))


def test_the_differences_are_central():
    """Exact for a parabola at any step; the difference to one side is off by the step."""
    np.testing.assert_allclose(numeric_gradient(lambda x: np.sum(x**2), np.array([3.0]), step=0.5), [6])


def test_a_kink_gives_the_slope_between_its_two_sides():
    assert numeric_gradient(lambda x: np.maximum(x, 0).sum(), np.zeros(1)) == pytest.approx(0.5)


def test_x_is_not_modified_even_by_a_function_that_modifies_its_argument():
    def careless(x):
        x *= 2
        return x.sum()

    x = frozen(np.arange(4.0))
    np.testing.assert_allclose(numeric_gradient(careless, x), np.full(4, 2.0))


def test_memory_with_gaps():
    x = np.random.default_rng(3).standard_normal((2, 3))
    np.testing.assert_array_equal(numeric_gradient(np.linalg.norm, scattered(x)), numeric_gradient(np.linalg.norm, x))


@pytest.mark.parametrize("one_number", [np.float64(3), 3, np.array(3.0), np.array([3.0]), np.float32(3)])
def test_f_may_return_one_number_in_any_form(one_number):
    assert numeric_gradient(lambda x: one_number, np.ones(2)).tolist() == [0, 0]


def test_bad_arguments_are_refused():
    with pytest.raises(TypeError, match=r"x must be float64, got float32; convert it with x.astype\(np.float64\)"):
        numeric_gradient(np.sum, np.ones(2, np.float32))
    with pytest.raises(TypeError, match="x must be floating point, got int64"):
        numeric_gradient(np.sum, np.arange(2))
    with pytest.raises(TypeError, match="x must be a NumPy array, got list"):
        numeric_gradient(np.sum, [1.0])
    for step in (0, -1e-5, np.nan):
        with pytest.raises(ValueError, match="step must be above 0"):
            numeric_gradient(np.sum, np.ones(2), step)
    with pytest.raises(ValueError, match=r"f must return one number, got an array of shape \(2,\)"):
        numeric_gradient(np.abs, np.ones(2))


@pytest.mark.parametrize(
    ("a", "b", "error"),
    [([1, 2], [1, 2], 0), ([0, 0], [0, 0], 0), ([], [], 0), ([1], [-1], 1), ([3], [1], 0.5), ([0, 4], [1, 4], 0.125)],
)
def test_relative_errors_known_by_hand(a, b, error):
    assert relative_error(np.array(a, float), np.array(b, float)) == error


def test_one_wrong_entry_counts_against_the_largest():
    a = np.array([1e-12, 1.0])
    assert relative_error(a, np.array([2e-12, 1.0])) < 1e-12
    assert relative_error(a, np.array([1e-12, 1.1])) > 0.04


def test_nan_is_never_small():
    assert np.isnan(relative_error(np.array([np.nan, 1]), np.array([1.0, 1])))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"same shape, got \(2,\) and \(2, 1\)"):
        relative_error(np.ones(2), np.ones((2, 1)))


# The smallest numbers, which have fewer digits, are not scaled exactly.
ORDINARY = st.floats(-1e6, 1e6).map(lambda number: number if abs(number) > 1e-290 else 0.0)


@given(st.lists(st.tuples(ORDINARY, ORDINARY), min_size=1), st.floats(0.5, 1e6))
def test_the_relative_error_lies_between_0_and_1_and_ignores_order_and_scale(pairs, scale):
    a, b = np.array(pairs).T
    error = relative_error(a, b)
    assert 0 <= error <= 1
    assert relative_error(b, a) == error
    assert relative_error(a * scale, b * scale) == pytest.approx(error, rel=1e-9)
