"""The section model_performance: of a good model, of bad ones, and with too few forecasts."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog

from tests.model import world
from tests.model.sealed import NOTES
from tests.monitoring.failing import assert_contained
from weather_mlops.documents.decision import Decision
from weather_mlops.errors import Misconfigured, StorageUnavailable
from weather_mlops.lake import forecasts
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import FORECASTS_SCHEMA
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.registry import Registry
from weather_mlops.model.versions import as_json
from weather_mlops.monitoring import daily_sums, performance
from weather_mlops.monitoring.checks import FIRST_MODEL, Check, Section, Status
from weather_mlops.verification import error_sums

NOW = datetime(2026, 11, 25, 14, 10, tzinfo=UTC)
"""23:10 KST, when the newest forecast is of tomorrow."""
HOUR = timedelta(hours=1)
NEWEST = NOW.replace(minute=0)
TARGET = "air_temperature"
COLUMN = "air_temperature_c"
STATIONS = (98, 108, 112)
LEADS = (1, 2, 3)
DAYS = 12
RMSE = 0.5
OBSERVED = world.observed(STATIONS, DAYS, begin=NEWEST - (24 * DAYS - 1) * HOUR)
ALL = {
    "champion_damaged",
    "champion_old",
    "forecasts_missing",
    "kma_forecast_unused",
    "model_bias",
    "model_skill_low",
    "model_coverage_off",
}


@cache
def forecast_rows(
    days: float = 10,
    *,
    off: float = 0.0,
    wide: float = 0.64,
    until: datetime = NEWEST,
    leads: tuple[int, ...] = LEADS,
) -> pa.Table:
    """Forecasts with an error of RMSE on average; those of future hours are near 10 °C."""
    source = np.random.default_rng(5)
    truth = {
        (station, at): value
        for station, at, value in zip(
            *(OBSERVED[name].to_pylist() for name in ("station_id", "observed_at", COLUMN)), strict=True
        )
    }
    rows = []
    for back in range(int(24 * days)):
        issued = until - back * HOUR
        for station in STATIONS:
            for lead in leads:
                valid = issued + lead * HOUR
                observed = truth.get((station, valid))
                middle = (10.0 if observed is None else observed) + source.normal(0, RMSE) + off
                rows.append(
                    (issued, station, TARGET, valid, lead, middle - wide, middle, middle + wide, "v1")
                )
    names = [field.name for field in FORECASTS_SCHEMA if not field.nullable]
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=FORECASTS_SCHEMA)


def deploy(
    store: ObjectStore, version: str = "v1", at: datetime = NOW - timedelta(days=9), **of_model: object
) -> None:
    hours = np.datetime64("2025-01-01T00", "h") + np.arange(0, 9000, 3) * np.timedelta64(1, "h")
    climatology = Climatology.fit(np.full((len(STATIONS), len(hours)), 10.0), hours)
    model = {
        "usual": climatology.as_lists(),
        "stations": list(STATIONS),
        "leads": [{"damping": 0.9}] * len(LEADS),
        **of_model,
    }
    leads = {str(lead): {"rmse": RMSE, "coverage_80": 0.8} for lead in LEADS}
    registry = Registry(store, TARGET)
    files = {
        "lead_01.ubj": version.encode(),
        "model.json": as_json(model),
        "evaluation.json": as_json({"leads": leads}),
    }
    registry.finalize(version, files, NOTES)
    registry.promote(Decision("deployed", version, None, at, "run", "first"))


def twelve_days(catalog: Catalog, _store: ObjectStore) -> None:
    """Observations, and no model."""
    ensure_tables(catalog)
    publish(catalog, OBSERVED, run="history")


def deployed(catalog: Catalog, store: ObjectStore) -> None:
    """Observations and a champion that has issued nothing."""
    twelve_days(catalog, store)
    deploy(store)


def forecasting(catalog: Catalog, store: ObjectStore) -> None:
    """Observations, and ten days of forecasts of a good champion."""
    deployed(catalog, store)
    issue(catalog, forecast_rows())


@pytest.fixture
def measure(catalog, store):
    def measured(now: datetime = NOW, **limits) -> Section:
        section = performance.measure(
            catalog, store, [TARGET], performance.ModelPerformanceLimits(**limits), now
        )
        assert json.loads(json.dumps(section.as_dict(), allow_nan=False)) == section.as_dict()
        return section

    return measured


def issue(catalog, rows: pa.Table) -> None:
    forecasts.publish(catalog, rows, run="r", now=NOW)


def checks(section: Section) -> dict[str, Check]:
    by_name = {check.name: check for check in section.checks}
    assert set(by_name) == ALL
    assert {check.subject for check in section.checks} == {TARGET}
    return by_name


def breaches(section: Section) -> set[str]:
    return {name for name, check in checks(section).items() if check.status == Status.BREACH}


@pytest.mark.prepared(tables=forecasting)
def test_a_good_model_breaches_nothing_and_keeps_its_promise(catalog, store, measure):
    section = measure()
    assert {check.status for check in section.checks} == {Status.OK}
    figures = section.figures["targets"][TARGET]
    week = figures["windows"]["7d"]
    assert week["all"]["rmse"] == pytest.approx(RMSE, rel=0.1)
    assert week["all"]["promised_rmse"] == RMSE
    assert week["all"]["coverage_80"] == pytest.approx(0.8, abs=0.05)
    assert list(week["leads"]) == ["1", "2", "3"]
    assert week["leads"]["3"]["persistence_rmse"] > week["leads"]["1"]["persistence_rmse"]
    assert 0 < week["all"]["skill_damped_anomaly"] < 1
    assert figures["windows"]["24h"]["n"] > 200
    assert figures["residuals"]["spread_ratio"] == pytest.approx(1, abs=0.1)
    assert figures["hours"]["24h"] == {"expected": 24, "without": 0, "share_without": 0}
    assert figures["newest_issued_at"] == NEWEST.isoformat()
    assert len(figures["stations"]) == 3
    assert len(figures["daily"]["days"]) == len(figures["daily"]["rmse"]) > 9


@pytest.mark.prepared(tables=deployed)
def test_the_second_day_ahead_is_measured_as_the_first_is(catalog, store, measure):
    issue(catalog, forecast_rows(leads=(1, 24, 25, 48)))
    figures = measure().figures["targets"][TARGET]

    assert list(figures["windows"]["7d"]["leads"]) == ["1", "24", "25", "48"]
    for window in ("24h", "7d"):
        first, last = (figures["windows"][window]["leads"][lead]["n"] for lead in ("1", "48"))
        assert last == pytest.approx(first, rel=0.1)


@pytest.mark.prepared(tables=deployed)
def test_figures_are_those_of_the_rows_themselves(catalog, store, measure):
    rows = forecast_rows(2)
    issue(catalog, rows)
    figures = measure().figures["targets"][TARGET]["windows"]["7d"]["leads"]["2"]
    truth = {
        (station, at): value
        for station, at, value in zip(
            *(OBSERVED[name].to_pylist() for name in ("station_id", "observed_at", COLUMN)), strict=True
        )
    }
    errors, starts = [], []
    for row in rows.to_pylist():
        observed, start = (truth.get((row["station_id"], row[at])) for at in ("valid_at", "issued_at"))
        if row["lead_hours"] == 2 and observed is not None and start is not None:
            errors.append(row["p50"] - observed)
            starts.append(start - observed)
    assert figures["n"] == len(errors)
    assert figures["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))), abs=1e-3)
    assert figures["bias"] == pytest.approx(np.mean(errors), abs=1e-3)
    assert figures["mae"] == pytest.approx(np.mean(np.abs(errors)), abs=1e-3)
    assert figures["persistence_rmse"] == pytest.approx(np.sqrt(np.mean(np.square(starts))), abs=1e-3)


@pytest.mark.prepared(tables=deployed)
@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"off": 0.45}, {"model_bias"}),
        ({"off": 3.0}, {"model_bias", "model_skill_low", "model_coverage_off"}),
        ({"wide": 0.3}, {"model_coverage_off"}),
        ({"wide": 9.0}, {"model_coverage_off"}),
        ({"until": NEWEST - 12 * HOUR}, {"forecasts_missing"}),
    ],
)
def test_each_fault_breaches_its_own_checks_only(catalog, store, measure, changes, problems):
    issue(catalog, forecast_rows(**changes))
    assert breaches(measure()) == problems


@pytest.mark.prepared(tables=twelve_days)
def test_an_old_champion_breaches(catalog, store, measure):
    deploy(store, at=NOW - timedelta(days=100))
    issue(catalog, forecast_rows())
    assert "champion_old" in breaches(measure())


@pytest.mark.prepared(tables=twelve_days)
def test_without_a_champion_nothing_is_wrong_yet(catalog, measure):
    section = measure()
    assert {check.status for check in section.checks} == {Status.UNKNOWN}
    figures = section.figures["targets"][TARGET]
    assert figures["champion"] is None
    assert figures["windows"]["7d"] == {"n": 0, "why": "not enough yet (0 pairs)", "all": None, "leads": {}}
    assert figures["residuals"] is None


@pytest.mark.prepared(tables=twelve_days)
def test_the_first_hours_give_no_figure(catalog, store, measure):
    deploy(store, at=NOW - 5 * HOUR)
    issue(catalog, forecast_rows(5 / 24))
    section = measure()
    figures = section.figures["targets"][TARGET]
    assert "not enough yet" in figures["windows"]["24h"]["why"]
    assert checks(section)["model_bias"].status == Status.UNKNOWN
    assert "not enough yet" in checks(section)["model_bias"].detail
    assert breaches(section) == set()


def test_empty_tables_and_none_at_all(catalog, measure):
    assert breaches(measure()) == set()
    ensure_tables(catalog)
    assert breaches(measure()) == set()


@pytest.mark.prepared(tables=forecasting)
def test_a_damaged_model_file_breaches_and_errors_are_measured(catalog, store, measure):
    assert breaches(measure()) == set()
    store.put(f"models/{TARGET}/versions/v1/lead_01.ubj", b"v2")
    section = measure(now=datetime.now(UTC) + timedelta(seconds=1))
    assert breaches(section) == {"champion_damaged"}
    assert "SHA-256" in checks(section)["champion_damaged"].detail
    assert section.figures["targets"][TARGET]["windows"]["7d"]["all"]["rmse"] > 0
    assert checks(section)["model_bias"].status == Status.UNKNOWN


@pytest.mark.prepared(tables=deployed)
def test_a_damaged_pointer_and_a_lost_file_breach(catalog, store, measure):
    store.delete(f"models/{TARGET}/versions/v1/lead_01.ubj")
    assert "gone" in checks(measure())["champion_damaged"].detail
    store.put(f"models/{TARGET}/champion.json", b"{")
    assert breaches(measure()) == {"champion_damaged"}


@pytest.mark.prepared(tables=deployed)
def test_files_are_read_whole_once_a_day_and_after_a_change(catalog, store, measure):
    now = datetime.now(UTC) + timedelta(seconds=2)
    reads = [measure(now=now + after).figures["read"]["requests"] for after in (0 * HOUR, HOUR, 25 * HOUR)]
    assert reads[1] < reads[0]
    assert reads[2] > reads[1]


@pytest.mark.prepared(tables=forecasting)
def test_only_open_days_are_read_again(catalog, store, measure, monkeypatch):
    first = measure()
    hours_read = []
    real = daily_sums._read_pairs

    def noted(catalog, target, begin, last, damping):
        hours_read.append((last - begin) / HOUR)
        return real(catalog, target, begin, last, damping)

    monkeypatch.setattr(daily_sums, "_read_pairs", noted)
    second = measure()
    assert sum(hours_read) <= 24 * daily_sums.OPEN_DAYS
    before, after = (section.figures["targets"][TARGET] for section in (first, second))
    assert after["windows"] == before["windows"]


@pytest.mark.prepared(tables=forecasting)
def test_it_does_not_matter_how_many_days_are_read_together(catalog, store, measure, monkeypatch):
    figures = measure().figures["targets"][TARGET]
    store.delete(daily_sums.key(TARGET))
    monkeypatch.setattr(daily_sums, "AT_ONCE", 1)
    again = measure().figures["targets"][TARGET]
    assert {name: again[name] for name in ("windows", "daily", "hours")} == {
        name: figures[name] for name in ("windows", "daily", "hours")
    }


@pytest.mark.prepared(tables=forecasting)
def test_a_source_that_fails_leaves_the_others_measured(catalog, store, measure, monkeypatch):

    def refuses(*_args):
        raise StorageUnavailable("weather.forecasts: no answer")

    monkeypatch.setattr(daily_sums, "_read_pairs", refuses)
    section = measure()
    assert [gap.what for gap in section.missing] == [f"{TARGET} forecasts"]
    assert checks(section)["champion_damaged"].status == Status.OK
    assert checks(section)["model_bias"].status == Status.UNKNOWN


def test_no_answer_from_s3_leaves_only_unknown_checks(access, connect_catalog):
    access = replace(access, endpoint_url="http://127.0.0.1:9")
    section = performance.measure(
        connect_catalog(access), ObjectStore(access), [TARGET], performance.ModelPerformanceLimits(), NOW
    )
    assert {check.status for check in section.checks} == {Status.UNKNOWN}
    assert section.missing


def test_an_unknown_target_is_refused(catalog, store):
    with pytest.raises(Misconfigured, match="sunshine"):
        performance.measure(catalog, store, ["sunshine"], performance.ModelPerformanceLimits(), NOW)


def test_sums_of_days_are_those_of_all_their_pairs():
    source = np.random.default_rng(2)
    n = 500
    pairs = error_sums.Pairs(
        np.datetime64("2026-01-01T00", "h") + source.integers(0, 72, n) * np.timedelta64(1, "h"),
        source.choice(STATIONS, n),
        source.integers(1, 4, n),
        source.random((len(error_sums.SUMS), n)),
        source.integers(0, 2, n),
    )
    by_day = error_sums.by_day(pairs)
    assert len(by_day) == 4  # 72 hours of UTC touch four days of Korea
    together = error_sums.add(error_sums.day_sums(each)["leads"] for each in by_day.values())
    whole = error_sums.sums_by(pairs, pairs.lead)
    assert together.keys() == whole.keys()
    assert all(np.allclose(together[lead], whole[lead], atol=1e-3) for lead in whole)


@pytest.mark.prepared(tables=twelve_days)
def test_a_first_model_is_waited_for_until_one_was_deployed(catalog, store, measure):
    assert checks(measure())["champion_damaged"].awaits == FIRST_MODEL
    registry, at = Registry(store, TARGET), NOW - timedelta(days=3)
    registry.record(Decision("refused", "v1", None, at, "run", "coverage: 96 % within p10 to p90"))
    section = measure()

    assert checks(section)["champion_damaged"].awaits == FIRST_MODEL
    assert "was refused: coverage: 96 %" in checks(section)["champion_damaged"].detail
    assert section.figures["targets"][TARGET]["first_decision_at"] == at.isoformat()


@pytest.mark.prepared(tables=twelve_days)
def test_a_pointer_that_is_gone_is_no_first_model_to_wait_for(catalog, store, measure):
    deploy(store, at=NOW - timedelta(days=3))
    store.delete(f"models/{TARGET}/champion.json")
    check = checks(measure())["champion_damaged"]

    assert (check.status, check.awaits) == (Status.UNKNOWN, "")
    assert f"make rollback TARGET={TARGET}" in check.detail


@pytest.mark.prepared(tables=forecasting)
def test_a_failing_part_is_missing_with_its_reason_alone(catalog, store, measure, caplog):
    assert_contained(
        measure,
        store,
        {
            "daily_sums.load": [f"{TARGET} before"],
            "champion.load": [f"{TARGET} champion"],
            "daily_sums.update": [f"{TARGET} forecasts"],
            "daily_sums.save": [f"{TARGET} kept"],
            "target_figures.figures": [TARGET],
            "performance.error_checks": [TARGET],
        },
        caplog,
    )
