"""Reads the KMA's forecast as it was known at issue times: from the table to an array, a month at a time.

The hourly verification and the forecast pages read the rows themselves. All use the same join, that of
``verification.official``, so that all see the same values.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from pyiceberg.catalog import Catalog

from weather_mlops.clock import EPOCH, HOUR
from weather_mlops.lake.kma_forecasts import read
from weather_mlops.verification.official import INTERPOLATED, LONGEST_STEP_H, known_at


def read_known(  # noqa: PLR0913  keyword only: which values
    catalog: Catalog,
    column: str,
    *,
    station_ids: Sequence[int] | np.ndarray,
    moments: np.ndarray,
    lead_hours: Sequence[int] | np.ndarray,
    snapshot_id: int | None = None,
) -> np.ndarray:
    """Read a variable of the KMA's forecast as it was known at each moment.

    The forecasts of one calendar month of moments are in memory at a time. Hours between two values of an
    issue are interpolated where the variable allows it (INTERPOLATED).

    Args:
        catalog: catalog of the tables.
        column: name of a variable with numbers.
        station_ids: S stations.
        moments: when the forecast was known, on full hours, UTC, datetime64, M in any order.
        lead_hours: hours from the moment to the valid time, L.
        snapshot_id: the state of the table; None = the current one.

    Returns:
        float32, shape (S, M, L), in the variable's unit; NaN = nothing was known.

    Raises:
        KeyError: the table has no such variable.
        StorageUnavailable, StorageRefused.
    """
    stations = [int(station) for station in station_ids]
    leads = [int(lead) for lead in lead_hours]
    known = np.full((len(stations), len(moments), len(leads)), np.nan, np.float32)
    if known.size == 0:
        return known
    months = moments.astype("datetime64[M]")
    for month in np.unique(months):
        chosen = np.flatnonzero(months == month)
        rows = read(
            catalog,
            first_valid=_time(moments[chosen].min()) + (min(leads) - LONGEST_STEP_H) * HOUR,
            last_valid=_time(moments[chosen].max()) + (max(leads) + LONGEST_STEP_H) * HOUR,
            station_ids=stations,
            variables=[column],
            snapshot_id=snapshot_id,
        )
        if rows.num_rows:
            known[:, chosen] = known_at(
                rows,
                column,
                station_ids=stations,
                moments=moments[chosen],
                lead_hours=leads,
                interpolate=column in INTERPOLATED,
            ).values
    return known


def _time(moment: np.datetime64) -> datetime:
    return EPOCH + timedelta(microseconds=int(moment.astype("datetime64[us]").astype(np.int64)))
