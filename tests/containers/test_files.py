"""The compose files without an engine: their schema, secrets and settings, and what both have in common."""

import configparser
import json
import re
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from embedded.components import PROJECT

DEVELOPMENT, PRODUCTION = PROJECT / "docker-compose.yml", PROJECT / "docker-compose.production.yml"
STAND_INS = Path(__file__).parent / "production" / "stand-ins.yml"
MADE_FOR_DEVELOPMENT = {"s3", "simulator"}
ISOLATED = {"airflow-postgres", "airflow-redis"}


def content(file: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(file.read_text()))


def services(file: Path) -> dict[str, Any]:
    return dict(content(file)["services"])


@pytest.mark.parametrize("file", [DEVELOPMENT, PRODUCTION, STAND_INS], ids=lambda file: file.name)
def test_it_is_a_compose_file_by_the_schema_of_compose(file):
    vendored = files("check_jsonschema.builtin_schemas") / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text())
    jsonschema.validate(content(file), schema)


@pytest.mark.parametrize("file", [DEVELOPMENT, PRODUCTION], ids=lambda file: file.name)
def test_every_service_has_limits_checks_restarts_and_short_logs(file):
    for name, service in services(file).items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert service["deploy"]["resources"]["reservations"].keys() == {"cpus", "memory"}, name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}, name
        assert service["restart"] == ("on-failure" if name == "airflow-init" else "unless-stopped"), name
        assert name == "airflow-init" or service["healthcheck"]["test"], name


@pytest.mark.parametrize("file", [DEVELOPMENT, PRODUCTION], ids=lambda file: file.name)
def test_databases_have_no_ports_and_an_isolated_network(file):
    assert content(file)["networks"]["metadata"] == {"internal": True}
    for name in ISOLATED:
        assert services(file)[name]["networks"] == ["metadata"]
        assert "ports" not in services(file)[name]


@pytest.mark.parametrize("file", [DEVELOPMENT, PRODUCTION], ids=lambda file: file.name)
def test_what_runs_our_code_can_write_only_where_it_must(file):
    ours = [service for name, service in services(file).items() if name not in ISOLATED]
    assert all(service["read_only"] for service in ours)


@pytest.mark.parametrize("file", [DEVELOPMENT, PRODUCTION], ids=lambda file: file.name)
def test_no_service_has_or_gains_rights_that_it_does_not_need(file):
    """Databases begin as root, give their volume to their own user, and become that user."""
    for name, service in services(file).items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        more = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"} if name in ISOLATED else set()
        assert set(service.get("cap_add", ())) <= more, name


SECRETS = {
    "airflow-postgres": "superuser",
    "airflow-init": "superuser database encryption connections passwords",
    "airflow-webserver": "database encryption tokens sessions bucket",
    "airflow-scheduler": "database encryption tokens sessions bucket connections queue",
    "airflow-dag-processor": "database encryption",
    "airflow-triggerer": "database encryption sessions bucket",
    "airflow-worker": "database sessions bucket connections queue",
    "airflow-flower": "database queue flower",
    "airflow-redis": "queue",
    "backup": "database bucket backup",
}
"""Who gets which secret; docs/operations.md has the same table."""
KINDS = {
    "POSTGRES_PASSWORD": "superuser",
    "PGPASSWORD": "database",
    "DATABASE_PASSWORD": "database",
    "AIRFLOW__CORE__FERNET_KEY": "encryption",
    "AIRFLOW__API_AUTH__JWT_SECRET": "tokens",
    "AIRFLOW__API__SECRET_KEY": "sessions",
    "AWS_ACCESS_KEY_ID": "bucket",
    "AWS_SECRET_ACCESS_KEY": "bucket",
    "AIRFLOW_CONN_KMA_DEFAULT": "connections",
    "AIRFLOW_CONN_DATA_GO_KR_DEFAULT": "connections",
    "AIRFLOW_CONN_AIRFLOW_API_DEFAULT": "connections",
    "KMA_AUTH_KEY": "connections",
    "DATA_GO_KR_KEY": "connections",
    "MONITORING_PASSWORD": "connections",
    "ADMIN_PASSWORD": "passwords",
    "REDIS_PASSWORD": "queue",
    "REDISCLI_AUTH": "queue",
    "FLOWER_PASSWORD": "flower",
    "BACKUP_KEY": "backup",
    "BACKUP_PASSPHRASE": "backup",
}


def test_each_service_gets_only_the_secrets_it_needs():
    kinds_by_service = {}
    for name, service in services(PRODUCTION).items():
        environment = service["environment"]
        secret = [key for key in environment if key in KINDS or re.search(r"KEY|SECRET|PASS|AUTH$", key)]
        kinds_by_service[name] = {KINDS[key] for key in secret if not key.startswith("AIRFLOW__SECRETS__")}
    assert kinds_by_service == {name: set(kinds.split()) for name, kinds in SECRETS.items()}


