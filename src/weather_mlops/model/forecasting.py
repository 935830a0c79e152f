"""Forecasts for every station and lead, from the champions: a table, and one JSON file for all readers.

``forecasts/latest.json``::

    {"schema": 1,
     "made_at": "2026-11-24T04:05:00+00:00",             when it was made
     "targets": {"air_temperature": {
        "unit": "°C", "model_version": "20261124T0200-1a2b3c4d",
        "stations": {"108": {
            "name": "Seoul", "issued_at": "2026-11-24T04:00:00+00:00",         newest hour used
            "valid_at": [...], "p10": [...], "p50": [...], "p90": [...],       an entry per lead
            "p25": [...], "p75": [...],                                        absent for older models
         "inputs": [...], "kma_issued_at": "2026-11-23T20:00:00+00:00",     null = without the KMA's forecast
         "inputs_note": "observations and the KMA's forecast of 05:00 KST", "inputs_note_korean": "…"}},
        "skipped": {"90": "the reason why there is no forecast"}}},
     "without_model": {"wind_speed": "the reason why there is no model"}}

``forecasts/stations.json``, the source of the pages in the Airflow UI: see ``documents/forecast_pages.py``.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.clock import HOUR
from weather_mlops.documents import forecast_pages
from weather_mlops.documents.forecasts import SCHEMA, ForecastSummary, LatestForecasts, LatestStation
from weather_mlops.lake import forecasts
from weather_mlops.lake.health import newest_hour
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.observations_reader import read_observations
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.lake.schemas import FORECASTS_SCHEMA
from weather_mlops.model import kma_inputs, recent_forecasts
from weather_mlops.model.champion import load_champion
from weather_mlops.model.forecast_rows import Deployed, KmaIssue, rows_of_forecast
from weather_mlops.model.inputs_note import InputsNote, KmaAtIssue, note, note_without_kma
from weather_mlops.model.kma_inputs import ForecastRows, KmaInputs
from weather_mlops.model.registry import Registry
from weather_mlops.model.targets import target_named
from weather_mlops.stations import load_stations

log = logging.getLogger(__name__)

LATEST: Final = "forecasts/latest.json"


@dataclass(frozen=True)
class TargetForecast:
    """Forecasts of one target.

    Attributes:
        by: the champion.
        rows: columns of FORECASTS_SCHEMA.
        skipped: the reason why there is no forecast, by station id.
        notes: what each station's forecast was made from, by its id.
    """

    by: Deployed
    rows: pa.Table
    skipped: Mapping[int, str]
    notes: Mapping[int, InputsNote] = field(default_factory=dict)


def make(  # noqa: PLR0913  keyword only: what a YAML file says
    catalog: Catalog,
    store: ObjectStore,
    targets: Sequence[str],
    *,
    max_input_age_hours: float,
    run: str,
    now: datetime,
) -> ForecastSummary:
    """Forecast with the champions, and publish.

    Args:
        catalog: of the tables.
        store: the bucket.
        targets: their names.
        max_input_age_hours: a station whose newest observation of the target is older gets no forecast.
        run: name of the run.
        now: the time (UTC).

    Returns:
        Counts and keys of what was written; without any champion ``rows`` is 0, and ``reason`` says why.

    Raises:
        Misconfigured: an unknown target.
        ModelUnusable: a champion is damaged, or was made for other features than the code's.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    champions, without_model = _champions(store, targets)
    target_forecasts = [_of_target(catalog, by, max_input_age_hours, now) for by in champions]
    if not target_forecasts:
        # The KMA's forecast, where it is collected, is shown before the first model is deployed.
        recent_forecasts.publish(catalog, store, document([], without_model, now), now)
        return {"rows": 0, "reason": "; ".join(f"{name}: {reason}" for name, reason in without_model.items())}
    rows = pa.concat_tables([each.rows for each in target_forecasts])
    published = forecasts.publish(catalog, rows, run=run, now=now)
    latest = document(target_forecasts, without_model, now)
    store.put(LATEST, json.dumps(latest, ensure_ascii=False).encode(), "application/json")
    recent_forecasts.publish(catalog, store, latest, now)
    skipped = sorted(f"{each.by.target}/{station}" for each in target_forecasts for station in each.skipped)
    log.info("forecasts: targets=%d rows=%d skipped=%d", len(target_forecasts), rows.num_rows, len(skipped))
    for each in target_forecasts:
        _log_skipped(each)
    return {
        "rows": rows.num_rows,
        "inserted": published.inserted,
        "replaced": published.replaced,
        "equal": published.equal,
        "versions": {each.by.target: each.by.version for each in target_forecasts},
        "without_model": without_model,
        "stations_skipped": skipped,
        "forecast_key": LATEST,
        "stations_key": forecast_pages.KEY,
    }


