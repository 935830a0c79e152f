"""PostgreSQL: databases are dumped and restored by its own clients, counted, and swapped by renaming."""

import logging
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from weather_mlops.errors import BackupUnusable, Misconfigured, RestoreRefused, StorageUnavailable

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 10
START_S: Final = 60
LOCK_TIMEOUT: Final = "60s"  # a migration locks tables longer: then the backup is retried later
SCRATCH: Final = "weather_scratch_"  # prefix of this program's temporary databases
MAINTENANCE: Final = (
    "postgres"  # the database that every server has, from which others are created and renamed
)
# Application name of this program's sessions, and of those of the clients that it runs.
APPLICATION: Final = "weather backup"
# Without autovacuum, which has no user, and which PostgreSQL ends by itself when a database is renamed.
_USERS: Final = """
    select distinct coalesce(nullif(application_name, ''), 'unnamed')
    from pg_stat_activity
    where datname = :name and usesysid is not null and application_name is distinct from :ours
"""
_MAX_OUTPUT: Final = 500  # characters of a client's error output in a message


@dataclass(frozen=True)
class Database:
    """One database of a server.

    Attributes:
        url: SQLAlchemy's URL, with the password.
    """

    url: URL

    @property
    def name(self) -> str:
        """Its name on the server."""
        return self.url.database or MAINTENANCE

    def __str__(self) -> str:
        """Database and server, without user and password."""
        return f"database {self.name} at {self.url.host}:{self.url.port or 5432}"

    def with_name(self, name: str) -> "Database":
        """Return another database of the same server."""
        return replace(self, url=self.url.set(database=name))

    @contextmanager
    def connected(self, isolation: str = "AUTOCOMMIT") -> Iterator[Connection]:
        """Open a connection.

        Raises:
            StorageUnavailable: the server doesn't answer, refuses, or breaks off.
        """
        engine = create_engine(
            self.url.set(drivername="postgresql+psycopg2"),
            isolation_level=isolation,
            poolclass=NullPool,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "application_name": APPLICATION},
        )
        try:
            with engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            # The driver's message; SQLAlchemy's own may contain the statement's values.
            raise StorageUnavailable(
                f"{self}: {str(error.orig).strip()}. Check that it runs and is reachable."
            ) from None

    def wait(self, patience: float = START_S) -> None:
        """Wait until its server answers; one that is being started may take a while.

        Raises:
            StorageUnavailable: it doesn't answer in time.
        """
        deadline = time.monotonic() + patience
        while True:
            try:
                with self.with_name(MAINTENANCE).connected():
                    return
            except StorageUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def exists(self) -> bool:
        """Whether the server has it."""
        with self.with_name(MAINTENANCE).connected() as connection:
            rows = connection.execute(
                text("select 1 from pg_database where datname = :name"), {"name": self.name}
            )
            return rows.first() is not None

    def tables(self) -> int:
        """Return the number of its tables; 0 if it doesn't exist."""
        if not self.exists():
            return 0
        with self.connected() as connection:
            return len(_tables(connection))

    def create(self) -> None:
        """Create it, empty."""
        self._administer("create database {} template template0 encoding 'UTF8'", self.name)

    def drop(self) -> None:
        """Drop it, if it exists, and end the sessions that its owner has in it.

        Not by ``with (force)``: it also ends the workers of autovacuum, for which PostgreSQL demands rights
        that an owner does not have. Without it PostgreSQL stops them itself.
        """
        with self.with_name(MAINTENANCE).connected() as connection:
            connection.execute(
                text(
                    "select pg_terminate_backend(pid, :patience_ms) from pg_stat_activity "
                    "where datname = :name and usename = current_user"
                ),
                {"name": self.name, "patience_ms": 1000 * START_S},
            )
        self._administer("drop database if exists {}", self.name)

    def drop_scratches(self) -> None:
        """Drop the scratch databases that killed runs of this program left on the server."""
        with self.with_name(MAINTENANCE).connected() as connection:
            scalars = connection.scalars(
                text("select datname from pg_database where starts_with(datname, :prefix)"),
                {"prefix": SCRATCH},
            )
            names = list(scalars)
        for name in names:
            self.with_name(name).drop()
            log.info("removed: %s, left by a run that was killed", self.with_name(name))

    def _administer(self, statement: str, *names: str) -> None:
        with self.with_name(MAINTENANCE).connected() as connection:
            quote = connection.dialect.identifier_preparer.quote_identifier
            connection.execute(text(statement.format(*map(quote, names))))


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """Hold a lock against other backups and restores of this server.

    Raises:
        StorageUnavailable: another one is at work.
    """
    with database.with_name(MAINTENANCE).connected() as connection:
        if not connection.scalar(text("select pg_try_advisory_lock(hashtext(:name))"), {"name": APPLICATION}):
            raise StorageUnavailable(f"{database}: another backup or restore is at work: wait for its end")
        try:
            yield
        finally:
            # A closed session releases its locks only when its server process is gone, which takes a while on
            # a busy machine: the next backup or restore would be refused. A broken session holds no locks.
            with suppress(DBAPIError):
                connection.execute(text("select pg_advisory_unlock(hashtext(:name))"), {"name": APPLICATION})


