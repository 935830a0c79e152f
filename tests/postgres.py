"""A PostgreSQL of the tests' own, from the machine's packages: real, on a free port, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from production.postgres import Database
from tests.s3_proxy import free_port

PASSWORD = "Geheimnis"
_numbers = count()


def programs() -> Path | None:
    """The newest server's programs, where there is one."""
    initdbs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return initdbs[-1].parent if initdbs else None


class Postgres:
    """A server. It refuses to run as root, so that gives it to the user postgres."""

    def __init__(self) -> None:
        bin_folder = programs()
        if bin_folder is None or shutil.which("pg_dump") is None:
            pytest.skip("no PostgreSQL on this machine: apt-get install postgresql")
        self._bin = bin_folder
        self._user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        self.folder = Path(tempfile.mkdtemp(prefix="weather-postgres-", dir="/tmp"))
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        if self._user:
            shutil.chown(self.folder, "postgres", "postgres")
            shutil.chown(secret, "postgres")
        access = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={secret}"]
        self._do("initdb", f"--pgdata={self.folder}/data", "--no-sync", "--encoding=UTF8", *access)
        self.port = free_port()
        self.start()
        with self.superuser().connected() as connection:  # as deploy/owner.py makes it
            connection.execute(text(f"create role weather login createdb password '{PASSWORD}'"))

    def start(self) -> None:
        quick = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60"
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} {quick}"
        log = f"{self.folder}/log"
        self._do("pg_ctl", f"--pgdata={self.folder}/data", "--wait", f"--log={log}", "-o", options, "start")

    def stop(self) -> None:
        self._do("pg_ctl", f"--pgdata={self.folder}/data", "--wait", "--mode=immediate", "stop")

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def database(self, name: str) -> Database:
        url = URL.create("postgresql+psycopg2", "weather", PASSWORD, "127.0.0.1", self.port, name)
        return Database(url)

    def superuser(self, name: str = "postgres") -> Database:
        """A database by the eyes of the server's superuser."""
        return Database(self.database(name).url.set(username="postgres"))

    def new(self, kind: str = "test") -> Database:
        """An empty database."""
        database = self.database(f"{kind}_{next(_numbers)}")
        database.create()
        return database

    def _do(self, program: str, *arguments: str) -> None:
        command = [self._bin / program, *arguments]
        with (self.folder / f"{program}.out").open("w+") as output:
            done = subprocess.run(
                command, stdout=output, stderr=output, cwd=self.folder, check=False, **self._user
            )
            output.seek(0)
            assert done.returncode == 0, f"{program}: {output.read()}"


def uri(database: Database) -> str:
    """As a setting."""
    return database.url.render_as_string(hide_password=False)
