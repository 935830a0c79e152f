"""Drift of the inputs against the same season of earlier years; measured once a day, and kept until then.

``monitoring/data/drift.json`` holds the figures, as ``data_quality`` documents them.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from pydantic import ConfigDict
from pyiceberg.catalog import Catalog
from typing_extensions import TypedDict

from weather_mlops.clock import HOUR
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.documents import MomentText
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model.panel import Panel
from weather_mlops.model.scores import rounded
from weather_mlops.monitoring import drift, window
from weather_mlops.monitoring.data_limits import DataQualityLimits
from weather_mlops.variables import BY_NAME

log = logging.getLogger(__name__)

DRIFT_KEY: Final = "monitoring/data/drift.json"
VARIABLES: Final = (
    "air_temperature_c",
    "dew_point_c",
    "relative_humidity_pct",
    "sea_level_pressure_hpa",
    "wind_speed_ms",
    "cloud_total_tenths",
    "ground_temperature_c",
)
"""What forecasts are made of, as far as its distribution is one of numbers: no direction, no code."""
YEAR_DAYS: Final = 365.2425
SEASON_DAYS: Final = 31
"""±15 days around the middle of the window."""
ENOUGH: Final = 0.5
"""Share of a season's hours without which a station has no reference in that year."""

Samples = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Reference:
    """What the window is compared with.

    Attributes:
        told: in words: ``same season of 2023, 2024``.
        parts: samples by variable, of each year, or of the trailing days.
        seasonal: whether the parts are years.
    """

    told: str
    parts: Sequence[Samples]
    seasonal: bool


def current(
    catalog: Catalog, store: ObjectStore, *, last: datetime, limits: DataQualityLimits, now: datetime
) -> dict[str, Any]:
    """The figures of drift: those that are kept, while they are young enough; else measured anew.

    Args:
        catalog: where the observations are.
        store: where the figures are kept.
        last: the last hour of the window.
        limits: what is still well.
        now: the time, timezone-aware.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    kept = _stored_figures(store)
    if kept is not None and kept.get("variables"):
        age = now - datetime.fromisoformat(kept["measured_at"])
        if timedelta(0) <= age < timedelta(hours=limits.drift_every_h):
            return kept
    figures = measured(catalog, last=last, limits=limits, now=now)
    store.put(DRIFT_KEY, json.dumps(figures, ensure_ascii=False).encode(), "application/json")
    return figures


def measured(catalog: Catalog, *, last: datetime, limits: DataQualityLimits, now: datetime) -> dict[str, Any]:
    """The figures of drift.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    days = limits.drift_window_days
    grid = window.observed(catalog, VARIABLES, last, 24 * days)
    told: dict[str, Any] = {
        "measured_at": now.isoformat(),
        "window": {"first": (last - (24 * days - 1) * HOUR).isoformat(), "last": last.isoformat()},
        "reference": None,
        "stations": 0,
        "variables": [],
        "why_no_threshold": None,
    }
    if grid is None:
        return {**told, "why_no_threshold": "not enough yet: no observations in the window"}
    sample = _samples(grid, grid.stations)
    reference = _years(catalog, grid.stations, last, limits)
    reference = reference or _trailing(catalog, grid.stations, last, limits)
    if reference is None:
        short = f"not enough yet: neither an earlier year nor {days} days before the window"
        return {**told, "why_no_threshold": short}
    why = _why_no_threshold(reference, limits)
    rows = [
        row
        for name in VARIABLES
        if (row := compared(name, sample[name], [part[name] for part in reference.parts], days, why=why))
    ]
    number = max((row.pop("stations") for row in rows), default=0)
    return {
        **told,
        "reference": reference.told,
        "stations": number,
        "variables": rounded(rows),
        "why_no_threshold": why,
    }


