"""Observations as a panel, stations × hours, with every hour: a lag is a shift, and a gap stays a gap."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa

from weather_mlops.clock import EPOCH, KST_AHEAD_HOURS
from weather_mlops.errors import TrainingImpossible
from weather_mlops.stations import stations_by_id

HOUR_STEP = np.timedelta64(1, "h")
KM_PER_DEGREE: Final = 111.2
"""Of latitude anywhere, and of longitude at the equator."""


@dataclass(frozen=True)
class Panel:
    """Hourly observations of stations, S of them over T consecutive hours.

    Attributes:
        stations: ids, int32, shape (S,), ascending.
        latitude: degrees north, shape (S,).
        longitude: degrees east, shape (S,).
        elevation_m: metres above sea level, shape (S,).
        start: the first hour, UTC, datetime64[h].
        values: by column name of the observations: float32, shape (S, T); NaN = not observed.
    """

    stations: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    elevation_m: np.ndarray
    start: np.datetime64
    values: Mapping[str, np.ndarray]

    @property
    def length(self) -> int:
        """Hours, T."""
        return int(next(iter(self.values.values())).shape[1])

    @property
    def hours(self) -> np.ndarray:
        """The hours, UTC, datetime64[h], shape (T,)."""
        return np.asarray(self.start + np.arange(self.length) * HOUR_STEP)

    def index_of(self, moment: datetime) -> int:
        """Index of the hour that a moment falls in; may lie outside of the panel."""
        return int((_hour(moment) - self.start) / HOUR_STEP)

    def time_at(self, index: int) -> datetime:
        """The hour at an index, UTC."""
        return EPOCH + timedelta(hours=int((self.start + index * HOUR_STEP).astype(int)))

    def between(self, first: int, end: int) -> "Panel":
        """The hours from one index up to, but not including, another."""
        values = {name: array[:, first:end] for name, array in self.values.items()}
        return Panel(
            self.stations,
            self.latitude,
            self.longitude,
            self.elevation_m,
            self.hours[first],
            values,
        )


def to_panel(
    observations: pa.Table,
    columns: Sequence[str],
    *,
    stations: Iterable[int] | None = None,
    first: datetime | None = None,
    last: datetime | None = None,
) -> Panel:
    """Arrange observations as a panel.

    Args:
        observations: ``station_id``, ``observed_at`` and numeric columns; keys unique.
        columns: which of the numeric columns.
        stations: which stations, those without a row too; None = those in the table.
        first: first hour; None = the table's.
        last: last hour, included; None = the table's.

    Raises:
        TrainingImpossible: there is no observation, or the coordinates of a station are unknown.
    """
    if observations.num_rows == 0:
        raise TrainingImpossible("there are no observations of these stations and hours: load some history")
    ids = observations["station_id"].to_numpy().astype(np.int32)
    minutes = observations["observed_at"].cast(pa.int64()).to_numpy().astype("datetime64[us]")
    times = minutes.astype("datetime64[h]")
    start = _hour(first) if first else times.min()
    end = _hour(last) if last else times.max()
    station_ids = np.unique(ids) if stations is None else np.array(sorted(set(stations)), np.int32)
    rows = np.searchsorted(station_ids, ids).clip(max=len(station_ids) - 1)
    inside = (station_ids[rows] == ids) & (times >= start) & (times <= end) & (minutes == times)
    length = int((end - start) / HOUR_STEP) + 1
    hour_indices = ((times - start) / HOUR_STEP).astype(np.int64)
    values = {}
    for name in columns:
        array = np.full((len(station_ids), length), np.nan, np.float32)
        column = observations[name].cast(pa.float32()).to_numpy()
        array[rows[inside], hour_indices[inside]] = column[inside]
        values[name] = array
    return Panel(station_ids, *_coordinates(station_ids), start, values)


def prolonged(hours: np.ndarray, more: int) -> np.ndarray:
    """Consecutive hours, extended by some more after them."""
    return np.asarray(hours[0] + np.arange(len(hours) + more) * HOUR_STEP)


def offsets_km(latitude: np.ndarray, longitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far each station lies east and north of each other one, km; two arrays of shape (from, to).

    Args:
        latitude: degrees north, shape (S,).
        longitude: degrees east, shape (S,).
    """
    # A degree of longitude gets shorter towards the poles, by the cosine of the latitude. Over the few
    # hundred km of Korea, a plane is near enough to the sphere.
    east = (longitude[None] - longitude[:, None]) * KM_PER_DEGREE
    east = east * np.cos(np.deg2rad(latitude))[:, None]
    north = (latitude[None] - latitude[:, None]) * KM_PER_DEGREE
    return east, north


def korean_days(hours: np.ndarray) -> np.ndarray:
    """Day number since 1970 of each hour (datetime64[h], UTC), by the calendar in Korea."""
    return np.asarray(in_kst(hours).astype("datetime64[D]").astype(np.int64))


def in_kst(hours: np.ndarray) -> np.ndarray:
    """The clock in Korea at each hour (datetime64[h], UTC), datetime64[h]."""
    return np.asarray(hours + KST_AHEAD_HOURS * HOUR_STEP)


def _coordinates(stations: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    known = stations_by_id()
    if unknown := [int(station) for station in stations if station not in known]:
        raise TrainingImpossible(
            f"stations {unknown}: their coordinates are not known: bring the list of stations up to date by "
            "`python -m weather_mlops.kma.refresh`, or leave them out"
        )
    entries = [known[int(station)] for station in stations]
    return (
        np.array([station.latitude for station in entries]),
        np.array([station.longitude for station in entries]),
        np.array([station.elevation_m for station in entries]),
    )


def _hour(moment: datetime) -> np.datetime64:
    naive = moment.astimezone(UTC).replace(tzinfo=None)
    hour: np.datetime64 = np.datetime64(naive).astype("datetime64[h]")
    return hour
