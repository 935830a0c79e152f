import threading
from datetime import UTC, datetime, timedelta
from math import inf, nan

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from weather_mlops.lake import file_io, maintenance
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.forecasts import publish, read
from weather_mlops.lake.publish import publish as publish_observations
from weather_mlops.lake.query import connect
from weather_mlops.lake.schemas import FORECASTS_SCHEMA

from .conftest import NOW, TARGETS, empty_tables, forecasts, observations

HOUR = timedelta(hours=1)
MARCH = datetime(2024, 3, 10, tzinfo=UTC)
ALWAYS = {"first_valid": datetime(2000, 1, 1, tzinfo=UTC), "last_valid": datetime(2100, 1, 1, tzinfo=UTC)}


def by_identity(table: pa.Table) -> list[dict]:
    names = ("target", "station_id", "issued_at", "lead_hours")
    return sorted(table.to_pylist(), key=lambda row: tuple(row[name] for name in names))


def counts(published) -> tuple[int, int, int]:
    return published.inserted, published.replaced, published.equal


def state(catalog):
    return catalog.load_table("weather.forecasts").metadata


@pytest.mark.every_catalog
def test_forecasts_are_read_as_they_were_published(catalog):
    rows = forecasts([MARCH])
    published = publish(catalog, rows.take(list(reversed(range(rows.num_rows)))), run="one", now=NOW)

    assert counts(published) == (12, 0, 0)
    stored = read(catalog, **ALWAYS)
    assert stored.schema == FORECASTS_SCHEMA
    assert by_identity(stored) == by_identity(rows)
    notes = catalog.load_table("weather.forecasts").current_snapshot().summary.additional_properties
    assert notes["weather.run"] == "one"


def test_publishing_a_forecast_twice_changes_nothing(catalog):
    publish(catalog, forecasts([MARCH]), run="one", now=NOW)
    before = state(catalog)

    assert counts(publish(catalog, forecasts([MARCH]), run="two", now=NOW)) == (0, 0, 12)
    assert state(catalog) == before


def test_a_newer_model_replaces_only_its_own_hours(catalog):
    old = forecasts([MARCH - HOUR, MARCH])
    publish(catalog, old, run="one", now=NOW)
    newer = forecasts([MARCH], [95, 99], TARGETS[:1], version="v2")
    published = publish(catalog, newer, run="two", now=NOW)

    assert counts(published) == (3, 3, 0)
    gone = by_identity(forecasts([MARCH], [95], TARGETS[:1]))
    unchanged = [row for row in by_identity(old) if row not in gone]
    assert by_identity(read(catalog, **ALWAYS)) == by_identity(
        pa.concat_tables([pa.Table.from_pylist(unchanged, schema=FORECASTS_SCHEMA), newer])
    )


def test_two_forecasts_of_one_hour_are_both_stored(catalog):
    publish(catalog, forecasts([MARCH], leads=[2]), run="one", now=NOW)
    published = publish(catalog, forecasts([MARCH + HOUR], leads=[1]), run="two", now=NOW)

    assert counts(published) == (4, 0, 0)
    both = read(catalog, first_valid=MARCH + 2 * HOUR, last_valid=MARCH + 2 * HOUR, station_ids=[90])
    assert both["lead_hours"].to_pylist() == [1, 2, 1, 2]


def test_an_empty_forecast_makes_no_commit(catalog):
    assert counts(publish(catalog, FORECASTS_SCHEMA.empty_table(), run="one", now=NOW)) == (0, 0, 0)
    assert state(catalog).snapshots == []
    assert read(catalog, **ALWAYS).num_rows == 0


batches = st.lists(
    st.builds(
        lambda back, station, lead, shift: forecasts(
            [MARCH - back * 300 * HOUR], [station], TARGETS[:1], [lead], shift=shift
        ),
        st.integers(0, 2),
        st.integers(90, 91),
        st.integers(1, 2),
        st.sampled_from([0.0, 0.5]),
    ),
    max_size=6,
    unique_by=lambda part: tuple(
        part.to_pylist()[0][name] for name in ("issued_at", "station_id", "lead_hours")
    ),
).map(lambda parts: pa.concat_tables([FORECASTS_SCHEMA.empty_table(), *parts]))


@given(st.lists(batches, min_size=1, max_size=3))
# An example makes real commits: shrinking a failing one would take minutes.
@settings(max_examples=8, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_reading_returns_what_was_published_last(catalog, store, several):
    expected = {}
    if catalog.table_exists("weather.forecasts"):
        catalog.drop_table("weather.forecasts")
        store.delete(*(entry.key for entry in store.list("warehouse/weather/forecasts/")))
    for batch in several:
        published = publish(catalog, batch, run="one", now=NOW)
        assert sum(counts(published)) == batch.num_rows
        assert counts(publish(catalog, batch, run="again", now=NOW)) == (0, 0, batch.num_rows)
        for row in batch.to_pylist():
            expected[row["target"], row["station_id"], row["issued_at"], row["lead_hours"]] = row

    assert by_identity(read(catalog, **ALWAYS)) == [expected[key] for key in sorted(expected)]


@pytest.mark.prepared(tables=empty_tables)
@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"p50": None}, "a value is missing"),
        ({"model_version": None}, "a value is missing"),
        ({"p50": nan}, "not finite"),
        ({"p90": inf}, "not finite"),
        ({"p10": 90.5}, "p10 <= p50 <= p90"),
        ({"p90": 89.5}, "p10 <= p50 <= p90"),
        ({"valid_at": MARCH}, "valid_at is not lead_hours after issued_at"),
    ],
)
def test_an_invalid_forecast_row_is_named_and_not_published(catalog, wrong, fault):
    sound = forecasts([MARCH]).to_pylist()
    nullable = pa.schema([pa.field(column.name, column.type) for column in FORECASTS_SCHEMA])
    spoiled = pa.Table.from_pylist([*sound[1:], {**sound[0], **wrong}], schema=nullable)

    with pytest.raises(ValueError, match=rf"station_id=90, target=air_temperature_c.*: .*{fault}"):
        publish(catalog, spoiled, run="one", now=NOW)
    assert state(catalog).snapshots == []


