"""How large a forecast's errors were: figures by lead, hour of the day and station. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np
import pyarrow as pa

from weather_mlops.clock import HOUR_US, HOURS_PER_DAY, KST_AHEAD_HOURS
from weather_mlops.lake.keys import isin, lookup

WITHIN: Final = (1.0, 2.0)
"""Limits of an error, in the variable's unit, up to which it is counted as small. They are included: the
KMA's forecast has whole degrees."""
# Observations have one decimal: an error of exactly 1 may be 1.0000000000000018 as a binary fraction.
_ROUNDING: Final = 1e-6

INTERVALS: Final[Mapping[str, tuple[str, str]]] = {
    "coverage_50": ("p25", "p75"),
    "coverage_80": ("p10", "p90"),
    "coverage_90": ("p05", "p95"),
}
"""Intervals of a forecast: the share of outcomes that should lie in each, and the columns of its limits."""

_HOUR_BITS, _LEAD_BITS = 30, 10
_HOURS_BEFORE_1970: Final = 1 << (_HOUR_BITS - 1)
NOTHING_COVERED: Final[Mapping[str, np.ndarray]] = {}


@dataclass(frozen=True, slots=True)
class Figures:
    """Errors (forecast minus observation) of some rows, in the variable's unit.

    Attributes:
        n: rows, at least one.
        rmse: root of the mean squared error.
        mae: mean absolute error.
        bias: mean error.
        within_1: share (0 to 1) of errors of at most 1.
        within_2: share (0 to 1) of errors of at most 2.
        coverage_50: share (0 to 1) of observations from p25 to p75; None where a forecast lacks one of them.
        coverage_80: the same from p10 to p90.
        coverage_90: the same from p05 to p95.
    """

    n: int
    rmse: float
    mae: float
    bias: float
    within_1: float
    within_2: float
    coverage_50: float | None = None
    coverage_80: float | None = None
    coverage_90: float | None = None


@dataclass(frozen=True)
class Verification:
    """Figures of one forecast; groups without a row are absent.

    Attributes:
        overall: all rows; None where there is none.
        by_lead: by lead, hours.
        by_hour_kst: by hour of the day of the valid time, KST, 0 to 23.
        by_station: by station id.
    """

    overall: Figures | None
    by_lead: Mapping[int, Figures]
    by_hour_kst: Mapping[int, Figures]
    by_station: Mapping[int, Figures]


def verify(forecasts: Mapping[str, pa.Table], observations: pa.Table, column: str) -> dict[str, Verification]:
    """Compare forecasts with what was observed, all of them on the same rows.

    A row counts where every forecast has a value for its station, valid time and lead, and an observation
    was made: so the figures of two forecasts differ by their skill alone, not by which hours they have.

    Args:
        forecasts: by name; ``station_id``, ``valid_at`` on whole hours, ``lead_hours`` and the variable;
            columns of INTERVALS, where it has quantiles.
        observations: ``station_id``, ``observed_at`` and the variable.
        column: name of the variable.

    Returns:
        By the names of the forecasts.

    Raises:
        ValueError: a forecast has two values for one station, valid time and lead; or there is no forecast.
    """
    if not forecasts:
        raise ValueError("nothing to verify: at least one forecast is needed")
    with_value = {name: _with_value(table, column) for name, table in forecasts.items()}
    keys = {name: _keys(name, table) for name, table in with_value.items()}
    common = reduce(lambda left, right: left[isin(left, right)], keys.values())
    observed = _with_value(observations, column)
    truth_at = lookup(_hour_keys(observed, "observed_at"), common >> _LEAD_BITS)
    common, truth_at = common[truth_at >= 0], truth_at[truth_at >= 0]
    truth = _numbers(observed, column)[truth_at]
    results = {}
    for name, table in with_value.items():
        index = lookup(keys[name], common)
        error = _numbers(table, column)[index] - truth
        results[name] = figures_of(error, common, _covered(table, index, truth))
    return results


