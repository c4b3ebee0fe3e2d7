"""A summary as HTML for a notebook, as text for a terminal, as CSV and as Markdown."""

import csv
import html
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from course_utils.accounting import tables
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
    lines = [_head(columns), None, *_cells(summary, columns), None, _totals(columns)]
    table = tables.aligned(lines, [column.number for column in columns])
    return "\n".join([_caption(summary), "", *table, *_notes(summary)])


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
    raised = "background:var(--jp-layout-color2,Canvas);position:sticky;z-index:1;font-weight:600"

    def line(values: list[str], tag: str, style: str = "") -> str:
        style = f"padding:2px 9px;white-space:nowrap;{style}"
        return "".join(
            tables.cell(html.escape(value), column.number, style, tag)
            for column, value in zip(columns, values, strict=True)
        )

    head = line(_head(columns), "th", f"{raised};top:0;border-bottom:{tables.RULE}")
    rows = "".join(f'<tr style="{tables.PAPER}">{line(values, "td")}</tr>' for values in _cells(summary, columns))
    totals = line(_totals(columns), "td", f"{raised};bottom:0;border-top:{tables.RULE}")
    return tables.framed(
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody><tfoot><tr>{totals}</tr></tfoot>",
        _caption(summary),
        label=f"{summary.title}, layer by layer",
        notes=_notes(summary),
        scroll=f"max-height:{_TALLEST};overflow:auto",
    )


def _columns(summary: "Summary") -> list[_Column]:
    parameters = "weights + biases" if summary.bias else "weights, no biases"
    all_parameters, all_macs = summary.parameters, summary.macs
    columns = [
        _Column("layer", lambda row: row.name, "total", number=False),
        _Column("type", lambda row: row.type, number=False),
        _Column("output", lambda row: as_text(row.output_size)),
        _Column(parameters, lambda row: _number(row.parameters), _number(all_parameters) or "0"),
        _Column("share", lambda row: tables.share(row.parameters, all_parameters)),
        _Column(
            f"{summary.unit}s",
            lambda row: _number(_operations(summary, row.macs)),
            _number(_operations(summary, all_macs)) or "0",
        ),
        _Column("share", lambda row: tables.share(row.macs, all_macs)),
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


def _pair(pair: Pair | None) -> str:
    """(7, 7) as 7, (7, 3) as 7x3, and a dash for none."""
    if pair is None or not any(pair):
        return "–"
    return str(pair[0]) if pair[0] == pair[1] else as_text(pair)
