import threading
from datetime import UTC, datetime, timedelta

import pytest

from weather_mlops.errors import TableNotRegistered
from weather_mlops.lake import file_io as cached_files
from weather_mlops.lake import maintenance, orphan_files
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.health import newest_hour
from weather_mlops.lake.maintenance import maintain
from weather_mlops.lake.orphan_files import remove_orphans
from weather_mlops.lake.publish import publish
from weather_mlops.lake.recovery import take_up
from weather_mlops.lake.schemas import OBSERVATIONS, OBSERVATIONS_SCHEMA
from weather_mlops.lake.tags import tag

from .conftest import NOW, everything, lose, observations, start_over

ONLY = (OBSERVATIONS,)
LATER = NOW + timedelta(days=3)  # when all that is written now has passed the retention and the safety age
MAY = [datetime(2024, 5, 1, hour, tzinfo=UTC) for hour in range(24)]


@pytest.fixture(autouse=True)
def _soon_due(monkeypatch):
    """What is due after a day here is due after four commits."""
    for name in ("FILES_DUE", "MONTH_FILES", "SNAPSHOTS_DUE"):
        monkeypatch.setattr(maintenance, name, 4)


def commit_hourly(catalog, times, stations=(90, 95)) -> None:
    """A commit of each hour, as collection does it."""
    for time in times:
        publish(catalog, observations(stations, [time]), run=time.isoformat())


def append_hourly(catalog, times) -> None:
    """A commit of each hour, without a look at the rows before: in a third of the time."""
    commit_hourly(catalog, times[:1])
    for time in times[1:]:
        table_of(catalog).append(observations([90, 95], [time]))


def table_of(catalog):
    return catalog.load_table("weather.observations")


def rows(catalog, **scan) -> list[dict]:
    return everything(table_of(catalog).scan(**scan).to_arrow().cast(OBSERVATIONS_SCHEMA))


def files(catalog) -> list[str]:
    return [task.file.file_path for task in table_of(catalog).scan().plan_files()]


def test_many_small_files_of_a_month_become_one_sorted_file(catalog):
    append_hourly(catalog, MAY[:5])
    commit_hourly(catalog, [datetime(2024, 6, 1, tzinfo=UTC)])
    before = rows(catalog)
    assert len(files(catalog)) == 6

    assert maintain(catalog, NOW, ONLY)["compacted"] == 1
    assert len(files(catalog)) == 2
    assert rows(catalog) == before
    scanned = table_of(catalog).scan(row_filter="observed_at < '2024-06-01T00:00:00+00:00'").to_arrow()
    assert scanned["station_id"].to_pylist() == [90] * 5 + [95] * 5
    assert newest_hour(catalog) == datetime(2024, 6, 1, tzinfo=UTC)


def test_maintenance_waits_until_due_and_is_idempotent(catalog):
    commit_hourly(catalog, MAY[:3])
    assert maintain(catalog, NOW, ONLY) == {"compacted": 0, "expired": 0, "removed": 0, "refused": 0}
    commit_hourly(catalog, MAY[3:4])
    assert maintain(catalog, NOW, ONLY)["compacted"] == 1
    state = table_of(catalog).metadata
    assert maintain(catalog, NOW, ONLY) == {"compacted": 0, "expired": 0, "removed": 0, "refused": 0}
    assert table_of(catalog).metadata == state


def test_each_run_does_one_part_of_what_is_due(catalog):
    append_hourly(catalog, [*(time.replace(month=4) for time in MAY[:4]), *MAY[:5]])
    before = rows(catalog)

    parts = [maintain(catalog, LATER, ONLY) for _ in range(4)]
    assert [part["compacted"] for part in parts] == [1, 1, 0, 0]
    assert [part["expired"] > 0 for part in parts] == [False, False, True, False]
    assert len(files(catalog)) == 2
    assert rows(catalog) == before