def test_development_has_the_same_secrets_in_the_same_services():
    """Otherwise a secret that a service lacks would only be noticed in production."""
    development_only = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}  # its airflow-init creates the bucket
    production_only = {
        "ADMIN_PASSWORD",
        "KMA_AUTH_KEY",
        "DATA_GO_KR_KEY",
        "MONITORING_PASSWORD",
        "BACKUP_PASSPHRASE",
        "FLOWER_PASSWORD",
    }
    for name, service in services(PRODUCTION).items():
        production, development = (
            set(KINDS) & set(environment)
            for environment in (service["environment"], services(DEVELOPMENT)[name]["environment"])
        )
        assert development - production <= (development_only if name == "airflow-init" else set()), name
        assert production - development <= production_only, name


@pytest.mark.parametrize("file", [DEVELOPMENT, PRODUCTION], ids=lambda file: file.name)
def test_ports_are_published_on_localhost_by_default(file):
    published = [port for service in services(file).values() for port in service.get("ports", [])]
    assert published
    assert all(re.match(r"127\.0\.0\.1:|\$\{WEATHER_UI_ADDRESS:-127\.0\.0\.1\}:", port) for port in published)


def test_production_has_no_default_password_s3_or_simulator():
    secret = re.compile(r"\$\{(\w*(?:KEY|SECRET|PASSWORD)\w*)(:[-?])?")
    named = dict.fromkeys(name for name, _ in secret.findall(PRODUCTION.read_text()))
    required = {name for name, kind in secret.findall(PRODUCTION.read_text()) if kind == ":?"}

    role = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}  # or the machine's
    elsewhere = {
        "AIRFLOW__SECRETS__BACKEND",
        "AIRFLOW__SECRETS__BACKEND_KWARGS",
    }  # where secrets are, not secrets themselves
    second_source = {"DATA_GO_KR_KEY"}  # of the KMA's forecast
    assert set(named) - required == role | elsewhere | second_source
    assert not MADE_FOR_DEVELOPMENT & set(services(PRODUCTION))
    assert "development" not in PRODUCTION.read_text().lower()


def test_both_systems_have_the_same_services_limits_and_checks():
    development, production = services(DEVELOPMENT), services(PRODUCTION)
    assert set(development) - MADE_FOR_DEVELOPMENT == set(production)
    for name, service in production.items():
        for part in ("deploy", "healthcheck", "networks", "restart", "container_name", "image"):
            assert development[name].get(part) == service.get(part), (name, part)


def test_the_well_known_container_names_stay():
    names = {name: service.get("container_name") for name, service in services(PRODUCTION).items()}
    assert names["airflow-postgres"] == "mlops-airflow-postgres"
    assert names["airflow-webserver"] == "mlops-airflow-webserver"
    assert names["airflow-scheduler"] == "mlops-airflow-scheduler"
    assert {"airflow-dag-processor", "airflow-triggerer", "airflow-init", "backup"} <= set(names)


def test_three_named_services_start_all_that_airflow_needs():
    named = ["airflow-postgres", "airflow-webserver", "airflow-scheduler"]
    reached: set[str] = set()
    while named:
        reached.add(name := named.pop())
        named += services(PRODUCTION)[name].get("depends_on", {})
    assert {"airflow-init", "airflow-dag-processor", "airflow-triggerer"} <= reached


def test_each_setting_has_a_reason_and_none_is_a_secret():
    lines = (PROJECT / "deploy" / "airflow.cfg").read_text().splitlines()
    for before, line in pairwise(lines):
        if "=" in line and not line.startswith("#"):
            assert before.startswith("#") or "=" in before, line
    settings = configparser.ConfigParser(interpolation=None)
    settings.read_string("\n".join(lines))
    assert settings["core"]["parallelism"] == "32"
    assert settings["core"]["max_active_tasks_per_dag"] == "16"
    assert settings["core"]["max_active_runs_per_dag"] == "1"
    assert settings["core"]["load_examples"] == "False"
    assert settings["core"]["default_timezone"] == "Asia/Seoul"
    assert not [
        name
        for section in settings
        for name in settings[section]
        if re.search("secret|password|fernet", name)
    ]


@pytest.mark.parametrize("file", [DEVELOPMENT, PRODUCTION], ids=lambda file: file.name)
def test_services_reach_each_other_without_a_proxy(file):
    """Docker passes the proxies of its configuration to every container, podman those of its user."""
    environment = services(file)["airflow-scheduler"]["environment"]
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(PROJECT / "deploy" / "airflow.cfg")
    values = " ".join([*map(str, environment.values()), settings["core"]["execution_api_server_url"]])
    hosts = set(re.findall(r"http://([\w.-]+):\d+", values))

    assert {"airflow-webserver", "localhost"} <= hosts | {"localhost"}
    assert {*hosts, "localhost", "127.0.0.1"} <= set(environment["NO_PROXY"].split(","))
    assert environment["NO_PROXY"].endswith(",${NO_PROXY:-localhost}")  # those of .env as well
    assert environment["no_proxy"] == environment["NO_PROXY"]


def test_no_url_of_production_contains_a_password():
    """Compose can't encode the values that it inserts."""
    urls = re.findall(r"://[^\s@]*\$\{\w*(?:PASSWORD|SECRET)\w*[^@\s]*@", PRODUCTION.read_text())
    assert urls == []


def test_the_build_context_only_has_what_the_image_needs():
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    assert "!.env" not in lines
