"""`make run`, `make once`, `make history`, `make stop`: the whole system on this machine."""

import json
import math
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

from embedded.airflow_api import ENDED, AirflowApi, Run
from embedded.parts import BUCKET, KMA_CONNECTIONS, KMA_POOL, PROJECT, USER, Ports, System, inherited
from embedded.runs import (
    HISTORY,
    TRAINING,
    Progress,
    asked_load,
    first_load,
    in_order,
    line,
    summary,
)
from embedded.services import Service, ServiceError, Supervisor
from weather_mlops.errors import WeatherError
from weather_mlops.lake.store import ObjectStore, S3Access

FOLDER: Final = PROJECT / ".run"
SPACE_NEEDED_GB: Final = 1
RUN_PATIENCE: Final = 600
FIRST: Final = "data_collection"


def say(text: str) -> None:
    """Tell the terminal."""
    print(text, flush=True)


class Launcher:
    """Starts a system, follows its runs, and stops what it started.

    Args:
        system: what to start.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.supervisor = Supervisor(system.folder, PROJECT)

    def start(self) -> AirflowApi:
        """Start all parts, in order, with a line for each; Airflow's API, logged in.

        Raises:
            ServiceError: a port is taken, or a part doesn't start; what runs already is the caller's to stop.
        """
        free = shutil.disk_usage(PROJECT).free / 1e9
        if free < SPACE_NEEDED_GB:
            raise ServiceError(
                f"{free:.1f} GB free at {PROJECT}: {SPACE_NEEDED_GB} GB needed. Free some space."
            )
        if (pid := self.supervisor.launcher()) is not None:
            raise ServiceError(f"it runs already (process {pid}): use it, or stop it by `make stop`")
        if leftovers := self.supervisor.stop_leftovers():
            say(f"Stopped what an earlier start left: {', '.join(leftovers)}")
        say("Starting:")
        self.begin(self.system.storage())
        self.ensure_bucket()
        if self.system.simulated:
            self.begin(self.system.simulator())
            say("    KMA_AUTH_KEY is not set: the weather is SIMULATED, not observed")
        self.system.write_password()
        self.migrate()
        self.begin(*self.system.airflow())
        api = AirflowApi(self.system.ui_url, USER, self.system.keys.password)
        self.wait_for_dags(api)
        api.ensure_pool(KMA_POOL, KMA_CONNECTIONS, "Connections to the KMA at a time")
        return api

    def ensure_bucket(self) -> None:
        """Make the bucket where there is none."""
        access = S3Access(
            bucket=BUCKET,
            endpoint_url=self.system.storage_url,
            access_key_id=self.system.keys.s3_user,
            secret_access_key=self.system.keys.s3_secret,
            session_token=None,
            region="us-east-1",
        )
        ObjectStore(access).ensure_bucket()

    def attach(self) -> AirflowApi:
        """Airflow's API, of the system that runs already, or of this one started now."""
        if self.supervisor.launcher() is None:
            return self.start()
        return AirflowApi(self.system.ui_url, USER, self.system.keys.password)

    def report(self, name: str, begun: float, where: Path) -> None:
        """One line for what is ready."""
        say(f"  {name:<14}{time.monotonic() - begun:5.1f} s  {where}")

    def begin(self, *services: Service, quiet: bool = False) -> None:
        """Start services together and wait for each, with a line for it unless that would be in the way."""
        begun = time.monotonic()
        for service in services:
            self.supervisor.start(service)
        for service in services:
            self.supervisor.wait(service)
            if not quiet:
                self.report(service.name, begun, self.supervisor.log_of(service.name))

    def migrate(self) -> None:
        """Bring Airflow's database to its version."""
        begun = time.monotonic()
        airflow = Path(sys.executable).parent / "airflow"
        result = subprocess.run(
            [airflow, "db", "migrate"],
            env=self.system.airflow_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise ServiceError(f"airflow db migrate failed:\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
        self.report("database", begun, self.system.folder / "airflow" / "airflow.db")

    def wait_for_dags(self, api: AirflowApi) -> None:
        """Wait until Airflow has read every pipeline.

        Raises:
            ServiceError: it can't read one, with its words.
        """
        wanted = [p for p in (self.system.project / "pipelines").glob("*.yml") if p.name != "defaults.yml"]
        deadline = time.monotonic() + 120
        while len(found := api.dag_ids()) < len(wanted):
            if errors := api.import_errors():
                raise ServiceError("Airflow can't load a pipeline:\n" + "\n".join(errors))
            if time.monotonic() > deadline:
                raise ServiceError(f"Airflow has read {found} of {len(wanted)} pipelines after 120 s")
            time.sleep(0.5)

    def check(self) -> None:
        """See that every part still runs.

        Raises:
            ServiceError: one ended.
        """
        for name in self.supervisor.running:
            self.supervisor.check(name)

    def stop(self) -> None:
        """Stop all that was started: Airflow first, so that its last writes find their servers."""
        airflow = [name for name in self.supervisor.running if name not in {"s3", "simulator"}]
        if airflow:
            say("Stopping ...")
            self.supervisor.stop(*airflow)
        if self.supervisor.running:
            self.supervisor.stop()
            self.supervisor.register.unlink(missing_ok=True)

    def tell(self, api: AirflowApi, run: Run) -> dict[str, Any]:
        """Print a run that ended; its summary."""
        told = summary(api, run)
        say(line(run.dag_id, told))
        return told


def once(launcher: Launcher) -> int:
    """Run every pipeline once, in order; 0 when all succeeded."""
    first = first_load(os.environ)
    api = launcher.start()
    told = {}
    for dag_id in in_order(api.dag_ids()):
        if dag_id == HISTORY and first is None:
            say("Not running history: WEATHER_FIRST_DAYS or WEATHER_FIRST_STATIONS is 0")
            continue
        say(f"Running {dag_id} ...")
        if dag_id == HISTORY:
            told[dag_id] = load(launcher, api, first, RUN_PATIENCE)
        else:
            run = api.wait(dag_id, api.run_now(dag_id), RUN_PATIENCE)
            told[dag_id] = launcher.tell(api, run)
        api.unpause(dag_id, paused=True)
    file = launcher.system.folder / "summary.json"
    file.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    say(f"Summary: {file}")
    return 0 if all(run["state"] == "success" for run in told.values()) else 1


def load(
    launcher: Launcher, api: AirflowApi, conf: Mapping[str, Any] | None, patience: float = math.inf
) -> dict[str, Any]:
    """Load history, with its progress on the terminal; the run's summary.

    Raises:
        ServiceError: it did not end in time: it may sleep until the next day's calls.
    """
    deadline = time.monotonic() + patience
    api.unpause(HISTORY)
    run_id = api.trigger(HISTORY, conf=conf)
    progress = Progress(launcher.system.folder / "airflow" / "logs", run_id)
    while (run := api.run(HISTORY, run_id)).state not in ENDED:
        launcher.check()
        for told in progress.news():
            say(f"    {told}")
        if time.monotonic() > deadline:
            raise ServiceError(f"{HISTORY} {run_id} is still {run.state} after {patience:.0f} s")
        time.sleep(1)
    for told in progress.news():
        say(f"    {told}")
    return launcher.tell(api, run)


def history(launcher: Launcher) -> int:
    """Load the days and stations that the environment names; 0 when all of them came."""
    asked = asked_load(os.environ)
    api = launcher.attach()
    return 0 if load(launcher, api, asked)["state"] == "success" else 1


def by_hand(launcher: Launcher, *arguments: str) -> int:
    """Do a command of the domain package on this machine's data; its exit status."""
    if "WEATHER_BUCKET" in os.environ:
        environment = dict(os.environ)
    else:
        environment = {**inherited(), **launcher.system.data_environment()}
        if launcher.supervisor.launcher() is None:
            launcher.supervisor.stop_leftovers()
            launcher.begin(launcher.system.storage(), quiet=True)
            launcher.ensure_bucket()
    command = [sys.executable, "-m", "weather_mlops", *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def options(*names: str) -> list[str]:
    """Options of a command from the environment: FROM=2020-01-01 is --from=2020-01-01."""
    return [
        f"--{name.lower().replace('_', '-')}={os.environ[name]}" for name in names if os.environ.get(name)
    ]


def rebuild(launcher: Launcher) -> int:
    """Make the tables anew from raw; swap them for APPLY=1."""
    apply = ["--apply"] if os.environ.get("APPLY") == "1" else []
    return by_hand(launcher, "rebuild", *options("FROM", "TO"), *apply)


def import_files(launcher: Launcher) -> int:
    """Take in the files that FILES names."""
    return by_hand(launcher, "import", *shlex.split(os.environ.get("FILES", "")))


def rollback(launcher: Launcher) -> int:
    """Make the model VERSION of TARGET the champion again, or the one deployed before."""
    return by_hand(launcher, "rollback", os.environ.get("TARGET", ""), *options("VERSION", "REASON"))


def backtest(_launcher: Launcher) -> int:
    """Train before HOLDOUT_FROM and test after it, on the files that OBSERVATIONS names."""
    given = options("TARGET", "HOLDOUT_FROM", "HOLDOUT_TO", "FOLDS", "OUT", "REPORT")
    files = shlex.split(os.environ.get("OBSERVATIONS", ""))
    command = [sys.executable, "-m", "weather_mlops", "backtest", *given, *files]
    return subprocess.run(command, check=False).returncode


def query(launcher: Launcher) -> int:
    """Answer the SQL."""
    return by_hand(launcher, "query", os.environ.get("SQL", ""))


def run(launcher: Launcher) -> int:
    """Run until interrupted, with a line for each run that ends."""
    first = first_load(os.environ)
    api = launcher.start()
    ended = {(run.dag_id, run.run_id) for run in api.runs() if run.state in ENDED}
    loads = first is not None and not api.runs(HISTORY)
    # The first training waits for the load: before it there is nothing to learn from.
    later = {FIRST, *([TRAINING] if loads else [])}
    for dag_id in set(api.dag_ids()) - later:
        api.unpause(dag_id)
    say(
        f"\nAirflow:  {launcher.system.ui_url}   user {USER}, password {launcher.system.keys.password}"
        f"\nS3:       {launcher.system.storage_url}, keys in {launcher.system.folder / 'keys.json'}"
        "\nCtrl-C stops everything; the data stay.\n"
    )
    if loads:
        api.trigger(HISTORY, conf=first)
    api.run_now(FIRST)
    while True:
        launcher.check()
        for seen in reversed(api.runs()):
            if seen.state in ENDED and (seen.dag_id, seen.run_id) not in ended:
                ended.add((seen.dag_id, seen.run_id))
                launcher.tell(api, seen)
                if loads and seen.dag_id == HISTORY:
                    loads = False
                    api.run_now(TRAINING)
        time.sleep(2)


COMMANDS: Final[Mapping[str, Callable[[Launcher], int]]] = {
    "once": once,
    "run": run,
    "history": history,
    "rebuild": rebuild,
    "import": import_files,
    "query": query,
    "rollback": rollback,
    "backtest": backtest,
}


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """End by a signal as by Ctrl-C."""
    raise KeyboardInterrupt


def main(command: str) -> int:
    """Do one command; its exit status."""
    signal.signal(signal.SIGTERM, interrupt)
    system = System(
        FOLDER,
        Ports.from_environment(),
        kma_key=os.environ.get("KMA_AUTH_KEY") or None,
        kma_url=os.environ.get("KMA_API_URL"),
    )
    launcher = Launcher(system)
    if command == "stop":
        stopped = launcher.supervisor.stop_leftovers()
        say(f"Stopped: {', '.join(stopped)}" if stopped else "Nothing was running.")
        return 0
    try:
        return COMMANDS[command](launcher)
    except KeyboardInterrupt:
        say("")
        return 0 if command == "run" else 130
    except (ServiceError, WeatherError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        # A second Ctrl-C must not leave half of it running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        launcher.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
