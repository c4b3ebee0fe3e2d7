"""Every widget: a fallback picture, a picture that follows its controls, and the layer's own numbers."""

import re
import time
from dataclasses import replace

import ipywidgets
import numpy as np
import pytest

from course_utils import datasets, widgets
from course_utils.layers import (
    conv2d_forward,
    conv_output_size,
    correlate2d,
    max_pool2d_backward,
    max_pool2d_forward,
)
from course_utils.widgets.layer_calculator import SETTINGS, Layer, _table

X = np.random.default_rng(0).integers(0, 4, (6, 6))
EDGE = np.array([[1, 0, -1]] * 3)
MAKERS = {
    "sliding_window": lambda: widgets.sliding_window(X, EDGE),
    "running_demo": lambda: widgets.running_demo(*datasets.running_demo()),
    "layer_calculator": widgets.layer_calculator,
    "weight_scale": lambda: widgets.weight_scale(lambda scale: {"a": [X, scale * X]}),
    "pooling_switches": lambda: widgets.pooling_switches(X),
    "receptive_field_explorer": lambda: widgets.receptive_field_explorer(datasets.photograph(size=224)),
    "kernel_editor": lambda: widgets.kernel_editor(datasets.photograph(gray=True, size=48)),
}
everything = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def number(text: str) -> float:
    return float(text.replace("−", "-"))


@everything
def test_falls_back_to_the_picture_of_its_first_state(make):
    box = make()
    first = box.drawing
    move(box)
    data, metadata = box._repr_mimebundle_()
    assert data["image/png"] == first.small_png() and data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == metadata["image/png"]["alt"] == first.alt
    assert "application/vnd.jupyter.widget-view+json" in data


@everything
def test_picture_follows_the_controls(make):
    box = make()
    before, alt = box.picture.value, box.drawing.alt
    move(box)
    assert box.picture.value != before
    assert box.drawing.alt != alt
    assert re.fullmatch(r'<img alt="[^"<>]{20,}" src="data:image/png;base64,[^"]+" style="[^"]+">', box.picture.value)


@everything
def test_moves_in_less_than_a_blink(make):
    box = make()
    move(box)
    times = []
    for _ in range(3):
        begin = time.process_time()
        move(box)
        times.append(time.process_time() - begin)
    # 0.15 s is the aim; the shortest of three, doubled, leaves room for a busy machine.
    assert min(times) < 0.3


@everything
def test_every_control_has_a_name(make):
    def controls(widget):
        for child in getattr(widget, "children", ()):
            yield child
            yield from controls(child)

    kinds = (ipywidgets.IntSlider, ipywidgets.Button, ipywidgets.Dropdown, ipywidgets.FloatText)
    named = [child for child in controls(make()) if isinstance(child, kinds)]
    assert named
    assert all(child.description or child.tooltip for child in named)


def move(box) -> None:
    """One step on whatever the widget has."""
    if hasattr(box, "slider"):
        box.slider.value += 1
    elif hasattr(box, "sliders"):
        box.sliders["width" if "width" in box.sliders else "column"].value += 1
    else:
        box.cells[4].value += 1


def test_sliding_window_shows_the_correlation():
    box = widgets.sliding_window(X, EDGE)
    out = correlate2d(X.astype(float), EDGE.astype(float))
    assert box.slider.max == out.size - 1
    for position in (0, 5, 15):
        box.slider.value = position
        total, row, column = re.search(r"sum to (−?\d+), which is output\[(\d), (\d)\]", box.drawing.alt).groups()
        assert number(total) == out[int(row), int(column)] == out.ravel()[position]


