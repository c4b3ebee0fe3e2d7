import numpy as np
import pytest
import torch
from gradients import frozen, numeric_gradient, scattered

from course_utils.layers import hinge_loss, softmax_cross_entropy

LOSSES = pytest.mark.parametrize("loss", [softmax_cross_entropy, hinge_loss])


def drawn(seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    n, classes = (int(side) for side in rng.integers(1, 8, 2))
    return (3 * rng.standard_normal((n, classes))).astype(dtype), rng.integers(0, classes, n)


def test_softmax_by_hand():
    loss, dscores = softmax_cross_entropy(np.log([[1.0, 3.0], [1.0, 1.0]]), np.array([0, 1]))
    assert loss == pytest.approx((np.log(4) + np.log(2)) / 2, rel=1e-15)
    np.testing.assert_allclose(dscores, np.array([[0.25 - 1, 0.75], [0.5, 0.5 - 1]]) / 2, rtol=1e-14)


def test_ten_classes_that_nobody_knows_cost_the_logarithm_of_ten():
    assert softmax_cross_entropy(np.zeros((5, 10)), np.arange(5))[0] == pytest.approx(np.log(10))


def test_hinge_by_hand():
    """The lecture's cat, car and frog: 2.9 and 0."""
    scores, labels = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0]]), np.array([0, 1])
    loss, dscores = hinge_loss(scores, labels)
    assert loss == pytest.approx((2.9 + 0) / 2, rel=1e-14)
    np.testing.assert_array_equal(dscores, [[-0.5, 0.5, 0], [0, 0, 0]])
    # One class more within the margin of 6: 1.9 + 6, -4.9 + 6, and in the second row -3.6 + 6, -2.9 + 6.
    loss, dscores = hinge_loss(scores, labels, margin=6)
    assert loss == pytest.approx((7.9 + 1.1 + 2.4 + 3.1) / 2, rel=1e-14)
    np.testing.assert_array_equal(dscores, [[-1, 0.5, 0.5], [0.5, -1, 0.5]])


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 1e-5)])
def test_agree_with_torch(seed, dtype, tolerance):
    scores, labels = drawn(seed, dtype)
    tensor, target = torch.tensor(scores, requires_grad=True), torch.tensor(labels)
    margin = 0.5 + seed / 50
    expected = {
        softmax_cross_entropy: torch.nn.functional.cross_entropy(tensor, target),
        hinge_loss: scores.shape[1] * torch.nn.functional.multi_margin_loss(tensor, target, margin=margin),
    }
    for loss, value in expected.items():
        got, dscores = loss(scores, labels, *([margin] if loss is hinge_loss else []))
        assert got.dtype == dscores.dtype == dtype
        np.testing.assert_allclose(got, value.item(), rtol=tolerance, atol=tolerance)
        right = torch.autograd.grad(value, tensor)[0].numpy()
        np.testing.assert_allclose(dscores, right, rtol=tolerance, atol=tolerance)


@LOSSES
def test_gradients_agree_with_differences(loss, rng):
    scores, labels = rng.standard_normal((4, 5)), np.array([4, 0, 2, 2])
    expected = numeric_gradient(lambda array: loss(array, labels)[0], scores)
    np.testing.assert_allclose(loss(scores, labels)[1], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("large", [1000.0, -1000.0, 1e300])
def test_softmax_of_large_scores_stays_finite(large):
    with np.errstate(all="raise", under="ignore"):
        loss, dscores = softmax_cross_entropy(np.array([[large, large], [large, 0]]), np.array([0, 0]))
    np.testing.assert_allclose(dscores, [[-0.25, 0.25], [0, 0] if large > 0 else [-0.5, 0.5]], atol=1e-300)
    assert loss == pytest.approx((np.log(2) + max(0, -large)) / 2)


def test_a_score_of_minus_infinity_is_a_class_ruled_out():
    loss, dscores = softmax_cross_entropy(np.array([[0.0, 0.0, -np.inf]]), np.array([0]))
    assert loss == pytest.approx(np.log(2))
    np.testing.assert_allclose(dscores, [[-0.5, 0.5, 0]])


def test_a_margin_that_is_just_kept_has_no_gradient_as_in_torch():
    assert not hinge_loss(np.array([[2.0, 1.0]]), np.array([0]))[1].any()


@LOSSES
def test_leaves_its_inputs_alone_wherever_they_lie(loss, rng):
    scores, labels = rng.standard_normal((4, 3)), np.array([0, 1, 2, 1])
    expected = loss(scores, labels)
    for dtype in (np.uint8, np.int32, np.int64):
        value, dscores = loss(frozen(scattered(scores)), frozen(labels.astype(dtype)))
        assert value == expected[0]
        np.testing.assert_array_equal(dscores, expected[1])


REFUSED = {
    "no example": (
        (np.ones((0, 3)), np.zeros(0, int)),
        ValueError,
        r"scores must hold at least one example, got .*0, 3",
    ),
    "whole scores": ((np.ones((2, 3), int), np.zeros(2, int)), TypeError, "scores must be floating point, got int64"),
    "one row": ((np.ones(3), np.zeros(3, int)), ValueError, r"scores must have 2 axes, \(N, C\), got shape \(3,\)"),
    "a list": ((np.ones((2, 3)), [0, 1]), TypeError, r"labels must be a NumPy array, got list; .* np.array\(labels\)"),
    "one-hot": (
        (np.ones((2, 3)), np.eye(3, dtype=int)[:2]),
        ValueError,
        r"labels must have shape \(2,\), .* got \(2, 3\); one-hot rows become classes by labels.argmax",
    ),
    "too few": ((np.ones((2, 3)), np.zeros(1, int)), ValueError, r"labels must have shape \(2,\), .* got \(1,\)"),
    "a column": ((np.ones((2, 3)), np.zeros((2, 1), int)), ValueError, r"labels must have shape \(2,\).* got \(2, 1\)"),
    "floating": ((np.ones((2, 3)), np.zeros(2)), TypeError, r"labels must be whole numbers, got float64; .*astype"),
    "boolean": ((np.ones((2, 3)), np.zeros(2, bool)), TypeError, "labels must be whole numbers, got bool"),
    "too large": (
        (np.ones((3, 10)), np.array([9, 10, 11])),
        ValueError,
        r"labels must be from 0 to 9, as scores has 10 classes, but labels\[1\] is 10",
    ),
    "negative": ((np.ones((2, 3)), np.array([0, -1])), ValueError, r"but labels\[1\] is -1"),
}


@LOSSES
@pytest.mark.parametrize(("arguments", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses(loss, arguments, error, message):
    with pytest.raises(error, match=message):
        loss(*arguments)


def test_hinge_refuses_a_margin():
    with pytest.raises(ValueError, match="margin must be at least 0 and finite, got -1"):
        hinge_loss(np.ones((1, 2)), np.array([0]), margin=-1)
    with pytest.raises(TypeError, match="margin must be a number, got '1'"):
        hinge_loss(np.ones((1, 2)), np.array([0]), margin="1")
