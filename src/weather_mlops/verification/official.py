"""The KMA's forecast as it was known at a moment: no function here shows what was received later.

``newest_known`` is the one join. A forecast issued at 02:00 and received at 02:12 is unknown at 02:05; one
that a repaired collection received the day after was unknown all day. Rows of an archive have as
``received_at`` their issue time and a fixed delay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import HOUR_US
from weather_mlops.kma.forecast.rows import FORECAST_ROWS, UTC_TIME

LONGEST_STEP_H: Final = 3
"""Up to how many hours apart two values may be for those in between to be interpolated: the KMA's own step of
old issues, and of the end of newer ones. Further apart a value is missing."""
INTERPOLATED: Final = frozenset({"air_temperature_c", "relative_humidity_pct", "wind_speed_ms"})
"""Variables that are values at a moment on a line. A direction turns past north, codes have nothing in
between, and amounts are those of an hour."""

_HOURLY_COLUMNS: Final = ("station_id", "issued_at", "valid_at", "lead_hours", "received_at")


@dataclass(frozen=True)
class KnownForecast:
    """One variable of the newest forecast at each moment: S stations, M moments, L leads.

    Attributes:
        column: name of the variable.
        station_ids: int32, shape (S,).
        moments: when the forecast was known, UTC, datetime64[us], shape (M,).
        lead_hours: hours from the moment to the valid time, int32, shape (L,).
        values: float64, shape (S, M, L), in the variable's unit; NaN = nothing was known.
        issued_at: issue of each value, UTC, datetime64[us], shape (S, M, L); NaT = nothing was known.
    """

    column: str
    station_ids: np.ndarray
    moments: np.ndarray
    lead_hours: np.ndarray
    values: np.ndarray
    issued_at: np.ndarray

    def rows(self) -> pa.Table:
        """The known values as rows.

        Returns:
            ``station_id``, ``moment``, ``valid_at``, ``lead_hours`` (from the moment), ``issued_at`` and the
            variable; by station, moment and lead.
        """
        station, moment, lead = np.nonzero(np.isfinite(self.values))
        valid = self.moments[moment] + self.lead_hours[lead].astype("timedelta64[h]")
        return pa.table(
            {
                "station_id": self.station_ids[station],
                "moment": _times(self.moments[moment]),
                "valid_at": _times(valid),
                "lead_hours": self.lead_hours[lead],
                "issued_at": _times(self.issued_at[station, moment, lead]),
                self.column: self.values[station, moment, lead],
            }
        )


def newest_known(
    forecasts: pa.Table, column: str, station_id: np.ndarray, moment: np.ndarray, valid_at: np.ndarray
) -> np.ndarray:
    """The leak-safe join: for each question, the row of the newest issue received by the moment.

    A row counts from its ``received_at`` on, that moment included. Among the rows known by then for the
    station and the valid time, the newest issue with a value in the column is taken, whatever order they were
    received in.

    Args:
        forecasts: ``station_id``, ``issued_at``, ``valid_at``, ``received_at`` and the column; in any order.
        column: name of the variable; rows where it is null are passed over.
        station_id: one per question, integers, shape (n,).
        moment: when the forecast must have been known, UTC, datetime64, shape (n,).
        valid_at: the time that is forecast, UTC, datetime64, shape (n,).

    Returns:
        Index of the row for each question, int64, shape (n,); -1 where nothing was known.
    """
    with_value = np.flatnonzero(forecasts[column].is_valid().to_numpy())
    if with_value.size == 0:
        return np.full(len(station_id), -1, np.int64)
    rows = forecasts.select(["station_id", "issued_at", "valid_at", "received_at"])
    if with_value.size < rows.num_rows:
        rows = rows.take(pa.array(with_value))
    stations, station_rank = _ranked(rows["station_id"].to_numpy().astype(np.int64))
    valids, valid_rank = _ranked(_microseconds(rows["valid_at"]))
    received, received_rank = _ranked(_microseconds(rows["received_at"]))
    issues, issue_rank = _ranked(_microseconds(rows["issued_at"]))

    # A slot is a station and a valid time. Its rows are sorted by when they were received.
    key = (station_rank * valids.size + valid_rank) * received.size + received_rank
    order = np.argsort(key, kind="stable")
    key = key[order]
    slot = key // received.size
    # The newest issue so far: a running maximum, which begins again in each slot because slots ascend.
    issue = slot * issues.size + issue_rank[order]
    is_newest = issue == np.maximum.accumulate(issue)
    newest = np.maximum.accumulate(np.where(is_newest, np.arange(key.size), 0))

    station, has_station = _find(stations, np.asarray(station_id, np.int64))
    valid, has_valid = _find(valids, _as_microseconds(valid_at))
    received_by = np.searchsorted(received, _as_microseconds(moment), side="right")
    requested_slot = station * valids.size + valid
    # The last row of the slot that was received by the moment, if the slot has one.
    last = np.searchsorted(key, requested_slot * received.size + received_by, side="left") - 1
    is_known = has_station & has_valid & (last >= 0)
    is_known &= slot[np.maximum(last, 0)] == requested_slot
    return np.where(is_known, with_value[order[newest[np.maximum(last, 0)]]], -1)


def known_values(
    forecasts: pa.Table, column: str, station_id: np.ndarray, moment: np.ndarray, valid_at: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each question, the value of the newest issue received by the moment, and that issue.

    The arguments are those of ``newest_known``; the column is one with numbers.

    Returns:
        Values, float64, in the variable's unit, NaN where nothing was known; and their issues, UTC,
        datetime64[us], NaT where nothing was known; each of shape (n,).
    """
    known = newest_known(forecasts, column, station_id, moment, valid_at)
    # One more row at the end, which index -1 takes: nothing was known.
    values = np.append(forecasts[column].cast(pa.float64()).to_numpy(), np.nan)
    issued = np.append(_microseconds(forecasts["issued_at"]).view("datetime64[us]"), np.datetime64("NaT"))
    return values[known], issued[known]


