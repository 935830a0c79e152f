"""The maximum and minimum of a day, KST: forecast and observed. Pure functions.

All are those of the 24 hours from 00:00 to 23:00: the observations are hourly, so that an extreme between two
hours is not seen. A day counts where at least HOURS_NEEDED of its hours were observed. Forecasts are those
that were known at 23:00 of the day before: it is the last hour before the day, and a forecast of 24 hours, as
older models make, reaches all of it from no earlier one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import DAY, HOUR
from weather_mlops.kma.forecast.rows import MAXIMUM_HOUR_KST, MINIMUM_HOUR_KST, UTC_TIME
from weather_mlops.lake.filters import rows_within
from weather_mlops.verification.official import known_at

HOURS_NEEDED: Final = 22
"""Hours of a day that must be observed, and that one issue of ours must have."""
KNOWN_H_BEFORE: Final = 1
"""From when a forecast of the day must be known to its first hour."""
GROUPED_BY: Final = ("all", "station_id")
"""Groups of the figures: an extreme has neither a lead nor an hour."""


@dataclass(frozen=True, slots=True)
class Extreme:
    """One of the two daily values.

    Attributes:
        variable: its name, the column of the KMA's forecast.
        aggregation: of the hours of the day.
        hour_kst: hour of the row that has the KMA's value.
    """

    variable: str
    aggregation: Literal["max", "min"]
    hour_kst: int


EXTREMES: Final = (
    Extreme("air_temperature_max_c", "max", MAXIMUM_HOUR_KST),
    Extreme("air_temperature_min_c", "min", MINIMUM_HOUR_KST),
)


def observed(observations: pa.Table, column: str, extreme: Extreme, begin: datetime) -> pa.Table:
    """The extreme of each station that was observed for HOURS_NEEDED hours or more.

    Args:
        observations: of the day: ``station_id`` and the column.
        column: the hourly variable.
        extreme: which one.
        begin: first hour of the day, UTC.

    Returns:
        ``station_id``, ``observed_at`` (the hour of the KMA's row) and the extreme under its name.
    """
    by_station = _aggregated(observations, column, extreme, ["station_id"])
    return _dated(by_station, extreme, begin).rename_columns({"valid_at": "observed_at"})


def of_ours(forecasts: pa.Table, extreme: Extreme, begin: datetime) -> pa.Table:
    """The extreme of our hourly medians, by the newest issue known that has HOURS_NEEDED hours or more.

    Args:
        forecasts: of the day: ``station_id``, ``issued_at`` and ``p50``.
        extreme: which one.
        begin: first hour of the day, UTC.

    Returns:
        ``station_id``, ``valid_at``, ``lead_hours`` and the extreme under its name.
    """
    known_by = pa.scalar(begin - KNOWN_H_BEFORE * HOUR, UTC_TIME)
    known = forecasts.filter(pc.less_equal(forecasts["issued_at"], known_by))
    issues = _aggregated(known, "p50", extreme, ["station_id", "issued_at"])
    newest = issues.group_by("station_id").aggregate([("issued_at", "max")])
    newest = newest.rename_columns({"issued_at_max": "issued_at"})
    return _dated(issues.join(newest, ["station_id", "issued_at"], join_type="inner"), extreme, begin)


def of_the_day_before(observations: pa.Table, column: str, extreme: Extreme, begin: datetime) -> pa.Table:
    """Persistence: the extreme that was observed the day before, for HOURS_NEEDED hours or more.

    Args:
        observations: of the day before at least: ``station_id``, ``observed_at`` and the column.
        column: the hourly variable.
        extreme: which one.
        begin: first hour of the day that is forecast, UTC.

    Returns:
        As ``of_ours``.
    """
    before = rows_within(observations, "observed_at", begin - DAY, begin)
    return _dated(_aggregated(before, column, extreme, ["station_id"]), extreme, begin)


def of_kma(forecasts: pa.Table, extreme: Extreme, begin: datetime) -> pa.Table:
    """The KMA's extreme by the newest issue known.

    Args:
        forecasts: of the day: ``station_id``, ``issued_at``, ``valid_at``, ``received_at`` and the extreme.
        extreme: which one.
        begin: first hour of the day, UTC.

    Returns:
        As ``of_ours``.
    """
    known = known_at(
        forecasts,
        extreme.variable,
        station_ids=pc.unique(forecasts["station_id"]).to_pylist(),
        moments=[begin - KNOWN_H_BEFORE * HOUR],
        lead_hours=[_lead(extreme)],
    )
    return known.rows().select(["station_id", "valid_at", "lead_hours", extreme.variable])


def _lead(extreme: Extreme) -> int:
    return KNOWN_H_BEFORE + extreme.hour_kst


def _aggregated(rows: pa.Table, column: str, extreme: Extreme, keys: list[str]) -> pa.Table:
    """The extreme of each group with enough hours, under its name."""
    name, count = f"{column}_{extreme.aggregation}", f"{column}_count"
    groups = rows.group_by(keys).aggregate([(column, extreme.aggregation), (column, "count")])
    groups = groups.filter(pc.greater_equal(groups[count], HOURS_NEEDED))
    return groups.select([*keys, name]).rename_columns({name: extreme.variable})


def _dated(rows: pa.Table, extreme: Extreme, begin: datetime) -> pa.Table:
    """The extremes with the time and lead by which they are compared: those of the KMA's row."""
    valid = pa.scalar(begin + extreme.hour_kst * HOUR, UTC_TIME)
    return pa.table(
        {
            "station_id": rows["station_id"],
            "valid_at": pa.repeat(valid, rows.num_rows),
            "lead_hours": pa.repeat(pa.scalar(_lead(extreme), pa.int32()), rows.num_rows),
            extreme.variable: rows[extreme.variable],
        }
    )
