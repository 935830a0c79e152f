"""What people look at of the forecasts, in one object: the present ones, and the last ones beside what came.

The API server shows pages of it, which opens no table. ``forecasts/stations.json``, all times UTC::

    {"schema": 1,
     "made_at": "2026-11-24T04:05:00+00:00",             when it was made
     "first": "2026-11-21T05:00:00+00:00",               the first of the hours below, and
     "hours": 72,                                         how many there are
     "targets": {"air_temperature": {
        "label": "Air temperature", "korean": "기온", "unit": "°C",
        "model_version": "20261124T0200-1a2b3c4d",        null without a model
        "past": {"1": {"n": 6900, "rmse": 0.52, "coverage_80": 0.81}, "6": …, "24": …},   all stations
        "stations": {"108": {
            "name": "Seoul", "korean": "서울",
            "observed": [3.1, null, …],                   an entry per hour; null = not observed
            "forecast": {"issued_at": "2026-11-24T04:00:00+00:00",         newest hour used
                         "p10": […], "p50": […], "p90": […]},              of 1, 2, 3 … h after it
            "why_none": "why there is no forecast",       of forecast and why_none, one is null
            "past": {"1": {"p10": […], "p50": […], "p90": […],     of each hour, as forecast 1 h before it;
                           "n": 71,                                null = it wasn't
                           "rmse": 0.52, "coverage_80": 0.81}}     null where n, hours with both, is 0
        }}}}}

Every station is there that has a forecast, was skipped, or has a row of these hours. Figures are rounded to
what the KMA's wire tells; RMSE (in the target's unit) and coverage (the share of observations from p10 to
p90) are of forecasts before rounding.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.clock import HOUR
from weather_mlops.kma.stations import load_stations
from weather_mlops.lake import forecasts
from weather_mlops.lake.health import newest_hour
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model import panel as grids
from weather_mlops.model.panel import Panel, to_panel
from weather_mlops.model.preparation import read
from weather_mlops.model.targets import target_named

KEY: Final = "forecasts/stations.json"
SCHEMA: Final = 1
HOURS: Final = 72
"""Three days: enough to see a day that went wrong beside ones that didn't, on a page that stays small."""
LEADS: Final = (1, 6, 24)
"""Hours before the valid time: as good as it gets, half a day's plans, and the same hour tomorrow."""
DIGITS: Final = 1  # of the wire, for all targets
QUANTILES: Final = ("p10", "p50", "p90")
NO_MODEL_OF_STATION: Final = "the model was trained without this station"

Figures = list[float | None]


def publish(catalog: Catalog, store: ObjectStore, latest: Mapping[str, Any], now: datetime) -> None:
    """Put the object of these forecasts on S3. Only the last days of the tables are read.

    Args:
        catalog: of the tables, with the forecasts.
        store: the bucket.
        latest: the forecasts, as in ``forecasts/latest.json``.
        now: the time (UTC).

    Raises:
        StorageUnavailable, StorageRefused.
    """
    targets = [target_named(name) for name in (*latest["targets"], *latest["without_model"])]
    last = newest_hour(catalog) or now.replace(minute=0, second=0, microsecond=0)
    first = last - (HOURS - 1) * HOUR
    stations = [station.id for station in load_stations()]
    columns = [target.column for target in targets]
    rows = read(catalog, columns, stations=stations, first=first, last=last)
    issued = forecasts.read(
        catalog,
        first_valid=first,
        last_valid=last,
        targets=latest["targets"],
        station_ids=stations,
        lead_hours=LEADS,
    )
    made = document(latest, rows, issued, first, now)
    body = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    store.put(KEY, body.encode(), "application/json")


def document(
    latest: Mapping[str, Any], observations: pa.Table, issued: pa.Table, first: datetime, now: datetime
) -> dict[str, Any]:
    """The object; see the module's own text.

    Args:
        latest: the forecasts, as in ``forecasts/latest.json``.
        observations: ``station_id``, ``observed_at`` and the column of each target, of known stations.
        issued: forecasts of the same hours, columns of FORECASTS_SCHEMA.
        first: the first of HOURS hours, UTC.
        now: the time (UTC).
    """
    told = {}
    for name in (*latest["targets"], *latest["without_model"]):
        of_target = issued.filter(pc.equal(issued["target"], name))
        told[name] = _target(name, latest, observations, of_target, first)
    return {
        "schema": SCHEMA,
        "made_at": now.isoformat(),
        "first": first.isoformat(),
        "hours": HOURS,
        "targets": told,
    }


