"""The launcher: starts a system, follows its runs on the terminal, and stops what it started."""

import subprocess
import sys
import time
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from embedded import outcomes
from embedded.airflow_api import ENDED, AirflowApi, Run
from embedded.components import BUCKET, KMA_CONNECTIONS, KMA_POOL, PROJECT, USER, System
from embedded.progress import Progress
from embedded.running import Running, forget
from embedded.secret_files import write_secret_files
from embedded.services import Service, ServiceError, Supervisor
from embedded.space import SpaceWatch, require_space
from embedded.watching import Every
from weather_mlops.kma import address
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access

PROGRESS_SECONDS: Final = 10
START_SECONDS: Final = 300
API_SECONDS: Final = 300
"""How long the launcher waits for an answer of the API server: one that was killed is back sooner."""
STUCK_SECONDS: Final = 180
"""A task starts seconds after it was queued; what a killed scheduler queued is queued again within 95 s."""
DATA_SERVICES: Final = ("s3", "simulator")
"""Services that Airflow's last writes need: they are stopped after it."""


def say(text: str) -> None:
    """Print a line on the terminal, if there still is one."""
    with suppress(OSError):  # it was closed; that stops nothing
        print(text, flush=True)


class Launcher:
    """Starts a system, follows its runs, and stops what it started.

    Args:
        system: the system to start, or the one that runs already.
        command: name of the make target.
    """

    def __init__(self, system: System, command: str = "run") -> None:
        self.system = system
        self.command = command
        self.supervisor = Supervisor(system.folder, PROJECT, say)
        self.space = SpaceWatch(system.folder)
        self._stuck = Every(PROGRESS_SECONDS)
        self.broken: tuple[str, ...] = ()
        """Files that Airflow couldn't read when it started."""

    @property
    def logs(self) -> Path:
        """Airflow's logs of tasks."""
        return self.system.folder / "airflow" / "logs"

    def start(self) -> AirflowApi:
        """Start all services in order, with a line for each; return Airflow's API, logged in.

        Raises:
            ServiceError: a port is taken, or a service doesn't start; the caller stops those that run.
            Misconfigured: KMA_API_URL or KMA_AUTH_KEY can't be used.
        """
        if self.system.kma_key:
            address.with_key(self.system.kma_url or address.EXAMPLE, self.system.kma_key.strip())
        elif self.system.kma_url:
            address.base_url(self.system.kma_url)
        require_space(self.system.folder)
        self.refuse_a_second()
        if leftovers := self.supervisor.stop_leftovers():
            say(f"Stopped what an earlier start left: {', '.join(leftovers)}")
        say("Starting:")
        running = Running.here(self.system, self.command)
        running.write(self.system.folder)
        self.begin(self.system.storage())
        self.ensure_bucket()
        if self.system.simulated:
            self.begin(self.system.simulator())
            say("    KMA_AUTH_KEY is not set: the weather is SIMULATED, not observed")
        write_secret_files(self.system)
        self.migrate()
        self.begin(*self.system.airflow())
        api = AirflowApi(
            self.system.ui_url,
            USER,
            self.system.keys.password,
            patience=API_SECONDS,
            meanwhile=self.supervisor.supervise,
        )
        self.wait_for_dags(api)
        api.ensure_pool(KMA_POOL, KMA_CONNECTIONS, "Connections to the KMA at a time")
        running.now_ready().write(self.system.folder)
        return api

    def refuse_a_second(self) -> None:
        """Refuse to start if something runs on the folder.

        Raises:
            ServiceError: something does; the message says what to do.
        """
        running = Running.of(self.system.folder)
        if running is not None and not running.whole:
            raise ServiceError(
                f"`make {running.command}` (process {running.pid}) is at work on these data: "
                "start again when it has ended, or end it by `make stop`"
            )
        if (pid := self.supervisor.launcher()) is not None:
            raise ServiceError(
                f"it runs already (process {pid}): `make status` says how to reach it, `make stop` stops it"
            )

    def ensure_bucket(self) -> None:
        """Create the bucket if there is none."""
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
        """Return Airflow's API; start the system if none runs.

        Raises:
            ServiceError: it doesn't start.
        """
        if wait_for_the_system(self.system.folder) is None:
            return self.start()
        return AirflowApi(self.system.ui_url, USER, self.system.keys.password)

    def report(self, name: str, begun: float, where: Path) -> None:
        """Print a line for what is ready."""
        say(f"  {name:<14}{time.monotonic() - begun:5.1f} s  {where}")

    def begin(self, *services: Service, quiet: bool = False) -> None:
        """Start services together and wait for each; print a line for each unless ``quiet``."""
        begun = time.monotonic()
        for service in services:
            self.supervisor.start(service)
        for service in services:
            self.supervisor.wait(service)
            if not quiet:
                self.report(service.name, begun, self.supervisor.log_of(service.name))

    def migrate(self) -> None:
        """Migrate Airflow's database to the version of Airflow, unless it has that version already.

        The version is recorded in a file: checking it with Airflow takes as long as migrating, 8 s. Airflow's
        components refuse a database of another version themselves.

        Raises:
            ServiceError: it can't be migrated; the message has the end of Airflow's output.
        """
        begun = time.monotonic()
        database = self.system.folder / "airflow" / "airflow.db"
        marker = database.with_suffix(".version")
        version = metadata.version("apache-airflow-core")
        if not (database.exists() and marker.exists() and marker.read_text("utf-8") == version):
            result = subprocess.run(
                [Path(sys.executable).parent / "airflow", "db", "migrate"],
                env=self.system.airflow_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode:
                output = f"{result.stdout[-2000:]}{result.stderr[-2000:]}"
                raise ServiceError(f"airflow db migrate failed:\n{output}")
            marker.write_text(version, "utf-8")
        self.report("database", begun, database)

    def wait_for_dags(self, api: AirflowApi) -> None:
        """Wait until Airflow has read every pipeline; broken ones are printed, and the others run.

        Raises:
            ServiceError: it can read none, or doesn't finish in time.
        """
        files = [p for p in (self.system.project / "pipelines").glob("*.yml") if p.name != "defaults.yml"]
        deadline = time.monotonic() + START_SECONDS
        while len(dag_ids := api.dag_ids()) + len(errors := api.import_errors()) < len(files):
            if not dag_ids and any(file.endswith("defaults.yml") for file in errors):
                break  # without the defaults that they share, Airflow reads none
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"Airflow has read {dag_ids} of {len(files)} pipelines after {START_SECONDS} s"
                )
            self.supervisor.supervise()
            time.sleep(0.5)
        report = "\n".join(f"import error of {file}:\n{error}" for file, error in errors.items())
        if errors and not dag_ids:
            raise ServiceError(f"Airflow can read no pipeline:\n{report}")
        self.broken = tuple(errors)
        if errors:
            say(f"{report}\nThe other pipelines run.")

    def restart_stuck_scheduler(self, api: AirflowApi) -> None:
        """Restart the scheduler if it no longer starts tasks.

        Its workers share a queue and its lock: when the worker that holds the lock is killed, no other one
        can take a task, and Airflow doesn't notice.

        Raises:
            ServiceError: it was restarted too often already.
        """
        scheduler = self.supervisor.running.get("scheduler")  # None where another launcher runs it
        if scheduler is None or scheduler.restart_at is not None or not scheduler.ready:
            return
        if not self._stuck.due() or (since := api.queued_since()) is None:
            return
        waited = time.time() - max(since.timestamp(), scheduler.at)
        if waited > STUCK_SECONDS:
            self.supervisor.restart_soon("scheduler", f"has not begun a task that waits for {waited:.0f} s")

    def watch_space(self) -> None:
        """Print a line when free disk space becomes low, and when there is enough again.

        Raises:
            ServiceError: the disk is full.
        """
        if news := self.space.news():
            say(news)

    def stop(self) -> None:
        """Stop all services that were started: Airflow first, so that its last writes reach their servers.

        Raises:
            ServiceError: a port is still in use.
        """
        if not self.supervisor.running:
            return
        if self.supervisor.running.keys() - set(DATA_SERVICES):
            say("Stopping ...")
        self.supervisor.stop_all(last=DATA_SERVICES)
        forget(self.system.folder)

    def print_result(self, api: AirflowApi, run: Run) -> dict[str, Any]:
        """Print a run that ended; return its summary."""
        try:
            summary = outcomes.summary(api, run, self.logs)
            text = outcomes.lines(run.dag_id, summary)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # A task of a user's own pipeline may return anything under the names that ours use.
            summary = {"run_id": run.run_id, "state": run.state, "results": {}}
            text = f"{run.dag_id} {run.state}; its results can't be shown ({type(error).__name__}: {error})"
        say(text)
        return summary

    def follow(self, api: AirflowApi, dag_id: str, run_id: str, patience: float) -> dict[str, Any]:
        """Wait for the end of a run, with its progress on the terminal; return its summary.

        Raises:
            ServiceError: it did not end in time, a service keeps ending, or the disk is full.
        """
        deadline, look = time.monotonic() + patience, 0.0
        progress = Progress(self.logs, dag_id, run_id)
        while (run := api.run(dag_id, run_id)).state not in ENDED:
            self.supervisor.supervise()
            self.watch_space()
            if time.monotonic() >= look:
                look = time.monotonic() + PROGRESS_SECONDS
                self.show(progress)
                self.restart_stuck_scheduler(api)
            if time.monotonic() > deadline:
                raise ServiceError(f"{dag_id} {run_id} is still {run.state} after {patience:.0f} s")
            time.sleep(0.5)
        self.show(progress)
        return self.print_result(api, run)

    @staticmethod
    def show(progress: Progress) -> None:
        """Print what is new of a run's progress."""
        for news in progress.news():
            say(f"    {news}")


def wait_for_the_system(folder: Path) -> Running | None:
    """Return the system that runs on a folder, once it is up; None if none runs.

    A command that only uses the data for a while, as `make query` does where nothing runs, is waited for.

    Raises:
        ServiceError: it takes too long to start.
    """
    deadline, waited = time.monotonic() + START_SECONDS, False
    while (running := Running.of(folder)) is not None and not (running.whole and running.ready):
        if not waited:
            what = "start" if running.whole else "end"
            say(f"Waiting for `make {running.command}` (process {running.pid}) to {what} ...")
            waited = True
        if running.whole and time.monotonic() > deadline:
            raise ServiceError(f"`make {running.command}` isn't up after {START_SECONDS} s: see there")
        time.sleep(0.5)
    return running
