import threading
from datetime import UTC, datetime, timedelta

import pytest

from weather_mlops.lake import maintenance
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.health import newest_hour
from weather_mlops.lake.maintenance import maintain, remove_orphans
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import OBSERVATIONS, OBSERVATIONS_SCHEMA
from weather_mlops.lake.tags import tag

from .conftest import NOW, everything, observations

ONLY = (OBSERVATIONS,)
LATER = NOW + timedelta(days=3)  # when all that is written now has passed the retention and the safety age
MAY = [datetime(2024, 5, 1, hour, tzinfo=UTC) for hour in range(24)]


@pytest.fixture(autouse=True)
def _soon_due(monkeypatch):
    """What is due after a day here is due after four commits."""
    for name in ("FILES_DUE", "MONTH_FILES", "SNAPSHOTS_DUE"):
        monkeypatch.setattr(maintenance, name, 4)


def commit_hourly(catalog, times, stations=(90, 95)) -> None:
    for time in times:
        publish(catalog, observations(stations, [time]), run=time.isoformat())


def table_of(catalog):
    return catalog.load_table("weather.observations")


def rows(catalog, **scan) -> list[dict]:
    return everything(table_of(catalog).scan(**scan).to_arrow().cast(OBSERVATIONS_SCHEMA))


def files(catalog) -> list[str]:
    return [task.file.file_path for task in table_of(catalog).scan().plan_files()]


def test_many_small_files_of_a_month_become_one_sorted_file(catalog):
    commit_hourly(catalog, [*MAY[:5], datetime(2024, 6, 1, tzinfo=UTC)])
    before = rows(catalog)
    assert len(files(catalog)) == 6

    assert maintain(catalog, NOW, ONLY)["compacted"] == 1
    assert len(files(catalog)) == 2
    assert rows(catalog) == before
    scanned = table_of(catalog).scan(row_filter="observed_at < '2024-06-01T00:00:00+00:00'").to_arrow()
    assert scanned["station_id"].to_pylist() == [90] * 5 + [95] * 5
    assert newest_hour(catalog) == datetime(2024, 6, 1, tzinfo=UTC)


def test_maintenance_waits_until_it_is_due_and_does_nothing_twice(catalog):
    commit_hourly(catalog, MAY[:3])
    assert maintain(catalog, NOW, ONLY) == {"compacted": 0, "expired": 0, "removed": 0}
    commit_hourly(catalog, MAY[3:4])
    assert maintain(catalog, NOW, ONLY)["compacted"] == 1
    state = table_of(catalog).metadata
    assert maintain(catalog, NOW, ONLY) == {"compacted": 0, "expired": 0, "removed": 0}
    assert table_of(catalog).metadata == state


@pytest.mark.every_catalog
def test_old_states_expire_and_their_files_go_with_them(catalog, store):
    commit_hourly(catalog, MAY[:6])
    before = rows(catalog)
    done = maintain(catalog, LATER, ONLY)

    assert done["compacted"] == 1
    assert done["expired"] == 7  # six commits, and the compaction's removal of their files
    assert len(table_of(catalog).metadata.snapshots) == 1
    assert rows(catalog) == before
    left = [entry.key for entry in store.list("warehouse/weather/observations/")]
    # One data file, its manifest, the manifest of what was removed, the list, the metadata and its history.
    assert len([key for key in left if key.endswith(".parquet")]) == 1
    assert len(left) <= 1 + 3 + 6
    assert remove_orphans(catalog, OBSERVATIONS, older_than=LATER) == 0


def test_a_tagged_state_stays_readable_for_ever(catalog):
    commit_hourly(catalog, MAY[:3])
    trained_on = rows(catalog)
    snapshot = table_of(catalog).current_snapshot().snapshot_id
    tag(catalog, OBSERVATIONS, snapshot, "model-1")
    publish(catalog, observations([90, 95], MAY[:3], seed=1), run="corrections")
    commit_hourly(catalog, MAY[3:8])
    now = rows(catalog)

    done = maintain(catalog, LATER, ONLY)
    assert min(done.values()) >= 1
    assert rows(catalog, snapshot_id=snapshot) == trained_on
    assert rows(catalog) == now


def test_young_files_without_an_owner_are_left_for_the_commit_they_may_belong_to(catalog, store):
    commit_hourly(catalog, MAY[:1])
    stray = "warehouse/weather/observations/data/stray.parquet"
    store.put(stray, b"x")

    assert remove_orphans(catalog, OBSERVATIONS, older_than=NOW - timedelta(days=1)) == 0
    assert store.exists(stray)
    assert remove_orphans(catalog, OBSERVATIONS, older_than=LATER) == 1
    assert not store.exists(stray)
    assert len(rows(catalog)) == 2


@pytest.mark.every_catalog
def test_writers_during_a_compaction_lose_nothing(open_anew):
    ensure_tables(open_anew())
    commit_hourly(open_anew(), MAY[:8])
    failures = []

    def write(station: int) -> None:
        try:
            commit_hourly(open_anew(), MAY[:3], [station])
        except Exception as error:  # noqa: BLE001  reported by the test
            failures.append(error)

    writers = [threading.Thread(target=write, args=[station]) for station in (100, 101)]
    for writer in writers:
        writer.start()
    compacted = [maintain(open_anew(), NOW, ONLY)["compacted"] for _ in range(3)]
    for writer in writers:
        writer.join()

    assert not failures
    assert compacted[0] == 1
    expected = [*everything(observations([90, 95], MAY[:8])), *everything(observations([100, 101], MAY[:3]))]
    assert rows(open_anew()) == sorted(expected, key=lambda row: (row["station_id"], row["observed_at"]))
