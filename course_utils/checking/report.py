"""A report: one finding for the learner, as HTML in a notebook and as text in a terminal."""

import html
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

# Colours that hold on a light and on a dark page; the sign in front says the same without colour.
_TONES = {
    "good": ("✓", "#009E73"),
    "bad": ("✗", "#D55E00"),
    "open": ("○", "#7f7f7f"),
    "note": ("•", "#0072B2"),
}
_ROWS, _COLUMNS, _SLICES = 8, 10, 24


@dataclass(frozen=True)
class Grid:
    """One slice of an array with a title. `wrong` marks places, or is None where nothing can be compared."""

    title: str
    values: np.ndarray
    wrong: np.ndarray | None = None


@dataclass(frozen=True)
class Report:
    """What is shown: a first line, sentences, arrays side by side, and a last line.

    Sentences know three marks: `code`, **strong** and *stressed*. `code` is a block of literal lines. `where` marks
    the wrong places of a whole array, slice by slice.
    """

    tone: str
    title: str
    sentences: Sequence[str] = ()
    code: str = ""
    grids: Sequence[Grid] = field(default_factory=tuple)
    where: np.ndarray | None = None
    closing: Sequence[str] = ()

    def __str__(self) -> str:
        lines = [f"{_TONES[self.tone][0]} {_plain(self.title)}"]
        lines += [f"  {_plain(sentence)}" for sentence in self.sentences]
        lines += [f"    {line}" for line in self.code.splitlines()]
        for grid in self.grids:
            lines += [f"  {grid.title}:", *(f"    {line}" for line in text_rows(grid))]
        lines += [f"  {_plain(sentence)}" for sentence in self.closing]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        sign, colour = _TONES[self.tone]
        parts = [f'<div><span style="color:{colour};font-weight:bold">{sign}</span> {markup(self.title)}</div>']
        parts += [f'<div style="margin-top:4px">{markup(sentence)}</div>' for sentence in self.sentences]
        if self.code:
            style = "margin:6px 0;padding:0;background:none;white-space:pre-wrap;color:inherit"
            parts.append(f'<pre style="{style}">{html.escape(self.code)}</pre>')
        if self.grids:
            tables = "".join(_html_grid(grid) for grid in self.grids)
            if self.where is not None:
                tables += _html_map(self.where)
            parts.append(f'<div style="display:flex;flex-wrap:wrap;gap:24px;margin:6px 0">{tables}</div>')
        parts += [f'<div style="margin-top:4px">{markup(sentence)}</div>' for sentence in self.closing]
        box = (
            f"border-left:4px solid {colour};padding:4px 12px;margin:4px 0;max-width:56em;line-height:1.45;"
            "color:var(--jp-content-font-color1,inherit)"
        )
        return f'<div role="status" style="{box}">{"".join(parts)}</div>'


def show(report: object) -> None:
    """Display a report where there is a notebook, print its text elsewhere."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        display(report)
    else:
        print(report)


def literal(text: str, longest: int = 200) -> str:
    """Text that is not ours, such as an error's, as code in a sentence."""
    text = text.replace("`", "'")
    return f"`{text if len(text) <= longest else text[: longest - 1] + '…'}`"


