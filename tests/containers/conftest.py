"""Real containers: the engine if there is one, the image, and the systems of the compose files."""

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from embedded.airflow_api import AirflowApi, Run
from embedded.components import PROJECT
from embedded.services import ServiceError
from tests.s3_proxy import free_port
from tests.sharing import network_may_change

PATIENCE_S = 240
IMAGE = "localhost/weather-mlops:test"
AIRFLOW = ("airflow-webserver", "airflow-dag-processor", "airflow-triggerer", "airflow-scheduler")
STAND_INS = {"AIRFLOW_IMAGE": "airflow", "POSTGRES_IMAGE": "postgres", "REDIS_IMAGE": "redis"}
SPREAD = """
spread:
  schedule: null
  tasks:
    - task_id: work
      operator: airflow.providers.standard.operators.bash.BashOperator
      queue: training
      expand: {bash_command: [sleep 3, sleep 3.1, sleep 3.2, sleep 3.3, sleep 3.4, sleep 3.5, sleep 3.6]}
"""
INTERRUPTED = """
interrupted:
  schedule: null
  tasks:
    - task_id: work
      operator: airflow.providers.standard.operators.bash.BashOperator
      bash_command: >-
        env > /opt/airflow/monitoring/environment; sleep 20; echo "try {{ ti.try_number }}"
        >> "/opt/airflow/monitoring/$(echo '{{ run_id }}' | md5sum | head -c 8)"
"""


class Engine:
    """Podman or Docker, and its compose."""

    def __init__(self) -> None:
        if _works("docker", "info") and _works("docker", "compose", "version"):
            self.program, self.compose = "docker", ["docker", "compose"]
        elif _works("podman", "info") and _works("podman-compose", "--version"):
            self.program, self.compose = "podman", ["podman-compose"]
        else:
            pytest.skip("NOT TESTED: neither Docker with compose nor podman with podman-compose works here")
        if "COMPOSE" in os.environ:
            self.compose = shlex.split(os.environ["COMPOSE"])
        self.images = {name: os.environ[name] for name in STAND_INS if name in os.environ}
        if self.program == "podman":
            for variable, name in STAND_INS.items():
                base = f"localhost/{name}-base:latest"
                if variable not in self.images and _works("podman", "image", "exists", base):
                    self.images[variable] = base

    def __call__(self, *arguments: str, check: bool = True) -> str:
        """Run a command of the engine; return its output."""
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def succeeds(self, *arguments: str) -> bool:
        return _works(self.program, *arguments)


def _works(*command: str) -> bool:
    try:
        return not subprocess.run(command, capture_output=True, check=False, timeout=60).returncode
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False


def quoted(value: str) -> str:
    """Quote a value for .env; an empty one stays empty, as in a line that isn't filled in."""
    return "'" + value.replace("'", "\\'") + "'" if value else ""


