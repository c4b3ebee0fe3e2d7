"""The claim ledger: every row is computed again, and its verdict derived from the numbers."""

import csv
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest

from course_utils.accounting import claims, quoted
from course_utils.accounting.calculations import Either, calls
from course_utils.accounting.claim_functions import FUNCTIONS, MODULES
from course_utils.accounting.claim_functions.published import facts
from course_utils.accounting.claims import SOURCES, VERDICTS, Claim, derive_verdict
from course_utils.paths import DATA

LEDGER = claims.load()
BY_ID = {claim.id: claim for claim in LEDGER}


def problems(claim: Claim) -> list[str]:
    """What is wrong with a row of the ledger, in words."""
    found = []
    if claim.source not in SOURCES or not claim.id.startswith(claim.source + "-"):
        found.append("source")
    if claim.verdict not in VERDICTS:
        found.append("verdict")
    if claim.lesson not in {f"{number:02d}" for number in range(19)}:
        found.append("lesson")
    if not (claim.place and claim.claim and claim.claimed):
        found.append("empty column")
    if claim.verdict in ("wrong", "convention") and len(claim.why) < 20:
        found.append("no reason")
    computed = claims.shown(claim)
    if claim.computed != computed:
        found.append(f"computed is {computed}")
    if claim.verdict != claims.rederive(claim):
        found.append(f"verdict is {claims.rederive(claim)}")
    return found


@pytest.mark.parametrize("claim", LEDGER, ids=BY_ID)
def test_every_row_is_recomputed(claim):
    assert problems(claim) == []


def test_every_source_has_rows_numbered_in_order():
    assert [claim.source for claim in LEDGER] == sorted((claim.source for claim in LEDGER), key=SOURCES.index)
    for source in SOURCES:
        numbers = [claim.id for claim in LEDGER if claim.source == source]
        assert numbers == [f"{source}-{number:03d}" for number in range(1, len(numbers) + 1)]
        assert len(numbers) >= 50


def test_no_claim_stands_twice_in_a_source():
    counts = Counter((claim.source, claim.place, claim.claim) for claim in LEDGER)
    assert [key for key, count in counts.items() if count > 1] == []


def test_text_is_plain():
    for claim in LEDGER:
        for text in (claim.claim, claim.why, claim.place):
            assert text == text.strip()
            assert "\n" not in text


# The engine


BASE = BY_ID["css634-006"]
DOCTORED = [
    {"claimed": "36K"},
    {"claimed": "34,849"},
    {"computed": "34849"},
    {"verdict": "confirmed"},
    {"verdict": "wrong"},
    {"verdict": "convention"},
    {"verdict": "historical"},
    {"verdict": "true"},
    {"lesson": "19"},
    {"lesson": "2"},
    {"source": "madmo"},
    {"source": "somebody"},
    {"place": ""},
    {"calculation": "conv_weights(3, 96, 12)"},
    {"calculation": "conv_parameters(3, 96, 11)"},
]


def test_the_row_to_be_doctored_is_right():
    assert (BASE.claimed, BASE.computed, BASE.verdict) == ("35K", "34848", "rounding")
    assert problems(BASE) == []


@pytest.mark.parametrize("change", DOCTORED, ids=str)
def test_a_doctored_row_is_noticed(change):
    assert problems(replace(BASE, **change))


@pytest.mark.parametrize("claim", [claim for claim in LEDGER if claim.verdict in ("wrong", "convention")], ids=str)
def test_a_wrong_row_cannot_pass_as_another(claim):
    for verdict in VERDICTS:
        assert bool(problems(replace(claim, verdict=verdict))) == (verdict != claim.verdict)
    assert "no reason" in problems(replace(claim, why=""))


@pytest.mark.parametrize(
    ("claimed", "computed", "historical", "verdict"),
    [
        ("34,848", 34_848, False, "confirmed"),
        ("35K", 34_848, False, "rounding"),
        ("36K", 34_848, False, "wrong"),
        ("16.4%", Fraction("16.4"), True, "historical"),
        ("6.7%", Fraction("6.67"), True, "historical"),
        ("6.6%", Fraction("6.67"), True, "wrong"),
        ("55x55x96", (55, 55, 96), False, "confirmed"),
        ("55x55x96", (55, 55, 95), False, "wrong"),
        ("35K", Either({"a": 34_848, "b": 34_944}), False, "rounding"),
        ("34,848", Either({"a": 34_848, "b": 34_944}), False, "convention"),
        ("35K", Either({"a": 35_000, "b": 34_848}), False, "rounding"),
        ("16.4%, 11.7%", (Fraction("16.42"), Fraction("14.8")), False, "wrong"),
        ("34,848", Either({"a": 1, "b": 2}), False, "wrong"),
        ("16.4%", Either({"a": Fraction("16.4"), "b": Fraction("15.3")}), True, "convention"),
        ("yes", True, False, "confirmed"),
        ("yes", False, False, "wrong"),
        ("8 to 9", Fraction("9.8"), False, "wrong"),
    ],
)
def test_derive_verdict(claimed, computed, historical, verdict):
    assert derive_verdict(claimed, computed, historical) == verdict


@pytest.mark.parametrize(
    ("claimed", "computed", "message"),
    [
        ("55x55x96", (55, 55), "has 3 numbers, computed are 2"),
        ("yes", 1, "yes or no"),
        ("1", True, "yes or no"),
        ("five", 5, "no number can be read"),
    ],
)
def test_what_cannot_be_compared_is_refused(claimed, computed, message):
    with pytest.raises(ValueError, match=message):
        derive_verdict(claimed, computed)


