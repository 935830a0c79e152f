"""Find hours between a station's oldest and newest one that are missing and were never requested.

A run registers the hours that it requested without success as gaps. A hole was requested by no run: a load
ended before the first collection began, or a load of one station made the table look newer than it is for the
others.
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
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.filters import between
from weather_mlops.lake.keys import HOUR_KEYS, isin, keys_of, to_datetime, tuples, unique
from weather_mlops.lake.scan import keys_between, scan
from weather_mlops.lake.schemas import GAPS, KEY, KEY_SCHEMA, OBSERVATIONS, QUARANTINE_SCHEMA
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

_STATION_BITS: Final = 32  # a key is the station id, shifted by 32 bits, plus the time
REGISTERED: Final = pa.schema([(KEY[0], pa.int32()), (KEY[1], UTC_TIME), ("reason", pa.string())])


def holes(present: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Hours between a station's oldest and newest one that are neither present nor known to be missing.

    Args:
        present: keys (``keys.keys_of``) of whole hours that have a row.
        known: keys in the gap register, open or closed.

    Returns:
        Keys, ascending.
    """
    hours = unique(present)
    before, step = hours[:-1], np.diff(hours)
    # Sorted keys are grouped by station: two neighbours are of one station, or the second begins the next.
    after_a_hole = (hours[1:] >> _STATION_BITS == before >> _STATION_BITS) & (step > HOUR_KEYS)
    lengths = step[after_a_hole] // HOUR_KEYS - 1
    # 1, 2, ... within each hole: a running count over all holes, less the lengths of the holes before.
    number = np.arange(1, lengths.sum() + 1) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    missing = np.repeat(before[after_a_hole], lengths) + number * HOUR_KEYS
    return np.asarray(missing[~isin(missing, known)])


def record(catalog: Catalog, *, run: str, now: datetime) -> int:
    """Register the holes of the last 31 days, so that the next collection requests them. Idempotent.

    Reads the keys of at most two months, however old the table is. The collection doesn't request hours older
    than HORIZON; a load of history does.

    Args:
        catalog: where the tables are.
        run: its name.
        now: the time, timezone-aware.

    Returns:
        The number of holes.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    begin = now - gaps.HORIZON
    # From the beginning of a month, which opens no further file: a row before the horizon shows that a
    # station existed by then.
    present = _whole_hours(catalog, month_of(begin), now)
    missing = holes(present, _registered(catalog, month_of(begin), now))
    keys = [(station, to_datetime(time)) for station, time in tuples(missing) if to_datetime(time) > begin]
    if not keys:
        return 0
    stations, times = zip(*keys, strict=True)
    table = pa.table([stations, times, [gaps.NOT_REQUESTED] * len(keys)], schema=REGISTERED)
    nothing = REGISTERED.empty_table()
    gaps.record(catalog, nothing, QUARANTINE_SCHEMA.empty_table(), run=run, now=now, failed=table)
    log.info("holes: registered %d station-hours that were never requested", len(keys))
    return len(keys)


def _whole_hours(catalog: Catalog, first: datetime, last: datetime) -> np.ndarray:
    """Keys of the observations of a period, each with its time rounded down to the hour."""
    table = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        rows = scan(table, KEY_SCHEMA, between(first, last))
    hours = pc.floor_temporal(rows["observed_at"], unit="hour")
    return keys_of(pa.table({"station_id": rows["station_id"], "observed_at": hours}))


def _registered(catalog: Catalog, first: datetime, last: datetime) -> np.ndarray:
    table = open_table(catalog, GAPS)
    with storage_errors(f"table {GAPS.identifier}"):
        return keys_between(table, first, last)
