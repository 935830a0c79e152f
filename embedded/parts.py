"""The parts of the embedded system: S3 server, KMA simulator and Airflow, with their settings.

Everything lives under one folder (``.run``): data, logs, and keys that are made once and kept.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import requests

from embedded import s3
from embedded.services import Service, port_answers

PROJECT: Final = Path(__file__).resolve().parents[1]
BIN: Final = Path(sys.executable).parent
BUCKET: Final = "weather"
USER: Final = "admin"
KMA_POOL: Final = "kma"
KMA_CONNECTIONS: Final = 4  # at a time; many more make random ones fail
SIMULATOR_KEY: Final = "simulated-weather"


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on 127.0.0.1. Each can be set by an environment variable, named here."""

    ui: int = 8080  # WEATHER_UI_PORT
    s3: int = 9000  # WEATHER_S3_PORT
    kma: int = 9100  # WEATHER_KMA_PORT
    worker_logs: int = 8793  # WEATHER_WORKER_LOGS_PORT
    trigger_logs: int = 8794  # WEATHER_TRIGGER_LOGS_PORT

    @classmethod
    def from_environment(cls) -> "Ports":
        """The defaults, but where a variable says otherwise."""
        chosen = {
            name: int(os.environ[f"WEATHER_{name.upper()}_PORT"])
            for name in cls.__slots__
            if f"WEATHER_{name.upper()}_PORT" in os.environ
        }
        return cls(**chosen)


@dataclass(frozen=True)
class Keys:
    """Secrets of this machine's system; made once, readable by their owner only."""

    s3_user: str
    s3_secret: str = field(repr=False)
    fernet: str = field(repr=False)
    jwt: str = field(repr=False)
    api_secret: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def of(cls, folder: Path) -> "Keys":
        """Read them, or make them."""
        file = folder / "keys.json"
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            keys = {
                "s3_user": "weather",
                "s3_secret": secrets.token_urlsafe(24),
                "fernet": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                "jwt": secrets.token_urlsafe(64),
                "api_secret": secrets.token_urlsafe(32),
                "password": secrets.token_urlsafe(9),
            }
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as output:
                json.dump(keys, output)
        return cls(**json.loads(file.read_text()))


