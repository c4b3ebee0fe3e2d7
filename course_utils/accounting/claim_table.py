"""Rows of the claim ledger to look at: HTML in a notebook, text in a terminal."""

import html
import re
import textwrap
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest

from course_utils.accounting import tables

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

    def __repr__(self) -> str:
        """One line, because a notebook keeps it beside the HTML; print shows the rows."""
        claims = f"{len(self)} claim{'' if len(self) == 1 else 's'}"
        by = next((name for name in ("verdict", "source") if name in self.columns), None)
        if by is None or not self.rows:
            return claims
        counts = Counter(row[self.columns.index(by)] for row in self.rows)
        return f"{claims}: {', '.join(f'{count} {name}' for name, count in counts.most_common())}"

    def __str__(self) -> str:
        if not self.rows:
            return "(no rows)"
        lines = [self.columns, None]
        for row in self.rows:
            cells = [_wrapped(name, _grouped(text)) for name, text in zip(self.columns, row, strict=True)]
            lines += zip_longest(*cells, fillvalue="")
        return "\n".join(tables.aligned(lines, [name in _NUMBERS for name in self.columns]))

    def _repr_html_(self) -> str:
        if not self.rows:
            return "<div>(no rows)</div>"
        head = "".join(_cell(name, html.escape(name), "th") for name in self.columns)
        body = ""
        for row in self.rows:
            cells = "".join(_cell(name, _coloured(name, text)) for name, text in zip(self.columns, row, strict=True))
            body += f'<tr style="background:none">{cells}</tr>'
        style = f"border-collapse:collapse;margin:4px 0;line-height:1.4;{tables.INK}"
        return (
            f'<div style="overflow-x:auto"><table style="{style}">'
            f'<thead><tr style="background:none">{head}</tr></thead><tbody>{body}</tbody></table></div>'
        )


class Counts(ClaimTable):
    """How many claims there are of each kind: a table so small that it always shows in full."""

    __repr__ = ClaimTable.__str__


def _coloured(name: str, text: str) -> str:
    shown = html.escape(_grouped(text))
    if name == "verdict" and text in _COLOURS:
        return f'<span style="color:{_COLOURS[text]};font-weight:bold">{shown}</span>'
    return shown


def _cell(name: str, content: str, tag: str = "td") -> str:
    style = "border-bottom:1px solid #8888;padding:3px 8px;vertical-align:top;background:none"
    return tables.cell(content, name in _NUMBERS, style, tag)


def _grouped(text: str) -> str:
    """102760448 as 102,760,448; years and other numbers up to four digits stay."""
    return re.sub(r"(?<![\d.,])\d{5,}(?![\d.,])", lambda found: f"{int(found[0]):,}", text)


def _wrapped(name: str, text: str) -> list[str]:
    return textwrap.wrap(text, _WIDEST.get(name, 24)) or [""]
