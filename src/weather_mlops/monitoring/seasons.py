"""Drift of the inputs against the same season of earlier years, measured once a day and stored in between.

``monitoring/data/drift.json`` contains the figures, see ``figures.data.DriftFigures``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from pyiceberg.catalog import Catalog

from weather_mlops.clock import HOUR
from weather_mlops.lake import documents, observations_reader
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.panel import Panel
from weather_mlops.monitoring import drift
from weather_mlops.monitoring.data_limits import DataQualityLimits
from weather_mlops.monitoring.figures.data import DriftedVariable, DriftFigures
from weather_mlops.variables import BY_NAME
from weather_mlops.verification.scores import rounded

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
"""Inputs of the forecasts with a numeric distribution: no directions, no codes."""
YEAR_DAYS: Final = 365.2425
SEASON_DAYS: Final = 31
"""±15 days around the middle of the window."""
ENOUGH: Final = 0.5
"""Share of a season's hours that a station must have to be part of that year's reference."""

Samples = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Reference:
    """Reference that the window is compared with.

    Attributes:
        description: text for the report: ``same season of 2023, 2024``.
        parts: samples by variable, one for each year, or one for the trailing days.
        seasonal: whether the parts are years.
    """

    description: str
    parts: Sequence[Samples]
    seasonal: bool


@dataclass(frozen=True, slots=True)
class ComparedVariable:
    """A variable that was compared with the reference.

    Attributes:
        figures: its figures.
        stations: number of stations that both have.
    """

    figures: DriftedVariable
    stations: int


def current(
    catalog: Catalog, store: ObjectStore, *, last: datetime, limits: DataQualityLimits, now: datetime
) -> DriftFigures:
    """Return the figures of drift: the stored ones if they are recent enough, else newly measured ones.

    Args:
        catalog: catalog of the tables.
        store: the bucket, where the figures are stored.
        last: the last hour of the window.
        limits: settings of the measurement.
        now: the time, timezone-aware.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    stored = documents.read_or_none(store, DRIFT_KEY, DriftFigures, "drift is measured again")
    if stored is not None and stored.get("variables"):
        age = now - datetime.fromisoformat(stored["measured_at"])
        if timedelta(0) <= age < timedelta(hours=limits.drift_every_h):
            return stored
    figures = measure(catalog, last=last, limits=limits, now=now)
    store.put(DRIFT_KEY, json.dumps(figures, ensure_ascii=False).encode(), "application/json")
    return figures


