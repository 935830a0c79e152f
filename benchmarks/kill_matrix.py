"""What a kill costs: each part of `make run` is killed in each phase of a run, by SIGKILL.

Usage: .venv/bin/python benchmarks/kill_matrix.py [--parts scheduler s3 ...] [--phases collect load ...]

Runs `make run` on free ports and in a folder of its own, brings a run into a phase, kills, and measures after
how many seconds the part is back and the hour is published; then compares the table with what the simulated
API serves. Prints the figures as a Markdown table, and exits with 1 where a limit is missed. A retry begins
after 5 s here; pipelines/defaults.yml lets 20 to 40 s pass.
"""

import argparse
import logging
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psutil
import requests
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from embedded import __main__ as launching
from embedded.airflow_api import ENDED, AirflowApi, Run
from embedded.components import BUCKET, SIMULATOR_KEY, USER, Ports, System
from embedded.launcher import DATA_SERVICES, Launcher
from embedded.running import Running
from embedded.services import MAX_RESTARTS, RESTART_WINDOW_SECONDS, Register, Service, Supervisor
from tests.project import copied_project
from tests.s3_proxy import Rule, S3Proxy, free_port
from weather_mlops.clock import HOUR
from weather_mlops.kma import wire
from weather_mlops.kma.endpoints import PERIOD, kst
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import OBSERVATIONS, QUARANTINE

BACK_S: Final = 60
PUBLISHED_S: Final = 2 * 3600
PATIENCE_S: Final = 600
LOOK_S: Final = 0.2
LOOKBACK_HOURS: Final = 3
STATIONS: Final = (108, 159)
Key = tuple[int, datetime]
"""Station and hour (UTC) of a row."""
LAUNCHER, TASK, WORKER = "launcher", "task", "executor worker"
AT_WORK: Final = (TASK, WORKER)
"""There only while a task runs: the task's own process, and the one of the executor that watches over it."""
PARTS: Final = ("scheduler", "triggerer", "dag-processor", "api-server", *DATA_SERVICES, *AT_WORK, LAUNCHER)


@dataclass(frozen=True, slots=True)
class Phase:
    """A moment in a run.

    Attributes:
        name: of it.
        dag_id: whose run it is.
        hold: the S3 request by which a run is stopped in this phase; None for the wait for the hour's
            publication, for which the simulated API is under maintenance.
        after: a request that must have come before.
    """

    name: str
    dag_id: str
    hold: str | None
    after: str = ""


