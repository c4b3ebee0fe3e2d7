"""Numbers as lectures write them."""

from fractions import Fraction

import pytest

from course_utils.accounting import quoted


@pytest.mark.parametrize(
    ("text", "value", "step"),
    [
        ("35K", 35_000, 1000),
        ("27.55 million", 27_550_000, 10_000),
        ("138M", 138_000_000, 1_000_000),
        ("~1.7M", 1_700_000, 100_000),
        ("150K", 150_000, 10_000),
        ("800K", 800_000, 100_000),
        ("3.2M", 3_200_000, 100_000),
        ("16.4%", Fraction("16.4"), Fraction("0.1")),
        ("28.2 percent", Fraction("28.2"), Fraction("0.1")),
        ("3.57", Fraction("3.57"), Fraction("0.01")),
        ("≈ 96 MB", 96, 1),
        ("96MB", 96, 1),
        ("12x", 12, 1),
        ("3 GB", 3, 1),
        ("1,728", 1728, 1),
        ("102,760,448", 102_760_448, 1),
        ("10000", 10_000, 1),
        ("roughly 10000", 10_000, 10_000),
        ("1 million", 1_000_000, 1_000_000),
        ("1e-4", Fraction(1, 10_000), Fraction(1, 10_000)),
        ("5e-4", Fraction(1, 2000), Fraction(1, 10_000)),
        ("24M * 4 bytes", 96_000_000, 4_000_000),
        ("0", 0, 1),
        ("-20,736", -20_736, 1),
    ],
)
def test_one_number(text, value, step):
    (number,) = quoted.parse(text)
    assert (number.low, number.high, number.step) == (value, value, step)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("55x55x96", [55, 55, 96]),
        ("5 x 5", [5, 5]),
        ("7×7", [7, 7]),
        ("18.2% -> 15.4%", [Fraction("18.2"), Fraction("15.4")]),
        ("10, 10, 9", [10, 10, 9]),
        ("1,024, 1,000", [1024, 1000]),
    ],
)
def test_several_numbers(text, values):
    assert [number.low for number in quoted.parse(text)] == values


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("8 to 9", 8, 9),
        ("16 - 19 layers", 16, 19),
        ("24 to 27 million", 24_000_000, 27_000_000),
        ("5K to 1M", 5000, 10**6),
    ],
)
def test_a_range(text, low, high):
    (number,) = quoted.parse(text)
    assert (number.low, number.high) == (low, high)


@pytest.mark.parametrize(("text", "expected"), [("yes", True), ("No", False)])
def test_yes_and_no(text, expected):
    assert quoted.parse(text) is expected


@pytest.mark.parametrize("text", ["", "many", "x", "5 6", "55xx96", "24M *", "K", "9 to 8"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match=r"number|range"):
        quoted.parse(text)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("34,848", 34_848, "equal"),
        ("34,848", 34_849, "different"),
        ("35K", 34_848, "rounded"),
        ("35K", 34_499, "different"),
        ("35K", 35_501, "different"),
        ("150K", 150_528, "rounded"),
        ("150K", 155_001, "different"),
        ("529k", 526_848, "different"),
        ("138M", 138_357_544, "rounded"),
        ("16 million", 16_777_216, "different"),
        ("3.6%", Fraction("3.57"), "rounded"),
        ("12x", Fraction("8.7"), "different"),
        ("1e-5", Fraction(1, 10_000), "different"),
        ("8 to 9", Fraction("8.2"), "equal"),
        ("8 to 9", Fraction("9.4"), "rounded"),
        ("8 to 9", Fraction("9.8"), "different"),
        ("8 to 9.5", Fraction("9.52"), "rounded"),
        ("8 to 9.5", Fraction("9.9"), "different"),
        ("> 3.5", Fraction("5.1"), "equal"),
        ("> 3.5", Fraction("3.5"), "different"),
        ("at least 3", 3, "equal"),
        ("at most 3", 4, "different"),
        ("< 1", 1, "different"),
    ],
)
def test_matches(text, value, expected):
    (number,) = quoted.parse(text)
    assert number.matches(value) == expected
