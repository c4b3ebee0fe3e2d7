"""The running demo: a small convolution layer, one output after another."""

import numpy as np

from course_utils.figures import convolution_step
from course_utils.layers import conv2d_forward
from course_utils.widgets.picture_box import PictureBox, stepper


def running_demo(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stride: int = 2, padding: int = 1) -> PictureBox:
    """A slider over the outputs of a convolution, filter by filter, with every number that goes into each.

    x: (C, H, W), weight: (K, C, KH, KW), bias: (K,). Raises ValueError if the shapes do not fit or are too large to draw.
    """

    x, weight, bias = (np.asarray(a, dtype=float) for a in (x, weight, bias))

    def draw(step: int):
        return convolution_step(x, weight, bias, stride, padding, step)

    first = draw(0)
    out, _ = conv2d_forward(x[None], weight, bias, stride, padding)
    controls, slider = stepper(out.size - 1, "output")
    box = PictureBox([controls], first)
    slider.observe(lambda change: box.show(draw(change["new"])), names="value")
    box.slider = slider
    return box
