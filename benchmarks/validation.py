"""How long `make validate` takes for the shipped pipelines, for many, and for hostile files.

Usage: ``.venv/bin/python benchmarks/validation.py [--rounds 15] [--many 500]``. The first table times the
command, interpreter start included. The second shows the processor time of the hostile files that take
longest, against the limit of one second.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from tests.hostile.registry import Kind, entries
from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.validation import check_document

HOSTILE_LIMIT: Final = 1.0
"""Seconds of a processor in which any file is answered on a quiet machine."""
HOSTILE_SHOWN: Final = 5


def seconds(folder: Path) -> float:
    """One run of the command."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "weather_mlops.pipelines", str(folder)], check=True, capture_output=True
    )
    return time.perf_counter() - begun


def multiply(folder: Path, count: int) -> None:
    """Copy the shipped pipelines under other ids until the folder has ``count`` of them."""
    shipped = [path for path in sorted((PROJECT / "pipelines").glob("*.yml")) if path.name != "defaults.yml"]
    shutil.copy(PROJECT / "pipelines" / "defaults.yml", folder)
    for number in range(count):
        path = shipped[number % len(shipped)]
        lines = path.read_text("utf-8").splitlines(keepends=True)
        first = next(at for at, line in enumerate(lines) if line[0].isalpha())
        lines[first] = lines[first].replace(":", f"_{number}:", 1)
        (folder / f"{path.stem}_{number}.yml").write_text("".join(lines), "utf-8")


def hostile(folder: Path) -> list[tuple[float, str]]:
    """Seconds of a processor and the name of each hostile file, slowest first."""
    taken = []
    for number, entry in enumerate(entries(Kind.PIPELINE)):
        path = entry.put(folder / f"hostile_{number}.yml")
        begun = time.process_time()
        check_document(load(path), {})
        taken.append((time.process_time() - begun, entry.name))
    return sorted(taken, reverse=True)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--many", type=int, default=500)
    chosen = parser.parse_args()
    print(f"{'pipeline files':>14} {'median s':>9} {'fastest s':>10} {'slowest s':>10}")
    for count in (5, chosen.many):
        with tempfile.TemporaryDirectory() as folder:
            multiply(Path(folder), count)
            runs = [seconds(Path(folder)) for _ in range(chosen.rounds)]
        print(f"{count:>14} {statistics.median(runs):>9.2f} {min(runs):>10.2f} {max(runs):>10.2f}")

    with tempfile.TemporaryDirectory() as folder:
        slowest = hostile(Path(folder))[:HOSTILE_SHOWN]
    print(f"\n{'hostile file':>30} {'processor s':>12} {'of the limit':>13}")
    for taken, name in slowest:
        print(f"{name:>30} {taken:>12.2f} {taken / HOSTILE_LIMIT:>13.0%}")


if __name__ == "__main__":
    main()
