"""What the figures of lesson 03 say is what the layers compute; and what they refuse."""

import re

import numpy as np
import pytest

from course_utils import figures
from course_utils.layers import conv2d_forward, im2col

X = np.arange(12.0).reshape(3, 4)
FILTERS = np.array([[[1.0, 0], [0, -1]], [[1, 1], [0, 0]]])


def test_the_columns_that_are_drawn_are_im2cols(monkeypatch):
    drawn = []
    grid = figures.columns.Diagram.grid
    monkeypatch.setattr(
        figures.columns.Diagram,
        "grid",
        lambda self, x, y, values, **options: (drawn.append((x, y, values)), grid(self, x, y, values, **options)),
    )
    figures.im2col_diagram(X, FILTERS, places=((1, 2),))
    (_, picture), (at_x, columns), (_, rows), (product_x, product) = [(x, values) for x, _, values in drawn]
    np.testing.assert_array_equal(picture, X)
    np.testing.assert_array_equal(columns, im2col(X[None, None], 2)[0])
    np.testing.assert_array_equal(rows, FILTERS.reshape(2, 4))
    expected, _ = conv2d_forward(X[None, None], FILTERS[:, None])
    np.testing.assert_array_equal(product, expected.reshape(2, 6))
    # A number of the output stands beneath the column that it comes from.
    assert at_x == product_x


def test_a_place_is_marked_at_its_column():
    alt = figures.im2col_diagram(X, FILTERS, places=((0, 0), (1, 2))).alt
    assert "6 windows of 2 by 2 as columns of a 4 by 6 matrix; 2 filters as rows; the product, 2 by 6" in alt
    assert "the window at (0, 0), column 0; the window at (1, 2), column 5." in alt


@pytest.mark.parametrize(("size", "itemsize"), [((4, 6), 4), ((3, 5), 8), ((2, 12), 2)])
def test_the_steps_are_numpys_strides(size, itemsize):
    array = np.zeros(size, f"f{itemsize}")
    alt = figures.window_in_memory(size, 2, ((0, 1),), itemsize).alt
    right, down = re.search(r"right is (\d+) bytes, a step down (\d+) bytes", alt).groups()
    assert (int(down), int(right)) == array.strides
    assert f"in 2 pieces, from pixels 1 and {size[1] + 1}." in alt


def test_speeds_are_told_with_two_digits():
    alt = figures.speed_ladder(["a", "b", "c"], [0.003123, 2.34, 1234.5], 88.8, columns={"MB": ["1", "2", "3"]}).alt
    assert "a, 0.0031 GFLOP/s, 1 MB; b, 2.3 GFLOP/s, 2 MB; c, 1,234 GFLOP/s, 3 MB" in alt
    assert "The bare matrix product: 89." in alt


BAD = {
    "weight must hold one to four filters, got 5": lambda: figures.im2col_diagram(X, np.ones((5, 2, 2))),
    "gives a matrix of 4 by 49": lambda: figures.im2col_diagram(np.ones((8, 8)), FILTERS),
    "places must hold one to 3": lambda: figures.im2col_diagram(X, FILTERS, places=()),
    "a place's row must be at most 1": lambda: figures.im2col_diagram(X, FILTERS, places=((2, 0),)),
    "x must have shape": lambda: figures.im2col_diagram([1, 2], FILTERS),
    "size must hold at most 24 pixels": lambda: figures.window_in_memory((5, 5)),
    "a place's column must be at most 4": lambda: figures.window_in_memory(places=((0, 5),)),
    "labels and speeds must have the same length": lambda: figures.speed_ladder(["a"], [1, 2]),
    r"labels and columns\['MB'\]": lambda: figures.speed_ladder(["a"], [1], columns={"MB": []}),
    "speeds must be above zero": lambda: figures.speed_ladder(["a", "b"], [0, 1]),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_arguments_are_named(message):
    with pytest.raises(ValueError, match=message):
        BAD[message]()
