"""A year of the portal's forecast files of all stations, imported as `make import` does.

Usage: .venv/bin/python benchmarks/kma_forecast_files.py [--days 365]

One file for each cell with the hourly temperatures of eight issues a day, 24 million lines a year, through
raw, audit and publication into the embedded S3 server, with a catalog in SQLite. Then the same files again,
which change nothing. Each import has a process of its own. Printed: seconds with the limit and the ratio,
lines/s, seconds of CPU (which say more where other programs use the machine), and the peak memory.
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import great_expectations  # noqa: F401, TID253  as in a task, whose process has it already

from benchmarks.catalog import server
from benchmarks.kma_forecasts import FIRST, HOUR, STATIONS, compared
from weather_mlops.ingest.importer import Imported, import_files
from weather_mlops.kma.forecast.cells import cells_of, stations_by_cell
from weather_mlops.kma.forecast.issues import issues_between, valid_times
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.settings import project_folder

LIMIT_S, LIMIT_MB = 600, 2000


def lines_of(days: int) -> str:
    """The lines of one file, the same for each cell, below its first one."""
    lines, month = [], FIRST.month
    for issued_at in issues_between(FIRST, FIRST + timedelta(days=days) - HOUR):
        if issued_at.month != month:
            month = issued_at.month
            lines.append(f" Start : {issued_at:%Y%m}01 ")
        lines += [
            f" {issued_at.day},{issued_at:%H}00,+{(valid - issued_at) // HOUR},{valid.hour - 12:.6f} "
            for valid in valid_times(issued_at)
        ]
    return "\n".join([*lines, ""])


def write(folder: Path, days: int) -> list[Path]:
    """A file for each cell that a station stands in."""
    body, paths = lines_of(days), []
    for cell in stations_by_cell(cells_of(STATIONS)):
        path = folder / f"{cell}_TMP_{FIRST:%Y}.csv"
        path.write_text(
            f" format: day,hour,forecast,value  location:{cell} Start : {FIRST:%Y%m%d} \n{body}", "ascii"
        )
        paths.append(path)
    return paths


@dataclass(frozen=True)
class Figures:
    """What an import took, in a process of its own."""

    result: Imported
    seconds: float
    cpu_s: float
    peak_mb: float


def imported(paths: Sequence[Path], access: S3Access, catalog_uri: str) -> Figures:
    """Import files as `make import` does, in this process."""
    begun = time.perf_counter()
    result = import_files(
        paths,
        store=ObjectStore(access),
        catalog=open_catalog(access, type="sql", uri=catalog_uri),
        suites_dir=project_folder("expectations"),
        clock=lambda: datetime.now(UTC),
    )
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = time.perf_counter() - begun
    return Figures(result, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    """Write files, import them twice, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=365, help="length of the history")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access:
        folder = Path(name) / "files"
        folder.mkdir()
        paths = write(folder, options.days)
        ObjectStore(access).ensure_bucket()
        uri = f"sqlite:///{name}/catalog.db"
        ensure_tables(open_catalog(access, type="sql", uri=uri))
        for attempt in ("first", "again"):
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                figures = pool.submit(imported, paths, access, uri).result()
            speed = figures.result.arrived / figures.seconds
            print(
                f"{attempt}: {figures.result}; {speed:,.0f} lines/s; {figures.cpu_s:.0f} s of CPU", flush=True
            )
            print(compared(f"{attempt}: import", figures.seconds, LIMIT_S * options.days / 365, "s"))
            print(compared(f"{attempt}: peak memory", figures.peak_mb, LIMIT_MB, "MB"), flush=True)


if __name__ == "__main__":
    main()
