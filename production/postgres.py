"""PostgreSQL: databases dumped and restored by its own clients, counted, put in place by renaming."""

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
LOCK_TIMEOUT: Final = "60s"  # a migration holds tables longer: then the backup is tried again later
SCRATCH: Final = "weather_scratch_"  # databases of this program's own, that nobody misses
MAINTENANCE: Final = "postgres"  # the database that every server has, to make and rename others from
# The name that sessions of this program and of the clients that it runs have on the server.
APPLICATION: Final = "weather backup"
# Without autovacuum, which has no user, and which PostgreSQL ends by itself where a database is renamed.
_USERS: Final = """
    select distinct coalesce(nullif(application_name, ''), 'unnamed')
    from pg_stat_activity
    where datname = :name and usesysid is not null and application_name is distinct from :ours
"""
_LAST_WORDS: Final = 500  # characters of a client's error output in a message


@dataclass(frozen=True)
class Database:
    """One database of a server.

    Attributes:
        url: of SQLAlchemy's kind, with the password.
    """

    url: URL

    @property
    def name(self) -> str:
        """Its name on the server."""
        return self.url.database or MAINTENANCE

    def __str__(self) -> str:
        """Database and server, without user and password."""
        return f"database {self.name} at {self.url.host}:{self.url.port or 5432}"

    def beside(self, name: str) -> "Database":
        """Another database of the same server."""
        return replace(self, url=self.url.set(database=name))

    @contextmanager
    def connected(self, isolation: str = "AUTOCOMMIT") -> Iterator[Connection]:
        """A connection.

        Raises:
            StorageUnavailable: it doesn't answer, refuses, or breaks off.
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
            # The driver's words; SQLAlchemy's own may hold the statement's values.
            raise StorageUnavailable(
                f"{self}: {str(error.orig).strip()}. See that it runs and is reachable."
            ) from None

    def wait(self, patience: float = START_S) -> None:
        """See its server answer; one that is being started may take a while.

        Raises:
            StorageUnavailable: it doesn't.
        """
        deadline = time.monotonic() + patience
        while True:
            try:
                with self.beside(MAINTENANCE).connected():
                    return
            except StorageUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def exists(self) -> bool:
        """Whether the server has it."""
        with self.beside(MAINTENANCE).connected() as connection:
            found = connection.execute(
                text("select 1 from pg_database where datname = :name"), {"name": self.name}
            )
            return found.first() is not None

    def tables(self) -> int:
        """How many tables it has; none where it doesn't exist."""
        if not self.exists():
            return 0
        with self.connected() as connection:
            return len(_tables(connection))

    def create(self) -> None:
        """Make it, empty."""
        self._administer("create database {} template template0 encoding 'UTF8'", self.name)

    def drop(self) -> None:
        """Remove it, where it is there."""
        self._administer("drop database if exists {} with (force)", self.name)

    def drop_scratches(self) -> None:
        """Remove what killed runs of this program left on the server."""
        with self.beside(MAINTENANCE).connected() as connection:
            names = connection.scalars(
                text("select datname from pg_database where starts_with(datname, :prefix)"),
                {"prefix": SCRATCH},
            )
            found = list(names)
        for name in found:
            self.beside(name).drop()
            log.info("removed: %s, left by a run that was killed", self.beside(name))

    def _administer(self, statement: str, *names: str) -> None:
        with self.beside(MAINTENANCE).connected() as connection:
            quote = connection.dialect.identifier_preparer.quote_identifier
            connection.execute(text(statement.format(*map(quote, names))))


@contextmanager
def alone(database: Database) -> Iterator[None]:
    """No other backup or restore of this server meanwhile.

    Raises:
        StorageUnavailable: another one is at work.
    """
    with database.beside(MAINTENANCE).connected() as connection:
        if not connection.scalar(text("select pg_try_advisory_lock(hashtext(:name))"), {"name": APPLICATION}):
            raise StorageUnavailable(f"{database}: another backup or restore is at work: wait for its end")
        try:
            yield
        finally:
            # A closed session releases its locks only when its server process is gone, which takes a while on
            # a busy machine: the next backup or restore would be refused. A broken one has none any more.
            with suppress(DBAPIError):
                connection.execute(text("select pg_advisory_unlock(hashtext(:name))"), {"name": APPLICATION})


