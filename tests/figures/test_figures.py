"""Every figure: a picture with alternative text, the same each time, legible, uncut, and without side effects."""

import struct
import sys
from functools import cache

import matplotlib
import numpy as np
import pytest
from figure_examples import EXAMPLES, HISTORY, MOMENTS, PICTURE
from matplotlib.text import Text

from course_utils import figures

everything = pytest.mark.parametrize("name", EXAMPLES)


@cache
def example(name: str) -> figures.Drawing:
    return EXAMPLES[name]()


@pytest.fixture
def drawn(monkeypatch):
    """The texts that were drawn, each where it was drawn last: artist → (text, points, box in pixels)."""
    texts = {}
    draw = Text.draw

    def record(self, renderer, *args, **kwargs):
        draw(self, renderer, *args, **kwargs)
        if self.get_visible() and self.get_text().strip():
            texts[self] = (self.get_text(), self.get_fontsize(), self.get_window_extent(renderer))

    monkeypatch.setattr(Text, "draw", record)
    return texts


def test_every_public_function_has_an_example():
    drawn = {name.split(" ")[0] for name in EXAMPLES}
    assert drawn == set(figures.__all__) - {"Drawing"}


@everything
def test_is_a_png_with_alternative_text(name):
    drawing = example(name)
    data, metadata = drawing._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG\r\n")
    assert len(drawing.alt) > 20 and drawing.alt.endswith(".")
    assert data["text/plain"] == metadata["image/png"]["alt"] == drawing.alt


@everything
def test_fits_a_page(name):
    width, height = struct.unpack(">II", example(name).png()[16:24])
    assert width <= 1010
    assert height <= 720


@everything
def test_same_bytes_twice_and_no_side_effects(name):
    before, loaded = dict(matplotlib.rcParams), "matplotlib.pyplot" in sys.modules
    again = EXAMPLES[name]()
    assert again.png() == example(name).png()
    assert again.small_png() == example(name).small_png()
    assert dict(matplotlib.rcParams) == before
    assert ("matplotlib.pyplot" in sys.modules) == loaded


@everything
def test_texts_are_large_uncut_and_apart(name, drawn):
    drawing = EXAMPLES[name]()
    drawing.png()
    width, height = drawing.figure.bbox.size
    texts = list(drawn.values())
    for i, (text, points, box) in enumerate(texts):
        assert points >= 11, f"{text!r} is small"
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, f"{text!r} is cut off"
        for other, _, other_box in texts[i + 1 :]:
            across = min(box.x1, other_box.x1) - max(box.x0, other_box.x0)
            down = min(box.y1, other_box.y1) - max(box.y0, other_box.y0)
            # The box of a text reaches below its letters; a pixel or three of that may be shared.
            assert across <= 1 or down <= 3, f"{text!r} and {other!r} overlap"


def test_ignores_the_learners_settings():
    plain = figures.window_positions(7, 3).png()
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "lines.linewidth": 9, "savefig.dpi": 30}):
        assert figures.window_positions(7, 3).png() == plain


