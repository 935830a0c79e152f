"""Whole systems with a real Airflow, each on free ports and in its own folder."""

import json
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow as pa
import pytest
import yaml

from embedded.__main__ import once
from embedded.airflow_api import AirflowApi, Run
from embedded.components import SIMULATOR_KEY, Ports, System
from embedded.launcher import Launcher
from tests.project import copied_project
from tests.s3_proxy import S3Proxy, free_port
from tests.sharing import shared_folder, turn
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.model.registry import Registry

E2E_PATIENCE = 400
FIRST_STATIONS = 3
LEADS = 2  # hours: each takes its time to train
TARGET = "air_temperature"
STATION = 108
STRANGER = "stranger"
"""A user who may log in, but read nothing."""
CARD_KEY = "models/wind_speed/versions/v1/card.html"
CARDS_PLUGIN = f'''
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from operators.links import PageLink

class CardOperator(BaseOperator):
    """Behaves like an operator that wrote a card, was skipped, or failed."""

    operator_extra_links = (PageLink("Model card", "card_key"),)

    def __init__(self, *, how, **kwargs):
        super().__init__(**kwargs)
        self.how = how

    def execute(self, context):
        if self.how == "skips":
            raise AirflowSkipException("nothing to do")
        if self.how == "fails":
            raise AirflowException("it failed")
        return {{"card_key": "{CARD_KEY}"}}
'''
CARDS_DAG = """
from airflow.sdk import DAG
from cards import CardOperator

with DAG("cards", schedule=None, default_args={"retries": 0}):
    mapped = CardOperator.partial(task_id="mapped").expand(how=["writes", "skips", "fails"])
    CardOperator(task_id="plain", how="writes")
    mapped >> CardOperator(task_id="never_ran", how="writes")
"""


def prepare_database(system: System, folders: pytest.TempPathFactory) -> None:
    """Copy a migrated database of Airflow to a new system; it is the same for all, and created once."""
    prepared = shared_folder(folders) / "airflow"
    with turn(folders, "database"):
        if not prepared.exists():
            folder = folders.mktemp("database")
            Launcher(replace(system, folder=folder)).migrate()
            (folder / "airflow").rename(prepared)
    own = system.folder / "airflow"
    own.mkdir(parents=True)
    for name in ("airflow.db", "airflow.version"):
        shutil.copy(prepared / name, own)


def logs_of(system: System) -> str:
    """Return all logs of Airflow and the services."""
    files = [*system.folder.glob("logs/*.log"), *system.folder.glob("airflow/logs/**/*.log")]
    return "\n".join(file.read_text(errors="replace") for file in files)


def wait_until(holds: Callable[[], bool], logs: Callable[[], str]) -> None:
    """Wait until something holds; without success, fail with the end of the logs."""
    deadline = time.monotonic() + E2E_PATIENCE
    while not holds():
        assert time.monotonic() < deadline, logs()[-5000:]
        time.sleep(0.5)


class Stack:
    """A running system, with a proxy in front of its S3 server."""

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
        # Runs are started by hand: a scheduled one would start in the middle of a test.
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
        """Restart the simulator with other options."""
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
        wait_until(holds, self.logs)

    def collect(self) -> tuple[Run, Mapping[str, Any]]:
        run = self.wait(self.trigger())
        return run, self.api.results(run)

    def logs(self) -> str:
        return logs_of(self.system)

    def task_log(self, task_id: str) -> str:
        files = sorted(self.system.folder.glob(f"airflow/logs/**/task_id={task_id}/**/*.log"))
        return "\n".join(file.read_text(errors="replace") for file in files)

    def secrets(self) -> list[str]:
        keys = self.system.keys
        return [SIMULATOR_KEY, keys.s3_secret, keys.fernet, keys.jwt, keys.api_secret]


@dataclass(frozen=True)
class Once:
    """The result of a `make once`: its exit status, its summary and its output, and whether all ended."""

    system: System
    status: int
    summary: Mapping[str, Any]
    output: str
    is_stopped: bool = False


