"""SQL over the tables, as they are now."""

from datetime import UTC, datetime

import pyarrow as pa

from tests.lake.conftest import NOW, hours, observations
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.publish import publish
from weather_mlops.lake.query import connect

JANUARY = [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 11)]


def test_all_tables_are_there_from_the_beginning(catalog, access):
    ensure_tables(catalog)
    answer = connect(catalog, access)

    for name in ("observations", "quarantine", "gaps"):
        assert answer.sql(f"select count(*) from {name}").fetchall() == [(0,)]


def test_it_counts_what_is_published_and_shows_korean_time(catalog, access):
    publish(catalog, observations([90, 108], hours(5)), run="a")
    publish(catalog, observations([90, 108], JANUARY), run="b")
    answer = connect(catalog, access)

    assert answer.sql("select count(*) from observations where station_id = 108").fetchall() == [(15,)]
    assert answer.sql("select max(observed_at) from observations").fetchall() == [(NOW,)]
    assert "09:00:00+09" in str(answer.sql("select min(observed_at) from observations"))


def test_a_month_is_read_without_opening_the_files_of_others(catalog, access, proxy, monkeypatch):
    for number in range(1, 7):
        times = [moment.replace(month=number) for moment in JANUARY]
        publish(catalog, observations([90, 108], times), run=f"month-{number}")
    far = type(access)(**{**vars(access), "endpoint_url": proxy.url})
    connection = connect(catalog, far)
    proxy.requests.clear()
    found = connection.sql(
        "select count(wind_speed_ms) from observations where observed_at >= '2024-03-01 00:00:00+00' "
        "and observed_at < '2024-04-01 00:00:00+00'"
    ).fetchall()

    assert found[0][0] > 0
    read = {path.split("?")[0] for method, path in proxy.requests if path.endswith(".parquet")}
    assert {path.split("observed_at_month")[1][:10] for path in read} <= {"=2024-03/0", "%3D2024-03"}
    assert isinstance(connection.sql("select * from observations").to_arrow_table(), pa.Table)
