"""A network with dropout: whole, and as two draws leave it."""

from itertools import pairwise

import numpy as np

from course_utils.figures.arguments import as_count
from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import BLUE, INK, MUTED, PAPER, RULE, TITLE, Drawing, plural, style

ACROSS, DOWN = 1.35, 0.62


@style()
def dropout_networks(sizes: tuple[int, ...] = (4, 6, 6, 3), p: float = 0.5, seed: int = 0) -> Drawing:
    """The whole network beside what is left of it at two training steps: hidden neurons dropped with probability p."""
    sizes = [as_count(size, "sizes' numbers", 1, 10) for size in sizes]
    if len(sizes) < 3:
        raise ValueError(f"sizes must hold an input, at least one hidden layer and an output, got {sizes}")
    if not 0 <= p < 1:
        raise ValueError(f"p must be at least 0 and less than 1, got {p}")
    rng = np.random.default_rng(seed)
    hidden = range(1, len(sizes) - 1)
    draws = [[rng.random(size) >= p if i in hidden else np.ones(size, bool) for i, size in enumerate(sizes)]]
    draws += [[rng.random(size) >= p if i in hidden else np.ones(size, bool) for i, size in enumerate(sizes)]]
    whole = [np.ones(size, bool) for size in sizes]
    height, width = max(sizes) * DOWN, (len(sizes) - 1) * ACROSS
    diagram = Diagram(3 * width + 2.6, height + 1.0, cell=0.58)
    titles = ("the whole network", "one training step", "another")
    for number, (title, kept) in enumerate(zip(titles, (whole, *draws), strict=True)):
        left = 0.35 + number * (width + 0.95)
        _network(diagram, left, 1.0, height, kept)
        diagram.text(left + width / 2, 0.35, title, size=TITLE)
    counts = [sum(int(layer.sum()) for i, layer in enumerate(kept) if i in hidden) for kept in draws]
    total = sum(sizes[i] for i in hidden)
    return diagram.finish(
        f"A network with layers of {', '.join(map(str, sizes))} neurons, whole and at two training steps with dropout of "
        f"{p:g}: of {plural(total, 'hidden neuron')}, {counts[0]} and then {counts[1]} are left, with their connections."
    )


def _network(diagram: Diagram, left: float, top: float, height: float, kept: list[np.ndarray]) -> None:
    places = [
        [(left + i * ACROSS, top + height / 2 + (j - (len(layer) - 1) / 2) * DOWN) for j in range(len(layer))]
        for i, layer in enumerate(kept)
    ]
    for i, (before, after) in enumerate(pairwise(places)):
        for j, (x0, y0) in enumerate(before):
            for k, (x1, y1) in enumerate(after):
                if kept[i][j] and kept[i + 1][k]:
                    diagram.line([x0, x1], [y0, y1], color=RULE, lw=0.8, z=0.5)
    corners = np.linspace(0, 2 * np.pi, 25)
    for layer, spots in zip(kept, places, strict=True):
        for active, (x, y) in zip(layer, spots, strict=True):
            circle = np.stack([x + 0.19 * np.cos(corners), y + 0.19 * np.sin(corners)], axis=1)
            if active:
                diagram.polygon(circle, face=BLUE, edge=INK, lw=0.8, z=2)
            else:
                diagram.polygon(circle, face=PAPER, edge=MUTED, lw=0.8, z=2)
                diagram.line([x - 0.12, x + 0.12], [y - 0.12, y + 0.12], color=MUTED, lw=1.4, z=3)
                diagram.line([x - 0.12, x + 0.12], [y + 0.12, y - 0.12], color=MUTED, lw=1.4, z=3)
