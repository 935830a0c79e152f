"""The database user of the services: not a superuser, and owner of what a superuser owned before."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.postgres import PASSWORD, uri
from weather_mlops.errors import StorageUnavailable

PROJECT = Path(__file__).resolve().parents[2]
ROLE = "services"
OWN = """my p@ss/w%41rd "$HOME" 'x' \\ : #1"""
MADE_BY_A_SUPERUSER = """
    create type state as enum ('queued', 'done');
    create table run (id serial primary key, state state);
    create table part (day date) partition by range (day);
    create table part_2026 partition of part for values from ('2026-01-01') to ('2027-01-01');
    create view runs as select * from run;
    create materialized view counted as select count(*) from run;
    create function one() returns int language sql as 'select 1';
    create sequence lonely;
    create schema "Other";
    create table "Other"."Table" (id int);
    insert into run (state) values ('done');
"""


@pytest.fixture
def databases(postgres):
    """The databases of an earlier installation: the superuser owns everything."""
    owned = []
    for kind in ("airflow", "catalog"):
        database = postgres.superuser(postgres.new(kind).name)
        database.drop()
        database.create()
        with database.connected() as connection:
            connection.execute(text(MADE_BY_A_SUPERUSER))
        owned.append(database)
    return owned


def owner(databases, **more: str) -> subprocess.CompletedProcess[str]:
    metadata, catalog = (uri(database).replace(f"postgres:{PASSWORD}@", f"{ROLE}@") for database in databases)
    settings = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
        "PYICEBERG_CATALOG__WEATHER__URI": catalog,
        "DATABASE_PASSWORD": OWN,
        "POSTGRES_USER": "postgres",
        "POSTGRES_PASSWORD": PASSWORD,
    }
    return subprocess.run(
        [sys.executable, "deploy/owner.py"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **settings, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_objects_of_a_superuser_get_the_services_as_owner(databases, postgres):
    done = owner(databases)
    again = owner(databases)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"database {databases[0].name}: now owned by {ROLE}, before by postgres" in done.stdout
    assert (again.returncode, again.stdout) == (0, "")
    for database in databases:
        ours = type(database)(database.url.set(username=ROLE, password=OWN))
        with ours.connected() as connection:
            assert connection.scalar(text("show is_superuser")) == "off"
            connection.execute(text("alter table run add column note text"))
            connection.execute(text("alter type state add value 'new'"))
            connection.execute(text("alter table part_2026 add primary key (day)"))
            connection.execute(text("refresh materialized view counted"))
            connection.execute(text("insert into run default values"))
            connection.execute(text("alter sequence lonely restart"))
            connection.execute(text('drop table "Other"."Table"'))
            connection.execute(text("create or replace view runs as select * from run"))
            connection.execute(text("drop function one()"))
            connection.execute(text("create table more (id int)"))
    with pytest.raises(StorageUnavailable, match="external program"), ours.connected() as connection:
        connection.execute(text("copy run to program 'cat'"))
    ours.with_name("made_by_services").create()
    with pytest.raises(StorageUnavailable, match="external program"), ours.connected() as connection:
        connection.execute(text("copy run to program 'cat'"))
    ours.with_name("made_by_services").drop()


def test_services_log_in_by_the_file_that_a_container_reads(databases, tmp_path):
    """The password may contain any character: a colon and a backslash have a meaning in the file."""
    owner(databases)
    url = databases[0].url
    ask = f"psql --host={url.host} --port={url.port} --username={ROLE} --dbname={url.database} --no-align"
    done = subprocess.run(
        [sys.executable, "deploy/start.py", *ask.split(), "--tuples-only", "--command=select current_user"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "PGPASSWORD": OWN},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{ROLE}\n"


def test_no_message_shows_the_password(databases):
    done = owner(databases, POSTGRES_PASSWORD="the wrong one")

    assert done.returncode == 1
    assert done.stderr.startswith("database owner: error: ")
    assert "POSTGRES_PASSWORD" in done.stderr
    assert not [secret for secret in (OWN, "the wrong one") if secret in done.stderr]


@pytest.fixture
def vacuuming(postgres):
    """The server, with an autovacuum that begins at once and takes its time."""
    settings = {"naptime": "1s", "vacuum_cost_delay": "100ms", "vacuum_cost_limit": "1"}
    with postgres.superuser().connected() as connection:
        for name, value in settings.items():
            connection.execute(text(f"alter system set autovacuum_{name} = '{value}'"))
        connection.execute(text("select pg_reload_conf()"))
        yield postgres
        for name in settings:
            connection.execute(text(f"alter system reset autovacuum_{name}"))
        connection.execute(text("select pg_reload_conf()"))


def test_a_database_is_dropped_while_it_is_vacuumed(vacuuming):
    database = vacuuming.new("scratch")
    with database.connected() as connection:
        connection.execute(text("create table run as select generate_series(1, 100000) as id"))
    workers = text(
        "select count(*) from pg_stat_activity where backend_type = 'autovacuum worker' and datname = :name"
    )
    deadline = time.monotonic() + 60
    with vacuuming.superuser().connected() as watching:
        while not watching.scalar(workers, {"name": database.name}):
            assert time.monotonic() < deadline, "autovacuum does not begin"
            time.sleep(0.1)

    database.drop()

    assert not database.exists()


def test_a_database_is_dropped_under_its_owners_sessions(postgres):
    database = postgres.new("scratch")
    engine = create_engine(database.url)
    with engine.connect() as left_over:
        left_over.execute(text("select 1"))

        database.drop()

        assert not database.exists()
        left_over.invalidate()
