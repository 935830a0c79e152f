"""Tables rebuilt from raw: equal to the live ones, or different in the listed rows."""

import re
import threading
from datetime import date, timedelta
from uuid import uuid4

import pyarrow as pa
import pytest

from tests.ingest.conftest import *  # noqa: F403  the fixtures of a load
from tests.ingest.conftest import KEY, NOW, Loader, by_key, opened, some
from tests.lake.conftest import Saved, forecasts, new_bucket
from tests.lake.test_verification import figures
from weather_mlops.clock import HOUR
from weather_mlops.errors import ObjectDamaged
from weather_mlops.ingest import collection
from weather_mlops.ingest import rebuild as rebuilding
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.lake import file_io
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.filters import between
from weather_mlops.lake.forecasts import publish as publish_forecasts
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish_run
from weather_mlops.lake.schemas import FORECASTS, OBSERVATIONS
from weather_mlops.lake.staging import Staging
from weather_mlops.lake.verification import publish as publish_figures
from weather_mlops.lake.verification import read as read_figures
from weather_mlops.quality import audit

pytestmark = [pytest.mark.integration]
# Rebuilding goes over every month from the first to the last: over the turn of one month, then one without a
# row, then the one of the hourly runs.
FIRST = (NOW.replace(day=1) - timedelta(days=40)).date().replace(day=1)
LOAD = some(str(FIRST - timedelta(days=2)), str(FIRST + timedelta(days=1)), (108, 143))
RECENT = (NOW - timedelta(hours=40)).replace(minute=0, second=0, microsecond=0)


def collect(loader: Loader, runs: int, *faults: str, first: int = 0) -> None:
    """Hourly runs, as the pipeline does them."""
    with loader.api(*faults) as url:
        client = KmaClient(url, KEY, budget=UncountedCalls())
        for number in range(first, first + runs):
            staging = Staging(loader.store, f"hourly-{number}")
            window = collection.Window.ending(RECENT + number * HOUR, 3)
            batch = collection.fetch_window(client, loader.store, window, (108, 143, 159))
            collection.stage(loader.store, staging, batch)
            audit.audit_staged(staging, suites_dir=loader.suites_dir, audited_at=NOW)
            publish_run(loader.catalog, staging, RECENT + number * HOUR + timedelta(minutes=20))


@pytest.fixture(scope="module")
def saved(server, tmp_path_factory) -> Saved:
    """A load, hourly runs, and bad rows in both."""
    access, database = new_bucket(server), tmp_path_factory.mktemp("rebuild") / "catalog.db"
    with opened(ObjectStore(access), database) as loader:
        loader.load(LOAD, "garbage:call=1")
        collect(loader, 3, "conflicting-rows:call=2", "garbage:call=3")
    return Saved(loader.store, database)


@pytest.fixture
def filled(saved):
    """The saved tables, as if nobody had touched them since."""
    saved.restore()
    with opened(saved.store, saved.database) as loader:
        yield loader


def test_from_raw_comes_what_is_live(filled):
    result = filled.rebuild()

    assert result.differences == []
    assert result.counts.rows == len(filled.observations())
    assert filled.table("quarantine").num_rows > 0
    rebuilt = filled.catalog.load_table("weather_rebuilt.observations").scan().to_arrow()
    assert by_key(rebuilt.drop_columns(["raw_key"])) == filled.observations()


def damage(loader: Loader) -> None:
    """Lose the rows of a day and of one month's gaps, and spoil a value."""
    table = open_table(loader.catalog, OBSERVATIONS)
    rows = table.scan(row_filter=between(LOAD.begin, LOAD.begin + 11 * HOUR)).to_arrow()
    spoiled = rows.set_column(
        rows.schema.get_field_index("wind_speed_ms"),
        rows.schema.field("wind_speed_ms"),
        pa.array([99.0] * len(rows)),
    ).slice(0, 1)
    table.overwrite(spoiled, overwrite_filter=between(LOAD.begin, LOAD.begin + 11 * HOUR))


def test_differences_are_listed_and_nothing_else_is_done(filled):
    whole = filled.observations()
    damage(filled)
    damaged = filled.observations()
    result = filled.rebuild()

    kinds = [(d.live is None, d.rebuilt is None) for d in result.differences if d.table == "observations"]
    assert kinds.count((False, False)) == 1
    assert kinds.count((True, False)) == len(whole) - len(damaged)
    (spoiled,) = [d for d in result.differences if d.live and d.rebuilt]
    assert spoiled.live == {"wind_speed_ms": 99.0}
    assert "KST: live wind_speed_ms=99.0 | rebuilt wind_speed_ms=" in str(spoiled)
    assert filled.observations() == damaged


def test_a_swap_fixes_all_and_the_next_rebuild_finds_nothing(filled):
    whole, quarantine = filled.observations(), filled.table("quarantine").num_rows
    damage(filled)
    for name in ("quarantine", "gaps"):
        table = filled.catalog.load_table(f"weather.{name}")
        if table.scan().to_arrow().num_rows:
            table.delete()
    result = filled.rebuild(apply=True)

    assert result.applied >= 2
    assert filled.observations() == whole
    assert filled.table("quarantine").num_rows == quarantine
    assert filled.rebuild().differences == []


