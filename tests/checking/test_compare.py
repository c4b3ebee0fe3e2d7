"""Comparing a result with what was expected: what counts as equal, and which of several faults is told first."""

import numpy as np
import pytest
import torch

from course_utils.checking.compare import compare

TOLERANCES = {"float64": 1e-9, "float32": 2e-4}
EXPECTED = np.array([[1.0, 2.0], [3.0, 4.0]])


def kind(got, expected=EXPECTED):
    difference = compare("out", got, expected, TOLERANCES)
    return difference and difference.kind


def test_rounding_is_no_difference():
    assert kind(EXPECTED * (1 + 1e-12)) is None
    assert kind(EXPECTED.astype(np.float32) * np.float32(1 + 1e-5), EXPECTED.astype(np.float32)) is None


@pytest.mark.parametrize("error", [1e-6, 1e-3, 1.0, -1.0])
def test_more_than_rounding_is_one(error):
    assert kind(EXPECTED + error) == "value"


def test_float32_is_held_to_its_own_tolerance():
    assert kind(EXPECTED.astype(np.float32) + np.float32(0.01), EXPECTED.astype(np.float32)) == "value"


def test_a_sum_that_cancels_is_measured_by_its_neighbours():
    large = np.array([1e6, 0.0])
    assert kind(large + np.array([0, 1e-4]), large) is None
    assert kind(large + np.array([0, 1e-2]), large) == "value"


def test_form_comes_before_numbers():
    assert kind(EXPECTED[0] + 1) == "shape"
    assert kind(EXPECTED * np.nan) == "nan"
    assert kind((EXPECTED + 1).astype(np.float32)) == "value"
    assert kind(EXPECTED.astype(np.float32)) == "dtype"


def test_whole_numbers_and_truth_values_are_numbers_of_another_dtype():
    assert kind(EXPECTED.astype(int)) == "dtype"
    assert kind(EXPECTED.astype(int).tolist()) == "dtype"
    assert kind(EXPECTED > 0, np.ones((2, 2))) == "dtype"


def test_numbers_for_truth_values_are_told_without_advice_on_layers():
    difference = compare("table", np.array([0, 1]), np.array([False, True]), TOLERANCES)
    assert difference.kind == "dtype"
    assert "it holds int64 where truth values, True and False, are asked for" in difference.sentence
    assert compare("table", [False, True], np.array([False, True]), TOLERANCES) is None


def test_expected_infinities_and_nans_are_met_only_by_the_same():
    expected = np.array([np.inf, -np.inf, np.nan, 1.0])
    assert kind(expected.copy(), expected) is None
    assert kind(-expected, expected) == "value"
    assert kind(np.array([np.inf, -np.inf, 0.0, 1.0]), expected) == "value"
    assert kind(np.array([np.inf, -np.inf, np.nan, np.inf]), expected) == "nan"


def test_an_expected_none_is_met_by_none_only():
    assert kind(None, None) is None
    assert kind(np.zeros(3), None) == "type"
    assert kind(None) == "none"


def test_whole_numbers_are_compared_as_they_are():
    assert kind(7, 7) is None
    assert kind(np.int64(7), 7) is None
    assert kind(np.array(7), 7) == "type"
    assert kind(7.0, 7) == "type"
    assert kind(8, 7) == "value"
    assert kind("7", 7) == "type"


def test_zeros_of_either_sign_are_equal():
    assert kind(np.array([-0.0]), np.array([0.0])) is None


def test_empty_arrays_are_compared_by_shape():
    assert kind(np.zeros((0, 3)), np.zeros((0, 3))) is None
    assert kind(np.zeros((3, 0)), np.zeros((0, 3))) == "shape"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_number_may_come_in_any_type(dtype):
    expected = dtype(2.5)
    for got in (2.5, np.float64(2.5), np.float32(2.5), np.array(2.5), torch.tensor(2.5), torch.tensor(2.5).double()):
        assert kind(got, expected) is None
    assert kind(2, dtype(2)) is None
    assert kind(2.5 * (1 + 1e-11), expected) is None


def test_one_number_is_held_to_the_tolerance_of_its_precision():
    assert kind(2.5001, np.float32(2.5)) is None
    assert kind(2.5001, np.float64(2.5)) == "value"
    assert kind(2.6, np.float32(2.5)) == "value"


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (2.6, "`loss` is **2.6**, expected **2.5**."),
        (2.50000001, "`loss` is **2.50000001**, expected **2.5**."),
        (float("nan"), "`loss` is NaN. Something was divided by zero"),
        (float("inf"), "`loss` is infinite. Something was"),
        (np.ones(3), "`loss` must be one number, and yours is an array of shape (3,)"),
        ([2.5], "`loss` must be one number, and yours is a list."),
        ("2.5", "`loss` must be one number, and yours is a piece of text."),
        (None, "`loss` is None."),
        (..., "`loss` is Ellipsis, where a float64 is expected."),
    ],
)
def test_what_is_wrong_with_one_number_is_told(got, says):
    assert compare("loss", got, np.float64(2.5), TOLERANCES).sentence.startswith(says)


def test_pythons_own_fractions_are_compared_as_float64():
    assert kind(2.5 * (1 + 1e-11), 2.5) is None
    assert kind(np.float32(2.5), 2.5) is None
    assert kind(2.5001, 2.5) == "value"
    assert kind([2.5], 2.5) == "type"