def _champions(store: ObjectStore, targets: Sequence[str]) -> tuple[list[Deployed], dict[str, str]]:
    """The deployed models; and why a target has none, by its name."""
    champions, without_model = [], {}
    for name in targets:
        target_named(name)
        registry = Registry(store, name)
        decision = registry.champion()
        if decision is None:
            without_model[name] = "no model was deployed yet: model_training deploys one with enough data"
            continue
        version, forecaster = load_champion(registry, decision)
        champions.append(Deployed(name, version.name, forecaster))
    return champions, without_model


def _of_target(catalog: Catalog, by: Deployed, max_age_hours: float, now: datetime) -> TargetForecast:
    forecaster, newest = by.forecaster, newest_hour(catalog) or now
    # Each station starts from its own newest hour, which may lie behind the newest of all.
    first = newest - timedelta(hours=forecaster.history_hours + max_age_hours)
    table = read_observations(
        catalog, forecaster.inputs, stations=forecaster.stations, first=first, last=newest
    )
    if table.num_rows == 0:
        reason = f"no observation since {first:%Y-%m-%d %H:%M} UTC"
        return TargetForecast(by, FORECASTS_SCHEMA.empty_table(), dict.fromkeys(forecaster.stations, reason))
    panel = to_panel(table, forecaster.inputs, stations=forecaster.stations, first=first, last=newest)
    return forecast(panel, by, max_age_hours, now, kma_inputs.from_catalog(catalog, forecaster.stations))


def forecast(
    panel: Panel, by: Deployed, max_age_hours: float, now: datetime, rows_of: ForecastRows | None = None
) -> TargetForecast:
    """Forecasts from the newest hours of a panel.

    Args:
        panel: of the model's stations, with at least its ``history_hours`` before each newest hour.
        by: the model.
        max_age_hours: a station whose newest observation of the target is older is skipped.
        now: the time (UTC).
        rows_of: the KMA's forecasts; None = observations alone.
    """
    newest_by_row, skipped = _newest(panel, by.forecaster.target.column, max_age_hours, now)
    rows, notes = [FORECASTS_SCHEMA.empty_table()], {}
    issue_times = np.unique(np.array(list(newest_by_row.values()), np.int64))
    kma = by.forecaster.gather(rows_of, panel, issue_times)
    predicted = by.forecaster.forecast(panel, issue_times, kma)
    for row, issue_time in newest_by_row.items():
        at = int(np.searchsorted(issue_times, issue_time))
        if not np.isfinite(predicted.quantiles.values[:, row, at]).all():
            skipped[int(panel.stations[row])] = "the model makes no forecast from what was observed here"
            continue
        issue = KmaIssue(predicted.uses_kma[row, at], None if kma is None else float(kma.age_hours[row, at]))
        rows.append(rows_of_forecast(panel, row, issue_time, predicted.quantiles[row, at], issue, by))
        notes[int(panel.stations[row])] = (
            note_without_kma(by.forecaster.target)
            if kma is None
            else note(panel.time_at(issue_time), _known(panel, kma, row, at, predicted.uses_kma[row, at]))
        )
    return TargetForecast(by, pa.concat_tables(rows), skipped, notes)