def number(value: object) -> str:
    """A number as short as it can be shown: 3, -0.25, 1.04e-05."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return str(value)
    if np.isfinite(value) and value == int(value) and abs(value) < 1e9:
        return str(int(value))
    return f"{value:.4g}"


def _window(grid: Grid) -> tuple[slice, slice]:
    """Which rows and columns to show: those around the first wrong place."""
    row, column = (0, 0) if grid.wrong is None or not grid.wrong.any() else np.argwhere(grid.wrong)[0]
    top = max(0, min(int(row) - 2, grid.values.shape[0] - _ROWS))
    left = max(0, min(int(column) - 2, grid.values.shape[1] - _COLUMNS))
    return slice(top, top + _ROWS), slice(left, left + _COLUMNS)


def text_rows(grid: Grid) -> list[str]:
    """A slice as lines of text, with a star at each place that differs."""
    rows, columns = _window(grid)
    wrong = np.zeros(grid.values.shape, bool) if grid.wrong is None else grid.wrong
    cells = [
        [number(value) + ("*" if bad else " ") for value, bad in zip(row, bads, strict=True)]
        for row, bads in zip(grid.values[rows, columns], wrong[rows, columns], strict=True)
    ]
    width = max((len(cell) for row in cells for cell in row), default=1)
    lines = ["".join(cell.rjust(width + 1) for cell in row) for row in cells]
    return (
        lines
        + (["(part of it)"] if _is_part(grid) else [])
        + (["(* differs)"] if wrong.any() and wrong.size > 1 else [])
    )


def _html_grid(grid: Grid) -> str:
    rows, columns = _window(grid)
    wrong = np.zeros(grid.values.shape, bool) if grid.wrong is None else grid.wrong
    body = ""
    for row, bads in zip(grid.values[rows, columns], wrong[rows, columns], strict=True):
        cells = ""
        for value, bad in zip(row, bads, strict=True):
            style = "border:1px solid #888;padding:2px 7px;text-align:right;background:none"
            if bad:
                style += ";outline:2px solid #D55E00;outline-offset:-2px;font-weight:bold"
            cells += f'<td style="{style}">{number(value)}</td>'
        body += f'<tr style="background:none">{cells}</tr>'
    part = " (part of it)" if _is_part(grid) else ""
    caption = f'<div style="margin-bottom:3px">{html.escape(grid.title)}{part}</div>'
    table = 'style="border-collapse:collapse;margin:0;font-family:var(--jp-code-font-family,monospace)"'
    return f"<div>{caption}<table {table}>{body}</table></div>"


def _html_map(wrong: np.ndarray) -> str:
    """Every slice of an array as a small rectangle of dots, the wrong places filled."""
    slices = wrong.reshape(-1, *wrong.shape[-2:])
    if len(slices) > _SLICES or max(slices.shape[1:]) > 16:
        return ""
    height, width = slices.shape[1:]
    step, gap = 7, 8
    marks = ""
    for index, plane in enumerate(slices):
        for (i, j), bad in np.ndenumerate(plane):
            left = index * (width * step + gap) + j * step
            fill = "#D55E00" if bad else "none"
            marks += f'<rect x="{left + 0.5}" y="{i * step + 0.5}" width="5" height="5" fill="{fill}" stroke="#888"/>'
    total = len(slices) * (width * step + gap)
    label = f"{int(wrong.sum())} of {wrong.size} places differ, in {len(slices)} slices"
    svg = f'<svg role="img" aria-label="{label}" width="{total}" height="{height * step + 2}">{marks}</svg>'
    return f'<div><div style="margin-bottom:3px">where, slice by slice</div>{svg}</div>'


def _is_part(grid: Grid) -> bool:
    return grid.values.shape[0] > _ROWS or grid.values.shape[1] > _COLUMNS


def markup(sentence: str) -> str:
    """The sentence as HTML: its marks as elements, and all else as text."""
    return _marked(html.escape(sentence, quote=False), r"<code>\1</code>", r"<strong>\1</strong>", r"<em>\1</em>")


def _plain(sentence: str) -> str:
    return _marked(sentence, r"`\1`", r"\1", r"\1")


def _marked(sentence: str, code: str, strong: str, stressed: str) -> str:
    """The sentence with its three marks replaced. Between backticks a star is a star: `x**2 + y**2`."""
    parts = re.split(r"`([^`]+)`", sentence)
    for place, part in enumerate(parts):
        if place % 2:
            parts[place] = code.replace(r"\1", part)
            continue
        text = re.sub(r"\*\*([^*]+)\*\*", strong, part)
        parts[place] = re.sub(r"(?<![\w*])\*(\S(?:[^*]*\S)?)\*(?![\w*])", stressed, text)
    return "".join(parts)
