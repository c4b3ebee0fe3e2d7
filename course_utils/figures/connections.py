"""Who is connected to whom: full, local and shared connection; groups of channels."""

import matplotlib
import numpy as np

from course_utils.figures.arguments import as_count
from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import INPUT, KERNEL, MUTED, OUTPUT, PALETTE, TITLE, Drawing, plural, style

KINDS = ("full", "local", "convolution")
TITLES = {"full": "full connection", "local": "local connection", "convolution": "convolution"}
# Lines of one weight share a colour, and a pattern that survives in black and white.
PATTERNS = ("-", (0, (6, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1, 2)), (0, (3, 3)))


@style()
def connectivity(kind: str = "all", size: int = 7, kernel_size: int = 3) -> Drawing:
    """A layer from `size` inputs to as many outputs as a window of `kernel_size` has places, three ways.

    kind: "full" (each output sees every input), "local" (a window, with weights of its own at each place),
    "convolution" (a window, one set of weights), or "all" for the three side by side. Lines of one colour and pattern are
    one weight.
    """
    if kind not in (*KINDS, "all"):
        raise ValueError(f'kind must be "full", "local", "convolution" or "all", got {kind!r}')
    size = as_count(size, "size", 2, 10)
    kernel_size = as_count(kernel_size, "kernel_size", 1, min(size, len(PATTERNS)))
    kinds = KINDS if kind == "all" else (kind,)
    places = size - kernel_size + 1
    gap, step = 1.4, 0.95
    wide = step * (size - 1) + 0.62
    diagram = Diagram(len(kinds) * wide + gap * (len(kinds) - 1), 7.8)
    for i, each in enumerate(kinds):
        left = i * (wide + gap)
        count = _count(each, size, kernel_size)
        diagram.text(left + wide / 2, 0.3, TITLES[each], size=TITLE, weight="bold")
        shared = "shared by all places" if each == "convolution" else "no two the same"
        diagram.text(left + wide / 2, 6.7, plural(count, "weight"), size=TITLE)
        diagram.text(left + wide / 2, 7.5, shared, color=MUTED)
        if i == 0:
            diagram.text(left, 1.5, "outputs", ha="left", color=MUTED)
            diagram.text(left, 5.95, "inputs", ha="left", color=MUTED)
        _draw(diagram, each, left, size, kernel_size, places, step)
    counts = "; ".join(f"{TITLES[k]}, {plural(_count(k, size, kernel_size), 'weight')}" for k in kinds)
    return diagram.finish(
        f"{plural(size, 'input').capitalize()} joined to {plural(places, 'output')}: {counts}. "
        "Lines of one colour are one weight."
    )


def _count(kind: str, size: int, kernel_size: int) -> int:
    places = size - kernel_size + 1
    return {"full": size * places, "local": kernel_size * places, "convolution": kernel_size}[kind]


def _draw(diagram: Diagram, kind: str, left: float, size: int, kernel_size: int, places: int, step: float) -> None:
    below, above, radius = 5.3, 2.1, 0.31
    inputs = left + radius + step * np.arange(size)
    outputs = left + radius + step * (np.arange(places) + (kernel_size - 1) / 2)
    colors = matplotlib.colormaps["viridis"](np.linspace(0, 0.92, _count(kind, size, kernel_size)))
    line = 0
    for j, x_out in enumerate(outputs):
        for i, x_in in enumerate(inputs):
            tap = i - j
            if kind != "full" and not 0 <= tap < kernel_size:
                continue
            if kind == "convolution":
                color, pattern, width = PALETTE[tap], PATTERNS[tap], 2.2
            else:
                color, pattern, width = colors[line], "-", 1.3
            diagram.line([x_in, x_out], [below, above], color=color, ls=pattern, lw=width)
            line += 1
    for x in inputs:
        diagram.box(x - radius, below - radius, 2 * radius, 2 * radius, face=INPUT, edge=MUTED, z=2)
    for x in outputs:
        diagram.box(x - radius, above - radius, 2 * radius, 2 * radius, face=OUTPUT, edge=MUTED, z=2)


@style()
def groups_diagram(in_channels: int = 4, out_channels: int = 4, groups: int = 2) -> Drawing:
    """Which input channels each filter sees. Filter k of group g sees only the in_channels / groups channels of its group.

    Raises ValueError unless `groups` divides both numbers of channels.
    """
    in_channels, out_channels = (
        as_count(in_channels, "in_channels", 1, 12),
        as_count(out_channels, "out_channels", 1, 12),
    )
    groups = as_count(groups, "groups", 1, min(in_channels, out_channels))
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if channels % groups:
            raise ValueError(f"groups={groups} does not divide {name}={channels}")
    seen, made = in_channels // groups, out_channels // groups
    step = 1.0
    between = 0.7 if groups > 1 else 0.0
    tall = step * max(in_channels, out_channels) + between * (groups - 1)
    diagram = Diagram(13.4, tall + 2)
    left, right, top = 1.6, 9.2, 0.9
    diagram.text(left, 0.3, "input channels", size=TITLE)
    diagram.text(right, 0.3, "filters", size=TITLE)
    share = (tall - between * (groups - 1)) / groups
    for g in range(groups):
        middle = top + g * (share + between) + share / 2
        color, pattern = PALETTE[g % len(PALETTE)], PATTERNS[g % len(PATTERNS)]
        ins = middle + step * (np.arange(seen) - (seen - 1) / 2)
        outs = middle + step * (np.arange(made) - (made - 1) / 2)
        for a in ins:
            for b in outs:
                diagram.line([left + 1, right - 1], [a, b], color=color, lw=1.8, ls=pattern)
        for i, a in enumerate(ins):
            diagram.box(left - 1, a - 0.4, 2, 0.8, face=INPUT, edge=color, lw=2, z=2)
            diagram.text(left, a + 0.02, f"{g * seen + i}")
        for i, b in enumerate(outs):
            diagram.box(right - 1, b - 0.4, 2, 0.8, face=KERNEL, edge=color, lw=2, z=2)
            diagram.text(right, b + 0.02, f"{g * made + i}")
        if groups > 1:
            diagram.text(right + 1.4, middle, f"group {g}", ha="left", color=MUTED)
    channels = plural(seen, "channel")
    diagram.text(
        0, tall + 1.7, f"each filter sees {channels}: weight has shape ({out_channels}, {seen}, KH, KW)", ha="left"
    )
    return diagram.finish(
        f"{plural(in_channels, 'input channel').capitalize()} and {plural(out_channels, 'filter')} in {plural(groups, 'group')}: "
        f"each filter sees {channels} of its own group."
    )