def test_running_demo_shows_the_layer():
    x, weight, bias = datasets.running_demo()
    box = widgets.running_demo(x, weight, bias, stride=2, padding=1)
    out = conv2d_forward(x[None], weight, bias, 2, 1)[0][0]
    assert out.shape == (2, 3, 3) and box.slider.max == 17
    for step in (0, 4, 9, 17):
        box.slider.value = step
        sums, shown_bias, total = re.search(
            r"sums are (.*); with the bias (.*) the output is (.*)\.", box.drawing.alt
        ).groups()
        assert number(total) == out.ravel()[step]
        assert sum(map(number, sums.split(", "))) + number(shown_bias) == out.ravel()[step]
        assert number(shown_bias) == bias[step // 9]


def test_pooling_switches_shows_the_layer():
    x = np.random.default_rng(1).permutation(36).reshape(6, 6)
    box = widgets.pooling_switches(x)
    for choice, kernel_size, stride in (
        ("3 × 3, stride 2", 3, 2),
        ("2 × 2, stride 1", 2, 1),
        ("2 × 2, stride 2", 2, 2),
    ):
        box.choice.value = choice
        out, cache = max_pool2d_forward(x[None, None].astype(float), kernel_size, stride)
        assert (box.slider.value, box.slider.max) == (0, out.size - 1)
        dx = max_pool2d_backward(np.arange(1.0, out.size + 1).reshape(out.shape), cache)[0, 0]
        box.slider.value = out.size - 1
        largest, row, column, so_far = re.search(
            r"the largest is (\d+), .* row (\d), column (\d) of the input. It gets \d+, and has (\d+) so far",
            box.drawing.alt,
        ).groups()
        assert number(largest) == out.ravel()[-1] == x[int(row), int(column)]
        assert number(so_far) == dx[int(row), int(column)]


def test_buttons_step_and_stop_at_the_ends():
    box = widgets.sliding_window(X, EDGE)
    slider, back, forth, play = box.children[0].children
    back.click()
    assert slider.value == 0
    forth.click()
    forth.click()
    back.click()
    assert slider.value == 1
    slider.value = slider.max
    forth.click()
    assert slider.value == slider.max == play.max


@pytest.mark.parametrize("seed", range(60))
def test_calculator_agrees_with_the_layer_for_random_settings(seed):
    rng = np.random.default_rng(seed)
    layer = Layer(**{name: int(rng.integers(least, min(most, 24) + 1)) for name, (_, least, most) in SETTINGS.items()})
    layer = replace(layer, groups=int(rng.choice([1, 1, 2, 3])))
    table = _table(layer)
    try:
        rows, columns = (
            conv_output_size(size, layer.kernel, layer.stride, layer.padding, layer.dilation)
            for size in (layer.height, layer.width)
        )
    except ValueError:
        assert "Not possible." in table
        return
    if layer.channels % layer.groups or layer.filters % layer.groups:
        assert "Not possible." in table and "do not divide" in table
        return
    assert f"<b>{layer.filters} × {rows} × {columns}</b>" in table
    fits = (layer.width + 2 * layer.padding - layer.dilation * (layer.kernel - 1) - 1) % layer.stride == 0
    assert (f"= {columns}, which fits evenly" in table) or not fits


def test_calculator_counts_what_the_layer_holds_and_does():
    layer = Layer(width=9, height=7, channels=4, filters=6, kernel=3, stride=2, padding=1, dilation=1, groups=2)
    weight = np.ones((6, 2, 3, 3))
    out, _ = conv2d_forward(np.ones((1, 4, 7, 9)), weight, np.ones(6), stride=2, padding=1, groups=2)
    assert layer.output() == out.shape[1:]
    assert layer.weights == weight.size
    assert layer.multiply_adds == out.size * weight[0].size
    assert layer.memory == 4 * out.size


def test_calculator_says_why_a_layer_is_impossible():
    box = widgets.layer_calculator()
    box.sliders["kernel"].value = 15
    box.sliders["padding"].value = 0
    box.sliders["height"].value = 8
    assert "The kernel reaches over 15 pixels, but with padding the height is only 8." in box.answer.value
    assert box.picture.layout.display == "none"
    box.sliders["height"].value = 15
    assert "Not possible" not in box.answer.value and box.picture.layout.display == ""
    box.sliders["groups"].value = 2
    assert "2 groups do not divide 3 channels" in box.answer.value


def test_calculator_survives_every_end_of_every_slider():
    box = widgets.layer_calculator()
    for slider in box.sliders.values():
        start = slider.value
        for end in (slider.min, slider.max):
            slider.value = end
            assert "<table" in box.answer.value or "Not possible." in box.answer.value
        slider.value = start


def test_kernel_editor_filters_the_photograph():
    photo = datasets.photograph(gray=True, size=48)
    box = widgets.kernel_editor(photo)
    box.preset.value = "Sobel"
    assert [cell.value for cell in box.cells] == [-1, 0, 1, -2, 0, 2, -1, 0, 1]
    box.cells[4].value = 3
    assert box.preset.value == "your own"
    kernel = np.array([[-1, 0, 1], [-2, 3, 2], [-1, 0, 1]], dtype=float)
    response = correlate2d(photo.astype(float), kernel)
    low, high = re.search(r"your own, from (\S+) to ([^\s.]+\.\d+)", box.drawing.alt).groups()
    assert number(low) == pytest.approx(response.min(), abs=0.005)
    assert number(high) == pytest.approx(response.max(), abs=0.005)


def test_choosing_a_preset_draws_once(monkeypatch):
    box = widgets.kernel_editor(datasets.photograph(gray=True, size=48))
    shown = []
    monkeypatch.setattr(box, "show", shown.append)
    box.preset.value = "outline"
    assert len(shown) == 1


def test_kernel_editor_wants_a_gray_picture():
    with pytest.raises(ValueError, match="image must be gray"):
        widgets.kernel_editor(datasets.photograph(size=48))


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="kernel"):
        widgets.sliding_window(np.ones((2, 2)), EDGE)
    with pytest.raises(ValueError, match="x must have shape"):
        widgets.pooling_switches(np.ones((2, 2)))
    with pytest.raises(ValueError, match="weight"):
        widgets.running_demo(np.ones((3, 5, 5)), np.ones((2, 2, 3, 3)), np.ones(2))


def test_weight_scale_draws_what_its_function_gives():
    box = widgets.weight_scale(lambda scale: {"a": [np.array([-1.0, 1.0]) * scale]}, start=100)
    for percent, spread in ((200, "2"), (50, "0.5")):
        box.slider.value = percent
        assert f"a, spread from {spread} to {spread}" in box.drawing.alt
    with pytest.raises(ValueError, match="start must be from 30 to 300 percent, got 7"):
        widgets.weight_scale(lambda scale: {"a": [X]}, start=7)
