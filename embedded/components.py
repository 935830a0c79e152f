"""The components of the embedded system: S3 server, KMA simulator and Airflow, with their settings.

Everything lives in one folder (``.run``): data, logs, and keys that are generated once.
"""

import configparser
import json
import os
import secrets
import shutil
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import requests

from embedded import s3
from embedded.numbers import whole_number
from embedded.private import create_private, make_private_folder
from embedded.processes import port_answers
from embedded.proxy import with_direct_loopback
from embedded.services import Service, ServiceError
from weather_mlops.kma.forecast.endpoints import DATA_GO_KR_URL

PROJECT: Final = Path(__file__).resolve().parents[1]
BIN: Final = Path(sys.executable).parent
BUCKET: Final = "weather"
USER: Final = "admin"
KMA_POOL: Final = "kma"
KMA_CONNECTIONS: Final = 4  # at a time; with many more, random ones fail
SIMULATOR_KEY: Final = "simulated-weather"
LAST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on 127.0.0.1. Each can be set by the environment variable that its comment names."""

    ui: int = 8080  # WEATHER_UI_PORT
    s3: int = 9000  # WEATHER_S3_PORT
    kma: int = 9100  # WEATHER_KMA_PORT

    @classmethod
    def from_environment(cls) -> "Ports":
        """Read the ports from the environment; those without a variable get their default.

        Raises:
            ServiceError: a variable holds no valid port.
        """
        return cls(
            **{
                name: whole_number(os.environ, f"WEATHER_{name.upper()}_PORT", default, 1, LAST_PORT)
                for name, default in asdict(cls()).items()
            }
        )


@dataclass(frozen=True)
class Keys:
    """Secrets of this machine's system, generated once and readable by their owner only."""

    s3_user: str
    s3_secret: str = field(repr=False)
    fernet: str = field(repr=False)
    jwt: str = field(repr=False)
    api_secret: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def of(cls, folder: Path) -> "Keys":
        """Read the keys, or generate them if there are none.

        Raises:
            ServiceError: the file is damaged; the message says what new keys cost.
        """
        file = folder / "keys.json"
        if not file.exists():
            new = {
                "s3_user": "weather",
                "s3_secret": secrets.token_urlsafe(24),
                "fernet": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                "jwt": secrets.token_urlsafe(64),
                "api_secret": secrets.token_urlsafe(32),
                "password": secrets.token_urlsafe(9),
            }
            make_private_folder(folder)
            create_private(file, json.dumps(new))
        try:
            return cls(**json.loads(file.read_text()))
        except (ValueError, TypeError) as error:
            raise ServiceError(
                f"{file} is damaged ({type(error).__name__}): put a copy back, or `make stop`, remove it "
                "and `make run`, which makes new keys. The data stay; the login gets a new password, and "
                "connections and variables that were entered in the UI must be entered again"
            ) from error


