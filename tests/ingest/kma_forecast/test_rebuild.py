"""The KMA's forecast rebuilt from raw: equal to the live table, or different where this one is wrong."""

import re
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.kma_forecast.conftest import ISSUE, OUT, STATIONS, STEP, Pipeline, simulator
from tests.ingest.kma_forecast.test_history import AFTER, fetch, load_of, publish
from tests.ingest.kma_forecast.test_importer import csv, issue, put
from tests.lake.conftest import Killed, Saved, new_bucket
from weather_mlops.errors import ObjectDamaged
from weather_mlops.ingest.importer import import_files
from weather_mlops.ingest.kma_forecast.archive import ForecastArchive
from weather_mlops.ingest.kma_forecast.rebuild import ForecastRebuild
from weather_mlops.ingest.rebuild import Rebuilt, rebuild
from weather_mlops.kma.forecast.cells import cells_of
from weather_mlops.lake import file_io, kma_forecast_gaps, kma_forecasts
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.filters import one_of
from weather_mlops.lake.kma_forecasts import newest_collected
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.settings import project_folder

pytestmark = [pytest.mark.integration]
SEOUL, BUSAN = 108, 159
LATER = ISSUE + STEP
PARTIAL = "forecast-partial:issue=2026120102"


def take_in(pipeline: Pipeline, *paths: Path, station: str = "") -> None:
    pipeline.kma.now += timedelta(minutes=1)
    import_files(
        paths, store=pipeline.store, catalog=pipeline.catalog, suites_dir=project_folder("expectations"),
        clock=lambda: pipeline.kma.now, station=station,
    )  # fmt: skip


def of_the_issue(*values: float, lead: int = 2) -> list[str]:
    """Lines of the portal with values of ISSUE; day and hour are UTC's."""
    return issue(list(values), day=30, hour="1700", leads=range(lead, lead + len(values)))


def again(pipeline: Pipeline, first=None, last=None, *, apply: bool = False) -> Rebuilt:
    return rebuild(
        first, last, store=pipeline.store, catalog=pipeline.catalog, apply=apply,
        suites_dir=project_folder("expectations"), clock=lambda: AFTER,
    )  # fmt: skip


def rows(pipeline: Pipeline, name: str = "weather.kma_forecasts") -> list[dict]:
    table = pipeline.catalog.load_table(name).scan().to_arrow()
    return table.sort_by(
        [("station_id", "ascending"), ("issued_at", "ascending"), ("valid_at", "ascending")]
    ).to_pylist()


@pytest.fixture(scope="module")
def saved(server, tmp_path_factory) -> Saved:
    """Runs of the collection, imports, and a load, over each other; the issues reach into December."""
    folder = tmp_path_factory.mktemp("rebuild")
    bucket = ObjectStore(new_bucket(server))
    catalog = open_catalog(bucket.access, type="sql", uri=f"sqlite:///{folder}/catalog.db")
    ensure_tables(catalog)
    with simulator() as kma:
        pipeline = Pipeline(kma, bucket, catalog)
        pipeline.cells = {**cells_of(STATIONS), SEOUL: cells_of([98])[98]}
        kma.now = ISSUE + OUT
        kma.fault(PARTIAL)
        pipeline.look(last=False)  # this run fetches twice before it publishes
        pipeline.whole(ISSUE, PARTIAL)
        pipeline.whole(LATER, "forecast-wrong-key@api_hub", PARTIAL)
        take_in(
            pipeline,
            put(folder, "97_74_TMP.csv", csv(*of_the_issue(1, 2, 85), "x", cell="97_74", start="20261101")),
            put(folder, "97_74_REH.csv", csv(*of_the_issue(50, 60, 70), cell="97_74", start="20261101")),
        )
        take_in(
            pipeline,
            put(folder, "102_83_T3H.csv", csv(*of_the_issue(7, lead=3), cell="102_83", start="20261101")),
            station="152",
        )
        kma.now = AFTER
        kma.fault()
        load = load_of(issues="02,14", cells="서울=59,75", variables="TMP,REH")
        fetch(pipeline, load)
        publish(pipeline, load)
    catalog.close()
    return Saved(bucket, folder / "catalog.db")


@pytest.fixture
def filled(saved, kma):
    """The saved tables, as if nobody had touched them since."""
    saved.restore()
    catalog = open_catalog(saved.store.access, type="sql", uri=f"sqlite:///{saved.database}")
    file_io._cache.__init__(file_io.CACHE)
    yield Pipeline(kma, saved.store, catalog)
    catalog.close()


