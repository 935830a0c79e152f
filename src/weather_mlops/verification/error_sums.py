"""Forecasts compared with observations: sums of the errors of a day (KST), and figures computed from sums.

Pure functions. Sums of days can be added up to any window. They are small, and final once late observations
have arrived: so a run reads the last days only, however long the window is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from weather_mlops.lake.documents import Figure
from weather_mlops.lake.panel import HOUR_STEP, Panel, in_kst
from weather_mlops.lake.schemas import FORECAST_INPUTS
from weather_mlops.verification.error_figures import ErrorFigures

SUMS: Final = (
    "n",
    "error",
    "absolute",
    "squared",
    "within",
    "width",
    "persistence",
    "damped_n",
    "damped_ours",
    "damped",
)
"""Terms that are summed: number of pairs; forecast − observation, its absolute value and its square; whether
the observation is within p10 to p90; p90 − p10; squared error of persistence; and of the pairs with a damped
anomaly: their number, the squared error of the forecast, and that of the damped anomaly."""

Sums = dict[str, Annotated[list[Figure], Field(min_length=len(SUMS), max_length=len(SUMS))]]
"""Sums by group (a lead, a station, an hour or inputs): one number per name of SUMS."""


class HourlyClimatology(Protocol):
    """Expected values of stations by hour, as ``model.climatology`` fits them."""

    def at(self, hours: np.ndarray) -> np.ndarray:
        """Values at hours (UTC, datetime64[h], shape (T,)): shape (stations, T)."""
        ...


@dataclass(frozen=True)
class Damping:
    """Climatology and damping factors of the champion, for the baseline of the damped anomaly.

    Attributes:
        climatology: climatology of the stations.
        stations: ids of these stations.
        factors: share of an anomaly that remains, by lead from 1 h on.
    """

    climatology: HourlyClimatology
    stations: Sequence[int]
    factors: Sequence[float]


@dataclass(frozen=True)
class Pairs:
    """Forecasts with the observations of their hours; arrays of shape (n,), in the target's unit.

    Attributes:
        hour: valid time of the forecast, datetime64[h], UTC.
        station: station id.
        lead: lead time in hours.
        terms: one row per name of SUMS, shape (10, n).
        inputs: what the forecast was made from: index of FORECAST_INPUTS.
    """

    hour: np.ndarray
    station: np.ndarray
    lead: np.ndarray
    terms: np.ndarray
    inputs: np.ndarray

    def chosen(self, mask: np.ndarray) -> "Pairs":
        """Select pairs by a boolean mask."""
        return Pairs(
            self.hour[mask], self.station[mask], self.lead[mask], self.terms[:, mask], self.inputs[mask]
        )


NONE: Final = Pairs(
    np.empty(0, "datetime64[h]"),
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty((len(SUMS), 0)),
    np.empty(0, np.int64),
)


def pair(forecasts: pa.Table, panel: Panel, column: str, damping: Damping | None) -> Pairs:
    """Join forecasts with the observations at their valid time and at their time of issue (for persistence).

    Args:
        forecasts: ``issued_at``, ``station_id``, ``valid_at``, ``lead_hours``, ``p10``, ``p50``, ``p90``,
            ``inputs``, which is null in forecasts of older versions, from observations only.
        panel: observations from the first time of issue to the last valid time.
        column: column of the target.
        damping: climatology and damping factors of the champion; None = there is no champion.

    Returns:
        The forecasts that have both observations, so that forecast and persistence are scored on the same
        rows.
    """
    station, lead = (forecasts[name].to_numpy().astype(np.int64) for name in ("station_id", "lead_hours"))
    valid = _hours(forecasts["valid_at"])
    issued = _hours(forecasts["issued_at"])
    truth, start = (_look_up(panel, column, station, hours) for hours in (valid, issued))
    known = np.isfinite(truth) & np.isfinite(start)
    station, lead, valid, issued = station[known], lead[known], valid[known], issued[known]
    truth, start = truth[known], start[known]
    low, middle, high = (forecasts[name].to_numpy()[known] for name in ("p10", "p50", "p90"))
    error = middle - truth
    other = _damped_anomaly(damping, station, lead, issued, valid, start)
    has_damped = np.isfinite(other)
    terms = np.stack(
        [
            np.ones(error.size),
            error,
            np.abs(error),
            error**2,
            (low <= truth) & (truth <= high),
            high - low,
            (start - truth) ** 2,
            has_damped,
            np.where(has_damped, error**2, 0),
            np.where(has_damped, (other - truth) ** 2, 0),
        ]
    )
    inputs = pc.index_in(forecasts["inputs"], pa.array(FORECAST_INPUTS)).fill_null(0).to_numpy()[known]
    return Pairs(valid, station, lead, terms, inputs.astype(np.int64))


def by_day(pairs: Pairs) -> dict[str, Pairs]:
    """Split pairs by the date (KST) of their valid time."""
    days = in_kst(pairs.hour).astype("datetime64[D]")
    return {str(day): pairs.chosen(days == day) for day in np.unique(days)}


def sums_by(pairs: Pairs, group: np.ndarray) -> Sums:
    """Sum the terms of each group.

    Args:
        pairs: what to sum.
        group: group of each pair, shape (n,).
    """
    # bincount with the terms as weights adds up each term by group in one pass.
    names, group_indices = np.unique(group, return_inverse=True)
    totals = np.stack([np.bincount(group_indices, term, len(names)) for term in pairs.terms], axis=-1)
    return {
        str(name): [round(float(value), 4) for value in row] for name, row in zip(names, totals, strict=True)
    }


def day_sums(pairs: Pairs) -> dict[str, Sums]:
    """Return the sums of a day that are stored: by lead, station, inputs and hour since 1970 (UTC)."""
    return {
        "leads": sums_by(pairs, pairs.lead),
        "stations": sums_by(pairs, pairs.station),
        "inputs": sums_by(pairs, pairs.inputs),
        "hours": sums_by(pairs, pairs.hour.astype(np.int64)),
    }


def add(parts: Iterable[Sums]) -> Sums:
    """Add up the sums of several days, group by group."""
    sums: Sums = {}
    for part in parts:
        for name, numbers in part.items():
            known = sums.get(name, [0.0] * len(SUMS))
            sums[name] = [one + other for one, other in zip(known, numbers, strict=True)]
    return dict(sorted(sums.items(), key=lambda item: int(item[0])))


def total(sums: Sums) -> list[float]:
    """Add up the sums of all groups."""
    return [sum(numbers) for numbers in zip(*sums.values(), strict=True)] or [0.0] * len(SUMS)


def figures(numbers: Sequence[float]) -> ErrorFigures | None:
    """Compute errors and coverage from sums; None without pairs."""
    sums = dict(zip(SUMS, numbers, strict=True))
    n = sums["n"]
    if not n:
        return None
    return {
        "n": int(n),
        "rmse": float(np.sqrt(sums["squared"] / n)),
        "mae": sums["absolute"] / n,
        "bias": sums["error"] / n,
        "coverage_80": sums["within"] / n,
        "width_80": sums["width"] / n,
        "persistence_rmse": float(np.sqrt(sums["persistence"] / n)),
    }


def skill(squared: float, baseline_squared: float) -> float | None:
    """Compute 1 − RMSE / RMSE of the baseline from sums of squared errors; None if the baseline has none."""
    return 1 - float(np.sqrt(squared / baseline_squared)) if baseline_squared else None


def skill_damped(numbers: Sequence[float]) -> float | None:
    """Compute the skill over the damped anomaly, on the pairs that have one."""
    sums = dict(zip(SUMS, numbers, strict=True))
    return skill(sums["damped_ours"], sums["damped"])


def issue_hours(forecasts: pa.Table) -> set[int]:
    """Return the hours since 1970 at which forecasts were issued."""
    return {int(hour) for hour in np.unique(_hours(forecasts["issued_at"])).astype(np.int64)}


def _hours(times: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(times.cast(pa.int64()).to_numpy().astype("datetime64[us]").astype("datetime64[h]"))


def _look_up(panel: Panel, column: str, station: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Look up the observations of stations at hours; NaN if there is none."""
    # Indices outside the panel are clipped to its edge, and their values replaced by NaN afterwards.
    rows = np.searchsorted(panel.stations, station).clip(max=len(panel.stations) - 1)
    columns = ((hours - panel.start) / HOUR_STEP).astype(np.int64)
    inside = (panel.stations[rows] == station) & (columns >= 0) & (columns < panel.length)
    values = panel.values[column][rows, columns.clip(0, panel.length - 1)].astype(np.float64)
    return np.where(inside, values, np.nan)


