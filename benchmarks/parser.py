"""The wire parser against pandas.read_csv on the same bytes: rows per second, and their ratio.

Usage: .venv/bin/python benchmarks/parser.py [FILE.txt.gz ...]

Without files: the real observations of ../shared/kma/observed where there are any, else a month of all
stations from the simulator. pandas splits tokens and guesses types; the parser gives names, units, types,
nulls and UTC, checks every token, and sets bad rows aside. "With bad rows": one in a thousand can't be read.
"""

import gzip
import io
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator import clock
from simulator import wire as peer
from simulator.simulated import SimulatedWeather
from weather_mlops.kma import wire
from weather_mlops.stations import load_stations

OBSERVED = Path(__file__).resolve().parents[2] / "shared" / "kma" / "observed"
ROUNDS = 7
AIM = 0.5
BAD_ROW_EVERY = 1000


def main(files: Sequence[Path]) -> None:
    """Measure and print."""
    rows = rows_of([gzip.decompress(path.read_bytes()) for path in files] or [month()])
    body = response(rows)
    damaged = response([row if n % BAD_ROW_EVERY else b"damaged" for n, row in enumerate(rows)])
    source = "real" if files else "simulated"
    print(f"{len(rows)} {source} rows, {len(body) / 1e6:.1f} MB, best of {ROUNDS}; aim: {AIM} of pandas")
    seconds = best(
        {
            "parser": lambda: wire.parse(body),
            "parser, with bad rows": lambda: wire.parse(damaged),
            "pandas.read_csv": lambda: pd.read_csv(io.BytesIO(body), sep=r"\s+", header=None, comment="#"),
        }
    )
    for name, spent in seconds.items():
        ratio = seconds["pandas.read_csv"] / spent
        print(f"{name:22} {len(rows) / spent:9,.0f} rows/s, {ratio:.2f} of pandas")


def best(works: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of the fastest round of each; all take turns, so that a busy moment hits all of them."""
    seconds = dict.fromkeys(works, float("inf"))
    for _ in range(ROUNDS):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            seconds[name] = min(seconds[name], time.perf_counter() - begun)
    return seconds


def month() -> bytes:
    """A response with all stations and 30 days."""
    end = clock.parse_tm("202601310000")
    weather = SimulatedWeather(0, load_stations())
    return peer.observations(weather.rows(end - 720, end, (), float(end + 10**6))).body


def rows_of(bodies: Sequence[bytes]) -> list[bytes]:
    """The lines of data."""
    return [line for body in bodies for line in body.splitlines() if line[:1] not in {b"", b"#"}]


def response(rows: Sequence[bytes]) -> bytes:
    """Rows as the API sends them."""
    return b"\n".join([b"#START7777", *rows, b"#7777END", b""])


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or sorted(OBSERVED.glob("*.txt.gz")))
