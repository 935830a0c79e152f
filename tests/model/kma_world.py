"""The KMA's forecasts of the made-up weather: what will be observed, with errors and a bias."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import EPOCH, HOUR
from weather_mlops.kma.forecast.rows import rows
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.panel import Panel
from weather_mlops.model.kma_inputs import ForecastRows

COLUMN = "air_temperature_c"
EVERY_H = 3
DELAY = timedelta(minutes=30)


def forecasts(
    panel: Panel, *, leads: int = 24, bias: float = 0.5, error: float = 0.8, beyond: int = 0
) -> pa.Table:
    """Issues of every third hour, hourly values, for all stations of a panel and some hours beyond it."""
    source = np.random.default_rng(5)
    truth = np.pad(panel.values[COLUMN], ((0, 0), (0, beyond)), mode="edge")
    issues = np.arange(0, panel.length - 1, EVERY_H)
    station, issue, lead = (
        each.reshape(-1)
        for each in np.meshgrid(
            np.arange(len(panel.stations)), issues, np.arange(1, leads + 1), indexing="ij"
        )
    )
    inside = issue + lead < panel.length + beyond
    station, issue, lead = station[inside], issue[inside], lead[inside]
    values = truth[station, issue + lead] + bias + source.normal(0, error, len(lead))
    known = np.isfinite(values)
    station, issue, lead, values = station[known], issue[known], lead[known], values[known]
    start = int(panel.start.astype("datetime64[h]").astype(np.int64))

    def times(hours: np.ndarray) -> pa.Array:
        return pa.array((start + hours).astype("datetime64[h]").astype("datetime64[us]")).cast(UTC_TIME)

    count = len(lead)
    return rows(
        {
            "station_id": pa.array(panel.stations[station].astype(np.int32)),
            "issued_at": times(issue),
            "valid_at": times(issue + lead),
            "lead_hours": pa.array(lead.astype(np.int32)),
            COLUMN: pa.array(values.astype(np.float64)),
            "sky_code": pa.array(np.full(count, 1, np.int32)),
            "relative_humidity_pct": pa.array(np.full(count, 60.0)),
            "source": pa.array(["grid"] * count),
            "cell_x": pa.array(np.full(count, 60, np.int32)),
            "cell_y": pa.array(np.full(count, 120, np.int32)),
            "received_at": pc.add(times(issue), pa.scalar(DELAY, pa.duration("us"))),
        }
    )


def source_of(table: pa.Table) -> ForecastRows:
    """A table of forecasts as a model reads it."""

    def rows_of(first: datetime, last: datetime, columns: Sequence[str]) -> pa.Table:
        names = ["station_id", "issued_at", "valid_at", "lead_hours", "received_at", *columns]
        inside = pc.and_(pc.greater_equal(table["valid_at"], first), pc.less_equal(table["valid_at"], last))
        return table.filter(inside).select(list(dict.fromkeys(names)))

    return rows_of


def changed(table: pa.Table, chosen: pa.Array, value) -> pa.Table:
    """The same forecasts, some of them by another value: of a function of the present one."""
    position = table.schema.get_field_index(COLUMN)
    values = pc.if_else(chosen, value(table[COLUMN]), table[COLUMN])
    return table.set_column(position, table.schema.field(position), values)


def issued_since(table: pa.Table, panel: Panel, index: int) -> pa.Array:
    """Which forecasts were issued at an hour of a panel or later."""
    hour = EPOCH + HOUR * int(panel.hours[index].astype("datetime64[h]").astype(np.int64))
    return pc.greater_equal(table["issued_at"], pa.scalar(hour, UTC_TIME))
