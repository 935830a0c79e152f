"""Where the time of `make test` goes: by stage, folder, test and fixture, with the idle share of the cores.

Usage: python3 benchmarks/test_suite.py [--out profile.json] [--limit SECONDS] [STAGE ...]

Run it in a clean clone; a stage is a target of the Makefile (default: test). Each test and each fixture that
took SHORTEST_S or more is recorded with its elapsed time and the processor time of its process and of the
children that ended in it (containers and servers that go on aren't in it). Prints tables in Markdown; with
--limit, the ratio of the elapsed time to it.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

SHORTEST_S: Final = 0.02
MOST_LINES: Final = 40
RECORDS: Final = "TEST_SUITE_RECORDS"
"""Name of the environment variable that tells pytest's processes which folder takes their records."""


def processor_seconds() -> float:
    """Of this process and of its children that have ended."""
    return sum(os.times()[:4])


@contextmanager
def recorded(kind: str, test: str, name: str = "") -> Iterator[None]:
    """Record what is done inside, where it takes SHORTEST_S or more."""
    began, used = time.time(), processor_seconds()
    try:
        yield
    finally:
        seconds = time.time() - began
        if seconds >= SHORTEST_S or kind == "test":
            line = {
                "kind": kind,
                "test": test,
                "name": name,
                "began": began,
                "seconds": round(seconds, 3),
                "processor": round(processor_seconds() - used, 3),
            }
            with (Path(os.environ[RECORDS]) / f"{os.getpid()}.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")


try:
    import pytest
except ImportError:  # the program itself runs before there is an environment
    pass
else:

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
        """A whole test, with the fixtures that are made for it."""
        with recorded("test", item.nodeid):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, Any, Any]:
        """A fixture, without those that it asks for."""
        with recorded("fixture", request.node.nodeid, f"{fixturedef.baseid}::{fixturedef.argname}"):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
        """What ends after a test."""
        with recorded("teardown", item.nodeid):
            return (yield)


class IdleTime(threading.Thread):
    """Samples how idle the cores are, once a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.samples: list[tuple[float, float]] = []
        self.ended = threading.Event()

    def run(self) -> None:
        """Until ``ended`` is set."""
        before = self.ticks()
        while not self.ended.wait(1):
            now = self.ticks()
            total = now[0] - before[0]
            self.samples.append((time.time(), (now[1] - before[1]) / total if total else 0.0))
            before = now

    @staticmethod
    def ticks() -> tuple[int, int]:
        """All of them, and the idle ones."""
        counts = [
            int(count) for count in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:]
        ]
        return sum(counts[:8]), counts[3] + counts[4]

    def share(self, began: float, ended: float) -> float:
        """Idle share of all cores between two moments."""
        shares = [idle for at, idle in self.samples if began <= at <= ended]
        return sum(shares) / len(shares) if shares else 0.0


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """In Markdown."""
    lines = [list(map(str, head)), *(list(map(str, row)) for row in rows)]
    lines.insert(1, ["---", *["--:" for _ in lines[0][1:]]])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def largest(sums: dict[str, list[float]]) -> list[tuple[str, str, str, int]]:
    """Groups by elapsed time."""
    rows = sorted(sums.items(), key=lambda item: -item[1][0])[:MOST_LINES]
    return [(name, f"{row[0]:.1f}", f"{row[1]:.1f}", int(row[2])) for name, row in rows]


def tables(records: list[dict[str, Any]]) -> str:
    """The tables of what was recorded."""
    groups: dict[str, dict[str, list[float]]] = {
        name: defaultdict(lambda: [0.0, 0.0, 0]) for name in ("folder", "file", "test", "fixture", "teardown")
    }

    def count(group: str, name: str, record: dict[str, Any]) -> None:
        row = groups[group][name]
        row[0] += record["seconds"]
        row[1] += record["processor"]
        row[2] += 1

    for record in records:
        file = record["test"].split("::")[0]
        if record["kind"] == "test":
            count("test", record["test"], record)
            count("file", file, record)
            count("folder", str(Path(file).parent), record)
        else:
            count(record["kind"], record["name"] or file, record)
    return "\n".join(
        f"## By {name}\n\n" + table((name, "s", "processor s", "times"), largest(group))
        for name, group in groups.items()
    )


def main() -> None:
    """Run the stages and print where their time went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("stages", nargs="*", default=["test"])
    parser.add_argument("--out", type=Path, default=Path("profile.json"))
    parser.add_argument("--limit", type=float)
    arguments = parser.parse_args()
    folder = arguments.out.resolve().with_suffix(".records")
    folder.mkdir(parents=True)
    environment = {
        **os.environ,
        RECORDS: str(folder),
        "PYTHONPATH": str(Path(__file__).resolve().parent),
        "PYTEST_ADDOPTS": "-p test_suite",
    }
    idle = IdleTime()
    idle.start()
    rows, failed = [], 0
    for stage in arguments.stages:
        began = time.time()
        done = subprocess.run(["make", stage], env=environment, check=False)
        ended = time.time()
        failed |= done.returncode
        rows.append(
            (stage, f"{ended - began:.0f}", f"{100 * idle.share(began, ended):.0f} %", done.returncode)
        )
    idle.ended.set()
    records = [
        json.loads(line) for file in sorted(folder.iterdir()) for line in file.read_text().splitlines()
    ]
    arguments.out.write_text(json.dumps({"stages": rows, "idle": idle.samples, "records": records}))
    print(table(("stage", "s", "cores idle", "exit code"), rows))
    kinds = Counter(record["kind"] for record in records)
    print(f"{kinds['test']} tests\n\n{tables(records)}")
    if arguments.limit:
        print(f"ratio to the limit: {sum(float(row[1]) for row in rows) / arguments.limit:.2f}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