def _known(panel: Panel, kma: KmaInputs, row: int, at: int, used: np.ndarray) -> KmaAtIssue:
    """What was known of the KMA's forecast at an issue time of a station."""
    age = float(kma.age_hours[row, at])
    issued_at = None
    if np.isfinite(age):
        issued_at = panel.time_at(int(kma.issue_times[at])) - round(age) * HOUR
    is_recent = age <= kma_inputs.MOST_AGE_HOURS
    return KmaAtIssue(issued_at, is_recent, bool(kma.implausible[row, at]), used.tolist())


def _newest(
    panel: Panel, column: str, max_age_hours: float, now: datetime
) -> tuple[dict[int, int], dict[int, str]]:
    """Index of each station's newest observation, by its row; and why the others are skipped, by their id."""
    known = np.isfinite(panel.values[column])
    # Of the reversed hours the first True is the newest observation; argmax finds it for all stations.
    newest = np.where(known.any(axis=1), panel.length - 1 - known[:, ::-1].argmax(axis=1), -1)
    fresh, stale = {}, {}
    for row, station in enumerate(panel.stations):
        if newest[row] < 0:
            stale[int(station)] = f"no {column} since {panel.time_at(0):%Y-%m-%d %H:%M} UTC"
            continue
        age = (now - panel.time_at(int(newest[row]))) / HOUR
        if age > max_age_hours:
            stale[int(station)] = (
                f"its newest {column} is {age:.1f} h old; at most {max_age_hours:g} h are allowed"
            )
        else:
            fresh[row] = int(newest[row])
    return fresh, stale


def document(
    target_forecasts: Sequence[TargetForecast], without_model: Mapping[str, str], now: datetime
) -> LatestForecasts:
    """The content of ``forecasts/latest.json``; see the docstring of the module."""
    names = {station.id: station.english for station in load_stations()}
    return {
        "schema": SCHEMA,
        "made_at": now.isoformat(),
        "targets": {
            each.by.target: {
                "unit": target_named(each.by.target).unit,
                "model_version": each.by.version,
                "stations": _by_station(each, names),
                "skipped": {str(station): reason for station, reason in each.skipped.items()},
            }
            for each in target_forecasts
        },
        "without_model": dict(without_model),
    }


def _by_station(of_target: TargetForecast, names: Mapping[int, str]) -> dict[str, LatestStation]:
    stations: dict[str, LatestStation] = {}
    for row in of_target.rows.sort_by([("station_id", "ascending"), ("lead_hours", "ascending")]).to_pylist():
        station = stations.setdefault(
            str(row["station_id"]),
            {
                "name": names[row["station_id"]],
                "issued_at": row["issued_at"].isoformat(),
                "valid_at": [],
                "p10": [],
                "p50": [],
                "p90": [],
                "inputs": [],
                "kma_issued_at": None,
            },
        )
        station["valid_at"].append(row["valid_at"].isoformat())
        station["p10"].append(round(row["p10"], 3))
        station["p50"].append(round(row["p50"], 3))
        station["p90"].append(round(row["p90"], 3))
        if row["p25"] is not None and row["p75"] is not None:
            station.setdefault("p25", []).append(round(row["p25"], 3))
            station.setdefault("p75", []).append(round(row["p75"], 3))
        station["inputs"].append(row["inputs"])
        if row["kma_issued_at"] is not None:
            station["kma_issued_at"] = row["kma_issued_at"].isoformat()
    for station_id, sentence in of_target.notes.items():
        stations[str(station_id)]["inputs_note"] = sentence.english
        stations[str(station_id)]["inputs_note_korean"] = sentence.korean
    return stations


def _log_skipped(target_forecast: TargetForecast) -> None:
    if target_forecast.skipped:
        reasons = "; ".join(
            f"{station}: {reason}" for station, reason in sorted(target_forecast.skipped.items())
        )
        log.warning(
            "no forecast of %s for %d stations: %s",
            target_forecast.by.target,
            len(target_forecast.skipped),
            reasons,
        )
