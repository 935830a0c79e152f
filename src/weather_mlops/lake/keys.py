"""Keys of rows (station, hour) as single integers, and fast operations on them."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa

from weather_mlops.clock import EPOCH

Key = tuple[int, int]
"""Station id, microseconds since 1970 (UTC)."""

HOUR_KEYS: Final = 60
"""The difference of two keys of ``keys_of`` that are an hour apart."""
_MINUTE_US: Final = 60_000_000
_TIME_BITS: Final = 32
_BEFORE_1970: Final = 1 << 31


def keys_of(table: pa.Table) -> np.ndarray:
    """Encode the key of each row as one integer: fast for millions of rows.

    Args:
        table: with the columns of KEY, none of them null; times are whole minutes, as on the wire.

    Returns:
        int64, shape (n,). They sort by station and time; adding HOUR_KEYS moves a key by an hour.
    """
    stations = table["station_id"].to_numpy().astype(np.int64)
    minutes = table["observed_at"].cast(pa.int64()).to_numpy() // _MINUTE_US
    return np.asarray((stations << _TIME_BITS) + minutes + _BEFORE_1970)


def tuples(keys: np.ndarray) -> list[Key]:
    """Decode keys of ``keys_of``."""
    stations, minutes = keys >> _TIME_BITS, (keys & ((1 << _TIME_BITS) - 1)) - _BEFORE_1970
    return list(zip(stations.tolist(), (minutes * _MINUTE_US).tolist(), strict=True))


def lookup(known: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Index in ``known`` of each key, the last one of several; -1 where it isn't in ``known``."""
    if known.size == 0:
        return np.full(keys.size, -1)
    order = np.argsort(known, kind="stable")
    # The last known key that is not greater; it matches or the key is unknown.
    candidates = order[np.maximum(np.searchsorted(known, keys, "right", sorter=order) - 1, 0)]
    return np.where(known[candidates] == keys, candidates, -1)


def isin(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """A mask of the keys that are known; several times as fast as ``numpy.isin``."""
    is_known: np.ndarray = lookup(known, keys) >= 0
    return is_known


def unique(keys: np.ndarray) -> np.ndarray:
    """The distinct keys, ascending; several times as fast as ``numpy.unique``."""
    ordered = np.sort(keys)
    new = np.append(np.ones(min(1, keys.size), bool), ordered[1:] != ordered[:-1])
    return np.asarray(ordered[new])


def other_rows_of_key(keys: np.ndarray) -> np.ndarray:
    """For each row, the number of other rows with its key; shape (n,)."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.flatnonzero(np.append(np.ones(min(1, keys.size), bool), ordered[1:] != ordered[:-1]))
    counts = np.diff(np.append(begins, keys.size))
    others = np.empty(keys.size, np.int64)
    others[order] = np.repeat(counts - 1, counts)
    return others


def key_list(table: pa.Table) -> list[Key]:
    """Keys of a table's rows, in their order. Integers compare and hash faster than datetimes."""
    stations = table["station_id"].to_pylist()
    moments = table["observed_at"].cast(pa.int64()).to_pylist()
    return list(zip(stations, moments, strict=True))


def to_datetime(microseconds: int) -> datetime:
    """The time in a key."""
    return EPOCH + timedelta(microseconds=microseconds)
