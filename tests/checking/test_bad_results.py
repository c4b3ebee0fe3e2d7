"""Whatever a learner's function returns or raises, the check answers in words that fit it."""

import functools
import sys

import numpy as np
import pytest
import torch

from course_utils.checking import judge
from course_utils.checking.explain import explain
from course_utils.exercises import exercises
from course_utils.layers import conv2d_backward, conv2d_forward, conv_output_size, correlate2d, relu_forward


class Rude:
    """An object that refuses everything that one might ask of it."""

    def _refuse(self, *arguments):
        raise RuntimeError("no")

    __repr__ = __str__ = __eq__ = __len__ = __iter__ = __array__ = __bool__ = __float__ = __getattr__ = _refuse
    __hash__ = None


def sentences(name, function):
    """What a check of `function` says, on one line, in text; its HTML is made as well."""
    verdict = judge(exercises()[name], function)
    report = explain(verdict)
    assert report._repr_html_()
    assert verdict.status == "failed", str(report)
    return " ".join(str(report).split())


RESULTS = {
    "None": (lambda x, kernel: None, "`out` is None. Does every way through your function end in a `return`?"),
    "three dots": (lambda x, kernel: ..., "`out` is Ellipsis, where an array of shape"),
    "NotImplemented": (lambda x, kernel: NotImplemented, "`out` is NotImplemented, where an array of shape"),
    "text": (lambda x, kernel: "out", "`out` must be an array of numbers, and yours is a piece of text."),
    "an object": (lambda x, kernel: object(), "`out` must be an array of numbers, and yours is an object."),
    "a rude object": (lambda x, kernel: Rude(), "`out` must be an array of numbers, and yours is a Rude."),
    "a ragged list": (lambda x, kernel: [[1], [1, 2]], "`out` must be an array of numbers, and yours is a list."),
    "a set": (lambda x, kernel: {1, 2}, "`out` must be an array of numbers, and yours is a set."),
    "a generator": (lambda x, kernel: (row for row in x), "must be an array of numbers, and yours is a generator."),
    "complex numbers": (
        lambda x, kernel: correlate2d(x, kernel) + 0j,
        "`out` must be an array of numbers, and yours is an array of shape (2, 3) and dtype complex128.",
    ),
    "an array of objects": (
        lambda x, kernel: np.full((1, 1), None),
        "yours is an array of shape (1, 1) and dtype object.",
    ),
    "a number": (lambda x, kernel: 3.0, "`out` has shape (), expected (2, 3)."),
    "a tuple": (
        lambda x, kernel: (correlate2d(x, kernel), 0),
        "`out` must be an array of numbers, and yours is a tuple of 2.",
    ),
    "another shape": (lambda x, kernel: correlate2d(x, kernel)[None], "`out` has shape (1, 2, 3), expected (2, 3)."),
    "an empty array": (lambda x, kernel: np.zeros((0, 0)), "`out` has shape (0, 0), expected (2, 3)."),
    "NaN": (
        lambda x, kernel: correlate2d(x, kernel) * np.nan,
        "`out` is NaN in all its places. Something was divided by zero",
    ),
    "infinity": (lambda x, kernel: correlate2d(x, kernel) + np.inf, "`out` is infinite in all its places."),
    "another dtype": (
        lambda x, kernel: correlate2d(x, kernel).astype(np.float32),
        "The numbers of `out` are right, but it is float32 where float64 came in.",
    ),
    "wrong numbers": (lambda x, kernel: correlate2d(x, kernel) + 1, "`out` differs in all its places."),
}


@pytest.mark.parametrize(("function", "sentence"), RESULTS.values(), ids=RESULTS)
def test_a_bad_result_is_told(function, sentence):
    assert sentence in sentences("correlate2d", function)


