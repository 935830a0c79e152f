"""Forecasts for every station and lead, from the champions: a table, and one JSON file for everybody.

``forecasts/latest.json``::

    {"made_at": "2026-11-24T04:05:00+00:00",             when it was made
     "targets": {"air_temperature": {
        "unit": "°C", "model_version": "20261124T0200-1a2b3c4d",
        "stations": {"108": {
            "name": "Seoul", "issued_at": "2026-11-24T04:00:00+00:00",         newest hour used
            "valid_at": [...], "p10": [...], "p50": [...], "p90": [...]}},     an entry per lead
        "skipped": {"90": "why there is no forecast"}}},
     "without_model": {"wind_speed": "why there is none"}}

``forecasts/stations.json``, the source of the pages in the Airflow UI: see ``recent_forecasts.py``.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.kma.stations import load_stations
from weather_mlops.lake import forecasts
from weather_mlops.lake.health import newest_hour
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.schemas import FORECASTS_SCHEMA
from weather_mlops.model import recent_forecasts
from weather_mlops.model.champion import load_champion
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.panel import HOUR_STEP, Panel, to_panel
from weather_mlops.model.preparation import read
from weather_mlops.model.registry import Registry
from weather_mlops.model.scores import QuantileForecast
from weather_mlops.model.targets import target_named

log = logging.getLogger(__name__)

LATEST: Final = "forecasts/latest.json"


@dataclass(frozen=True)
class Deployed:
    """A champion: the name of its target, its version, and what it forecasts with."""

    target: str
    version: str
    forecaster: Forecaster


@dataclass(frozen=True)
class TargetForecast:
    """Forecasts of one target.

    Attributes:
        by: the champion.
        rows: columns of FORECASTS_SCHEMA.
        skipped: why there is none, by station.
    """

    by: Deployed
    rows: pa.Table
    skipped: Mapping[int, str]


def make(  # noqa: PLR0913  keyword only: what a YAML file says
    catalog: Catalog,
    store: ObjectStore,
    targets: Sequence[str],
    *,
    max_input_age_hours: float,
    run: str,
    now: datetime,
) -> dict[str, Any]:
    """Forecast with the champions, and publish.

    Args:
        catalog: of the tables.
        store: the bucket.
        targets: their names.
        max_input_age_hours: a station whose newest observation of the target is older gets no forecast.
        run: name of the run.
        now: the time (UTC).

    Returns:
        Counts by what happened; ``rows`` is 0 where no target has a champion, and ``reason`` tells why.

    Raises:
        Misconfigured: an unknown target.
        ModelUnusable: a champion is damaged, or made for other features than the code's.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    made, without = [], {}
    for name in targets:
        target_named(name)
        registry = Registry(store, name)
        decision = registry.champion()
        if decision is None:
            without[name] = "no model was deployed yet: model_training does, once the data are ready"
            continue
        version, forecaster = load_champion(registry, decision)
        deployed = Deployed(name, version.name, forecaster)
        made.append(_of_target(catalog, deployed, max_input_age_hours, now))
    if not made:
        return {"rows": 0, "reason": "; ".join(f"{name}: {why}" for name, why in without.items())}
    rows = pa.concat_tables([each.rows for each in made])
    published = forecasts.publish(catalog, rows, run=run, now=now)
    latest = document(made, without, now)
    store.put(LATEST, json.dumps(latest, ensure_ascii=False).encode(), "application/json")
    recent_forecasts.publish(catalog, store, latest, now)
    skipped = {f"{each.by.target}/{station}": why for each in made for station, why in each.skipped.items()}
    log.info("forecasts: targets=%d rows=%d skipped=%d", len(made), rows.num_rows, len(skipped))
    for each in made:
        _tell_skipped(each)
    return {
        "rows": rows.num_rows,
        "inserted": published.inserted,
        "replaced": published.replaced,
        "equal": published.equal,
        "versions": {each.by.target: each.by.version for each in made},
        "without_model": without,
        "stations_skipped": sorted(skipped),
        "forecast_key": LATEST,
        "stations_key": recent_forecasts.KEY,
    }


def _of_target(catalog: Catalog, by: Deployed, max_age_hours: float, now: datetime) -> TargetForecast:
    forecaster, newest = by.forecaster, newest_hour(catalog) or now
    # Each station starts from its own newest hour, which may lie behind the newest of all.
    first = newest - timedelta(hours=forecaster.history_hours + max_age_hours)
    table = read(catalog, forecaster.inputs, stations=forecaster.stations, first=first, last=newest)
    if table.num_rows == 0:
        why = f"no observation since {first:%Y-%m-%d %H:%M} UTC"
        return TargetForecast(by, FORECASTS_SCHEMA.empty_table(), dict.fromkeys(forecaster.stations, why))
    grid = to_panel(table, forecaster.inputs, stations=forecaster.stations, first=first, last=newest)
    return forecast(grid, by, max_age_hours, now)


