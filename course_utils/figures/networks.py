"""A network's volumes in a row, drawn to scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from course_utils.figures.arguments import same_length
from course_utils.figures.costs import short
from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import INPUT, KERNEL, MUTED, OUTPUT, TITLE, Drawing, style
from course_utils.figures.volumes import SLANT, as_shape, box

# Inches: the tallest face, the thickest volume, the gaps between and around equal volumes, and a letter.
TALLEST, THICKEST, BETWEEN, AROUND, LETTER = 2.0, 0.42, 0.06, 0.12, 0.102
# The line below the volumes, in inches.
NOTE = 7.6
# How much of a face's width is seen.
SEEN = 0.6


@dataclass(frozen=True)
class _Group:
    """Equal volumes that follow each other: `count` boxes, each (depth, height, width) inches."""

    shape: tuple[int, int, int]
    count: int
    label: str
    depth: float
    height: float
    width: float

    @property
    def tall(self) -> float:
        return self.height + SLANT * self.width

    @property
    def boxes(self) -> float:
        return self.count * (self.depth + BETWEEN) - BETWEEN + SLANT * self.width

    @property
    def words(self) -> tuple[str, str, str]:
        channels, height, width = self.shape
        values = short(channels * height * width)
        return self.label, f"{channels}×{height}×{width}", values if self.count == 1 else f"{self.count} × {values}"

    @property
    def across(self) -> float:
        return max(self.boxes, *(LETTER * len(word) for word in self.words))


@style()
def network_volumes(shapes: Sequence[tuple[int, int, int]], labels: Sequence[str] | None = None) -> Drawing:
    """A network's volumes (channels, height, width) in a row: faces to one scale, thicknesses to another.

    Equal volumes that follow each other stand together and are described once, with how many numbers each of them
    holds. labels: one for each volume; that of the first of a group is shown above it.
    """
    shapes = [as_shape(shape, f"shapes[{i}]") for i, shape in enumerate(shapes)]
    labels = [""] * len(shapes) if labels is None else list(labels)
    same_length("shapes", shapes, "labels", labels)
    face = TALLEST / max(max(shape[1:]) for shape in shapes)
    # Vectors are left out of the scale of thicknesses: 4,096 channels would make all others vanish.
    thick = THICKEST / max((c for c, h, w in shapes if h * w > 1), default=max(shapes)[0])
    groups = []
    for shape, members in groupby(zip(shapes, labels, strict=True), key=lambda pair: pair[0]):
        members = list(members)
        depth = max(min(shape[0] * thick, THICKEST), 0.03)
        size = depth, max(shape[1] * face, 0.04), max(shape[2] * face, 0.04) * SEEN
        groups.append(_Group(shape, len(members), members[0][1], *size))
    tall = max(group.tall for group in groups)
    across = sum(group.across + AROUND for group in groups) - AROUND
    diagram = Diagram(max(across, NOTE), tall + 1.55, cell=1.0)
    x = 0.0
    for i, group in enumerate(groups):
        color = INPUT if i == 0 else KERNEL if group.shape[1] * group.shape[2] == 1 else OUTPUT
        left, top = x + (group.across - group.boxes) / 2, 0.45 + (tall - group.tall) / 2
        for place in range(group.count):
            at = left + place * (group.depth + BETWEEN)
            box(diagram, at, top, group.depth, group.height, group.width, color, channels=1)
        for word, y, look in zip(group.words, (0.15, tall + 0.68, tall + 0.95), _LOOKS, strict=True):
            diagram.text(x + group.across / 2, y, word, **look)
        x += group.across + AROUND
    note = "channels × height × width, and how many numbers; faces to scale, thickness to a scale of its own"
    diagram.text(0, tall + 1.4, note, color=MUTED, ha="left")
    told = [", ".join(word for word in group.words if word) for group in groups]
    return diagram.finish(f"A network's volumes in a row, {note}: {'; then '.join(told)}.")


_LOOKS = ({"size": TITLE}, {"weight": "bold"}, {"color": MUTED})