def data_files(loader: Loader, name: str) -> list[str]:
    """Keys of the files that hold a table's rows, the oldest month first, rows without a time last."""
    tasks = loader.catalog.load_table(f"weather.{name}").scan().plan_files()
    locations = sorted(task.file.file_path for task in tasks)
    return [location.removeprefix("s3://").partition("/")[2] for location in locations]


def test_lost_and_damaged_files_of_tables_are_replaced_from_raw(filled):
    whole, quarantine = filled.observations(), filled.table("quarantine").num_rows
    publish_forecasts(filled.catalog, forecasts([LOAD.begin]), run="forecast", now=NOW)
    publish_forecasts(filled.catalog, forecasts([RECENT]), run="forecast", now=NOW)
    issued = filled.table("forecasts").num_rows
    gone = data_files(filled, "observations")[0]
    filled.store.delete(gone)
    file_io._cache.__init__(file_io.CACHE)
    with pytest.raises(ObjectDamaged, match=rf"{gone} is missing.*`make rebuild .*`") as damaged:
        filled.rebuild()
    first, last = re.search(r"FROM=(\S+) TO=(\S+) APPLY=1", str(damaged.value)).groups()
    filled.rebuild(date.fromisoformat(first), date.fromisoformat(last), apply=True)
    assert filled.observations() == whole

    filled.store.put(data_files(filled, "forecasts")[0], b"PAR1")
    for key in data_files(filled, "quarantine"):  # unreadable lines among them, which belong to no month
        filled.store.put(key, b"")
    file_io._cache.__init__(file_io.CACHE)
    result = filled.rebuild(apply=True)
    lost = [difference for difference in result.differences if difference.key.endswith(".parquet")]
    assert {difference.table for difference in lost} == {"quarantine", "forecasts"}
    assert all(difference.live["rows"] > 0 for difference in lost)
    assert filled.table("quarantine").num_rows == quarantine
    assert filled.table("forecasts").num_rows == issued // 2  # raw doesn't have them
    assert filled.observations() == whole


def test_lost_figures_of_verification_are_named_and_removed(filled):
    day = LOAD.begin.date()
    publish_figures(filled.catalog, figures([day, day + timedelta(days=62)]), run="verify", now=NOW)
    filled.store.delete(data_files(filled, "verification")[0])
    file_io._cache.__init__(file_io.CACHE)
    with pytest.raises(ObjectDamaged, match=r"`make verify FROM=\S+ TO=\S+` computes") as damaged:
        read_figures(filled.catalog, first_day=day, last_day=day)
    first, last = re.search(r"FROM=(\S+) TO=(\S+) APPLY=1", str(damaged.value)).groups()
    filled.rebuild(date.fromisoformat(first), date.fromisoformat(last), apply=True)

    assert read_figures(filled.catalog, first_day=day, last_day=day).num_rows == 0
    assert filled.table("verification").num_rows == 4


def test_only_the_months_that_are_named_are_made(filled):
    damage(filled)
    result = filled.rebuild(FIRST + timedelta(days=4), FIRST + timedelta(days=5))

    assert result.months == 1
    assert result.differences == []


def test_a_month_written_to_during_a_rebuild_loses_nothing(filled, monkeypatch):
    month = rebuilding.ObservationRebuild.month
    done = threading.Event()

    def disturbed(self, *arguments):
        differences = month(self, *arguments)
        if not done.is_set():
            done.set()
            collect(filled, 2, first=10)
        return differences

    before = len(filled.observations())
    damage(filled)
    table = open_table(filled.catalog, OBSERVATIONS)
    table.delete(between(RECENT, RECENT))
    monkeypatch.setattr(rebuilding.ObservationRebuild, "month", disturbed)
    filled.rebuild(apply=True)

    assert len(filled.observations()) > before
    monkeypatch.undo()
    assert filled.rebuild().differences == []


def test_a_gap_of_a_failed_call_stays_though_raw_lacks_it(loader):
    with pytest.raises(Exception, match="requests are incomplete"):
        loader.load(LOAD, "500:call=1-2")
    gaps = loader.table("gaps").num_rows
    result = loader.rebuild(FIRST - timedelta(days=9), FIRST + timedelta(days=9), apply=True)

    assert result.differences == []
    assert loader.table("gaps").num_rows == gaps > 0


def test_of_nothing_comes_nothing(loader):
    left = f"warehouse/weather_rebuilt/gaps/metadata/00007-{uuid4()}.metadata.json"
    loader.store.put(left, b"of a rebuilding that the catalog knows nothing of any more")
    result = loader.rebuild()

    assert not loader.store.exists(left)

    assert (result.months, result.counts.rows, result.differences) == (0, 0, [])


def test_forecasts_stay_as_they_were_issued(filled):
    publish_forecasts(filled.catalog, forecasts([LOAD.begin]), run="forecast", now=NOW)
    issued = open_table(filled.catalog, FORECASTS).metadata
    damage(filled)
    filled.rebuild(apply=True)

    assert open_table(filled.catalog, FORECASTS).metadata == issued
    assert not filled.catalog.table_exists("weather_rebuilt.forecasts")
