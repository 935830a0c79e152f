"""The forecasts that pages show, in one object: current ones, and past ones next to the observed outcome.

The API server renders pages from this object, ``forecasts/stations.json``, and opens no table; its content is
described in ``documents/forecast_pages.py``.

It contains every station that has a forecast, ours or the KMA's, was skipped, or has a row in these hours.
Figures are rounded to the digits that the KMA sends; RMSE (in the target's unit) and coverage (the share of
observations from p10 to p90) are computed from the forecasts before rounding.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.clock import HOUR, whole_hour
from weather_mlops.documents.forecast_pages import (
    KEY,
    SCHEMA,
    KmaStation,
    PageDocument,
    PageStation,
    PageTarget,
    PastScores,
    PastSeries,
)
from weather_mlops.documents.forecasts import LatestForecasts
from weather_mlops.lake import forecasts
from weather_mlops.lake.health import newest_hour
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.observations_reader import read_observations
from weather_mlops.lake.panel import HOUR_STEP, to_panel
from weather_mlops.model import recent_kma_forecasts as kma_forecasts
from weather_mlops.model import recent_verification
from weather_mlops.model.current_forecast import DIGITS, current_forecast
from weather_mlops.model.recent_kma_forecasts import KmaSeries
from weather_mlops.model.targets import target_named
from weather_mlops.stations import station_ids, stations_by_id

HOURS: Final = 72
"""Three days: enough to compare a day that went wrong with days that didn't, on a page that stays small."""
LEADS: Final = (1, 6, 12, 24, 48)
"""Hours before the valid time: the best possible forecast, plans for half a day, tomorrow, the day after."""
QUANTILES: Final = ("p10", "p50", "p90")
NO_MODEL_OF_STATION: Final = "the model was trained without this station"

Figures = list[float | None]


@dataclass(frozen=True)
class RecentRows:
    """What the document of one target is made of.

    Attributes:
        observations: of known stations.
        issued: our forecasts, of all its leads.
        kma: the KMA's forecasts; None where none is known.
    """

    observations: pa.Table
    issued: pa.Table
    kma: pa.Table | None


