"""The map of the course: its parts, the lessons in them, and where you are."""

import textwrap
from collections.abc import Mapping, Sequence

from course_utils.figures.diagram import Diagram
from course_utils.figures.drawing import BLUE, INK, INPUT, MUTED, PAPER, TITLE, Drawing, plural, style

# Inches. A row holds four lessons.
WIDE, TALL, GAP, PER_ROW = 2.16, 0.66, 0.26, 4
LETTERS = 19


@style()
def course_map(parts: Mapping[str, Sequence[tuple[str, str]]], current: str | None = None) -> Drawing:
    """Lessons as boxes in reading order, part by part. parts: title → [(number, title), …]; `current` is a number.

    Raises ValueError if a title is too long for its box or `current` is not among the lessons.
    """
    numbers = [number for lessons in parts.values() for number, _ in lessons]
    if not numbers:
        raise ValueError(f"parts must hold at least one lesson, got {parts!r}")
    if current is not None and current not in numbers:
        raise ValueError(f"current must be the number of a lesson, one of {', '.join(numbers)}, got {current!r}")
    rows = sum(-(-len(lessons) // PER_ROW) for lessons in parts.values())
    head = 0.42
    height = rows * (TALL + GAP) + len(parts) * head
    diagram = Diagram(PER_ROW * WIDE + (PER_ROW - 1) * GAP, height - GAP + 0.1, cell=1.0)
    y = 0.0
    for part, lessons in parts.items():
        diagram.text(0, y + 0.16, part, size=TITLE, weight="bold", ha="left")
        y += head
        before = None
        for i, (number, title) in enumerate(lessons):
            column = i % PER_ROW
            if i and column == 0:
                y += TALL + GAP
            x = column * (WIDE + GAP)
            _lesson(diagram, x, y, number, title, here=number == current)
            if before is not None:
                _step(diagram, before, (x, y))
            before = (x, y)
        y += TALL + GAP
    names = "; ".join(f"{part}: " + ", ".join(f"{n} {t}" for n, t in lessons) for part, lessons in parts.items())
    here = f" You are at lesson {current}." if current is not None else ""
    return diagram.finish(f"The {plural(len(numbers), 'lesson')} of the course in order. {names}.{here}")


def _lesson(diagram: Diagram, x: float, y: float, number: str, title: str, here: bool) -> None:
    lines = textwrap.wrap(title, LETTERS)
    if len(lines) > 2:
        raise ValueError(f"the title of lesson {number} must fit on two lines of {LETTERS} letters, got {title!r}")
    diagram.box(x, y, WIDE, TALL, face=BLUE if here else INPUT, edge=BLUE, lw=1.2)
    color = PAPER if here else INK
    # One baseline for number and title; a vertically centred text would move with its own tall letters.
    base = y + TALL / 2 + 0.055
    diagram.text(x + 0.1, base, number, size=TITLE, weight="bold", ha="left", va="baseline", color=color)
    for i, line in enumerate(lines):
        shift = 0.2 * (i - (len(lines) - 1) / 2)
        diagram.text(x + 0.44, base + shift, line, ha="left", va="baseline", color=color)


def _step(diagram: Diagram, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow to the next lesson: across, or from the end of one row to the beginning of the next."""
    (x0, y0), (x1, y1) = start, end
    if y0 == y1:
        diagram.arrow(x0 + WIDE + 0.03, y0 + TALL / 2, x1 - 0.03, y1 + TALL / 2)
        return
    turn = y1 - 0.15
    diagram.line([x0 + WIDE / 2, x0 + WIDE / 2, x1 + WIDE / 2], [y0 + TALL, turn, turn], color=MUTED, lw=1.6)
    diagram.arrow(x1 + WIDE / 2, turn, x1 + WIDE / 2, y1)
