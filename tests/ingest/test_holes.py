"""A load that ends before the first collection begins: the hours between heal by the next hourly run."""

from datetime import timedelta

import pytest

from tests.ingest.conftest import KEY, NOW, STATIONS, some
from weather_mlops.clock import HOUR, KST
from weather_mlops.ingest import collection
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.lake import gaps
from weather_mlops.lake.gap_calls import plan_calls
from weather_mlops.lake.health import newest_hour
from weather_mlops.lake.publish import publish_run
from weather_mlops.lake.staging import Staging
from weather_mlops.quality import audit

pytestmark = [pytest.mark.integration]
LAST = NOW.replace(minute=0, second=0, microsecond=0) - 2 * HOUR
TODAY = NOW.astimezone(KST).date()
LOAD = some(str(TODAY - timedelta(days=5)), str(TODAY - timedelta(days=2)))


def collect(loader, number: int) -> dict:
    """An hourly run, as the pipeline does it; more than an hour after the load."""
    now = NOW + number * HOUR
    with loader.api() as url:
        client = KmaClient(url, KEY, budget=UncountedCalls())
        staging = Staging(loader.store, f"hourly-{number}")
        window = collection.Window.ending(LAST + number * HOUR, 3, newest_hour(loader.catalog))
        batch = collection.fetch_published(client, loader.store, window, STATIONS, share=0.95, last=True)
        due = gaps.due(gaps.load(loader.catalog, now), now, before=window.begin)
        collection.fetch_gaps(client, loader.store, batch, plan_calls(due, 10))
        collection.stage(loader.store, staging, batch)
        audit.audit_staged(staging, suites_dir=loader.suites_dir, audited_at=NOW)
        return publish_run(loader.catalog, staging, now).as_dict()


def test_hours_between_load_and_first_collection_heal_by_a_run(loader):
    collect(loader, 0)
    summary = loader.load(LOAD)
    between = (LAST - 2 * HOUR - LOAD.end) // HOUR - 1
    open_now = gaps.load(loader.catalog)

    assert between >= 20  # in the first hour of a Korean day; 21 to 43 later
    assert open_now["reason"].to_pylist().count(gaps.NOT_REQUESTED) == between * len(STATIONS)
    assert summary["gaps_opened"] == open_now.num_rows

    collect(loader, 1)
    rows = {(row["station_id"], row["observed_at"]) for row in loader.observations()}
    requested = {(row["station_id"], row["observed_at"]) for row in gaps.load(loader.catalog).to_pylist()}
    hours = [LOAD.begin + number * HOUR for number in range((LAST + HOUR - LOAD.begin) // HOUR + 1)]
    assert rows | requested == {(station, hour) for station in STATIONS for hour in hours}
    assert len(rows) > 0.9 * len(hours) * len(STATIONS)
    assert set(gaps.load(loader.catalog)["reason"].to_pylist()) <= {gaps.MISSING}

    assert loader.rebuild().differences == []