@dataclass(frozen=True)
class System:
    """One embedded system: where it lives, its ports and its keys.

    Attributes:
        folder: data, logs, keys and Airflow's home.
        ports: what listens where.
        project: the folder whose dags/, pipelines/ and plugins/ Airflow reads.
        kma_url: the KMA API, when it isn't the simulator.
        kma_key: its key.
        s3_url: where S3 is reached, when not directly at the embedded server.
        simulator_options: more arguments for the simulator.
        airflow_options: more settings of Airflow, as environment variables.
    """

    folder: Path
    ports: Ports
    project: Path = PROJECT
    kma_url: str | None = None
    kma_key: str | None = field(default=None, repr=False)
    s3_url: str | None = None
    simulator_options: Sequence[str] = ()
    airflow_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> Keys:
        """Its secrets."""
        return Keys.of(self.folder)

    @property
    def ui_url(self) -> str:
        """Airflow's UI and API."""
        return f"http://localhost:{self.ports.ui}"

    @property
    def simulated(self) -> bool:
        """Whether the weather is the simulator's."""
        return self.kma_key is None

    @property
    def storage_url(self) -> str:
        """Where S3 is reached."""
        return self.s3_url or f"http://127.0.0.1:{self.ports.s3}"

    def data_environment(self) -> dict[str, str]:
        """What weather_mlops.settings and PyIceberg read."""
        kma_url = self.kma_url or "https://apihub.kma.go.kr/api/typ01/url"
        if self.simulated:
            kma_url = f"http://127.0.0.1:{self.ports.kma}/api/typ01/url"
        return {
            "WEATHER_BUCKET": BUCKET,
            "KMA_API_URL": kma_url,
            "KMA_AUTH_KEY": self.kma_key or SIMULATOR_KEY,
            "AWS_ENDPOINT_URL": self.storage_url,
            "AWS_ACCESS_KEY_ID": self.keys.s3_user,
            "AWS_SECRET_ACCESS_KEY": self.keys.s3_secret,
            "AWS_REGION": "us-east-1",
            # The embedded server knows no checksums in trailers, which the SDKs send where not told.
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
            "CODE_REVISION": os.environ.get("CODE_REVISION") or code_revision(),
            "PYICEBERG_CATALOG__WEATHER__TYPE": "sql",
            "PYICEBERG_CATALOG__WEATHER__URI": f"sqlite:///{self.folder / 'catalog.db'}",
        }

    def airflow_environment(self) -> dict[str, str]:
        """All that Airflow's components need; only what differs from Airflow's defaults."""
        data = self.data_environment()
        home = self.folder / "airflow"
        kma = {"conn_type": "http", "host": data["KMA_API_URL"], "password": data["KMA_AUTH_KEY"]}
        aws = {
            "conn_type": "aws",
            "login": data["AWS_ACCESS_KEY_ID"],
            "password": data["AWS_SECRET_ACCESS_KEY"],
            "extra": {"endpoint_url": data["AWS_ENDPOINT_URL"], "region_name": data["AWS_REGION"]},
        }
        api = {"conn_type": "http", "host": self.ui_url, "login": USER, "password": self.keys.password}
        # The keys go to the tasks as Airflow connections, and by no other way.
        shared = {name: value for name, value in data.items() if "KEY" not in name}
        return {
            **inherited(),
            **shared,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.project / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.project / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "32",
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "16",
            "AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG": "1",
            # An import error of a YAML file that was mended goes with this look at the folder.
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            # A task whose scheduler was killed is begun again after a minute, not after five.
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
            "AIRFLOW__CORE__FERNET_KEY": self.keys.fernet,
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.ui_url}/execution/",
            "AIRFLOW__API__PORT": str(self.ports.ui),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__BASE_URL": self.ui_url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": self.keys.api_secret,
            "AIRFLOW__API_AUTH__JWT_SECRET": self.keys.jwt,
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.ports.worker_logs),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.ports.trigger_logs),
            "AIRFLOW_CONN_KMA_DEFAULT": json.dumps(kma),
            "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(aws),
            "AIRFLOW_CONN_AIRFLOW_API_DEFAULT": json.dumps(api),
            "DO_NOT_TRACK": "1",
            "GX_ANALYTICS_ENABLED": "false",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            **self.airflow_options,
        }

    def storage(self) -> Service:
        """The embedded S3 server."""
        s3.prepare(self.folder / "s3")
        return Service(
            "s3",
            s3.command(self.folder / "s3", self.ports.s3),
            {**inherited(), **s3.environment(self.keys.s3_user, self.keys.s3_secret)},
            lambda: s3.is_ready(self.ports.s3),
            (self.ports.s3,),
        )

    def simulator(self) -> Service:
        """The stand-in for the KMA API."""
        options = ["--port", str(self.ports.kma), "--key", SIMULATOR_KEY, *self.simulator_options]
        return Service(
            "simulator",
            [sys.executable, "-m", "simulator", *options],
            inherited(),
            lambda: port_answers(self.ports.kma),
            (self.ports.kma,),
        )

    def airflow(self) -> list[Service]:
        """Airflow's four components. The scheduler imports heavy libraries once, for all tasks."""
        environment = self.airflow_environment()

        def component(name: str, *ports: int) -> Service:
            return Service(
                name,
                [str(BIN / "airflow"), name],
                environment,
                lambda: self.healthy(name.replace("-", "_")),
                ports,
            )

        return [
            component("api-server", self.ports.ui),
            component("scheduler", self.ports.worker_logs),
            component("dag-processor"),
            component("triggerer", self.ports.trigger_logs),
        ]

    def healthy(self, component: str) -> bool:
        """Whether a component of Airflow reports itself healthy, by the API server's word."""
        try:
            reply = requests.get(f"{self.ui_url}/api/v2/monitor/health", timeout=5)
        except requests.RequestException:
            return False
        if component == "api_server":
            return reply.ok
        return bool(reply.ok and reply.json().get(component, {}).get("status") == "healthy")

    def write_password(self) -> None:
        """Give the UI's one user its password."""
        file = self.folder / "airflow" / "passwords.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({USER: self.keys.password}))
        file.chmod(0o600)


def code_revision() -> str:
    """What the code is, by git, for the record of a model; empty where git knows nothing of it."""
    if (git := shutil.which("git")) is None:
        return ""
    told = subprocess.run(
        [git, "-C", PROJECT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return told.stdout.strip()


def inherited() -> dict[str, str]:
    """The environment of this process without what would steer Airflow, S3 or PyIceberg elsewhere."""
    strangers = ("AIRFLOW", "AWS_", "KMA_", "WEATHER_", "PYICEBERG_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strangers)}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}", "PYTHONUNBUFFERED": "1"}
