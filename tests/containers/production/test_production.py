"""docker-compose.production.yml: logins, pipelines, limits, networks, every service killed once."""

import json
import time
from base64 import b64encode
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
import requests

from embedded.components import PROJECT
from tests.containers.conftest import AIRFLOW, IMAGE, Composed, secrets
from weather_mlops.clock import KST

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1200)]
REQUIRED = sorted(secrets())
KILLED = (
    "airflow-triggerer", "airflow-dag-processor", "airflow-webserver", "airflow-postgres", "s3", "backup",
    "airflow-scheduler",
)  # fmt: skip
LIMITED = ("airflow-postgres", *AIRFLOW)


@pytest.mark.parametrize("missing", REQUIRED)
def test_without_a_secret_nothing_starts_and_it_is_named(engine, tmp_path, missing):
    settings = {name: value for name, value in secrets().items() if name != missing} | {missing: ""}
    composed = Composed(engine, [PROJECT / "docker-compose.production.yml"], settings, tmp_path, ("", ""))
    done = composed.compose("config", check=False)

    assert done.returncode != 0
    assert missing in done.stdout + done.stderr


def test_the_image_runs_as_a_plain_user_without_secrets(engine, image, own_network):
    def runs(*command: str) -> bool:
        return engine.succeeds("run", "--rm", "--entrypoint", command[0], image, *command[1:])

    config = json.loads(engine("inspect", image))[0]["Config"]
    history = engine("history", "--no-trunc", image)

    assert engine("run", "--rm", "--entrypoint", "id", image, "-u").strip() == "50000"
    assert not any(
        runs("bash", "-c", f"command -v {tool}") for tool in ("gcc", "cc", "make", "pip", "uv", "git")
    )
    assert not runs("bash", "-c", "touch /opt/airflow/plugins/x")
    assert runs(
        "bash",
        "-c",
        "python -c 'import weather_mlops.ingest.collection, simulator.server' && test -f dags/load_yaml.py",
    )
    assert config["Labels"]["org.opencontainers.image.revision"] == "tested"
    assert not [word for word in ("FERNET", "PASSWORD", "SECRET") if word in history]
    assert image == IMAGE


def test_every_service_is_healthy_by_its_own_check(production):
    for service in ("airflow-postgres", "s3", "backup", *LIMITED[1:]):
        production.until(lambda service=service: production.healthy(service), f"{service} is healthy", 150)


def test_people_log_in_and_may_do_what_their_role_allows(production):
    add = (
        "airflow",
        "users",
        "create",
        "-u",
        "reader",
        "-p",
        "reader-password",
        "-f",
        "r",
        "-l",
        "r",
        "-e",
        "r@x.kr",
    )
    production.execute("mlops-airflow-webserver", *add, "-r", "Viewer")
    token = production.token("reader", "reader-password").json()["access_token"]
    reader = {"Authorization": f"Bearer {token}"}
    dag = f"{production.url}/api/v2/dags/data_collection"

    assert production.token("admin", "admin").status_code == 401
    assert requests.get(dag, timeout=30).status_code == 401
    assert requests.get(dag, headers=reader, timeout=30).status_code == 200
    started = requests.post(f"{dag}/dagRuns", headers=reader, json={"logical_date": None}, timeout=30)
    assert started.status_code == 403


def test_the_pipelines_are_green_on_postgresql(production):
    today = datetime.now(KST).date()
    days = {"from": str(today - timedelta(days=64)), "to": str(today), "stations": "108,143,159"}
    for dag_id, conf in (
        ("history", days),
        ("data_collection", None),
        ("model_training", None),
        ("monitoring", None),
    ):
        begun = time.monotonic()
        run, results = production.do(dag_id, conf)
        print(f"\n{dag_id}: {time.monotonic() - begun:.0f} s")  # noqa: T201  a figure for people
        assert run.state == "success", (dag_id, production.api.tasks(run), production.logs())
    # Monitoring could read Airflow's API as its own user.
    assert not [name for name in results["missing"] if name.startswith("system_health")]
    states = {task["task_id"]: task["state"] for task in production.api.tasks(run)}
    assert set(states.values()) == {"success"}


def test_commands_by_hand_audit_by_the_suites_of_the_image(production):
    saved = b64encode((PROJECT / "tests" / "kma" / "golden" / "seoul_2024_01.txt").read_bytes()).decode()
    take_in = f"echo {saved} | base64 -d > /tmp/saved.txt && python -m weather_mlops import /tmp/saved.txt"
    rebuild = ("python", "-m", "weather_mlops", "rebuild", "--from", "2024-01-01", "--to", "2024-01-31")
    imported = production.execute("mlops-airflow-scheduler", "bash", "-c", take_in)
    rebuilt = production.execute("mlops-airflow-scheduler", *rebuild)

    assert "rows" in imported or "published" in imported
    assert "differences=0" in rebuilt


