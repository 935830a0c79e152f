"""The register of missing issues."""

from datetime import UTC, datetime, timedelta

import pytest

from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.kma_forecast_gaps import ForecastGapCount, count_open, due, load, record

ISSUE = datetime(2026, 11, 30, 17, tzinfo=UTC)
NOW = ISSUE + timedelta(minutes=40)
STEP = timedelta(hours=3)


@pytest.fixture
def register(catalog):
    ensure_tables(catalog)

    def note(absent=(), present=(), now=NOW, reason="missing"):
        return record(catalog, absent=dict.fromkeys(absent, reason), present=present, run="r", now=now)

    return note


def test_what_is_missing_is_open_until_it_came(catalog, register):
    assert register([(90, ISSUE), (108, ISSUE)]) == ForecastGapCount(2, 0, 2)
    assert register(present=[(90, ISSUE)], now=NOW + STEP) == ForecastGapCount(0, 1, 1)
    assert count_open(catalog) == 1
    assert register(present=[(108, ISSUE)], now=NOW + STEP) == ForecastGapCount(0, 1, 0)
    assert load(catalog).num_rows == 0
    rows = catalog.load_table("weather.kma_forecast_gaps").scan().to_arrow().to_pylist()
    assert sorted((row["station_id"], row["closed_at"]) for row in rows) == [
        (90, NOW + STEP), (108, NOW + STEP),
    ]  # fmt: skip


def test_a_closed_gap_of_the_same_issue_is_not_lost(catalog, register):
    register([(90, ISSUE)])
    register(present=[(90, ISSUE)])
    register([(108, ISSUE)], now=NOW + STEP)

    rows = catalog.load_table("weather.kma_forecast_gaps").scan().to_arrow()
    assert sorted(rows["station_id"].to_pylist()) == [90, 108]


def test_the_same_run_twice_is_one_try(catalog, register):
    register([(90, ISSUE)])
    snapshot = catalog.load_table("weather.kma_forecast_gaps").current_snapshot().snapshot_id
    register([(90, ISSUE)], now=NOW + timedelta(minutes=1))

    table = catalog.load_table("weather.kma_forecast_gaps")
    assert table.scan().to_arrow()["tries"].to_pylist() == [1]
    assert table.current_snapshot().snapshot_id == snapshot  # no commit


@pytest.mark.parametrize(("hours", "is_due"), [(1, False), (2.1, True), (51, False)])
def test_a_gap_rests_and_is_given_up_by_age(catalog, register, hours, is_due):
    register([(90, ISSUE)])
    now = NOW + timedelta(hours=hours)

    result = due(load(catalog), now, since=now - timedelta(hours=49))
    assert result == ([(90, ISSUE)] if is_due else [])


def test_an_issue_that_nobody_requested_is_due_at_once(catalog, register):
    register([(90, ISSUE)], reason="not_requested")

    assert due(load(catalog), NOW, since=ISSUE - STEP) == [(90, ISSUE)]
