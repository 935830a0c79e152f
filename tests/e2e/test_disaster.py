"""The disaster drill with real components: Airflow's metadata and the catalog are lost and restored."""

import json
import os
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.lake.conftest import everything, hours, observations
from tests.postgres import uri
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import OBSERVATIONS_SCHEMA

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

DAG = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
with DAG("drill", schedule=None):
    EmptyOperator(task_id="first") >> EmptyOperator(task_id="second")
"""
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def databases(postgres):
    return {"airflow": postgres.new("airflow"), "catalog": postgres.new("catalog")}


@pytest.fixture
def environment(databases, access, tmp_path) -> dict[str, str]:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "drill.py").write_text(DAG)
    base = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AWS_"))}
    return {
        **base,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__FERNET_KEY": urlsafe_b64encode(os.urandom(32)).decode(),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": uri(databases["airflow"]),
        "PYICEBERG_CATALOG__WEATHER__TYPE": "sql",
        "PYICEBERG_CATALOG__WEATHER__URI": uri(databases["catalog"]),
        "BACKUP_DIR": str(tmp_path / "backups"),
        "BACKUP_KEY": "the key that signs backups",
        "BACKUP_PASSPHRASE": "the phrase that encrypts them",
        "WEATHER_BUCKET": access.bucket,
        "AWS_ENDPOINT_URL": access.endpoint_url,
        "AWS_ACCESS_KEY_ID": access.access_key_id,
        "AWS_SECRET_ACCESS_KEY": access.secret_access_key,
        "AWS_REGION": "us-east-1",
    }


COMMANDS = """
import json, sys
from airflow.cli.cli_parser import get_parser
for command in json.loads(sys.argv[1]):
    print(sys.argv[2], flush=True)
    arguments = get_parser().parse_args(command)
    arguments.func(arguments)
    sys.stdout.flush()
"""
SEPARATOR = "-- next command --"


@pytest.fixture
def run_module(environment):
    """Runs a module of Python with the system's environment; returns its standard output."""

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            env=environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    return run


@pytest.fixture
def do(run_module):
    """Runs one of the project's commands."""
    return lambda *command: run_module("-m", *command)


@pytest.fixture
def airflow(run_module):
    """Runs Airflow's commands in one process, since that takes seconds to start; returns their outputs."""

    def run(*commands: str | Sequence[str]) -> list[str]:
        words = [command.split() if isinstance(command, str) else list(command) for command in commands]
        return run_module("-c", COMMANDS, json.dumps(words), SEPARATOR).split(SEPARATOR)[1:]

    return run


def rows(catalog) -> list[dict]:
    return everything(catalog.load_table("weather.observations").scan().to_arrow().cast(OBSERVATIONS_SCHEMA))


def parsed(output: str) -> list[dict]:
    """Parse the JSON at the end of an Airflow command's output."""
    return json.loads(output[output.index("[{") :])


def test_both_lost_databases_are_restored_completely(do, airflow, databases, access, store):
    def catalog():
        return open_catalog(access, type="sql", uri=uri(databases["catalog"]))

    connection = ["--conn-type", "http", "--conn-host", "http://kma", "--conn-password", "Geheimnis-der-KMA"]
    listing = "dags list-runs drill --output json"
    *_, runs = airflow(
        "db migrate",
        ["connections", "add", "kma_default", *connection],
        "dags reserialize",
        "dags test drill",
        listing,
    )
    before = parsed(runs)
    assert [run["state"] for run in before] == ["success"]
    publish(catalog(), observations([90, 95], hours(3)), run="before the backup")

    assert "backed up and verified" in do("production", "backup")
    publish(catalog(), observations([90, 95], hours(5)), run="after the backup")
    live = rows(catalog())
    for database in databases.values():
        database.drop()

    assert "weather.observations: registered at s3://" in do("production", "restore", "latest")
    with databases["airflow"].connected() as connection:
        connection.execute(text("set application_name = 'scheduler'"))
        with pytest.raises(AssertionError, match=r"is in use by scheduler.*Stop Airflow"):
            do("production", "tables")
    assert "nothing to register" in do("production", "tables")
    runs, _, connections, _, runs_after = airflow(
        listing,
        "db check-migrations --migration-wait-timeout 0",
        "connections get kma_default --output json",
        "dags test drill",
        listing,
    )
    assert parsed(runs) == before
    assert len(parsed(runs_after)) == 2
    (kma,) = parsed(connections)
    assert kma["password"] == "Geheimnis-der-KMA"
    with databases["airflow"].connected() as link:  # encrypted: of no use without the Fernet key
        assert str(link.scalar(text("select password from connection"))).startswith("gAAAA")
    assert rows(catalog()) == live
    assert publish(catalog(), observations([90, 95], hours(6)), run="the next run").inserted == 2


def test_airflow_takes_its_connections_from_aws_secrets_manager(environment, server, tmp_path):
    """With the settings of docs/operations.md."""
    import boto3  # noqa: PLC0415

    keys = {"aws_access_key_id": "somebody", "aws_secret_access_key": "Geheimnis", "region_name": "us-east-1"}
    secrets = boto3.client("secretsmanager", endpoint_url=f"http://127.0.0.1:{server}", **keys)
    stored = {"conn_type": "http", "host": "https://kma", "password": "Geheimnis-der-KMA"}
    secrets.create_secret(Name="airflow/connections/kma_default", SecretString=json.dumps(stored))
    lines = dict(line.split("=", 1) for line in documented("AIRFLOW__SECRETS__"))
    assert set(lines) == {"AIRFLOW__SECRETS__BACKEND", "AIRFLOW__SECRETS__BACKEND_KWARGS"}
    look = (
        "from airflow.sdk import BaseHook; connection = BaseHook.get_connection('kma_default'); "
        "assert connection.password == 'Geheimnis-der-KMA'; print(connection.host)"
    )
    settings = {name: value.strip("'") for name, value in lines.items()}
    done = subprocess.run(
        [sys.executable, "-c", look],
        env={**environment, **settings, "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["https://kma"], done.stderr[-2000:]


def documented(prefix: str) -> list[str]:
    page = (PROJECT / "docs" / "operations.md").read_text()
    return [line for line in page.splitlines() if line.startswith(prefix)]