@pytest.mark.parametrize("arguments", [("a", 1), ("a", 1, "b"), (1, 2, 3, 4)])
def test_either_wants_at_least_two_pairs(arguments):
    with pytest.raises(ValueError, match="at least two pairs"):
        FUNCTIONS["either"](*arguments)


def test_odd_maps_cannot_be_halved():
    with pytest.raises(ValueError, match="97 maps"):
        FUNCTIONS["halved"]((55, 55, 97))


def test_a_failing_calculation_names_its_row():
    with pytest.raises(ValueError, match=r"css634-006.*conv_weigths.*conv_weights"):
        claims.compute(replace(BASE, calculation="conv_weigths(3, 96, 11)"))
    with pytest.raises(ValueError, match=r"css634-006.*five"):
        claims.rederive(replace(BASE, claimed="five"))


@pytest.mark.parametrize("text", ["id,source\n1,2\n", ",".join(claims.COLUMNS) + "\na,b\n"])
def test_a_file_with_other_columns_is_refused(tmp_path, text):
    path = tmp_path / "claims.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="columns"):
        claims.load(path)


# The functions and facts that calculations use


def test_functions_have_their_own_names_and_say_what_they_do():
    assert len(FUNCTIONS) == sum(len(module.FUNCTIONS) for module in MODULES)
    assert all(function.__doc__ for function in FUNCTIONS.values())


def test_no_function_is_left_over():
    used = set().union(*(calls(claim.calculation) for claim in LEDGER))
    assert set(FUNCTIONS) - used == set()


def test_every_fact_has_a_source_and_is_used():
    text = "\n".join(claim.calculation for claim in LEDGER)
    for key, fact in facts().items():
        assert len(fact.source) > 8, key
        assert f'published("{key}")' in text, f"{key} is not used"
        assert fact.value in ("yes", "no") or quoted.parse(fact.value)


def test_a_fact_that_is_not_known_is_named_with_near_ones():
    with pytest.raises(ValueError, match=r"alexnet momentun.*near it: alexnet momentum"):
        FUNCTIONS["published"]("alexnet momentun")


@pytest.mark.parametrize(
    ("rows", "message"),
    [([("a", "1", "", "x"), ("a", "2", "", "x")], "two rows"), ([("a", "1", "", "")], "no source")],
)
def test_a_bad_table_of_facts_is_refused(tmp_path, rows, message):
    path = tmp_path / "published.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("key", "value", "unit", "source"), *rows])
    with pytest.raises(ValueError, match=message):
        facts(path)


def test_files_are_utf_8_with_plain_line_ends():
    for name in ("claims.csv", "published.csv"):
        content = (DATA / name).read_bytes()
        assert b"\r" not in content
        content.decode("utf-8")


# The table


def test_table_keeps_what_is_asked_for():
    table = claims.table(source="melbourne", verdict="wrong")
    assert len(table) == sum(claim.source == "melbourne" and claim.verdict == "wrong" for claim in LEDGER)
    assert "source" not in table.columns
    assert len(claims.table()) == len(LEDGER)
    assert all(row[table.columns.index("claimed")] in str(table) for row in table.rows)
    assert len(claims.table(lesson="11")) == sum(claim.lesson == "11" for claim in LEDGER)


@pytest.mark.parametrize("wanted", [{"source": "cs321n"}, {"verdict": "right"}])
def test_table_refuses_what_it_does_not_know(wanted):
    with pytest.raises(ValueError, match="must be one of"):
        claims.table(**wanted)


def test_summary_counts_every_row_once():
    summary = claims.summary()
    counts = {row[0]: [int(number) for number in row[1:]] for row in summary.rows}
    assert counts["all"][-1] == len(LEDGER)
    for *verdicts, whole in counts.values():
        assert sum(verdicts) == whole
    assert counts["css634"][VERDICTS.index("wrong")] == sum(
        claim.source == "css634" and claim.verdict == "wrong" for claim in LEDGER
    )


def test_repr_is_one_line_that_counts_the_claims():
    wrong = [claim for claim in LEDGER if claim.verdict == "wrong"]
    start, _, verdicts = repr(claims.table()).partition(": ")
    assert start == f"{len(LEDGER)} claims"
    assert sorted(verdicts.split(", ")) == sorted(
        f"{sum(claim.verdict == verdict for claim in LEDGER)} {verdict}" for verdict in VERDICTS
    )
    assert repr(claims.table(verdict="wrong")).startswith(f"{len(wrong)} claims: ")
    assert "css634" in repr(claims.table(verdict="wrong"))
    assert repr(claims.ClaimTable(("claim",), (("a",),))) == "1 claim"
    assert repr(claims.ClaimTable(("verdict",), ())) == "0 claims"


def test_summary_shows_its_numbers_to_the_right_wherever_it_is_shown():
    summary = claims.summary()
    head, rule, *lines = repr(summary).splitlines()
    assert repr(summary) == str(summary)
    assert set(rule) == {"-", " "}
    assert [line.split() for line in lines] == [list(row) for row in summary.rows]
    assert {len(line) for line in lines} == {len(head)}


def test_long_numbers_are_grouped():
    table = claims.ClaimTable(("computed",), (("15237608 (in place) | 0.00001 | 1998 | 102,760,448",),))
    for text in (" ".join(str(table).split()), table._repr_html_()):
        assert "15,237,608 (in place) | 0.00001 | 1998 | 102,760,448" in text


def test_html_escapes_and_has_no_fixed_page_colour():
    text = claims.ClaimTable(("claim", "verdict"), (("a < b & c", "wrong"),))._repr_html_()
    assert "a &lt; b &amp; c" in text
    assert "--jp-content-font-color1" in text
    assert "#fff" not in text
    assert "no rows" in claims.ClaimTable(("claim",), ())._repr_html_()
