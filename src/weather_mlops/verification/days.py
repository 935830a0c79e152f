"""Figures of a day, KST: our forecast, the KMA's and persistence against the observations. Pure functions.

- Every hour is compared at each lead. Ours: every forecast that was issued, its median. The KMA's: at every
  hour, whether we forecast then or not, the newest issue that was known at that hour, 1 to 48 hours ahead.
  Where the KMA gives every third hour, those in between are interpolated.
  Persistence: what was observed when each forecast of ours was issued.
- ``common`` are the rows where all three have a value for the same station, hour and lead. So ours is
  compared with what was known of the KMA's forecast when ours was issued.
- The day's maximum and minimum: ``verification.extremes``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import DAY, HOUR, HOURS_PER_DAY, KST
from weather_mlops.lake.filters import rows_within
from weather_mlops.lake.verification_columns import (
    COMMON,
    KMA_FORECAST,
    OURS,
    OWN,
    PERSISTENCE,
    VERIFICATION_SCHEMA,
)
from weather_mlops.verification import extremes, persistence
from weather_mlops.verification.figures import INTERVALS, Figures, Verification, verify
from weather_mlops.verification.official import LONGEST_STEP_H, known_at

COLUMN: Final = "air_temperature_c"
"""The variable that is verified."""
TARGET: Final = "air_temperature"
"""Its name among the targets of our forecast."""
KMA_LEADS_H: Final = range(1, 49)
"""Leads at which the KMA's forecast is verified: the newest issue reaches two days ahead at any hour."""
OBSERVED_BEFORE: Final = KMA_LEADS_H[-1] * HOUR
"""From how long before the first hour observations are needed: persistence begins with one of the issue."""
QUANTILES: Final = tuple(column for limits in INTERVALS.values() for column in limits)


@dataclass(frozen=True)
class Compared:
    """What is compared, of one day or more.

    Attributes:
        ours: ``station_id``, ``issued_at``, ``valid_at``, ``lead_hours`` and quantiles of the target.
        kma_forecasts: ``station_id``, ``issued_at``, ``valid_at``, ``lead_hours``, ``received_at``, the
            variable and its daily maximum and minimum; LONGEST_STEP_H more hours at both ends.
        observations: ``station_id``, ``observed_at`` and the variable; from OBSERVED_BEFORE on.
    """

    ours: pa.Table
    kma_forecasts: pa.Table
    observations: pa.Table

    def of_day(self, day: date) -> "Compared":
        """What is about one day (KST)."""
        more = LONGEST_STEP_H * HOUR
        begin = midnight_kst(day)
        return Compared(
            rows_within(self.ours, "valid_at", begin, begin + DAY),
            rows_within(self.kma_forecasts, "valid_at", begin - more, begin + DAY + more),
            rows_within(self.observations, "observed_at", begin - OBSERVED_BEFORE, begin + DAY),
        )


def midnight_kst(day: date) -> datetime:
    """The first hour of a day in Korea, in UTC."""
    return datetime.combine(day, time(), KST).astimezone(UTC)


def figures_of_day(compared: Compared, day: date) -> pa.Table:
    """Figures of every hour of a day, and of its maximum and minimum.

    Args:
        compared: what is compared; other days are passed over.
        day: the day, KST.

    Returns:
        Rows of VERIFICATION_SCHEMA; a group without a row to compare is absent.

    Raises:
        ValueError: a forecast has two values for one station, valid time and lead.
    """
    of_day, begin = compared.of_day(day), midnight_kst(day)
    hourly = {
        OURS: of_day.ours.select(["station_id", "valid_at", "lead_hours", *QUANTILES]).append_column(
            COLUMN, of_day.ours["p50"]
        ),
        KMA_FORECAST: _known_hours(of_day.kma_forecasts, begin),
        PERSISTENCE: persistence.of_ours(of_day.ours, of_day.observations, COLUMN),
    }
    observations = rows_within(of_day.observations, "observed_at", begin, begin + DAY)
    rows = list(_verified(day, COLUMN, hourly, observations))
    for extreme in extremes.EXTREMES:
        forecasts = {
            OURS: extremes.of_ours(of_day.ours, extreme, begin),
            KMA_FORECAST: extremes.of_kma(of_day.kma_forecasts, extreme, begin),
            PERSISTENCE: extremes.of_the_day_before(of_day.observations, COLUMN, extreme, begin),
        }
        observed = extremes.observed(observations, COLUMN, extreme, begin)
        rows += [
            row
            for row in _verified(day, extreme.variable, forecasts, observed)
            if row["grouped_by"] in extremes.GROUPED_BY
        ]
    return pa.Table.from_pylist(rows, schema=VERIFICATION_SCHEMA)


def _known_hours(forecasts: pa.Table, begin: datetime) -> pa.Table:
    """The KMA's values for the 24 hours from ``begin``, as they were known at every hour before."""
    longest = KMA_LEADS_H[-1]
    first = np.datetime64(begin.replace(tzinfo=None), "h")
    # Not every hour is asked about at every lead here: the hours of other days are passed over below.
    known = known_at(
        forecasts,
        COLUMN,
        station_ids=pc.unique(forecasts["station_id"]).to_pylist(),
        moments=first + np.arange(-longest, HOURS_PER_DAY - 1),
        lead_hours=KMA_LEADS_H,
        interpolate=True,
    )
    return rows_within(known.rows(), "valid_at", begin, begin + DAY)


def _verified(
    day: date, variable: str, forecasts: Mapping[str, pa.Table], observations: pa.Table
) -> Iterator[dict[str, object]]:
    """Rows of VERIFICATION_SCHEMA: of all forecasts on their common rows, and of each on its own."""
    for name, result in verify(forecasts, observations, variable).items():
        yield from _rows(result, day=day, variable=variable, forecast=name, compared=COMMON)
    for name, table in forecasts.items():
        result = verify({name: table}, observations, variable)[name]
        yield from _rows(result, day=day, variable=variable, forecast=name, compared=OWN)


def _rows(result: Verification, **names: object) -> Iterator[dict[str, object]]:
    groups: Mapping[str, Mapping[int, Figures]] = {
        "all": {} if result.overall is None else {0: result.overall},
        "lead_hours": result.by_lead,
        "hour_kst": result.by_hour_kst,
        "station_id": result.by_station,
    }
    for grouped_by, members in groups.items():
        for member, figures in members.items():
            yield {**names, "grouped_by": grouped_by, "member": member, **asdict(figures)}
