"""The figures of lesson 09 say what PyTorch says: of formats, of strides, of gradients. And what they refuse."""

import re
from decimal import Decimal

import pytest
import torch

from course_utils import figures
from course_utils.figures.diagram import Diagram


@pytest.mark.parametrize("name", ["float64", "float32", "bfloat16", "float16"])
def test_formats_are_those_of_pytorch(name):
    limits, alt = torch.finfo(getattr(torch, name)), figures.number_formats([name]).alt
    exponent, fraction = map(int, re.search(r"(\d+) bits of exponent, (\d+) of fraction", alt).groups())
    assert 1 + exponent + fraction == limits.bits
    assert 2.0**-fraction == limits.eps
    largest = Decimal(re.search(r"up to ([\d.,e]+), steps", alt)[1].replace(",", ""))
    assert abs(largest / Decimal(limits.max) - 1) < Decimal("0.02")


@pytest.mark.parametrize("shape", [(3, 2, 3), (2, 4, 2), (1, 2, 5)])
def test_strides_are_those_of_pytorch(shape):
    x = torch.zeros(1, *shape)
    alt = figures.memory_layout(*shape).alt
    if shape[0] > 1:
        assert f"NHWC, strides {x.to(memory_format=torch.channels_last).stride()[1:]}" in alt
    assert f"NCHW, strides {x.stride()[1:]}" in alt


def test_cells_lie_in_memory_as_pytorch_puts_them(monkeypatch):
    drawn = []
    monkeypatch.setattr(Diagram, "text", lambda self, x, y, text, **_: drawn.append((y, x, text)))
    figures.memory_layout(2, 2, 3)
    cells = [(y, x, text) for y, x, text in drawn if re.fullmatch(r"[ab]\d\d", text)]
    rows = {y: [text for _, _, text in sorted(cell for cell in cells if cell[0] == y)] for y, _, _ in cells}
    first, last = (rows[y] for y in sorted(rows)[-2:])
    names = [f"{'ab'[c]}{i}{j}" for c in range(2) for i in range(2) for j in range(3)]
    picture = torch.arange(12).reshape(1, 2, 2, 3)
    assert first == names
    assert last == [names[k] for k in picture.permute(0, 2, 3, 1).flatten().tolist()]


def test_a_graph_tells_its_nodes_in_order():
    alt = figures.computation_graph(
        [("w", "w", "parameter", (), 2.0, -6.0), ("L", "L = w²", "result", ("w",), 4.0)]
    ).alt
    assert alt == (
        "A graph of 2 nodes, computed from left to right: parameter w, value 2, gradient −6; result L = w², value 4."
    )


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: figures.computation_graph([("x", "x", "leaf")]), "kind must be one of .*, got 'leaf' for 'x'"),
        (lambda: figures.computation_graph([("u", "u", "step", ("x",))]), "'u' is made of 'x', which is not among"),
        (lambda: figures.computation_graph([]), "at least one node"),
        (lambda: figures.number_formats(["float8"]), "names must hold some of float64, .* got"),
        (lambda: figures.number_formats([]), "names must hold some of"),
        (lambda: figures.memory_layout(4), "channels must be"),
        (lambda: figures.memory_layout(3, 4, 4), "must be at most 24, .* got 48"),
    ],
)
def test_what_they_refuse(draw, said):
    with pytest.raises(ValueError, match=said):
        draw()
