"""The tables made anew from raw: equal to the live ones, or different where it is said."""

import threading
from datetime import timedelta

import pyarrow as pa
import pytest

from tests.history.conftest import *  # noqa: F403  the fixtures of a load
from tests.history.conftest import KEY, NOW, Loader, by_key, some
from tests.lake.conftest import Saved, forecasts, new_bucket
from weather_mlops import collection
from weather_mlops import rebuild as rebuilding
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.kma.endpoints import HOUR
from weather_mlops.lake.catalog import open_catalog, open_table
from weather_mlops.lake.forecasts import publish as publish_forecasts
from weather_mlops.lake.publish import publish_run
from weather_mlops.lake.rows import between
from weather_mlops.lake.schemas import FORECASTS, OBSERVATIONS
from weather_mlops.lake.staging import Staging
from weather_mlops.lake.store import ObjectStore
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
    catalog = open_catalog(access, type="sql", uri=f"sqlite:///{database}")
    loader = Loader(ObjectStore(access), catalog)
    loader.load(LOAD, "garbage:call=1")
    collect(loader, 4, "conflicting-rows:call=2", "garbage:call=3")
    catalog.close()
    return Saved(loader.store, database)


@pytest.fixture
def filled(saved):
    """What was saved, as if nobody had touched it since."""
    saved.restore()
    catalog = open_catalog(saved.store.access, type="sql", uri=f"sqlite:///{saved.database}")
    yield Loader(saved.store, catalog)
    catalog.close()


def test_from_raw_comes_what_is_live(filled):
    told = filled.rebuild()

    assert told.differences == []
    assert told.rows == len(filled.observations())
    assert filled.table("quarantine").num_rows > 0
    made = filled.catalog.load_table("weather_rebuilt.observations").scan().to_arrow()
    assert by_key(made.drop_columns(["raw_key"])) == filled.observations()


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


def test_differences_are_listed_and_nothing_is_touched_without_being_asked(filled):
    whole = filled.observations()
    damage(filled)
    damaged = filled.observations()
    told = filled.rebuild()

    kinds = [(d.live is None, d.rebuilt is None) for d in told.differences if d.table == "observations"]
    assert kinds.count((False, False)) == 1
    assert kinds.count((True, False)) == len(whole) - len(damaged)
    (spoiled,) = [d for d in told.differences if d.live and d.rebuilt]
    assert spoiled.live == {"wind_speed_ms": 99.0}
    assert "KST: live wind_speed_ms=99.0 | rebuilt wind_speed_ms=" in str(spoiled)
    assert filled.observations() == damaged


def test_a_swap_mends_all_of_it_and_the_next_rebuilding_finds_nothing(filled):
    whole, quarantine = filled.observations(), filled.table("quarantine").num_rows
    damage(filled)
    for name in ("quarantine", "gaps"):
        table = filled.catalog.load_table(f"weather.{name}")
        if table.scan().to_arrow().num_rows:
            table.delete()
    told = filled.rebuild(apply=True)

    assert told.applied >= 2
    assert filled.observations() == whole
    assert filled.table("quarantine").num_rows == quarantine
    assert filled.rebuild().differences == []


def test_only_the_months_that_are_named_are_made(filled):
    damage(filled)
    told = filled.rebuild(FIRST + timedelta(days=4), FIRST + timedelta(days=5))

    assert told.months == 1
    assert told.differences == []


def test_a_month_that_was_written_to_in_the_meantime_is_made_anew_and_loses_nothing(filled, monkeypatch):
    month = rebuilding._Work.month
    done = threading.Event()

    def disturbed(self, *arguments):
        found = month(self, *arguments)
        if not done.is_set():
            done.set()
            collect(filled, 2, first=10)
        return found

    before = len(filled.observations())
    damage(filled)
    table = open_table(filled.catalog, OBSERVATIONS)
    table.delete(between(RECENT, RECENT))
    monkeypatch.setattr(rebuilding._Work, "month", disturbed)
    filled.rebuild(apply=True)

    assert len(filled.observations()) > before
    monkeypatch.undo()
    assert filled.rebuild().differences == []


def test_a_gap_of_a_call_that_failed_stays_though_raw_knows_nothing_of_it(loader):
    with pytest.raises(Exception, match="not complete"):
        loader.load(LOAD, "500:call=1-2")
    gaps = loader.table("gaps").num_rows
    told = loader.rebuild(FIRST - timedelta(days=9), FIRST + timedelta(days=9), apply=True)

    assert told.differences == []
    assert loader.table("gaps").num_rows == gaps > 0


def test_of_nothing_comes_nothing(loader):
    told = loader.rebuild()

    assert (told.months, told.rows, told.differences) == (0, 0, [])


def test_forecasts_stay_as_they_were_said(filled):
    publish_forecasts(filled.catalog, forecasts([LOAD.begin]), run="forecast", now=NOW)
    said = open_table(filled.catalog, FORECASTS).metadata
    damage(filled)
    filled.rebuild(apply=True)

    assert open_table(filled.catalog, FORECASTS).metadata == said
    assert not filled.catalog.table_exists("weather_rebuilt.forecasts")
