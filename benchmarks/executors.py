"""Airflow's executors in containers: what a task costs, tasks per minute, and the memory of each service.

``python benchmarks/executors.py [--tasks 100] [--workers 2] [--executors LocalExecutor CeleryExecutor]``

Starts a new development system for each executor, runs one pipeline of tasks that do nothing, and stops the
system. Needs Docker or podman, like the tests in tests/containers, and the image that these build.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from embedded.airflow_api import Run
from embedded.components import PROJECT
from tests.containers.conftest import Composed, Engine, quick_pipelines

NOTHING = """
nothing:
  schedule: null
  tasks:
    - task_id: work
      operator: airflow.providers.standard.operators.bash.BashOperator
      expand: {{bash_command: {commands}}}
"""


def seconds(task: dict[str, Any], begin: str, end: str) -> float:
    """Seconds between two of a task's times."""
    return (datetime.fromisoformat(task[end]) - datetime.fromisoformat(task[begin])).total_seconds()


def memory(engine: Engine) -> dict[str, str]:
    """Memory that each container uses now."""
    stats = engine("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}")
    rows = (row.split(maxsplit=1) for row in stats.splitlines() if "mlops" in row or "worker" in row)
    return {name: used.split("/")[0].strip() for name, used in rows}


def summary(name: str, run: Run, tasks: list[dict[str, Any]]) -> str:
    """One line for a run."""
    begun = min(datetime.fromisoformat(task["queued_when"]) for task in tasks)
    ended = max(datetime.fromisoformat(task["end_date"]) for task in tasks)
    rate = 60 * len(tasks) / (ended - begun).total_seconds()
    ran = statistics.median(seconds(task, "start_date", "end_date") for task in tasks)
    waited = statistics.median(seconds(task, "queued_when", "start_date") for task in tasks)
    return (
        f"{name}: {len(tasks)} tasks {run.state}, {rate:.0f} a minute; in the median a task took {ran:.2f} s "
        f"and waited {waited:.1f} s"
    )


def measure(executor: str, options: argparse.Namespace, folder: Path) -> None:
    """Start a system, measure, stop it."""
    engine = Engine()
    pipelines = quick_pipelines(folder / "pipelines")
    commands = [f"'true {number}'" for number in range(options.tasks)]
    (pipelines / "nothing.yml").write_text(NOTHING.format(commands=f"[{', '.join(commands)}]"))
    composed = Composed(
        engine, [PROJECT / "docker-compose.yml"], {"PIPELINES": str(pipelines)}, folder, ("admin", "admin")
    )
    if executor == "CeleryExecutor":
        composed.settings["AIRFLOW_EXECUTOR"] = executor
    try:
        begun = time.monotonic()
        composed.up("airflow-scheduler")
        print(f"{executor}: healthy {time.monotonic() - begun:.0f} s after up")
        if executor == "CeleryExecutor":
            composed.up("airflow-redis")
            workers = f"airflow-worker={options.workers}"
            composed.compose("up", "-d", "--no-deps", "--scale", workers, "airflow-worker")
        first, _ = composed.do("data_collection")
        print(f"{executor}: first green run ({first.state}) {time.monotonic() - begun:.0f} s after up")
        time.sleep(30)
        print(f"{executor}: memory at rest {memory(engine)}")
        run_id = composed.start("nothing")
        time.sleep(10)
        print(f"{executor}: memory at work {memory(engine)}")
        run = composed.finish("nothing", run_id)
        tasks = all_tasks(composed, run)
        print(summary(executor, run, tasks))
    finally:
        composed.down()


def all_tasks(composed: Composed, run: Run) -> list[dict[str, Any]]:
    """All task instances of a run: more than one page of the API's response."""
    path, tasks = f"dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances", list[dict[str, Any]]()
    while True:
        response = composed.api.call("GET", path, params={"limit": 100, "offset": len(tasks)})
        tasks += response["task_instances"]
        if len(tasks) >= response["total_entries"]:
            return tasks


def main() -> None:
    """Measure each executor."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--executors", nargs="+", default=["LocalExecutor", "CeleryExecutor"])
    options = parser.parse_args()
    for executor in options.executors:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder).chmod(0o755)
            try:
                measure(executor, options, Path(folder))
            except (AssertionError, subprocess.SubprocessError) as error:
                sys.exit(f"{executor}: {error}")


if __name__ == "__main__":
    main()
