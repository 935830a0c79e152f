"""Verification of 97 stations at 48 leads: the hourly run, and a month of an imported archive.

Usage: .venv/bin/python benchmarks/verification.py [--days 40]

On the embedded S3 server, with a catalog in SQLite: hourly observations, eight issues of the KMA a day, and a
forecast of ours every hour for 48 hours, all with random values. Each measurement runs in a process of its
own, with nothing in memory before, as a task does. Printed, the hourly run with its limit:

- The hourly run: three days verified again, of which the newest has changed. The median of several hours.
- The same hour again, which changes nothing.
- What the pages show, pooled from a year of figures. The median of several runs.
- A month verified for the first time, and the peak memory of that process.
"""

import argparse
import statistics
import sys
import tempfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.catalog import server
from benchmarks.kma_forecasts import FIRST, HOUR, STATIONS, TEMPERATURE, issue_rows
from benchmarks.own_process import cost_of
from weather_mlops.documents.verification_windows import KEY, WINDOWS_DAYS
from weather_mlops.kma.forecast.issues import issues_between
from weather_mlops.lake import forecasts, kma_forecasts, verification
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.forecasts import rows_of
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish as publish_observations
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import OBSERVATIONS_SCHEMA, UTC_TIME
from weather_mlops.verification import windows
from weather_mlops.verification.days import TARGET
from weather_mlops.verification.run import verify_days, verify_recent

HOURLY_LIMIT_S: Final = 5
POOLING_LIMIT_S: Final = 1
HOURS: Final = 5  # hourly runs that are measured
OUR_LEADS: Final = 48
VERIFIED_DAYS: Final = 3
LOADED_DAYS: Final = 10


def opened(access: S3Access, uri: str) -> Catalog:
    """The catalog of the tables."""
    return open_catalog(access, type="sql", uri=uri)


def times(moments: list[datetime]) -> pa.Array:
    """Times of a column."""
    return pa.array(moments, UTC_TIME)


def observations(first: datetime, count: int) -> pa.Table:
    """Every station at each of some hours."""
    size = count * len(STATIONS)
    columns = {
        "station_id": pa.array(np.repeat(np.array(STATIONS, np.int32), count)),
        "observed_at": times([first + hour * HOUR for hour in range(count)] * len(STATIONS)),
        TEMPERATURE: pa.array(np.random.default_rng(1).normal(10, 8, size).round(1)),
        "raw_key": pa.repeat(pa.scalar("raw"), size),
    }
    arrays = [columns.get(each.name, pa.nulls(size, each.type)) for each in OBSERVATIONS_SCHEMA]
    return pa.table([array.cast(each.type) for array, each in zip(arrays, OBSERVATIONS_SCHEMA, strict=True)],
                    schema=OBSERVATIONS_SCHEMA)  # fmt: skip


def our_forecasts(first: datetime, count: int) -> pa.Table:
    """A forecast of every station at each of some hours."""
    size = count * len(STATIONS) * OUR_LEADS
    issued = [first + hour * HOUR for hour in range(count) for _ in range(OUR_LEADS)]
    leads = np.tile(np.arange(1, OUR_LEADS + 1, dtype=np.int32), count)
    valid = [time + int(lead) * HOUR for time, lead in zip(issued, leads, strict=True)]
    median = np.random.default_rng(2).normal(10, 8, size).round(3)
    columns = {
        "issued_at": times(issued * len(STATIONS)),
        "station_id": pa.array(np.repeat(np.array(STATIONS, np.int32), count * OUR_LEADS)),
        "target": pa.repeat(pa.scalar(TARGET), size),
        "valid_at": times(valid * len(STATIONS)),
        "lead_hours": pa.array(np.tile(leads, len(STATIONS))),
        **{name: pa.array(median + shift) for name, shift in (("p10", -1), ("p50", 0), ("p90", 1))},
        "model_version": pa.repeat(pa.scalar("v1"), size),
    }
    return rows_of(columns)