@pytest.mark.every_catalog
def test_old_states_expire_and_their_files_go_with_them(catalog, store):
    append_hourly(catalog, MAY[:6])
    before = rows(catalog)
    assert maintain(catalog, LATER, ONLY)["compacted"] == 1
    assert maintain(catalog, LATER, ONLY)["expired"] == 7  # six commits, and the compaction's removal
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
    append_hourly(catalog, MAY[3:8])
    now = rows(catalog)

    done = [maintain(catalog, LATER, ONLY) for _ in range(2)]
    assert done[0]["compacted"] == 1
    assert min(done[1]["expired"], done[1]["removed"]) >= 1
    assert rows(catalog, snapshot_id=snapshot) == trained_on
    assert rows(catalog) == now


def test_each_state_stays_readable_while_others_lose_files(catalog):
    """Also one whose files a later commit replaced, or a compaction."""
    append_hourly(catalog, MAY[:2])
    publish(catalog, observations([90], MAY[:1], seed=1), run="correction")
    append_hourly(catalog, MAY[2:5])
    maintain(catalog, NOW, ONLY)
    table_of(catalog).append(observations([100], MAY[:1]))
    states = [snapshot.snapshot_id for snapshot in table_of(catalog).metadata.snapshots]
    readable = [rows(catalog, snapshot_id=state) for state in states]

    assert remove_orphans(catalog, OBSERVATIONS, older_than=LATER) > 0
    cached_files._cache = cached_files._Cache(cached_files.CACHE)
    assert [rows(catalog, snapshot_id=state) for state in states] == readable


def test_old_states_of_a_day_are_removed_with_few_requests(connect_catalog, access, proxy):
    append_hourly(connect_catalog(), MAY)
    assert maintain(connect_catalog(), NOW, ONLY)["compacted"] == 1
    far = connect_catalog(type(access)(**{**vars(access), "endpoint_url": proxy.url}))
    proxy.requests.clear()
    done = maintain(far, LATER, ONLY)

    assert (done["expired"], done["removed"] > 3 * 24) == (25, True)
    assert len(proxy.requests) < 20


def test_young_orphans_are_left_for_a_commit_in_progress(catalog, store):
    commit_hourly(catalog, MAY[:1])
    stray = "warehouse/weather/observations/data/stray.parquet"
    store.put(stray, b"x")

    assert remove_orphans(catalog, OBSERVATIONS, older_than=NOW - timedelta(days=1)) == 0
    assert store.exists(stray)
    assert remove_orphans(catalog, OBSERVATIONS, older_than=LATER) == 1
    assert not store.exists(stray)
    assert len(rows(catalog)) == 2


@pytest.mark.every_catalog
def test_writers_during_a_compaction_lose_nothing(connect_catalog):
    ensure_tables(connect_catalog())
    append_hourly(connect_catalog(), MAY[:4])
    failures = []

    def write(station: int) -> None:
        try:
            commit_hourly(connect_catalog(), MAY[:2], [station])
        except Exception as error:  # noqa: BLE001  reported by the test
            failures.append(error)

    writers = [threading.Thread(target=write, args=[station]) for station in (100, 101)]
    for writer in writers:
        writer.start()
    compacted = [maintain(connect_catalog(), NOW, ONLY)["compacted"] for _ in range(3)]
    for writer in writers:
        writer.join()

    assert not failures
    assert compacted[0] == 1
    expected = [*everything(observations([90, 95], MAY[:4])), *everything(observations([100, 101], MAY[:2]))]
    assert rows(connect_catalog()) == sorted(
        expected, key=lambda row: (row["station_id"], row["observed_at"])
    )


def test_files_of_an_older_table_are_never_removed(catalog, store, monkeypatch, caplog):
    append_hourly(catalog, MAY[:2])
    lose(catalog)
    start_over(catalog, monkeypatch)
    before = {entry.key for entry in store.list("warehouse/weather/observations/")}
    append_hourly(catalog, MAY[4:8])

    with pytest.raises(TableNotRegistered, match=r"metadata/.*belongs to another table.*`make tables`"):
        remove_orphans(catalog, OBSERVATIONS, older_than=LATER)
    assert maintain(catalog, LATER, ONLY)["compacted"] == 1
    done = maintain(catalog, LATER, ONLY)
    assert (done["removed"], done["refused"]) == (0, 1)
    assert "No file was removed" in caplog.text
    assert before <= {entry.key for entry in store.list("warehouse/weather/observations/")}


