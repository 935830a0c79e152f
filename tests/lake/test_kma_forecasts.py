"""The table of the KMA's forecast: published issue by issue, corrected, by several writers, read in SQL."""

import threading
from datetime import UTC, datetime, timedelta
from math import inf, nan

import numpy as np
import pyarrow as pa
import pytest

from tests.kma_forecasts import HOUR, ISSUE, issue, row, table
from weather_mlops.kma.forecast.rows import FORECAST_ROWS, KEY
from weather_mlops.lake import file_io, maintenance
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.kma_forecasts import as_archive, publish, read
from weather_mlops.lake.query import connect
from weather_mlops.verification.official import known_at

from .conftest import NOW, empty_tables

ALWAYS = {"first_valid": datetime(2000, 1, 1, tzinfo=UTC), "last_valid": datetime(2100, 1, 1, tzinfo=UTC)}
MINUTE = timedelta(minutes=1)


def by_key(rows: pa.Table) -> list[dict]:
    return sorted(rows.to_pylist(), key=lambda each: tuple(each[name] for name in KEY))


def counts(published) -> tuple[int, int, int]:
    return published.inserted, published.corrected, published.equal


def state(catalog):
    return catalog.load_table("weather.kma_forecasts").metadata


@pytest.mark.every_catalog
def test_an_issue_is_read_as_it_was_published(catalog):
    rows = issue(precipitation_text="1mm 미만", precipitation_mm=0.0)
    published = publish(catalog, rows.take(list(reversed(range(6)))), run="one", now=NOW)

    assert counts(published) == (6, 0, 0)
    stored = read(catalog, **ALWAYS)
    assert stored.schema == FORECAST_ROWS
    assert by_key(stored) == by_key(rows)


def test_columns_are_documented_with_their_units(catalog):
    ensure_tables(catalog)
    stored = catalog.load_table("weather.kma_forecasts").schema()

    assert all(field.doc for field in stored.fields)
    assert "[°C]" in stored.find_field("air_temperature_c").doc
    assert {stored.find_column_name(number) for number in stored.identifier_field_ids} == set(KEY)


def test_publishing_an_issue_twice_changes_nothing(catalog):
    publish(catalog, issue(), run="one", now=NOW)
    before = state(catalog)
    later = issue(received_at=ISSUE + 5 * HOUR, source="data_go_kr")

    assert counts(publish(catalog, issue(), run="two", now=NOW)) == (0, 0, 6)
    assert counts(publish(catalog, later, run="three", now=NOW)) == (0, 0, 6)
    assert state(catalog) == before


def test_a_corrected_issue_replaces_only_its_own_rows(catalog):
    others = pa.concat_tables([issue(ISSUE - 3 * HOUR), issue(stations=[90])])
    publish(catalog, pa.concat_tables([others, issue(stations=[108])]), run="one", now=NOW)
    corrected = issue(stations=[108, 112], shift=1, received_at=ISSUE + 2 * HOUR)

    assert counts(publish(catalog, corrected, run="two", now=NOW)) == (3, 3, 0)
    assert by_key(read(catalog, **ALWAYS)) == by_key(pa.concat_tables([others, corrected]))


def test_files_of_one_variable_each_complete_the_rows(catalog):
    temperature = table([row(lead=4), row(lead=7)])
    humidity = table(
        [row(lead=lead, air_temperature_c=None, relative_humidity_pct=50.0) for lead in (4, 7, 10)]
    )
    publish(catalog, temperature, run="one", now=NOW)

    assert counts(publish(catalog, humidity, run="two", now=NOW)) == (1, 2, 0)
    stored = by_key(read(catalog, **ALWAYS))
    assert [each["air_temperature_c"] for each in stored] == [10, 10, None]
    assert [each["relative_humidity_pct"] for each in stored] == [50, 50, 50]
    assert counts(publish(catalog, temperature, run="three", now=NOW)) == (0, 0, 2)


def test_months_that_a_file_has_twice_count_once(catalog):
    assert counts(publish(catalog, pa.concat_tables([issue(), issue()]), run="one", now=NOW)) == (6, 0, 0)


def test_an_empty_issue_makes_no_commit(catalog):
    assert counts(publish(catalog, table([]), run="one", now=NOW)) == (0, 0, 0)
    assert state(catalog).snapshots == []
    assert read(catalog, **ALWAYS).num_rows == 0


@pytest.mark.prepared(tables=empty_tables)
@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"valid_at": ISSUE}, "valid_at is not lead_hours after issued_at"),
        ({"lead_hours": -1, "valid_at": ISSUE - HOUR}, "lead_hours is not within 0 and 1023"),
        ({"lead_hours": 1024, "valid_at": ISSUE + 1024 * HOUR}, "lead_hours is not within 0 and 1023"),
        ({"issued_at": ISSUE + MINUTE}, "issued_at is not a full hour"),
        ({"received_at": ISSUE - MINUTE}, "received_at is before issued_at"),
        ({"air_temperature_c": nan}, "a value is not finite"),
        ({"precipitation_mm": inf}, "a value is not finite"),
        ({"source": "newspaper"}, "source is none of api_hub, "),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_published(catalog, wrong, fault):
    with pytest.raises(ValueError, match=f"KMA forecast station_id=112, .*: {fault}"):
        publish(catalog, pa.concat_tables([issue(), table([row(112) | wrong])]), run="one", now=NOW)
    assert state(catalog).snapshots == []


