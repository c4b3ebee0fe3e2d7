"""What every widget is: controls above a picture, and the same picture alone where there is no kernel."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

import ipywidgets

from course_utils.figures import Drawing

SLIDER = {"style": {"description_width": "5.5em"}, "layout": {"width": "24em"}}


class PictureBox(ipywidgets.VBox):
    """Controls above a picture that `show` replaces.

    Its first picture is also the widget's image/png, so that a notebook read without a kernel, on the web or on paper,
    shows the widget as it began. Each picture carries its alternative text.
    """

    def __init__(self, controls: Sequence[ipywidgets.Widget], drawing: Drawing):
        self.first = drawing
        self.drawing = drawing
        self.picture = ipywidgets.HTML()
        self.show(drawing)
        super().__init__([*controls, self.picture])

    def show(self, drawing: Drawing) -> None:
        self.drawing = drawing
        data = b64encode(drawing.png()).decode()
        self.picture.value = (
            f'<img alt="{escape(drawing.alt)}" src="data:image/png;base64,{data}" style="max-width: 100%">'
        )

    def _repr_mimebundle_(self, **kwargs) -> tuple[dict, dict]:
        bundle = dict(super()._repr_mimebundle_(**kwargs))
        bundle |= {"image/png": self.first.small_png(), "text/plain": self.first.alt}
        return bundle, {"image/png": {"alt": self.first.alt}}


def stepper(last: int, description: str) -> tuple[ipywidgets.HBox, ipywidgets.IntSlider]:
    """A slider from 0 to `last` with buttons for one step back and forth, and one that plays all steps."""
    slider = ipywidgets.IntSlider(value=0, min=0, max=last, description=description, **SLIDER)
    back = ipywidgets.Button(description="back", tooltip="one step back", layout={"width": "5em"})
    forth = ipywidgets.Button(description="next", tooltip="one step forth", layout={"width": "5em"})
    back.on_click(lambda _: setattr(slider, "value", max(slider.value - 1, 0)))
    forth.on_click(lambda _: setattr(slider, "value", min(slider.value + 1, last)))
    play = ipywidgets.Play(min=0, max=last, interval=900, show_repeat=False)
    ipywidgets.jslink((play, "value"), (slider, "value"))
    row = ipywidgets.HBox([slider, back, forth, play], layout={"flex_flow": "row wrap", "align_items": "center"})
    return row, slider
