"""How containers start: without secrets in the environment; and what airflow-init refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kombu.utils.url import parse_url

PROJECT = Path(__file__).resolve().parents[2]
SECRET = "hush-hush"
KMA = "https://apihub.kma.go.kr/api/typ01/url"
CONN = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
ENVIRONMENT = {
    CONN: "postgresql+psycopg2://airflow@127.0.0.1:1/airflow",
    "WEATHER_BUCKET": "weather",
    "KMA_AUTH_KEY": SECRET,
    "AIRFLOW_CONN_KMA_DEFAULT": json.dumps({"conn_type": "http", "host": KMA, "password": SECRET}),
}
OWN = """ @/%41 "$HOME" 'x' #1 \\ : ? & """


def begin(script: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, f"deploy/{script}", *arguments],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", **ENVIRONMENT, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def written(password: str) -> str:
    """A connection's JSON as compose writes it: with the password as it is."""
    return f'{{"conn_type": "http", "host": "{KMA}", "password": "{password}"}}'


def own_key(password: str) -> dict[str, str]:
    return {"KMA_AUTH_KEY": password, "AIRFLOW_CONN_KMA_DEFAULT": written(password)}


def of_data_go_kr(password: str) -> dict[str, str]:
    return {"DATA_GO_KR_KEY": password, "AIRFLOW_CONN_DATA_GO_KR_DEFAULT": written(password)}


def of_monitoring(password: str) -> dict[str, str]:
    return {"MONITORING_PASSWORD": password, "AIRFLOW_CONN_AIRFLOW_API_DEFAULT": written(password)}


def catalog(url: str) -> dict[str, str]:
    return {"PYICEBERG_CATALOG__WEATHER__URI": url}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (own_key(f'{SECRET}"x'), "KMA_AUTH_KEY"),
        (own_key(f"{SECRET}\\u0041"), "KMA_AUTH_KEY"),
        (of_data_go_kr(f'{SECRET}"x'), "DATA_GO_KR_KEY"),
        (of_monitoring(f"{SECRET}\\"), "MONITORING_PASSWORD"),
        (of_monitoring(f'{SECRET}", "login": "x'), "MONITORING_PASSWORD"),
        ({"AIRFLOW_CONN_ALERTS": written(f'{SECRET}"x')}, "AIRFLOW_CONN_ALERTS"),
        (catalog(f"postgresql+psycopg2://u:{SECRET}@x@host/weather"), "ICEBERG_CATALOG_URI"),
        (catalog(f"no url {SECRET}"), "ICEBERG_CATALOG_URI"),
        ({CONN: f"postgresql://u:{SECRET}@x@host/airflow"}, CONN),
        ({"WEATHER_BUCKET": "s3://weather/folder"}, "WEATHER_BUCKET"),
        ({"AWS_ENDPOINT_URL": "minio:9000"}, "AWS_ENDPOINT_URL"),
    ],
)
def test_unusable_settings_are_named_in_one_line_beforehand(more, named):
    done = begin("prepare.py", **more)

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("airflow-init: error: ")
    assert named in line
    assert SECRET not in line


def test_the_user_s_password_reaches_redis_and_flower_unchanged():
    url = parse_url(begin("celery_secrets.py", "broker_url", REDIS_PASSWORD=OWN).stdout)

    assert (url["password"], url["hostname"], url["virtual_host"]) == (OWN, "airflow-redis", "0")
    assert begin("celery_secrets.py", "flower_basic_auth", FLOWER_PASSWORD=OWN).stdout == f"admin:{OWN}"


def started(folder: Path, *command: str, **environment: str) -> str:
    """Return what a task's command would print in a container with this environment."""
    done = subprocess.run(
        [sys.executable, "deploy/start.py", *command],
        cwd=PROJECT,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "TMPDIR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


AIRFLOWS_OWN = {
    "AIRFLOW__CORE__FERNET_KEY": "ZGV2ZWxvcG1lbnQtb25seS1kZXZlbG9wbWVudC1vbmw=",
    "AIRFLOW__API_AUTH__JWT_SECRET": "jwt-hush-hush",
    "AIRFLOW__API__SECRET_KEY": "session-hush-hush",
    "REDIS_PASSWORD": OWN,
    "FLOWER_PASSWORD": OWN,
    "PGPASSWORD": f"{OWN}: database",
}


def test_a_task_s_environment_holds_no_secret_of_airflow(tmp_path):
    printed = started(tmp_path, "env", "-0", **AIRFLOWS_OWN, WEATHER_BUCKET="weather")

    assert "WEATHER_BUCKET=weather\0" in printed
    assert not [name for name, value in AIRFLOWS_OWN.items() if value in printed]
    assert not [name for name in AIRFLOWS_OWN if f"{name}=" in printed]
    assert not [file for file in tmp_path.rglob("*") if file.stat().st_mode & 0o077]


def test_airflow_still_reads_all_of_them(tmp_path):
    names = [
        ("core", "fernet_key"),
        ("api_auth", "jwt_secret"),
        ("api", "secret_key"),
        ("celery", "broker_url"),
    ]
    ask = "import json; from airflow.configuration import conf; "
    ask += f"print(json.dumps([conf.get(*name) for name in {names}]))"
    command = f"{sys.executable} deploy/celery_secrets.py broker_url"
    more = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CELERY__BROKER_URL_CMD": command}
    *settings, broker = json.loads(started(tmp_path, sys.executable, "-c", ask, **AIRFLOWS_OWN, **more))

    assert settings == list(AIRFLOWS_OWN.values())[:3]
    assert parse_url(broker)["password"] == OWN


def test_missing_secrets_leave_no_files_and_settings(tmp_path):
    printed = started(tmp_path, "env", AIRFLOW__CORE__FERNET_KEY="", PGPASSWORD="")

    assert not [word for word in ("_CMD", "PGPASS", "FERNET") if word in printed]
    assert not list(tmp_path.iterdir())


def test_a_password_that_flower_would_split_is_named():
    done = begin("celery_secrets.py", "flower_basic_auth", FLOWER_PASSWORD="a,b")

    assert done.returncode == 1
    assert done.stderr.startswith("FLOWER_PASSWORD: a comma cannot stand in it")