def test_two_rows_of_one_identity_in_a_batch_are_refused(catalog):
    twice = pa.concat_tables([forecasts([MARCH]), forecasts([MARCH], [95], leads=[2], shift=1)])

    with pytest.raises(ValueError, match=r"station_id=95.*lead_hours=2: .*more than once"):
        publish(catalog, twice, run="one", now=NOW)


def test_reading_a_period_opens_no_files_of_other_months(connect_catalog, access, proxy, monkeypatch):
    months = [MARCH.replace(month=number) for number in range(1, 7)]
    for month in months:
        publish(connect_catalog(), forecasts([month]), run=month.isoformat(), now=NOW)
    monkeypatch.setattr(file_io, "_cache", file_io._Cache(file_io.CACHE))
    far = connect_catalog(type(access)(**{**vars(access), "endpoint_url": proxy.url}))
    proxy.requests.clear()
    stored = read(
        far,
        first_valid=MARCH + 2 * HOUR,
        last_valid=MARCH + 3 * HOUR,
        targets=["wind_speed_ms"],
        station_ids=[95],
    )

    assert by_identity(stored) == by_identity(forecasts([MARCH], [95], TARGETS[1:], [2, 3]))
    read_files = {path for method, path in proxy.requests if ".parquet" in path}
    assert len(read_files) == 1
    assert "valid_at_month" in read_files.pop()


def test_no_targets_and_no_stations_are_none_not_all(catalog):
    publish(catalog, forecasts([MARCH]), run="one", now=NOW)

    assert read(catalog, **ALWAYS, targets=[]).num_rows == 0
    assert read(catalog, **ALWAYS, station_ids=[]).num_rows == 0


def test_an_hourly_forecast_opens_no_files_of_earlier_ones(connect_catalog, access, proxy, monkeypatch):
    for back in range(4, 0, -1):
        publish(connect_catalog(), forecasts([MARCH - back * HOUR]), run="earlier", now=NOW)
    monkeypatch.setattr(file_io, "_cache", file_io._Cache(file_io.CACHE))
    far = connect_catalog(type(access)(**{**vars(access), "endpoint_url": proxy.url}))
    proxy.requests.clear()
    publish(far, forecasts([MARCH]), run="now", now=NOW)

    assert not [path for method, path in proxy.requests if method == "GET" and ".parquet" in path]


def test_a_commit_an_hour_leaves_few_files_and_the_same_rows(catalog, monkeypatch):
    for name in ("FILES_DUE", "MONTH_FILES"):
        monkeypatch.setattr(maintenance, name, 4)
    times = [MARCH + number * HOUR for number in range(9)]
    for time in times:
        publish(catalog, forecasts([time]), run=time.isoformat(), now=NOW)

    assert len(list(catalog.load_table("weather.forecasts").scan().plan_files())) < 4
    assert by_identity(read(catalog, **ALWAYS)) == by_identity(forecasts(times))
    assert counts(publish(catalog, forecasts(times), run="again", now=NOW)) == (0, 0, 9 * 12)


@pytest.mark.every_catalog
def test_writers_at_once_lose_and_double_nothing(connect_catalog):
    ensure_tables(connect_catalog())
    batches = [pa.concat_tables([forecasts([MARCH]), forecasts([MARCH], [100 + n])]) for n in range(3)]
    failures = []

    def write(batch: pa.Table) -> None:
        try:
            publish(connect_catalog(), batch, run="writer", now=NOW)
        except Exception as error:  # noqa: BLE001  reported by the test
            failures.append(error)

    writers = [threading.Thread(target=write, args=[batch]) for batch in batches]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert not failures
    expected = forecasts([MARCH], [90, 95, 100, 101, 102])
    assert by_identity(read(connect_catalog(), **ALWAYS)) == by_identity(expected)


def test_forecasts_are_joined_with_what_came_true_in_sql(catalog, access):
    publish(catalog, forecasts([MARCH], [90], TARGETS[:1]), run="one", now=NOW)
    observed = observations([90], [MARCH + 2 * HOUR])
    publish_observations(catalog, observed, run="two")
    joined = connect(catalog, access).sql(
        "select f.lead_hours, f.p50, o.air_temperature_c from forecasts f join observations o "
        "on o.station_id = f.station_id and o.observed_at = f.valid_at"
    )

    assert joined.fetchall() == [(2, 90.0, observed["air_temperature_c"][0].as_py())]


def test_sql_of_a_month_opens_the_files_of_no_other(catalog, access, proxy):
    for number in range(1, 5):
        publish(catalog, forecasts([MARCH.replace(month=number)]), run=f"month-{number}", now=NOW)
    far = type(access)(**{**vars(access), "endpoint_url": proxy.url})
    connection = connect(catalog, far)
    proxy.requests.clear()
    stored = connection.sql(
        "select count(p50) from forecasts where valid_at >= '2024-03-01 00:00:00+00' "
        "and valid_at < '2024-04-01 00:00:00+00'"
    ).fetchall()

    assert stored == [(12,)]
    assert len({path.split("?")[0] for method, path in proxy.requests if ".parquet" in path}) == 1
