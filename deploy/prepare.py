"""The preparations before Airflow starts: ``python deploy/prepare.py``. Safe to repeat.

Run in the containers by airflow-init, on Kubernetes by the chart's job. Needs the environment that
docker-compose*.yml and helm-values.yaml set: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN, and if they are used
PYICEBERG_CATALOG__WEATHER__URI, ADMIN_PASSWORD, MONITORING_PASSWORD, MAKE_BUCKET, and what owner.py needs.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import owner
from psycopg2 import sql
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from weather_mlops.errors import Misconfigured, StorageUnavailable, WeatherError
from weather_mlops.kma.address import base_url
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.settings import load_settings

PATIENCE_S: Final = 120
POOL: Final = ("kma", "4", "Connections to the KMA at a time")
"""With many more connections, random ones fail."""
KMA_CONNECTION: Final = "AIRFLOW_CONN_KMA_DEFAULT"
PUT_INTO_JSON: Final = {
    KMA_CONNECTION: "KMA_AUTH_KEY",
    "AIRFLOW_CONN_DATA_GO_KR_DEFAULT": "DATA_GO_KR_KEY",
    "AIRFLOW_CONN_AIRFLOW_API_DEFAULT": "MONITORING_PASSWORD",
}
"""Connections → the variable of .env that docker-compose.production.yml writes into them."""
DATABASE_URLS: Final = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "PYICEBERG_CATALOG__WEATHER__URI": "ICEBERG_CATALOG_URI",
}
"""Variables → their names in .env."""


def say(text: str) -> None:
    """Write a line to the container's log."""
    sys.stdout.write(f"airflow-init: {text}\n")
    sys.stdout.flush()


def unusable(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what is unusable in .env: the variable, why, and the fix; never a value."""
    for connection, written in environment.items():
        if connection.startswith("AIRFLOW_CONN_") and written.startswith("{"):
            name = PUT_INTO_JSON.get(connection, connection)
            if not is_in_json(environment.get(name), written):
                yield (
                    f"{name}: a double quote, a backslash or a line break cannot stand in it: it is put into "
                    f"the JSON of {connection}. Choose another one"
                )
            elif connection == KMA_CONNECTION and (fault := kma_fault(written)):
                yield fault
    for variable, name in DATABASE_URLS.items():
        if environment.get(variable) and not is_database_url(environment[variable]):
            yield (
                f"{name}: this is not a database URL: write postgresql+psycopg2://USER:PASSWORD@HOST:5432/NAME"
                ", with %40 for an @ in the password, %2F for a /, %25 for a %"
            )
    try:
        load_settings()
    except WeatherError as error:
        yield str(error)


def kma_fault(written: str) -> str | None:
    """Return what is wrong with the KMA API's URL in a connection's JSON; None if it can be used."""
    host = json.loads(written).get("host")
    if not isinstance(host, str):
        return f"{KMA_CONNECTION}: its JSON has no host: give the URL of the KMA API"
    try:
        base_url(host)
    except Misconfigured as error:
        return str(error)
    return None


def is_in_json(password: str | None, written: str) -> bool:
    """Whether a connection's JSON can be read, and has exactly this password if it is known."""
    try:
        connection = json.loads(written)
    except ValueError:
        return False
    return password in {None, written, connection.get("password")}


def is_database_url(text: str) -> bool:
    """Whether SQLAlchemy reads a URL as it is meant: an unescaped @ would get into the host's name."""
    try:
        return "@" not in (make_url(text).host or "")
    except (ArgumentError, ValueError):
        return False


def airflow(*words: str) -> None:
    """Run one of Airflow's commands in this process: a new one takes ten seconds to start."""
    from airflow.cli.cli_parser import get_parser

    arguments = get_parser().parse_args(words)
    arguments.func(arguments)


def ensure_database(metadata_url: str, catalog_url: str) -> None:
    """Create the catalog's database if it belongs on the same server and doesn't exist."""
    metadata, catalog = make_url(metadata_url), make_url(catalog_url)
    if catalog.get_backend_name() != "postgresql" or catalog.host != metadata.host:
        say(f"the catalog is elsewhere ({catalog.get_backend_name()}): nothing to create")
        return
    with owner.cursor_of(metadata) as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", (catalog.database,))
        if cursor.fetchone() is None:
            cursor.execute(
                sql.SQL("create database {} template template0 encoding 'UTF8'").format(
                    sql.Identifier(catalog.database)
                )
            )
            say(f"database {catalog.database} created")


def ensure_user(manager: Any, name: str, role: str, password: str, *, keep_password: bool) -> None:
    """Create a user of Airflow; set an existing one's password unless ``keep_password``."""
    user = manager.find_user(username=name)
    if user is None:
        mail = f"{name}@localhost.invalid"
        if not manager.add_user(name, name, "weather-mlops", mail, manager.find_role(role), password):
            raise SystemExit(f"airflow-init: the user {name} can't be created: the log above says why")
        say(f"user {name} created, role {role}")
    elif not keep_password:
        manager.reset_password(user.id, password)


def ensure_users() -> None:
    """Create the first user, and the one with which monitoring calls Airflow's API."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        ensure_user(builder.sm, "admin", "Admin", os.environ["ADMIN_PASSWORD"], keep_password=True)
        # It may start a training, if monitoring.yml says so: more than Viewer, less than Op.
        secret = os.environ["MONITORING_PASSWORD"]
        ensure_user(builder.sm, "monitoring", "User", secret, keep_password=False)


def ensure_bucket() -> None:
    """Create the bucket; only used with the S3 server of development."""
    store = ObjectStore(S3Access.from_settings(load_settings()))
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            store.ensure_bucket()
        except StorageUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            return


def main() -> None:
    """Run all steps, in order."""
    if faults := list(unusable(os.environ)):
        raise SystemExit("\n".join(f"airflow-init: error: {fault}" for fault in faults))
    # On Kubernetes the owner of the database creates its user.
    if "POSTGRES_PASSWORD" in os.environ:
        owner.main(os.environ)
    metadata = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    ensure_database(metadata, os.environ.get("PYICEBERG_CATALOG__WEATHER__URI") or "none://")
    airflow("db", "migrate")
    airflow("pools", "set", *POOL)
    if "ADMIN_PASSWORD" in os.environ:
        ensure_users()
    if "MAKE_BUCKET" in os.environ:
        ensure_bucket()
    say("ready")


if __name__ == "__main__":
    main()
