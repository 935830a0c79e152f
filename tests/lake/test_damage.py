"""Damaged files of tables and of the catalog: a sentence names the file and the repair, which works."""

import errno
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.kma_forecasts import issue
from weather_mlops import __main__ as commands
from weather_mlops.errors import Misconfigured, ObjectDamaged, StorageRefused, TableNotRegistered
from weather_mlops.ingest.rebuild import rebuild
from weather_mlops.lake import file_io, kma_forecasts, maintenance, observations_reader
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.damage import FAILURES, check_avro, problem_of
from weather_mlops.lake.filters import between
from weather_mlops.lake.forecasts import publish as publish_forecasts
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.orphan_files import remove_orphans
from weather_mlops.lake.publish import publish
from weather_mlops.lake.quarantine import record_refused
from weather_mlops.lake.recovery import take_up
from weather_mlops.lake.schemas import OBSERVATIONS, OBSERVATIONS_SCHEMA, QUARANTINE_SCHEMA

from .conftest import NOW, Killed, everything, forecasts, hours, lose, observations, start_over

JANUARY = [datetime(2024, 1, day, tzinfo=UTC) for day in range(2, 9)]
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
OF_JANUARY = "`make rebuild FROM=2024-01-01 TO=2024-01-31 APPLY=1`"
REPAIR = {
    "metadata": "`make tables`",
    "manifest list": "`make tables`",
    "manifest": "`make tables`",
    "data": OF_JANUARY,
}
DAMAGE = {
    "gone": lambda _: None,
    "cut": lambda body: body[: len(body) // 2],
    "other bytes": lambda body: bytes(255 - byte for byte in body),
}
READERS = {
    "collection": lambda catalog: publish(catalog, observations([90], JANUARY), run="next"),
    "training": lambda catalog: observations_reader.read_observations(
        catalog, columns=["air_temperature_c"], stations=[90], first=JANUARY[0], last=JANUARY[-1]
    ),
    "monitoring": lambda catalog: observations_reader.read(
        catalog, OBSERVATIONS, ["air_temperature_c"], between(JANUARY[0], JANUARY[-1])
    ),
    "maintenance": lambda catalog: maintenance.compact(catalog, OBSERVATIONS),
}


def january(catalog, _store) -> None:
    publish(catalog, observations([90], JANUARY), run="one")


def two_states(catalog, _store) -> None:
    ensure_tables(catalog)
    publish(catalog, observations([90], hours(2)), run="one")
    publish(catalog, observations([90], hours(3)), run="two")


def two_tables(catalog, _store) -> None:
    """An old table of nine hours, and a young one that was created without it, with two."""
    ensure_tables(catalog)
    publish(catalog, observations([90], hours(9, NOW - timedelta(hours=2))), run="old")
    lose(catalog)
    with pytest.MonkeyPatch.context() as patched:
        start_over(catalog, patched)
    publish(catalog, observations([90], hours(2)), run="young")


def one_forecast(catalog, _store) -> None:
    ensure_tables(catalog)
    publish_forecasts(catalog, forecasts([NOW]), run="a", now=NOW)


def rows(catalog) -> list[dict]:
    return everything(
        observations_reader.read(catalog, OBSERVATIONS, OBSERVATIONS_SCHEMA.names, between(FIRST, NOW))
    )


@pytest.fixture(autouse=True)
def _read_from_s3(monkeypatch):
    """Each reader as a process of its own, without files in memory; every month is due to be compacted."""
    monkeypatch.setattr(maintenance, "MONTH_FILES", 1)
    monkeypatch.setattr(file_io._Cache, "get", lambda *_: None)


def file_of(catalog, kind: str) -> str:
    """Key of a file that the observations' present state needs."""
    table = catalog.load_table("weather.observations")
    snapshot = table.current_snapshot()
    location = {
        "metadata": lambda: table.metadata_location,
        "manifest list": lambda: snapshot.manifest_list,
        "manifest": lambda: snapshot.manifests(table.io)[0].manifest_path,
        "data": lambda: next(iter(table.scan().plan_files())).file.file_path,
    }[kind]()
    return location.removeprefix("s3://").partition("/")[2]


def spoil(store, key: str, how: str) -> None:
    body = DAMAGE[how](store.get(key))
    store.delete(key) if body is None else store.put(key, body)


@pytest.fixture
def ask(catalog, access, monkeypatch, capsys):
    """The exit status of ``make query``, and what it says on stderr."""
    monkeypatch.setattr(commands, "_access", lambda: access)
    monkeypatch.setattr(commands, "open_catalog", lambda _: catalog)
    return lambda sql: (commands.main(["query", sql]), capsys.readouterr().err)


@pytest.mark.prepared(tables=january)
@pytest.mark.parametrize("kind", REPAIR)
@pytest.mark.parametrize("how", DAMAGE)
def test_every_reader_names_the_damaged_file_and_its_repair(catalog, store, ask, kind, how):
    key = file_of(catalog, kind)
    spoil(store, key, how)

    for read in READERS.values():
        with pytest.raises(ObjectDamaged, match=rf"s3://[^ ]*{key} is (missing|damaged).*{REPAIR[kind]}"):
            read(catalog)
    status, message = ask("select max(air_temperature_c) from observations")
    assert status == 1
    assert f"{key} is " in message
    assert REPAIR[kind] in message
    assert "Traceback" not in message


@pytest.mark.prepared(tables=january)
@pytest.mark.parametrize("kind", ["manifest list", "manifest"])
def test_a_truncated_manifest_does_not_pass_for_a_shorter_one(catalog, store, kind):
    key = file_of(catalog, kind)
    body = store.get(key)

    check_avro(key, body)
    header = body.index(body[-16:]) + 16  # ends with the marker that each block ends with
    for length in {*range(0, len(body), 7), len(body) - 1} - ({header} if kind == "manifest list" else set()):
        with pytest.raises(FAILURES):
            check_avro(key, body[:length])
    with pytest.raises(FAILURES):
        check_avro(key, body + b"\0")


@pytest.mark.prepared(tables=january)
def test_an_error_that_no_file_is_to_blame_for_stays_what_it_is(catalog):
    with pytest.raises(KeyError, match="no_such_column"):
        observations_reader.read(catalog, OBSERVATIONS, ["no_such_column"], between(FIRST, NOW))


SHORTAGES = {
    "memory": MemoryError(),
    "memory of Arrow": pa.ArrowMemoryError("malloc of size 67108864 failed"),
    "files": OSError(errno.EMFILE, "Too many open files"),
    "threads": RuntimeError("can't start new thread"),
}


@pytest.mark.prepared(tables=one_forecast)
@pytest.mark.parametrize("shortage", SHORTAGES)
def test_a_process_short_of_resources_reports_no_damage(catalog, store, monkeypatch, shortage):
    """Else `make rebuild APPLY=1` would take whole files of forecasts out of their table."""
    before = catalog.load_table("weather.forecasts").current_snapshot()

    def lacking(*_args, **_more):
        raise SHORTAGES[shortage]

    monkeypatch.setattr("pyarrow.parquet.read_table", lacking)
    with pytest.raises(StorageRefused, match=r"\.parquet can't be read here: .*The file isn't damaged"):
        rebuild(
            None,
            None,
            store=store,
            catalog=catalog,
            suites_dir=Path("expectations"),
            clock=lambda: NOW,
            apply=True,
        )

    assert catalog.load_table("weather.forecasts").current_snapshot() == before


@pytest.mark.prepared(tables=january)
def test_a_file_that_needs_impossible_memory_is_damaged(catalog, monkeypatch):

    def impossible(*_args, **_more):
        raise pa.ArrowMemoryError("malloc of size 4611686018427387904 failed")

    monkeypatch.setattr("pyarrow.parquet.read_table", impossible)
    (task,) = catalog.load_table("weather.observations").scan().plan_files()
    file = file_io.S3FileIO(catalog.properties).new_input(task.file.file_path)
    assert "is damaged" in problem_of(file)


def test_the_old_table_comes_back_with_the_rows_of_the_young_one(catalog, store, monkeypatch):
    ensure_tables(catalog)
    old = observations([90, 95], hours(9, NOW - timedelta(hours=2)))
    publish(catalog, old, run="old")
    publish_forecasts(catalog, forecasts([NOW - timedelta(hours=3)]), run="old", now=NOW)
    refused = {"station_id": None, "observed_at": None, "rule": "unreadable", "raw_key": "raw/a", "line": 1}
    for value in "ab":
        record_refused(
            catalog, pa.Table.from_pylist([{**refused, "value": value}], QUARANTINE_SCHEMA), run="o", at=NOW
        )
    lose(catalog)
    start_over(catalog, monkeypatch)
    young = observations([90, 95], hours(4), seed=1)  # two hours of it are in both
    publish(catalog, young, run="young")
    publish_forecasts(catalog, forecasts([NOW]), run="young", now=NOW)
    for value in "bc":
        record_refused(
            catalog, pa.Table.from_pylist([{**refused, "value": value}], QUARANTINE_SCHEMA), run="y", at=NOW
        )

    moved = {table.table: table for table in take_up(catalog, store)}

    recovered = moved["weather.observations"]
    assert (recovered.after.rows, [other.rows for other in recovered.others], recovered.added) == (18, [8], 4)
    assert "4 rows that only these had were added" in "\n".join(recovered.lines)
    newer = young.filter(pc.greater(young["observed_at"], pa.scalar(NOW - timedelta(hours=2), UTC_TIME)))
    assert rows(catalog) == everything(pa.concat_tables([old, newer]))
    issued = catalog.load_table("weather.forecasts").scan().to_arrow()["issued_at"].to_pylist()
    assert set(issued) == {NOW - timedelta(hours=3), NOW}
    values = catalog.load_table("weather.quarantine").scan().to_arrow()["value"].to_pylist()
    assert sorted(values) == ["a", "b", "c"]
    assert take_up(catalog, store) == []
    assert publish(catalog, observations([90, 95], hours(1)), run="next").corrected == 2
    later = datetime.now(UTC) + timedelta(days=9)
    assert remove_orphans(catalog, OBSERVATIONS, older_than=later) > 0
    assert len(rows(catalog)) == 22


def test_the_newest_collected_issue_outlives_a_recovery(catalog, store, monkeypatch):
    ensure_tables(catalog)
    issue_of_now = NOW.replace(hour=5)
    notes = {kma_forecasts.NEWEST_COLLECTED: issue_of_now.isoformat()}
    kma_forecasts.publish(catalog, issue(issue_of_now), run="old", now=NOW, properties=notes)
    lose(catalog)
    start_over(catalog, monkeypatch)
    kma_forecasts.publish(catalog, issue(issue_of_now, stations=[110], leads=[1]), run="young", now=NOW)
    take_up(catalog, store)

    assert catalog.load_table("weather.kma_forecasts").scan().to_arrow().num_rows == 7
    assert kma_forecasts.newest_collected(catalog) == issue_of_now


@pytest.mark.prepared(tables=two_tables)
def test_recovery_killed_at_any_write_and_repeated_loses_nothing(catalog, store, killer):
    for write in range(1, 30):
        killer.seen, killer.at = 0, write
        try:
            take_up(catalog, store)
        except Killed:
            continue
        break
    killer.at = None
    assert write > 3
    assert len(rows(catalog)) == 11
    assert take_up(catalog, store) == []


@pytest.mark.prepared(tables=two_states)
@pytest.mark.parametrize("kind", ["metadata", "manifest list", "manifest"])
@pytest.mark.parametrize("how", ["gone", "cut"])
def test_a_damaged_state_gives_way_to_the_one_before_it(catalog, store, kind, how):
    before = catalog.load_table("weather.observations").metadata.metadata_log[-1].metadata_file
    spoil(store, file_of(catalog, kind), how)
    with pytest.raises(ObjectDamaged, match="`make tables`"):
        rows(catalog)

    (moved,) = take_up(catalog, store)

    assert moved.after.location == before
    assert len(rows(catalog)) == 2
    assert take_up(catalog, store) == []
    assert publish(catalog, observations([90], hours(3)), run="again").inserted == 1
    later = datetime.now(UTC) + timedelta(days=9)
    assert remove_orphans(catalog, OBSERVATIONS, older_than=later) > 0
    assert len(rows(catalog)) == 3


def test_a_lost_file_of_the_young_table_costs_only_its_own_rows(catalog, store, monkeypatch):
    publish(catalog, observations([90], hours(11, NOW - timedelta(hours=8))), run="old")
    lose(catalog)
    start_over(catalog, monkeypatch)
    publish(catalog, observations([90], JANUARY), run="young")
    publish(catalog, observations([90], hours(3)), run="young")
    lost = next(iter(catalog.load_table("weather.observations").scan().plan_files())).file
    spoil(store, lost.file_path.removeprefix("s3://").partition("/")[2], "gone")

    moved = next(table for table in take_up(catalog, store) if table.table == "weather.observations")

    assert (moved.after.rows, moved.others[0].rows) == (11, 10)
    assert moved.added == 10 - lost.record_count
    assert "rows) is missing: not added. `make rebuild APPLY=1`" in "\n".join(moved.lines)
    assert len(rows(catalog)) == 11 + moved.added
    assert take_up(catalog, store) == []


def test_a_table_without_a_readable_state_is_named_not_changed(catalog, store):
    ensure_tables(catalog)
    publish(catalog, observations([90], hours(2)), run="one")
    lose(catalog)
    for entry in list(store.list("warehouse/weather/quarantine/metadata/")):
        store.put(entry.key, b"{")

    with pytest.raises(
        ObjectDamaged, match=r"weather\.quarantine: no state can be read.*Move s3://.*rebuild"
    ):
        take_up(catalog, store)
    assert not catalog.table_exists("weather.observations")


def test_a_bucket_of_another_system_is_refused(catalog, store, access):
    table = "warehouse/weather/observations"
    catalog.create_namespace("weather")
    other = pa.schema([pa.field("id", pa.int32())])
    catalog.create_table("weather.observations", other, location=store.access.location(table)).append(
        pa.table({"id": pa.array([1], pa.int32())})
    )
    catalog.drop_table("weather.observations")
    with pytest.raises(TableNotRegistered):
        ensure_tables(catalog)
    with pytest.raises(Misconfigured, match=r"is of another system.*station_id.*WEATHER_BUCKET"):
        take_up(catalog, store)


def test_a_bucket_that_was_renamed_is_named(connect_catalog, store, access):
    publish(connect_catalog(), observations([90], hours(2)), run="one")
    renamed = replace(access, prefix="renamed/")
    for entry in list(store.list("")):
        ObjectStore(renamed).put(entry.key, store.get(entry.key))
        store.delete(entry.key)

    with pytest.raises(ObjectDamaged, match=r"s3://.*metadata\.json is missing.*`make tables`"):
        ensure_tables(connect_catalog(renamed))
    with pytest.raises(Misconfigured, match=r"renamed/.*moved or copied here from s3://.*WEATHER_BUCKET"):
        take_up(connect_catalog(renamed), ObjectStore(renamed))


@pytest.mark.parametrize("damage", ["emptied", "overwritten", "cut"])
def test_a_catalog_whose_file_is_damaged_is_named_and_made_again(access, store, tmp_path, damage):
    file = tmp_path / "catalog.db"

    def opened():
        return open_catalog(access, type="sql", uri=f"sqlite:///{file}")

    publish(opened(), observations([90], hours(2)), run="one")
    whole = file.read_bytes()
    file.write_bytes(
        {"emptied": b"", "overwritten": b"x" * len(whole), "cut": whole[: len(whole) // 2]}[damage]
    )
    error = TableNotRegistered if damage == "emptied" else ObjectDamaged
    with pytest.raises(error, match="`make tables`"):
        publish(opened(), observations([90], hours(3)), run="two")

    if damage != "emptied":
        file.rename(f"{file}.damaged")
    take_up(opened(), store)
    assert publish(opened(), observations([90], hours(3)), run="two").equal == 2
