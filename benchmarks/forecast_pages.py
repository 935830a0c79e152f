"""Cost of the forecast pages: writing their object in make_forecast, and rendering each in the API server.

Usage: .venv/bin/python benchmarks/forecast_pages.py [--days 10] [--runs 20]

Of 97 stations, on the embedded S3 server. The tables hold a number of days of hourly observations and
forecasts, 48 leads each, and then also the issues of the KMA's forecast of these days, 67 leads each. Nothing
is cached, as in a new task. A page is requested from the plugin's own
app, with S3 and without Airflow's login, each of another station, so that none was rendered before. Aim:
300 ms a page.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("", "plugins")]

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.catalog import server
from tests.browsing import forecast_world as world
from tests.browsing.forecast_world import NOW, TARGET
from tests.model.test_recent_forecasts import full
from tests.plugins.visiting import DAG_IDS, Visits
from weather_mlops.documents import forecast_pages
from weather_mlops.lake import file_io, forecasts, kma_forecasts
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.model import recent_forecasts

AIM_S: Final = 0.3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=10, help="of hourly forecasts in the table")
    parser.add_argument("--runs", type=int, default=20, help="of each measurement")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access:
        store = ObjectStore(access)
        store.ensure_bucket()
        making(access, Path(name), given.days, min(given.runs, 5))
        size = len(store.get(forecast_pages.KEY))
        print(f"{forecast_pages.KEY}: {size / 1e3:.0f} kB of {len(world.ALL)} stations")
        visits = Visits(setattr, store, None, {"reader": DAG_IDS})
        for kind, paths in pages(given.runs).items():
            showing(kind, visits, paths)
        showing("a page again", visits, pages(1)["a station"] * given.runs)


def pages(runs: int) -> dict[str, list[str]]:
    """Addresses of pages by kind, each of which is asked for once."""
    return {
        "all stations": ["forecasts", *(f"forecasts?ahead={n}" for n in (6, 24, 48))],
        "a station": [f"forecasts/{TARGET}/{number}" for number in world.ALL[:runs]],
    }


def making(access: S3Access, folder: Path, days: int, runs: int) -> None:
    """Fill the tables, and measure what make_forecast does for the pages."""
    uri = f"sqlite:///{folder}/catalog.db"
    catalog = open_catalog(access, type="sql", uri=uri)
    publish(catalog, full(world.observed(hours=24 * days)), run="observed", score=1.0)
    rows = world.issued(hours=24 * days)
    forecasts.publish(catalog, rows, run="forecast", now=NOW)
    seconds = publishing_seconds(access, uri, runs)
    print(f"make_forecast's part, {rows.num_rows:,} forecasts of {days} days: {seconds:.2f} s")
    official = world.kma(hours=24 * days)
    for issue in sorted(official["issued_at"].unique().to_pylist()):
        of_issue = official.filter(pc.equal(official["issued_at"], pa.scalar(issue)))
        kma_forecasts.publish(catalog, of_issue, run="kma", now=NOW)
    seconds = publishing_seconds(access, uri, runs)
    print(f"  with {official.num_rows:,} forecasts of the KMA, an issue a commit: {seconds:.2f} s")


def publishing_seconds(access: S3Access, uri: str, runs: int) -> float:
    """Median time of what make_forecast does for the pages, in seconds."""
    latest, seconds = world.latest(), []
    for _ in range(runs):
        file_io._cache = file_io._Cache(file_io.CACHE)  # noqa: SLF001  a new task has an empty cache
        begun = time.perf_counter()
        recent_forecasts.publish(open_catalog(access, type="sql", uri=uri), ObjectStore(access), latest, NOW)
        seconds.append(time.perf_counter() - begun)
    return median(seconds)


def showing(kind: str, visits: Visits, paths: list[str]) -> None:
    """Measure one kind of page."""
    seconds, worked = [], []
    for path in paths:
        begun, busy = time.perf_counter(), time.process_time()
        response = visits(path)
        seconds.append(time.perf_counter() - begun)
        worked.append(time.process_time() - busy)
        if response.status_code != 200:
            raise SystemExit(f"{path}: {response.status_code} {response.text[:200]}")
    times = f"{1e3 * median(seconds):.0f} ms (median of {len(seconds)}), slowest {1e3 * max(seconds):.0f} ms"
    work = f"processor {1e3 * median(worked):.0f} ms"
    print(f"{kind}: {times}, {work}; {median(seconds) / AIM_S:.2f} of the aim")


if __name__ == "__main__":
    main()
