"""The wire parser beside pandas.read_csv on the same bytes: rows per second, and their ratio.

Usage: .venv/bin/python benchmarks/parser.py [N]

Takes the best of N (5). pandas splits tokens and guesses types; the parser also checks every token, gives
units, nulls and UTC, and sets bad rows aside. The second line is a reply with one bad row in a thousand,
each row of which is looked at. Real observations where ../shared/kma/observed has them, else simulated ones.
"""

import gzip
import io
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator import wire as peer
from weather_mlops.kma import wire
from weather_mlops.kma.stations import load_stations

OBSERVED = Path(__file__).resolve().parents[2] / "shared" / "kma" / "observed"
AIM = 0.5
SIMULATED_HOURS = 720
BAD_ROW_EVERY = 1000


def main(times: int) -> None:
    """Measure and print."""
    rows, source = real_rows() or (simulated_rows(), "simulated")
    body = reply(rows)
    damaged = reply([b"damaged" if n % BAD_ROW_EVERY == 0 else row for n, row in enumerate(rows)])
    print(f"{len(rows)} {source} rows, {len(body) / 1e6:.1f} MB, one thread, best of {times}")
    parser = len(rows) / best(times, lambda: wire.parse(body))
    slow = len(rows) / best(times, lambda: wire.parse(damaged))
    pandas = len(rows) / best(
        times, lambda: pd.read_csv(io.BytesIO(body), sep=r"\s+", header=None, comment="#")
    )
    print(f"parser                   {parser:9,.0f} rows/s, {parser / pandas:.2f} of pandas (aim {AIM})")
    print(f"parser, with bad rows    {slow:9,.0f} rows/s, {slow / pandas:.2f} of pandas")
    print(f"pandas.read_csv          {pandas:9,.0f} rows/s")


def best(times: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest of several runs."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def real_rows() -> tuple[list[bytes], str] | None:
    """All rows of the real files; None where there are none."""
    texts = [gzip.decompress(path.read_bytes()) for path in sorted(OBSERVED.glob("*.txt.gz"))]
    rows = [line for text in texts for line in text.splitlines() if line[:1] not in {b"", b"#"}]
    return (rows, "real") if rows else None


def simulated_rows() -> list[bytes]:
    """A month of all stations as the simulator writes it."""
    hour, step = datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1)
    return [
        line_of(hour + n * step, station.id) for n in range(SIMULATED_HOURS) for station in load_stations()
    ]


def line_of(moment: datetime, station: int) -> bytes:
    """A row with values that differ from row to row."""
    tenths = (moment.hour * 7 + station * 13) % 200 / 10
    values = [tenths if "f" in form else "-" if "s" in form else moment.hour for _, form in peer.COLUMNS[2:]]
    return peer.row((moment.strftime("%Y%m%d%H%M"), station, *values)).encode()


def reply(rows: list[bytes]) -> bytes:
    """Rows as the API sends them."""
    return b"\n".join([b"#START7777", *rows, b"#7777END", b""])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
