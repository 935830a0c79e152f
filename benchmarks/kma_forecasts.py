"""The table of the KMA's forecast over a year: writing it, one more issue, and the leak-safe join.

Usage: .venv/bin/python benchmarks/kma_forecasts.py [--days 365] [--issues 24]

On the embedded S3 server, with a catalog in SQLite. Issues are those of 2025, eight a day, of 97 stations,
with the hours that the KMA gives them: 24 million rows a year. Printed, each with its limit and the ratio:

- Loading the year in commits of LOADED_DAYS days, and the peak memory of this process.
- One more issue, committed by itself: the median after the year against the one after LOADED_DAYS days. With
  nothing in memory before, as in a task of its own; commits with maintenance are counted apart.
- The join: temperatures of a month as they were known at each hour, for 48 hours ahead, of all stations; with
  what reading them takes. Then the same by SQL for a single station, for comparison.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.catalog import server, set_clock
from weather_mlops.kma.forecast.issues import issues_between, valid_times
from weather_mlops.kma.forecast.rows import FORECAST_ROWS, rows
from weather_mlops.lake import file_io
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.kma_forecasts import publish, read
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.query import connect
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.stations import load_stations
from weather_mlops.verification.official import LONGEST_STEP_H, known_at

HOUR: Final = timedelta(hours=1)
FIRST: Final = datetime(2025, 1, 1, tzinfo=UTC)
STATIONS: Final = [station.id for station in load_stations()]
LOADED_DAYS: Final = 10
LEADS: Final = range(1, 49)
TEMPERATURE: Final = "air_temperature_c"
LOAD_LIMIT_S, MEMORY_LIMIT_MB, JOIN_LIMIT_S, FLAT_LIMIT = 600, 2000, 10, 1.5
PAST_JOINS: Final = 2  # of which the faster one counts: the first one fills caches of the machine


@dataclass(frozen=True)
class Commit:
    """One issue published by itself."""

    seconds: float
    has_maintenance: bool


def issue_rows(issued_at: datetime) -> pa.Table:
    """One issue of all stations; the same each time."""
    random = np.random.default_rng(int(issued_at.timestamp()))
    valid = valid_times(issued_at)
    count = len(valid) * len(STATIONS)
    lead = np.array([(each - issued_at) // HOUR for each in valid], np.int32)
    utc = FORECAST_ROWS.field("issued_at").type
    issued_us = int(issued_at.timestamp()) * 1_000_000
    leads = np.tile(lead, len(STATIONS))

    def times(microseconds: np.ndarray) -> pa.Array:
        return pa.array(microseconds, pa.int64()).cast(utc)

    def whole(low: int, high: int) -> pa.Array:
        return pa.array(random.integers(low, high, count).astype(np.float64))

    return rows(
        {
            "station_id": pa.array(np.repeat(np.array(STATIONS, np.int32), len(valid))),
            "issued_at": times(np.full(count, issued_us)),
            "valid_at": times(issued_us + leads.astype(np.int64) * 3_600_000_000),
            "lead_hours": pa.array(leads),
            TEMPERATURE: whole(-15, 36),
            "relative_humidity_pct": whole(20, 101),
            "wind_speed_ms": pa.array(random.integers(0, 120, count) / 10),
            "wind_direction_deg": whole(0, 361),
            "sky_code": pa.array(random.choice(np.array([1, 3, 4], np.int32), count)),
            "precipitation_probability_pct": whole(0, 101),
            "precipitation_type_code": pa.array(random.integers(0, 2, count).astype(np.int32)),
            "precipitation_mm": whole(0, 2),
            "snow_cm": pa.array(np.zeros(count)),
            "source": pa.repeat(pa.scalar("grid"), count),
            "cell_x": pa.array(np.full(count, 60, np.int32)),
            "cell_y": pa.array(np.full(count, 127, np.int32)),
            "received_at": times(issued_us + random.integers(10, 30, count) * 60_000_000),
        }
    )


class Table:
    """The table in a bucket of its own, opened as a new process does."""

    def __init__(self, access: S3Access, folder: Path) -> None:
        self.access, self._uri = access, f"sqlite:///{folder}/{access.bucket}.db"
        ObjectStore(access).ensure_bucket()

    def catalog(self) -> object:
        """Its catalog, with nothing in memory."""
        file_io._cache = file_io._Cache(file_io.CACHE)  # noqa: SLF001  as in a new process
        return open_catalog(self.access, type="sql", uri=self._uri)

    def publish(self, batch: pa.Table, now: datetime) -> float:
        """Publish rows; seconds."""
        set_clock(now)
        begun = time.perf_counter()
        published = publish(self.catalog(), batch, run=now.isoformat(), now=now)
        assert published.inserted == batch.num_rows, published
        return time.perf_counter() - begun

    def commits(self, first: datetime, count: int) -> list[Commit]:
        """Publish issues one by one from a time on."""
        done = []
        for issued_at in [*issues_between(first, first + (3 * count - 1) * HOUR)][:count]:
            before = self._snapshots()
            seconds = self.publish(issue_rows(issued_at), issued_at + HOUR)
            done.append(Commit(seconds, self._snapshots() != before + 1))
        return done

    def _snapshots(self) -> int:
        return len(self.catalog().load_table("weather.kma_forecasts").metadata.snapshots)


def load(table: Table, first: datetime, last: datetime) -> tuple[int, float]:
    """Write a period; rows, and the seconds of publishing alone."""
    count, seconds = 0, 0.0
    while first < last:
        end = min(first + timedelta(days=LOADED_DAYS), last)
        batch = pa.concat_tables(issue_rows(each) for each in issues_between(first, end - HOUR))
        seconds += table.publish(batch, end)
        count, first = count + batch.num_rows, end
    return count, seconds


def median(commits: list[Commit]) -> float:
    """Seconds of those without maintenance."""
    return statistics.median(each.seconds for each in commits if not each.has_maintenance)


def slowest(commits: list[Commit]) -> str:
    """What maintenance took."""
    seconds = [each.seconds for each in commits if each.has_maintenance]
    return f"{len(seconds)} of {len(commits)} with maintenance, {max(seconds, default=0):.1f} s at most"


def join(table: Table, moments: list[datetime]) -> tuple[float, float, float]:
    """Seconds of reading and of joining; share of the values that were known."""
    begun = time.perf_counter()
    forecasts = read(
        table.catalog(),
        first_valid=moments[0] + (LEADS[0] - LONGEST_STEP_H) * HOUR,
        last_valid=moments[-1] + (LEADS[-1] + LONGEST_STEP_H) * HOUR,
        variables=[TEMPERATURE],
    )
    was_read = time.perf_counter()
    known = known_at(
        forecasts, TEMPERATURE, station_ids=STATIONS, moments=moments, lead_hours=LEADS, interpolate=True
    )
    done = time.perf_counter()
    return was_read - begun, done - was_read, float(np.isfinite(known.values).mean())


def join_in_sql(table: Table, moments: list[datetime]) -> tuple[float, int]:
    """Seconds of the same for one station by the view, and rows."""
    begun = time.perf_counter()
    connection = connect(table.catalog(), table.access)
    values = connection.sql(
        f"""
        with o as (select unnest(generate_series(timestamptz '{moments[0].isoformat()}',
          timestamptz '{moments[-1].isoformat()}', interval 1 hour)) as moment),
        k as (select * from kma_forecasts_known where station_id = {STATIONS[0]}
          and valid_at > '{moments[0].isoformat()}' and valid_at <= '{(moments[-1] + 48 * HOUR).isoformat()}')
        select o.moment, k.valid_at, k.{TEMPERATURE} from o join k on k.known_from <= o.moment
          and (k.known_until is null or o.moment < k.known_until)
          and k.valid_at > o.moment and k.valid_at <= o.moment + interval 48 hours
        """
    ).fetchall()
    return time.perf_counter() - begun, len(values)


def compared(what: str, figure: float, limit: float, unit: str) -> str:
    """A figure next to its limit."""
    verdict = "within" if figure <= limit else "OVER"
    return f"{what}: {figure:.2f} {unit}, limit {limit:g}: ratio {figure / limit:.2f}, {verdict} the limit"


def main() -> None:
    """Write, commit, join; print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=365, help="length of the history")
    parser.add_argument("--issues", type=int, default=24, help="issues that are committed one by one")
    options = parser.parse_args()
    end = FIRST + timedelta(days=options.days)
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access:
        endpoint = list(vars(access).values())[1:]
        short, long = (Table(S3Access(each, *endpoint), Path(name)) for each in ("short", "long"))
        load(short, end - timedelta(days=LOADED_DAYS), end)
        few = short.commits(end, options.issues)
        print(
            f"after {LOADED_DAYS} days: an issue in {median(few):.2f} s (median); {slowest(few)}", flush=True
        )
        count, seconds = load(long, FIRST, end)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{options.days} days: {count:,} rows, {count / seconds:,.0f} rows/s", flush=True)
        print(compared("load, publishing alone", seconds, LOAD_LIMIT_S * options.days / 365, "s"))
        print(compared("peak memory", peak_mb, MEMORY_LIMIT_MB, "MB"), flush=True)
        many = long.commits(end, options.issues)
        print(f"after {options.days} days: an issue in {median(many):.2f} s (median); {slowest(many)}")
        print(
            compared("an issue after the year / at the beginning", median(many) / median(few), FLAT_LIMIT, "")
        )
        moments = [end - timedelta(days=33) + number * HOUR for number in range(31 * 24)]
        reading, joining, share = min(join(long, moments) for _ in range(PAST_JOINS))
        size = len(moments) * len(LEADS) * len(STATIONS)
        print(f"as-of join: {size:,} values, {share:.1%} known; read {reading:.1f} s, joined {joining:.1f} s")
        print(compared("as-of join with reading", reading + joining, JOIN_LIMIT_S, "s"))
        in_sql, values = join_in_sql(long, moments)
        print(f"the same by SQL for one station: {values:,} values in {in_sql:.1f} s")


if __name__ == "__main__":
    main()