PHASES: Final = (
    Phase("wait", "data_collection", None),
    Phase("collect", "data_collection", r"PUT .*/staging/data_collection.*/collected\.zip"),
    Phase("validate", "data_collection", r"PUT .*/staging/data_collection.*/audited\.zip"),
    Phase("publish", "data_collection", r"PUT .*/observations/.*metadata\.json"),
    Phase(
        "check",
        "data_collection",
        r"GET .*/staging/data_collection.*/audited\.zip",
        after=r"PUT .*/observations/.*metadata\.json",
    ),
    Phase("load", "history", r"PUT .*/staging/history.*/collected\.zip"),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a kill cost: seconds until the part was back and the run had succeeded; rows."""

    part: str
    phase: str
    back_s: float
    published_s: float
    lost: int
    doubled: int

    @property
    def is_within_limits(self) -> bool:
        """Whether it is what the project promises."""
        in_time = self.back_s <= BACK_S and self.published_s <= PUBLISHED_S
        return in_time and not self.lost and not self.doubled


class Bench:
    """`make run`, in a process of its own, and what kills its parts.

    Args:
        folder: for all of it.
    """

    def __init__(self, folder: Path) -> None:
        ports = Ports(**{name: free_port() for name in Ports.__slots__})
        self.proxy = S3Proxy(ports.s3)
        self.system = System(
            folder / "run", ports, project=prepared(folder / "project"), s3_url=self.proxy.url
        )
        self.output = folder / "output.txt"
        self.launcher: multiprocessing.process.BaseProcess
        self.hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
        self.day = datetime(2010, 1, 1, tzinfo=UTC)
        self.kills: list[tuple[float, str]] = []

    @property
    def api(self) -> AirflowApi:
        """Airflow's, which may just have been killed."""
        return AirflowApi(self.system.ui_url, USER, self.system.keys.password, patience=PATIENCE_S)

    def start(self) -> None:
        """Start `make run`, and wait until it is up."""
        self.launcher = multiprocessing.get_context("spawn").Process(
            target=make_run, args=(self.system, self.output)
        )
        self.launcher.start()
        until(self.is_up, f"`make run` is up: see {self.output}")

    def is_up(self) -> bool:
        """Whether the launcher that was started last has started all parts."""
        running = Running.of(self.system.folder)
        return running is not None and running.ready and running.pid == self.launcher.pid

    def stop(self) -> None:
        """Stop it, as `make stop` does."""
        Supervisor(self.system.folder, self.system.project, lambda _: None).stop_leftovers()
        self.proxy.close()

    def kills_lately(self, part: str) -> int:
        """How often a part was killed so lately that it counts for the limit of restarts."""
        since = time.monotonic() - RESTART_WINDOW_SECONDS
        return sum(name == part and at > since for at, name in self.kills)

    def measure(self, part: str, phase: Phase) -> Cost:
        """Bring a run into a phase, kill a part, and wait for the end of the run."""
        if part not in (LAUNCHER, *AT_WORK):  # the parts that the launcher starts again, up to a limit
            until(lambda: self.kills_lately(part) < MAX_RESTARTS, f"{part} may be killed again")
        self.kills.append((time.monotonic(), part))
        run_id, expected = self.begin(phase)
        self.reach(phase, run_id)
        tries = self.tries(phase.dag_id, run_id)
        killed_at = time.time()
        self.kill(part)
        self.proxy.hold = None
        if part == LAUNCHER:
            self.start()
        elif part in AT_WORK:
            until(lambda: self.tries(phase.dag_id, run_id) - tries != Counter(), "the task runs again")
        else:
            until(lambda: self.is_back(part, killed_at), f"{part} is back: see {self.output}")
        back = time.time() - killed_at
        if phase.hold is None:
            self.maintain(on=False)
        run = self.end(phase.dag_id, run_id)
        if run.state != "success" or run.started_at is None or run.seconds is None:
            raise SystemExit(f"{part}, {phase.name}: {run}; logs in {self.system.folder}")
        published = run.started_at.timestamp() + run.seconds - killed_at
        published_keys, every = self.keys()
        doubled = sum(count - 1 for count in every.values())
        return Cost(part, phase.name, back, published, len(expected - published_keys), doubled)

    def begin(self, phase: Phase) -> tuple[str, set[Key]]:
        """Start a run for hours that the table doesn't have; its id, and the rows that it must publish."""
        if phase.dag_id == "history":
            first, last = self.day, self.day + 24 * HOUR - HOUR
            self.day += timedelta(days=1)
            day = f"{first:%Y-%m-%d}"
            conf = {"from": day, "to": day, "stations": ",".join(map(str, STATIONS))}
            begin, end = first - 9 * HOUR, last - 9 * HOUR  # the day is Korea's
            expected = self.served(begin, end, STATIONS)
            self.arm(phase)
            return self.api.trigger("history", conf=conf), expected
        self.hour -= LOOKBACK_HOURS * HOUR
        expected = self.served(self.hour - (LOOKBACK_HOURS - 1) * HOUR, self.hour)
        self.arm(phase)
        return self.api.trigger(phase.dag_id, self.hour.isoformat()), expected

    def arm(self, phase: Phase) -> None:
        """See that the next run stops in the phase."""
        if phase.hold is None:
            self.maintain(on=True)
        else:
            self.proxy.hold_at(rule(phase.hold, phase.after))

    def reach(self, phase: Phase, run_id: str) -> None:
        """Wait until the run is in the phase."""
        if phase.hold is None:
            until(lambda: "deferred" in self.states(phase.dag_id, run_id), f"{run_id} waits")
        elif not self.proxy.held.wait(PATIENCE_S):
            raise SystemExit(f"{run_id} did not come to {phase.name}; logs in {self.system.folder}")

    def kill(self, part: str) -> None:
        """SIGKILL to a part, and to nothing that it started."""
        if part == LAUNCHER:
            self.launcher.kill()
            self.launcher.join()
            return
        if part in AT_WORK:
            task = psutil.Process(self.proxy.held_by)
            (task if part == TASK else task.parent()).kill()
        else:
            psutil.Process(self.register().leaders[part].pid).kill()

    def is_back(self, part: str, killed_at: float) -> bool:
        """Whether another process does the part's work."""
        leader = self.register().leaders[part]
        return leader.created >= killed_at and self.service(part).ready(killed_at)

    def register(self) -> Register:
        """The processes of the parts."""
        return Register.read(self.system.folder / "processes.json")

    def service(self, part: str) -> Service:
        """A part, to ask whether it is ready."""
        parts = (self.system.storage(), self.system.simulator(), *self.system.airflow())
        return next(service for service in parts if service.name == part)

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The tasks of a run."""
        return self.api.tasks(Run(dag_id, run_id, "", None))

    def states(self, dag_id: str, run_id: str) -> set[str | None]:
        """The states of a run's tasks."""
        return {task["state"] for task in self.tasks(dag_id, run_id)}

    def tries(self, dag_id: str, run_id: str) -> Counter[str]:
        """How many times each task of a run, that runs or has succeeded, has begun."""
        tasks = [task for task in self.tasks(dag_id, run_id) if task["state"] in {"running", "success"}]
        return Counter({f"{task['task_id']} {task['map_index']}": task["try_number"] for task in tasks})

    def end(self, dag_id: str, run_id: str) -> Run:
        """Wait for the end of a run."""
        until(lambda: self.api.run(dag_id, run_id).state in ENDED, f"{run_id} ends")
        return self.api.run(dag_id, run_id)

    def maintain(self, *, on: bool) -> None:
        """Put the simulated API under maintenance, or end that."""
        url = f"http://127.0.0.1:{self.system.ports.kma}/faults"
        requests.put(url, data="maintenance" if on else "", timeout=10).raise_for_status()

    def served(self, begin: datetime, end: datetime, stations: Sequence[int] = ()) -> set[Key]:
        """Station and hour of all rows that the simulated API serves."""
        query = {
            "tm1": kst(begin), "tm2": kst(end), "stn": ":".join(map(str, stations)) or "0",
            "authKey": SIMULATOR_KEY,
        }  # fmt: skip
        url = f"http://127.0.0.1:{self.system.ports.kma}/api/typ01/url/{PERIOD}.php"
        response = requests.get(url, params=query, timeout=60)
        rows = wire.parse(response.content).rows
        if not rows.num_rows:
            raise SystemExit(f"the simulated API serves no rows from {begin} to {end}: nothing could be lost")
        return set(zip(rows["station_id"].to_pylist(), rows["observed_at"].to_pylist(), strict=True))

    def keys(self) -> tuple[set[Key], Counter[Key]]:
        """Station and hour of all rows that are published or in quarantine; of those published, how often."""
        keys = self.system.keys
        access = S3Access(
            bucket=BUCKET,
            endpoint_url=f"http://127.0.0.1:{self.system.ports.s3}",
            access_key_id=keys.s3_user,
            secret_access_key=keys.s3_secret,
            session_token=None,
            region="us-east-1",
        )
        uri = self.system.data_environment()["PYICEBERG_CATALOG__WEATHER__URI"]
        catalog = open_catalog(access, uri=uri, type="sql")
        published, set_aside = (
            scan(catalog.load_table(table.identifier), table.select("station_id", "observed_at"))
            for table in (OBSERVATIONS, QUARANTINE)
        )
        counted = Counter(pairs(published))
        return counted.keys() | set(pairs(set_aside)), counted


def pairs(table: Any) -> Iterator[Key]:
    """Station and hour of each row."""
    return zip(table["station_id"].to_pylist(), table["observed_at"].to_pylist(), strict=True)


def rule(hold: str, after: str) -> Rule:
    """Holds the first request that fits, once the one that must come before has come."""
    seen = list[str]()

    def holds(method: str, path: str) -> bool:
        request = f"{method} {path}"
        if not after or seen:
            return re.match(hold, request) is not None
        if re.match(after, request):
            seen.append(request)
        return False

    return holds


def make_run(system: System, output: Path) -> None:
    """`make run`, as a process: until it is killed."""
    os.environ["WEATHER_FIRST_DAYS"] = "0"
    with output.open("a", buffering=1) as file, redirect_stdout(file), redirect_stderr(file):
        launching.end_by_signals()
        sys.exit(launching.do("run", Launcher(system)))


def prepared(project: Path) -> Path:
    """The project's pipelines: the collection waits for as long as it takes, and is started by hand."""
    copied_project(project)
    defaults = project / "pipelines" / "defaults.yml"
    text = re.sub(
        r"\bretry_delay: .*", "retry_delay: {__type__: datetime.timedelta, seconds: 5}", defaults.read_text()
    )
    defaults.write_text(re.sub(r"retry_exponential_backoff: .*", "retry_exponential_backoff: 0", text))
    collection = project / "pipelines" / "collection.yml"
    content = yaml.safe_load(collection.read_text())
    content["data_collection"]["schedule"] = None
    collect = content["data_collection"]["tasks"][0]
    collect["poll_interval"]["minutes"] = 0.1
    collect["publication_timeout"]["minutes"] = 60 * 24 * 30
    collection.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    return project


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"not so after {PATIENCE_S} s: {what}")
        time.sleep(LOOK_S)


