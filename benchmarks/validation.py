"""How long `make validate` takes for the shipped pipelines and for many: the fast check, as a command.

Usage: ``.venv/bin/python benchmarks/validation.py [--rounds 15] [--many 500]``. Interpreter start included.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def seconds(folder: Path) -> float:
    """One run of the command."""
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "weather_mlops.pipelines", str(folder)], check=True, capture_output=True
    )
    return time.perf_counter() - begun


def multiply(folder: Path, count: int) -> None:
    """So many pipelines in the folder: the shipped ones, again and again under other ids."""
    shipped = [path for path in sorted((PROJECT / "pipelines").glob("*.yml")) if path.name != "defaults.yml"]
    shutil.copy(PROJECT / "pipelines" / "defaults.yml", folder)
    for number in range(count):
        path = shipped[number % len(shipped)]
        lines = path.read_text("utf-8").splitlines(keepends=True)
        first = next(at for at, line in enumerate(lines) if line[0].isalpha())
        lines[first] = lines[first].replace(":", f"_{number}:", 1)
        (folder / f"{path.stem}_{number}.yml").write_text("".join(lines), "utf-8")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--many", type=int, default=500)
    chosen = parser.parse_args()
    print(f"{'pipeline files':>14} {'median s':>9} {'fastest s':>10} {'slowest s':>10}")
    for count in (5, chosen.many):
        with tempfile.TemporaryDirectory() as made:
            multiply(Path(made), count)
            runs = [seconds(Path(made)) for _ in range(chosen.rounds)]
        print(f"{count:>14} {statistics.median(runs):>9.2f} {min(runs):>10.2f} {max(runs):>10.2f}")


if __name__ == "__main__":
    main()
