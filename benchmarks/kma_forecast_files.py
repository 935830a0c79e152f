"""A year of the portal's forecast files of all stations, imported as `make import` does.

Usage: .venv/bin/python benchmarks/kma_forecast_files.py [--days 365]

One file for each cell with the hourly temperatures of eight issues a day, 24 million lines a year, through
raw, audit and publication into the embedded S3 server, with a catalog in SQLite. Then the same files again,
which change nothing. Each import has a process of its own. Printed: seconds with the limit and the ratio,
lines/s, seconds of CPU (which say more where other programs use the machine), and the peak memory.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import great_expectations  # noqa: F401, TID253  as in a task, whose process has it already

from benchmarks.catalog import server
from benchmarks.kma_forecasts import FIRST, HOUR, STATIONS, compared
from benchmarks.own_process import cost_of
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


def imported(paths: Sequence[Path], access: S3Access, catalog_uri: str) -> Imported:
    """Import files as `make import` does, in this process."""
    return import_files(
        paths,
        store=ObjectStore(access),
        catalog=open_catalog(access, type="sql", uri=catalog_uri),
        suites_dir=project_folder("expectations"),
        clock=lambda: datetime.now(UTC),
    )


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
            cost = cost_of(imported, paths, access, uri)
            speed = cost.result.arrived / cost.seconds
            print(f"{attempt}: {cost.result}; {speed:,.0f} lines/s; {cost.cpu_s:.0f} s of CPU", flush=True)
            print(compared(f"{attempt}: import", cost.seconds, LIMIT_S * options.days / 365, "s"))
            print(compared(f"{attempt}: peak memory", cost.peak_mb, LIMIT_MB, "MB"), flush=True)


if __name__ == "__main__":
    main()