def measure(catalog: Catalog, *, last: datetime, limits: DataQualityLimits, now: datetime) -> DriftFigures:
    """Measure the figures of drift.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    days = limits.drift_window_days
    panel = observations_reader.read_panel(catalog, VARIABLES, last, 24 * days)
    figures: DriftFigures = {
        "measured_at": now.isoformat(),
        "window": {"first": (last - (24 * days - 1) * HOUR).isoformat(), "last": last.isoformat()},
        "reference": None,
        "stations": 0,
        "variables": [],
        "why_no_threshold": None,
    }
    if panel is None:
        return {**figures, "why_no_threshold": "not enough yet: no observations in the window"}
    sample = _samples(panel, panel.stations)
    reference = _years(catalog, panel.stations, last, limits)
    reference = reference or _trailing(catalog, panel.stations, last, limits)
    if reference is None:
        reason = f"not enough yet: neither an earlier year nor {days} days before the window"
        return {**figures, "why_no_threshold": reason}
    no_threshold = _no_threshold_reason(reference, limits)
    compared = [
        each
        for name in VARIABLES
        if (
            each := compare(
                name,
                sample[name],
                [part[name] for part in reference.parts],
                days,
                with_threshold=no_threshold is None,
            )
        )
    ]
    return {
        **figures,
        "reference": reference.description,
        "stations": max((each.stations for each in compared), default=0),
        "variables": rounded([each.figures for each in compared]),
        "why_no_threshold": no_threshold,
    }


def compare(
    name: str, sample: np.ndarray, parts: Sequence[np.ndarray], days: int, *, with_threshold: bool
) -> ComparedVariable | None:
    """Compare one variable with the reference; None if there is nothing to compare.

    Args:
        name: name of the variable.
        sample: shape (stations, times).
        parts: parts of the reference, with the same stations.
        days: length of the sample.
        with_threshold: whether the reference has enough years for a threshold.
    """
    stations = np.isfinite(sample).any(axis=1) & np.any([np.isfinite(p).any(axis=1) for p in parts], axis=0)
    sample, parts = sample[stations], [part[stations] for part in parts]
    apart = drift.distance(sample, np.concatenate(parts, axis=1)) if stations.any() else None
    if apart is None:
        return None
    null = drift.null(parts, days) if with_threshold else []
    figures: DriftedVariable = {
        "name": name,
        "unit": BY_NAME[name].unit,
        "psi": apart.psi,
        "psi_threshold": _threshold([each.psi for each in null]),
        "wasserstein": apart.wasserstein,
        "wasserstein_threshold": _threshold([each.wasserstein for each in null]),
        "mean": apart.mean,
        "reference_mean": apart.reference_mean,
        "n": apart.n,
        "n_effective": drift.effective_size(sample),
        "reference_n": apart.reference_n,
        "reference_n_effective": float(sum(drift.effective_size(part) for part in parts)),
        "null": len(null),
    }
    return ComparedVariable(figures, int(stations.sum()))


def _threshold(distances: Sequence[float]) -> float | None:
    return float(np.quantile(distances, drift.NULL_QUANTILE)) if distances else None


def _no_threshold_reason(reference: Reference, limits: DataQualityLimits) -> str | None:
    if not reference.seasonal:
        return "no earlier year of this season to derive a threshold from"
    if len(reference.parts) < limits.min_null_years:
        return (
            f"not enough yet ({len(reference.parts)} earlier years of this season): "
            f"a threshold needs {limits.min_null_years}"
        )
    return None


def _years(
    catalog: Catalog, stations: np.ndarray, last: datetime, limits: DataQualityLimits
) -> Reference | None:
    """Read the same season of the most recent earlier years; None if there are none."""
    years: dict[int, Samples] = {}
    later = (SEASON_DAYS - limits.drift_window_days) // 2
    for back in range(1, limits.reference_years + 1):
        end = last + timedelta(days=later - round(YEAR_DAYS * back))
        panel = observations_reader.read_panel(catalog, VARIABLES, end, 24 * SEASON_DAYS)
        if panel is not None:
            part = _samples(panel, stations)
            if any(np.isfinite(values).any() for values in part.values()):
                years[last.year - back] = part
    if not years:
        return None
    names = ", ".join(map(str, sorted(years)))
    return Reference(f"same season of {names}", list(years.values()), seasonal=True)


def _trailing(
    catalog: Catalog, stations: np.ndarray, last: datetime, limits: DataQualityLimits
) -> Reference | None:
    """Read the days before the window; None if they are fewer than the window itself."""
    end = last - timedelta(days=limits.drift_window_days)
    panel = observations_reader.read_panel(catalog, VARIABLES, end, 24 * limits.trailing_days)
    if panel is None:
        return None
    days = int(np.isfinite(panel.values[VARIABLES[0]]).any(axis=0).sum() // 24)
    if days < limits.drift_window_days:
        return None
    part = _samples(panel, stations, least=limits.drift_window_days / limits.trailing_days * ENOUGH)
    return Reference(f"trailing {days} d", [part], seasonal=False)


def _samples(panel: Panel, stations: np.ndarray, least: float = ENOUGH) -> Samples:
    """Select every third hour of some stations; NaN for a station with too few values."""
    indices = {int(station): index for index, station in enumerate(panel.stations)}
    # The appended row of NaN, at index -1, is for stations without observations in this panel.
    rows = np.array([indices.get(int(station), -1) for station in stations])
    samples = {}
    for name in VARIABLES:
        values = panel.values[name][:, :: drift.EVERY_H]
        values = np.append(values, np.full((1, values.shape[1]), np.nan, np.float32), axis=0)[rows]
        values[np.isfinite(values).mean(axis=1) < least] = np.nan
        samples[name] = values
    return samples