def dump(database: Database, file: Path) -> dict[str, int]:
    """Write a database to a file, in PostgreSQL's custom format, without owners and rights.

    Returns:
        Rows of each table, at the very state that is in the file.

    Raises:
        Misconfigured: no client, or one older than the server.
        StorageUnavailable: the server doesn't answer, or broke off.
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
    """How dumps are written."""
    return [str(client), "--format=custom", "--no-owner", "--no-privileges"]


def load(file: Path, database: Database, version: int | None = None) -> dict[str, int]:
    """Fill an empty database from a file that ``dump`` wrote.

    Args:
        file: the dump.
        database: empty.
        version: major version of the server that was dumped; not loaded into an older one.

    Returns:
        Rows of each table.

    Raises:
        BackupUnusable: the file can't be read, or not by these clients or this server, or its SQL needs the
            rights of a superuser.
        Misconfigured: the database's user is a superuser: the SQL of the dump could run programs on the
            server and read its files.
        StorageUnavailable: the server doesn't answer.
    """
    server = major_version(database)
    if version is not None and server < version:
        raise BackupUnusable(
            f"{file}: made by PostgreSQL {version}; {database} is of {server}: take {version} or newer"
        )
    _refuse_superuser(database)
    client = _client("pg_restore")
    command = [str(client), "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    try:
        _run([*command, str(file)], database)
    except StorageUnavailable as error:
        with database.connected():  # is it the server? then this says so
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
    """Of the server: 15, 16, ..."""
    with database.beside(MAINTENANCE).connected() as connection:
        return int(str(connection.scalar(text("show server_version_num")))) // 10_000


def put_in_place(made: Mapping[Database, Database], kept: str) -> list[Database]:
    """Give databases the names of others, all of a server or none; the others keep their rows elsewhere.

    Args:
        made: database that was filled → database whose name it gets.
        kept: what is appended to the names of those that give theirs up.

    Returns:
        Those that gave up their names.

    Raises:
        RestoreRefused: somebody uses one of them.
        StorageUnavailable.
    """
    # A session that has ended is listed until its server process is gone. Renaming waits up to 5 s for that.
    replaced = [wanted for wanted in made.values() if wanted.exists()]
    server = next(iter(made)).beside(MAINTENANCE)
    refuse_in_use(replaced)
    with server.connected("READ COMMITTED") as connection, connection.begin():
        quote = connection.dialect.identifier_preparer.quote_identifier
        for old in replaced:
            connection.execute(text(f"alter database {quote(old.name)} rename to {quote(old.name + kept)}"))
        for new, wanted in made.items():
            connection.execute(text(f"alter database {quote(new.name)} rename to {quote(wanted.name)}"))
    return [old.beside(old.name + kept) for old in replaced]


def refuse_in_use(databases: Sequence[Database]) -> None:
    """See that nobody is connected but this program itself.

    To be called within ``alone``: then no other backup is at work, and sessions of ours are ones that were
    closed already. PostgreSQL lists them until their server processes are gone, some milliseconds later.

    Raises:
        RestoreRefused: somebody is, naming the programs.
    """
    for database in databases:
        with database.beside(MAINTENANCE).connected() as connection:
            users = sorted(connection.scalars(text(_USERS), {"name": database.name, "ours": APPLICATION}))
        if users:
            raise RestoreRefused(
                f"{database} is in use by {', '.join(users)}: nothing was changed. Stop Airflow first: "
                "`make restore` does, by hand it is docker compose -f docker-compose.production.yml stop"
            )


def row_counts(connection: Connection) -> dict[str, int]:
    """Rows of each table, by schema and name."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    counts = {}
    for schema, table in _tables(connection):
        counts[f"{schema}.{table}"] = int(
            connection.scalar(text(f"select count(*) from {quote(schema)}.{quote(table)}")) or 0  # noqa: S608  names from the server's own list, quoted
        )
    return counts


def _tables(connection: Connection) -> list[tuple[str, str]]:
    found = connection.execute(
        text(
            "select schemaname, tablename from pg_tables "
            "where schemaname not in ('pg_catalog', 'information_schema') order by 1, 2"
        )
    )
    return [(str(schema), str(table)) for schema, table in found]


def _client(name: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise Misconfigured(
            f"{name} is not installed: add PostgreSQL's client (Debian: postgresql-client) to the image"
        )
    return Path(found)


def _check_version(client: Path, server: int, database: Database) -> None:
    told = subprocess.run([client, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603  PostgreSQL's own
    version = re.search(r"\) (\d+)", told)
    if version is None or int(version[1]) < server:
        raise Misconfigured(
            f"{client} is of PostgreSQL {version[1] if version else told.strip()}, "
            f"the server of {database} is of {server}: a client can't dump a newer server. "
            f"Install postgresql-client-{server} or newer."
        )


def _run(command: Sequence[str], database: Database) -> None:
    """Run one of PostgreSQL's clients; the password by its environment: no list of processes shows it."""
    plain = database.url.set(drivername="postgresql")._replace(password=None)
    environment = {**os.environ, "PGCONNECT_TIMEOUT": str(CONNECT_TIMEOUT_S), "PGAPPNAME": APPLICATION}
    if database.url.password:  # else libpq knows it from PGPASSWORD or PGPASSFILE
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
        words = " ".join(done.stderr.split())[-_LAST_WORDS:]
        raise StorageUnavailable(f"{database}: {Path(command[0]).name} ended with {done.returncode}: {words}")
