"""Read a run's rows back from the published table, and check them against limits."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.errors import Unhealthy
from weather_mlops.formatting import exact, exact_percent, number
from weather_mlops.lake import gaps
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.keys import key_list
from weather_mlops.lake.publish import newest_of
from weather_mlops.lake.scan import rows_of
from weather_mlops.lake.schemas import KEY, KEY_SCHEMA, OBSERVATIONS
from weather_mlops.lake.staging import AUDITED, Staging
from weather_mlops.lake.storage_errors import storage_errors


@dataclass(frozen=True, slots=True)
class TableHealthLimits:
    """Limits of a healthy table.

    Attributes:
        max_lag_hours: longest time, hours, from the newest published hour to now.
        min_station_share: share (0 to 1) of the stations that must have a row of the newest expected hour.
        max_open_gaps: most station-hours that may be missing.
    """

    max_lag_hours: float
    min_station_share: float
    max_open_gaps: int


@dataclass(frozen=True, slots=True)
class TableFigures:
    """Figures of the table after a run.

    Attributes:
        newest_observed_at: newest hour in the table; None when it is empty.
        lag_hours: hours from then to now; None when the table is empty.
        stations_expected: stations that the run requested.
        stations_present: those of them with a row of the newest requested hour.
        window_rows: rows of the run's window in the table.
        accepted: rows that the run's audit accepted, by distinct key.
        lost: accepted rows that the table doesn't have; anything but 0 is an error.
        open_gaps: station-hours that are missing.
    """

    newest_observed_at: datetime | None
    lag_hours: float | None
    stations_expected: int
    stations_present: int
    window_rows: int
    accepted: int
    lost: int
    open_gaps: int

    @property
    def station_share(self) -> float:
        """Share of the stations that are present, 0 to 1."""
        return self.stations_present / self.stations_expected if self.stations_expected else 1.0

    def as_dict(self) -> dict[str, Any]:
        """The figures as a flat dict, for XCom."""
        newest = self.newest_observed_at.isoformat() if self.newest_observed_at else None
        lag = None if self.lag_hours is None else round(self.lag_hours, 2)
        share = round(self.station_share, 4)
        return {**asdict(self), "newest_observed_at": newest, "lag_hours": lag, "station_share": share}


def newest_hour(catalog: Catalog) -> datetime | None:
    """Newest hour in the observations; None when there is none.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        return newest_of(table)


def read_back(catalog: Catalog, staging: Staging, now: datetime) -> TableFigures:
    """Look up the requested and the accepted rows of a run in the table.

    Args:
        catalog: where the tables are.
        staging: of the run, with ``expected`` and ``accepted``.
        now: the time, timezone-aware.

    Raises:
        FileNotFoundError: the run staged nothing.
        StorageUnavailable, StorageRefused.
    """
    audited = staging.read(AUDITED).tables
    expected = audited["expected"]
    window = expected.filter(pc.equal(expected["origin"], "window")).select(KEY)
    accepted = audited["accepted"].select(KEY)
    table = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        newest = newest_of(table)
        present = set(
            key_list(
                rows_of(table, pa.concat_tables([window, accepted], promote_options="permissive"), KEY_SCHEMA)
            )
        )
    window_keys = key_list(window)
    last_hour = max((hour for _, hour in window_keys), default=0)
    stations = {station for station, hour in window_keys if hour == last_hour}
    lag_hours = None if newest is None else (now - newest).total_seconds() / 3600
    keys = set(key_list(accepted))
    return TableFigures(
        newest_observed_at=newest,
        lag_hours=lag_hours,
        stations_expected=len(stations),
        stations_present=sum((station, last_hour) in present for station in stations),
        window_rows=len(present.intersection(window_keys)),
        accepted=len(keys),
        lost=len(keys - present),
        open_gaps=gaps.count_open(catalog),
    )


def breaches(figures: TableFigures, limits: TableHealthLimits) -> list[str]:
    """Describe each broken limit in a sentence with its figures; empty if the table is healthy."""
    messages = []
    if figures.lag_hours is None:
        messages.append("the table is empty")
    elif figures.lag_hours > limits.max_lag_hours:
        messages.append(
            f"the newest published hour, {figures.newest_observed_at:%Y-%m-%d %H:%M} UTC, lies "
            f"{number(figures.lag_hours, limits.max_lag_hours)} h behind the clock; at most "
            f"{exact(limits.max_lag_hours)} h are allowed"
        )
    if figures.station_share < limits.min_station_share:
        messages.append(
            f"{figures.stations_present} of {figures.stations_expected} stations have a row of the newest "
            f"requested hour; at least {exact_percent(limits.min_station_share)} must"
        )
    if figures.open_gaps > limits.max_open_gaps:
        messages.append(f"{figures.open_gaps} gaps are open; at most {limits.max_open_gaps} are allowed")
    if figures.lost:
        messages.append(
            f"{figures.lost} of {figures.accepted} accepted rows are not in the table: publish again"
        )
    return messages


def require_healthy(figures: TableFigures, limits: TableHealthLimits) -> None:
    """Make sure that no limit is broken.

    Raises:
        Unhealthy: some are; the message has their figures.
    """
    if messages := breaches(figures, limits):
        raise Unhealthy(f"{OBSERVATIONS.identifier}: {'; '.join(messages)}")
