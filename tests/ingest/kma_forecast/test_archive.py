"""A batch of a load or an import that is interrupted or published by two at once: nothing lost or doubled."""

import threading
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tests.ingest.kma_forecast.conftest import access, connect_catalog, proxy, server, store  # noqa: F401
from tests.kma_forecasts import ISSUE, row, table
from tests.lake.conftest import Killed
from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from weather_mlops.errors import StorageUnavailable
from weather_mlops.ingest.kma_forecast.archive import ForecastArchive
from weather_mlops.kma.forecast.issues import valid_times
from weather_mlops.lake import kma_forecast_gaps, kma_forecasts
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.kma_archive_raw import read_batches
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.settings import project_folder

pytestmark = [pytest.mark.integration]
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOURS = len(valid_times(ISSUE))
KEY = "raw/kma/imported_forecasts/a.txt.gz"


def archive(store: ObjectStore, catalog) -> ForecastArchive:  # noqa: F811  the fixture's name
    return ForecastArchive(store, catalog, project_folder("expectations"), lambda: NOW)


def rows_of(stations, issued: datetime = ISSUE) -> list[dict]:
    leads = [(valid - issued) // timedelta(hours=1) for valid in valid_times(issued)]
    return [row(station, issued, lead, source="portal") for station in stations for lead in leads]


def batch_of(of: ForecastArchive, stations=(90, 108), key: str = KEY):
    """An audited batch, of whose rows one is refused."""
    rows = rows_of(stations)
    rows[3]["air_temperature_c"] = 85.0
    audited = kma_forecasts.as_archive(table(rows)).append_column("raw_key", pa.repeat(key, len(rows)))
    result = of.audit(audited, run="load")
    return result, of.batch("portal", [key], result)


def keys(catalog) -> list[tuple]:
    stored = catalog.load_table("weather.kma_forecasts").scan().to_arrow()
    names = ("station_id", "issued_at", "valid_at")
    return sorted(zip(*(stored[name].to_pylist() for name in names), strict=True))


@pytest.mark.parametrize("error", [Killed, StorageUnavailable])
def test_a_load_interrupted_at_any_write_loses_nothing(store, connect_catalog, monkeypatch, error):  # noqa: F811
    catalog = connect_catalog()
    ensure_tables(catalog)
    gaps = {(station, ISSUE): "missing" for station in (90, 108)}
    kma_forecast_gaps.record(catalog, absent=gaps, present=(), run="test", now=ISSUE)
    load = archive(store, catalog)
    result, batch = batch_of(load)
    real, writes, failing = ObjectStore.put, [], 0

    def put(self, key, *more, **others):
        writes.append(key)
        if len(writes) == failing:
            raise error("S3 doesn't answer")
        return real(self, key, *more, **others)

    monkeypatch.setattr(ObjectStore, "put", put)
    while True:
        failing += 1
        writes.clear()
        try:
            load.publish(result, batch, run="load")
        except error:
            # Whoever rebuilds or reads now is not misled.
            assert bool(read_batches(store)) or not keys(catalog)
            assert kma_forecast_gaps.count_open(catalog) in ({2} if not keys(catalog) else {0, 2})
        else:
            break

    assert failing > 5
    assert len(keys(catalog)) == len(set(keys(catalog))) == 2 * HOURS - 1
    assert catalog.load_table("weather.kma_forecast_quarantine").scan().to_arrow().num_rows == 1
    assert kma_forecast_gaps.count_open(catalog) == 0


def test_loads_and_a_run_at_once_lose_and_double_nothing(store, connect_catalog):  # noqa: F811
    ensure_tables(connect_catalog())
    loads = [archive(store, connect_catalog()) for _ in range(2)]
    stations, raw_keys = [(90, 108), (108, 159)], [KEY, f"{KEY}.2"]
    batches = [batch_of(*each) for each in zip(loads, stations, raw_keys, strict=True)]
    hourly = table(rows_of((90, 108, 159), ISSUE + timedelta(hours=3)))
    failures = []

    def write(work) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  reported by the test
            failures.append(error)

    work = [
        lambda load=load, of=of: load.publish(*of, run="load")
        for load, of in zip(loads, batches, strict=True)
    ]
    work.append(lambda: kma_forecasts.publish(connect_catalog(), hourly, run="hourly", now=NOW))
    writers = [threading.Thread(target=write, args=[each]) for each in work]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert not failures
    catalog = connect_catalog()
    stored = keys(catalog)
    # The refused hour of the second load is one that the first one has.
    assert len(stored) == len(set(stored)) == 3 * HOURS - 1 + hourly.num_rows
    assert catalog.load_table("weather.kma_forecast_quarantine").scan().to_arrow().num_rows == 2
    assert len(read_batches(store)) == 2
