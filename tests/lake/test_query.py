"""SQL over the tables, as they are now."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from tests.lake.conftest import NOW, hours, observations
from weather_mlops.__main__ import main
from weather_mlops.errors import NothingYet, SnapshotExpired
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.publish import publish
from weather_mlops.lake.query import connect, dataset

JANUARY = [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 11)]


def test_all_tables_are_there_from_the_beginning(catalog, access):
    ensure_tables(catalog)
    answer = connect(catalog, access)

    for name in ("observations", "quarantine", "gaps", "forecasts"):
        assert answer.sql(f"select count(*) from {name}").fetchall() == [(0,)]


def test_stations_have_names_and_coordinates_to_join(catalog, access):
    publish(catalog, observations([108, 184], hours(3)), run="a")
    answer = connect(catalog, access)

    assert answer.sql(
        "select korean, english, round(latitude), round(longitude), elevation_m > 0, count(*) "
        "from observations join stations using (station_id) group by all order by korean"
    ).fetchall() == [("서울", "Seoul", 38, 127, True, 3), ("제주", "Jeju", 34, 127, True, 3)]
    assert answer.sql("select count(*) from stations").fetchall() == [(97,)]


def test_before_the_first_run_it_says_who_makes_the_tables(catalog, access):
    with pytest.raises(NothingYet, match="no tables yet: the first run of data_collection creates them"):
        connect(catalog, access)


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
    result = connection.sql(
        "select count(wind_speed_ms) from observations where observed_at >= '2024-03-01 00:00:00+00' "
        "and observed_at < '2024-04-01 00:00:00+00'"
    ).fetchall()

    assert result[0][0] > 0
    read = {path.split("?")[0] for method, path in proxy.requests if path.endswith(".parquet")}
    assert {path.split("observed_at_month")[1][:10] for path in read} <= {"=2024-03/0", "%3D2024-03"}
    assert isinstance(connection.sql("select * from observations").to_arrow_table(), pa.Table)


def test_a_pinned_state_does_not_see_what_is_committed_later(catalog, access):
    old = observations([90, 108], JANUARY)
    pinned = publish(catalog, old, run="a").snapshot_id
    publish(catalog, observations([90, 108], JANUARY, seed=1), run="corrections")
    publish(catalog, observations([108], hours(5)), run="new rows")

    condition = (ds.field("station_id") == 108) & (ds.field("observed_at") >= pa.scalar(JANUARY[3], UTC_TIME))
    columns = ["observed_at", "air_temperature_c"]
    before, after = (
        dataset(catalog, access, "weather.observations", state)
        .to_table(columns=columns, filter=condition)
        .sort_by("observed_at")
        for state in (pinned, None)
    )

    assert before.to_pylist() == old.filter(condition).select(columns).sort_by("observed_at").to_pylist()
    assert after.num_rows == before.num_rows + 5
    assert after.slice(0, before.num_rows) != before


def test_a_pinned_state_that_has_expired_is_named(catalog, access):
    publish(catalog, observations([90], JANUARY), run="a")

    with pytest.raises(SnapshotExpired, match=r"weather\.observations: there is no snapshot 17"):
        dataset(catalog, access, "weather.observations", 17)


@pytest.mark.parametrize("arguments", [["query"], ["query", ""], ["query", " \n"]])
def test_a_query_without_sql_says_how_it_is_used(capsys, arguments):
    assert main(arguments) == 1
    assert capsys.readouterr().err == "error: give SQL, as in: query 'select * from stations'\n"
