"""When the KMA issues its forecast, and which hours an issue has."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import clock
from simulator.forecast import issues as peer
from weather_mlops.clock import HOUR, KST
from weather_mlops.errors import Misconfigured
from weather_mlops.kma.forecast.issues import (
    check_issue,
    is_issue,
    issues_between,
    last_valid,
    newest_issue,
    valid_times,
)

BEGIN = datetime(2024, 11, 1, tzinfo=UTC)
minutes = st.integers(0, 60 * 24 * 60) | st.integers(0, 60 * 24).map(lambda hour: 60 * hour)
moments = minutes.map(lambda minute: BEGIN + timedelta(minutes=minute))
zones = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


def kst(text):
    return datetime.fromisoformat(text).replace(tzinfo=KST)


@pytest.mark.parametrize(
    ("issue", "last", "hours"),
    [
        # until 28 November 2024: hourly to the end of the second day after; of the third from 17:00 on
        ("2024-11-28 02:00", "2024-12-01 00:00", 70),
        ("2024-11-28 11:00", "2024-12-01 00:00", 61),
        ("2024-11-27 17:00", "2024-12-01 00:00", 79),
        ("2024-11-27 23:00", "2024-12-01 00:00", 73),
        # since then a day more, every third hour of it
        ("2024-11-28 14:00", "2024-12-02 00:00", 58 + 8),
        ("2024-11-28 17:00", "2024-12-03 00:00", 79 + 8),
        ("2024-11-28 23:00", "2024-12-03 00:00", 73 + 8),
        ("2024-11-29 02:00", "2024-12-03 00:00", 70 + 8),
        ("2026-12-01 14:00", "2026-12-05 00:00", 58 + 8),
    ],
)
def test_an_issue_reaches_the_end_of_its_last_day(issue, last, hours):
    times = valid_times(kst(issue))

    assert last_valid(kst(issue)) == times[-1] == kst(last)
    assert len(times) == hours


@pytest.mark.parametrize(
    ("issue", "steps"),
    [("2024-11-28 11:00", {1: 60}), ("2024-11-28 14:00", {1: 57, 3: 8}), ("2026-12-01 17:00", {1: 78, 3: 8})],
)
def test_only_the_last_day_is_three_hourly(issue, steps):
    times = valid_times(kst(issue))
    gaps = [(later - earlier) // HOUR for earlier, later in pairwise(times)]

    assert times[0] == kst(issue) + HOUR
    assert gaps == [step for step, count in steps.items() for _ in range(count)]


def test_the_simulator_and_the_package_expect_the_same_hours():
    for issue in issues_between(BEGIN, BEGIN + timedelta(days=60)):
        hours = peer.valid_hours(clock.parse_tm(f"{issue.astimezone(KST):%Y%m%d%H}"))
        stamps = [f"{valid.astimezone(KST):%Y%m%d%H%M}" for valid in valid_times(issue)]
        assert stamps == [clock.format_tm(hour) for hour in hours]


def test_eight_issues_a_day_are_expected_at_the_hours_of_the_kma():
    day = [kst("2026-12-01 00:00") + hour * HOUR for hour in range(24)]

    assert [f"{hour:%H}" for hour in day if is_issue(hour)] == [
        "02",
        "05",
        "08",
        "11",
        "14",
        "17",
        "20",
        "23",
    ]


@pytest.mark.parametrize(
    "moment",
    [
        kst("2026-12-01 03:00"),
        kst("2026-12-01 00:00"),
        kst("2026-12-01 02:01"),
        kst("2026-12-01 02:00:01"),
        kst("2026-12-01 02:00:00.000001"),
    ],
)
def test_a_time_without_an_issue_is_named_with_the_right_hours(moment):
    with pytest.raises(Misconfigured, match="KST: the KMA issues at 02, 05, 08, 11, 14, 17, 20, 23 o'clock"):
        check_issue(moment)
    with pytest.raises(Misconfigured):
        valid_times(moment)


def test_an_issue_is_known_in_any_time_zone_and_returned_in_utc():
    assert check_issue(kst("2026-12-01 02:00")) == datetime(2026, 11, 30, 17, tzinfo=UTC)
    assert check_issue(kst("2026-12-01 02:00")).tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        ("2026-12-01 02:09", "2026-11-30 23:00"),
        ("2026-12-01 02:10", "2026-12-01 02:00"),
        ("2026-12-01 05:09:59", "2026-12-01 02:00"),
        ("2026-12-01 23:10", "2026-12-01 23:00"),
        ("2026-12-02 01:59", "2026-12-01 23:00"),
    ],
)
def test_an_issue_is_expected_ten_minutes_after_its_time(now, newest):
    assert newest_issue(kst(now)) == kst(newest)


@given(now=moments, minute=st.integers(0, 600), zone=zones)
def test_the_newest_issue_is_out_and_the_next_one_is_not(now, minute, zone):
    delay = timedelta(minutes=minute)
    issue = newest_issue(now.astimezone(zone), delay)

    assert is_issue(issue)
    assert issue + delay <= now < issue + 3 * HOUR + delay
    assert issue.tzinfo is UTC


@given(first=moments, length=st.integers(-300, 6000) | st.integers(-5, 99).map(lambda h: 60 * h), zone=zones)
def test_the_issues_of_a_period_are_all_and_nothing_else(first, length, zone):
    last = first + timedelta(minutes=length)
    whole = first.replace(minute=0)
    expected = [
        hour for n in range(-1, 102) if first <= (hour := whole + n * HOUR) <= last and is_issue(hour)
    ]

    assert list(issues_between(first.astimezone(zone), last.astimezone(zone))) == expected
