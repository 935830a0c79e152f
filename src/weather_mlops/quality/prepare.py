"""From staged rows to the table that the suite is run on: observed values, and figures derived from them."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.kma.wire import OBSERVATION_SCHEMA
from weather_mlops.lake.keys import HOUR_KEYS, isin, keys_of, lookup
from weather_mlops.variables import VARIABLES

if TYPE_CHECKING:
    import pandas as pd

NEIGHBOURS_H: Final = (-2, -1, 1, 2)
ENOUGH: Final = 2
STEPS: Final = {
    "air_temperature_c": "air_temperature_step_k",
    "dew_point_c": "dew_point_step_k",
    "sea_level_pressure_hpa": "sea_level_pressure_step_hpa",
}
DERIVED: Final = (
    "dew_point_excess_k",
    "humidity_residual_pct",
    "vapour_pressure_residual_hpa",
    *STEPS.values(),
    "station_known",
    "asked_for",
    "minute",
    "conflicting_copies",
)


def vapour_pressure_hpa(dew_point_c: np.ndarray) -> np.ndarray:
    """Saturation vapour pressure over water, hPa.

    Args:
        dew_point_c: temperature, °C, any shape.

    Returns:
        The same shape. Magnus formula with the coefficients of WMO No. 8 (2018), annex 4.B.
    """
    return np.asarray(6.112 * np.exp(17.62 * dew_point_c / (243.12 + dew_point_c)))


def without_copies(rows: pa.Table) -> tuple[pa.Table, int]:
    """Drop rows that say the same as another one; how many were dropped.

    Rows with one key and different values all stay: the audit refuses them.
    """
    if not _duplicates(keys_of(rows)).any():
        return rows, 0
    duplicated = rows.select(OBSERVATION_SCHEMA.names).to_pandas().duplicated().to_numpy()
    return rows.filter(pa.array(~duplicated)), int(duplicated.sum())


def contradictions(rows: pa.Table) -> dict[int, str]:
    """What rows of one key say differently: ``column=value; ...`` by the rows' places.

    Args:
        rows: OBSERVATION_SCHEMA at least, without identical copies.
    """
    keys = keys_of(rows)
    together: dict[int, list[int]] = {}
    for place in np.flatnonzero(_duplicates(keys)).tolist():
        together.setdefault(int(keys[place]), []).append(place)
    told = {}
    for copies in together.values():
        values = rows.select(OBSERVATION_SCHEMA.names).take(copies).to_pylist()
        differing = [name for name in values[0] if any(row[name] != values[0][name] for row in values)]
        for place, row in zip(copies, values, strict=True):
            told[place] = "; ".join(f"{name}={row[name]}" for name in differing)
    return told


def _duplicates(keys: np.ndarray) -> np.ndarray:
    """How many other rows have the key of each."""
    ordered = np.sort(keys)
    return np.searchsorted(ordered, keys, "right") - np.searchsorted(ordered, keys, "left") - 1


def audit_frame(rows: pa.Table, expected: pa.Table, stations: Collection[int]) -> "pd.DataFrame":
    """The table of the suite, one row per staged row, in the same order.

    Args:
        rows: PARSED_SCHEMA, without identical copies.
        expected: station_id, observed_at of the station-hours that were asked for.
        stations: ids of the known stations.

    Returns:
        Column ``row`` (its place), the variables with limits, and the columns of DERIVED: differences in K,
        hPa and %, and counts; NaN where an observation that they need is missing.
    """
    observed = [variable.name for variable in VARIABLES if variable.physical is not None]
    frame: pd.DataFrame = rows.select(observed).to_pandas().astype("float64")
    keys = keys_of(rows)
    temperature, dew_point = frame["air_temperature_c"], frame["dew_point_c"]
    vapour = vapour_pressure_hpa(dew_point.to_numpy())
    # Over 100 % by rounding only: the excess of the dew point is a check of its own.
    relative = np.minimum(100 * vapour / vapour_pressure_hpa(temperature.to_numpy()), 100)
    frame["dew_point_excess_k"] = dew_point - temperature
    frame["humidity_residual_pct"] = frame["relative_humidity_pct"] - relative
    frame["vapour_pressure_residual_hpa"] = frame["vapour_pressure_hpa"] - vapour
    beside = neighbours(keys)
    for column, step in STEPS.items():
        frame[step] = isolated_steps(beside, frame[column].to_numpy())
    frame["station_known"] = np.isin(rows["station_id"].to_numpy(), list(stations)).astype("float64")
    frame["asked_for"] = isin(keys, keys_of(expected)).astype("float64")
    frame["minute"] = pc.minute(rows["observed_at"]).to_numpy().astype("float64")
    frame["conflicting_copies"] = _duplicates(keys).astype("float64")
    frame.insert(0, "row", np.arange(len(frame)))
    return frame


def neighbours(keys: np.ndarray) -> np.ndarray:
    """Places of the rows of the same station two hours and one hour before, one and two hours after.

    Args:
        keys: shape (n,), as ``keys_of`` gives them.

    Returns:
        Shape (4, n); -1 where there is none.
    """
    return np.array([lookup(keys, keys + hours * HOUR_KEYS) for hours in NEIGHBOURS_H])


def isolated_steps(beside: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How far each value stands off the hours near it at its station.

    The smallest one of the differences to the two hours before and the two hours after: so the good hours
    beside a spike aren't blamed for it, and a step that stays isn't taken for one. At least two of those
    hours must be there: of two values that contradict each other none can be told the wrong one.

    Args:
        beside: shape (4, n), the values' neighbours.
        values: shape (n,), any unit.

    Returns:
        Shape (n,), in that unit, not negative; NaN where less than two of those hours are there.
    """
    with_gap = np.append(values, np.nan)
    differences = np.abs(values - with_gap[beside])
    enough = np.isfinite(differences).sum(axis=0) >= ENOUGH
    return np.where(enough, np.fmin.reduce(differences, axis=0), np.nan)


def coverage(expected: pa.Table, present: np.ndarray) -> "pd.DataFrame":
    """Per station of the window: station-hours expected and present, and the share, 0 to 1.

    Args:
        expected: station_id, observed_at, origin of what was asked for.
        present: keys of the rows that are fit, as ``keys_of`` gives them.
    """
    import pandas as pd  # noqa: PLC0415  heavy

    window = expected.filter(pc.equal(expected["origin"], "window"))
    frame = pd.DataFrame(
        {"station_id": window["station_id"].to_numpy(), "present": isin(keys_of(window), present)}
    )
    frame = frame.groupby("station_id")["present"].agg(["size", "sum"]).reset_index()
    frame.columns = pd.Index(["station_id", "expected", "present"])
    frame["share"] = frame["present"] / frame["expected"]
    return frame
