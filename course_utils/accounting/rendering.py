"""A summary as HTML for a notebook, as text for a terminal, as CSV and as Markdown."""

import csv
import html
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from course_utils.accounting.counting import Row
from course_utils.accounting.volumes import Pair, as_text

if TYPE_CHECKING:
    from course_utils.accounting.summary import Summary

# A table that is longer scrolls, with its head and its totals in sight.
_TALLEST = "32em"


@dataclass(frozen=True)
class _Column:
    head: str
    cell: Callable[[Row], str]
    total: str = ""
    number: bool = True


def to_text(summary: "Summary") -> str:
    columns = _columns(summary)
    lines = [_head(columns), *_cells(summary, columns), _totals(columns)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    ruled = "  ".join("-" * width for width in widths)
    body = [
        "  ".join(
            cell.rjust(width) if column.number else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join([_caption(summary), "", body[0], ruled, *body[1:-1], ruled, body[-1], *_notes(summary)])


def to_markdown(summary: "Summary") -> str:
    columns = _columns(summary)
    rules = ["---:" if column.number else ":---" for column in columns]
    lines = [
        _head(columns),
        rules,
        *_cells(summary, columns),
        [f"**{cell}**" if cell else "" for cell in _totals(columns)],
    ]
    table = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join([_caption(summary), "", *table, *("\n" + note for note in _notes(summary))]) + "\n"


def to_csv(summary: "Summary") -> str:
    parameters = "parameters" if summary.bias else "parameters_without_biases"
    operations = "macs" if summary.unit == "MAC" else "flops"
    heads = ["name", "type", "output_size", "weights", "biases", parameters, operations, "activations", "buffers"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*heads, "receptive_field", "jump", "start"])
    for row in summary.rows:
        counts = row.weights, row.biases, row.parameters, _operations(summary, row.macs), row.activations, row.buffers
        pairs = ("" if pair is None else as_text(pair) for pair in (row.receptive_field, row.jump, row.start))
        writer.writerow([row.name, row.type, as_text(row.output_size), *counts, *pairs])
    return text.getvalue()


def to_html(summary: "Summary") -> str:
    columns = _columns(summary)
    # The page's own colours, so that the table holds on a light and on a dark one.
    line = "1px solid var(--jp-border-color1,#9e9e9e)"
    page = "background:var(--jp-layout-color0,Canvas)"
    raised = "background:var(--jp-layout-color2,Canvas);position:sticky;z-index:1;font-weight:600"

    def cells(values: list[str], tag: str, style: str = "") -> str:
        text = ""
        opening = f'<{tag} scope="col"' if tag == "th" else f"<{tag}"
        for column, value in zip(columns, values, strict=True):
            align = "right" if column.number else "left"
            opened = f'{opening} style="padding:2px 9px;text-align:{align};white-space:nowrap;{style}">'
            text += f"{opened}{html.escape(value)}</{tag}>"
        return text

    rows = "".join(f'<tr style="{page}">{cells(values, "td")}</tr>' for values in _cells(summary, columns))
    head = cells(_head(columns), "th", f"{raised};top:0;border-bottom:{line}")
    totals = cells(_totals(columns), "td", f"{raised};bottom:0;border-top:{line}")
    table = (
        '<table style="border-collapse:separate;border-spacing:0;margin:0;font-variant-numeric:tabular-nums;'
        'color:var(--jp-content-font-color1,inherit);font-size:var(--jp-content-font-size0,13px)">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody><tfoot><tr>{totals}</tr></tfoot></table>"
    )
    frame = f"max-height:{_TALLEST};overflow:auto;display:inline-block;max-width:100%;border:{line}"
    label = html.escape(f"{summary.title}, layer by layer", quote=True)
    notes = "".join(f'<div style="margin-top:4px">{html.escape(note)}</div>' for note in _notes(summary))
    return (
        '<div style="color:var(--jp-content-font-color1,inherit);line-height:1.45;margin:4px 0">'
        f'<div style="margin-bottom:6px">{html.escape(_caption(summary))}</div>'
        f'<div role="region" aria-label="{label}" tabindex="0" style="{frame}">{table}</div>{notes}</div>'
    )


def _columns(summary: "Summary") -> list[_Column]:
    parameters = "weights + biases" if summary.bias else "weights, no biases"
    all_parameters, all_macs = summary.parameters, summary.macs
    columns = [
        _Column("layer", lambda row: row.name, "total", number=False),
        _Column("type", lambda row: row.type, number=False),
        _Column("output", lambda row: as_text(row.output_size)),
        _Column(parameters, lambda row: _number(row.parameters), _number(all_parameters) or "0"),
        _Column("share", lambda row: _share(row.parameters, all_parameters)),
        _Column(
            f"{summary.unit}s",
            lambda row: _number(_operations(summary, row.macs)),
            _number(_operations(summary, all_macs)) or "0",
        ),
        _Column("share", lambda row: _share(row.macs, all_macs)),
        _Column("activations", lambda row: _number(row.activations), _number(summary.activations)),
    ]
    if any(row.receptive_field for row in summary.rows):
        columns += [
            _Column("sees", lambda row: _pair(row.receptive_field)),
            _Column("jump", lambda row: _pair(row.jump)),
        ]
    return columns


def _caption(summary: "Summary") -> str:
    how = "by formula" if summary.method == "formula" else "as observed by hooks"
    biases = "biases counted" if summary.bias else "biases not counted"
    unit = "one MAC a multiplication with its addition" if summary.unit == "MAC" else "two FLOP a multiply-accumulate"
    size = as_text(summary.input_size)
    return f"{summary.title} on one {size} image, {len(summary.rows)} rows {how}; {biases}; {unit}"


def _notes(summary: "Summary") -> list[str]:
    notes = []
    if summary.buffers:
        notes.append(f"{summary.buffers:,} more numbers are kept but not learned (buffers).")
    if summary.unused:
        notes.append(f"{summary.unused:,} more parameters belong to parts that were not run.")
    return notes


def _head(columns: list[_Column]) -> list[str]:
    return [column.head for column in columns]


def _cells(summary: "Summary", columns: list[_Column]) -> list[list[str]]:
    return [[column.cell(row) for column in columns] for row in summary.rows]


def _totals(columns: list[_Column]) -> list[str]:
    return [column.total for column in columns]


def _operations(summary: "Summary", macs: int) -> int:
    return macs if summary.unit == "MAC" else 2 * macs


def _number(value: int) -> str:
    """With thousands separators; nothing for none, so that the eye finds what is there."""
    return f"{value:,}" if value else ""


def _share(part: int, whole: int) -> str:
    if not part:
        return ""
    percent = 100 * part / whole
    return "< 0.1%" if percent < 0.05 else f"{percent:.1f}%"


def _pair(pair: Pair | None) -> str:
    """(7, 7) as 7, (7, 3) as 7x3, and a dash for none."""
    if pair is None or not any(pair):
        return "–"
    return str(pair[0]) if pair[0] == pair[1] else as_text(pair)
