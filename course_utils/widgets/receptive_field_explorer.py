"""What an output sees: choose a network, a layer and a place, and follow its field down to the picture."""

import re
from html import escape

import ipywidgets
import numpy as np

from course_utils.figures import receptive_field_view
from course_utils.figures.receptive_fields import MOST_LAYERS, Layer, map_sizes
from course_utils.widgets.picture_box import SLIDER, PictureBox


def _vgg16() -> tuple[Layer, ...]:
    layers = []
    for stage, count in enumerate((2, 2, 3, 3, 3), start=1):
        layers += [(f"conv{stage}_{place}", 3, 1, 1) for place in range(1, count + 1)]
        layers.append((f"pool{stage}", 2, 2, 0))
    return tuple(layers)


def _resnet18() -> tuple[Layer, ...]:
    """The way through the blocks; the shortcuts see less."""
    layers = [("conv1", 7, 2, 3), ("maxpool", 3, 2, 1)]
    for stage in range(1, 5):
        for block in range(2):
            stride = 2 if stage > 1 and block == 0 else 1
            layers.append((f"layer{stage}.{block}.conv1", 3, stride, 1))
            layers.append((f"layer{stage}.{block}.conv2", 3, 1, 1))
    return tuple(layers)


OWN = "my own"
NETWORKS: dict[str, tuple[Layer, ...]] = {
    "three 3 × 3": tuple((f"conv{place}", 3, 1, 1) for place in (1, 2, 3)),
    "AlexNet": (
        ("conv1", 11, 4, 2),
        ("pool1", 3, 2, 0),
        ("conv2", 5, 1, 2),
        ("pool2", 3, 2, 0),
        ("conv3", 3, 1, 1),
        ("conv4", 3, 1, 1),
        ("conv5", 3, 1, 1),
        ("pool5", 3, 2, 0),
    ),
    "VGG-16": _vgg16(),
    "ResNet-18": _resnet18(),
}
_ENTRY = re.compile(r"(\d{1,3})(?:/(\d{1,3}))?(?:/(\d{1,3}))?")


def receptive_field_explorer(picture: np.ndarray, network: str = "VGG-16", layer: int = 13) -> PictureBox:
    """Choose a network, one of its layers and an output; see what it sees of the picture, and its width in every map.

    picture: (H, W) or (3, H, W), large enough for the networks (224 a side for VGG-16). Networks that do not fit on it are
    refused in words. An own network is a line such as `7/2/3 3/2/1 3`: kernel size, stride (1 if left out) and padding (half
    the kernel if left out). Raises ValueError for an unknown network.
    """
    if network not in NETWORKS:
        raise ValueError(f"network must be one of {', '.join(NETWORKS)}, got {network!r}")
    shape = np.shape(picture)[-2:]
    choice = ipywidgets.Dropdown(options=[*NETWORKS, OWN], value=network, description="network", **SLIDER)
    own = ipywidgets.Text(value="3 3 2/2/0 3 3 2/2/0 3", description="layers", continuous_update=False, **SLIDER)
    own.layout.display = "none"
    sliders = {
        name: ipywidgets.IntSlider(min=0, max=MOST_LAYERS, description=name, **SLIDER)
        for name in ("layer", "row", "column")
    }
    problem = ipywidgets.HTML()
    now: dict[str, tuple[Layer, ...]] = {}

    def places() -> tuple[int, int]:
        return map_sizes(shape, now["layers"])[sliders["layer"].value]

    def draw():
        return receptive_field_view(
            picture, now["layers"], *(slider.value - (name == "layer") for name, slider in sliders.items())
        )

    def fit(layer: int) -> None:
        """Bring the sliders to a layer and the middle of its map, without a picture for each of their moves."""
        now["quiet"] = True
        sliders["layer"].min, sliders["layer"].max = 1, len(now["layers"])
        sliders["layer"].value = layer
        for name, size in zip(("row", "column"), places(), strict=True):
            sliders[name].max = size - 1
            sliders[name].value = size // 2
        now["quiet"] = False

    def take(layers: tuple[Layer, ...], layer: int) -> None:
        map_sizes(shape, layers)
        now["layers"] = layers
        fit(layer)

    def on_network(_) -> None:
        own.layout.display = "" if choice.value == OWN else "none"
        try:
            layers = own_network(own.value) if choice.value == OWN else NETWORKS[choice.value]
            take(layers, len(layers))
        except ValueError as error:
            problem.value = f"<b>Not possible.</b> {escape(str(error))}"
            return
        problem.value = ""
        box.show(draw())

    def on_slider(change) -> None:
        if now["quiet"]:
            return
        if change["owner"] is sliders["layer"]:
            fit(change["new"])
        box.show(draw())

    take(NETWORKS[network], min(layer, len(NETWORKS[network])))
    lines = ipywidgets.HBox(
        [ipywidgets.VBox([choice, own, problem]), ipywidgets.VBox(list(sliders.values()))],
        layout={"flex_flow": "row wrap"},
    )
    box = PictureBox([lines], draw())
    choice.observe(on_network, names="value")
    own.observe(on_network, names="value")
    for slider in sliders.values():
        slider.observe(on_slider, names="value")
    box.choice, box.own, box.sliders, box.problem = choice, own, sliders, problem
    return box


def own_network(text: str) -> tuple[Layer, ...]:
    """The layers of a line such as `7/2/3 3/2/1 3`. Raises ValueError with what would be right."""
    entries = text.replace(",", " ").split()
    if not 1 <= len(entries) <= MOST_LAYERS:
        raise ValueError(f"Write one to {MOST_LAYERS} layers, such as 3 2/2/0 3.")
    layers = []
    for place, entry in enumerate(entries, start=1):
        match = _ENTRY.fullmatch(entry)
        if not match or "0" in match.groups()[:2]:
            raise ValueError(f"{entry} is no layer: write kernel/stride/padding, such as 7/2/3, or 3 alone.")
        kernel, stride, padding = (None if number is None else int(number) for number in match.groups())
        if padding is not None and padding >= kernel:
            raise ValueError(f"In {entry} the padding is as wide as the kernel: its first window would see zeros only.")
        layers.append(
            (f"layer {place}: {kernel}/{stride or 1}", kernel, stride or 1, kernel // 2 if padding is None else padding)
        )
    return tuple(layers)