def publish(catalog: Catalog, store: ObjectStore, latest: LatestForecasts, now: datetime) -> bool:
    """Write the object of these forecasts to S3. Only the last days of the tables are read.

    Where there is neither a model nor a forecast of the KMA, nothing is written: then the pages say what a
    first forecast needs.

    Args:
        catalog: of the tables, with the forecasts.
        store: the bucket.
        latest: the forecasts, as in ``forecasts/latest.json``.
        now: the time (UTC).

    Returns:
        Whether it was written.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    targets = [target_named(name) for name in (*latest["targets"], *latest["without_model"])]
    last = newest_hour(catalog) or whole_hour(now)
    first = last - (HOURS - 1) * HOUR
    stations = station_ids()
    columns = [target.column for target in targets]
    rows = read_observations(catalog, columns, stations=stations, first=first, last=last)
    issued = forecasts.read(
        catalog,
        first_valid=first,
        last_valid=last,
        targets=latest["targets"],
        station_ids=stations,
        lead_hours=LEADS,
    )
    after = kma_forecasts.hours_after(last, now, _longest(latest))
    kma = kma_forecasts.read(catalog, columns, first, last + after * HOUR, now)
    if not latest["targets"] and kma is None:
        return False
    recent = document(latest, rows, issued, first, now, kma=kma)
    recent_verification.add(recent["targets"], recent_verification.read(catalog, last))
    body = json.dumps(recent, ensure_ascii=False, separators=(",", ":"))
    store.put(KEY, body.encode(), "application/json")
    return True


def document(  # noqa: PLR0913  the tables
    latest: LatestForecasts,
    observations: pa.Table,
    issued: pa.Table,
    first: datetime,
    now: datetime,
    *,
    kma: pa.Table | None = None,
) -> PageDocument:
    """The content of the object; see ``documents/forecast_pages.py``.

    Args:
        latest: the forecasts, as in ``forecasts/latest.json``.
        observations: ``station_id``, ``observed_at`` and the column of each target, of known stations.
        issued: forecasts of the same hours, columns of FORECASTS_SCHEMA.
        first: the first of HOURS hours, UTC.
        now: the time (UTC).
        kma: forecasts of the KMA, as from ``recent_kma_forecasts.read``; None where none is known.
    """
    targets = {}
    for name in (*latest["targets"], *latest["without_model"]):
        of_target = issued.filter(pc.equal(issued["target"], name))
        targets[name] = _target(name, latest, RecentRows(observations, of_target, kma), first, now)
    return {
        "schema": SCHEMA,
        "made_at": now.isoformat(),
        "first": first.isoformat(),
        "hours": HOURS,
        "targets": targets,
    }


def _target(
    name: str, latest: LatestForecasts, recent: RecentRows, first: datetime, now: datetime
) -> PageTarget:
    target = target_named(name)
    current = latest["targets"].get(name)
    with_forecast, skipped = (current["stations"], current["skipped"]) if current else ({}, {})
    otherwise = latest["without_model"].get(name, NO_MODEL_OF_STATION)
    named = stations_by_id()
    observations, of_kma = recent.observations, kma_forecasts.station_ids(recent.kma, target.column)
    known = {*with_forecast, *skipped, *map(str, observations["station_id"].unique().to_pylist())}
    ids = sorted(station for station in {*map(int, known), *of_kma} if station in named)
    truth = observed(observations, target.column, ids, first)
    pairs = {lead: pair_with_observed(recent.issued, truth, ids, first, lead) for lead in LEADS}
    stations: dict[str, PageStation] = {}
    for row, station_id in enumerate(ids):
        station, key = named[station_id], str(station_id)
        forecast = with_forecast.get(key)
        stations[key] = {
            "name": station.english,
            "korean": station.korean,
            "observed": _rounded(truth[row]),
            "forecast": forecast and current_forecast(forecast),
            "why_none": None if forecast else skipped.get(key, otherwise),
            "past": {str(lead): _past(quantiles, truth, row) for lead, quantiles in pairs.items()},
        }
    described: PageTarget = {
        "label": target.label,
        "korean": target.korean,
        "unit": target.unit,
        "model_version": current and current["model_version"],
        "past": {str(lead): scores(quantiles, truth) for lead, quantiles in pairs.items()},
        "stations": stations,
    }
    if recent.kma is not None and of_kma:
        after = kma_forecasts.hours_after(first + (HOURS - 1) * HOUR, now, _longest(latest))
        kma = kma_forecasts.series(
            recent.kma, target.column, ids, first=first, hours=HOURS, after=after, leads=LEADS, now=now
        )
        _add_kma(described, kma, {lead: each["p50"] for lead, each in pairs.items()}, truth)
    return described


def _longest(latest: LatestForecasts) -> int:
    """Hours that the longest of our forecasts covers; 0 without any."""
    stations = (each for target in latest["targets"].values() for each in target["stations"].values())
    return max((len(station["p50"]) for station in stations), default=0)


def _add_kma(target: PageTarget, kma: KmaSeries, ours: Mapping[int, np.ndarray], truth: np.ndarray) -> None:
    """Add the KMA's forecasts to a target whose stations are in the order of the arrays' rows."""
    target["kma_past"] = {
        str(lead): kma_forecasts.scores(values, ours[lead], truth) for lead, values in kma.past.items()
    }
    for row, station in enumerate(target["stations"].values()):
        if kma.has_values(row):
            station["kma"] = _kma_station(kma, ours, truth, row)


def _kma_station(kma: KmaSeries, ours: Mapping[int, np.ndarray], truth: np.ndarray, row: int) -> KmaStation:
    issued = kma.issued_at[row]
    return {
        "forecast": None
        if np.isnat(issued)
        else {
            "issued_at": issued.item().replace(tzinfo=UTC).isoformat(),
            "values": _rounded(kma.current[row]),
        },
        "past": {
            str(lead): {
                "values": _rounded(values[row]),
                **kma_forecasts.scores(values, ours[lead], truth, row),
            }
            for lead, values in kma.past.items()
        },
    }


def _past(quantiles: Mapping[str, np.ndarray], truth: np.ndarray, row: int) -> PastSeries:
    return {
        "p10": _rounded(quantiles["p10"][row]),
        "p50": _rounded(quantiles["p50"][row]),
        "p90": _rounded(quantiles["p90"][row]),
        **scores(quantiles, truth, row),
    }


def observed(rows: pa.Table, column: str, ids: Sequence[int], first: datetime) -> np.ndarray:
    """Observed values: shape (stations, HOURS), NaN where nothing was observed."""
    if not ids or rows.num_rows == 0:
        return np.full((len(ids), HOURS), np.nan)
    panel = to_panel(rows, [column], stations=ids, first=first, last=first + (HOURS - 1) * HOUR)
    # A 32-bit 3.1 is a little more than the 64-bit 3.1 that an interval may end at.
    return np.asarray(panel.values[column].astype(np.float64).round(DIGITS))


def pair_with_observed(
    issued: pa.Table, truth: np.ndarray, ids: Sequence[int], first: datetime, lead: int
) -> dict[str, np.ndarray]:
    """Forecasts made the lead before each hour, by quantile, in the shape of the observed values.

    Args:
        issued: ``station_id``, ``valid_at``, ``lead_hours`` and quantiles of one target.
        truth: observed values, shape (stations, HOURS).
        ids: station ids, ascending.
        first: the first hour, UTC.
        lead: hours.
    """
    rows = issued.filter(pc.equal(issued["lead_hours"], lead))
    quantiles = {quantile: np.full(truth.shape, np.nan) for quantile in QUANTILES}
    if not ids:
        return quantiles
    numbers = rows["station_id"].to_numpy()
    rows_of_station = np.searchsorted(ids, numbers).clip(max=len(ids) - 1)
    valid = rows["valid_at"].cast(pa.int64()).to_numpy().astype("datetime64[us]")
    # Each row of the table goes to its cell of the arrays: the station's row, and the hours since the first.
    # Rows of other stations or hours are left out, and cells without a row stay NaN.
    since = (valid - np.datetime64(first.replace(tzinfo=None))) // HOUR_STEP
    inside = (np.asarray(ids)[rows_of_station] == numbers) & (since >= 0) & (since < truth.shape[1])
    for quantile, values in quantiles.items():
        values[rows_of_station[inside], since[inside]] = rows[quantile].to_numpy()[inside]
    return quantiles


def scores(
    quantiles: Mapping[str, np.ndarray], truth: np.ndarray, row: int | slice = slice(None)
) -> PastScores:
    """Error of the median and coverage of the interval, in hours with both; of all stations, or of a row."""
    low, middle, high = (quantiles[quantile][row] for quantile in QUANTILES)
    outcome = truth[row]
    both = np.isfinite(middle) & np.isfinite(outcome)
    n = int(both.sum())
    if n == 0:
        return {"n": 0, "rmse": None, "coverage_80": None}
    # Both ends belong to the interval, as is usual in forecast verification.
    within = (low[both] <= outcome[both]) & (outcome[both] <= high[both])
    rmse = float(np.sqrt(np.mean((middle[both] - outcome[both]) ** 2)))
    return {"n": n, "rmse": round(rmse, 3), "coverage_80": round(float(within.mean()), 4)}


def _rounded(values: np.ndarray) -> Figures:
    return [round(float(value), DIGITS) if np.isfinite(value) else None for value in values]
