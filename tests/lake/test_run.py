"""A whole run through the lake: killed anywhere and run again it ends the same; and it makes few requests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pyarrow as pa
import pytest

from weather_mlops.kma.client import Response
from weather_mlops.lake import file_io, gaps, health, raw
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish, publish_run
from weather_mlops.lake.quota import DailyCalls
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import KEY, QUARANTINE_SCHEMA
from weather_mlops.lake.staging import Staging

from .conftest import NOW, Killed, Saved, empty_tables, hours, observations

STATIONS = [90, 95, 98]


def stage(store, run: str) -> Staging:
    """Two hours: one station corrected, one refused, one new hour for the others."""
    staging = Staging(store, run)
    keys = observations(STATIONS, hours(2)).select(KEY)
    parts = [observations([90], hours(2), seed=1), observations([95], hours(2))]
    refused = {"station_id": 98, "observed_at": NOW, "rule": "r", "value": "v", "raw_key": "raw/a", "line": 1}
    tables = {
        "expected": keys.append_column("origin", pa.array(["window"] * keys.num_rows)),
        "accepted": pa.concat_tables(parts),
        "quarantined": pa.Table.from_pylist([refused], schema=QUARANTINE_SCHEMA),
    }
    staging.write("audited", tables, {"score": {"overall": 0.9}, "counts": {"copies": 0, "quarantined": 1}})
    return staging


def state(catalog) -> dict[str, list]:
    """All rows of all tables, but the times at which they were written."""
    times = {"quarantined_at", "first_seen", "last_tried", "closed_at"}
    stored = {}
    for name in ("observations", "quarantine", "gaps"):
        rows = catalog.load_table(f"weather.{name}").scan().to_arrow().to_pylist()
        columns = [{column: value for column, value in row.items() if column not in times} for row in rows]
        stored[name] = sorted(columns, key=lambda row: (row["station_id"], row["observed_at"]))
    return stored


def test_a_run_killed_at_any_write_and_rerun_ends_the_same(access, store, tmp_path, killer):
    database = tmp_path / "catalog.db"

    def opened():
        return open_catalog(access, type="sql", uri=f"sqlite:///{database}")

    catalog, staging = opened(), stage(store, "run")
    ensure_tables(catalog)
    publish(catalog, observations(STATIONS, hours(2)[:1]), run="before")
    catalog.close()
    prepared = Saved(store, database)

    catalog, killer.seen = opened(), 0
    result = publish_run(catalog, staging, NOW)
    writes, expected = killer.seen, state(catalog)
    catalog.close()
    assert (result.published.inserted, result.published.corrected) == (2, 1)
    assert (result.quarantine_added, result.gaps.opened) == (1, 1)
    assert writes > 10

    for killed_at in range(1, writes + 1):
        prepared.restore()
        catalog = opened()
        killer.seen, killer.at = 0, killed_at
        with pytest.raises(Killed):
            publish_run(catalog, staging, NOW)
        killer.at = None
        publish_run(catalog, staging, NOW + timedelta(minutes=1))
        assert state(catalog) == expected, f"killed at write {killed_at}"
        catalog.close()


def as_a_new_process(monkeypatch) -> None:
    monkeypatch.setattr(file_io, "_cache", file_io._Cache(file_io.CACHE))


@pytest.mark.prepared(tables=empty_tables)
def test_an_hourly_run_makes_few_requests(access, connect_catalog, proxy, monkeypatch, tmp_path):
    """Each task as a process of its own, after some hours of runs."""
    stations, bodies = range(90, 100), count()
    counted = replace(access, endpoint_url=proxy.url)
    runs = count()

    def task(work, by: S3Access) -> int:
        as_a_new_process(monkeypatch)
        before = len(proxy.requests)
        work(connect_catalog(by), ObjectStore(by))
        return len(proxy.requests) - before

    def hourly(last: datetime, present, by: S3Access = counted) -> list[int]:
        run = f"run-{next(runs)}"
        window = hours(3, last)
        rows = observations(present, window)

        def collect(catalog, store):
            DailyCalls(store, 20_000, lambda: last).take()
            health.newest_hour(catalog)
            gaps.load(catalog, last)
            response = Response(
                "kma_sfctm3", {"tm1": "202401010000"}, "url", 200, last, str(next(bodies)).encode()
            )
            raw.put_response(store, response, 3)
            keys = observations(stations, window).select(KEY)
            expected = keys.append_column("origin", pa.array(["window"] * keys.num_rows))
            tables = {"expected": expected, "rows": rows, "rejected": rows.slice(0, 0)}
            Staging(store, run).write("collected", tables)

        def audit(_, store):
            staging = Staging(store, run)
            expected = staging.read("collected").tables["expected"]
            tables = {"accepted": rows, "quarantined": QUARANTINE_SCHEMA.empty_table(), "expected": expected}
            notes = {"score": {"overall": 0.9}, "counts": {"copies": 0, "quarantined": 0}}
            staging.write("audited", tables, notes)

        def update(catalog, store):
            publish_run(catalog, Staging(store, run), last)

        def check(catalog, store):
            assert health.read_back(catalog, Staging(store, run), last).lost == 0

        return [task(work, by) for work in (collect, audit, update, check)]

    begin = datetime(2024, 5, 10, tzinfo=UTC)
    for hour in range(6):
        hourly(begin + timedelta(hours=hour), stations[:-1] if hour == 2 else stations, access)
    complete = hourly(begin + timedelta(hours=6), stations)
    with_gap = hourly(begin + timedelta(hours=7), stations[:-1])

    # collect, audit (without Data Docs), update, check
    assert complete == [8, 2, 12, 8]
    assert with_gap == [8, 2, 21, 8]
