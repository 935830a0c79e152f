"""Persistence: the weather stays as it was observed when our forecast was issued. Pure functions."""

import numpy as np
import pyarrow as pa

from weather_mlops.lake.keys import keys_of, lookup
from weather_mlops.lake.schemas import KEY


def of_ours(ours: pa.Table, observations: pa.Table, column: str) -> pa.Table:
    """What was observed at the station when each of our forecasts was issued.

    Args:
        ours: ``station_id``, ``issued_at``, ``valid_at`` and ``lead_hours``.
        observations: ``station_id``, ``observed_at`` and the variable.
        column: name of the variable.

    Returns:
        A row for each of ours: ``station_id``, ``valid_at``, ``lead_hours`` and the variable, NaN where it
        was not observed.
    """
    issued = ours.select(["station_id", "issued_at"]).rename_columns(list(KEY))
    observed_at = lookup(keys_of(observations), keys_of(issued))
    # One more value at the end, which index -1 takes: nothing was observed.
    values = np.append(observations[column].cast(pa.float64()).to_numpy(), np.nan)[observed_at]
    return ours.select(["station_id", "valid_at", "lead_hours"]).append_column(column, pa.array(values))
