import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from production import archive
from production import postgres as module
from production.__main__ import main
from production.archive import Keys
from production.backup import PREFIX, Shelf, back_up, rotate
from production.postgres import SCRATCH
from production.restore import Allowed, restore
from tests.postgres import PASSWORD, uri
from tests.s3_proxy import S3Proxy, free_port
from weather_mlops.errors import BackupUnusable, Misconfigured, RestoreRefused, StorageUnavailable
from weather_mlops.lake.object_store import ObjectStore

NOW = datetime(2026, 11, 27, 3, 30, tzinfo=UTC)
KEYS = Keys(b"the key that signs backups")


def fill(database, rows: int = 3) -> None:
    with database.connected() as connection:
        connection.execute(text("create table note (id serial primary key, word text not null)"))
        connection.execute(
            text(f"insert into note (word) select repeat('한글', 40) || n from generate_series(1, {rows}) n")
        )


def words(database) -> list[str]:
    with database.connected() as connection:
        return list(connection.scalars(text("select word from note order by id")))


def names(postgres) -> set[str]:
    with postgres.database("postgres").connected() as connection:
        return set(connection.scalars(text("select datname from pg_database")))


@pytest.fixture
def databases(postgres):
    filled = {"airflow": postgres.new("airflow"), "catalog": postgres.new("catalog")}
    for database in filled.values():
        fill(database)
    return filled


@pytest.fixture
def shelf(tmp_path, store):
    return Shelf(tmp_path / "backups", store, KEYS)


def make(databases, shelf, now=NOW, keep_days=30):
    return back_up(databases, shelf, now=now, keep_days=keep_days, revision="abc")


def environment(databases, shelf) -> dict[str, str]:
    access = shelf.store.access
    return {
        **os.environ,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": uri(databases["airflow"]),
        "PYICEBERG_CATALOG__WEATHER__URI": uri(databases["catalog"]),
        "BACKUP_DIR": str(shelf.folder),
        "BACKUP_KEY": shelf.keys.signing.decode(),
        "WEATHER_BUCKET": access.bucket,
        "AWS_ENDPOINT_URL": access.endpoint_url,
        "AWS_ACCESS_KEY_ID": access.access_key_id,
        "AWS_SECRET_ACCESS_KEY": access.secret_access_key,
        "AWS_REGION": "us-east-1",
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "production", *arguments]


def test_a_backup_is_complete_here_and_on_s3_and_private(databases, shelf, postgres):
    backup = make(databases, shelf)

    assert backup.file.name == "weather-20261127T033000Z.tar"
    assert backup.rows == {"airflow": 3, "catalog": 3}
    assert backup.file.stat().st_mode & 0o077 == 0
    assert shelf.store.get(backup.key) == backup.file.read_bytes()
    seal = shelf.store.get(f"{backup.key}.sha256").decode()
    assert seal.startswith(f"{archive.sha256_of(backup.file)}  {backup.file.name}\n# HMAC-SHA-256: ")
    subprocess.run(
        ["sha256sum", "--check", f"{backup.file.name}.sha256"],
        cwd=shelf.folder,
        check=True,
        capture_output=True,
    )
    with tarfile.open(backup.file) as tar:
        assert tar.getnames() == ["manifest.json", "airflow.dump", "catalog.dump"]
    assert (
        [backup.name for backup in shelf.local()]
        == [backup.name for backup in shelf.remote()]
        == [backup.file.name]
    )
    assert sorted(path.name for path in shelf.folder.iterdir()) == [
        backup.file.name,
        f"{backup.file.name}.sha256",
    ]
    assert not [name for name in names(postgres) if name.startswith(SCRATCH)]


def test_a_restore_brings_back_the_rows_of_the_backup(databases, shelf, postgres):
    make(databases, shelf)
    before = words(databases["airflow"])
    for database in databases.values():
        database.drop()
    shutil.rmtree(shelf.folder)

    assert restore("latest", databases, shelf, now=NOW, allowed=Allowed()) == []
    assert [words(database) for database in databases.values()] == [before, before]
    with databases["airflow"].connected() as connection:  # sequences continue where they were
        assert connection.scalar(text("insert into note (word) values ('neu') returning id")) == 4


