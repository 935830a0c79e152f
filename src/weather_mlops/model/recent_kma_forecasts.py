"""The KMA's forecast on the forecast pages: the newest one, and past ones at the leads of ours.

Ours counts as made at its issue hour. So the KMA's forecast next to it is the newest one that had been
received by that hour, whatever arrived between that hour and the run that computed ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.clock import HOUR, whole_hour
from weather_mlops.documents.forecast_pages import MOST_HOURS, KmaScores
from weather_mlops.lake import kma_forecasts
from weather_mlops.lake.panel import HOUR_STEP
from weather_mlops.verification import official
from weather_mlops.verification.scores import rmse

AHEAD: Final = 48
"""Hours after the present for which the KMA's forecast is shown, as far as ours goes by default."""


@dataclass(frozen=True)
class KmaSeries:
    """The KMA's forecasts of one variable, S stations; NaN where none is known.

    Attributes:
        current: of the hours after the last observed one, as known now, shape (S, hours).
        issued_at: newest issue among the current values, datetime64[us], UTC, shape (S,); NaT without any.
        past: by lead in hours: of each past hour, as known the lead before it, shape (S, past hours).
    """

    current: np.ndarray
    issued_at: np.ndarray
    past: Mapping[int, np.ndarray]

    def has_values(self, row: int) -> bool:
        """Whether any forecast of a station is known."""
        return any(np.isfinite(each[row]).any() for each in (self.current, *self.past.values()))


def hours_after(last: datetime, now: datetime, ours: int) -> int:
    """For how many hours after the newest observed one the KMA's forecast is shown.

    Args:
        last: the newest observed hour, UTC.
        now: the time, UTC.
        ours: hours that our own forecast covers; 0 = there is none.
    """
    late = max(int((whole_hour(now) - last) / HOUR), 0)
    return min(max(late + AHEAD, ours), MOST_HOURS)


def read(
    catalog: Catalog, columns: Sequence[str], first: datetime, last: datetime, now: datetime
) -> pa.Table | None:
    """The KMA's forecasts of a period that were received by now.

    Args:
        catalog: where the table is.
        columns: names of variables; those that the KMA does not forecast by the hour are passed over.
        first: the first hour that is forecast, UTC.
        last: the last one, included.
        now: the time, UTC.

    Returns:
        The columns of ``lake.kma_forecasts.read``; None where there is no such row.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    variables = sorted(official.INTERPOLATED.intersection(columns))
    if not variables:
        return None
    # Values at both ends are interpolated from their neighbours.
    margin = official.LONGEST_STEP_H * HOUR
    rows = kma_forecasts.read(
        catalog, first_valid=first - margin, last_valid=last + margin, variables=variables
    )
    rows = rows.filter(pc.less_equal(rows["received_at"], pa.scalar(now, rows["received_at"].type)))
    return rows if rows.num_rows else None


def station_ids(rows: pa.Table | None, column: str) -> list[int]:
    """Stations that have a value of a variable."""
    if rows is None or column not in rows.schema.names:
        return []
    return [
        int(station) for station in rows["station_id"].filter(rows[column].is_valid()).unique().to_pylist()
    ]


def series(  # noqa: PLR0913  keyword only: which hours
    rows: pa.Table,
    column: str,
    ids: Sequence[int],
    *,
    first: datetime,
    hours: int,
    after: int,
    leads: Sequence[int],
    now: datetime,
) -> KmaSeries:
    """Arrange the forecasts of a variable by station and hour.

    Args:
        rows: as from ``read``.
        column: name of the variable.
        ids: of the stations.
        first: the first past hour, UTC.
        hours: how many past hours there are.
        after: how many hours follow them.
        leads: hours before each past hour.
        now: the time, UTC.
    """
    start = np.datetime64(first.replace(tzinfo=None), "us")
    times = start + np.arange(hours + after) * HOUR_STEP
    known_now = np.full(after, np.datetime64(now.replace(tzinfo=None), "us"))
    # One join answers all questions: the hours to come as known now, then the past hours of each lead.
    moments = np.concatenate([known_now, *(times[:hours] - lead * HOUR_STEP for lead in leads)])
    valid_at = np.concatenate([times[hours:], *([times[:hours]] * len(leads))])
    stations = np.array(ids, np.int64)
    known = official.known_values(
        official.hourly(rows, column),
        column,
        np.repeat(stations, valid_at.size),
        np.tile(moments, stations.size),
        np.tile(valid_at, stations.size),
    )
    values, issued_at = (each.reshape(stations.size, valid_at.size) for each in known)
    past = {lead: values[:, after + n * hours : after + (n + 1) * hours] for n, lead in enumerate(leads)}
    newest = np.fmax.reduce(issued_at[:, :after], axis=1, initial=np.datetime64("NaT"))
    return KmaSeries(values[:, :after], newest, past)


def scores(
    theirs: np.ndarray, ours: np.ndarray, truth: np.ndarray, row: int | slice = slice(None)
) -> KmaScores:
    """Errors of both forecasts in the hours that have all three; of all stations, or of a row.

    Args:
        theirs: the KMA's forecast, shape (stations, hours); NaN where there is none.
        ours: median of our forecast, same shape.
        truth: observed values, same shape.
        row: index of a station.
    """
    outcome, kma, own = truth[row], theirs[row], ours[row]
    common = np.isfinite(outcome) & np.isfinite(kma) & np.isfinite(own)
    n = int(common.sum())
    if n == 0:
        return {"n": 0, "rmse": None, "rmse_ours": None}
    of_kma, of_ours = (round(rmse(values[common] - outcome[common]), 3) for values in (kma, own))
    return {"n": n, "rmse": of_kma, "rmse_ours": of_ours}
