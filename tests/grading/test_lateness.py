"""Due times, days late and what they take."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from course_utils.grading.lateness import LatePolicy, moment

DUE = datetime(2026, 10, 1, 23, 59, 59, tzinfo=UTC)
POLICY = LatePolicy(DUE, per_day=10, grace=15, most=25)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(days=-3), (0, 0.0)),
        (timedelta(0), (0, 0.0)),
        (timedelta(minutes=15), (0, 0.0)),
        (timedelta(minutes=15, seconds=1), (1, 0.1)),
        (timedelta(days=1), (1, 0.1)),
        (timedelta(days=1, seconds=1), (2, 0.2)),
        (timedelta(days=2, hours=1), (3, 0.25)),
        (timedelta(days=400), (400, 0.25)),
    ],
)
def test_days_begun_and_what_they_take(after, expected):
    assert POLICY.late(DUE + after) == expected


def test_an_extension_counts_in_place_of_due():
    extended = DUE + timedelta(days=7)
    assert POLICY.late(extended, extended) == (0, 0.0)
    assert POLICY.late(extended + timedelta(hours=1), extended) == (1, 0.1)
    assert LatePolicy(None, per_day=10).late(extended + timedelta(hours=1), extended) == (1, 0.1)


def test_other_time_zones_are_the_same_moment():
    tokyo = timezone(timedelta(hours=9))
    assert POLICY.late((DUE + timedelta(minutes=1)).astimezone(tokyo)) == (0, 0.0)
    assert POLICY.late((DUE + timedelta(minutes=16)).astimezone(tokyo)) == (1, 0.1)


def test_without_a_due_time_or_a_time_nothing_is_late():
    assert LatePolicy(per_day=10).late(DUE) == (0, 0.0)
    assert POLICY.late(None) == (0, 0.0)


def test_late_but_nothing_taken():
    assert LatePolicy(DUE).late(DUE + timedelta(hours=1)) == (1, 0.0)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"per_day": -1}, "per_day must be a percentage from 0 to 100, got -1"),
        ({"per_day": 101}, "per_day"),
        ({"most": float("nan")}, "most must be"),
        ({"grace": -5}, "grace must be a number of minutes, at least 0, got -5"),
        ({"grace": float("inf")}, "grace"),
    ],
)
def test_out_of_range(values, says):
    with pytest.raises(ValueError, match=says):
        LatePolicy(DUE, **values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-01T23:59", "2026-10-01T23:59:59"),
        (" 2026-10-01 08:00 ", "2026-10-01T08:00:59"),
        ("2026-10-01T08:00:30", "2026-10-01T08:00:30"),
        ("2026-10-01", "2026-10-01T23:59:59"),
    ],
)
def test_a_minute_and_a_day_count_to_their_end(text, expected):
    found = moment(text)
    assert found.replace(tzinfo=None).isoformat() == expected
    assert found.tzinfo is not None


@pytest.mark.parametrize("text", ["2026-10-01T23:59+02:00", "2026-10-01T21:59Z"])
def test_offsets(text):
    assert moment(text) == datetime(2026, 10, 1, 21, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "1.10.2026", "2026-13-01", "9999-12-31", "0001-01-01T00:00", "x" * 999]
)
def test_what_is_no_time(text):
    try:
        moment(text)
    except ValueError as error:
        assert "a time must be written as 2026-10-01T23:59, got" in str(error) and len(str(error)) < 120
    else:
        # The ends of the calendar exist in some time zones.
        assert text.startswith(("9999", "0001"))
