"""Forecasts beside what came: sums of a day (KST) that any window can be told from, and figures from sums.

Pure functions. A day's sums are small and stay as they are once late observations have come: so a run reads
the last days only, however long the window is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import numpy as np
import pyarrow as pa
from pydantic import Field

from weather_mlops.lake.documents import Figure
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.panel import HOUR_STEP, Panel

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
"""What is summed: forecast − observation, its size and its square; whether the observation is within p10 to
p90; p90 − p10; the squared error of persistence; and, where there is a damped anomaly, how many, our squared
error and its."""

Sums = dict[str, Annotated[list[Figure], Field(min_length=len(SUMS), max_length=len(SUMS))]]
"""By name of a group (a lead, a station, an hour of the day): one number per name of SUMS."""


@dataclass(frozen=True)
class Damping:
    """What the champion knows of the usual: climatology, and how much of an anomaly is left after each lead.

    Attributes:
        usual: climatology of the stations.
        stations: its stations.
        kept: share of an anomaly that is left, by lead from 1 on.
    """

    usual: Climatology
    stations: Sequence[int]
    kept: Sequence[float]


@dataclass(frozen=True)
class Pairs:
    """Forecasts that an observation came of; arrays of shape (n,), in the target's unit.

    Attributes:
        hour: that was forecast, datetime64[h], UTC.
        station: id.
        lead: hours.
        terms: one row per name of SUMS, shape (10, n).
    """

    hour: np.ndarray
    station: np.ndarray
    lead: np.ndarray
    terms: np.ndarray

    def chosen(self, mask: np.ndarray) -> "Pairs":
        """Some of them."""
        return Pairs(self.hour[mask], self.station[mask], self.lead[mask], self.terms[:, mask])


NONE: Final = Pairs(
    np.empty(0, "datetime64[h]"), np.empty(0, np.int64), np.empty(0, np.int64), np.empty((len(SUMS), 0))
)


def paired(forecasts: pa.Table, grid: Panel, column: str, damping: Damping | None) -> Pairs:
    """Join forecasts with the observations of their hour, and with those that persistence starts from.

    Args:
        forecasts: ``issued_at``, ``station_id``, ``valid_at``, ``lead_hours``, ``p10``, ``p50``, ``p90``.
        grid: observations, from the first hour of issue to the last valid one.
        column: of the target.
        damping: of the champion; None = there is none.

    Returns:
        Those whose observation came, and the one at the time of issue: all are scored on the same rows.
    """
    station, lead = (forecasts[name].to_numpy().astype(np.int64) for name in ("station_id", "lead_hours"))
    valid = _hours(forecasts["valid_at"])
    issued = _hours(forecasts["issued_at"])
    truth, start = (_looked_up(grid, column, station, hours) for hours in (valid, issued))
    known = np.isfinite(truth) & np.isfinite(start)
    station, lead, valid, issued = station[known], lead[known], valid[known], issued[known]
    truth, start = truth[known], start[known]
    low, middle, high = (forecasts[name].to_numpy()[known] for name in ("p10", "p50", "p90"))
    error = middle - truth
    other = _damped_anomaly(damping, station, lead, issued, valid, start)
    there = np.isfinite(other)
    terms = np.stack(
        [
            np.ones(error.size),
            error,
            np.abs(error),
            error**2,
            (low <= truth) & (truth <= high),
            high - low,
            (start - truth) ** 2,
            there,
            np.where(there, error**2, 0),
            np.where(there, (other - truth) ** 2, 0),
        ]
    )
    return Pairs(valid, station, lead, terms)


def by_day(pairs: Pairs) -> dict[str, Pairs]:
    """The pairs of each day (KST), by its date."""
    days = (pairs.hour + 9 * HOUR_STEP).astype("datetime64[D]")
    return {str(day): pairs.chosen(days == day) for day in np.unique(days)}


def sums_by(pairs: Pairs, group: np.ndarray) -> Sums:
    """Sums of each group."""
    names, places = np.unique(group, return_inverse=True)
    totals = np.stack([np.bincount(places, term, len(names)) for term in pairs.terms], axis=-1)
    return {
        str(name): [round(float(number), 4) for number in row]
        for name, row in zip(names, totals, strict=True)
    }


def day_sums(pairs: Pairs) -> dict[str, Sums]:
    """What is kept of a day: sums by lead, station, and hour of the day (UTC)."""
    return {
        "leads": sums_by(pairs, pairs.lead),
        "stations": sums_by(pairs, pairs.station),
        "hours": sums_by(pairs, pairs.hour.astype(np.int64)),
    }


def added(parts: Iterable[Sums]) -> Sums:
    """Sums of several days, group by group."""
    total: Sums = {}
    for part in parts:
        for name, numbers in part.items():
            known = total.get(name, [0.0] * len(SUMS))
            total[name] = [one + other for one, other in zip(known, numbers, strict=True)]
    return dict(sorted(total.items(), key=lambda item: int(item[0])))


def whole(sums: Sums) -> list[float]:
    """All groups together."""
    return [sum(numbers) for numbers in zip(*sums.values(), strict=True)] or [0.0] * len(SUMS)


def figures(numbers: Sequence[float]) -> dict[str, float | int] | None:
    """Error and interval from sums; None where there is no pair. See ``performance`` for the names."""
    told = dict(zip(SUMS, numbers, strict=True))
    n = told["n"]
    if not n:
        return None
    return {
        "n": int(n),
        "rmse": float(np.sqrt(told["squared"] / n)),
        "mae": told["absolute"] / n,
        "bias": told["error"] / n,
        "coverage_80": told["within"] / n,
        "width_80": told["width"] / n,
        "persistence_rmse": float(np.sqrt(told["persistence"] / n)),
    }


def skill(ours: float, theirs: float) -> float | None:
    """1 − RMSE / RMSE of the other one, from sums of squares; None where there are none."""
    return 1 - float(np.sqrt(ours / theirs)) if theirs else None


def skill_damped(numbers: Sequence[float]) -> float | None:
    """Skill against the damped anomaly, on the rows that have one."""
    told = dict(zip(SUMS, numbers, strict=True))
    return skill(told["damped_ours"], told["damped"])


def issue_hours(forecasts: pa.Table) -> set[int]:
    """Hours since 1970 at which forecasts were issued."""
    return {int(hour) for hour in np.unique(_hours(forecasts["issued_at"])).astype(np.int64)}


def promised(evaluation: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """RMSE and coverage by lead, as an evaluation tells them."""
    return {
        str(lead): {"rmse": told["rmse"], "coverage_80": told["coverage_80"]}
        for lead, told in evaluation["leads"].items()
    }


def _hours(times: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(times.cast(pa.int64()).to_numpy().astype("datetime64[us]").astype("datetime64[h]"))


def _looked_up(grid: Panel, column: str, station: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Observations of stations at hours; NaN where there are none."""
    rows = np.searchsorted(grid.stations, station).clip(max=len(grid.stations) - 1)
    places = ((hours - grid.start) / HOUR_STEP).astype(np.int64)
    inside = (grid.stations[rows] == station) & (places >= 0) & (places < grid.length)
    found = grid.values[column][rows, places.clip(0, grid.length - 1)].astype(np.float64)
    return np.where(inside, found, np.nan)


def _damped_anomaly(  # noqa: PLR0913, PLR0917  columns of the pairs
    damping: Damping | None,
    station: np.ndarray,
    lead: np.ndarray,
    issued: np.ndarray,
    valid: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:
    """What the damped anomaly forecasts; NaN where the champion doesn't know station or lead."""
    if damping is None or station.size == 0:
        return np.full(station.size, np.nan)
    begin = min(issued.min(), valid.min())
    hours = begin + np.arange(int((valid.max() - begin) / HOUR_STEP) + 1) * HOUR_STEP
    usual = np.append(damping.usual.at(hours), np.full((1, len(hours)), np.nan, np.float32), axis=0)
    rows = {number: row for row, number in enumerate(damping.stations)}
    row = np.array([rows.get(int(number), -1) for number in np.unique(station)])
    row = row[np.unique(station, return_inverse=True)[1]]
    kept = np.append(np.asarray(damping.kept, np.float64), np.nan)[np.minimum(lead - 1, len(damping.kept))]
    then, now = (usual[row, ((at - begin) / HOUR_STEP).astype(np.int64)] for at in (valid, issued))
    return np.asarray(then + kept * (start - now))
