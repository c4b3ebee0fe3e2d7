"""A kernel slid over a small image, step by step."""

import numpy as np

from course_utils.figures import sliding_step
from course_utils.layers import correlate2d
from course_utils.widgets.picture_box import PictureBox, stepper


def sliding_window(x: np.ndarray, kernel: np.ndarray) -> PictureBox:
    """A slider over the places of a window: what it sees, the products, their sum, and the output filled so far.

    x: (H, W), kernel: (KH, KW), small enough to read. Raises ValueError if the kernel does not fit in x.
    """
    x, kernel = np.asarray(x, dtype=float), np.asarray(kernel, dtype=float)
    out = correlate2d(x, kernel)
    order = np.arange(out.size).reshape(out.shape)

    def draw(position: int):
        row, column = divmod(position, out.shape[1])
        return sliding_step(x, kernel, row, column, np.where(order <= position, out, np.nan))

    controls, slider = stepper(out.size - 1, "position")
    box = PictureBox([controls], draw(0))
    slider.observe(lambda change: box.show(draw(change["new"])), names="value")
    box.slider = slider
    return box
