"""Edit nine weights and see at once what a photograph answers."""

import ipywidgets
import numpy as np

from course_utils.figures import Drawing, filter_responses
from course_utils.layers import correlate2d
from course_utils.widgets.picture_box import PictureBox

PRESETS = {
    "vertical edges": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "horizontal edges": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "Sobel": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "blur": [[1 / 9] * 3] * 3,
    "nothing changed": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}
OWN = "your own"


def kernel_editor(image: np.ndarray) -> PictureBox:
    """Choose a filter, change its weights, and see the response of `image`, a gray picture (H, W), to it."""
    image = np.asarray(image, dtype=float)
    if image.ndim != 2 or min(image.shape) < 3:
        raise ValueError(f"image must be gray, of shape (H, W) with at least 3 pixels a side, got {image.shape}")

    preset = ipywidgets.Dropdown(options=[*PRESETS, OWN], description="filter", layout={"width": "18em"})
    cells = [
        ipywidgets.FloatText(step=0.5, layout={"width": "5.5em"}, tooltip=f"weight at row {i // 3}, column {i % 3}")
        for i in range(9)
    ]
    rows = [ipywidgets.HBox(cells[i : i + 3]) for i in (0, 3, 6)]

    def draw() -> Drawing:
        kernel = np.array([cell.value for cell in cells]).reshape(3, 3)
        return filter_responses(image, {preset.value: kernel}, {preset.value: correlate2d(image, kernel)})

    filling = False

    def fill() -> None:
        nonlocal filling
        filling = True
        for cell, weight in zip(cells, np.ravel(PRESETS[preset.value]), strict=True):
            cell.value = round(float(weight), 4)
        filling = False

    def on_preset(_) -> None:
        if preset.value != OWN:
            fill()
            box.show(draw())

    def on_weight(_) -> None:
        # A preset sets nine weights: one picture is enough, when all are in.
        if not filling:
            preset.value = OWN
            box.show(draw())

    fill()
    box = PictureBox([ipywidgets.HBox([preset, ipywidgets.VBox(rows)])], draw())
    preset.observe(on_preset, names="value")
    for cell in cells:
        cell.observe(on_weight, names="value")
    box.preset, box.cells = preset, cells
    return box
