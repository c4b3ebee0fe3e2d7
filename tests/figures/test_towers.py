"""The figure of AlexNet's towers draws who reads whom."""

import pytest
from figure_examples import TOWERS
from matplotlib.patches import FancyArrowPatch

from course_utils import figures
from course_utils.figures.drawing import VERMILLION


def arrows(drawing, dashed):
    found = [patch for patch in drawing.figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    return [arrow for arrow in found if (arrow.get_linestyle() != "solid" and arrow.get_linestyle() != "-") == dashed]


def test_two_arrows_go_from_card_to_card_for_each_layer_that_crosses_between_the_towers():
    """fc8 stands outside the towers, so what it reads does not cross from one to the other."""
    drawing = figures.two_towers(TOWERS, crossing=["conv3", "fc6", "fc7", "fc8"])
    assert len(arrows(drawing, dashed=True)) == 2 * 3
    # Two to each layer: from the picture or from its own card.
    assert len(arrows(drawing, dashed=False)) == 2 * (len(TOWERS) - 1)


def test_nothing_crosses_unless_it_is_named():
    drawing = figures.two_towers(TOWERS, crossing=[])
    assert not arrows(drawing, dashed=True)
    assert "no layer read both halves" in drawing.alt


def test_a_tower_holds_half_of_the_maps():
    words = [text.get_text() for text in figures.two_towers(TOWERS, crossing=["conv3"]).figure.axes[0].texts]
    assert words.count("48") == words.count("128") - 2 == 2
    assert words.count("2,048") == 4
    assert words.count("1,000") == words.count("224×224") == 1


def test_alternative_text_says_who_reads_both():
    drawing = figures.two_towers(TOWERS, crossing=["conv3", "fc6", "fc7", "fc8"])
    assert "conv3, fc6, fc7, fc8 read both halves, conv1, conv2, conv4, conv5 their own half alone" in drawing.alt


@pytest.mark.parametrize(
    "layers, crossing, words",
    [
        (TOWERS[:2], [], "3 to 9"),
        (TOWERS, ["conv6"], "crossing must name layers"),
        (TOWERS, ["picture"], "crossing must name layers"),
        ([TOWERS[0], ("conv1", 95, 55), TOWERS[-1]], [], "those of conv1 are odd"),
    ],
)
def test_what_cannot_be_drawn_is_refused(layers, crossing, words):
    with pytest.raises(ValueError, match=words):
        figures.two_towers(layers, crossing)


def test_dashes_are_of_another_colour():
    drawing = figures.two_towers(TOWERS, crossing=["conv3"])
    colours = {patch.get_edgecolor() for patch in arrows(drawing, dashed=True)}
    assert len(colours) == 1
    red, green, blue, _ = colours.pop()
    assert f"#{round(255 * red):02X}{round(255 * green):02X}{round(255 * blue):02X}" == VERMILLION