def test_from_raw_come_the_forecasts_that_are_live(filled):
    result = again(filled)

    assert result.differences == []
    live, rebuilt = rows(filled), rows(filled, "weather_rebuilt.kma_forecasts")
    assert len(rebuilt) == result.counts.forecast_rows > 0
    names = [name for name in live[0] if name != "source"]
    assert [[row[name] for name in names] for row in rebuilt] == [
        [row[name] for name in names] for row in live
    ]
    assert {row["source"] for row in rebuilt} == {"api_hub", "data_go_kr", "portal", "grid"}
    assert {row["station_id"] for row in rebuilt} == {*STATIONS, 152}
    assert len({(row["cell_x"], row["cell_y"]) for row in rebuilt if row["station_id"] == SEOUL}) == 2
    refused = filled.table("kma_forecast_quarantine")["rule"].to_pylist()
    assert any("physical" in rule for rule in refused)
    assert any("unreadable" in rule for rule in refused)


def damage(pipeline: Pipeline) -> None:
    """Lose a station, spoil one hour of another, and lose the quarantine."""
    table = pipeline.catalog.load_table("weather.kma_forecasts")
    row_filter = one_of("station_id", [90, BUSAN])
    stored = table.scan(row_filter=one_of("station_id", [BUSAN])).to_arrow().to_pylist()
    next(row for row in stored if row["issued_at"] == ISSUE)["air_temperature_c"] = 39.0
    early = next(row for row in stored if row["issued_at"] == LATER)
    early["received_at"] = LATER
    note = {kma_forecasts.NEWEST_COLLECTED: LATER.isoformat()}
    table.overwrite(
        pa.Table.from_pylist(stored, schema=kma_forecasts.FORECAST_ROWS), overwrite_filter=row_filter,
        snapshot_properties=note,
    )  # fmt: skip
    pipeline.catalog.load_table("weather.kma_forecast_quarantine").delete()


def test_differences_of_forecasts_are_listed_by_issue(filled):
    damage(filled)
    result = again(filled)

    lost = [each for each in result.differences if each.table == "kma_forecasts" and each.live is None]
    assert {each.key for each in lost} == {
        f"station 90 issue 2026-12-01 {hour}:00 KST" for hour in ("02", "05", "14")
    }
    changed = [each for each in result.differences if each.live and each.rebuilt]
    assert {name for each in changed for name in each.live} == {"air_temperature_c", "received_at"}
    assert any("live air_temperature_c=39.0 | rebuilt air_temperature_c=" in str(each) for each in changed)
    assert [each.table for each in result.differences].count("kma_forecast_quarantine") >= 2


def test_a_swap_restores_forecasts_and_their_quarantine(filled):
    before, refused = rows(filled), filled.table("kma_forecast_quarantine").num_rows
    damage(filled)
    result = again(filled, apply=True)

    assert result.applied >= 2
    assert rows(filled) == before
    assert filled.table("kma_forecast_quarantine").num_rows == refused
    # What was missed since is still requested by the next run.
    assert newest_collected(filled.catalog) == LATER
    assert again(filled).differences == []


@pytest.mark.parametrize(("month", "content"), [("2026-11", None), ("2026-12", b"PAR1")])
def test_a_lost_file_of_forecasts_comes_back_by_its_command(filled, month, content):
    before = rows(filled)
    tasks = filled.catalog.load_table("weather.kma_forecasts").scan().plan_files()
    file = next(
        task.file.file_path for task in tasks if f"valid_at_month={month}" in task.file.file_path
    ).partition("warehouse/")[2]
    key = f"warehouse/{file}"
    filled.store.delete(key) if content is None else filled.store.put(key, content)
    file_io._cache.__init__(file_io.CACHE)
    with pytest.raises(ObjectDamaged, match=r"`make rebuild .*`") as damaged:
        kma_forecasts.read(filled.catalog, first_valid=ISSUE, last_valid=ISSUE + timedelta(days=9))
    assert file in str(damaged.value)
    assert "forecasts are lost" not in str(damaged.value)
    first, last = re.search(r"FROM=(\S+) TO=(\S+) APPLY=1", str(damaged.value)).groups()
    result = again(filled, date.fromisoformat(first), date.fromisoformat(last), apply=True)

    assert any(each.key.endswith(file) for each in result.differences)
    assert newest_collected(filled.catalog) == LATER
    # Where a run fetched an issue twice, raw has it since the first time.
    after = rows(filled)
    values = [name for name in before[0] if name not in {"source", "received_at"}]
    assert [[row[name] for name in values] for row in after] == [
        [row[name] for name in values] for row in before
    ]
    assert all(new["received_at"] <= old["received_at"] for old, new in zip(before, after, strict=True))


