"""The wire parser beside pandas.read_csv on the same bytes, rows per second.

Usage: .venv/bin/python benchmarks/parser.py [FILE.txt.gz]

Without a file, a month of all stations is taken from the simulator. pandas reads untyped; the parser gives
names, units, types, nulls and checks.
"""

import gzip
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator import clock
from simulator import wire as simulated_wire
from simulator.simulated import SimulatedWeather
from weather_mlops.kma import wire
from weather_mlops.kma.stations import load_stations

ROUNDS = 7
AIM = 0.5


def month() -> bytes:
    """A reply of all stations and 30 days."""
    end = clock.parse_tm("202601310000")
    weather = SimulatedWeather(0, load_stations())
    return simulated_wire.observations(weather.rows(end - 720, end, (), float(end + 10**6))).body


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest round."""
    seconds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def main() -> None:
    """Measure and print."""
    body = gzip.decompress(Path(sys.argv[1]).read_bytes()) if len(sys.argv) > 1 else month()
    rows = wire.parse(body).rows.num_rows
    ours = rows / best(lambda: wire.parse(body))
    peer = rows / best(lambda: pd.read_csv(io.BytesIO(body), sep=r"\s+", header=None, comment="#"))
    print(f"{rows} rows, {len(body) / 1e6:.1f} MB, best of {ROUNDS}")
    print(f"parser           {ours:10,.0f} rows/s, typed and checked")
    print(f"pandas.read_csv  {peer:10,.0f} rows/s, untyped")
    print(f"ratio            {ours / peer:10.2f}, aim {AIM} at least")


if __name__ == "__main__":
    main()
