"""One hourly run of 97 stations in a real Airflow: where the time goes, and how many S3 requests it takes.

Usage: .venv/bin/python benchmarks/hourly_run.py [RUNS]

Starts a system of its own on free ports, runs data_collection RUNS times (5), and prints for each the time
from trigger to success, Airflow's own part (outside the tasks), the tasks' times, and the S3 requests.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.e2e.conftest import Stack

AIM_SECONDS = 15
AIM_REQUESTS = 40


def main(runs: int) -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder))
        try:
            stack.start()
            stack.collect_first()
            walls = [measure(stack) for _ in range(runs)]
        finally:
            stack.stop()
    median = statistics.median(walls)
    print(f"\nmedian {median:.1f} s from trigger to success: {median / AIM_SECONDS:.2f} of {AIM_SECONDS} s")


def measure(stack: Stack) -> float:
    """One run: print its parts; seconds from trigger to success."""
    before, begun = len(stack.proxy.requests), time.monotonic()
    run = stack.wait(stack.trigger())
    wall = time.monotonic() - begun
    tasks = {task["task_id"]: task["duration"] for task in stack.api.tasks(run)}
    requests = len(stack.proxy.requests) - before
    parts = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in tasks.items())
    print(
        f"{run.state}: {wall:.1f} s, outside the tasks {wall - sum(tasks.values()):.1f} s; {parts}; "
        f"S3 requests {requests} ({requests / AIM_REQUESTS:.2f} of {AIM_REQUESTS})"
    )
    return wall


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
