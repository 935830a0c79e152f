"""The database user of all services: ``python deploy/owner.py``. Safe to repeat.

PostgreSQL's image creates a superuser, who may run programs on the server and read its files. No service logs
in as that user: they use a role that owns their databases and may create new ones, and no more. This script
creates the role, sets its password, and makes it the owner of what the superuser owned in earlier
installations.

Run by airflow-init, and by the Makefile before an upgrade's backup and before a restore. Needs
AIRFLOW__DATABASE__SQL_ALCHEMY_CONN, whose user is the role, and its password in DATABASE_PASSWORD; name and
password of the superuser in POSTGRES_USER and POSTGRES_PASSWORD; and PYICEBERG_CATALOG__WEATHER__URI, if the
catalog is on the same server.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Final

import psycopg2
from psycopg2 import sql
from sqlalchemy import URL, make_url

PATIENCE_S: Final = 120
LOCK_TIMEOUT: Final = "30s"  # Airflow may be running: rather fail and be repeated than block it
# Kind → query of the objects that the role doesn't own yet. Indexes and sequences of a column follow their
# table. Objects of extensions and of PostgreSQL itself keep their owner.
_OTHERS: Final = {
    "schema": """
        select quote_ident(nspname) from pg_namespace
        where nspname !~ '^pg_' and nspname not in ('information_schema', 'public') and nspowner <> %(role)s
    """,
    "table": """
        select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relowner <> %(role)s
        and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        and not exists (
            select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
            and (d.deptype = 'e' or c.relkind = 'S' and d.deptype in ('a', 'i'))
        )
    """,
    "type": """
        select t.oid::regtype::text from pg_type t join pg_namespace n on n.oid = t.typnamespace
        where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and t.typowner <> %(role)s
        and t.typtype in ('e', 'd')
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e'
        )
    """,
    "routine": """
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and p.proowner <> %(role)s
        and not exists (
            select from pg_depend d
            where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
    """,
}


def say(text: str) -> None:
    """Write a line to the container's log."""
    sys.stdout.write(f"database owner: {text}\n")
    sys.stdout.flush()


@contextmanager
def cursor_of(url: URL) -> Iterator[Any]:
    """Open a cursor that commits each statement; wait while the server starts.

    Raises:
        psycopg2.OperationalError: it doesn't answer in time, or refuses.
    """
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection = psycopg2.connect(plain, connect_timeout=5)
            break
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline or "authentication failed" in str(error):
                raise
            time.sleep(1)
    with closing(connection), connection.cursor() as cursor:
        connection.autocommit = True
        yield cursor


def ensure_role(cursor: Any, role: str, password: str) -> None:
    """Create the role, or set its rights and its password."""
    cursor.execute("select 1 from pg_roles where rolname = %s", (role,))
    verb = "alter" if cursor.fetchone() else "create"
    rights = sql.SQL(f"{verb} role {{}} login createdb nosuperuser nocreaterole nobypassrls password {{}}")
    cursor.execute(rights.format(sql.Identifier(role), sql.Literal(password)))
    if verb == "create":
        say(f"role {role} created")


def give_database(cursor: Any, database: str, role: str) -> bool:
    """Make the role the owner of a database; return whether that exists."""
    cursor.execute("select pg_get_userbyid(datdba) from pg_database where datname = %s", (database,))
    owner = cursor.fetchone()
    if owner and owner[0] != role:
        statement = sql.SQL("alter database {} owner to {}")
        cursor.execute(statement.format(sql.Identifier(database), sql.Identifier(role)))
        say(f"database {database}: now owned by {role}, before by {owner[0]}")
    return owner is not None


def give_objects(cursor: Any, role: str) -> int:
    """Make the role the owner of all objects in a database; return how many changed their owner."""
    cursor.execute("set lock_timeout = %s", (LOCK_TIMEOUT,))
    cursor.execute("select oid from pg_roles where rolname = %s", (role,))
    (oid,) = cursor.fetchone()
    given = 0
    for kind, query in _OTHERS.items():
        cursor.execute(query, {"role": oid})
        for (name,) in cursor.fetchall():  # quoted by PostgreSQL where necessary
            cursor.execute(sql.SQL(f"alter {kind} {name} owner to {{}}").format(sql.Identifier(role)))
            given += 1
    return given


def databases(environment: Mapping[str, str]) -> Iterator[URL]:
    """Yield the databases of this server that the role is to own."""
    metadata = make_url(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    yield metadata
    catalog = make_url(environment.get("PYICEBERG_CATALOG__WEATHER__URI") or "none://")
    if (catalog.get_backend_name(), catalog.host, catalog.username) == (
        metadata.get_backend_name(),
        metadata.host,
        metadata.username,
    ):
        yield catalog


def main(environment: Mapping[str, str]) -> None:
    """Create the role if necessary, and make it the owner of its databases."""
    owned = list(databases(environment))
    role = str(owned[0].username)
    administrator = {"username": environment["POSTGRES_USER"], "password": environment["POSTGRES_PASSWORD"]}
    server = owned[0].set(**administrator, database="postgres")
    try:
        with cursor_of(server) as cursor:
            ensure_role(cursor, role, environment["DATABASE_PASSWORD"])
            existing = [url for url in owned if give_database(cursor, str(url.database), role)]
    except psycopg2.OperationalError as error:
        raise SystemExit(
            f"database owner: error: {str(error).strip()}. Check that PostgreSQL runs, and that "
            "POSTGRES_PASSWORD is its superuser's password: docs/operations.md, When something is wrong"
        ) from None
    for url in existing:
        with cursor_of(url.set(**administrator)) as cursor:
            given = give_objects(cursor, role)
        if given:
            say(f"database {url.database}: {given} tables and other objects are now owned by {role}")


if __name__ == "__main__":
    main(os.environ)