def compared(
    name: str, sample: np.ndarray, parts: Sequence[np.ndarray], days: int, *, why: str | None
) -> dict[str, Any] | None:
    """Figures of one variable; None where there is nothing to compare.

    Args:
        name: of the variable.
        sample: shape (stations, times).
        parts: of the reference, same stations.
        days: of the sample.
        why: there is no threshold; None = there are enough years for one.
    """
    stations = np.isfinite(sample).any(axis=1) & np.any([np.isfinite(p).any(axis=1) for p in parts], axis=0)
    sample, parts = sample[stations], [part[stations] for part in parts]
    apart = drift.distance(sample, np.concatenate(parts, axis=1)) if stations.any() else None
    if apart is None:
        return None
    usual = [] if why else drift.null(parts, days)

    def threshold(figure: str) -> float | None:
        told = [getattr(each, figure) for each in usual]
        return float(np.quantile(told, drift.NULL_QUANTILE)) if told else None

    return {
        "name": name,
        "unit": BY_NAME[name].unit,
        "psi": apart.psi,
        "psi_threshold": threshold("psi"),
        "wasserstein": apart.wasserstein,
        "wasserstein_threshold": threshold("wasserstein"),
        "mean": apart.mean,
        "reference_mean": apart.reference_mean,
        "n": apart.n,
        "n_effective": drift.effective_size(sample),
        "reference_n": apart.reference_n,
        "reference_n_effective": float(sum(drift.effective_size(part) for part in parts)),
        "null": len(usual),
        "stations": int(stations.sum()),
    }


def _why_no_threshold(reference: Reference, limits: DataQualityLimits) -> str | None:
    if not reference.seasonal:
        return "there is no earlier year of this season: what is usual can't be told"
    if len(reference.parts) < limits.min_null_years:
        return (
            f"not enough yet ({len(reference.parts)} earlier years of this season): "
            f"{limits.min_null_years} tell how far one year is from the others"
        )
    return None


def _years(
    catalog: Catalog, stations: np.ndarray, last: datetime, limits: DataQualityLimits
) -> Reference | None:
    """The same season of earlier years, the nearest ones; None where there are none."""
    found: dict[int, Samples] = {}
    later = (SEASON_DAYS - limits.drift_window_days) // 2
    for back in range(1, limits.reference_years + 1):
        end = last + timedelta(days=later - round(YEAR_DAYS * back))
        grid = window.observed(catalog, VARIABLES, end, 24 * SEASON_DAYS)
        if grid is not None:
            part = _samples(grid, stations)
            if any(np.isfinite(values).any() for values in part.values()):
                found[last.year - back] = part
    if not found:
        return None
    years = ", ".join(map(str, sorted(found)))
    return Reference(f"same season of {years}", list(found.values()), seasonal=True)


def _trailing(
    catalog: Catalog, stations: np.ndarray, last: datetime, limits: DataQualityLimits
) -> Reference | None:
    """The days before the window; None where they are fewer than the window itself."""
    end = last - timedelta(days=limits.drift_window_days)
    grid = window.observed(catalog, VARIABLES, end, 24 * limits.trailing_days)
    if grid is None:
        return None
    days = int(np.isfinite(grid.values[VARIABLES[0]]).any(axis=0).sum() // 24)
    if days < limits.drift_window_days:
        return None
    part = _samples(grid, stations, least=limits.drift_window_days / limits.trailing_days * ENOUGH)
    return Reference(f"trailing {days} d", [part], seasonal=False)


def _samples(grid: Panel, stations: np.ndarray, least: float = ENOUGH) -> Samples:
    """Values of these stations at every third hour; NaN of a station that has too few."""
    places = {int(station): place for place, station in enumerate(grid.stations)}
    rows = np.array([places.get(int(station), -1) for station in stations])
    found = {}
    for name in VARIABLES:
        values = grid.values[name][:, :: drift.EVERY_H]
        values = np.append(values, np.full((1, values.shape[1]), np.nan, np.float32), axis=0)[rows]
        values[np.isfinite(values).mean(axis=1) < least] = np.nan
        found[name] = values
    return found


def _stored_figures(store: ObjectStore) -> dict[str, Any] | None:
    """The kept figures; None where there are none, or none that can be read: they are measured anew."""
    try:
        return dict(documents.read(store, DRIFT_KEY, _DriftDocument))
    except FileNotFoundError:
        return None
    except ObjectDamaged as error:
        log.warning("drift is measured again: %s", error)
        return None


class _DriftDocument(TypedDict):
    """Figures as ``measure`` returns them; of which only the time is read here."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]  # as pydantic's own docs spell it

    measured_at: MomentText