def test_gaps_follow_what_raw_has(filled):
    """Those of issues that raw has whole are closed; a lost register gets back what raw has a part of."""
    gap = {(station, LATER): "KmaUnavailable" for station in STATIONS}
    kma_forecast_gaps.record(filled.catalog, absent=gap, present=(), run="test", now=AFTER)
    again(filled, apply=True)
    assert not set(gap) & set(filled.gaps())
    before = filled.gaps()
    assert before
    filled.catalog.load_table("weather.kma_forecast_gaps").delete()
    again(filled, apply=True)

    assert filled.gaps() == before


def test_a_run_during_a_rebuild_loses_no_forecast(filled, monkeypatch):
    rebuilt, runs = ForecastRebuild.month, []

    def disturbed(self, month, counts):
        differences = rebuilt(self, month, counts)
        if month.month == 12 and not runs:
            runs.append(filled.whole(LATER + STEP))
        return differences

    damage(filled)
    monkeypatch.setattr(ForecastRebuild, "month", disturbed)
    again(filled, apply=True)
    monkeypatch.undo()

    issued = {(row["station_id"], row["issued_at"]) for row in rows(filled)}
    assert {(station, LATER + STEP) for station in STATIONS} <= issued
    assert {(90, ISSUE), (90, LATER)} <= issued
    assert again(filled).differences == []


def test_a_file_whose_import_was_killed_is_not_lost(pipeline, tmp_path, monkeypatch):
    def killed(*_, **__):
        raise Killed

    path = put(tmp_path, "97_74_TMP.csv", csv(*of_the_issue(1, 2, 3), cell="97_74", start="20261101"))
    monkeypatch.setattr(ForecastArchive, "publish", killed)
    with pytest.raises(Killed):
        take_in(pipeline, path)
    monkeypatch.undo()
    assert rows(pipeline) == []
    again(pipeline, apply=True)

    assert [row["air_temperature_c"] for row in rows(pipeline)] == [1.0, 2.0, 3.0]
    take_in(pipeline, path)
    assert again(pipeline).differences == []


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["TMP", "REH", "T3H"]), st.sampled_from([1, 2, 85])), min_size=2, max_size=4
    )
)
def test_in_any_order_of_imports_raw_gives_the_live_rows(server, tmp_path_factory, kma, imports):
    folder = tmp_path_factory.mktemp("imports")
    bucket = ObjectStore(new_bucket(server))
    catalog = open_catalog(bucket.access, type="sql", uri=f"sqlite:///{folder}/catalog.db")
    ensure_tables(catalog)
    pipeline = Pipeline(kma, bucket, catalog)
    kma.now = AFTER
    for category, value in imports:
        lines = csv(*of_the_issue(value, value), cell="97_74", start="20261101")
        take_in(pipeline, put(folder, f"{value}_{category}.csv", lines))
    result = again(pipeline)
    catalog.close()

    assert result.differences == []


def test_of_a_month_without_forecasts_nothing_is_rebuilt(filled):
    before = filled.catalog.load_table("weather.kma_forecasts").metadata_location
    result = again(filled, date(2026, 9, 5), date(2026, 10, 5), apply=True)

    assert (result.months, result.counts.forecast_rows, result.applied) == (0, 0, 0)
    assert filled.catalog.load_table("weather.kma_forecasts").metadata_location == before


def test_what_is_rebuilt_was_never_known_earlier_than_live(filled):
    """A run that was published late says so, though raw has its answer earlier."""
    table = filled.catalog.load_table("weather.kma_forecasts")
    live = table.scan(row_filter=one_of("station_id", [90])).to_arrow()
    late = pc.add(live["received_at"], pa.scalar(timedelta(hours=7), pa.duration("us")))
    live = live.set_column(live.schema.get_field_index("received_at"), live.schema.field("received_at"), late)
    table.overwrite(live, overwrite_filter=one_of("station_id", [90]))
    before = rows(filled)

    assert again(filled, apply=True).differences == []
    assert rows(filled) == before