def dump(database: Database, file: Path) -> dict[str, int]:
    """Write a database to a file, in PostgreSQL's custom format, without owners and privileges.

    Returns:
        Number of rows of each table, in the snapshot that is in the file.

    Raises:
        Misconfigured: the client is missing, or older than the server.
        StorageUnavailable: the server doesn't answer, or breaks off.
    """
    client = _client("pg_dump")
    with database.connected("REPEATABLE READ") as connection:
        _check_version(
            client, int(str(connection.scalar(text("show server_version_num")))) // 10_000, database
        )
        snapshot = str(connection.scalar(text("select pg_export_snapshot()")))
        options = [f"--snapshot={snapshot}", f"--lock-wait-timeout={LOCK_TIMEOUT}"]
        _run([*client_format(client), *options, f"--file={file}"], database)
        return row_counts(connection)


def client_format(client: Path) -> list[str]:
    """Return the dump command's options for format and contents."""
    return [str(client), "--format=custom", "--no-owner", "--no-privileges"]


def load(file: Path, database: Database, version: int | None = None) -> dict[str, int]:
    """Fill an empty database from a file that ``dump`` wrote.

    Args:
        file: the dump.
        database: an empty database.
        version: major version of the server that was dumped; an older server is refused.

    Returns:
        Number of rows of each table.

    Raises:
        BackupUnusable: the file can't be read, or not by these clients or this server, or its SQL needs the
            privileges of a superuser.
        Misconfigured: the database's user is a superuser: the SQL of the dump could run programs on the
            server and read its files.
        StorageUnavailable: the server doesn't answer.
    """
    server = major_version(database)
    if version is not None and server < version:
        raise BackupUnusable(
            f"{file}: made by PostgreSQL {version}, but {database} runs {server}: use {version} or newer"
        )
    _refuse_superuser(database)
    client = _client("pg_restore")
    command = [str(client), "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    try:
        _run([*command, str(file)], database)
    except StorageUnavailable as error:
        with database.connected():  # raises if the server is the cause
            raise BackupUnusable(f"{file}: pg_restore can't use it: {error}") from None
    with database.connected() as connection:
        return row_counts(connection)


def _refuse_superuser(database: Database) -> None:
    with database.connected() as connection:
        if connection.scalar(text("show is_superuser")) == "on":
            raise Misconfigured(
                f"{database}: its user {database.url.username} is a superuser, so the SQL of a backup could "
                "run programs on the server. Use a user that owns the database and is no superuser: "
                "docs/operations.md, Security"
            )


def major_version(database: Database) -> int:
    """Return the major version of a database's server: 15, 16, ..."""
    with database.with_name(MAINTENANCE).connected() as connection:
        return int(str(connection.scalar(text("show server_version_num")))) // 10_000


def put_in_place(restored: Mapping[Database, Database], suffix: str) -> list[Database]:
    """Swap databases by renaming, all in one transaction; the replaced ones stay under another name.

    Args:
        restored: database that was filled → database whose name it gets.
        suffix: appended to the names of the replaced databases.

    Returns:
        The replaced databases, under their new names.

    Raises:
        RestoreRefused: somebody uses one of them.
        StorageUnavailable: the server fails.
    """
    # A session that has ended is listed until its server process is gone. Renaming waits up to 5 s for that.
    replaced = [target for target in restored.values() if target.exists()]
    server = next(iter(restored)).with_name(MAINTENANCE)
    refuse_in_use(replaced)
    with server.connected("READ COMMITTED") as connection, connection.begin():
        quote = connection.dialect.identifier_preparer.quote_identifier
        for old in replaced:
            connection.execute(text(f"alter database {quote(old.name)} rename to {quote(old.name + suffix)}"))
        for new, target in restored.items():
            connection.execute(text(f"alter database {quote(new.name)} rename to {quote(target.name)}"))
    return [old.with_name(old.name + suffix) for old in replaced]


def refuse_in_use(databases: Sequence[Database]) -> None:
    """Check that nobody but this program is connected.

    To be called within ``alone``: then no other backup is at work, and our own sessions in the list were
    closed already. PostgreSQL lists them until their server processes are gone, some milliseconds later.

    Raises:
        RestoreRefused: somebody is connected; the message names the programs.
    """
    for database in databases:
        with database.with_name(MAINTENANCE).connected() as connection:
            users = sorted(connection.scalars(text(_USERS), {"name": database.name, "ours": APPLICATION}))
        if users:
            raise RestoreRefused(
                f"{database} is in use by {', '.join(users)}: nothing was changed. Stop Airflow first: "
                "`make restore` does so; by hand: docker compose -f docker-compose.production.yml stop"
            )


def row_counts(connection: Connection) -> dict[str, int]:
    """Return the number of rows of each table, by schema and name."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    counts = {}
    for schema, table in _tables(connection):
        counts[f"{schema}.{table}"] = int(
            connection.scalar(text(f"select count(*) from {quote(schema)}.{quote(table)}")) or 0  # noqa: S608  names from the server's own list, quoted
        )
    return counts


def _tables(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(
        text(
            "select schemaname, tablename from pg_tables "
            "where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2"
        )
    )
    return [(str(schema), str(table)) for schema, table in rows]


def _client(name: str) -> Path:
    path = shutil.which(name)
    if path is None:
        raise Misconfigured(
            f"{name} is not installed: add PostgreSQL's client (Debian: postgresql-client) to the image"
        )
    return Path(path)


def _check_version(client: Path, server: int, database: Database) -> None:
    output = subprocess.run([client, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603  PostgreSQL's own
    version = re.search(r"\) (\d+)", output)
    if version is None or int(version[1]) < server:
        raise Misconfigured(
            f"{client} is of PostgreSQL {version[1] if version else output.strip()}, "
            f"the server of {database} is of {server}: a client can't dump a newer server. "
            f"Install postgresql-client-{server} or newer."
        )


def _run(command: Sequence[str], database: Database) -> None:
    """Run one of PostgreSQL's clients; the password is in its environment, which no process list shows."""
    plain = database.url.set(drivername="postgresql")._replace(password=None)
    environment = {**os.environ, "PGCONNECT_TIMEOUT": str(CONNECT_TIMEOUT_S), "PGAPPNAME": APPLICATION}
    if database.url.password:  # else libpq takes it from PGPASSWORD or PGPASSFILE
        environment["PGPASSWORD"] = str(database.url.password)
    done = subprocess.run(  # noqa: S603  PostgreSQL's own
        [*command, f"--dbname={plain.render_as_string()}"],
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        output = " ".join(done.stderr.split())[-_MAX_OUTPUT:]
        raise StorageUnavailable(
            f"{database}: {Path(command[0]).name} ended with status {done.returncode}: {output}"
        )