def known_at(  # noqa: PLR0913  keyword only: which values
    forecasts: pa.Table,
    column: str,
    *,
    station_ids: Sequence[int],
    moments: Sequence[datetime] | np.ndarray,
    lead_hours: Sequence[int],
    interpolate: bool = False,
) -> KnownForecast:
    """A variable as it was known at each moment, for hours ahead of it.

    Args:
        forecasts: rows of FORECAST_ROWS about the hours that are asked for at least (LONGEST_STEP_H more at
            both ends where values are interpolated); columns other than those of ``newest_known`` and
            ``lead_hours`` are not read.
        column: name of a variable with numbers.
        station_ids: stations.
        moments: timezone-aware, or datetime64 in UTC.
        lead_hours: hours from the moment to the valid time.
        interpolate: whether hours between two values of the same issue are interpolated first, see
            ``hourly``.

    Raises:
        ValueError: ``interpolate`` for a variable that is not in INTERPOLATED.
    """
    rows = hourly(forecasts, column) if interpolate else forecasts
    stations, leads = np.array(station_ids, np.int32), np.array(lead_hours, np.int32)
    known_by = _as_array(moments)
    shape = (stations.size, known_by.size, leads.size)
    valid = known_by[:, np.newaxis] + leads.astype("timedelta64[h]")
    values, issued = known_values(
        rows,
        column,
        np.repeat(stations, known_by.size * leads.size),
        np.broadcast_to(known_by[:, np.newaxis], shape).reshape(-1),
        np.broadcast_to(valid, shape).reshape(-1),
    )
    return KnownForecast(column, stations, known_by, leads, values.reshape(shape), issued.reshape(shape))


def hourly(forecasts: pa.Table, column: str) -> pa.Table:
    """One value an hour: hours between two values of the same issue are interpolated linearly in time.

    Issues are never mixed. An interpolated row was known when the later received one of its two values was.

    Args:
        forecasts: ``station_id``, ``issued_at``, ``valid_at``, ``lead_hours``, ``received_at`` and the
            column.
        column: name of a variable in INTERPOLATED.

    Returns:
        These columns, without rows where the variable is null; by station, issue and valid time.

    Raises:
        ValueError: the variable can't be interpolated.
    """
    if column not in INTERPOLATED:
        raise ValueError(
            f"{column} is not interpolated in time: only {', '.join(sorted(INTERPOLATED))} are values at a "
            "moment. Use interpolate=False."
        )
    rows = forecasts.select([*_HOURLY_COLUMNS, column])
    rows = rows.filter(rows[column].is_valid())
    station = rows["station_id"].to_numpy().astype(np.int64)
    issued, valid, received = (_microseconds(rows[name]) for name in ("issued_at", "valid_at", "received_at"))
    order = np.lexsort((valid, issued, station))
    station, issued, valid, received = station[order], issued[order], valid[order], received[order]
    values = rows[column].to_numpy()[order]

    # Each row is repeated once for itself and once for each hour until the next one, if that is near enough.
    step = np.diff(valid, append=0) // HOUR_US
    goes_on = np.append((station[1:] == station[:-1]) & (issued[1:] == issued[:-1]), np.zeros(1, bool))
    goes_on = goes_on[: values.size] & (step >= 1) & (step <= LONGEST_STEP_H)
    lengths = np.where(goes_on, step, 1)
    source = np.repeat(np.arange(values.size), lengths)
    hours_after = np.arange(source.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    target = np.where(hours_after > 0, source + 1, source)
    share = hours_after / np.maximum(step[source], 1)
    valid_hourly = valid[source] + hours_after * HOUR_US
    columns = {
        "station_id": station[source],
        "issued_at": issued[source],
        "valid_at": valid_hourly,
        "lead_hours": (valid_hourly - issued[source]) // HOUR_US,
        "received_at": np.maximum(received[source], received[target]),
        column: values[source] + (values[target] - values[source]) * share,
    }
    return pa.table(
        {name: pa.array(array).cast(FORECAST_ROWS.field(name).type) for name, array in columns.items()}
    )


def _ranked(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values, ascending; and the index of each value among them."""
    distinct = np.sort(pc.unique(pa.array(values)).to_numpy())
    return distinct, np.searchsorted(distinct, values)


def _find(distinct: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of each value, and whether it is there; distinct values are ascending, at least one."""
    index = np.minimum(np.searchsorted(distinct, values), distinct.size - 1)
    return index, distinct[index] == values


def _microseconds(times: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(times.cast(pa.int64()).to_numpy())


def _as_microseconds(times: np.ndarray) -> np.ndarray:
    return np.asarray(times).astype("datetime64[us]").view(np.int64)


def _as_array(times: Sequence[datetime] | np.ndarray) -> np.ndarray:
    if isinstance(times, np.ndarray):
        return times.astype("datetime64[us]")
    return _microseconds(pa.chunked_array([pa.array(times, UTC_TIME)])).view("datetime64[us]")


def _times(times: np.ndarray) -> pa.Array:
    return pa.array(times.astype("datetime64[us]")).cast(UTC_TIME)
