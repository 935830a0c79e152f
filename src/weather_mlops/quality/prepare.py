"""From staged rows to the table that the suite is run on: observed values, and figures derived from them."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.kma.wire import OBSERVATION_SCHEMA
from weather_mlops.lake.rows import key_list
from weather_mlops.variables import VARIABLES

if TYPE_CHECKING:
    import pandas as pd

HOUR_US: Final = 3_600_000_000
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
    keys = key_list(rows)
    if len(set(keys)) == len(keys):
        return rows, 0
    duplicated = rows.select(OBSERVATION_SCHEMA.names).to_pandas().duplicated().to_numpy()
    return rows.filter(pa.array(~duplicated)), int(duplicated.sum())


def contradictions(rows: pa.Table) -> dict[int, str]:
    """What rows of one key say differently: ``column=value; ...`` by the rows' places.

    Args:
        rows: OBSERVATION_SCHEMA at least, without identical copies.
    """
    places: dict[tuple[int, int], list[int]] = {}
    for place, key in enumerate(key_list(rows)):
        places.setdefault(key, []).append(place)
    told = {}
    for copies in places.values():
        if len(copies) > 1:
            values = rows.select(OBSERVATION_SCHEMA.names).take(copies).to_pylist()
            differing = [name for name in values[0] if any(row[name] != values[0][name] for row in values)]
            for place, row in zip(copies, values, strict=True):
                told[place] = "; ".join(f"{name}={row[name]}" for name in differing)
    return told


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
    keys = key_list(rows)
    asked, known = set(key_list(expected)), set(stations)
    copies: dict[tuple[int, int], int] = {}
    for key in keys:
        copies[key] = copies.get(key, 0) + 1
    temperature, dew_point = frame["air_temperature_c"], frame["dew_point_c"]
    vapour = vapour_pressure_hpa(dew_point.to_numpy())
    # Over 100 % by rounding only: the excess of the dew point is a check of its own.
    relative = np.minimum(100 * vapour / vapour_pressure_hpa(temperature.to_numpy()), 100)
    frame["dew_point_excess_k"] = dew_point - temperature
    frame["humidity_residual_pct"] = frame["relative_humidity_pct"] - relative
    frame["vapour_pressure_residual_hpa"] = frame["vapour_pressure_hpa"] - vapour
    for column, step in STEPS.items():
        frame[step] = isolated_steps(keys, frame[column].to_numpy())
    frame["station_known"] = [float(station in known) for station, _ in keys]
    frame["asked_for"] = [float(key in asked) for key in keys]
    frame["minute"] = pc.minute(rows["observed_at"]).to_numpy().astype("float64")
    frame["conflicting_copies"] = [float(copies[key] - 1) for key in keys]
    frame.insert(0, "row", np.arange(len(frame)))
    return frame


def isolated_steps(keys: list[tuple[int, int]], values: np.ndarray) -> np.ndarray:
    """How far each value stands off the hours near it at its station.

    The smallest one of the differences to the hour before, to the hour after, and to two hours before: so the
    good hours beside a spike aren't blamed for it, and a step that stays isn't taken for one.

    Args:
        keys: station id and microseconds of each value.
        values: shape (n,), any unit.

    Returns:
        Shape (n,), in that unit, not negative; NaN where the hour before isn't there.
    """
    place = {key: n for n, key in enumerate(keys)}
    with_gap = np.append(values, np.nan)

    def difference(hours: int) -> np.ndarray:
        beside = [place.get((station, time + hours * HOUR_US), -1) for station, time in keys]
        return np.asarray(np.abs(values - with_gap[beside]))

    to_before = difference(-1)
    smallest = np.fmin(np.fmin(to_before, difference(1)), difference(-2))
    return np.where(np.isnan(to_before), np.nan, smallest)


def coverage(expected: pa.Table, present: Collection[tuple[int, int]]) -> "pd.DataFrame":
    """Per station of the window: station-hours expected and present, and the share, 0 to 1."""
    import pandas as pd  # noqa: PLC0415  heavy

    window = expected.filter(pc.equal(expected["origin"], "window"))
    keys = key_list(window)
    frame = pd.DataFrame(
        {"station_id": [station for station, _ in keys], "present": [key in present for key in keys]}
    )
    frame = frame.groupby("station_id")["present"].agg(["size", "sum"]).reset_index()
    frame.columns = pd.Index(["station_id", "expected", "present"])
    frame["share"] = frame["present"] / frame["expected"]
    return frame
