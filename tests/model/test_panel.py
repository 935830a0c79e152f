"""A lag is a shift: what was not observed is missing at its own hour, and nothing moves into its place."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from weather_mlops.errors import TrainingImpossible
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.panel import to_panel

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def table(rows: list[tuple[int, int, float | None]]) -> pa.Table:
    return pa.table(
        {
            "station_id": pa.array([station for station, _, _ in rows], pa.int32()),
            "observed_at": pa.array([BEGIN + timedelta(hours=hour) for _, hour, _ in rows], UTC_TIME),
            "air_temperature_c": pa.array([value for _, _, value in rows], pa.float64()),
        }
    )


def temperatures(rows, **more) -> list:
    grid = to_panel(table(rows), ["air_temperature_c"], **more)
    return [
        [None if np.isnan(value) else float(value) for value in row]
        for row in grid.values["air_temperature_c"]
    ]


def test_gaps_stay_gaps_whatever_the_order_of_the_rows():
    assert temperatures([(159, 4, 9.0), (108, 0, 1.0), (108, 3, 4.0), (108, 1, None)]) == [
        [1.0, None, None, 4.0, None],
        [None, None, None, None, 9.0],
    ]


def test_a_requested_station_without_rows_is_a_row_of_gaps():
    assert temperatures([(108, 0, 1.0)], stations=[159, 108]) == [[1.0], [None]]


def test_other_stations_and_hours_are_left_out():
    rows = [(108, hour, float(hour)) for hour in range(6)] + [(90, 2, 7.0)]
    span = {"first": BEGIN + timedelta(hours=2), "last": BEGIN + timedelta(hours=4)}
    assert temperatures(rows, stations=[108], **span) == [[2.0, 3.0, 4.0]]


def test_indices_and_times_are_each_other_s_inverse():
    grid = to_panel(table([(108, 0, 1.0), (108, 30, 1.0)]), ["air_temperature_c"])
    assert [grid.index_of(grid.time_at(index)) for index in range(31)] == list(range(31))
    assert grid.between(3, 9).time_at(0) == BEGIN + timedelta(hours=3)


def test_no_observations_at_all_are_refused():
    with pytest.raises(TrainingImpossible, match="no observations"):
        to_panel(table([]), ["air_temperature_c"])


def test_a_station_without_coordinates_is_named():
    with pytest.raises(TrainingImpossible, match="9999"):
        to_panel(table([(9999, 0, 1.0)]), ["air_temperature_c"])