def run_once(launcher: Launcher) -> Once:
    """Run every pipeline once; the system keeps running."""
    printed, system = StringIO(), launcher.system
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setenv("WEATHER_FIRST_STATIONS", str(FIRST_STATIONS))
        status = once(launcher)
    summary = json.loads((system.folder / "summary.json").read_text())
    return Once(system, status, summary, printed.getvalue())


@dataclass(frozen=True)
class Shown:
    """A filled system that runs; one of its runs is a collection of yesterday 15:00 KST."""

    system: System
    api: AirflowApi
    store: ObjectStore
    yesterday: datetime
    runs: dict[str, Run]

    def logs(self) -> str:
        return logs_of(self.system)

    def address(self, path: str) -> str:
        return f"{self.system.ui_url}/{path}"

    def of_run(self, dag_id: str, task_id: str = "") -> str:
        path = self.address(f"dags/{dag_id}/runs/{quote(self.runs[dag_id].run_id, safe='')}")
        return f"{path}/tasks/{task_id}" if task_id else path

    def returned(self, dag_id: str, name: str) -> str:
        return str(self.api.results(self.runs[dag_id])[name])

    def documents(self, view: str, **query: str) -> str:
        return f"weather/{view}?{urlencode(query)}"

    def pages(self) -> dict[str, str]:
        """Return the address of every kind of page, by a name for its picture."""
        collection = {"dag_id": "data_collection", "run_id": self.runs["data_collection"].run_id}
        docs = self.returned("data_collection", "docs_key")
        card = f"models/{TARGET}/versions/{self.champion()}/card.html"
        return {
            "quality": "weather/pages/quality/docs/index.html",
            "quality-station": f"weather/quality/stations/{STATION}",
            "quality-day": f"weather/pages/{docs.rsplit('/', 1)[0]}/index.html",
            "data-docs": f"weather/pages/{docs}",
            "monitoring": "weather/monitoring",
            "report": "weather/pages/reports/monitoring/latest.html",
            "forecasts": "weather/forecasts",
            "station": f"weather/forecasts/{TARGET}/{STATION}",
            "verification": "weather/verification",
            "models": "weather/models",
            "model-decisions": f"weather/models?target={TARGET}",
            "card": f"weather/pages/{card}",
            "documents-of-dag": self.documents("documents", dag_id="data_collection"),
            "documents-of-run": self.documents("documents", **collection),
            "raw-replies": self.documents("raw", **collection),
        }

    def champion(self) -> str:
        champion = Registry(self.store, TARGET).champion()
        assert champion is not None
        return champion.version


def access(system: System) -> S3Access:
    return S3Access(
        bucket="weather",
        endpoint_url=f"http://127.0.0.1:{system.ports.s3}",
        access_key_id=system.keys.s3_user,
        secret_access_key=system.keys.s3_secret,
        session_token=None,
        region="us-east-1",
    )


def observations(stack: Stack) -> pa.Table:
    uri = stack.system.data_environment()["PYICEBERG_CATALOG__WEATHER__URI"]
    catalog = open_catalog(access(stack.system), uri=uri, type="sql")
    return catalog.load_table("weather.observations").scan().to_arrow()


def keys_of(table: pa.Table) -> list[tuple[int, datetime]]:
    return list(zip(table["station_id"].to_pylist(), table["observed_at"].to_pylist(), strict=True))


def accounted(results: Mapping[str, Any]) -> bool:
    """Whether arrived = published + equal + quarantined."""
    return results["rows"] == (
        results["inserted"] + results["corrected"] + results["equal"] + results["quarantined"]
    )


def token(stack: Stack | Shown, user: str) -> str:
    passwords = json.loads((stack.system.folder / "airflow" / "passwords.json").read_text())
    return AirflowApi(stack.system.ui_url, user, passwords[user])._session.headers["Authorization"]
