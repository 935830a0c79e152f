"""Making a backup: dump, test restore into scratch databases, comparison, seal, copy to S3, rotation."""

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
WORK: Final = ".work-"  # prefix of a run's temporary folder


@dataclass(frozen=True)
class CreatedBackup:
    """A backup that was made and verified.

    Attributes:
        file: path on this machine.
        key: key on S3.
        bytes: size of the file.
        rows: number of rows in all tables, by role of the database.
    """

    file: Path
    key: str
    bytes: int
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Shelf:
    """Where backups are stored: a local folder and the bucket; with the keys that seal them.

    Attributes:
        folder: folder on this machine.
        store: the bucket.
        keys: keys that sign and encrypt new backups, and verify and decrypt existing ones.
    """

    folder: Path
    store: ObjectStore
    keys: Keys

    def local(self) -> list[Backup]:
        """Return the complete backups on this machine, the newest first."""
        return archive.complete(path.name for path in self.folder.glob("*"))

    def remote(self) -> list[Backup]:
        """Return the complete backups on S3, the newest first.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        return archive.complete(entry.key.removeprefix(PREFIX) for entry in self.store.list(PREFIX))


def back_up(
    databases: Mapping[str, Database], shelf: Shelf, *, now: datetime, keep_days: int, revision: str
) -> CreatedBackup:
    """Make a backup, verify it, copy it to S3, and delete backups that are too old.

    If it is killed at any point, it leaves no backup that looks complete; the next run removes what it left.
    The newest backup is never deleted, however old it is.

    Args:
        databases: databases by role, all on one server.
        shelf: where backups are stored, and the keys that sign and encrypt them.
        now: time of the backup (UTC).
        keep_days: age from which backups are deleted, here and on S3.
        revision: revision of the code that runs, for the record.

    Raises:
        BackupUnusable: the dump can't be restored, or not to the same rows: the database is damaged.
        Misconfigured: PostgreSQL's client is missing or older than the server, the database's user is a
            superuser, or ``openssl`` is missing.
        StorageUnavailable, StorageRefused: the database, the disk or S3 fails.
    """
    shelf.folder.mkdir(parents=True, exist_ok=True)
    with postgres.alone(next(iter(databases.values()))):
        _clear(databases, shelf.folder)
        manifest, file = _create(databases, shelf, now, revision)
        try:
            _copy(file, shelf.store)
        except (StorageUnavailable, StorageRefused) as error:
            raise type(error)(f"{file} is complete, but was not copied to S3: {error}") from error
        rotate(shelf, now - timedelta(days=keep_days))
    rows = {role: sum(dump.rows.values()) for role, dump in manifest.dumps.items()}
    backup = CreatedBackup(file, PREFIX + file.name, file.stat().st_size, rows)
    log.info(
        "backed up and verified: file=%s bytes=%d rows=%s", shelf.store.where(backup.key), backup.bytes, rows
    )
    return backup


def rotate(shelf: Shelf, before: datetime) -> list[str]:
    """Delete backups made before a time, here and on S3, but never the newest.

    Returns:
        The names of the deleted backups.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    local = [backup.name for backup in shelf.local()[1:] if backup.made_at < before]
    remote = [backup.name for backup in shelf.remote()[1:] if backup.made_at < before]
    # The seal is deleted first: without it the rest counts as incomplete.
    for name in local:
        (shelf.folder / (name + archive.SEAL)).unlink()
        (shelf.folder / name).unlink()
    for name in remote:
        shelf.store.delete(PREFIX + name + archive.SEAL)
        shelf.store.delete(PREFIX + name)
    return sorted({*local, *remote})


def verify(
    manifest: BackupManifest, dumps: Mapping[str, Path], databases: Mapping[str, Database]
) -> dict[Database, Database]:
    """Restore dumps into new databases next to the live ones, and compare their rows.

    Returns:
        New database → the live one that it belongs to. The caller must drop or rename them.

    Raises:
        BackupUnusable: a dump can't be restored, or not to the rows of the manifest.
        StorageUnavailable: the server fails.
    """
    restored: dict[Database, Database] = {}
    try:
        for role, file in dumps.items():
            scratch = databases[role].with_name(f"{SCRATCH}{role}_{uuid4().hex[:8]}")
            scratch.create()
            restored[scratch] = databases[role]
            rows = postgres.load(file, scratch, manifest.dumps[role].server)
            _compare(file.name, rows, manifest.dumps[role].rows)
    except BaseException:
        for scratch in restored:
            scratch.drop()
        raise
    return restored


def _compare(name: str, rows: Mapping[str, int], expected: Mapping[str, int]) -> None:
    if rows != expected:
        wrong = sorted(table for table in {*rows, *expected} if rows.get(table) != expected.get(table))
        raise BackupUnusable(
            f"{name}: after the restore, row counts differ from the manifest in {', '.join(wrong)}"
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
            f"{shelf.folder}: {error.strerror or error}. Check that the disk has space."
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
    for name in archive.incomplete(entry.key.removeprefix(PREFIX) for entry in store.list(PREFIX)):
        store.delete(PREFIX + name)


def _clear(databases: Mapping[str, Database], folder: Path) -> None:
    for work in folder.glob(f"{WORK}*"):
        shutil.rmtree(work, ignore_errors=True)
    for name in archive.incomplete(path.name for path in folder.glob("*")):
        (folder / name).unlink()
    next(iter(databases.values())).drop_scratches()
