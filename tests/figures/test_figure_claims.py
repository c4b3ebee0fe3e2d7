"""What the figures say: the numbers in their alternative text are those of the layers."""

import re

import numpy as np
import pytest

from course_utils import figures
from course_utils.figures.drawing import number, plural
from course_utils.figures.grids import pixel_shades
from course_utils.layers import conv2d_backward, conv_output_size, softmax_cross_entropy


@pytest.mark.parametrize("seed", range(30))
def test_window_positions_counts_places_and_unseen_pixels(seed):
    rng = np.random.default_rng(seed)
    size, kernel, stride, padding, dilation = (int(n) for n in rng.integers((7, 1, 1, 0, 1), (60, 4, 9, 3, 4)))
    alt = figures.window_positions(size, kernel, (stride,), padding, dilation).alt
    places, unseen = re.search(r"Stride \d+: (\d+) places?.*; (\w+) pixels? unseen", alt).groups()
    assert int(places) == conv_output_size(size, kernel, stride, padding, dilation)
    # Who looks where, by brute force.
    seen = {p * stride + t * dilation - padding for p in range(int(places)) for t in range(kernel)}
    assert (0 if unseen == "no" else int(unseen)) == len(set(range(size)) - seen)
    hangs = (size + 2 * padding - dilation * (kernel - 1) - 1) % stride != 0
    assert ("hang over" in alt) == hangs


def test_example_of_the_lesson():
    alt = figures.window_positions(7, 3, strides=(1, 2, 3)).alt
    assert "Stride 1: 5 places; no pixels unseen" in alt
    assert "Stride 2: 3 places; no pixels unseen" in alt
    assert "Stride 3: 2 places, and the next would hang over the edge; 1 pixel unseen" in alt


def test_flip():
    alt = figures.correlation_and_convolution([1, 3, 0, 2], [1, 2, -1], position=0).alt
    assert "as it is and gives 7;" in alt
    assert "flips it first and gives 5." in alt


def test_connection_counts():
    alt = figures.connectivity(size=7, kernel_size=3).alt
    assert "full connection, 35 weights; local connection, 15 weights; convolution, 3 weights" in alt


def test_sizes_with_depth_stops_where_the_kernel_does_not_fit():
    alt = figures.sizes_with_depth(32, 5, 10, paddings=(0, 2)).alt
    assert "with padding 0, 4 pixels after 7 layers, where the kernel no longer fits" in alt
    assert "with padding 2, 32 pixels after 10 layers" in alt


def test_depth_column_counts_weights():
    assert "5 filters of 75 weights each" in figures.depth_column((3, 32, 32), 5, 5).alt


def test_groups():
    assert "each filter sees 2 channels of its own group" in figures.groups_diagram(4, 4, 2).alt


@pytest.mark.parametrize(
    "value, decimals, text",
    [
        (-0.001, 2, "0.00"),
        (-0.0, None, "0"),
        (-2, None, "−2"),
        (0.5, None, "0.50"),
        (3.0, None, "3"),
        (-1.25, 1, "−1.2"),
    ],
)
def test_number(value, decimals, text):
    assert number(value, decimals) == text


def test_plural():
    assert [plural(n, "pixel") for n in (0, 1, 2)] == ["no pixels", "1 pixel", "2 pixels"]


def test_the_sign_survives_in_black_and_white():
    shades = pixel_shades(np.array([[-1.0, 0.0, 1.0]])) @ (0.299, 0.587, 0.114)
    negative, zero, positive = shades[0]
    assert zero == pytest.approx(1)
    assert negative < 0.5 < 0.6 < positive < 0.9


def test_shared_means_count_what_the_layers_average():
    alt = figures.shared_means(batch=4, channels=6, groups=2).alt
    x = np.random.default_rng(0).standard_normal((4, 6, 2, 2))
    averaged = {
        "batch": x.mean(axis=(0, 2, 3)),
        "layer": x.mean(axis=(1, 2, 3)),
        "instance": x.mean(axis=(2, 3)),
        "group": x.reshape(4, 2, 3, 2, 2).mean(axis=(2, 3, 4)),
    }
    for kind, means in averaged.items():
        assert f"{kind} norm, {means.size} means of {x.size // means.size} numbers" in alt


def test_layer_histograms_tell_the_spread():
    wide, narrow = np.array([-2.0, 2.0]), np.array([-0.5, 0.5])
    drawing = figures.layer_histograms({"a": [wide, narrow]}, reach=1)
    assert "a, spread from 2 to 0.5" in drawing.alt
    # Numbers beyond the reach are in the outermost bins, none is lost.
    stairs = drawing.figure.axes[0].patches[0].get_data().values
    assert stairs[0] == stairs[-1] == 1 and stairs.sum() == 2


def test_accuracy_by_learning_rate_tells_where_the_mean_is_high():
    alt = figures.accuracy_by_learning_rate(
        [0.1, 1, 10], {"a": [[0.9, 1, 0.2], [0.95, 0.9, 0.1]], "b": [0.1, 0.2, 0.3]}
    ).alt
    assert "a, at least 90% on average from 0.1 to 1; b, at least 90% on average at no rate" in alt


