"""The figures of costs and receptive fields say what the accounting counts."""

import re

import numpy as np
import pytest
from figure_examples import MOMENTS

from course_utils import figures
from course_utils.accounting import receptive_field
from course_utils.figures.costs import short
from course_utils.figures.receptive_fields import map_sizes


@pytest.mark.parametrize(
    "number, text",
    [
        (0, "0"),
        (999, "999"),
        (999.6, "1.00K"),
        (1000, "1.00K"),
        (38_720, "38.7K"),
        (150_528, "151K"),
        (999_600, "1.00M"),
        (138_357_544, "138M"),
        (15_470_264_320, "15.5G"),
        (99_960, "100K"),
        (9_996, "10.0K"),
        (0.123456, "0.123"),
    ],
)
def test_short_numbers(number, text):
    assert short(number) == text


def test_cost_bars_give_shares_of_each_panel():
    alt = figures.cost_bars(["a", "b"], {"weights": [1, 3], "work": [999, 1]}).alt
    assert "weights: a 1 (25%), b 3 (75%)" in alt
    assert "work: a 999 (100%), b 1 (<1%)" in alt


def test_stacked_bars_add_up():
    alt = figures.stacked_bars(["a"], {"x": [1500], "y": [500]}, "MB", level=("card", 3000)).alt
    assert "a: x 1.50K, y 500, together 2.00K" in alt
    assert "A line at 3.00K, card" in alt


def test_network_volumes_group_what_is_equal():
    alt = figures.network_volumes([(3, 8, 8), (4, 8, 8), (4, 8, 8), (5, 1, 1)], ["picture", "conv", "", "fc"]).alt
    assert "picture, 3×8×8, 192; then conv, 4×8×8, 2 × 256; then fc, 5×1×1, 5." in alt


@pytest.mark.parametrize("seed", range(20))
def test_pyramid_agrees_with_the_gradient_of_a_chain(seed):
    """What is dark in the picture's row is what the output depends on, by brute force."""
    rng = np.random.default_rng(seed)
    kernels, strides, dilations = ([int(n) for n in rng.integers(1, most, 3)] for most in (4, 3, 3))
    alt = figures.receptive_field_pyramid(kernels, strides, dilations).alt
    field, jump = map(int, re.search(r"One output sees (\d+) pixels?, .* (\d+) pixels? further on", alt).groups())
    seen = {0}
    beside = {1}
    for k, s, d in list(zip(kernels, strides, dilations, strict=True))[::-1]:
        seen = {place * s + tap * d for place in seen for tap in range(k)}
        beside = {place * s + tap * d for place in beside for tap in range(k)}
    assert field == max(seen) - min(seen) + 1
    assert jump == min(beside)


def test_memory_timeline_names_the_worst_moment():
    alt = figures.memory_timeline({"a step": MOMENTS}).alt
    assert "a step: from 100 MB, at most 185 MB at layer 4" in alt


LAYERS = [("conv1", 7, 2, 3), ("pool1", 3, 2, 1), ("conv2", 3, 1, 1), ("conv3", 3, 2, 1)]


@pytest.mark.parametrize("layer", range(4))
@pytest.mark.parametrize("row, column", [(0, 0), (1, 3)])
def test_view_outlines_what_the_output_reads(layer, row, column):
    """Windows of ones on a picture with one bright pixel: the output changes if and only if it lies in the outline."""
    picture = np.zeros((30, 36))
    alt = figures.receptive_field_view(picture, LAYERS, layer, row, column).alt
    top, bottom, left, right = (
        int(n.replace("−", "-")) for n in re.search(r"rows (\S+) to (\S+), columns (\S+) to (\S+), out", alt).groups()
    )
    field, jump = receptive_field(*([part[i] for part in LAYERS[: layer + 1]] for i in (1, 2)))
    assert (bottom - top + 1, right - left + 1) == (field, field)
    assert f"The jump is {jump}." in alt
    assert {0, *range(30)} & _reads(30, layer, row) == set(range(max(top, 0), min(bottom, 29) + 1))
    assert {0, *range(36)} & _reads(36, layer, column) == set(range(max(left, 0), min(right, 35) + 1))


def _reads(size, layer, place):
    """The pixels of a row that change the output at `place`."""
    found = set()
    for pixel in range(size):
        signal = np.eye(size)[pixel]
        for _, kernel, stride, padding in LAYERS[: layer + 1]:
            padded = np.pad(signal, padding)
            windows = np.lib.stride_tricks.sliding_window_view(padded, kernel)[::stride]
            signal = (windows.sum(axis=1) > 0).astype(float)
        if signal[place]:
            found.add(pixel)
    return found


def test_map_sizes():
    assert map_sizes((224, 200), LAYERS) == [(224, 200), (112, 100), (56, 50), (56, 50), (28, 25)]
    with pytest.raises(ValueError, match="kernel"):
        map_sizes((4, 4), [("conv", 7, 1, 0)])
