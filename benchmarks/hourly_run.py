"""One hourly run of 97 stations in a real Airflow: where the time goes, and how many S3 requests it takes.

Usage: .venv/bin/python benchmarks/hourly_run.py [RUNS]

Starts a system of its own on free ports and runs data_collection RUNS times (5), each time for three hours
that the table doesn't have yet. Prints for each the time from trigger to success, Airflow's own part
(outside the tasks), the tasks' times and the S3 requests; and then the parts of our own work, on the same
rows, in this process.
"""

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.e2e.systems import Stack, access
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.staging import COLLECTED, Staging
from weather_mlops.stations import load_stations

AIM_SECONDS = 15
AIM_REQUESTS = 40
PAST = timedelta(days=10)


def main(runs: int) -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder))
        try:
            stack.start()
            stack.collect_first()
            walls = [measure(stack, n) for n in range(runs)]
            own_work(stack)
        finally:
            stack.stop()
    median = statistics.median(walls)
    print(f"median {median:.1f} s from trigger to success: {median / AIM_SECONDS:.2f} of {AIM_SECONDS} s")


def measure(stack: Stack, number: int) -> float:
    """One run: print its parts; seconds from trigger to success."""
    hour = (datetime.now(UTC) - PAST + number * timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    before, begun = len(stack.proxy.requests), time.monotonic()
    run = stack.wait(stack.trigger(hour.isoformat()))
    wall = time.monotonic() - begun
    results = stack.api.results(run)
    if run.state != "success" or not results["inserted"]:
        raise SystemExit(f"the run ended as {run.state}, {results}; logs in {stack.system.folder}")
    tasks = {task["task_id"]: task["duration"] for task in stack.api.tasks(run)}
    requests = len(stack.proxy.requests) - before
    parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in tasks.items())
    print(
        f"{results['inserted']} new rows, {results['gaps_opened']} new gaps: {wall:.1f} s, of it Airflow's "
        f"own {wall - sum(tasks.values()):.1f} s; {parts}; "
        f"S3 requests {requests} ({requests / AIM_REQUESTS:.2f} of {AIM_REQUESTS})"
    )
    return wall


def own_work(stack: Stack) -> None:
    """Print the parts of our own work."""
    call_seconds = re.findall(r"asked: .*? seconds=([\d.]+)", stack.task_log("collect_weather_data"))
    print(f"KMA (simulator), per call: {statistics.median(map(float, call_seconds)):.2f} s")
    store = ObjectStore(access(stack.system))
    run_id = stack.api.runs("data_collection")[0].run_id
    collected = Staging(store, f"data_collection/{run_id}").read(COLLECTED).tables
    seconds, modules = timed(heavy_imports)
    print(f"imports, once per scheduler: {seconds:.2f} s")
    audit, docs = modules
    seconds, result = timed(
        lambda: audit.audit(
            collected["rows"],
            collected["rejected"],
            collected["expected"],
            [station.id for station in load_stations()],
            suites_dir=stack.project / "expectations",
            audited_at=datetime.now(UTC),
            run=run_id,
        )
    )
    print(f"Great Expectations, {collected['rows'].num_rows} rows: {seconds:.2f} s")
    seconds, _ = timed(lambda: docs.render(result))
    print(f"Data Docs page: {seconds:.2f} s")


def heavy_imports() -> tuple[Any, Any]:
    """What the scheduler imports once for all tasks."""
    import great_expectations.render.renderer  # noqa: F401  what is measured

    from weather_mlops.quality import audit, docs  # noqa: PLC0415

    return audit, docs


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and the result."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
