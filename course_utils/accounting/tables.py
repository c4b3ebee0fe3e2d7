"""What the tables of this package share: lines of text whose cells line up, and HTML that fits a notebook's page."""

import html
from collections.abc import Sequence

# The page's own colours, so that a table holds on a light and on a dark one.
INK = "color:var(--jp-content-font-color1,inherit)"
PAPER = "background:var(--jp-layout-color0,Canvas)"
RULE = "1px solid var(--jp-border-color1,#9e9e9e)"


def aligned(lines: Sequence[Sequence[str] | None], numbers: Sequence[bool]) -> list[str]:
    """Each line with its cells as wide as the widest of their column; None gives a rule of dashes.

    numbers: for each column, whether its cells go to the right.
    """
    widths = [max(map(len, column)) for column in zip(*filter(None, lines), strict=True)]
    texts = []
    for line in lines:
        cells = ["-" * width for width in widths] if line is None else line
        padded = zip(cells, widths, numbers, strict=True)
        texts.append("  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in padded))
    return [text.rstrip() for text in texts]


def cell(content: str, number: bool, style: str, tag: str = "td") -> str:
    """content: HTML. number: it goes to the right. tag: th at the top of a column."""
    opening = '<th scope="col"' if tag == "th" else f"<{tag}"
    return f'{opening} style="text-align:{"right" if number else "left"};{style}">{content}</{tag}>'


def framed(inside: str, caption: str, label: str, notes: Sequence[str], scroll: str) -> str:
    """A table between its caption and its notes, in a frame that scrolls.

    inside: the table's rows, in HTML; caption and notes are text. label: what a screen reader calls the frame. scroll:
    the frame's style where the table is larger than the page.
    """
    table = (
        '<table style="border-collapse:separate;border-spacing:0;margin:0;font-variant-numeric:tabular-nums;'
        f'{INK};font-size:var(--jp-content-font-size0,13px)">{inside}</table>'
    )
    frame = f"{scroll};display:inline-block;max-width:100%;border:{RULE}"
    below = "".join(f'<div style="margin-top:4px">{html.escape(note)}</div>' for note in notes)
    return (
        f'<div style="{INK};line-height:1.45;margin:4px 0">'
        f'<div style="margin-bottom:6px">{html.escape(caption)}</div>'
        f'<div role="region" aria-label="{html.escape(label)}" tabindex="0" style="{frame}">{table}</div>{below}</div>'
    )


def share(part: int, whole: int) -> str:
    """part of whole in percent; nothing for none, so that the eye finds what is there."""
    if not part:
        return ""
    percent = 100 * part / whole
    return "< 0.1%" if percent < 0.05 else f"{percent:.1f}%"
