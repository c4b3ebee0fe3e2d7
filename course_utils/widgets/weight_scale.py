"""Scale the weights of a deep network and see what its layers hand on."""

from collections.abc import Callable, Mapping, Sequence

import ipywidgets
import numpy as np

from course_utils.figures import layer_histograms
from course_utils.widgets.picture_box import SLIDER, PictureBox

LEAST, MOST = 30, 300


def weight_scale(
    outputs: Callable[[float], Mapping[str, Sequence[np.ndarray]]], start: int = 70, reach: float = 4.0
) -> PictureBox:
    """A slider for the scale of the weights, in percent, above the histograms of all layers, one row a network.

    outputs: called with the scale, 0.7 for 70 percent; gives {name: [what each layer hands on]}. Raises ValueError if
    start is not from 30 to 300.
    """
    if not LEAST <= start <= MOST:
        raise ValueError(f"start must be from {LEAST} to {MOST} percent, got {start!r}")

    def draw(percent: int):
        return layer_histograms(outputs(percent / 100), reach)

    slider = ipywidgets.IntSlider(
        value=start, min=LEAST, max=MOST, step=10, description="weights, %", continuous_update=False, **SLIDER
    )
    box = PictureBox([slider], draw(start))
    slider.observe(lambda change: box.show(draw(change["new"])), names="value")
    box.slider = slider
    return box