def test_files_older_than_the_table_stay_without_their_metadata(catalog, store, monkeypatch):
    commit_hourly(catalog, MAY[:2])
    old = {entry.key for entry in store.list("warehouse/weather/") if entry.key.endswith(".parquet")}
    metadata = [entry.key for entry in store.list("warehouse/weather/") if entry.key not in old]
    store.delete(*metadata)
    lose(catalog)
    created = datetime.now(UTC) + timedelta(hours=2)  # as if it had been started over much later
    monkeypatch.setattr("weather_mlops.lake.catalog.datetime", fixed(created))
    commit_hourly(catalog, MAY[4:6])

    with pytest.raises(TableNotRegistered, match=r"s3://.*parquet.* is older than the table.*make rebuild"):
        remove_orphans(catalog, OBSERVATIONS, older_than=LATER)
    assert old <= {entry.key for entry in store.list("warehouse/weather/")}


def test_a_damaged_file_of_one_month_blocks_no_other_month(catalog, store, caplog, monkeypatch):
    monkeypatch.setattr(cached_files, "_cache", cached_files._Cache(0))
    april = [time.replace(month=4) for time in MAY[:4]]
    append_hourly(catalog, [*april, *MAY[:4]])
    damaged = next(name for name in files(catalog) if "2024-04" in name)
    store.delete(damaged.partition(f"{store.access.bucket}/")[2])

    done = [maintain(catalog, LATER, ONLY) for _ in range(2)]
    assert [part["refused"] for part in done] == [0, 1]
    assert done[1]["expired"] > 0
    assert f"{damaged} is missing" in caplog.text
    months = [name.partition("_month=")[2][:7] for name in files(catalog)]
    assert (months.count("2024-04"), months.count("2024-05")) == (4, 1)


def test_leftovers_of_an_older_table_go_once_its_rows_are_merged(catalog, store, monkeypatch):
    """Where the newer one has more rows, as soon happens to gaps and quarantine."""
    commit_hourly(catalog, MAY[:1])
    old = {entry.key for entry in store.list("warehouse/weather/") if entry.key.endswith(".parquet")}
    lose(catalog)
    created = datetime.now(UTC) + timedelta(hours=2)  # as if it had been started over much later
    monkeypatch.setattr("weather_mlops.lake.catalog.datetime", fixed(created))
    start_over(catalog, monkeypatch)
    commit_hourly(catalog, MAY[1:3])
    take_up(catalog, store)
    assert len(rows(catalog)) == 6

    assert remove_orphans(catalog, OBSERVATIONS, older_than=LATER) > 0
    assert old.isdisjoint(entry.key for entry in store.list("warehouse/weather/"))
    assert len(rows(catalog)) == 6


def test_metadata_removed_by_another_maintenance_is_not_damage(catalog, store, monkeypatch):
    commit_hourly(catalog, MAY[:2])
    gone = "warehouse/weather/observations/metadata/00001-00000000-0000-0000-0000-000000000000.metadata.json"
    store.put(gone, b"{}")
    real = orphan_files.metadata_of

    def removed_first(file):
        store.delete(gone)
        return real(file)

    monkeypatch.setattr(orphan_files, "metadata_of", removed_first)
    assert remove_orphans(catalog, OBSERVATIONS, older_than=LATER) >= 1
    assert len(rows(catalog)) == 4


def fixed(now: datetime):
    """The class datetime at a time that stands still."""

    class Fixed(datetime):
        @classmethod
        def now(cls, tz=None):
            return now.astimezone(tz)

    return Fixed