def test_a_page_from_s3_is_shown_to_those_who_logged_in(production):
    page = f"{production.url}/weather/pages/reports/monitoring/latest.html"
    token = production.token(*production.login).json()["access_token"]

    refused = requests.get(page, timeout=30, allow_redirects=False)
    sent_to_login = requests.get(page, headers={"Accept": "text/html"}, timeout=30, allow_redirects=False)
    shown = requests.get(page, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    assert refused.status_code == 401
    assert sent_to_login.status_code in {302, 303, 307}
    assert "/login" in sent_to_login.headers["Location"]
    assert shown.status_code == 200
    assert "data_collection" in shown.text


def test_the_limits_of_memory_hold(production):
    for service in LIMITED:
        limit = production.inspect(f"mlops-{service}")["HostConfig"]["Memory"]
        assert 0 < limit <= 6 * 1024**3, service
    greedy = "b'x' * int('3000000000')"
    succeeded = production.engine.succeeds("exec", "mlops-airflow-triggerer", "python", "-c", greedy)

    assert not succeeded
    production.until(lambda: production.healthy("airflow-triggerer"), "the triggerer is well", 120)


def test_postgresql_is_reached_by_airflow_only(production):
    networks = production.inspect("mlops-airflow-postgres")["NetworkSettings"]["Networks"]
    address = next(iter(networks.values()))["IPAddress"]
    knock = (
        "import socket, sys\n"
        "try: socket.create_connection((sys.argv[1], 5432), 3)\n"
        "except OSError: sys.exit(1)\n"
    )

    def reaches(container: str, host: str) -> bool:
        return production.engine.succeeds("exec", container, "python", "-c", knock, host)

    assert reaches("mlops-airflow-scheduler", "airflow-postgres")
    assert not reaches("mlops-simulator", "airflow-postgres")
    assert not reaches("mlops-simulator", address)
    published = production.inspect("mlops-airflow-postgres")["HostConfig"]["PortBindings"]
    assert not any(published.values())


def test_each_killed_service_comes_back_and_no_run_is_lost(production):
    run_id = production.start("interrupted")
    for service in KILLED:
        before = production.inspect(f"mlops-{service}")["State"]["StartedAt"]
        begun = time.monotonic()
        production.kill(f"mlops-{service}")
        production.until(
            lambda service=service, before=before: (
                production.inspect(f"mlops-{service}")["State"]["StartedAt"] != before
                and production.healthy(service)
            ),
            f"{service} is back",
        )
        print(f"\n{service} was back after {time.monotonic() - begun:.0f} s")  # noqa: T201  a figure for people
    collection, results = production.do("data_collection")
    interrupted = production.finish("interrupted", run_id)

    assert interrupted.state == "success", production.logs()
    assert collection.state == "success", production.logs()
    rows = results["inserted"] + results["corrected"] + results["equal"] + results["quarantined"]
    assert results["rows"] == rows


def test_a_task_shows_no_secret_but_those_of_its_work(production):
    """KMA_AUTH_KEY and MONITORING_PASSWORD are in connections that tasks log in with."""
    shown = production.printed_by_a_task()
    assert shown == {"KMA_AUTH_KEY", "MONITORING_PASSWORD", "WEATHER_BUCKET"}


def test_the_services_log_in_to_postgresql_as_no_superuser(production):
    ask = ("psql", "--host=airflow-postgres", "--username=weather", "--dbname=airflow", "-tAc")
    connected = "select count(*) from pg_stat_activity where usename = 'airflow' and datname is not null"

    assert production.execute("mlops-airflow-scheduler", *ask, "show is_superuser").strip() == "off"
    assert production.execute("mlops-airflow-scheduler", *ask, connected).strip() == "0"


def test_logs_of_a_task_are_shown_when_its_container_is_gone(production):
    (run, *_) = [run for run in production.api.runs("data_collection") if run.state == "success"]
    production.compose("rm", "--force", "--stop", "airflow-scheduler", check=False)
    production.engine("rm", "--force", "mlops-airflow-scheduler", check=False)
    path = f"dags/{run.dag_id}/dagRuns/{quote(run.run_id, safe='')}/taskInstances/collect_weather_data/logs/1"
    shown = json.dumps(production.api.call("GET", path))
    production.up()

    assert "s3://weather/logs" in shown
    assert "rows" in shown


def test_a_lost_machine_comes_back_from_its_backup(production):
    """The disaster drill with the commands of docs/operations.md: only S3 and .env are left."""
    count = ("python", "-m", "weather_mlops", "query", "select count(*) from observations")

    def state() -> tuple[set[str], str]:
        runs = {run.run_id for run in production.api.runs("data_collection") if run.state == "success"}
        return runs, production.execute("mlops-airflow-scheduler", *count)

    before = state()
    production.execute("mlops-backup", "python", "-m", "production", "backup")  # encrypted, by its passphrase
    production.lose_all_but("s3", "simulator")
    production.up("airflow-postgres", airflow=False)
    in_a_container = ("run", "--rm", "--no-deps")
    production.compose(*in_a_container, "airflow-init", "python", "deploy/owner.py")
    production.compose(*in_a_container, "backup", "python", "-m", "production", "restore", "latest")
    production.up()

    assert state() == before
    run, results = production.do("data_collection")
    assert run.state == "success", production.logs()
    assert results["equal"] > 0
