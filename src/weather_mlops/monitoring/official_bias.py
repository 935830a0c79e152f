"""Changes of the official forecast's bias at each station, measured every few hours.

``monitoring/kma/bias.json`` has the newest figures, see ``figures.official.BiasFigures``.
"""

import json
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.clock import KST
from weather_mlops.lake import documents, verification
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.verification_columns import KMA_FORECAST, OWN
from weather_mlops.monitoring.bias_change import BiasChange, days_needed, measure_change
from weather_mlops.monitoring.checks import Check
from weather_mlops.monitoring.figures.official import BiasFigures, StationBias
from weather_mlops.monitoring.official_limits import OfficialForecastLimits
from weather_mlops.monitoring.section_builder import Rule
from weather_mlops.monitoring.sensors import ENOUGH_OF_DAY, nan_median
from weather_mlops.stations import stations_by_id

BIAS_KEY: Final = "monitoring/kma/bias.json"
CHANGED: Final = Rule("kma_bias_changed", "°C")


def current(
    catalog: Catalog, store: ObjectStore, limits: OfficialForecastLimits, now: datetime
) -> BiasFigures:
    """Return the figures: the stored ones if they are recent enough, else newly measured ones.

    Args:
        catalog: catalog of the tables.
        store: the bucket, where the figures are stored.
        limits: settings of the measurement.
        now: the time, timezone-aware.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    stored = documents.read_or_none(store, BIAS_KEY, BiasFigures, "the change of the bias is measured again")
    if stored is not None:
        age = now - datetime.fromisoformat(stored["measured_at"])
        if timedelta(0) <= age < timedelta(hours=limits.bias_every_h):
            return stored
    figures = measure(catalog, limits, now)
    store.put(BIAS_KEY, json.dumps(figures).encode(), "application/json")
    return figures


def measure(catalog: Catalog, limits: OfficialForecastLimits, now: datetime) -> BiasFigures:
    """Measure the change of each station's bias up to yesterday (KST).

    Raises:
        StorageUnavailable, StorageRefused.
    """
    last = now.astimezone(KST).date() - timedelta(days=1)
    first = last - timedelta(days=days_needed(limits) - 1)
    rows = verification.read(
        catalog,
        first_day=first,
        last_day=last,
        forecast=KMA_FORECAST,
        compared=OWN,
        grouped_by="station_id",
    )
    return figures_of(rows, first, last, limits, now)


def figures_of(
    rows: pa.Table, first: date, last: date, limits: OfficialForecastLimits, now: datetime
) -> BiasFigures:
    """Compute the figures of a period from those of verification.

    Args:
        rows: ``day``, ``member`` (station id), ``n`` and ``bias`` of the KMA's forecast.
        first: first day of the period.
        last: last day of the period, on which the change is measured.
        limits: settings of the measurement.
        now: the time, timezone-aware.
    """
    station_ids, daily = daily_bias(rows, first, last)
    measured = measure_change(daily, limits)
    return {
        "measured_at": now.isoformat(),
        "last_day": last.isoformat(),
        "days": int(np.isfinite(daily).any(axis=0).sum()),
        "stations": [
            _station(int(station_id), measured, index, first) for index, station_id in enumerate(station_ids)
        ],
    }


def daily_bias(rows: pa.Table, first: date, last: date) -> tuple[np.ndarray, np.ndarray]:
    """Bias of each station and day; none where a day has less than half of the station's typical rows.

    Args:
        rows: as in ``figures_of``.
        first: first day.
        last: last day, included.

    Returns:
        Station ids, shape (S,); and the bias, shape (S, D), NaN = no figure.
    """
    station_ids, station = np.unique(rows["member"].to_numpy(), return_inverse=True)
    day = rows["day"].cast(pa.int32()).to_numpy() - (first - date(1970, 1, 1)).days
    shape = (len(station_ids), (last - first).days + 1)
    bias, count = np.full(shape, np.nan), np.full(shape, np.nan)
    inside = (day >= 0) & (day < shape[1])
    bias[station[inside], day[inside]] = rows["bias"].to_numpy()[inside]
    count[station[inside], day[inside]] = rows["n"].to_numpy()[inside]
    typical = nan_median(count, axis=1)[:, None]
    return station_ids, np.where(count >= ENOUGH_OF_DAY * typical, bias, np.nan)


def checks(figures: BiasFigures, limits: OfficialForecastLimits, station_ids: Collection[int]) -> list[Check]:
    """A check of each watched station that has enough days; one without a subject where none has."""
    measured = [_check(row) for row in figures["stations"] if row["station_id"] in station_ids]
    known = [check for check in measured if check is not None]
    if known:
        return known
    reason = (
        f"not enough yet ({figures['days']} d with figures of verification): a station's bias is compared "
        f"with that of the same season of the year before, and needs {limits.bias_min_days} d of it; load "
        "older forecasts (make history WHAT=kma_forecast), and verify them"
    )
    return [CHANGED.unknown(reason)]


def _check(row: StationBias) -> Check | None:
    before, change, limit = row["before_c"], row["change_c"], row["limit_c"]
    if before is None or change is None or limit is None:
        return None
    station = stations_by_id().get(row["station_id"])
    name = station.english if station else str(row["station_id"])
    since = f", since about {row['since']}" if row["since"] else ""
    detail = (
        f"{name}: the bias of the KMA's forecast is {before + change:+.1f} °C, where {before:+.1f} °C is "
        f"normal for the season{since}"
    )
    return CHANGED.above(abs(change), limit, detail, str(row["station_id"]))


def _station(station_id: int, measured: BiasChange, index: int, first: date) -> StationBias:
    onset = first + timedelta(days=int(measured.onset[index]))
    return {
        "station_id": station_id,
        "before_c": _number(measured.before[index]),
        "change_c": _number(measured.change[index]),
        "limit_c": _number(measured.limit[index]),
        "since": onset.isoformat() if measured.beyond[index] else None,
    }


def _number(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None
