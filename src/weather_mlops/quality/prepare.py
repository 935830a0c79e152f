"""Builds the table that the suite validates: values of staged rows, and figures derived from them."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.kma.wire import OBSERVATION_SCHEMA
from weather_mlops.lake.keys import HOUR_KEYS, isin, keys_of, other_rows_of_key
from weather_mlops.variables import VARIABLES

if TYPE_CHECKING:
    import pandas as pd

NEIGHBOURS_H: Final = (-2, -1, 1, 2)
MIN_NEIGHBOURS: Final = 2
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


def drop_duplicates(rows: pa.Table) -> tuple[pa.Table, int]:
    """Drop rows that equal another one, and count them.

    Rows of one key with different values all stay: the audit refuses them.

    Returns:
        The remaining rows, and the number of dropped ones.
    """
    if not other_rows_of_key(keys_of(rows)).any():
        return rows, 0
    duplicated = rows.select(OBSERVATION_SCHEMA.names).to_pandas().duplicated().to_numpy()
    return rows.filter(pa.array(~duplicated)), int(duplicated.sum())


def contradictions(rows: pa.Table) -> dict[int, str]:
    """Values in which rows of the same key differ.

    Args:
        rows: OBSERVATION_SCHEMA at least, without duplicates.

    Returns:
        ``column=value; ...`` of each such row, by its index.
    """
    keys = keys_of(rows)
    together: dict[int, list[int]] = {}
    for index in np.flatnonzero(other_rows_of_key(keys)).tolist():
        together.setdefault(int(keys[index]), []).append(index)
    differences = {}
    for indices in together.values():
        values = rows.select(OBSERVATION_SCHEMA.names).take(indices).to_pylist()
        differing = [name for name in values[0] if any(row[name] != values[0][name] for row in values)]
        for index, row in zip(indices, values, strict=True):
            differences[index] = "; ".join(f"{name}={row[name]}" for name in differing)
    return differences


def audit_frame(rows: pa.Table, expected: pa.Table, stations: Collection[int]) -> "pd.DataFrame":
    """The table that the suite validates, one row per staged row, in the same order.

    Args:
        rows: PARSED_SCHEMA, without duplicates.
        expected: station_id, observed_at of the requested station-hours.
        stations: ids of the known stations.

    Returns:
        Column ``row`` (its index), the variables with limits, and the columns of DERIVED: differences in K,
        hPa and %, and counts; NaN where an observation that they need is missing.
    """
    observed = [variable.name for variable in VARIABLES if variable.physical is not None]
    frame = as_numbers(rows, observed)
    keys = keys_of(rows)
    temperature, dew_point = frame["air_temperature_c"], frame["dew_point_c"]
    vapour = vapour_pressure_hpa(dew_point.to_numpy())
    # Clipped: more than 100 % is a dew point above the temperature, which has a check of its own.
    relative = np.minimum(100 * vapour / vapour_pressure_hpa(temperature.to_numpy()), 100)
    frame["dew_point_excess_k"] = dew_point - temperature
    frame["humidity_residual_pct"] = frame["relative_humidity_pct"] - relative
    frame["vapour_pressure_residual_hpa"] = frame["vapour_pressure_hpa"] - vapour
    nearby = neighbours(keys)
    for column, step in STEPS.items():
        frame[step] = isolated_steps(nearby, frame[column].to_numpy())
    frame["station_known"] = np.isin(rows["station_id"].to_numpy(), list(stations)).astype("float64")
    frame["asked_for"] = isin(keys, keys_of(expected)).astype("float64")
    frame["minute"] = pc.minute(rows["observed_at"]).to_numpy().astype("float64")
    frame["conflicting_copies"] = other_rows_of_key(keys).astype("float64")
    frame.insert(0, "row", np.arange(len(frame)))
    return frame


def as_numbers(rows: pa.Table, columns: Sequence[str]) -> "pd.DataFrame":
    """Some columns as float64, NaN where a value is missing.

    They are cast by Arrow: pandas would copy all columns once more.
    """
    decimals = pa.schema([(name, pa.float64()) for name in columns])
    frame: pd.DataFrame = rows.select(columns).cast(decimals).to_pandas(split_blocks=True)
    return frame


def neighbours(keys: np.ndarray) -> np.ndarray:
    """Indices of the rows of the same station two hours and one hour before, one and two hours after.

    Args:
        keys: shape (n,), as ``keys_of`` returns them.

    Returns:
        Shape (4, n); -1 where there is no such row.
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    nearby = np.empty((len(NEIGHBOURS_H), keys.size), np.int64)
    for row, hours in zip(nearby, NEIGHBOURS_H, strict=True):
        # As ``lookup`` does, but in sorted order, which is several times as fast.
        shifted = ordered + hours * HOUR_KEYS
        candidates = np.maximum(np.searchsorted(ordered, shifted, "right") - 1, 0)
        row[order] = np.where(ordered[candidates] == shifted, order[candidates], -1)
    return nearby


def isolated_steps(nearby: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How far each value is from the values of the hours around it at its station.

    It is the smallest of the differences to the two hours before and the two hours after: so the good hours
    next to a spike aren't refused because of it, and a step to a new level is no spike. At least two of those
    hours must be present: of only two values that contradict each other, either could be the wrong one.

    Args:
        nearby: shape (4, n), as ``neighbours`` returns them.
        values: shape (n,), any unit.

    Returns:
        Shape (n,), in that unit, not negative; NaN where fewer than two of those hours are present.
    """
    # Index -1, for a missing neighbour, selects the NaN at the end.
    padded = np.append(values, np.nan)
    differences = np.abs(values - padded[nearby])
    enough = np.isfinite(differences).sum(axis=0) >= MIN_NEIGHBOURS
    return np.where(enough, np.fmin.reduce(differences, axis=0), np.nan)


def coverage(expected: pa.Table, present: np.ndarray) -> "pd.DataFrame":
    """Per station of the window: station-hours expected and present, and the share, 0 to 1.

    Args:
        expected: station_id, observed_at, origin of the requested station-hours.
        present: keys of the rows that are fit, as ``keys_of`` returns them.
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
