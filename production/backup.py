"""A backup: dump, restore that into a scratch database, compare, seal, copy to S3, drop old ones."""

import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Final
from uuid import uuid4

from production import archive, postgres
from production.archive import Backup, BackupManifest, Dump, Keys
from production.postgres import SCRATCH, Database
from weather_mlops.errors import BackupUnusable, StorageRefused, StorageUnavailable, WeatherError
from weather_mlops.lake.object_store import ObjectStore

log = logging.getLogger(__name__)

PREFIX: Final = "backups/"
WORK: Final = ".work-"  # folders of a run


@dataclass(frozen=True)
class CreatedBackup:
    """A backup that was made and verified.

    Attributes:
        file: on this machine.
        key: on S3.
        bytes: its size.
        rows: in all tables, by role.
    """

    file: Path
    key: str
    bytes: int
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Shelf:
    """Where backups are kept, a folder of this machine and the bucket, and what they are sealed with.

    Attributes:
        folder: on this machine.
        store: the bucket.
        keys: sign and encrypt new backups, verify and decrypt existing ones.
    """

    folder: Path
    store: ObjectStore
    keys: Keys

    def local(self) -> list[Backup]:
        """Whole ones on this machine, the newest first."""
        return archive.sealed(path.name for path in self.folder.glob("*"))

    def remote(self) -> list[Backup]:
        """Whole ones on S3, the newest first.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        return archive.sealed(entry.key.removeprefix(PREFIX) for entry in self.store.list(PREFIX))


def back_up(
    databases: Mapping[str, Database], shelf: Shelf, *, now: datetime, keep_days: int, revision: str
) -> CreatedBackup:
    """Make a backup, verify it, copy it to S3, and drop those that are too old.

    Killed at any point it leaves no backup that looks whole; what it leaves is removed by the next one. The
    newest backup is never dropped, however old it is.

    Args:
        databases: by role, all of one server.
        shelf: where it is kept, and the keys that sign and encrypt it.
        now: its time, UTC.
        keep_days: older ones are dropped, here and on S3.
        revision: of the code that runs, for the record.

    Raises:
        BackupUnusable: what was dumped can't be restored, or not to the same rows: the database is damaged.
        Misconfigured: no client of PostgreSQL, or one older than the server; or the database's user is a
            superuser; or ``openssl`` is missing.
        StorageUnavailable, StorageRefused: the database, the disk or S3.
    """
    shelf.folder.mkdir(parents=True, exist_ok=True)
    with postgres.alone(next(iter(databases.values()))):
        _clear(databases, shelf.folder)
        manifest, file = _create(databases, shelf, now, revision)
        try:
            _copy(file, shelf.store)
        except (StorageUnavailable, StorageRefused) as error:
            raise type(error)(f"{file} is whole, but not copied to S3: {error}") from error
        rotate(shelf, now - timedelta(days=keep_days))
    rows = {role: sum(dump.rows.values()) for role, dump in manifest.dumps.items()}
    made = CreatedBackup(file, PREFIX + file.name, file.stat().st_size, rows)
    log.info(
        "backed up and verified: file=%s bytes=%d rows=%s", shelf.store.where(made.key), made.bytes, rows
    )
    return made


def rotate(shelf: Shelf, before: datetime) -> list[str]:
    """Drop backups made before a time, here and on S3, but never the newest.

    Returns:
        Their names.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    here = [backup.name for backup in shelf.local()[1:] if backup.made_at < before]
    there = [backup.name for backup in shelf.remote()[1:] if backup.made_at < before]
    for name in here:  # the seal first: what is left of it is no backup
        (shelf.folder / (name + archive.SEAL)).unlink()
        (shelf.folder / name).unlink()
    for name in there:
        shelf.store.delete(PREFIX + name + archive.SEAL)
        shelf.store.delete(PREFIX + name)
    return sorted({*here, *there})


def verify(
    manifest: BackupManifest, dumps: Mapping[str, Path], databases: Mapping[str, Database]
) -> dict[Database, Database]:
    """Restore dumps into new databases beside the live ones, and compare their rows.

    Returns:
        New database → the live one that it belongs to. They are the caller's to drop.

    Raises:
        BackupUnusable: a dump can't be restored, or not to the rows of the manifest.
        StorageUnavailable.
    """
    made: dict[Database, Database] = {}
    try:
        for role, file in dumps.items():
            scratch = databases[role].beside(f"{SCRATCH}{role}_{uuid4().hex[:8]}")
            scratch.create()
            made[scratch] = databases[role]
            rows = postgres.load(file, scratch, manifest.dumps[role].server)
            _compare(file.name, rows, manifest.dumps[role].rows)
    except BaseException:
        for scratch in made:
            scratch.drop()
        raise
    return made


def _compare(name: str, rows: Mapping[str, int], wanted: Mapping[str, int]) -> None:
    if rows != wanted:
        wrong = sorted(table for table in {*rows, *wanted} if rows.get(table) != wanted.get(table))
        raise BackupUnusable(
            f"{name}: restored, it has other rows than the manifest says in {', '.join(wrong)}"
        )


def _create(
    databases: Mapping[str, Database], shelf: Shelf, now: datetime, revision: str
) -> tuple[BackupManifest, Path]:
    work = Path(mkdtemp(prefix=WORK, dir=shelf.folder))
    try:
        manifest, dumps = _dumped(databases, work, now, revision)
        return manifest, _sealed(manifest, dumps, shelf)
    except WeatherError:
        raise
    except OSError as error:
        raise StorageUnavailable(
            f"{shelf.folder}: {error.strerror or error}. See that there is space."
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _dumped(
    databases: Mapping[str, Database], work: Path, now: datetime, revision: str
) -> tuple[BackupManifest, dict[str, Path]]:
    files, dumps = {}, {}
    for role, database in databases.items():
        files[role] = work / f"{role}.dump"
        rows = postgres.dump(database, files[role])
        server = postgres.major_version(database)
        sha256 = archive.sha256_of(files[role])
        dumps[role] = Dump(database=database.name, server=server, sha256=sha256, rows=rows)
    manifest = BackupManifest(made_at=now, revision=revision, dumps=dumps)
    for scratch in verify(manifest, files, databases):
        scratch.drop()
    return manifest, files


def _sealed(manifest: BackupManifest, dumps: Mapping[str, Path], shelf: Shelf) -> Path:
    file = shelf.folder / archive.name_of(manifest.made_at)
    part = file.with_name(file.name + ".part")
    archive.pack(manifest, dumps, part, shelf.keys.passphrase)
    part.chmod(0o600)  # hashes of passwords are in it
    seal = archive.seal_of(part, file.name, shelf.keys.signing)
    part.rename(file)
    sealing = file.with_name(file.name + archive.SEAL + ".part")
    sealing.write_text(seal)
    sealing.rename(file.with_name(file.name + archive.SEAL))
    return file


def _copy(file: Path, store: ObjectStore) -> None:
    key = PREFIX + file.name
    store.put_file(key, file, "application/x-tar")
    store.put(key + archive.SEAL, file.with_name(file.name + archive.SEAL).read_bytes(), "text/plain")
    for name in archive.unsealed(entry.key.removeprefix(PREFIX) for entry in store.list(PREFIX)):
        store.delete(PREFIX + name)


def _clear(databases: Mapping[str, Database], folder: Path) -> None:
    for work in folder.glob(f"{WORK}*"):
        shutil.rmtree(work, ignore_errors=True)
    for name in archive.unsealed(path.name for path in folder.glob("*")):
        (folder / name).unlink()
    next(iter(databases.values())).drop_scratches()