def test_channel_bars_tell_the_share_kept():
    assert "channel 1, 25% of 8" in figures.channel_bars([1.0, 8], [0.5, 2]).alt


def test_backward_1d_tells_every_user_and_what_comes_back():
    x, weight, dout = np.array([1.0, 2, -1, 1, -3]), np.array([1.0, 0, -1]), np.array([1.0, 2, -1])
    dx = conv2d_backward(
        dout.reshape(1, 1, 1, 3), (x.reshape(1, 1, 1, 5), weight.reshape(1, 1, 1, 3), None, 1, 0, 1, 1)
    )[0]
    for pixel, gradient in enumerate(dx.ravel()):
        alt = figures.backward_1d(x, weight, dout, pixel).alt
        assert alt.endswith(f"= {number(gradient)}.")
        assert alt.count("with weight") == min(pixel + 1, 5 - pixel)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_full_convolution_is_the_gradient_of_the_input(stride):
    rng = np.random.default_rng(stride)
    dout, kernel = rng.integers(-4, 5, (2, 3)).astype(float), rng.integers(-4, 5, (3, 2)).astype(float)
    x = np.zeros((1, 1, stride + 3, 2 * stride + 2))
    dx = conv2d_backward(dout[None, None], (x, kernel[None, None], None, stride, 0, 1, 1))[0][0, 0]
    for (row, column), gradient in np.ndenumerate(dx):
        alt = figures.full_convolution(dout, kernel, row, column, stride).alt
        assert f"sum to {number(gradient)}, which is dx[{row}, {column}] of {dx.shape[0]} by {dx.shape[1]}" in alt


def test_descent_paths_say_the_loss_at_both_ends():
    alt = figures.descent_paths((1, 30), {"plain": [[-10, 2], [1, 0], [2, -0.5]]}).alt
    assert "plain, 2 steps, loss from 110 to 5.8" in alt


@pytest.mark.parametrize(
    "curvatures, paths, said",
    [
        ((1, 0), {"a": [[1, 2]]}, "curvatures must be two numbers above zero"),
        ((1, 2), {}, "one to three paths, got 0"),
        ((1, 2), {"a": [[1, 2, 3]]}, r"paths\['a'\] must have shape \(steps \+ 1, 2\), got \(1, 3\)"),
    ],
)
def test_descent_paths_refuses(curvatures, paths, said):
    with pytest.raises(ValueError, match=said):
        figures.descent_paths(curvatures, paths)


def test_score_gradient_is_that_of_the_loss():
    scores, label = np.array([[2.0, -1.0, 0.5, 0.0]]), 3
    probabilities = np.exp(scores[0]) / np.exp(scores[0]).sum()
    _, dscores = softmax_cross_entropy(scores, np.array([label]))
    told = re.findall(r"= (−?\d\.\d\d)", figures.score_gradient(probabilities, label).alt)
    np.testing.assert_allclose([float(text.replace("−", "-")) for text in told], dscores[0], atol=0.006)


def test_feature_maps_refuses_what_it_cannot_draw():
    with pytest.raises(ValueError, match=r"rows\['C5'\] must have shape .* got \(120, 1, 1\)"):
        figures.feature_maps({"C5": np.zeros((120, 1, 1))})
    assert "C3, 16 maps of 10 by 10" in figures.feature_maps({"C3": np.zeros((16, 10, 10))}).alt


def test_layer_columns_tell_every_layer_and_the_way_around():
    alt = figures.layer_columns([("A", [("c", "3x3", "stride 2"), ("d", "", "")], ("s", "1x1", ""))]).alt
    assert alt.endswith("A: c (3x3, stride 2), then d; to its output is added what s (1x1) makes of its input.")


@pytest.mark.parametrize(("columns", "said"), [([], "columns"), ([("a", [], None)], "layers")])
def test_layer_columns_refuse_what_they_cannot_draw(columns, said):
    with pytest.raises(ValueError, match=said):
        figures.layer_columns(columns)


def test_residual_blocks_tell_what_is_added():
    alt = figures.residual_blocks(
        [("plain", ["3x3", "ReLU", "3x3"], None), ("basic", ["3x3"], ""), ("B", ["3x3"], "1x1, /2")]
    ).alt
    assert alt.startswith("Plain: 3x3, then ReLU, then 3x3, then ReLU, without a shortcut; ")
    assert "basic: 3x3; to its output x itself is added; then ReLU" in alt
    assert "B: 3x3; to its output 1x1, /2 is added" in alt


@pytest.mark.parametrize(("blocks", "said"), [([], "blocks"), ([("a", [], "")], "layers")])
def test_residual_blocks_refuse_what_they_cannot_draw(blocks, said):
    with pytest.raises(ValueError, match=said):
        figures.residual_blocks(blocks)