@pytest.mark.parametrize("ending, start", [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_savefig(tmp_path, ending, start):
    path = tmp_path / f"figure.{ending}"
    figures.dilated_taps().savefig(path)
    assert path.read_bytes().startswith(start)


def test_savefig_refuses_other_endings(tmp_path):
    with pytest.raises(ValueError, match=r"path must end in .png, .svg or .pdf"):
        figures.dilated_taps().savefig(tmp_path / "figure.docx")


A = np.ones((4, 4))
BAD = {
    "values must have shape": lambda: figures.pixel_grid([1, 2, 3]),
    "values must be an array of numbers": lambda: figures.pixel_grid("abc"),
    "up to 16 a side": lambda: figures.pixel_grid(np.ones((40, 40))),
    "does not lie inside the grid": lambda: figures.pixel_grid(A, highlight=(2, 2, 3, 3)),
    "highlight must be": lambda: figures.pixel_grid(A, highlight=(2, 2)),
    "decimals must be at most 4": lambda: figures.pixel_grid(A, decimals=9),
    "kernel has shape": lambda: figures.sliding_step(A, np.ones((5, 5)), 0, 0, A),
    "out must have shape": lambda: figures.sliding_step(A, np.ones((3, 3)), 0, 0, A),
    "row must be at most 1": lambda: figures.sliding_step(A, np.ones((3, 3)), 2, 0, np.ones((2, 2))),
    "padding must be at least 0, got -1": lambda: figures.padding_figure(A, padding=-1),
    "strides' numbers must be at least 1, got 0": lambda: figures.window_positions(7, 3, strides=(0,)),
    "strides must name": lambda: figures.window_positions(7, 3, strides=()),
    "take a smaller kernel": lambda: figures.window_positions(3, 5),
    "kernel_size must be a whole number, got 2.5": lambda: figures.window_positions(3, 2.5),
    "dilations must hold": lambda: figures.dilated_taps(3, ()),
    "must be \\(channels, height, width\\)": lambda: figures.volumes([(3, 32)]),
    "shapes and labels must have the same length": lambda: figures.volumes([(3, 32, 32)], ["a", "b"]),
    "kernel_size must be at most 5": lambda: figures.depth_column((3, 5, 5), kernel_size=7),
    'kind must be "full"': lambda: figures.connectivity("partial"),
    "groups=3 does not divide in_channels=4": lambda: figures.groups_diagram(4, 6, 3),
    "groups=2 does not divide out_channels=5": lambda: figures.groups_diagram(4, 5, 2),
    "labels and counts": lambda: figures.weight_counts(["a"], [1, 2]),
    "counts' numbers must be at least 1, got 0": lambda: figures.weight_counts(["a"], [0]),
    "must be above zero": lambda: figures.time_curves([1, 2], {"a": [0, 1]}, "x", "y"),
    "series must hold": lambda: figures.time_curves([1, 2], {}, "x", "y"),
    "kernel_size must be at most the sides of x": lambda: figures.max_pooling(A, 5),
    "dout must have shape \\(2, 2\\)": lambda: figures.max_pooling(A, 2, dout=A),
    "step must be at most 8": lambda: figures.max_pooling(A, 2, 1, step=9),
    "paddings must hold": lambda: figures.sizes_with_depth(8, 3, 4, paddings=()),
    "x and weight must hold at most 5 and 3": lambda: figures.backward_1d(np.ones(7), [1], np.ones(7), 0),
    "dout must hold 2 numbers": lambda: figures.backward_1d([1, 2], [1], [1], 0),
    "pixel must be at most 1": lambda: figures.backward_1d([1, 2], [1], [1, 1], 2),
    "dout has shape": lambda: figures.full_convolution(np.ones((7, 7)), A, 0, 0),
    "column must be at most 4": lambda: figures.full_convolution(np.ones((2, 3)), np.ones((3, 3)), 0, 5),
    "current must be the number": lambda: figures.course_map({"Start": [("00", "Start here")]}, current="99"),
    "parts must hold": lambda: figures.course_map({}),
    "must fit on two lines": lambda: figures.course_map(
        {"Start": [("00", "a title that is far too long to be put in a box")]}
    ),
    "images\\[0\\] must have shape": lambda: figures.image_row([np.ones((2, 4, 4))]),
    "images and titles": lambda: figures.image_row([A], titles=["a", "b"]),
    "images must not be empty": lambda: figures.image_row([]),
    'cmap must be "gray" or "signed"': lambda: figures.image_row([A], cmap="jet"),
    "row must be at most": lambda: figures.zoom(PICTURE, row=20, column=0, size=8),
    "responses must have the names": lambda: figures.filter_responses(A, {"a": A}, {"b": A}),
    "timelines must hold one to four": lambda: figures.memory_timeline({}),
    "timelines\\['a'\\] must hold moments of both ways": lambda: figures.memory_timeline({"a": MOMENTS[:3]}),
    "measures must hold one to four": lambda: figures.cost_bars(["a"], {}),
    "labels and measures\\['a'\\]": lambda: figures.cost_bars(["a"], {"a": [1, 2]}),
    "must hold numbers from 0, not all 0": lambda: figures.cost_bars(["a"], {"a": [0]}),
    "parts must hold one to 6": lambda: figures.stacked_bars(["a"], {}, "x"),
    "must not hold numbers below 0, got -1": lambda: figures.stacked_bars(["a"], {"b": [-1]}, "x"),
    "kernel_sizes and labels": lambda: figures.receptive_field_pyramid([3, 3], labels=["a"]),
    "up to 5 layers and 40 pixels": lambda: figures.receptive_field_pyramid([11, 3, 5], [4, 2, 1]),
    "layer must be at most 0": lambda: figures.receptive_field_view(A, [("a", 3, 1, 1)], 1, 0, 0),
    "row must be at most 3 to be drawn": lambda: figures.receptive_field_view(A, [("a", 3, 1, 1)], 0, 4, 0),
    "layers must hold at most 24": lambda: figures.receptive_field_view(A, [("a", 3, 1, 1)] * 25, 0, 0, 0),
    "kernels must hold": lambda: figures.filter_responses(A, {}, {}),
    "padded and unpadded": lambda: figures.border_washed_away([A], [A, A]),
    "x must have shape \\(H, W\\)": lambda: figures.shift_equivariance([1], A, A, A, A),
    "signal must hold at most 12": lambda: figures.correlation_and_convolution(np.ones(20), [1]),
    "do not fit on a signal of 2": lambda: figures.correlation_and_convolution([1, 2], [1, 2, 3]),
    "position must be at most 0": lambda: figures.correlation_and_convolution([1, 2], [1, 2], position=1),
    "x must be \\(C, H, W\\)": lambda: figures.convolution_step(A, A, A),
    "step must be at most 3": lambda: figures.convolution_step(A[None], np.ones((1, 1, 3, 3)), [0.0], step=4),
    "rows must hold one to three networks": lambda: figures.layer_histograms({}),
    "must have the same length, got 2 and 1": lambda: figures.layer_histograms({"a": [A, A], "b": [A]}),
    "1 to 12 layers": lambda: figures.layer_histograms({"a": [A] * 13}),
    "reach must be above zero, got 0": lambda: figures.layer_histograms({"a": [A]}, reach=0),
    "rates must be above zero": lambda: figures.accuracy_by_learning_rate([0, 1], {"a": [[1, 1]]}),
    "thin must hold names of histories, got 'b'": lambda: figures.training_curves({"a": HISTORY}, thin=["b"]),
    "must have shape \\(runs, 2\\), got \\(1, 3\\)": lambda: figures.accuracy_by_learning_rate(
        [1, 2], {"a": [1, 1, 1]}
    ),
    "kinds must hold some of batch": lambda: figures.shared_means(("weight",)),
    "groups must divide channels=6, got 4": lambda: figures.shared_means(groups=4),
    "before must hold up to 16 numbers above zero": lambda: figures.channel_bars([0, 1], [0, 1]),
    "too large to be drawn": lambda: figures.convolution_step(np.ones((3, 20, 20)), np.ones((1, 3, 3, 3)), [0.0]),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_arguments_are_named(message):
    with pytest.raises(ValueError, match=message):
        BAD[message]()
