"""What a row becomes when its issue is received again."""

from datetime import timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.kma_forecasts import HOUR, ISSUE, row, table
from weather_mlops.kma.forecast.rows import FORECAST_ROWS
from weather_mlops.lake.kma_forecast_merge import fold_duplicates, merge, replace_rows, row_keys

FIRST, LATER = ISSUE + timedelta(minutes=12), ISSUE + timedelta(hours=1)
WRITTEN = (
    "air_temperature_c",
    "relative_humidity_pct",
    "precipitation_mm",
    "precipitation_text",
    "snow_text",
)


def merged(stored: dict, incoming: dict) -> dict | None:
    """The row as it is in the table afterwards, where it changes."""
    changes = merge(table([stored]), table([incoming]))
    assert changes.inserted.num_rows == 0
    assert changes.corrected.num_rows + changes.equal == 1
    return changes.corrected.to_pylist()[0] if changes.corrected.num_rows else None


def test_the_same_values_again_keep_their_first_time():
    assert merged(row(received_at=FIRST), row(received_at=LATER, source="data_go_kr")) is None


def test_a_correction_counts_from_when_it_was_received():
    corrected = merged(
        row(received_at=FIRST), row(received_at=LATER, air_temperature_c=11.0, source="data_go_kr")
    )

    assert corrected["air_temperature_c"] == 11
    assert corrected["received_at"] == LATER
    assert corrected["source"] == "data_go_kr"


def test_what_was_received_before_a_correction_is_ignored():
    assert merged(row(received_at=LATER), row(received_at=FIRST, air_temperature_c=11.0)) is None


def test_a_missing_value_is_filled_in_and_takes_none_away():
    stored = row(received_at=FIRST, relative_humidity_pct=None)
    filled = merged(stored, row(received_at=LATER, air_temperature_c=None, relative_humidity_pct=55.0))

    assert (filled["air_temperature_c"], filled["relative_humidity_pct"]) == (10, 55)
    assert filled["received_at"] == LATER


def test_filling_in_never_makes_a_row_known_earlier():
    filled = merged(row(received_at=LATER), row(received_at=FIRST, relative_humidity_pct=55.0, source="grid"))

    assert filled["relative_humidity_pct"] == 55
    assert (filled["received_at"], filled["source"]) == (LATER, "api_hub")


def test_the_text_of_an_old_amount_goes_with_its_number():
    stored = row(received_at=FIRST, precipitation_mm=0.0, precipitation_text="1mm 미만")
    corrected = merged(stored, row(received_at=LATER, precipitation_mm=3.0))

    assert (corrected["precipitation_mm"], corrected["precipitation_text"]) == (3, None)


def test_two_cells_are_never_mixed():
    stored = row(received_at=FIRST, relative_humidity_pct=55.0)
    other = row(received_at=LATER, cell_x=61, air_temperature_c=12.0)

    moved = merged(stored, other)
    assert (moved["cell_x"], moved["air_temperature_c"], moved["relative_humidity_pct"]) == (61, 12, None)
    assert merged(other, stored) is None


def test_repeated_rows_of_a_file_become_one():
    rows = table([row(), row(lead=7), row(), row(relative_humidity_pct=40.0, air_temperature_c=None)])
    folded = fold_duplicates(rows)

    assert folded.num_rows == 2
    merged_row = next(each for each in folded.to_pylist() if each["lead_hours"] == 4)
    assert (merged_row["air_temperature_c"], merged_row["relative_humidity_pct"]) == (10, 40)


optional = st.one_of(st.none(), st.integers(0, 2).map(float))
received = st.integers(1, 5).map(lambda number: ISSUE + number * HOUR)
versions = st.builds(
    lambda station, lead, temperature, humidity, amount, x, at: row(
        station,
        lead=lead,
        air_temperature_c=temperature,
        relative_humidity_pct=humidity,
        precipitation_mm=amount,
        precipitation_text=None if amount in (None, 0.0) else f"{amount}mm 이상",
        cell_x=x,
        received_at=at,
    ),
    st.sampled_from([90, 108]),
    st.integers(1, 2),
    optional,
    optional,
    optional,
    st.sampled_from([60, 60, 60, 61]),
    received,
)


def applied(batches: list[list[dict]]) -> pa.Table:
    """The table after these batches."""
    current = FORECAST_ROWS.empty_table()
    for batch in batches:
        changes = merge(current, fold_duplicates(table(batch)))
        current = pa.concat_tables([replace_rows(current, changes.corrected), changes.inserted])
    return current


@given(st.lists(st.lists(versions, max_size=5), max_size=4))
def test_publishing_again_changes_nothing(batches):
    current = applied(batches)
    assert len(set(row_keys(current).tolist())) == current.num_rows
    again = merge(current, fold_duplicates(current))
    assert (again.inserted.num_rows, again.corrected.num_rows, again.equal) == (0, 0, current.num_rows)


@given(st.lists(versions, max_size=12))
def test_no_value_is_dated_before_it_was_received(rows):
    for each in applied([[one] for one in rows]).to_pylist():
        same = [
            other for other in rows if all(other[name] == each[name] for name in ("station_id", "lead_hours"))
        ]
        for name in WRITTEN:
            if each.get(name) is not None:
                first = min(other["received_at"] for other in same if other.get(name) == each[name])
                assert each["received_at"] >= first


@given(st.permutations(range(5)))
def test_the_last_correction_stays_in_any_order_of_arrival(order):
    rows = [row(received_at=ISSUE + number * HOUR, air_temperature_c=float(number)) for number in order]
    (left,) = applied([[each] for each in rows]).to_pylist()

    assert (left["air_temperature_c"], left["received_at"]) == (4, ISSUE + 4 * HOUR)


@given(st.integers(-(10**5), 10**5), st.integers(0, 1023), st.integers(1, 10**6))
def test_keys_sort_as_station_issue_and_valid_time_do(hours, lead, station):
    issued = ISSUE + hours * HOUR
    rows = [row(station, issued, lead), row(station, issued + HOUR, 0), row(station + 1, issued, 0)]
    keys = row_keys(table(rows)).tolist()

    assert keys == sorted(set(keys))