def test_rows_inserted_during_a_dump_do_not_fail_the_comparison(databases, shelf, monkeypatch):
    real = module._run

    def writing(command, database):
        with database.connected() as connection:
            connection.execute(text("insert into note (word) values ('meanwhile')"))
        real(command, database)

    monkeypatch.setattr(module, "_run", lambda c, d: (writing if c[0].endswith("pg_dump") else real)(c, d))
    assert make(databases, shelf).rows == {"airflow": 3, "catalog": 3}


def test_only_replace_overwrites_a_filled_database_and_keeps_it(databases, shelf):
    backup = make(databases, shelf)
    with databases["airflow"].connected() as connection:
        connection.execute(text("insert into note (word) values ('later')"))

    with pytest.raises(RestoreRefused, match=r"airflow_\d+ .*not empty.*REPLACE=1"):
        restore(backup.file.name, databases, shelf, now=NOW, allowed=Allowed())
    assert "later" in words(databases["airflow"])

    replaced = restore(backup.file.name, databases, shelf, now=NOW, allowed=Allowed(replace=True))
    assert "later" not in words(databases["airflow"])
    assert [database.name for database in replaced] == [
        f"{d.name}_before_20261127_033000" for d in databases.values()
    ]
    assert "later" in words(replaced[0])


def test_an_empty_database_is_replaced_and_dropped(databases, shelf):
    backup = make(databases, shelf)
    for database in databases.values():
        database.drop()
        database.create()

    assert restore(backup.file.name, databases, shelf, now=NOW, allowed=Allowed()) == []
    assert len(words(databases["airflow"])) == 3
    assert not any(d.with_name(f"{d.name}_before_20261127_033000").exists() for d in databases.values())


def test_a_database_in_use_is_refused_with_the_user_s_name(databases, shelf):
    backup = make(databases, shelf)
    with databases["catalog"].connected() as connection:
        connection.execute(text("set application_name = 'scheduler'"))
        with pytest.raises(RestoreRefused, match=r"catalog_\d+ .*in use by scheduler"):
            restore(backup.file.name, databases, shelf, now=NOW, allowed=Allowed(replace=True))
    assert len(words(databases["airflow"])) == 3


def test_a_restore_ignores_the_closed_session_of_a_backup(databases):
    """A closed session is listed until its server process is gone; here that process is stopped meanwhile."""
    with databases["catalog"].connected() as connection:
        process = int(str(connection.scalar(text("select pg_backend_pid()"))))
        os.kill(process, signal.SIGSTOP)
    try:
        module.refuse_in_use(list(databases.values()))
    finally:
        os.kill(process, signal.SIGCONT)


def test_the_clients_of_a_backup_are_listed_by_its_name(databases, tmp_path):
    for client in ("pg_dump", "pg_restore"):
        module._run(
            ["/bin/sh", "-c", f'printf "%s\n" "$PGAPPNAME" > {tmp_path / client}'], databases["airflow"]
        )
        assert (tmp_path / client).read_text() == f"{module.APPLICATION}\n"


def hostile(postgres, shelf, proof):
    """A backup, signed with our key, that runs a program on the server if a superuser restores it."""
    database = postgres.new("hostile")
    attack = f"""
        create function attack() returns int language plpgsql as $$ begin
            if current_database() like '{SCRATCH}%' then
                copy (select 1) to program 'cat > {proof}';
            end if;
            return 1;
        end $$;
        create materialized view attacked as select attack() as number;
    """
    with postgres.superuser(database.name).connected() as connection:
        connection.execute(text(attack))
    shelf.folder.mkdir()
    files = {role: shelf.folder / f"{role}.dump" for role in ("airflow", "catalog")}
    described = {}
    for role, file in files.items():
        rows = module.dump(postgres.superuser(database.name), file)
        sha256 = archive.sha256_of(file)
        described[role] = archive.Dump(database="hostile", server=15, sha256=sha256, rows=rows)
    file = shelf.folder / archive.name_of(NOW)
    manifest = archive.BackupManifest(made_at=NOW, revision="", dumps=described)
    archive.pack(manifest, files, file, None)
    file.with_name(file.name + archive.SEAL).write_text(archive.seal_of(file, file.name, KEYS.signing))
    return file


