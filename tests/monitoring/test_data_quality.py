"""The section data_quality: of healthy data, of broken data, and while its sources are down."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyiceberg.catalog import Catalog

from tests.lake.conftest import empty_tables
from tests.model import world
from tests.monitoring.failing import assert_contained, failing
from weather_mlops.clock import KST
from weather_mlops.errors import StorageUnavailable
from weather_mlops.lake import gaps, quarantine
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import KEY, OBSERVATIONS_SCHEMA, QUARANTINE_SCHEMA
from weather_mlops.monitoring import data_quality, stations
from weather_mlops.monitoring.checks import FIRST_COLLECTION, Check, Section, Status

NOW = datetime.now(UTC).replace(minute=10, second=0, microsecond=0)
HOUR = timedelta(hours=1)
NEWEST = NOW.replace(minute=0) - HOUR
NEARBY = (98, 99, 108, 112, 119, 201, 202, 203)  # Seoul and around
LIMITS = data_quality.DataQualityLimits()


@cache
def rows(ids=NEARBY, days: int = 32, newest: datetime = NEWEST, **changes) -> pa.Table:
    begin = newest - (24 * days - 1) * HOUR
    return world.observed(ids, days, begin=begin, **changes)


def changed(table: pa.Table, station: int, since: datetime, **columns) -> pa.Table:
    """The same table with other values of one station from a time on."""
    mask = np.asarray(since_of(table, station, since))
    for name, change in columns.items():
        values = table[name].to_numpy().astype(float)
        values[mask] = change(values[mask])
        index = table.schema.get_field_index(name)
        column = pa.array(values, from_pandas=True).cast(table.schema.field(name).type)
        table = table.set_column(index, table.schema.field(name), column)
    return table


def since_of(table: pa.Table, station: int, since: datetime) -> pa.ChunkedArray:
    """Which rows are of a station, from a time on."""
    later = pc.greater_equal(table["observed_at"], pa.scalar(since, UTC_TIME))
    return pc.and_(pc.equal(table["station_id"], station), later)


def without(table: pa.Table, station: int, since: datetime) -> pa.Table:
    return table.filter(pc.invert(since_of(table, station, since)))


def validated(store: ObjectStore, at: datetime, score: float) -> None:
    local = at.astimezone(KST)
    result = {"score": {"completeness": score, "validity": 1.0, "overall": score}}
    key = f"quality/validations/{local:%Y/%m/%d}/{local:%H%M}_{score:.4f}_0.9900_run_{local:%H}-ab12cd34.json"
    store.put(key, json.dumps(result).encode())


def healthy_month(catalog: Catalog, store: ObjectStore) -> None:
    """A month of rows of all stations nearby, and a day of results of their validation."""
    ensure_tables(catalog)
    publish(catalog, rows(), run="history")
    for back in range(24):
        validated(store, NOW - back * HOUR, 0.98)


healthy = pytest.mark.prepared(tables=healthy_month)
with_tables = pytest.mark.prepared(tables=empty_tables)


@pytest.fixture
def measure(catalog, store):
    def measured(now: datetime = NOW, station_ids=None, **limits) -> Section:
        section = data_quality.measure(catalog, store, replace(LIMITS, **limits), now, station_ids)
        assert json.loads(json.dumps(section.as_dict(), allow_nan=False)) == section.as_dict()
        return section

    return measured


def by_problem(section: Section) -> Mapping[str, Check]:
    return {check.problem: check for check in section.checks}


def breaches(section: Section) -> set[str]:
    return {check.problem for check in section.checks if check.status == Status.BREACH}


@healthy
def test_nothing_breaches_where_nothing_is_wrong(catalog, measure):
    section = measure()
    assert breaches(section) == set()
    assert section.missing == ()
    assert {check.status for check in section.checks} == {Status.OK}
    day = section.figures["windows"]["24h"]
    assert (day["stations"], day["expected"], day["present"]) == (8, 192, 192)
    assert day["quality_score"] == pytest.approx(0.98)
    assert len(section.figures["completeness_by_hour"]["hours"]) == 168
    assert {each["id"] for each in section.figures["stations"]} == set(NEARBY)
    assert section.figures["read"]["bytes"] > 0


@with_tables
@pytest.mark.parametrize("days_ago", [2, 400], ids=["days ago", "a year ago"])
def test_history_just_loaded_into_a_new_system_is_not_stale(catalog, store, measure, days_ago):
    publish(catalog, rows(days=3, newest=NEWEST - timedelta(days=days_ago)), run="history")
    validated(store, NOW - timedelta(minutes=10), 0.98)
    section = measure()

    assert breaches(section) == set()
    assert by_problem(section)["observations_stale"].awaits == FIRST_COLLECTION
    assert section.figures["first_audit_at"] is not None
    assert "observations_stale" in breaches(measure(NOW + 3 * HOUR))


@with_tables
def test_of_stations_that_are_not_watched_nothing_is_expected(catalog, store, measure):
    publish(catalog, without(without(rows(), 98, NOW - 20 * HOUR), 99, NOW - 20 * HOUR), run="history")
    assert {"station_silent:98", "station_silent:99", "completeness_low"} <= breaches(measure())

    section = measure(station_ids=(108, 112, 119))

    assert breaches(section) == set()
    checks = by_problem(section)
    assert {name for name in checks if name.startswith("station_silent")} == {
        "station_silent:108", "station_silent:112", "station_silent:119"
    }  # fmt: skip
    assert checks["sensor_bias:108"].status is Status.OK  # its neighbours are used, watched or not
    assert section.figures["windows"]["24h"]["expected"] == 3 * 24
    assert [each["id"] for each in section.figures["stations"]] == [108, 112, 119]


@with_tables
def test_a_new_system_says_not_enough_yet(catalog, measure):
    section = measure()
    assert breaches(section) == set()
    statuses = {check.name: check.status for check in section.checks}
    assert statuses["observations_stale"] == statuses["completeness_low"] == Status.UNKNOWN
    assert any(gap.what == "windows" and "not enough yet" in gap.why for gap in section.missing)
    assert section.figures["drift"]["variables"] == []


def test_without_any_table_it_still_measures(measure):
    assert by_problem(measure())["observations_stale"].status == Status.UNKNOWN


def test_a_first_day_judges_what_it_can(catalog, measure):
    publish(catalog, rows(days=1), run="first")
    section = measure()
    checks = by_problem(section)
    assert checks["completeness_low"].status == Status.OK
    assert checks["sensor_bias:108"].status == Status.UNKNOWN
    assert "not enough yet" in checks["sensor_bias:108"].detail
    assert "not enough yet" in section.figures["drift"]["why_no_threshold"]


def test_stale_data_are_one_problem_and_not_one_of_each_station(catalog, measure):
    publish(catalog, rows(newest=NEWEST - 11 * HOUR), run="old")
    problems = breaches(measure())
    assert "observations_stale" in problems
    assert not any(problem.startswith("station_silent") for problem in problems)


def test_a_collection_that_stopped_long_ago_is_still_a_problem(catalog, measure):
    publish(catalog, rows(days=2, newest=NEWEST - timedelta(days=60)), run="old")
    check = by_problem(measure())["observations_stale"]
    assert check.status == Status.BREACH
    assert check.value == pytest.approx(60 * 24 + 1, abs=1)


def test_a_silent_station_breaches_without_judging_its_sensors(catalog, measure):
    publish(catalog, without(rows(), 108, NEWEST - 12 * HOUR), run="history")
    section = measure()
    assert breaches(section) == {"station_silent:108"}
    assert by_problem(section)["sensor_bias:108"].status == Status.UNKNOWN


def test_a_biased_sensor_breaches_and_stays_so(catalog, store, measure):
    since = NEWEST - timedelta(days=6)
    publish(catalog, changed(rows(), 108, since, air_temperature_c=lambda old: old + 2.5), run="history")
    section = measure()
    assert breaches(section) == {"sensor_bias:108"}
    assert "Air temperature" in by_problem(section)["sensor_bias:108"].detail
    assert list(json.loads(store.get(stations.SENSORS_KEY))) == ["air_temperature_c@108"]
    assert breaches(measure()) == {"sensor_bias:108"}


def test_a_stuck_sensor_is_found(catalog, measure):
    table = changed(
        rows(), 108, NEWEST - 14 * HOUR, sea_level_pressure_hpa=lambda old: np.full(old.size, 1016.4)
    )
    publish(catalog, table, run="history")
    assert breaches(measure(bias_limit_days=1000)) == {"sensor_stuck:108"}


def test_impossible_values_low_scores_and_missing_hours_breach(catalog, store, measure):
    table = rows()
    for station in NEARBY[:3]:
        table = changed(
            table, station, NEWEST - 20 * HOUR, ground_temperature_c=lambda old: np.full(old.size, 200)
        )
        table = without(table, station, NEWEST - 8 * HOUR)
    publish(catalog, table, run="history")
    validated(store, NOW - HOUR, 0.5)
    assert {"completeness_low", "validity_low", "quality_score_low"} <= breaches(measure(silent_hours=24))


@healthy
def test_refused_rows_and_open_gaps_are_counted_by_reason(catalog, measure):
    hours = [NEWEST - back * HOUR for back in range(10)]
    refused = pa.Table.from_pylist(
        [
            {"station_id": 108, "observed_at": at, "rule": "a; b", "value": "x=1", "raw_key": "r", "line": 1}
            for at in hours
        ]
        + [
            {
                "station_id": None,
                "observed_at": None,
                "rule": "unreadable_row",
                "value": "?",
                "raw_key": "r",
                "line": 2,
            }
        ],
        schema=QUARANTINE_SCHEMA,
    )
    quarantine.record_refused(catalog, refused, run="r", at=NOW - HOUR)
    absent = pa.table(
        {
            "station_id": pa.array([90] * 400, pa.int32()),
            "observed_at": [NOW.replace(minute=0) - n * HOUR for n in range(2, 402)],
        }
    ).cast(pa.schema([OBSERVATIONS_SCHEMA.field(name) for name in KEY]))
    gaps.record(catalog, absent, refused.slice(0, 0), run="r", now=NOW)
    section = measure()
    assert breaches(section) == {"quarantine_high", "gaps_open_high"}
    assert section.figures["quarantine"] == [
        {"rule": "a", "24h": 10, "7d": 10, "30d": 10},
        {"rule": "b", "24h": 10, "7d": 10, "30d": 10},
        {"rule": "unreadable_row", "24h": 1, "7d": 1, "30d": 1},
    ]
    counts = section.figures["gaps"]
    assert (counts["open"], sum(counts["by_age"].values()), counts["by_reason"]) == (
        400,
        400,
        {"missing": 400},
    )
    assert (
        measure(station_ids=(108,)).figures["gaps"]["open"] == 0
    )  # the gaps are of a station that is not watched


@healthy
def test_rows_of_future_hours_breach_and_do_not_count_as_fresh(catalog, measure):
    publish(catalog, rows(ids=(108, 112), days=1, newest=NEWEST + 30 * HOUR, seed=2), run="skewed")
    section = measure()
    assert "observations_in_future" in breaches(section)
    assert section.figures["lag_hours"] < 2


@healthy
def test_corrections_are_counted_once_over_several_runs(catalog, measure):
    corrected = changed(rows(days=1), 108, NEWEST - 3 * HOUR, air_temperature_c=lambda old: old + 0.1)
    changes = publish(catalog, corrected, run="later").corrected
    measure()
    day = measure().figures["windows"]["24h"]
    assert day["corrected"] == changes > 0


@healthy
def test_a_source_that_fails_costs_its_own_figures_only(catalog, store, measure, monkeypatch):
    listed = ObjectStore.list

    def refuses(self, prefix):
        if prefix.startswith("quality/"):
            raise StorageUnavailable(f"{prefix}: no answer")
        return listed(self, prefix)

    monkeypatch.setattr(ObjectStore, "list", refuses)
    section = measure()
    checks = by_problem(section)
    assert checks["completeness_low"].status == Status.OK
    assert checks["quality_score_low"].status == Status.UNKNOWN
    assert "no answer" in checks["quality_score_low"].detail
    assert [gap.what for gap in section.missing] == ["quality_by_run"]


@healthy
def test_a_damaged_validation_result_costs_only_score_parts(catalog, store, measure):
    key = next(iter(entry.key for entry in reversed(list(store.list("quality/validations/")))))
    store.put(key, b"{")
    section = measure()
    assert [gap.what for gap in section.missing] == ["score_parts"]
    assert section.figures["windows"]["24h"]["quality_score"] == pytest.approx(0.98)


def test_no_answer_from_s3_leaves_only_unknown_checks(proxy, access, connect_catalog):
    access = replace(access, endpoint_url="http://127.0.0.1:9")
    section = data_quality.measure(connect_catalog(access), ObjectStore(access), LIMITS, NOW)
    assert {check.status for check in section.checks} == {Status.UNKNOWN}
    assert {"windows", "quarantine", "gaps", "drift"} <= {gap.what for gap in section.missing}


@healthy
def test_drift_names_its_reference_and_is_measured_once_a_day(catalog, measure):
    drift = measure().figures["drift"]
    assert drift["reference"].startswith("trailing")
    assert "no earlier year" in drift["why_no_threshold"]
    assert {row["name"] for row in drift["variables"]} >= {"air_temperature_c", "wind_speed_ms"}
    assert all(row["psi_threshold"] is None for row in drift["variables"])
    assert all(1 <= row["n_effective"] <= row["n"] for row in drift["variables"])
    assert measure(now=NOW + HOUR).figures["drift"]["measured_at"] == drift["measured_at"]
    assert measure(now=NOW + 25 * HOUR).figures["drift"]["measured_at"] != drift["measured_at"]
    # Figures from a clock that was ahead are not used until that time.
    assert measure(now=NOW + HOUR).figures["drift"]["measured_at"] == (NOW + HOUR).isoformat()


@healthy
def test_drift_against_earlier_years_has_their_thresholds(catalog, measure):
    for back in (1, 2, 3):
        newest = NEWEST - timedelta(days=round(365.2425 * back) - 20)
        publish(catalog, rows(days=45, newest=newest, seed=10 + back), run=f"year {back}")
    drift = measure().figures["drift"]
    years = [str(NOW.year - back) for back in (3, 2, 1)]
    assert drift["reference"] == f"same season of {', '.join(years)}"
    assert drift["why_no_threshold"] is None
    assert drift["stations"] == 8
    temperature = next(row for row in drift["variables"] if row["name"] == "air_temperature_c")
    assert temperature["null"] == 12
    assert temperature["psi_threshold"] > 0
    assert temperature["wasserstein_threshold"] > 0


@with_tables
def test_a_failing_part_is_missing_with_its_reason_alone(catalog, store, measure, caplog):
    publish(catalog, rows(days=3), run="history")
    validated(store, NOW - HOUR, 0.98)
    assert_contained(
        measure,
        store,
        {
            "validation_results.runs": ["quality_by_run"],
            "quarantine_and_gaps.refused": ["quarantine"],
            "quarantine_and_gaps.open_gaps": ["gaps"],
            "validation_results.corrections": ["corrections"],
            "data_quality._freshness": ["freshness"],
            "data_quality.count_since": ["rows_in_future"],
            "completeness.by_hour": ["completeness_by_hour"],
            "completeness.by_variable": ["variables"],
            "validation_results.score_parts": ["score_parts"],
            "quarantine_and_gaps.by_rule": ["quarantine"],
            "quarantine_and_gaps.of_gaps": ["gaps"],
            "validation_results.corrected_by_day": ["corrections"],
            "validation_results.corrected_since": ["corrections"],
            "quarantine_and_gaps.count_since": ["quarantine"],
            "completeness.of_window": ["windows"],
            "stations.watch": ["stations"],
            "stations.checks": ["stations"],
            "seasons.current": ["drift"],
        },
        caplog,
    )
    with failing("completeness.read"):
        section = measure()
    assert [gap.what for gap in section.missing] == ["windows"]
    assert section.figures["gaps"]["open"] == 0
    assert by_problem(section)["quality_score_low"].status is Status.OK
