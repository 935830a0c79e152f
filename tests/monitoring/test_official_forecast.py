"""The section official_forecast: issues late or missing, errors compared, stations that moved."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog

from tests.kma_forecasts import issue
from tests.lake.conftest import empty_tables
from tests.monitoring.failing import assert_contained
from weather_mlops.clock import KST
from weather_mlops.errors import KeyRefused, Misconfigured
from weather_mlops.kma.forecast.issues import newest_issue, valid_times
from weather_mlops.lake import kma_forecast_gaps, kma_forecasts, verification
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.kma_forecasts import NEWEST_COLLECTED
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.verification_columns import VERIFICATION_SCHEMA
from weather_mlops.monitoring import official_forecast
from weather_mlops.monitoring.checks import Check, Section, Status
from weather_mlops.monitoring.official_comparison import pooled
from weather_mlops.monitoring.report.starting import Beginning
from weather_mlops.monitoring.report.verdict import ReportVerdict, judge
from weather_mlops.stations import Station, stations_by_id

NOW = datetime.now(UTC).replace(minute=50, second=0, microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STATIONS = (90, 108, 112, 152)
ISSUE = newest_issue(NOW)
TODAY = NOW.astimezone(KST).date()
LIMITS = official_forecast.OfficialForecastLimits(min_pairs=10)


def figures(
    day: date,
    forecast: str,
    *,
    rmse: float,
    n: int = 96,
    bias: float = 0.1,
    variable: str = "air_temperature_c",
    compared: str = "common",
    grouped_by: str = "lead_hours",
    members: Sequence[int] = (1, 24),
) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "day": day, "variable": variable, "forecast": forecast, "compared": compared,
                "grouped_by": grouped_by, "member": member, "n": n, "rmse": rmse, "mae": 0.8 * rmse,
                "bias": bias, "within_1": 0.5, "within_2": 0.75,
            }
            for member in members
        ],
        schema=VERIFICATION_SCHEMA,
    )  # fmt: skip


def month_of_figures() -> pa.Table:
    """Of ours and the KMA's, and of the daily maximum."""
    days = [TODAY - number * DAY for number in range(1, 31)]
    maximum = {"variable": "air_temperature_max_c", "grouped_by": "all", "members": (0,), "n": 4}
    return pa.concat_tables(
        [
            figures(day, name, rmse=rmse)
            for day in days
            for name, rmse in (("ours", 1.5), ("kma_forecast", 1.6))
        ]
        + [figures(day, name, rmse=1.2, **maximum) for day in days for name in ("ours", "kma_forecast")]
    )