def _damped_anomaly(  # noqa: PLR0913, PLR0917  the columns of the pairs
    damping: Damping | None,
    station: np.ndarray,
    lead: np.ndarray,
    issued: np.ndarray,
    valid: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:
    """Compute the forecast of the damped anomaly; NaN if the champion lacks the station or the lead."""
    if damping is None or station.size == 0:
        return np.full(station.size, np.nan)
    begin = min(issued.min(), valid.min())
    hours = begin + np.arange(int((valid.max() - begin) / HOUR_STEP) + 1) * HOUR_STEP
    # The appended row of NaN, at index -1, is for stations without climatology; likewise for leads below.
    nothing = np.full((1, len(hours)), np.nan, np.float32)
    climatology = np.append(damping.climatology.at(hours), nothing, axis=0)
    rows = {station_id: row for row, station_id in enumerate(damping.stations)}
    row = np.array([rows.get(int(station_id), -1) for station_id in np.unique(station)])
    row = row[np.unique(station, return_inverse=True)[1]]
    factors = np.append(np.asarray(damping.factors, np.float64), np.nan)
    factor = factors[np.minimum(lead - 1, len(damping.factors))]
    then, now = (climatology[row, ((at - begin) / HOUR_STEP).astype(np.int64)] for at in (valid, issued))
    return np.asarray(then + factor * (start - now))
