import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import elastic_net_penalty, l1_penalty, l2_penalty

WEIGHT = np.array([[1.0, -2.0], [0.0, 3.0]])


def test_by_hand():
    penalty, dweight = l2_penalty(WEIGHT, 0.5)
    assert penalty == 0.25 * (1 + 4 + 9)
    np.testing.assert_array_equal(dweight, [[0.5, -1], [0, 1.5]])
    penalty, dweight = l1_penalty(WEIGHT, 0.5)
    assert penalty == 0.5 * (1 + 2 + 3)
    np.testing.assert_array_equal(dweight, [[0.5, -0.5], [0, 0.5]])
    penalty, dweight = elastic_net_penalty(WEIGHT, l1=2, l2=0.5)
    assert penalty == 3.5 + 12
    np.testing.assert_array_equal(dweight, [[2.5, -3], [0, 3.5]])


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 1e-5)])
def test_agree_with_torch(dtype, tolerance, rng):
    weight = rng.standard_normal((4, 3, 2, 2)).astype(dtype)
    tensor = torch.tensor(weight, requires_grad=True)
    squared, absolute = 0.15 * (tensor**2).sum(), 0.7 * tensor.abs().sum()
    for got, expected in (
        (l2_penalty(weight, 0.3), squared),
        (l1_penalty(weight, 0.7), absolute),
        (elastic_net_penalty(weight, 0.7, 0.3), absolute + squared),
    ):
        gradient = torch.autograd.grad(expected, tensor, retain_graph=True)[0].numpy()
        assert got[0].dtype == got[1].dtype == dtype
        np.testing.assert_allclose(got[0], expected.item(), rtol=tolerance)
        np.testing.assert_allclose(got[1], gradient, rtol=tolerance)


def test_the_gradient_is_what_weight_decay_adds_in_torch(rng):
    weight, gradient = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    parameter = torch.nn.Parameter(torch.tensor(weight))
    parameter.grad = torch.tensor(gradient)
    torch.optim.SGD([parameter], lr=1.0, weight_decay=0.3).step()
    expected = weight - (gradient + l2_penalty(weight, 0.3)[1])
    np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=1e-13)


def test_gradients_agree_with_differences(rng):
    weight = rng.standard_normal((3, 4))
    penalties = (
        lambda array: l2_penalty(array, 0.3),
        lambda array: l1_penalty(array, 0.7),
        lambda array: elastic_net_penalty(array, 0.7, 0.3),
    )
    for penalty in penalties:
        expected = numeric_gradient(lambda array, penalty=penalty: penalty(array)[0], weight)
        np.testing.assert_allclose(penalty(weight)[1], expected, atol=1e-8)


def test_leave_their_input_alone_wherever_it_lies():
    assert elastic_net_penalty(frozen(scattered(WEIGHT)), 2, 0.5)[0] == 15.5


def test_refuse():
    for function in (l1_penalty, l2_penalty):
        with pytest.raises(ValueError, match="strength must be at least 0 and finite, got -1"):
            function(WEIGHT, -1)
        with pytest.raises(TypeError, match="weight must be floating point, got int64"):
            function(WEIGHT.astype(int), 1)
        with pytest.raises(TypeError, match="strength must be a number, got None"):
            function(WEIGHT, None)
    with pytest.raises(ValueError, match="l1 must be at least 0"):
        elastic_net_penalty(WEIGHT, -1, 1)
    with pytest.raises(ValueError, match="l2 must be at least 0"):
        elastic_net_penalty(WEIGHT, 1, -1)
