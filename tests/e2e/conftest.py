"""A whole system with a real Airflow, on free ports and in a folder of its own."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from embedded.__main__ import Launcher, once
from embedded.airflow_api import AirflowApi, Run
from embedded.parts import SIMULATOR_KEY, Ports, System
from tests.project import copied_project
from tests.s3_proxy import S3Proxy, free_port

E2E_PATIENCE = 240


class Stack:
    """A running system, with a proxy before its S3 server."""

    def __init__(
        self,
        folder: Path,
        edit: Callable[[dict[str, Any]], None] | None = None,
        simulator_options: Sequence[str] = (),
    ) -> None:
        self.project = copied_project(folder / "project")
        self._quicken(edit)
        ports = Ports(**{name: free_port() for name in Ports.__slots__})
        self.proxy = S3Proxy(ports.s3)
        self.system = System(folder / "run", ports, project=self.project, s3_url=self.proxy.url)
        self.system = replace(self.system, simulator_options=simulator_options)
        self.launcher = Launcher(self.system)
        self.api: AirflowApi
        self.first: Run

    def _quicken(self, edit: Callable[[dict[str, Any]], None] | None) -> None:
        """Short waits, so that a test of a retry doesn't last minutes."""
        defaults = self.project / "pipelines" / "defaults.yml"
        text = re.sub(
            r"\bretry_delay: .*",
            "retry_delay: {__type__: datetime.timedelta, seconds: 2}",
            defaults.read_text(),
        )
        defaults.write_text(re.sub(r"retry_exponential_backoff: .*", "retry_exponential_backoff: 0", text))
        collection = self.project / "pipelines" / "collection.yml"
        content = yaml.safe_load(collection.read_text())
        # No hour strikes in the middle of a test: runs are started by hand.
        content["data_collection"]["schedule"] = None
        collect = content["data_collection"]["tasks"][0]
        collect["poll_interval"]["minutes"] = 0.1
        collect["publication_timeout"]["minutes"] = 600  # at any minute of the hour that tests run in
        if edit:
            edit(content["data_collection"])
        collection.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))

    def start(self) -> None:
        self.api = self.launcher.start()

    def collect_first(self) -> None:
        self.first = self.wait(self.api.run_now("data_collection"))

    def stop(self) -> None:
        self.launcher.stop()
        self.proxy.close()

    def simulator(self, *options: str) -> None:
        """Start the simulator anew, with other options."""
        self.launcher.supervisor.stop("simulator")
        self.launcher.begin(replace(self.system, simulator_options=options).simulator())

    def storage(self, *, up: bool) -> None:
        if up:
            self.launcher.begin(self.system.storage())
        else:
            self.launcher.supervisor.stop("s3")

    def trigger(self, logical_date: str | None = None) -> str:
        return self.api.trigger("data_collection", logical_date)

    def wait(self, run_id: str) -> Run:
        return self.api.wait("data_collection", run_id, E2E_PATIENCE)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + E2E_PATIENCE
        while not holds():
            assert time.monotonic() < deadline, self.logs()[-5000:]
            time.sleep(0.5)

    def collect(self) -> tuple[Run, Mapping[str, Any]]:
        run = self.wait(self.trigger())
        return run, self.api.results(run)

    def logs(self) -> str:
        """All that Airflow and the services wrote."""
        files = [*self.system.folder.glob("logs/*.log"), *self.system.folder.glob("airflow/logs/**/*.log")]
        return "\n".join(file.read_text(errors="replace") for file in files)

    def task_log(self, task_id: str) -> str:
        files = sorted(self.system.folder.glob(f"airflow/logs/**/task_id={task_id}/**/*.log"))
        return "\n".join(file.read_text(errors="replace") for file in files)

    def secrets(self) -> list[str]:
        keys = self.system.keys
        return [SIMULATOR_KEY, keys.s3_secret, keys.fernet, keys.jwt, keys.api_secret]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("stack"))
    try:
        running.start()
        running.collect_first()
        yield running
    finally:
        running.stop()


FIRST_STATIONS = 3
LEADS = 2  # hours: each takes its time to train


@dataclass(frozen=True)
class Once:
    """What one `make once` did: its exit status, its summary and what it printed."""

    system: System
    status: int
    summary: Mapping[str, Any]
    output: str


def run_once(system: System) -> Once:
    """Run every pipeline once, and stop."""
    launcher, printed = Launcher(system), StringIO()
    try:
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
            patch.setenv("WEATHER_FIRST_STATIONS", str(FIRST_STATIONS))
            status = once(launcher)
    finally:
        launcher.stop()
    summary = json.loads((system.folder / "summary.json").read_text())
    return Once(system, status, summary, printed.getvalue())


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """A system that `make once` has filled, and that doesn't run now."""
    folder = tmp_path_factory.mktemp("once")
    project = copied_project(folder / "project")
    training = project / "pipelines" / "training.yml"
    training.write_text(training.read_text().replace("horizon_hours: 24", f"horizon_hours: {LEADS}"))
    ports = Ports(**{name: free_port() for name in Ports.__slots__})
    return run_once(System(folder / "run", ports, project=project))