def table(costs: Sequence[Cost], parts: Sequence[str], phases: Sequence[str]) -> str:
    """The figures in Markdown: a row for each part, a column for each phase."""
    cells = {(cost.part, cost.phase): f"{cost.back_s:.0f} / {cost.published_s:.0f}" for cost in costs}
    lines = [f"| killed | {' | '.join(phases)} | lost | doubled |", "|---" * (len(phases) + 3) + "|"]
    for part in parts:
        own = [cost for cost in costs if cost.part == part]
        row = [cells.get((part, phase), "–") for phase in phases]
        lost, doubled = sum(cost.lost for cost in own), sum(cost.doubled for cost in own)
        lines.append(f"| {part} | {' | '.join(row)} | {lost} | {doubled} |")
    return "\n".join(lines)


def main() -> None:
    """Kill, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [phase.name for phase in PHASES]
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--phases", nargs="+", choices=names, default=names, metavar="PHASE")
    options = parser.parse_args()
    logging.disable()
    costs, begun = [], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            bench.start()
            print(f"`make run` is up after {time.monotonic() - begun:.0f} s", flush=True)
            until(lambda: any(run.state in ENDED for run in bench.api.runs("data_collection")), "a first run")
            # Phase by phase, so that no part comes to the limit of its restarts, for which it would wait.
            for phase in (phase for phase in PHASES if phase.name in options.phases):
                for part in options.parts:
                    if part in AT_WORK and phase.hold is None:
                        continue  # no task runs while the hour is waited for
                    costs.append(bench.measure(part, phase))
                    print(f"{time.monotonic() - begun:5.0f} s  {costs[-1]}", flush=True)
        finally:
            bench.stop()
    print("\nSeconds until the part is back / the hour is published:\n")
    print(table(costs, options.parts, options.phases))
    sys.exit(not all(cost.is_within_limits for cost in costs))


if __name__ == "__main__":
    main()
