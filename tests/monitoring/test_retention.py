"""What goes when its time is over, and what never does."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from tests.kma_forecasts import HOUR, ISSUE, issue
from tests.lake.conftest import NOW, Killed, empty_tables, observations
from tests.model.sealed import NOTES, unchecked
from weather_mlops.documents.decision import Decision
from weather_mlops.errors import Misconfigured, ModelUnusable, TableNotRegistered
from weather_mlops.lake import kma_forecasts, maintenance, orphan_files
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import KMA_FORECASTS, OBSERVATIONS
from weather_mlops.lake.tags import tag
from weather_mlops.model.registry import Registry
from weather_mlops.monitoring import cleanup, cleanup_record
from weather_mlops.monitoring.cleanup import Cleanup
from weather_mlops.monitoring.cleanup_record import Removed
from weather_mlops.monitoring.retention import Keep

YEARS_LATER = NOW + timedelta(days=1000)
Clean = Callable[..., Removed]

pytestmark = pytest.mark.prepared(tables=empty_tables)


@pytest.fixture
def logs(tmp_path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def clean(store, catalog, logs) -> Clean:
    def cleaning(days: float = 1000, *, dry_run: bool = False, **keep: float) -> Removed:
        """Clean up as if some days had passed."""
        now = datetime.now(UTC) + timedelta(days=days)
        return Cleanup(store, catalog, logs, Keep(**keep), now, dry_run=dry_run).run()

    return cleaning


def put(store: ObjectStore, *keys: str) -> None:
    for key in keys:
        store.put(key, b"12345")


def keys(store: ObjectStore, prefix: str = "") -> set[str]:
    return {entry.key for entry in store.list(prefix)}


OLD = (
    "staging/data_collection_scheduled-1/collected.zip",
    "reports/monitoring/2026/01/02/0330.html",
    "reports/monitoring/2026/01/02/0330.json",
    "quality/validations/2026/01/02/0301_0.9_1.0_run.json",
    "quality/docs/2026/01/02/0301_0.9_1.0_run.html",
    "quality/docs/2026/01/02/03h_20260102T0312_0.9000_1.0000_run-ab12cd34.html",
    "quality/docs/2026/01/02/load_20260102T0312_0.9000_1.0000_run-ab12cd34.html",
    "quality/docs/2026/01/02/index.html",
    "calls/kma/2026-01-02/030000-abc-1",
)
NEVER = (
    "raw/kma/kma_sfctm3/2026/01/02/202601020300_202601020300_all_abc.txt.gz",
    "raw/kma/kma_sfctm3/2026/01/02/202601020300_202601020300_all_abc.json",
    "reports/monitoring/latest.html",
    "reports/monitoring/latest.json",
    "quality/docs/index.html",
    "quality/docs/calendar.json",
    "quality/docs/assets/data-docs-0123456789ab.css",
    "quality/rebuild/20260102T030405Z.txt",
    "forecasts/latest.json",
    "monitoring/alerts.json",
    "models/air_temperature/champion_notes.txt",
    "something/of/somebody/else.html",
)


def test_what_is_old_goes_and_what_must_stay_stays(store, clean):
    put(store, *OLD, *NEVER)
    done = clean()

    assert keys(store).isdisjoint(OLD)
    assert keys(store) >= set(NEVER)
    assert done.counts["reports"] == 2
    assert done.as_dict()["cleaned"]["staging"] == 1
    assert done.bytes["reports"] == 10
    assert done.failed == {}


def test_what_is_young_stays(store, clean):
    put(store, *OLD, *NEVER)
    clean(days=10)
    assert keys(store) >= {*OLD, *NEVER}


@pytest.mark.parametrize(
    ("keep", "gone"),
    [
        ({"reports_days": 5}, {OLD[1], OLD[2]}),
        ({"staging_days": 5}, {OLD[0]}),
        ({"calls_days": 5}, {OLD[-1]}),
    ],
)
def test_each_kind_has_a_time_of_its_own(store, clean, keep, gone):
    put(store, *OLD, *NEVER)
    clean(days=10, **keep)
    assert {*OLD, *NEVER} - keys(store) == gone


def test_a_run_that_still_writes_keeps_all_it_staged(store, catalog, logs, clean):
    put(store, "staging/load-1/a.zip", "staging/load-2/a.zip")
    entries = list(store.list("staging/"))
    assert cleanup._folders(store, "staging/", 1).keys() == {("load-1",), ("load-2",)}

    class Younger(ObjectStore):
        """One parcel of load-1 was written just now."""

        def list(self, prefix):
            for entry in super().list(prefix):
                yield entry._replace(modified=later) if entry.key == "staging/load-1/b.zip" else entry

    put(store, "staging/load-1/b.zip")
    later = entries[0].modified + timedelta(days=20)
    Cleanup(Younger(store.access), catalog, logs, Keep(), later).run()

    assert keys(store, "staging/") == {"staging/load-1/a.zip", "staging/load-1/b.zip"}


def version(store: ObjectStore, name: str, target: str = "air_temperature") -> Registry:
    registry = Registry(store, target)
    registry.finalize(name, {"lead_01.ubj": b"trees"}, NOTES)
    return registry


def decide(registry: Registry, kind: str, name: str, day: int) -> None:
    standing = registry.champion_or_none()
    at = datetime(2026, 1, day, tzinfo=UTC)
    decision = Decision(kind, name, standing.version if standing else None, at, f"run {day}", "because")
    (registry.record if kind == "refused" else registry.promote)(decision)


def six_models(catalog: Catalog, store: ObjectStore) -> None:
    """v1 was champion, v3 is, v4 was rolled back to; v2 and v5 were refused, v6 never decided about."""
    empty_tables(catalog, store)
    registry = Registry(store, "air_temperature")
    for number in range(1, 7):
        version(store, f"v{number}")
    for day, (kind, name) in enumerate(
        [("deployed", "v1"), ("refused", "v2"), ("rolled back", "v4"), ("deployed", "v3"), ("refused", "v5")],
        1,
    ):
        decide(registry, kind, name, day)


with_models = pytest.mark.prepared(tables=six_models)


@pytest.fixture
def models(store) -> Registry:
    return Registry(store, "air_temperature")


def versions(store: ObjectStore) -> set[str]:
    return {key.split("/")[3] for key in keys(store, "models/air_temperature/versions/")}


@with_models
def test_refused_models_go_and_no_model_that_is_or_was_champion(store, models, clean):
    done = clean()

    assert versions(store) == {"v1", "v3", "v4"}
    assert done.models == ["air_temperature/v2", "air_temperature/v5", "air_temperature/v6"]
    assert models.champion().version == "v3"
    assert len(models.decisions()) == 5
    assert models.load("v1").files == {"lead_01.ubj": b"trees"}
    assert models.rollback(None, at=NOW, by="test", reason="it still works", check=unchecked).version == "v1"


@with_models
def test_a_refused_model_is_kept_for_its_time(store, models, clean):
    clean(days=29)
    assert len(versions(store)) == 6


@with_models
def test_the_champion_stays_even_without_a_decision_on_record(store, models, clean):
    store.delete(*keys(store, "models/air_temperature/decisions/"))
    clean()
    assert "v3" in versions(store)


@with_models
@pytest.mark.parametrize("place", ["champion.json", "decisions/20260101T000000_x.json"])
def test_where_nobody_knows_who_was_champion_no_model_goes(store, models, clean, place):
    store.put(f"models/air_temperature/{place}", b"{")
    put(store, *OLD)
    done = clean()

    assert len(versions(store)) == 6
    assert isinstance(done.failed["models"], ModelUnusable)
    assert keys(store).isdisjoint(OLD)


@with_models
def test_killed_while_removing_a_model_it_is_removed_next_time(store, models, clean, killer):
    killer.seen, killer.at = 0, 2
    with pytest.raises(Killed):
        clean()
    killer.at = None
    assert not models.finalized("v2")
    assert models.load("v3")

    clean()
    assert versions(store) == {"v1", "v3", "v4"}


def snapshots(catalog) -> list[int]:
    return [s.snapshot_id for s in catalog.load_table("weather.observations").metadata.snapshots]


def commit(catalog, *hours: int) -> int:
    for hour in hours:
        time = datetime(2026, 5, 1, hour, tzinfo=UTC)
        publish(catalog, observations([90], [time]), run=str(hour))
    return catalog.load_table("weather.observations").current_snapshot().snapshot_id


def tags(catalog) -> set[str]:
    return set(catalog.load_table("weather.observations").metadata.refs) - {"main"}


@with_models
def test_old_states_go_except_those_of_stored_models(store, catalog, models, clean):
    for name, hour in (("v3", 1), ("v2", 2)):
        tag(catalog, OBSERVATIONS, commit(catalog, hour), f"model-{name}")
    champions = snapshots(catalog)[0]
    newest = commit(catalog, 3, 4)
    done = clean()

    assert tags(catalog) == {"model-v3"}
    assert set(snapshots(catalog)) == {champions, newest}
    assert done.counts["tags"] == 1
    table = catalog.load_table("weather.observations")
    assert table.scan(snapshot_id=champions).to_arrow().num_rows == 1
    assert table.scan().to_arrow().num_rows == 4


@with_models
def test_states_of_the_kma_s_archive_go_with_their_models(catalog, models, clean):
    for name, hours in (("v3", 3), ("v2", 6)):
        kma_forecasts.publish(catalog, issue(ISSUE + hours * HOUR), run=name, now=NOW)
        tag(catalog, KMA_FORECASTS, kma_forecasts.current_snapshot(catalog), f"model-{name}")
    clean()
    assert set(catalog.load_table("weather.kma_forecasts").metadata.refs) == {"main", "model-v3"}


def test_the_tag_of_a_training_that_goes_on_stays(catalog, clean):
    tag(catalog, OBSERVATIONS, commit(catalog, 1), "model-in-the-making")
    tag(catalog, OBSERVATIONS, commit(catalog, 2), "somebodys-own")
    clean(days=10)
    assert tags(catalog) == {"model-in-the-making", "somebodys-own"}
    clean(days=40)
    assert tags(catalog) == {"somebodys-own"}


def test_small_files_are_compacted_and_orphans_removed(store, catalog, clean, monkeypatch):
    monkeypatch.setattr(maintenance, "MONTH_FILES", 3)
    commit(catalog, 1, 2, 3)
    put(store, "warehouse/weather/observations/data/stray.parquet")
    first = clean(days=2)

    assert first.counts["months compacted"] == 1
    assert store.exists("warehouse/weather/observations/data/stray.parquet")
    clean(days=4)
    assert not store.exists("warehouse/weather/observations/data/stray.parquet")
    table = catalog.load_table("weather.observations")
    assert table.scan().to_arrow().num_rows == 3
    assert len(list(table.scan().plan_files())) == 1


@pytest.mark.prepared(tables=None)
def test_orphans_go_though_another_table_fails(access, connect_catalog, monkeypatch):
    inside = replace(access, prefix="team/weather/")
    catalog, store = connect_catalog(inside), ObjectStore(inside)
    commit(catalog, 1)
    for name in ("observations", "forecasts"):
        put(store, f"warehouse/weather/{name}/data/stray.parquet")
    real = orphan_files.orphans

    def orphans(catalog, definition, **more):
        if definition == OBSERVATIONS:
            raise TableNotRegistered("weather.observations: of another table")
        return real(catalog, definition, **more)

    monkeypatch.setattr(orphan_files, "orphans", orphans)
    done = Cleanup(store, catalog, Path("no-logs"), Keep(), NOW + timedelta(days=9)).run()

    assert set(done.failed) == {"table observations"}
    assert not store.exists("warehouse/weather/forecasts/data/stray.parquet")
    assert store.exists("warehouse/weather/observations/data/stray.parquet")


@with_models
def test_a_dry_run_counts_the_same_and_removes_nothing(store, catalog, logs, models, clean):
    put(store, *OLD, *NEVER)
    commit(catalog, 1, 2)
    old_file(logs / "dag_id=d" / "attempt=1.log")
    before, states = keys(store), snapshots(catalog)
    counted = clean(dry_run=True)

    assert keys(store) == before
    assert snapshots(catalog) == states
    assert (logs / "dag_id=d" / "attempt=1.log").exists()
    done = clean()
    assert counted.models == done.models
    kinds = set(done.counts) - {"orphan files"}  # there are more of them once states have expired
    assert {kind: counted.counts[kind] for kind in kinds} == {kind: done.counts[kind] for kind in kinds}


def old_file(file: Path, days: float = 0) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("a line\n")
    at = datetime.now(UTC).timestamp() - days * 86400
    os.utime(file, (at, at))
    return file


def test_old_log_files_go_and_nothing_else_that_lies_there(logs, tmp_path, clean):
    old = old_file(logs / "dag_id=d" / "run_id=r" / "task_id=t" / "attempt=1.log", 40)
    trigger = old_file(logs / "dag_id=d" / "attempt=1.log.trigger.7.log", 40)
    young = old_file(logs / "dag_id=d" / "attempt=2.log", 20)
    other = old_file(logs / "notes.txt", 400)
    outside = old_file(tmp_path / "precious.log", 400)
    (logs / "linked.log").symlink_to(outside)
    os.utime(logs / "linked.log", (0, 0), follow_symlinks=False)
    done = clean(days=0)

    assert done.counts["log files"] == 2
    assert not old.exists()
    assert not trigger.exists()
    assert young.exists()
    assert other.exists()
    assert outside.exists()
    clean(days=100)
    assert not young.parent.exists()


@pytest.mark.parametrize("keep", [{"quality_days": 7}, {"orphan_days": 0.5}, {"snapshot_days": 0}])
def test_times_that_would_remove_what_is_in_use_are_refused(keep):
    with pytest.raises(Misconfigured, match=next(iter(keep))):
        Keep(**keep)


def test_a_cleanup_is_recorded_and_a_damaged_record_ignored(store):
    assert cleanup_record.last_done(store) is None
    cleanup_record.record(store, Removed(), NOW)
    assert cleanup_record.last_done(store) == NOW
    store.put(cleanup_record.RECORD, b"{")
    assert cleanup_record.last_done(store) is None