def _target(
    name: str, latest: Mapping[str, Any], observations: pa.Table, issued: pa.Table, first: datetime
) -> dict[str, Any]:
    target = target_named(name)
    made = latest["targets"].get(name, {"stations": {}, "skipped": {}, "model_version": None})
    otherwise = latest["without_model"].get(name, NO_MODEL_OF_STATION)
    named = {str(station.id): station for station in load_stations()}
    known = {*made["stations"], *made["skipped"], *map(str, observations["station_id"].unique().to_pylist())}
    ids = sorted(int(station) for station in known if station in named)
    truth = observed(observations, target.column, ids, first)
    pairs = {lead: pair_with_observed(issued, truth, ids, first, lead) for lead in LEADS}
    stations = {}
    for place, number in enumerate(ids):
        station = named[str(number)]
        forecast = made["stations"].get(str(number))
        stations[str(number)] = {
            "name": station.english,
            "korean": station.korean,
            "observed": _rounded(truth[place]),
            "forecast": forecast and _present(forecast),
            "why_none": None if forecast else made["skipped"].get(str(number), otherwise),
            "past": {
                str(lead): {
                    **{quantile: _rounded(said[quantile][place]) for quantile in QUANTILES},
                    **scores(said, truth, place),
                }
                for lead, said in pairs.items()
            },
        }
    return {
        "label": target.label,
        "korean": target.korean,
        "unit": target.unit,
        "model_version": made["model_version"],
        "past": {str(lead): scores(said, truth) for lead, said in pairs.items()},
        "stations": stations,
    }


def observed(rows: pa.Table, column: str, ids: Sequence[int], first: datetime) -> np.ndarray:
    """What was observed: shape (stations, HOURS), NaN where nothing was."""
    if not ids or rows.num_rows == 0:
        return np.full((len(ids), HOURS), np.nan)
    grid: Panel = to_panel(rows, [column], stations=ids, first=first, last=first + (HOURS - 1) * HOUR)
    # A 32-bit 3.1 is a little more than a 64-bit one, which is an end of an interval.
    return np.asarray(grid.values[column].astype(np.float64).round(DIGITS))


def pair_with_observed(
    issued: pa.Table, truth: np.ndarray, ids: Sequence[int], first: datetime, lead: int
) -> dict[str, np.ndarray]:
    """What was forecast so long before each hour, by quantile: in the shape of what was observed.

    Args:
        issued: ``station_id``, ``valid_at``, ``lead_hours`` and quantiles of one target.
        truth: what was observed, shape (stations, HOURS).
        ids: of the stations, ascending.
        first: the first hour, UTC.
        lead: hours.
    """
    rows = issued.filter(pc.equal(issued["lead_hours"], lead))
    said = {quantile: np.full(truth.shape, np.nan) for quantile in QUANTILES}
    if not ids:
        return said
    numbers = rows["station_id"].to_numpy()
    places = np.searchsorted(ids, numbers).clip(max=len(ids) - 1)
    valid = rows["valid_at"].cast(pa.int64()).to_numpy().astype("datetime64[us]")
    since = (valid - np.datetime64(first.replace(tzinfo=None))) // grids.HOUR_STEP
    inside = (np.asarray(ids)[places] == numbers) & (since >= 0) & (since < truth.shape[1])
    for quantile, values in said.items():
        values[places[inside], since[inside]] = rows[quantile].to_numpy()[inside]
    return said


def scores(
    said: Mapping[str, np.ndarray], truth: np.ndarray, place: int | slice = slice(None)
) -> dict[str, Any]:
    """Error of the median and coverage of the interval, of the hours that have both; of some stations."""
    low, middle, high = (said[quantile][place] for quantile in QUANTILES)
    came = truth[place]
    both = np.isfinite(middle) & np.isfinite(came)
    n = int(both.sum())
    if n == 0:
        return {"n": 0, "rmse": None, "coverage_80": None}
    # As forecasters hold it: both ends belong to the interval.
    within = (low[both] <= came[both]) & (came[both] <= high[both])
    rmse = float(np.sqrt(np.mean((middle[both] - came[both]) ** 2)))
    return {"n": n, "rmse": round(rmse, 3), "coverage_80": round(float(within.mean()), 4)}


def _present(forecast: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "issued_at": forecast["issued_at"],
        **{quantile: [round(value, DIGITS) for value in forecast[quantile]] for quantile in QUANTILES},
    }


def _rounded(values: np.ndarray) -> Figures:
    return [round(float(value), DIGITS) if np.isfinite(value) else None for value in values]