def test_a_hostile_backup_runs_no_program_on_the_server(databases, shelf, postgres):
    proof = postgres.folder / "proof"
    file = hostile(postgres, shelf, proof)

    with pytest.raises(BackupUnusable, match="COPY to or from an external program"):
        restore(file.name, databases, shelf, now=NOW, allowed=Allowed(replace=True))
    assert len(words(databases["airflow"])) == 3

    powerful = {role: postgres.superuser(database.name) for role, database in databases.items()}
    with pytest.raises(
        Misconfigured, match=r"its user postgres is a superuser.*docs/operations\.md, Security"
    ):
        restore(file.name, powerful, shelf, now=NOW, allowed=Allowed(replace=True))
    assert len(words(databases["airflow"])) == 3
    assert not proof.exists()


def damaged_anywhere(file):
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0xFF
    file.write_bytes(body)


def damaged_and_sealed_again(file):
    damaged_anywhere(file)
    file.with_name(file.name + ".sha256").write_text(archive.seal_of(file, file.name, KEYS.signing))


def cut_off(file):
    file.write_bytes(file.read_bytes()[:5000])


def without_seal(file):
    file.with_name(file.name + ".sha256").unlink()


@pytest.mark.parametrize("damage", [damaged_anywhere, damaged_and_sealed_again, cut_off, without_seal])
def test_a_damaged_backup_is_refused_and_the_databases_stay(databases, shelf, postgres, damage):
    backup = make(databases, shelf)
    with databases["airflow"].connected() as connection:
        connection.execute(text("insert into note (word) values ('live')"))
    known = names(postgres)
    damage(backup.file)

    with pytest.raises(BackupUnusable, match=backup.file.name):
        restore(str(backup.file), databases, shelf, now=NOW, allowed=Allowed(replace=True))
    assert "live" in words(databases["airflow"])
    assert names(postgres) == known


def test_a_tar_that_names_paths_of_its_own_is_refused(databases, shelf, tmp_path):
    shelf.folder.mkdir()
    file = shelf.folder / archive.name_of(NOW)
    listing = tmp_path / "manifest.json"
    dump = {"database": "x", "server": 15, "sha256": "", "rows": {}}
    manifest = {"format": 1, "made_at": NOW.isoformat(), "revision": "", "dumps": {"../../outside": dump}}
    listing.write_text(json.dumps(manifest))
    with tarfile.open(file, "w") as tar:
        tar.add(listing, "manifest.json")
        tar.add(listing, "../../outside.dump")
    file.with_name(file.name + archive.SEAL).write_text(archive.seal_of(file, file.name, KEYS.signing))

    with pytest.raises(BackupUnusable, match="names no databases of this project"):
        restore(str(file), databases, shelf, now=NOW, allowed=Allowed(replace=True))
    assert not (shelf.folder.parent / "outside.dump").exists()


def test_a_dump_that_restores_to_other_rows_is_refused(databases, shelf, postgres, monkeypatch):
    """As with a database whose files are damaged: the dump can be read, but rows are missing."""
    real = module.row_counts
    monkeypatch.setattr(
        module,
        "row_counts",
        lambda c: (
            {**real(c), "public.note": 4}
            if "airflow" in str(c.engine.url) and SCRATCH not in str(c.engine.url)
            else real(c)
        ),
    )
    with pytest.raises(
        BackupUnusable, match=r"airflow\.dump: after the restore, row counts differ .* in public\.note"
    ):
        make(databases, shelf)
    assert (shelf.local(), shelf.remote()) == ([], [])
    assert not [name for name in names(postgres) if name.startswith(SCRATCH)]


