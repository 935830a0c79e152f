"""Hours that a station lacks between its oldest and its newest one, and that nobody asked for.

A run registers as gaps what it asked for and did not get. A hole is what no run asked for: a load ended
before the first collection began, or one of a single station made the table look newer than it is for others.
"""

import logging
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.clock import month_of
from weather_mlops.lake import gaps
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.filters import between
from weather_mlops.lake.keys import HOUR_KEYS, isin, keys_of, to_datetime, tuples, unique
from weather_mlops.lake.object_store import storage_errors
from weather_mlops.lake.scan import keys_between, scan
from weather_mlops.lake.schemas import GAPS, KEY, KEY_SCHEMA, OBSERVATIONS, QUARANTINE_SCHEMA, UTC_TIME

log = logging.getLogger(__name__)

_STATION_BITS: Final = 32  # a key is the station, shifted by as many bits, and the time
REGISTERED: Final = pa.schema([(KEY[0], pa.int32()), (KEY[1], UTC_TIME), ("reason", pa.string())])


def holes(present: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Hours between a station's oldest and newest one that are neither present nor known to be missing.

    Args:
        present: keys (``rows.keys_of``) of whole hours that have a row.
        known: keys that the gap register has, open or closed.

    Returns:
        Keys, ascending.
    """
    hours = unique(present)
    before, step = hours[:-1], np.diff(hours)
    # Two neighbours in the order of keys are of one station, or the second begins the next station.
    after_a_hole = (hours[1:] >> _STATION_BITS == before >> _STATION_BITS) & (step > HOUR_KEYS)
    lengths = step[after_a_hole] // HOUR_KEYS - 1
    # Hour number 1, 2, ... of each hole: counted through, less what the holes before have counted.
    number = np.arange(1, lengths.sum() + 1) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    found = np.repeat(before[after_a_hole], lengths) + number * HOUR_KEYS
    return np.asarray(found[~isin(found, known)])


def record(catalog: Catalog, *, run: str, now: datetime) -> int:
    """Register the holes of the last 31 days; the next collection asks for them. Done again it finds none.

    Reads the keys of two months at most, however old the table is. What is older than HORIZON, the collection
    doesn't ask for: a load of history does.

    Args:
        catalog: where the tables are.
        run: its name.
        now: the time, timezone-aware.

    Returns:
        How many were found.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    begin = now - gaps.HORIZON
    # From the beginning of a month, which costs no file more: a row before the horizon tells that a station
    # is no newer than that.
    present = _whole_hours(catalog, month_of(begin), now)
    found = holes(present, _registered(catalog, month_of(begin), now))
    keys = [(station, to_datetime(time)) for station, time in tuples(found) if to_datetime(time) > begin]
    if not keys:
        return 0
    stations, times = zip(*keys, strict=True)
    table = pa.table([stations, times, [gaps.NOT_REQUESTED] * len(keys)], schema=REGISTERED)
    nothing = REGISTERED.empty_table()
    gaps.record(catalog, nothing, QUARANTINE_SCHEMA.empty_table(), run=run, now=now, failed=table)
    log.info("holes: %d station-hours that nobody asked for are in the register now", len(keys))
    return len(keys)


def _whole_hours(catalog: Catalog, first: datetime, last: datetime) -> np.ndarray:
    """Keys of the observations of a period, each moved to the hour that it lies in."""
    table = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        rows = scan(table, KEY_SCHEMA, between(first, last))
    hours = pc.floor_temporal(rows["observed_at"], unit="hour")
    return keys_of(pa.table({"station_id": rows["station_id"], "observed_at": hours}))


def _registered(catalog: Catalog, first: datetime, last: datetime) -> np.ndarray:
    table = open_table(catalog, GAPS)
    with storage_errors(f"table {GAPS.identifier}"):
        return keys_between(table, first, last)