def collected(catalog: Catalog, issued: datetime = ISSUE, stations: Sequence[int] = STATIONS) -> None:
    """Publish an issue as the collection does."""
    leads = [(valid - issued) // HOUR for valid in valid_times(issued)]
    notes = {NEWEST_COLLECTED: issued.isoformat()}
    rows = issue(issued, stations, leads)
    kma_forecasts.publish(catalog, rows, run="collect", now=NOW, properties=notes)


def healthy_tables(catalog: Catalog, _store: ObjectStore) -> None:
    ensure_tables(catalog)
    collected(catalog)
    verification.publish(catalog, month_of_figures(), run="verify", now=NOW)


healthy = pytest.mark.prepared(tables=healthy_tables)
with_tables = pytest.mark.prepared(tables=empty_tables)


class Kma:
    """Answers for the list of stations, and counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0
        self.answer: list[Station] | Exception = [stations_by_id()[each] for each in STATIONS]

    def __call__(self) -> list[Station]:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def kma() -> Kma:
    return Kma()


@pytest.fixture
def measure(catalog, store, kma):
    def measured(now: datetime = NOW, **limits) -> Section:
        section = official_forecast.measure(
            catalog,
            store,
            replace(LIMITS, **limits),
            now,
            ask_stations=kma,
            station_ids=STATIONS,
        )
        assert json.loads(json.dumps(section.as_dict(), allow_nan=False)) == section.as_dict()
        return section

    return measured


def by_problem(section: Section) -> dict[str, Check]:
    return {check.problem: check for check in section.checks}


def breaches(section: Section) -> set[str]:
    return {check.problem for check in section.checks if check.status is Status.BREACH}


@with_tables
def test_without_the_forecast_nothing_is_checked_or_asked(measure, kma):
    section = measure()

    assert section.figures["collected"] is False
    assert (section.checks, section.missing, kma.calls) == ((), (), 0)
    assert judge([section], Beginning(NOW - 30 * DAY, NOW)) is ReportVerdict.WELL


@healthy
def test_nothing_breaches_where_the_newest_issue_is_whole(measure):
    section = measure()

    assert breaches(section) == set()
    assert section.missing == ()
    assert section.figures["newest_issue"]["stations"] == 4
    assert section.figures["gaps"]["open"] == 0
    assert section.figures["simulated"] is False
    comparison = section.figures["comparison"]
    assert comparison["leads"]["24"]["ours"]["rmse"] == pytest.approx(1.5)
    assert comparison["leads"]["24"]["kma"]["rmse"] == pytest.approx(1.6)
    assert comparison["leads"]["24"]["kma"]["n"] == 30 * 96
    assert comparison["maximum"]["ours"]["n"] == 30 * 4
    assert comparison["minimum"] is None
    assert by_problem(section)["kma_bias_changed"].status is Status.UNKNOWN


@healthy
def test_an_issue_that_stays_away_opens_and_the_next_closes(catalog, measure):
    later = ISSUE + 9 * HOUR
    late = measure(later)
    assert breaches(late) == {"kma_forecast_stale"}
    assert "9.0 h old" in by_problem(late)["kma_forecast_stale"].detail
    assert breaches(measure(ISSUE + 60 * HOUR)) == {"kma_forecast_stale"}
    collected(catalog, ISSUE + 6 * HOUR)
    assert breaches(measure(later)) == set()


@healthy
def test_stations_without_the_newest_issue_open_and_close(catalog, measure):
    later = ISSUE + 3.5 * HOUR
    collected(catalog, ISSUE + 3 * HOUR, STATIONS[:2])
    section = measure(later)
    assert breaches(section) == {"kma_forecast_stations_low"}
    detail = by_problem(section)["kma_forecast_stations_low"].detail
    assert detail.startswith("2 of 4 stations have all of the newest issue, ")
    collected(catalog, ISSUE + 3 * HOUR)
    assert breaches(measure(later)) == set()


@healthy
def test_missing_issues_open_and_close_with_their_reason(catalog, measure):
    absent = [(station, ISSUE - back * 3 * HOUR) for station in STATIONS for back in (1, 2)]
    too_old = (108, ISSUE - 60 * HOUR)
    reasons = {**dict.fromkeys(absent, "missing"), too_old: "missing"}
    kma_forecast_gaps.record(catalog, absent=reasons, present=(), run="r", now=NOW)
    section = measure()

    assert breaches(section) == {"kma_issues_missing"}
    assert section.figures["gaps"]["open"] == 8
    assert section.figures["gaps"]["by_reason"] == {"missing": 8}
    kma_forecast_gaps.record(catalog, absent={}, present=absent, run="r", now=NOW)
    assert breaches(measure()) == set()


@with_tables
def test_archives_alone_are_compared_and_never_stale(catalog, measure):
    kma_forecasts.publish(catalog, issue(ISSUE - 400 * DAY, source="portal"), run="import", now=NOW)
    section = measure()

    assert section.figures["collected"] is True
    assert breaches(section) == set()
    assert "archives only" in by_problem(section)["kma_forecast_stale"].detail


@healthy
def test_without_common_rows_the_reason_is_given(catalog, measure):
    days = {TODAY - number * DAY for number in range(1, 31)}
    none = VERIFICATION_SCHEMA.empty_table()
    verification.publish(catalog, none, run="r", now=NOW, days=days)
    comparison = measure().figures["comparison"]

    assert comparison["leads"] == {}
    assert "no hour of the last 30 days has an observation" in comparison["reason"]


def test_days_are_pooled_by_their_number_of_rows():
    day = date(2026, 1, 1)
    rows = pa.concat_tables(
        [
            figures(day, "ours", rmse=1.0, n=300, bias=0.4),
            figures(day + DAY, "ours", rmse=3.0, n=100, bias=-0.4),
            figures(day, "kma_forecast", rmse=2.0, n=400),
            figures(day, "kma_forecast", rmse=2.0, n=400, members=(6,)),
        ]
    )
    errors = pooled(rows, 400)

    assert list(errors) == [1, 24]
    assert errors[24]["ours"]["rmse"] == pytest.approx((1200 / 400) ** 0.5, abs=1e-4)
    assert errors[24]["ours"]["bias"] == pytest.approx(0.2)
    assert pooled(rows, 401) == {}


# Coordinates of stations


@healthy
def test_a_station_that_moved_opens_and_a_new_list_closes(measure, kma):
    ulsan = stations_by_id()[152]
    kma.answer = [*kma.answer[:3], replace(ulsan, latitude=ulsan.latitude - 0.0225, elevation_m=35.0)]
    section = measure()
    assert breaches(section) == {"station_moved:152"}
    check = by_problem(section)["station_moved:152"]
    assert 2.4 < check.value < 6
    assert "in stations.csv" in check.detail
    assert [row["id"] for row in section.figures["moves"]["moved"]] == [152]
    kma.answer = [stations_by_id()[each] for each in STATIONS]
    assert breaches(measure()) == {"station_moved:152"}
    assert "station_moved:152" not in breaches(measure(NOW + DAY))


@healthy
def test_the_kma_is_asked_once_a_day(measure, kma):
    midnight = (NOW + DAY).astimezone(KST).replace(hour=0, minute=5)
    for now in (NOW, NOW + timedelta(minutes=1), midnight, midnight + HOUR):
        measure(now)
    assert kma.calls == 2


@healthy
@pytest.mark.parametrize(
    "answer",
    [KeyRefused("the KMA refuses the key"), [stations_by_id()[90]]],
    ids=["refused", "a part of the list"],
)
def test_a_list_that_is_refused_is_not_measured_that_day(measure, kma, answer):
    kma.answer = answer
    for _ in range(2):
        section = measure()
        check = by_problem(section)["station_moved"]
        assert check.status is Status.UNKNOWN
        assert "requested once a day" in check.detail
        assert [gap.what for gap in section.missing] == ["moves"]
    assert kma.calls == 1


@healthy
def test_a_missing_connection_is_asked_for_again_once_defined(measure, kma):
    stations, kma.answer = kma.answer, Misconfigured("the connection kma_default isn't defined")
    assert "isn't defined" in by_problem(measure())["station_moved"].detail
    kma.answer = stations
    assert by_problem(measure())["station_moved:108"].status is Status.OK


@healthy
def test_a_failing_part_is_missing_with_its_reason_alone(measure, store, caplog):
    assert_contained(
        measure,
        store,
        {
            "official_issues.newest": ["newest_issue"],
            "official_issues.missing": ["gaps"],
            "official_comparison.measure": ["comparison"],
            "official_bias.current": ["bias"],
            "station_moves.compare": ["moves"],
        },
        caplog,
    )