def figures_of(
    error: np.ndarray, keys: np.ndarray, covered: Mapping[str, np.ndarray] = NOTHING_COVERED
) -> Verification:
    """Figures of errors.

    Args:
        error: forecast minus observation, finite, shape (n,).
        keys: station, valid time and lead of each, as ``verify`` packs them into one number, shape (n,).
        covered: as of ``errors_by``.
    """
    station_hours = keys >> _LEAD_BITS
    hours = (station_hours & ((1 << _HOUR_BITS) - 1)) - _HOURS_BEFORE_1970
    groups = {
        "by_lead": keys & ((1 << _LEAD_BITS) - 1),
        "by_hour_kst": (hours + KST_AHEAD_HOURS) % HOURS_PER_DAY,
        "by_station": station_hours >> _HOUR_BITS,
    }
    overall = errors_by(error, np.zeros(error.size, np.int64), covered)
    members = {name: errors_by(error, group, covered) for name, group in groups.items()}
    return Verification(overall.get(0), **members)


def errors_by(
    error: np.ndarray, group: np.ndarray, covered: Mapping[str, np.ndarray] = NOTHING_COVERED
) -> dict[int, Figures]:
    """Figures of the errors of each group, by its number, ascending.

    Args:
        error: forecast minus observation, finite, shape (n,).
        group: integers, shape (n,).
        covered: by names of INTERVALS, whether the observation is in the interval: 0, 1, or NaN where the
            forecast has no such interval, shape (n,).
    """
    names, index, counts = np.unique(group, return_inverse=True, return_counts=True)
    size = np.abs(error)
    terms = (error**2, size, error, *(size <= limit + _ROUNDING for limit in WITHIN))
    means = [np.bincount(index, term, len(names)) / counts for term in terms]
    shares = {name: np.bincount(index, term, len(names)) / counts for name, term in covered.items()}
    return {
        int(name): Figures(
            int(n),
            float(np.sqrt(square)),
            *map(float, others),
            **{of: float(share[at]) for of, share in shares.items() if np.isfinite(share[at])},
        )
        for at, (name, n, square, *others) in enumerate(zip(names, counts, *means, strict=True))
    }


def _covered(table: pa.Table, index: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Whether observations are in the intervals that a forecast has, see ``errors_by``."""
    covered = {}
    for name, limits in INTERVALS.items():
        if set(limits) <= set(table.schema.names):
            low, high = (_numbers(table, limit)[index] for limit in limits)
            known = np.isfinite(low) & np.isfinite(high)
            covered[name] = np.where(known, (low <= truth) & (truth <= high), np.nan)
    return covered


def _with_value(table: pa.Table, column: str) -> pa.Table:
    return table.filter(pa.array(np.isfinite(_numbers(table, column))))


def _numbers(table: pa.Table, column: str) -> np.ndarray:
    """Values as float64; NaN where null."""
    return np.asarray(table[column].cast(pa.float64()).to_numpy())


def _hour_keys(table: pa.Table, time: str) -> np.ndarray:
    """Station and hour of each row as one number."""
    hour = table[time].cast(pa.int64()).to_numpy() // HOUR_US + _HOURS_BEFORE_1970
    return np.asarray((table["station_id"].to_numpy().astype(np.int64) << _HOUR_BITS) + hour)


def _keys(name: str, table: pa.Table) -> np.ndarray:
    """Station, valid time and lead of each row as one number.

    Raises:
        ValueError: one of them is there twice.
    """
    lead = table["lead_hours"].to_numpy().astype(np.int64)
    keys = np.asarray((_hour_keys(table, "valid_at") << _LEAD_BITS) + lead)
    ordered = np.sort(keys)
    if (ordered[1:] == ordered[:-1]).any():
        raise ValueError(
            f"forecast {name}: two values for the same station, valid time and lead. Select one issue for "
            "each first (verification.official.known_at)."
        )
    return keys
