"""The table: totals, conventions, groups, and its four forms."""

import csv
import io
import re

import pytest
from torch import nn

from course_utils.accounting import Step, Summary, summary

STEPS = (
    Step("a.conv", "Conv2d", {"out_channels": 4, "kernel_size": 3}),
    Step("a.bn", "BatchNorm2d"),
    Step("a.relu", "ReLU"),
    Step("flatten", "Flatten"),
    Step("fc", "Linear", {"out_features": 7}),
)


@pytest.fixture
def table() -> Summary:
    return summary(STEPS, (1, 12, 12))


def test_totals(table):
    assert (table.weights, table.biases, table.parameters) == (36 + 4 + 2800, 4 + 4 + 7, 2855)
    assert (table.macs, table.flops) == (3600 + 2800, 12_800)
    assert (table.activations, table.buffers) == (3 * 400 + 7, 9)


def test_without_bias(table):
    counted = summary(STEPS, (1, 12, 12), bias=False)
    assert (counted.parameters, counted.biases) == (table.weights, table.biases)


def test_a_row_by_its_name(table):
    assert table.row("fc").weights == 2800
    with pytest.raises(ValueError, match=r"there is no row 'fc1'; the rows are a\.conv, a\.bn"):
        table.row("fc1")


def test_groups_add_up(table):
    grouped = table.grouped(1)
    assert [row.name for row in grouped.rows] == ["a", "flatten", "fc"]
    assert (grouped.row("a").type, grouped.row("a").parameters) == ("3 rows", 48)
    for total in ("weights", "biases", "parameters", "macs", "activations", "buffers"):
        assert getattr(grouped, total) == getattr(table, total)
    assert summary(STEPS, (1, 12, 12), depth=1) == grouped
    with pytest.raises(ValueError, match="depth must be at least 1, got 0"):
        table.grouped(0)


def test_text_lines_up_and_names_the_conventions(table):
    lines = str(table).splitlines()
    assert lines[0] == (
        "Network on one 1x12x12 image, 5 rows by formula; biases counted; one MAC a multiplication with its addition"
    )
    assert lines[2].split() == (
        ["layer", "type", "output", "weights", "+", "biases", "share", "MACs", "share", "activations", "sees", "jump"]
    )
    end = lines[2].index("biases") + len("biases")
    assert lines[4][:end].endswith(" 40")
    assert lines[8][:end].endswith(" 2,807")
    assert lines[10].split() == ["total", "2,855", "6,400", "1,207"]
    assert lines[11] == "9 more numbers are kept but not learned (buffers)."


@pytest.mark.parametrize("form", [str, Summary.to_markdown, Summary._repr_html_])
def test_the_conventions_stand_in_the_table(form):
    text = form(summary(STEPS, (1, 12, 12), bias=False, unit="FLOP"))
    for words in ("biases not counted", "two FLOP a multiply-accumulate", "FLOPs", "weights, no biases", "12,800"):
        assert words in text
    assert "MACs" not in text


def test_shares_are_of_the_total(table):
    line = next(line for line in str(table).splitlines() if line.startswith("fc"))
    # 2,807 of 2,855 parameters, 2,800 of 6,400 multiply-accumulates.
    assert re.findall(r"[\d.]+%", line) == ["98.3%", "43.8%"]


def test_csv_can_be_read_back(table):
    rows = list(csv.DictReader(io.StringIO(table.to_csv())))
    assert sum(int(row["parameters"]) for row in rows) == table.parameters
    assert sum(int(row["macs"]) for row in rows) == table.macs
    assert rows[0]["output_size"] == "4x10x10"
    assert (rows[0]["receptive_field"], rows[0]["jump"], rows[0]["start"]) == ("3x3", "1x1", "0x0")
    other = summary(STEPS, (1, 12, 12), bias=False, unit="FLOP").to_csv()
    assert other.startswith("name,type,output_size,weights,biases,parameters_without_biases,flops,")


def test_markdown_is_a_table(table):
    lines = [line for line in table.to_markdown().splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1
    assert len(lines) == 2 + len(STEPS) + 1
    assert lines[-1].startswith("| **total** |")


def test_html_escapes_names_and_keeps_the_pages_colours():
    text = summary([Step("<b>", "ReLU")], (1, 2, 2))._repr_html_()
    assert "<b>" not in text
    assert "&lt;b&gt;" in text
    assert "var(--jp-layout-color0,Canvas)" in text
    assert not re.search(r"(?<!,)#(fff|000)", text)


def test_hooks_leave_the_fields_out():
    network = nn.Sequential(nn.Conv2d(1, 2, 3))
    assert "sees" in str(summary(network, (1, 4, 4)))
    text = str(summary(network, (1, 4, 4), method="hooks"))
    assert "sees" not in text
    assert "1 rows as observed by hooks" in text


def test_a_table_without_any_parameter():
    text = str(summary([Step("relu", "ReLU")], (1, 2, 2)))
    assert text.splitlines()[-1].split() == ["total", "0", "0", "4"]


@pytest.mark.parametrize(
    ("network", "options", "error", "words"),
    [
        (STEPS, {"method": "guess"}, ValueError, "method must be"),
        (STEPS, {"unit": "mac"}, ValueError, "unit must be"),
        (STEPS, {"bias": 1}, TypeError, "bias must be True or False, got 1"),
        (STEPS, {"method": "hooks"}, ValueError, "runs a torch module"),
        ([nn.ReLU()], {}, TypeError, r"a sequence of Step, got ReLU\(\) in it"),
        (nn.ReLU, {}, TypeError, "a sequence of Step, got type"),
    ],
)
def test_refusals(network, options, error, words):
    with pytest.raises(error, match=words):
        summary(network, (1, 12, 12), **options)
