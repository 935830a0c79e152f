"""What is done before Airflow starts: ``python deploy/prepare.py``. Safe to repeat.

In the containers by airflow-init, on Kubernetes by the chart's job. Needs the environment that
docker-compose*.yml and helm-values.yaml give: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN, and as far as used
PYICEBERG_CATALOG__WEATHER__URI, ADMIN_PASSWORD, MONITORING_PASSWORD, MAKE_BUCKET.
"""

import os
import sys
import time
from typing import Any, Final

import psycopg2
from psycopg2 import sql
from sqlalchemy import make_url

from weather_mlops.errors import StorageUnavailable
from weather_mlops.lake.store import ObjectStore, S3Access
from weather_mlops.settings import load_settings

PATIENCE_S: Final = 120
POOL: Final = ("kma", "4", "Connections to the KMA at a time")
"""Many more connections make random ones fail."""


def say(text: str) -> None:
    """Tell the container's log."""
    sys.stdout.write(f"airflow-init: {text}\n")
    sys.stdout.flush()


def airflow(*words: str) -> None:
    """Do one of Airflow's commands in this process: each new one takes ten seconds to start."""
    from airflow.cli.cli_parser import get_parser

    arguments = get_parser().parse_args(words)
    arguments.func(arguments)


def connect(url: str) -> Any:
    """A connection to PostgreSQL, waited for while the server starts.

    Raises:
        psycopg2.OperationalError: it doesn't answer in time, or refuses.
    """
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return psycopg2.connect(plain, connect_timeout=5)
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def ensure_database(server: str, wanted: str) -> None:
    """Make the catalog's database where it is on the same server and isn't there yet."""
    metadata, catalog = make_url(server), make_url(wanted)
    if catalog.get_backend_name() != "postgresql" or catalog.host != metadata.host:
        say(f"the catalog is elsewhere ({catalog.get_backend_name()}): nothing to make")
        return
    connection = connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_database where datname = %s", (catalog.database,))
        if cursor.fetchone() is None:
            cursor.execute(
                sql.SQL("create database {} template template0 encoding 'UTF8'").format(
                    sql.Identifier(catalog.database)
                )
            )
            say(f"database {catalog.database} made")
    connection.close()


def ensure_user(manager: Any, name: str, role: str, password: str, *, keep_password: bool) -> None:
    """Make a user of Airflow's; of one who is there, set the password unless it is theirs to change."""
    user = manager.find_user(username=name)
    if user is None:
        mail = f"{name}@localhost.invalid"
        if not manager.add_user(name, name, "weather-mlops", mail, manager.find_role(role), password):
            raise SystemExit(f"airflow-init: the user {name} can't be made: the log above says why")
        say(f"user {name} made, role {role}")
    elif not keep_password:
        manager.reset_password(user.id, password)


def ensure_users() -> None:
    """The first person, and the one that monitoring asks Airflow's API as."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        ensure_user(builder.sm, "admin", "Admin", os.environ["ADMIN_PASSWORD"], keep_password=True)
        # It may start a training, where monitoring.yml says so: more than Viewer, less than Op.
        secret = os.environ["MONITORING_PASSWORD"]
        ensure_user(builder.sm, "monitoring", "User", secret, keep_password=False)


def ensure_bucket() -> None:
    """Make the bucket: only where S3 is the one of development."""
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
    """All steps, in order."""
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
