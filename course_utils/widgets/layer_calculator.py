"""A convolution layer's size, weights, work and memory from its settings."""

from dataclasses import dataclass
from html import escape

import ipywidgets

from course_utils.figures import Drawing, window_positions
from course_utils.layers import conv_output_size
from course_utils.widgets.picture_box import SLIDER, PictureBox

BYTES = 4

# name: (first value, least, most)
SETTINGS = {
    "width": (32, 1, 256),
    "height": (32, 1, 256),
    "channels": (3, 1, 512),
    "filters": (10, 1, 512),
    "kernel": (5, 1, 15),
    "stride": (1, 1, 8),
    "padding": (2, 0, 8),
    "dilation": (1, 1, 6),
    "groups": (1, 1, 32),
}


@dataclass(frozen=True)
class Layer:
    """A convolution layer on one picture: what goes in, and how."""

    width: int
    height: int
    channels: int
    filters: int
    kernel: int
    stride: int
    padding: int
    dilation: int
    groups: int

    def problem(self) -> str:
        """Why this layer is impossible, as a sentence; empty if it is not."""
        for name in ("channels", "filters"):
            count = getattr(self, name)
            if count % self.groups:
                return f"{self.groups} groups do not divide {count} {name}: each group needs the same number."
        reach = self.dilation * (self.kernel - 1) + 1
        for name in ("width", "height"):
            room = getattr(self, name) + 2 * self.padding
            if reach > room:
                return f"The kernel reaches over {reach} pixels, but with padding the {name} is only {room}."
        return ""

    def output(self) -> tuple[int, int, int]:
        """(filters, height, width)."""
        rows, columns = (
            conv_output_size(size, self.kernel, self.stride, self.padding, self.dilation)
            for size in (self.height, self.width)
        )
        return self.filters, rows, columns

    @property
    def weights(self) -> int:
        return self.filters * (self.channels // self.groups) * self.kernel**2

    @property
    def multiply_adds(self) -> int:
        """One for each weight of a filter at each output."""
        _, rows, columns = self.output()
        return self.weights * rows * columns

    @property
    def memory(self) -> int:
        """Bytes of the output in float32."""
        filters, rows, columns = self.output()
        return BYTES * filters * rows * columns


def layer_calculator() -> PictureBox:
    """Sliders for a convolution layer's settings; its output size, weights, work and memory, and its windows drawn."""
    sliders = {
        name: ipywidgets.IntSlider(value=value, min=least, max=most, description=name, **SLIDER)
        for name, (value, least, most) in SETTINGS.items()
    }
    answer = ipywidgets.HTML()

    def layer() -> Layer:
        return Layer(**{name: slider.value for name, slider in sliders.items()})

    def update(_=None) -> None:
        now = layer()
        answer.value = _table(now)
        if not now.problem():
            box.picture.layout.display = ""
            box.show(_draw(now))
        else:
            box.picture.layout.display = "none"

    names = list(sliders)
    columns = [ipywidgets.VBox([sliders[name] for name in part]) for part in (names[:5], names[5:])]
    controls = ipywidgets.HBox(columns, layout={"flex_flow": "row wrap"})
    box = PictureBox([controls, answer], _draw(layer()))
    box.sliders, box.answer = sliders, answer
    for slider in sliders.values():
        slider.observe(update, names="value")
    update()
    return box


def _draw(layer: Layer) -> Drawing:
    """The windows along the width; whoever cannot see them, or has no kernel to run, is told the numbers too."""
    drawing = window_positions(layer.width, layer.kernel, (layer.stride,), layer.padding, layer.dilation)
    size = " by ".join(map(str, layer.output()))
    numbers = f"The output is {size} (filters by height by width), from {layer.weights:,} weights and {layer.filters:,} biases"
    return Drawing(drawing.figure, f"{drawing.alt} {numbers}, with {layer.multiply_adds:,} multiply-adds.")


def _table(layer: Layer) -> str:
    if problem := layer.problem():
        return f"<p><b>Not possible.</b> {escape(problem)}</p>"
    filters, rows, columns = layer.output()
    each = layer.channels // layer.groups
    lines = {
        "output": f"<b>{filters} × {rows} × {columns}</b> (filters × height × width)",
        "width": _formula(layer, layer.width, columns),
        "height": _formula(layer, layer.height, rows),
        "weights": f"{filters} · {each} · {layer.kernel} · {layer.kernel} = <b>{layer.weights:,}</b>",
        "biases": f"<b>{filters:,}</b>",
        "multiply-adds": f"{layer.weights:,} · {rows} · {columns} = <b>{layer.multiply_adds:,}</b>",
        "memory of the output": f"{filters * rows * columns:,} · {BYTES} bytes = <b>{layer.memory / 1024:,.1f} KiB</b>",
    }
    cells = "".join(
        f'<tr><th scope="row" style="text-align: left; padding-right: 1.5em">{name}</th>'
        f'<td style="text-align: left">{value}</td></tr>'
        for name, value in lines.items()
    )
    return f'<table style="color: var(--jp-content-font-color1, inherit)">{cells}</table>'


def _formula(layer: Layer, size: int, out: int) -> str:
    reach = layer.dilation * (layer.kernel - 1) + 1
    room = size + 2 * layer.padding - reach
    formula = f"({size} − {reach} + 2 · {layer.padding}) / {layer.stride} + 1"
    if room % layer.stride == 0:
        return f"{formula} = {out}, which fits evenly"
    left = room % layer.stride
    pixels = "1 pixel is" if left == 1 else f"{left} pixels are"
    return f"{formula} = {room / layer.stride + 1:.2f}, rounded down to {out}: {pixels} left over"