def fill(catalog: Catalog, first: datetime, days: int) -> None:
    """Write observations and both forecasts of a period."""
    ensure_tables(catalog)
    for begin in range(0, days, LOADED_DAYS):
        start = first + timedelta(days=begin)
        end = first + timedelta(days=min(begin + LOADED_DAYS, days))
        count = (end - start) // HOUR
        publish_observations(catalog, observations(start, count), run="observed")
        forecasts.publish(catalog, our_forecasts(start, count), run="ours", now=end)
        issues = pa.concat_tables(issue_rows(each) for each in issues_between(start, end - HOUR))
        kma_forecasts.publish(catalog, issues, run="issues", now=end)


def recent(access: S3Access, uri: str, now: datetime) -> tuple[int, int]:
    """The hourly run: figures, days changed."""
    summary = verify_recent(opened(access, uri), VERIFIED_DAYS, run="hourly", now=now)
    return summary["figures"], len(summary["days_changed"])


def period(access: S3Access, uri: str, now: datetime, first: date, last: date) -> tuple[int, int]:
    """A verification of old days: figures, days changed."""
    summary = verify_days(opened(access, uri), first, last, run="verify", now=now)
    return summary["figures"], len(summary["days_changed"])


def year(catalog: Catalog, last: date) -> int:
    """Write a year of figures as this many days' hourly runs would; the number of rows."""
    first = last - timedelta(days=max(WINDOWS_DAYS) - 1)
    of_month = verification.read(catalog, first_day=last - timedelta(days=29), last_day=last, variable=None)
    newest = of_month.filter(pc.equal(of_month["day"], pc.max(of_month["day"])))
    written = 0
    for months in range(12):
        begin = first + timedelta(days=30 * months)
        days = [begin + timedelta(days=each) for each in range(30) if begin + timedelta(days=each) <= last]
        rows = pa.concat_tables(
            newest.set_column(0, newest.schema.field(0), pa.array([day] * newest.num_rows, pa.date32()))
            for day in days
        )
        verification.publish(catalog, rows, run=str(months), now=datetime.combine(last, time(), UTC))
        written += rows.num_rows
    return written


def pooling(access: S3Access, uri: str, now: datetime) -> None:
    """What the hourly run publishes for the pages."""
    windows.publish(opened(access, uri), ObjectStore(access), now)


def main() -> None:
    """Fill, verify, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=40, help="length of the history, at least 35")
    options = parser.parse_args()
    end = FIRST + timedelta(days=options.days)
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access:
        uri = f"sqlite:///{name}/catalog.db"
        ObjectStore(access).ensure_bucket()
        fill(opened(access, uri), FIRST, options.days)
        first = date(2025, 1, 4)
        old = cost_of(period, access, uri, end, first, first + timedelta(days=30))
        print(
            f"31 days for the first time: {old.result[0]:,} figures in {old.seconds:.1f} s, memory "
            f"{old.peak_mb:.0f} MB"
        )
        recent(access, uri, end)
        seconds = []
        for hour in range(HOURS):
            now = end + hour * HOUR
            publish_observations(opened(access, uri), observations(now, 1), run=now.isoformat())
            cost = cost_of(recent, access, uri, now)
            figures, changed = cost.result
            seconds.append(cost.seconds)
            print(
                f"an hour: {figures:,} figures, {changed} days changed, {cost.seconds:.2f} s, memory "
                f"{cost.peak_mb:.0f} MB"
            )
        typical = statistics.median(seconds)
        verdict = "within" if typical <= HOURLY_LIMIT_S else "OVER"
        print(f"hourly run: {typical:.2f} s (median), limit {HOURLY_LIMIT_S} s: {verdict} the limit")
        again = cost_of(recent, access, uri, end + HOURS * HOUR)
        print(f"the same hour again: {again.result[1]} days changed, {again.seconds:.2f} s")
        last = verification.newest_verified(opened(access, uri))
        rows = year(opened(access, uri), last)
        costs = [cost_of(pooling, access, uri, end) for _ in range(HOURS)]
        typical = statistics.median(cost.seconds for cost in costs)
        size = len(ObjectStore(access).get(KEY)) / 1e3
        memory = max(cost.peak_mb for cost in costs)
        verdict = "within" if typical <= POOLING_LIMIT_S else "OVER"
        print(
            f"a year of figures pooled, {rows:,} rows: {typical:.2f} s (median), memory {memory:.0f} MB, "
            f"{size:.0f} kB, limit {POOLING_LIMIT_S} s: {verdict} the limit"
        )


if __name__ == "__main__":
    main()