class Composed:
    """The system of compose files, with its own .env.

    Args:
        engine: engine that runs it.
        files: the compose files.
        settings: content of its .env.
        folder: folder of the .env.
        login: user and password of Airflow.
    """

    def __init__(
        self,
        engine: Engine,
        files: Sequence[Path],
        settings: Mapping[str, str],
        folder: Path,
        login: tuple[str, str],
    ) -> None:
        self.engine, self.files, self.folder, self.login = engine, files, folder, login
        self.settings = {**settings, **engine.images, "WEATHER_IMAGE": IMAGE}
        for name in ("WEATHER_UI_PORT", "WEATHER_S3_PORT", "WEATHER_KMA_PORT", "WEATHER_FLOWER_PORT"):
            self.settings[name] = str(free_port())
        self.project = "weather-test"
        self.url = f"http://localhost:{self.settings['WEATHER_UI_PORT']}"
        self._api: AirflowApi | None = None

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        env_file = self.folder / ".env"
        env_file.write_text("".join(f"{name}={quoted(value)}\n" for name, value in self.settings.items()))
        named = [argument for file in self.files for argument in ("-f", str(file))]
        profile = ["--profile", "celery"] if "AIRFLOW_EXECUTOR" in self.settings else []
        command = [*self.engine.compose, "-p", self.project, "--env-file", str(env_file), *named, *profile]
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            [*command, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,  # an engine may leave files where it was started
            env=inherited,
        )
        assert done.returncode == 0 or not check, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    def up(self, *named: str, airflow: bool = True) -> None:
        """Start services and what they depend on, and wait until Airflow's are healthy."""
        if self.engine.program == "docker":
            self.compose("up", "-d", *(named or self.services()))
        else:
            self._up_in_order(named or tuple(self.services()))
        for service in AIRFLOW if airflow else named:
            self.until(lambda service=service: self.healthy(service), f"{service} is healthy")

    def services(self) -> dict[str, dict[str, Any]]:
        """Return all services of the files, without those of profiles that aren't switched on."""
        merged: dict[str, dict[str, Any]] = {}
        for file in self.files:
            for name, service in yaml.safe_load(file.read_text())["services"].items():
                before = merged.setdefault(name, {})
                needed = {**before.get("depends_on", {}), **service.get("depends_on", {})}
                merged[name] = {**before, **service, "depends_on": needed}
        profiles = {"celery"} if "AIRFLOW_EXECUTOR" in self.settings else set()
        return {
            name: service for name, service in merged.items() if set(service.get("profiles", [])) <= profiles
        }

    def _up_in_order(self, named: Sequence[str]) -> None:
        """Start services like compose: podman before 4.6 waits neither for health nor for a service's end."""
        known, started = self.services(), set[str]()

        def start(service: str) -> None:
            if service in started:
                return
            started.add(service)
            for needed, dependency in known[service]["depends_on"].items():
                start(needed)
                if dependency["condition"] == "service_healthy":
                    self.until(partial(self.healthy, needed), f"{needed} is healthy")
                if dependency["condition"] == "service_completed_successfully":
                    self.until(partial(self._completed, needed), f"{needed} has ended well")
            self.compose("up", "-d", "--no-deps", service)

        for service in named:
            start(service)

    def _completed(self, service: str) -> bool:
        state = self.inspect(self.container(service))["State"]
        return state["Status"] == "exited" and state["ExitCode"] == 0

    def down(self) -> None:
        # podman-compose forgets all workers but the first.
        workers = self.engine(
            "ps", "-a", "--filter", f"name={self.project}", "--format", "{{.Names}}"
        ).split()
        if workers:
            self.engine("rm", "--force", *workers)
        self.compose("down", "--volumes", check=False)

    def lose_all_but(self, *spared: str) -> None:
        """Destroy all containers and volumes except those of these services and of the data."""
        lost = (self.container(name) for name in self.services() if name not in spared)
        self.engine("rm", "--force", *lost)
        for volume in ("postgres", "logs", "monitoring", "backups"):
            self.engine("volume", "rm", "--force", f"{self.project}_{volume}")

    def container(self, service: str) -> str:
        """Return the name of a service's container."""
        return f"mlops-{service}"

    def inspect(self, container: str) -> dict[str, Any]:
        described = json.loads(self.engine("inspect", container))
        return dict(described[0])

    def healthy(self, service: str) -> bool:
        """Whether a service is healthy by its own check."""
        if self.engine.program == "docker":
            return str(self.inspect(self.container(service))["State"]["Health"]["Status"]) == "healthy"
        return self.engine.succeeds("healthcheck", "run", self.container(service))

    def printed_by_a_task(self) -> set[str]:
        """Return the settings of .env that a task's environment shows, after a run of ``interrupted``."""
        environment = self.execute("mlops-airflow-triggerer", "cat", "/opt/airflow/monitoring/environment")
        return {name for name in secrets() if self.settings[name] in environment}

    def kill(self, container: str) -> None:
        """Kill it like the kernel when memory runs out; an engine's own kill may count as a stop."""
        os.kill(int(self.inspect(container)["State"]["Pid"]), 9)

    def execute(self, container: str, *command: str) -> str:
        return self.engine("exec", container, *command)

    def until(self, holds: Callable[[], bool], what: str, patience: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + patience
        while True:
            with suppress(ServiceError, requests.RequestException):
                if holds():
                    return
            assert time.monotonic() < deadline, f"not within {patience:.0f} s: {what}\n{self.logs()}"
            time.sleep(2)  # each check starts programs in the containers

    def logs(self) -> str:
        names = self.engine("ps", "-a", "--filter", "name=mlops-", "--format", "{{.Names}}").split()
        return "\n".join(f"== {name}\n{self.log(name)[-1500:]}" for name in names)

    def log(self, container: str) -> str:
        done = subprocess.run(
            [self.engine.program, "logs", "--tail", "200", container],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    @property
    def api(self) -> AirflowApi:
        if self._api is None:
            self._api = AirflowApi(self.url, *self.login)
        return self._api

    def token(self, user: str, password: str) -> requests.Response:
        login = {"username": user, "password": password}
        return requests.post(f"{self.url}/auth/token", json=login, timeout=30)

    def start(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        self.until(lambda: dag_id in self.api.dag_ids(), f"{dag_id} is known")
        self.api.unpause(dag_id)
        return self.api.trigger(dag_id, conf=conf)

    def finish(self, dag_id: str, run_id: str) -> Run:
        """Wait for the end of a run, whatever happens to Airflow meanwhile."""
        newest: list[Run] = []

        def ended() -> bool:
            newest[:] = [self.api.run(dag_id, run_id)]
            return newest[0].state in {"success", "failed"}

        self.until(ended, f"{dag_id} {run_id} has ended")
        return newest[0]

    def do(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> tuple[Run, dict[str, Any]]:
        """Run a pipeline; return the run and the results of its tasks."""
        run = self.finish(dag_id, self.start(dag_id, conf))
        return run, self.api.results(run)


def quick_pipelines(folder: Path) -> Path:
    """Copy the project's pipelines, without schedules and with short waits, and add two for tests."""
    shutil.copytree(PROJECT / "pipelines", folder)
    defaults = folder / "defaults.yml"
    text = re.sub(
        r"\bretry_delay: .*", "retry_delay: {__type__: datetime.timedelta, seconds: 2}", defaults.read_text()
    )
    defaults.write_text(re.sub(r"retry_exponential_backoff: .*", "retry_exponential_backoff: 0", text))
    for name in ("collection", "training", "monitoring"):
        file = folder / f"{name}.yml"
        content = yaml.safe_load(file.read_text())
        (dag,) = content.values()
        dag["schedule"] = None
        if name == "collection":
            dag["tasks"][0]["poll_interval"]["minutes"] = 0.1
            dag["tasks"][0]["publication_timeout"]["minutes"] = 600
        if name == "training":
            dag["tasks"][0]["horizon_hours"] = 2  # each lead takes its time
        file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    (folder / "spread.yml").write_text(SPREAD)
    (folder / "interrupted.yml").write_text(INTERRUPTED)
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def engine() -> Engine:
    usable = Engine()
    if running := usable("ps", "-a", "--filter", "name=mlops-", "--format", "{{.Names}}").split():
        pytest.fail(f"containers of these names exist already: stop that system first: {running}")
    return usable


@pytest.fixture(scope="session")
def image(engine: Engine) -> str:
    """The image of this checkout."""
    network = ["--network=host"] if engine.program == "podman" else []
    base = engine.images.get("AIRFLOW_IMAGE")
    chosen = ["--build-arg", f"AIRFLOW_IMAGE={base}"] if base else []
    engine("build", *network, *chosen, "--build-arg", "CODE_REVISION=tested", "-t", IMAGE, str(PROJECT))
    return IMAGE


@pytest.fixture(scope="session")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    parent = tmp_path_factory.mktemp("containers")
    for folder in (parent, *parent.parents[:2]):
        folder.chmod(0o755)  # another user reads them in the containers
    return quick_pipelines(parent / "pipelines")


@pytest.fixture(scope="module")
def development(
    engine: Engine, image: str, pipelines: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Composed]:
    settings = {"PIPELINES": str(pipelines)}
    folder = tmp_path_factory.mktemp("development")
    composed = Composed(engine, [PROJECT / "docker-compose.yml"], settings, folder, ("admin", "admin"))
    with network_may_change(tmp_path_factory):
        try:
            yield composed
        finally:
            composed.down()


def secrets() -> dict[str, str]:
    """Return all required settings of production, with stand-ins for S3 and the KMA."""
    generated = ("JWT_SECRET", "API_SECRET_KEY", "BACKUP_KEY")
    chosen = (
        "POSTGRES_PASSWORD",
        "DATABASE_PASSWORD",
        "ADMIN_PASSWORD",
        "MONITORING_PASSWORD",
        "REDIS_PASSWORD",
        "FLOWER_PASSWORD",
    )
    return {
        "FERNET_KEY": urlsafe_b64encode(os.urandom(32)).decode(),
        **{name: urlsafe_b64encode(os.urandom(48)).decode() for name in generated},
        **{name: f"my p@ss/w%41rd: $HOME #1 it's & {os.urandom(8).hex()}" for name in chosen},
        "POSTGRES_PASSWORD": 'a "quoted" \\backslash, p@ss/w%41rd $HOME #1 it\'s',
        "DATABASE_PASSWORD": 'another: "quoted" \\backslash, p@ss/w%41rd $HOME #1 it\'s',
        "KMA_AUTH_KEY": "simulated-weather",
        "WEATHER_BUCKET": "weather",
    }


def production_of(engine: Engine, pipelines: Path, folder: Path, **more: str) -> Composed:
    """Return the system of docker-compose.production.yml, with stand-ins for S3 and the KMA."""
    known = secrets()
    settings = {
        **known,
        "PIPELINES": str(pipelines),
        "KMA_API_URL": "http://simulator:9100/api/typ01/url",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://s3:9000",
        "AWS_ACCESS_KEY_ID": "weather",
        "AWS_SECRET_ACCESS_KEY": "not-the-default",
        "BACKUP_PASSPHRASE": "my p@ss $HOME phrase",
        **more,
    }
    stand_ins = Path(__file__).parent / "production" / "stand-ins.yml"
    files = [PROJECT / "docker-compose.production.yml", stand_ins]
    return Composed(engine, files, settings, folder, ("admin", known["ADMIN_PASSWORD"]))
