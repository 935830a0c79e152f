"""What was known when: against a search by hand, with the clock moved to and fro."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kma_forecasts import HOUR, ISSUE, issue, row, table
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.verification.official import hourly, known_at, newest_known

MINUTE = timedelta(minutes=1)
TEMPERATURE = "air_temperature_c"


def us(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.replace(tzinfo=None), "us")


def known(rows: pa.Table, station: int, moment: datetime, valid: datetime) -> int:
    """Index of one row, by the function that is tested."""
    arrays = np.array([station]), np.array([us(moment)]), np.array([us(valid)])
    return int(newest_known(rows, TEMPERATURE, *arrays)[0])


def searched(rows: list[dict], station: int, moment: datetime, valid: datetime) -> dict | None:
    """The row, by looking at each of them."""
    candidates = [
        each
        for each in rows
        if each["station_id"] == station
        and each["valid_at"] == valid
        and each["received_at"] <= moment
        and each[TEMPERATURE] is not None
    ]
    return max(candidates, key=lambda each: each["issued_at"], default=None)


# Few issues, stations and leads, so that many rows are about the same hour; received up to two days late.
forecast_rows = st.lists(
    st.builds(
        lambda station, number, lead, delay, value: row(
            station,
            ISSUE + 3 * number * HOUR,
            lead,
            air_temperature_c=value,
            received_at=ISSUE + 3 * number * HOUR + delay * MINUTE,
        ),
        st.sampled_from([90, 108]),
        st.integers(0, 4),
        st.integers(0, 14),
        st.one_of(st.integers(0, 30), st.integers(0, 2880)),
        st.one_of(st.none(), st.integers(-20, 35).map(float)),
    ),
    max_size=60,
    unique_by=lambda each: (each["station_id"], each["issued_at"], each["valid_at"]),
)
moments = st.integers(-60, 4000).map(lambda minutes: ISSUE + minutes * MINUTE)
questions = st.lists(
    st.tuples(st.sampled_from([90, 95, 108]), moments, st.integers(-1, 27).map(lambda n: ISSUE + n * HOUR)),
    min_size=1,
    max_size=30,
)


@given(forecast_rows, questions)
def test_the_join_finds_what_a_search_by_hand_finds(rows, queries):
    answer = newest_known(
        table(rows),
        TEMPERATURE,
        np.array([station for station, _, _ in queries]),
        np.array([us(moment) for _, moment, _ in queries]),
        np.array([us(valid) for _, _, valid in queries]),
    )
    assert [rows[index] if index >= 0 else None for index in answer] == [
        searched(rows, *one) for one in queries
    ]


@given(forecast_rows, moments, st.booleans())
def test_moving_the_clock_shows_nothing_received_later(rows, moment, interpolate):
    stations, leads = [90, 108], list(range(13))
    # What is received after the moment must not matter, whatever it says.
    received = [each for each in rows if each["received_at"] <= moment]
    moments = [moment - number * HOUR for number in range(3)]
    seen, alone = (
        known_at(
            table(each),
            TEMPERATURE,
            station_ids=stations,
            moments=[whole_hour(moment) for moment in moments],
            lead_hours=leads,
            interpolate=interpolate,
        )
        for each in (rows, received)
    )
    np.testing.assert_array_equal(seen.values, alone.values)
    np.testing.assert_array_equal(seen.issued_at, alone.issued_at)


def whole_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0)


@given(forecast_rows, moments, moments)
def test_later_moments_never_show_an_older_issue(rows, one, other):
    known = known_at(
        table(rows),
        TEMPERATURE,
        station_ids=[90, 108],
        moments=[whole_hour(min(one, other)), whole_hour(max(one, other))],
        lead_hours=range(-72, 73),
    )
    shown = {
        (each["station_id"], each["moment"], each["valid_at"]): each["issued_at"]
        for each in known.rows().to_pylist()
    }
    for (station, moment, valid), issued in shown.items():
        if moment == whole_hour(min(one, other)):
            later = shown.get((station, whole_hour(max(one, other)), valid))
            assert later is None or later >= issued


def test_a_forecast_is_unknown_until_it_was_received():
    rows = table([row(received_at=ISSUE + 12 * MINUTE)])
    valid = ISSUE + 4 * HOUR

    assert known(rows, 108, ISSUE + 11 * MINUTE, valid) == -1
    assert known(rows, 108, ISSUE + 12 * MINUTE, valid) == 0


def test_an_old_issue_received_late_replaces_no_newer_one():
    newer = row(issued=ISSUE + 3 * HOUR, lead=1)
    late = row(lead=4, received_at=ISSUE + 20 * HOUR)
    rows = table([late, newer])

    assert newer["valid_at"] == late["valid_at"]
    assert known(rows, 108, ISSUE + 30 * HOUR, newer["valid_at"]) == 1


def test_a_row_without_the_variable_hides_no_older_value():
    rows = table([row(), row(issued=ISSUE + 3 * HOUR, lead=1, air_temperature_c=None, sky_code=1)])

    assert known(rows, 108, ISSUE + 4 * HOUR, ISSUE + 4 * HOUR) == 0


def test_without_rows_nothing_is_known():
    empty = table([])
    nothing = known_at(
        empty, TEMPERATURE, station_ids=[108], moments=[ISSUE], lead_hours=[1], interpolate=True
    )

    assert known(empty, 108, ISSUE, ISSUE) == -1
    assert np.isnan(nothing.values).all()
    assert np.isnat(nothing.issued_at).all()
    assert nothing.rows().num_rows == 0


def test_values_are_by_station_origin_and_lead():
    rows = pa.concat_tables([issue(ISSUE), issue(ISSUE + 3 * HOUR, shift=0.5)])
    moments = [ISSUE + HOUR, ISSUE + 4 * HOUR]
    values = known_at(rows, TEMPERATURE, station_ids=[108, 90], moments=moments, lead_hours=[1, 2])

    assert values.values.tolist() == [
        [[110.0, 111.0], [110.5, 111.5]],
        [[92.0, 93.0], [92.5, 93.5]],
    ]
    assert values.rows().slice(0, 1).to_pylist() == [
        {
            "station_id": 108,
            "moment": ISSUE + HOUR,
            "valid_at": ISSUE + 2 * HOUR,
            "lead_hours": 1,
            "issued_at": ISSUE,
            TEMPERATURE: 110.0,
        }
    ]


def test_hours_between_three_hourly_values_are_on_a_line():
    rows = table([row(lead=4, air_temperature_c=1.0), row(lead=7, air_temperature_c=4.0)])
    between = hourly(rows, TEMPERATURE)

    assert between["lead_hours"].to_pylist() == [4, 5, 6, 7]
    assert between[TEMPERATURE].to_pylist() == [1.0, 2.0, 3.0, 4.0]
    assert between["valid_at"].to_pylist() == [ISSUE + lead * HOUR for lead in range(4, 8)]
    assert between["valid_at"].type == UTC_TIME


def test_a_gap_of_more_than_three_hours_stays_a_gap():
    rows = table([row(lead=4), row(lead=7, air_temperature_c=None), row(lead=10)])

    assert hourly(rows, TEMPERATURE)["lead_hours"].to_pylist() == [4, 10]


def test_no_hour_between_two_issues_or_stations_is_interpolated():
    rows = table([row(lead=4), row(issued=ISSUE + 3 * HOUR, lead=4), row(station=112, lead=7)])

    assert hourly(rows, TEMPERATURE).num_rows == 3


def test_an_interpolated_value_is_known_when_both_ends_are():
    late = ISSUE + 2 * HOUR
    rows = table([row(lead=4), row(lead=7, received_at=late)])

    assert hourly(rows, TEMPERATURE)["received_at"].to_pylist() == [ISSUE + 15 * MINUTE, late, late, late]


@pytest.mark.parametrize("column", ["wind_direction_deg", "sky_code", "precipitation_mm"])
def test_what_is_no_value_on_a_line_is_not_interpolated(column):
    with pytest.raises(ValueError, match=f"{column} is not interpolated.*interpolate=False"):
        hourly(table([row()]), column)


def test_codes_are_known_without_interpolation():
    rows = table([row(sky_code=3)])
    known = known_at(rows, "sky_code", station_ids=[108], moments=[ISSUE + HOUR], lead_hours=[3, 4])

    assert known.values[0, 0, 0] == 3
    assert np.isnan(known.values[0, 0, 1])


def test_origins_may_be_numpy_times():
    moment = ISSUE.astimezone(UTC)
    by_kind = [
        known_at(
            issue(ISSUE - 3 * HOUR, leads=range(1, 9)),
            TEMPERATURE,
            station_ids=[90],
            moments=moments,
            lead_hours=[1, 5],
        )
        for moments in ([moment], np.array([us(moment)], "datetime64[h]"))
    ]
    assert by_kind[0].values.tolist() == by_kind[1].values.tolist() == [[[94.0, 98.0]]]