@dataclass(frozen=True)
class System:
    """One embedded system: its folder, its ports and its keys.

    Attributes:
        folder: folder of data, logs, keys and Airflow's home.
        ports: TCP ports of its servers.
        project: the folder whose dags/, pipelines/ and plugins/ Airflow reads.
        kma_url: URL of the KMA API, used with a key; None = the public one.
        kma_key: key of the KMA API; None = the simulator is used.
        data_go_kr_key: service key of data.go.kr, which is asked for the KMA's forecast where the API Hub
            fails; None = not used. With simulated weather the simulator answers for it as well.
        s3_url: URL of S3, if it isn't the embedded server's own.
        simulator_options: further arguments of the simulator.
        airflow_options: further settings of Airflow, as environment variables.
    """

    folder: Path
    ports: Ports
    project: Path = PROJECT
    kma_url: str | None = None
    kma_key: str | None = field(default=None, repr=False)
    data_go_kr_key: str | None = field(default=None, repr=False)
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
    def airflow_home(self) -> Path:
        """Airflow's folder: its configuration, its database and its logs."""
        return self.folder / "airflow"

    @property
    def connections_file(self) -> Path:
        """The file from which Airflow reads its connections."""
        return self.airflow_home / "connections.json"

    @property
    def passwords_file(self) -> Path:
        """The file from which Airflow reads the passwords of its users."""
        return self.airflow_home / "passwords.json"

    @property
    def simulated(self) -> bool:
        """Whether the weather is the simulator's."""
        return self.kma_key is None

    @property
    def storage_url(self) -> str:
        """URL of S3."""
        return self.s3_url or f"http://127.0.0.1:{self.ports.s3}"

    @property
    def data_go_kr(self) -> tuple[str, str] | None:
        """URL and service key of data.go.kr; None where it isn't used."""
        if self.simulated:
            return f"http://127.0.0.1:{self.ports.kma}{urlsplit(DATA_GO_KR_URL).path}", SIMULATOR_KEY
        return (DATA_GO_KR_URL, self.data_go_kr_key) if self.data_go_kr_key else None

    def data_environment(self) -> dict[str, str]:
        """Return the variables that weather_mlops.settings, PyIceberg and Arrow read."""
        kma_url = self.kma_url or "https://apihub.kma.go.kr/api/typ01/url"
        if self.simulated:
            kma_url = f"http://127.0.0.1:{self.ports.kma}/api/typ01/url"
        return {
            "WEATHER_BUCKET": BUCKET,
            "WEATHER_PROJECT": str(self.project),
            "WEATHER_DATA_FOLDER": str(self.folder),
            "WEATHER_SIMULATED": str(self.simulated),
            "KMA_API_URL": kma_url,
            "KMA_AUTH_KEY": self.kma_key or SIMULATOR_KEY,
            "AWS_ENDPOINT_URL": self.storage_url,
            "AWS_ACCESS_KEY_ID": self.keys.s3_user,
            "AWS_SECRET_ACCESS_KEY": self.keys.s3_secret,
            "AWS_REGION": "us-east-1",
            # The embedded server doesn't support checksums in trailers, which the SDKs send by default.
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
            # Arrow's default allocator returns memory so eagerly that a tenth of a load of years is its cost.
            "ARROW_DEFAULT_MEMORY_POOL": "jemalloc",
            "CODE_REVISION": os.environ.get("CODE_REVISION") or code_revision(),
            "PYICEBERG_CATALOG__WEATHER__TYPE": "sql",
            "PYICEBERG_CATALOG__WEATHER__URI": f"sqlite:///{self.folder / 'catalog.db'}",
        }

    def airflow_environment(self) -> dict[str, str]:
        """Return the settings of Airflow's components that differ from its defaults, without the secrets.

        Tasks inherit it, and a Bash task can print it with ``env``: secrets are in the files of
        ``secret_files``.
        """
        shared = {name: value for name, value in self.data_environment().items() if "KEY" not in name}
        return {
            **inherited(),
            **shared,
            "AIRFLOW_HOME": str(self.airflow_home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.project / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.project / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "32",
            "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "16",
            "AIRFLOW__CORE__MAX_ACTIVE_RUNS_PER_DAG": "1",
            **as_in_containers(),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.passwords_file),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.ui_url}/execution/",
            "AIRFLOW__API__PORT": str(self.ports.ui),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__BASE_URL": self.ui_url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
            "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps(
                {"connections_file_path": str(self.connections_file)}
            ),
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
            lambda _: s3.is_ready(self.ports.s3),
            (self.ports.s3,),
        )

    def simulator(self) -> Service:
        """The simulator of the KMA API."""
        options = ["--port", str(self.ports.kma), "--key", SIMULATOR_KEY, *self.simulator_options]
        return Service(
            "simulator",
            [sys.executable, "-m", "simulator", *options],
            inherited(),
            lambda _: port_answers(self.ports.kma),
            (self.ports.kma,),
        )

    def airflow(self) -> list[Service]:
        """Airflow's four components. The scheduler imports the heavy libraries once, for all tasks."""
        environment = self.airflow_environment()

        def component(name: str, *options: str, ports: Sequence[int] = ()) -> Service:
            return Service(
                name,
                [str(BIN / "airflow"), name, *options],
                environment,
                lambda started: self.healthy(name.replace("-", "_"), started),
                ports,
            )

        return [
            component("api-server", ports=[self.ports.ui]),
            # Airflow's log servers listen on all addresses, and no setting changes that. The API server reads
            # the logs from their folder instead; for a running task it logs that no log server answers.
            component("scheduler", "--skip-serve-logs"),
            component("dag-processor"),
            component("triggerer", "--skip-serve-logs"),
        ]

    def healthy(self, component: str, started: float) -> bool:
        """Whether the API server reports a component of Airflow as healthy.

        Args:
            component: ``api_server``, or the component's name in the response of ``monitor/health``.
            started: when it was started, seconds since 1970. An older heartbeat is of the process that it
                replaces: Airflow reports that as healthy for half a minute after its death.
        """
        try:
            response = requests.get(f"{self.ui_url}/api/v2/monitor/health", timeout=5)
            health = response.json() if response.ok else {}
        except requests.RequestException:
            return False
        if component == "api_server":
            return response.ok
        state = health.get(component) or {}
        heartbeat = state.get(f"latest_{component}_heartbeat")
        return (
            state.get("status") == "healthy"
            and heartbeat is not None
            and datetime.fromisoformat(heartbeat).timestamp() >= started
        )


def as_in_containers(sections: Sequence[str] = ("dag_processor", "scheduler")) -> dict[str, str]:
    """Return the settings of Airflow that the containers use as well, from deploy/airflow.cfg."""
    config = configparser.RawConfigParser()
    config.read(PROJECT / "deploy" / "airflow.cfg", "utf-8")
    return {
        f"AIRFLOW__{section}__{name}".upper(): value
        for section in sections
        for name, value in config[section].items()
    }


def code_revision() -> str:
    """Return the code's revision by ``git describe``, for the record of a model; empty if unknown."""
    if (git := shutil.which("git")) is None:
        return ""
    described = subprocess.run(
        [git, "-C", PROJECT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return described.stdout.strip()


def inherited() -> dict[str, str]:
    """Return this process's environment without the variables that configure Airflow, S3 or PyIceberg.

    Its proxies are used for outside calls only: local servers are reached directly.
    """
    removed = ("AIRFLOW", "AWS_", "KMA_", "DATA_GO_KR_", "WEATHER_", "PYICEBERG_", "PYTHONDONTWRITEBYTECODE")
    base = with_direct_loopback(
        {name: value for name, value in os.environ.items() if not name.startswith(removed)}
    )
    return {**base, "PATH": f"{BIN}{os.pathsep}{base.get('PATH', '')}", "PYTHONUNBUFFERED": "1"}
