"""A load of old forecasts by grids, as `make history WHAT=kma_forecast` does it, from a local server.

Usage: .venv/bin/python benchmarks/kma_forecast_grids.py [--days 60]

Temperatures of two issues a day, 48 hours each, of 97 stations: fetched to raw, then audited and published,
each stage in a process of its own, into the embedded S3 server with a catalog in SQLite. Then both again,
which calls and changes nothing. Printed: seconds, seconds of CPU and peak memory of each stage, all
extrapolated to a year in proportion to the days, next to the limits; and the size of raw. The server's fields
are made up (kma_forecast_server.py), so the size is an estimate.
"""

import argparse
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import great_expectations  # noqa: F401, TID253  as in a task, whose process has it already

from benchmarks.catalog import server
from benchmarks.kma_forecast_server import KEY, api
from benchmarks.kma_forecasts import STATIONS, compared
from benchmarks.own_process import cost_of
from weather_mlops.ingest.kma_forecast.history import GridFetch
from weather_mlops.ingest.kma_forecast.history_plan import GridLoad, GridLoadDocument
from weather_mlops.ingest.kma_forecast.history_publication import GridPublication
from weather_mlops.kma.client import UncountedCalls
from weather_mlops.kma.forecast.client import ForecastClient
from weather_mlops.kma.forecast.endpoints import API_HUB, SHORT_GRID
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.settings import project_folder

FIRST = date(2025, 1, 1)
YEAR = 365
LIMIT_S, LIMIT_MB = 600, 2000


@dataclass(frozen=True)
class System:
    """Where a stage works."""

    access: S3Access
    catalog_uri: str
    url: str


def fetch(stored: GridLoadDocument, system: System) -> dict[str, int]:
    """The first stage."""
    client = ForecastClient(API_HUB, system.url, KEY, budget=UncountedCalls())
    load, store = GridLoad.from_dict(stored), ObjectStore(system.access)
    return asdict(GridFetch(load, client=client, store=store, final=True).work())


def publish(stored: GridLoadDocument, system: System) -> dict[str, int]:
    """The second stage."""
    catalog = open_catalog(system.access, type="sql", uri=system.catalog_uri)
    suites = project_folder("expectations")
    load, store = GridLoad.from_dict(stored), ObjectStore(system.access)
    publication = GridPublication(load, store, catalog, suites, "benchmark", lambda: datetime.now(UTC))
    return asdict(publication.work())


def main() -> None:
    """Load twice, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=60, help="length of the history")
    options = parser.parse_args()
    last, years = FIRST + timedelta(days=options.days - 1), YEAR / options.days
    load = GridLoad.of(FIRST, last, STATIONS, datetime.now(UTC))
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access, api() as url:
        system = System(access, f"sqlite:///{name}/catalog.db", url)
        store = ObjectStore(access)
        store.ensure_bucket()
        ensure_tables(open_catalog(access, type="sql", uri=system.catalog_uri))
        for attempt in ("first", "again"):
            whole = 0.0
            for stage in (fetch, publish):
                cost = cost_of(stage, load.as_dict(), system)
                whole += cost.seconds
                print(
                    f"{attempt}: {stage.__name__}: {cost.result}: {cost.seconds:.1f} s, "
                    f"{cost.cpu_s:.1f} s of CPU",
                    flush=True,
                )
                print(compared(f"{attempt}: {stage.__name__}: peak memory", cost.peak_mb, LIMIT_MB, "MB"))
            print(compared(f"{attempt}: a year", whole * years, LIMIT_S, "s"), flush=True)
        sizes = [entry.size for entry in store.list(f"raw/kma/{SHORT_GRID}/")]
        print(
            f"raw: {load.calls():,} grids in {len(sizes):,} objects, {sum(sizes) / 1e6:.0f} MB; a year "
            f"{sum(sizes) * years / 1e9:.2f} GB"
        )


if __name__ == "__main__":
    main()