@pytest.mark.every_catalog
def test_writers_at_once_lose_and_double_nothing(connect_catalog):
    ensure_tables(connect_catalog())
    batches = [pa.concat_tables([issue(), issue(stations=[110 + number])]) for number in range(3)]
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
    assert by_key(read(connect_catalog(), **ALWAYS)) == by_key(issue(stations=[90, 108, 110, 111, 112]))


def test_a_period_is_read_without_files_of_other_months(connect_catalog, access, proxy, monkeypatch):
    for month in range(1, 6):
        publish(connect_catalog(), issue(ISSUE.replace(month=month)), run=f"month-{month}", now=NOW)
    monkeypatch.setattr(file_io, "_cache", file_io._Cache(file_io.CACHE))
    far = connect_catalog(type(access)(**{**vars(access), "endpoint_url": proxy.url}))
    proxy.requests.clear()
    rows = read(
        far,
        first_valid=ISSUE + 2 * HOUR,
        last_valid=ISSUE + 3 * HOUR,
        station_ids=[108],
        variables=["air_temperature_c"],
    )

    assert rows.schema.names == [*KEY, "lead_hours", "air_temperature_c", "received_at"]
    assert sorted(rows["air_temperature_c"].to_pylist()) == [110, 111]
    assert len({path for _, path in proxy.requests if ".parquet" in path}) == 1


def test_an_unknown_variable_is_refused_by_name(catalog):
    with pytest.raises(KeyError, match=r"weather\.kma_forecasts has no column tmp"):
        read(catalog, **ALWAYS, variables=["tmp"])


def test_a_new_issue_opens_no_files_of_earlier_ones(connect_catalog, access, proxy, monkeypatch):
    for back in range(4, 0, -1):
        publish(connect_catalog(), issue(ISSUE - 3 * back * HOUR), run="earlier", now=NOW)
    monkeypatch.setattr(file_io, "_cache", file_io._Cache(file_io.CACHE))
    far = connect_catalog(type(access)(**{**vars(access), "endpoint_url": proxy.url}))
    proxy.requests.clear()
    publish(far, issue(), run="now", now=NOW)

    assert not [path for method, path in proxy.requests if method == "GET" and ".parquet" in path]


def test_many_issues_leave_few_files_and_the_same_rows(catalog, monkeypatch):
    for name in ("FILES_DUE", "MONTH_FILES"):
        monkeypatch.setattr(maintenance, name, 4)
    issues = [ISSUE + 3 * number * HOUR for number in range(9)]
    for issued in issues:
        publish(catalog, issue(issued), run=issued.isoformat(), now=NOW)

    assert len(list(catalog.load_table("weather.kma_forecasts").scan().plan_files())) < 4
    whole = pa.concat_tables([issue(issued) for issued in issues])
    assert by_key(read(catalog, **ALWAYS)) == by_key(whole)
    assert counts(publish(catalog, whole, run="again", now=NOW)) == (0, 0, 9 * 6)


def test_an_archive_counts_as_received_soon_after_its_issues():
    rows = as_archive(issue(received_at=ISSUE + 10_000 * HOUR, source="portal"))

    assert rows.schema == FORECAST_ROWS
    assert set(rows["received_at"].to_pylist()) == {ISSUE + 30 * MINUTE}


def test_sql_and_python_know_the_same_at_each_moment(catalog, access):
    source = np.random.default_rng(1)
    leads = range(1, 13)
    rows = [
        row(
            station,
            ISSUE + 3 * number * HOUR,
            lead,
            air_temperature_c=None if source.random() < 0.2 else float(source.integers(0, 30)),
            received_at=ISSUE + 3 * number * HOUR + int(source.choice([10, 240, 600])) * MINUTE,
        )
        for station in (90, 108)
        for number in range(4)
        for lead in leads
    ]
    publish(catalog, table(rows), run="one", now=NOW)
    moments = [ISSUE + number * HOUR for number in range(22)]
    connection = connect(catalog, access)
    connection.register(
        "moments", pa.table({"moment": pa.array(moments, FORECAST_ROWS.field("issued_at").type)})
    )
    known = connection.sql(
        "select k.station_id, o.moment, k.valid_at, k.air_temperature_c from moments o "
        "join kma_forecasts_known k on k.known_from <= o.moment "
        "and (k.known_until is null or o.moment < k.known_until) where k.air_temperature_c is not null"
    ).fetchall()
    python = known_at(
        read(catalog, **ALWAYS),
        "air_temperature_c",
        station_ids=[90, 108],
        moments=moments,
        lead_hours=range(-24, 25),
    )
    expected = [
        (each["station_id"], each["moment"], each["valid_at"], each["air_temperature_c"])
        for each in python.rows().to_pylist()
    ]

    assert len(known) > 100
    assert sorted(known) == sorted(expected)


def test_in_sql_a_text_goes_with_its_number(catalog, access):
    older = row(precipitation_mm=30.0, precipitation_text="30.0~50.0mm")
    newer = row(issued=ISSUE + 3 * HOUR, lead=1, precipitation_mm=2.0, air_temperature_c=None)
    publish(catalog, table([older, newer]), run="one", now=NOW)

    assert connect(catalog, access).sql(
        "select air_temperature_c, precipitation_mm, precipitation_text, known_until is null "
        "from kma_forecasts_known order by known_from"
    ).fetchall() == [(10, 30, "30.0~50.0mm", False), (10, 2, None, True)]