def forecast(grid: Panel, by: Deployed, max_age_hours: float, now: datetime) -> TargetForecast:
    """Forecasts from the newest hours of a grid.

    Args:
        grid: of the model's stations, with at least its ``history_hours`` before each newest hour.
        by: the model.
        max_age_hours: a station whose newest observation of the target is older is skipped.
        now: the time (UTC).
    """
    origins, skipped = _newest(grid, by.forecaster.target.column, max_age_hours, now)
    rows = [FORECASTS_SCHEMA.empty_table()]
    for origin in sorted(set(origins.values())):
        made = by.forecaster.predict(grid, np.array([origin]))
        for place in [place for place, newest in origins.items() if newest == origin]:
            quantiles = QuantileForecast(*(values[place, 0] for values in (made.p10, made.p50, made.p90)))
            if not np.isfinite([quantiles.p10, quantiles.p50, quantiles.p90]).all():
                skipped[int(grid.stations[place])] = "the model makes no forecast from what was observed here"
                continue
            rows.append(_rows(grid, place, origin, quantiles, by))
    return TargetForecast(by, pa.concat_tables(rows), skipped)


def _newest(
    grid: Panel, column: str, max_age_hours: float, now: datetime
) -> tuple[dict[int, int], dict[int, str]]:
    """Index of each station's newest observation, by its place; and why others have none, by their id."""
    known = np.isfinite(grid.values[column])
    newest = np.where(known.any(axis=1), grid.length - 1 - known[:, ::-1].argmax(axis=1), -1)
    fresh, stale = {}, {}
    for place, station in enumerate(grid.stations):
        if newest[place] < 0:
            stale[int(station)] = f"no {column} since {grid.moment(0):%Y-%m-%d %H:%M} UTC"
            continue
        age = (now - grid.moment(int(newest[place]))) / timedelta(hours=1)
        if age > max_age_hours:
            stale[int(station)] = (
                f"its newest {column} is {age:.1f} h old; at most {max_age_hours:g} h are allowed"
            )
        else:
            fresh[place] = int(newest[place])
    return fresh, stale


def _rows(grid: Panel, place: int, origin: int, quantiles: QuantileForecast, by: Deployed) -> pa.Table:
    leads = np.arange(1, len(quantiles.p50) + 1)
    issued = grid.hours[origin]
    columns = {
        "issued_at": _moments(np.full(len(leads), issued)),
        "station_id": np.full(len(leads), grid.stations[place]),
        "target": [by.target] * len(leads),
        "valid_at": _moments(issued + leads * HOUR_STEP),
        "lead_hours": leads.astype(np.int32),
        "p10": quantiles.p10.astype(np.float64),
        "p50": quantiles.p50.astype(np.float64),
        "p90": quantiles.p90.astype(np.float64),
        "model_version": [by.version] * len(leads),
    }
    return pa.table([pa.array(columns[f.name], f.type) for f in FORECASTS_SCHEMA], schema=FORECASTS_SCHEMA)


def _moments(hours: np.ndarray) -> pa.Array:
    return pa.array(hours.astype("datetime64[us]")).cast(FORECASTS_SCHEMA.field("issued_at").type)


def document(made: Sequence[TargetForecast], without: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The forecasts as in ``forecasts/latest.json``; see the module's own text."""
    names = {station.id: station.english for station in load_stations()}
    return {
        "made_at": now.isoformat(),
        "targets": {
            each.by.target: {
                "unit": target_named(each.by.target).unit,
                "model_version": each.by.version,
                "stations": _by_station(each.rows, names),
                "skipped": {str(station): why for station, why in each.skipped.items()},
            }
            for each in made
        },
        "without_model": dict(without),
    }


def _by_station(rows: pa.Table, names: Mapping[int, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows.sort_by([("station_id", "ascending"), ("lead_hours", "ascending")]).to_pylist():
        station = found.setdefault(
            str(row["station_id"]),
            {
                "name": names[row["station_id"]],
                "issued_at": row["issued_at"].isoformat(),
                **{column: [] for column in ("valid_at", "p10", "p50", "p90")},
            },
        )
        station["valid_at"].append(row["valid_at"].isoformat())
        for quantile in ("p10", "p50", "p90"):
            station[quantile].append(round(row[quantile], 3))
    return found


def _tell_skipped(made: TargetForecast) -> None:
    if made.skipped:
        told = "; ".join(f"{station}: {why}" for station, why in sorted(made.skipped.items()))
        log.warning("no forecast of %s for %d stations: %s", made.by.target, len(made.skipped), told)
