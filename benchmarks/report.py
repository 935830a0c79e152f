"""What a monitoring report costs: seconds and bytes; of 97 stations, with a week of reports before it.

Usage: .venv/bin/python benchmarks/report.py [--runs 350]

On the embedded S3 server, with the sections that the tests draw, everything wrong at once. Aims: 2 s of a
process that has imported nothing yet, and 1 MB a page.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Final

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.catalog import server
from tests.monitoring.reported import NOW, troubled
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring.report import publish

AIM_S, AIM_BYTES = 2.0, 1_000_000
IMPORT: Final = (
    "import time; begun = time.perf_counter(); import weather_mlops.monitoring.report; "
    "print(time.perf_counter() - begun)"
)
HALF_HOUR: Final = timedelta(minutes=30)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=350, help="reports; 336 are a week")
    runs = parser.parse_args().runs
    command = [sys.executable, "-c", IMPORT]
    imported = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access:
        store, sections, seconds = ObjectStore(access), troubled(), []
        store.ensure_bucket()
        for run in range(runs):
            begun = time.perf_counter()
            report = publish(store, sections, now=NOW + run * HALF_HOUR, language="ko", run=str(run))
            seconds.append(time.perf_counter() - begun)
        page, data = (len(store.get(key)) for key in (report.html_key, report.json_key))
    total = imported + median(seconds[-20:])
    print(
        f"import {imported:.2f} s; first report {seconds[0]:.2f} s, after {runs} of them "
        f"{median(seconds[-20:]):.2f} s (median of 20); {total / AIM_S:.2f} of the aim"
    )
    print(f"page {page / 1e3:.0f} kB ({page / AIM_BYTES:.2f} of the aim), JSON {data / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