def test_old_backups_are_deleted_but_never_the_newest(databases, shelf):
    for days in (0, 10, 40):
        make(databases, shelf, NOW + timedelta(days=days))
    expected = ["weather-20270106T033000Z.tar", "weather-20261207T033000Z.tar"]
    assert [backup.name for backup in shelf.local()] == expected
    assert [backup.name for backup in shelf.remote()] == expected
    assert {entry.key.split(".tar")[0] for entry in shelf.store.list(PREFIX)} == {
        f"{PREFIX}{name[:-4]}" for name in expected
    }

    shelf.store.put("backups/of-somebody-else", b"")
    rotate(shelf, NOW + timedelta(days=1000))
    assert [backup.name for backup in shelf.local()] == expected[:1]
    assert shelf.store.exists("backups/of-somebody-else")


def wait_until(condition, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def killed(process, postgres) -> None:
    """Wait until the server has noticed that a process is dead, too: until then it holds the lock."""
    process.wait()
    with postgres.database("postgres").connected() as connection:
        held = text("select count(*) from pg_locks where locktype = 'advisory'")
        wait_until(lambda: not connection.scalar(held))


@pytest.mark.parametrize("held", ["pg_dump", "pg_restore"])
def test_a_killed_backup_is_incomplete_and_cleaned_up_later(databases, shelf, postgres, tmp_path, held):
    slow, begun = tmp_path / "bin", tmp_path / "begun"
    slow.mkdir()
    script = slow / held  # does its work, but doesn't end
    hang = f'[ "$1" = --version ] || {{ touch {begun}; sleep 60; }}'
    script.write_text(f'#!/bin/sh\n{shutil.which(held)} "$@" || exit 1\n{hang}\n')
    script.chmod(0o755)
    shelf.folder.mkdir()
    env = {**environment(databases, shelf), "PATH": f"{slow}:{os.environ['PATH']}"}
    process = subprocess.Popen(command("backup"), env=env, start_new_session=True, stdout=subprocess.DEVNULL)
    wait_until(begun.exists)
    os.killpg(process.pid, signal.SIGKILL)
    killed(process, postgres)

    assert list(shelf.folder.iterdir())
    assert (shelf.local(), shelf.remote()) == ([], [])
    backup = make(databases, shelf)
    assert sorted(path.name for path in shelf.folder.iterdir()) == [
        backup.file.name,
        f"{backup.file.name}.sha256",
    ]
    assert not [name for name in names(postgres) if name.startswith(SCRATCH)]


@pytest.mark.parametrize("seal", [False, True])
def test_a_copy_to_s3_that_is_killed_looks_incomplete(databases, shelf, postgres, server, seal):
    proxy = S3Proxy(server)
    env = {**environment(databases, shelf), "AWS_ENDPOINT_URL": proxy.url}
    proxy.hold_at(lambda method, path: method == "PUT" and path.endswith(".sha256") == seal)
    process = subprocess.Popen(command("backup"), env=env, stdout=subprocess.DEVNULL)
    proxy.kill_the_held()
    killed(process, postgres)
    proxy.close()

    assert shelf.remote() == []
    assert len(shelf.local()) == 1  # complete and verified before it was copied
    backup = make(databases, shelf, datetime.now(UTC) + timedelta(seconds=5))
    assert [backup.name for backup in shelf.remote()] == [backup.file.name]
    assert {entry.key for entry in shelf.store.list(PREFIX)} == {backup.key, f"{backup.key}.sha256"}


def test_a_large_backup_goes_to_s3_in_parts(databases, shelf):
    with databases["airflow"].connected() as connection:
        noise = "string_agg(md5(random()::text), '') from generate_series(1, 60000) n group by n % 300"
        for _ in range(9):
            connection.execute(text(f"insert into note (word) select {noise}"))
    backup = make(databases, shelf)
    head = shelf.store._client.head_object(Bucket=shelf.store.access.bucket, Key=backup.key)
    assert backup.bytes > 8 << 20
    assert int(head["ETag"].strip('"').rpartition("-")[2]) > 1

    shutil.rmtree(shelf.folder)
    restore(backup.file.name, databases, shelf, now=NOW, allowed=Allowed(replace=True))
    assert len(words(databases["airflow"])) == 3 + 9 * 300


def test_without_s3_the_backup_stays_here_and_the_error_says_so(databases, shelf, store):
    down = ObjectStore(replace(store.access, endpoint_url=f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(
        StorageUnavailable, match=r"weather-.*\.tar is complete, but was not copied to S3: s3://.*no answer"
    ):
        make(databases, Shelf(shelf.folder, down, KEYS))
    (here,) = shelf.local()
    restore(here.name, databases, Shelf(shelf.folder, down, KEYS), now=NOW, allowed=Allowed(replace=True))


def test_a_client_older_than_the_server_is_refused_by_name(databases, shelf, tmp_path, monkeypatch):
    old = tmp_path / "pg_dump"
    old.write_text('#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n')
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(
        Misconfigured, match=r"pg_dump is of PostgreSQL 9.*Install postgresql-client-\d+ or newer"
    ):
        make(databases, shelf)


def test_a_server_that_is_down_is_named_without_its_password(databases, shelf, caplog, capfd):
    away = {
        role: replace(database, url=database.url.set(port=free_port()))
        for role, database in databases.items()
    }
    caplog.set_level(logging.DEBUG)
    with pytest.raises(
        StorageUnavailable, match=r"database postgres at 127\.0\.0\.1:\d+: .*refused"
    ) as refused:
        make(away, shelf)
    assert PASSWORD not in str(refused.value) + caplog.text + "".join(capfd.readouterr())


def test_a_second_backup_at_the_same_time_is_refused(databases, shelf):
    with (
        module.alone(databases["airflow"]),
        pytest.raises(StorageUnavailable, match="another backup or restore"),
    ):
        make(databases, shelf)


@pytest.fixture
def command_here(monkeypatch, capfd):
    """The command in this process; returns its exit status and both outputs."""
    handler = signal.getsignal(signal.SIGTERM)

    def run(env: dict[str, str], *arguments: str) -> tuple[int, str, str]:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        status = main(arguments)
        written = capfd.readouterr()
        return status, written.out, written.err

    yield run
    signal.signal(signal.SIGTERM, handler)


def test_a_backup_may_follow_another_one_at_once(databases, monkeypatch):
    """The lock is released although its session is still open, as it may be on a busy server."""
    engines = []

    def lasting(url, **more):
        engines.append(create_engine(url, **{**more, "poolclass": StaticPool}))
        return engines[-1]

    monkeypatch.setattr(module, "create_engine", lasting)
    for _ in range(2):
        with module.alone(databases["airflow"]):
            pass
    for engine in engines:
        engine.dispose()


def test_the_command_backs_up_lists_and_restores(databases, shelf, command_here):
    env = environment(databases, shelf)

    def run(*arguments):
        done = subprocess.run(command(*arguments), env=env, capture_output=True, text=True, check=False)
        assert PASSWORD not in done.stdout + done.stderr
        return done

    assert command_here(env, "backup", "--check")[0] == 1
    assert "backed up and verified" in run("backup").stdout
    assert command_here(env, "backup", "--check")[0] == 0
    (name,) = (backup.name for backup in shelf.local())
    listed = run("backups").stdout
    assert name in listed
    assert f"S3 and {shelf.folder}" in listed
    status, out, error = command_here(env, "restore", "latest")
    assert status == 1
    assert error.startswith("error: database airflow_")
    assert PASSWORD not in out + error
    done = run("restore", name, "--replace", "--as-backed-up")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The replaced database is kept as database airflow_" in done.stdout
    assert command_here(env, "restore", "weather-20200101T000000Z.tar")[0] == 1