SCALARS = {
    "None": (lambda **_: None, "`places` is None."),
    "a float": (
        lambda **k: float(conv_output_size(**k)),
        "must be a whole number, and yours is a float 1.0. Whole-number",
    ),
    "text": (lambda **k: str(conv_output_size(**k)), "must be a whole number, and yours is a piece of text '1'."),
    "an array": (lambda **k: np.ones(3, int), "must be a whole number, and yours is an array of shape (3,)"),
    "a long list": (
        lambda **k: list(range(10**5)),
        "must be a whole number, and yours is a list [0, 1, 2, 3, 4, 5, ...].",
    ),
    "a rude object": (lambda **k: Rude(), "must be a whole number, and yours is a Rude"),
    "NaN": (lambda **k: float("nan"), "must be a whole number, and yours is a float nan."),
    "a wrong number": (lambda **k: 99, "You returned 99, expected 1."),
    "no error": (
        lambda size, kernel_size, stride=1, padding=0, dilation=1: (
            (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1
        ),
        "Expected a ValueError, and you returned 0.",
    ),
}


@pytest.mark.parametrize(("function", "sentence"), SCALARS.values(), ids=SCALARS)
def test_a_bad_whole_number_is_told(function, sentence):
    assert sentence in sentences("conv_output_size", function)


def forward_returning(change):
    return lambda **arguments: change(*conv2d_forward(**arguments))


COUNTS = {
    "one array": (lambda out, cache: out, "It must return 2 things, `out`, `cache`, and returned one ndarray."),
    "three things": (
        lambda out, cache: (out, cache, 0),
        "must return 2 things, `out`, `cache`, and returned a tuple of 3.",
    ),
    "a list": (lambda out, cache: [out, cache], "must return 2 things, `out`, `cache`, and returned one list."),
    "nothing": (
        lambda out, cache: None,
        "It returned None. Does every way through your function end in `return out, cache`?",
    ),
    "an empty tuple": (lambda out, cache: (), "must return 2 things, `out`, `cache`, and returned a tuple of 0."),
}


@pytest.mark.parametrize(("change", "sentence"), COUNTS.values(), ids=COUNTS)
def test_a_wrong_number_of_results_is_told(change, sentence):
    assert sentence in sentences("conv2d_forward", forward_returning(change))


def test_a_gradient_where_there_is_no_bias_is_told():
    def backward(dout, cache):
        dx, dweight, _ = conv2d_backward(dout, cache)
        return dx, dweight, dout.sum(axis=(0, 2, 3))

    assert "`dbias` must be None here, and yours is an array of shape (1,)" in sentences("conv2d_backward", backward)


def test_a_missing_gradient_is_told():
    def backward(dout, cache):
        return (*conv2d_backward(dout, cache)[:2], None)

    assert "`dbias` is None." in sentences("conv2d_backward", backward)


@pytest.mark.parametrize(
    "convert",
    [torch.from_numpy, lambda out: torch.from_numpy(out).requires_grad_(), np.ndarray.tolist, np.asfortranarray],
    ids=["tensor", "tensor with gradient", "list", "other layout"],
)
def test_the_right_numbers_pass_in_another_container(convert):
    def relu(x):
        return convert(np.maximum(x, 0)), x

    verdict = judge(exercises()["relu_forward"], relu)
    # A list has forgotten its precision, and that is all that is wrong with it.
    assert verdict.status == "passed" or verdict.failure.difference.kind == "dtype"


def test_a_changed_argument_is_told():
    def relu(x):
        x *= x > 0
        return x, x

    text = sentences("relu_forward", relu)
    assert "Your numbers are right, but the call changed its argument `x`. Work on a copy." in text


def test_a_changed_argument_is_seen_through_a_reshaped_view():
    def relu(x):
        out = np.maximum(x, 0)
        x.reshape(-1)[...] = 0
        return out, x

    assert judge(exercises()["relu_forward"], relu).failure.difference.kind == "changed"


def raising(error):
    def relu_forward(x):
        raise error

    return relu_forward


class OwnError(Exception):
    pass


ERRORS = {
    "ValueError": (ValueError("shapes do not fit"), "It stopped with `ValueError: shapes do not fit`, at line"),
    "no text": (ValueError(), "It stopped with `ValueError`, at line"),
    "many lines": (ValueError("first\nsecond"), "It stopped with `ValueError: first`, at line"),
    "backticks": (ValueError("no `x` here"), "It stopped with `ValueError: no 'x' here`, at line"),
    "very long": (ValueError("x" * 10**5), "xxx…`, at line"),
    "own error": (OwnError("own"), "It stopped with `OwnError: own`, at line"),
    "assertion": (AssertionError(), "It stopped with `AssertionError`, at line"),
    "memory": (MemoryError(), "It stopped with `MemoryError`, at line"),
    "exit": (SystemExit(1), "It stopped with `SystemExit: 1`, at line"),
    "generator exit": (GeneratorExit(), "It stopped with `GeneratorExit`, at line"),
    "base": (BaseException("base"), "It stopped with `BaseException: base`, at line"),
    "stop iteration": (StopIteration(), "It stopped with `StopIteration`, at line"),
}


@pytest.mark.parametrize(("error", "sentence"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_told_with_its_line(error, sentence):
    text = sentences("relu_forward", raising(error))
    assert sentence in text
    assert "`raise error`" in text


def test_sys_exit_does_not_end_the_lesson():
    assert "It stopped with `SystemExit: 0`" in sentences("relu_forward", lambda x: sys.exit(0))


def test_a_recursion_without_end_is_told():
    def relu_forward(x):
        return relu_forward(x)

    assert "It stopped with `RecursionError: maximum recursion depth exceeded" in sentences(
        "relu_forward", relu_forward
    )


def test_the_line_is_the_learners_own_even_if_a_library_raised():
    def relu_forward(x):
        return np.zeros((2, 3)) @ np.zeros((2, 3)), x

    assert "`return np.zeros((2, 3)) @ np.zeros((2, 3)), x`" in sentences("relu_forward", relu_forward)


def test_stars_in_a_quoted_line_stay():
    def relu_forward(x):
        return x**2 + y**2, x  # noqa: F821

    verdict = judge(exercises()["relu_forward"], relu_forward)
    assert "x**2 + y**2, x" in str(explain(verdict))
    assert "x**2 + y**2, x" in explain(verdict)._repr_html_()


SIGNATURES = {
    "other names": lambda image: relu_forward(image),
    "too few": lambda: None,
    "too many": lambda x, y: relu_forward(x),
    "a ufunc": np.absolute,
    "a builtin": abs,
    "a class": dict.fromkeys,
    "a partial": functools.partial(relu_forward, y=3),
}


@pytest.mark.parametrize("function", SIGNATURES.values(), ids=SIGNATURES)
def test_a_wrong_signature_is_told_with_the_right_one(function):
    text = sentences("relu_forward", function)
    assert "It stopped with `TypeError: " in text


def test_a_renamed_parameter_is_told():
    text = sentences("relu_forward", lambda image: relu_forward(image))
    assert "It is called with its arguments by name, and they are `x`." in text


@pytest.mark.parametrize("thing", [3, None, "text", np.zeros(2)])
def test_what_is_no_function_is_told(thing):
    assert "is not callable" in sentences("relu_forward", thing)


def test_what_is_printed_is_shown_in_part():
    def relu_forward(x):
        print("shape", x.shape)
        for line in range(10**4):
            print(line)
        return x, x

    text = sentences("relu_forward", relu_forward)
    assert "In this case it printed: `shape (2,) / 0 / 1 / 2 / 3` …" in text


def test_a_stub_in_one_branch_only_is_an_error():
    def relu_forward(x):
        if x.ndim == 2:
            raise NotImplementedError("two axes")
        return np.maximum(x, 0), x

    assert "NotImplementedError: two axes" in sentences("relu_forward", relu_forward)


def test_random_cases_find_what_the_visible_ones_do_not():
    def horizontal_difference(image):
        return (image[:, 1:] - image[:, :-1]).astype(np.float64)

    text = sentences("horizontal_difference", horizontal_difference)
    assert "right in all 3 cases, but not in random case" in text
    assert "float64 where float32 came in" in text
