"""AlexNet's two towers: which half of a layer sees which half of the layer before."""

from collections.abc import Sequence

from course_utils.figures.arguments import as_count
from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import INK, INPUT, KERNEL, MUTED, OUTPUT, PAPER, TITLE, VERMILLION, Drawing, style

# Inches: from one layer to the next, a box, and where the two rows of boxes stand.
PITCH, WIDE, TALL = 1.08, 0.74, 0.62
ROWS = (0.95, 2.35)
# A band is what stands on one card.
BAND = 1.1


@style()
def two_towers(
    layers: Sequence[tuple[str, int, int]],
    crossing: Sequence[str],
    cards: tuple[str, str] = ("first card", "second card"),
) -> Drawing:
    """Layers (name, maps, side) from the picture to the scores, each but these two in two halves, one on each card.

    An arrow leads from what is read to who reads it; the layers named in `crossing` read both halves, and the arrows that go
    from card to card are drawn in another colour and dashed. A side of 1 is not written: those are neurons.

    Raises ValueError if there are not 3 to 9 layers, `crossing` names a layer that is not split, or maps cannot be halved.
    """
    names = [name for name, _, _ in layers]
    if not 3 <= len(layers) <= 9:
        raise ValueError(f"layers must be 3 to 9, from the picture to the scores, got {len(layers)}")
    if unknown := [name for name in crossing if name not in names[1:]]:
        raise ValueError(f"crossing must name layers behind the picture, got {unknown[0]!r}")
    for name, maps, side in layers:
        as_count(maps, f"the maps of {name}", 1, 10**6)
        as_count(side, f"the side of {name}", 1, 10**4)
    if odd := [name for name, maps, _ in layers[1:-1] if maps % 2]:
        raise ValueError(f"maps must be even to be halved, and those of {odd[0]} are odd")
    across = (len(layers) - 1) * PITCH + WIDE
    diagram = Diagram(across, 4.0, cell=1.0)
    for card, y, tint in zip(cards, ROWS, (INPUT, KERNEL), strict=True):
        top = y - (BAND - TALL) / 2
        diagram.box(PITCH - 0.14, top, (len(layers) - 2) * PITCH - (PITCH - WIDE) + 0.28, BAND, face=tint, edge="none")
        diagram.text(PITCH, top + 0.12, card, ha="left", color=MUTED)
    for place, layer in enumerate(layers):
        _boxes(diagram, place, layer, len(layers))
        if place:
            _arrows(diagram, place, layer[0] in crossing, len(layers))
    note = "dashed: from one card to the other"
    diagram.text(0, 3.8, note, color=VERMILLION, ha="left")
    alone = ", ".join(name for name in names[1:-1] if name not in crossing)
    told = f"{', '.join(names)} from left to right, all but the first and the last in two halves, one on each card"
    told += f"; {', '.join(crossing) or 'no layer'} read both halves, {alone or 'no layer'} their own half alone."
    return diagram.finish(told[0].upper() + told[1:])


def _rows(place: int, count: int) -> tuple[float, ...]:
    """Where a layer's boxes begin: one in the middle for the picture and the scores, else two."""
    return (sum(ROWS) / 2,) if place in (0, count - 1) else ROWS


def _boxes(diagram: Diagram, place: int, layer: tuple[str, int, int], count: int) -> None:
    name, maps, side = layer
    rows, x = _rows(place, count), place * PITCH
    diagram.text(x + WIDE / 2, 0.3, name, size=TITLE, weight="bold")
    for y in rows:
        face = PAPER if place == 0 else OUTPUT
        diagram.box(x, y, WIDE, TALL, face=face, edge=INK, z=2)
        words = [f"{maps // len(rows):,}"] + ([f"{side}×{side}"] if side > 1 else [])
        for line, word in enumerate(words):
            middle = y + TALL / 2 + 0.24 * (line - (len(words) - 1) / 2)
            diagram.text(x + WIDE / 2, middle, word, weight="bold" if line == 0 else "normal", zorder=3)


def _arrows(diagram: Diagram, place: int, crosses: bool, count: int) -> None:
    left, right = (place - 1) * PITCH + WIDE + 0.02, place * PITCH - 0.02
    for start in _rows(place - 1, count):
        for end in _rows(place, count):
            one_card = start == end or 1 in (len(_rows(place - 1, count)), len(_rows(place, count)))
            if one_card or crosses:
                look = {"color": MUTED} if one_card else {"color": VERMILLION, "ls": (0, (3, 1.5))}
                diagram.arrow(left, start + TALL / 2, right, end + TALL / 2, **look)
