"""Max pooling window by window, there and back."""

import ipywidgets
import numpy as np

from course_utils.figures import max_pooling
from course_utils.layers import conv_output_size
from course_utils.widgets.picture_box import PictureBox, stepper

# name: (kernel_size, stride)
WINDOWS = {
    "2 × 2, stride 2": (2, 2),
    "3 × 3, stride 2": (3, 2),
    "2 × 2, stride 1": (2, 1),
    "3 × 3, stride 3": (3, 3),
}


def pooling_switches(x: np.ndarray) -> PictureBox:
    """Choose a window and step it over x (H, W): its maximum and switch, and where its gradient goes on the way back.

    The gradients that come in are 1, 2, 3, …, so that what adds up can be told apart.
    Raises ValueError if x is not a matrix of at least 3 a side.
    """
    x = np.asarray(x, dtype=float)
    if x.ndim != 2 or min(x.shape) < 3:
        raise ValueError(f"x must have shape (H, W) with at least 3 numbers a side, got {x.shape}")

    choice = ipywidgets.Dropdown(options=list(WINDOWS), description="window", layout={"width": "18em"})

    def places() -> tuple[int, int]:
        return tuple(conv_output_size(size, *WINDOWS[choice.value]) for size in x.shape)

    def draw(step: int):
        rows, columns = places()
        dout = np.arange(1.0, rows * columns + 1).reshape(rows, columns)
        return max_pooling(x, *WINDOWS[choice.value], dout=dout, step=step)

    def on_choice(_) -> None:
        last = int(np.prod(places())) - 1
        play.max = slider.max = last
        # Going back to the first window draws it, unless the slider stands there already.
        if slider.value:
            slider.value = 0
        else:
            box.show(draw(0))

    controls, slider = stepper(int(np.prod(x.shape)), "step")
    play = controls.children[-1]
    slider.max = play.max = int(np.prod(places())) - 1
    box = PictureBox([choice, controls], draw(0))
    choice.observe(on_choice, names="value")
    slider.observe(lambda change: box.show(draw(change["new"])), names="value")
    box.slider, box.choice = slider, choice
    return box
