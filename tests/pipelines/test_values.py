"""Cron expressions, time zones, dates."""

import pytest
from croniter import croniter

from weather_mlops.pipelines.values import cron_doubt, cron_fault, zone_fault


@pytest.mark.parametrize(
    "text",
    [
        "0 * * * *",
        "*/15 0-6,18-23 1,15 JAN-MAR mon-fri",
        "0 0 29 2 *",
        "0 2 L * *",
        "0 2 * * 5#2",
        "0 2 * * 7",
        "@once",
    ],
)
def test_a_schedule_that_runs(text):
    assert cron_fault(text) is None


@pytest.mark.parametrize(
    "text",
    [*("", "none", "@hourley", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8"),
     *("*/0 * * * *", "5-1 * * * *", "1/x * * * *", "a * * * *", "1-2-3 * * * *"),
     *("0 0 31 4 *", "0 0 31 2,4,6 *", "0 0 30 FEB *")],
)  # fmt: skip
def test_a_schedule_that_never_runs(text):
    fault = cron_fault(text)

    assert fault is not None
    assert all(fault)


@pytest.mark.parametrize(
    ("text", "part"),
    [("*/45 * * * *", "minute 0, 45"), ("0 */5 * * *", "hour 0, 5"), ("0 0 1 * MON", "either")],
)
def test_what_is_seldom_intended_is_reported(text, part):
    assert part in cron_doubt(text)[0]


@pytest.mark.parametrize("text", ["*/30 * * * *", "0 */6 * * *", "0 0 1 * *", "0 * * * MON", "nonsense"])
def test_what_is_usual_is_not(text):
    assert cron_doubt(text) is None


def test_croniter_agrees():
    for text in ("0 * * * *", "*/15 0-6,18-23 1,15 JAN-MAR mon-fri", "0 2 L * *", "0 2 * * 5#2", "0 2 * * 7"):
        assert croniter.is_valid(text)
    for text in ("60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "a * * * *"):
        assert not croniter.is_valid(text)


@pytest.mark.parametrize("text", ["Asia/Seol", "KST", "Asia", "../etc/passwd", ""])
def test_what_is_no_time_zone(text):
    assert zone_fault(text)


def test_a_time_zone():
    assert zone_fault("Asia/Seoul") is None
