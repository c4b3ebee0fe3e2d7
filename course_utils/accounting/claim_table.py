"""Rows of the claim ledger to look at: HTML in a notebook, text in a terminal."""

import html
import re
import textwrap
from dataclasses import dataclass

# Colours that hold on a light and on a dark page; the word itself says the same without colour.
_COLOURS = {
    "confirmed": "#009E73",
    "rounding": "#009E73",
    "historical": "#0072B2",
    "convention": "#B8860B",
    "wrong": "#D55E00",
}
_NUMBERS = ("claimed", "computed", *_COLOURS, "all")
_WIDEST = {"claim": 48, "why": 48, "computed": 28, "claimed": 20}


@dataclass(frozen=True)
class ClaimTable:
    """columns: the names at the top. rows: a text for each column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        if not self.rows:
            return "(no rows)"
        wrapped = [
            [_wrapped(name, _grouped(text)) for name, text in zip(self.columns, row, strict=True)] for row in self.rows
        ]
        widths = [
            max(len(name), *(len(line) for row in wrapped for line in row[place]))
            for place, name in enumerate(self.columns)
        ]
        lines = [_line(self.columns, widths), _line(["-" * width for width in widths], widths)]
        for row in wrapped:
            for number in range(max(map(len, row))):
                lines.append(_line([cell[number] if number < len(cell) else "" for cell in row], widths))
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.rows:
            return "<div>(no rows)</div>"
        head = "".join(f'<th scope="col" style="{_cell(name)}">{html.escape(name)}</th>' for name in self.columns)
        body = ""
        for row in self.rows:
            cells = "".join(_html_cell(name, text) for name, text in zip(self.columns, row, strict=True))
            body += f'<tr style="background:none">{cells}</tr>'
        style = "border-collapse:collapse;margin:4px 0;line-height:1.4;color:var(--jp-content-font-color1,inherit)"
        return (
            f'<div style="overflow-x:auto"><table style="{style}">'
            f'<thead><tr style="background:none">{head}</tr></thead><tbody>{body}</tbody></table></div>'
        )


def _html_cell(name: str, text: str) -> str:
    shown = html.escape(_grouped(text))
    if name == "verdict" and text in _COLOURS:
        shown = f'<span style="color:{_COLOURS[text]};font-weight:bold">{shown}</span>'
    return f'<td style="{_cell(name)}">{shown}</td>'


def _cell(name: str) -> str:
    align = "right" if name in _NUMBERS else "left"
    return f"border-bottom:1px solid #8888;padding:3px 8px;text-align:{align};vertical-align:top;background:none"


def _grouped(text: str) -> str:
    """102760448 as 102,760,448; years and other numbers up to four digits stay."""
    return re.sub(r"(?<![\d.,])\d{5,}(?![\d.,])", lambda found: f"{int(found[0]):,}", text)


def _wrapped(name: str, text: str) -> list[str]:
    return textwrap.wrap(text, _WIDEST.get(name, 24)) or [""]


def _line(cells: list[str] | tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
