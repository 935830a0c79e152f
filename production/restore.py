"""A restore: new databases are filled and compared next to the live ones, then swapped with them at once."""

import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from production import archive, postgres
from production.backup import PREFIX, WORK, Shelf, verify
from production.postgres import Database
from weather_mlops.errors import BackupUnusable, RestoreRefused

log = logging.getLogger(__name__)

NEWEST: Final = "latest"


@dataclass(frozen=True)
class Allowed:
    """What the user who restores explicitly allows.

    Attributes:
        replace: databases that are not empty may be replaced.
        unverified: the backup need not be signed with our key.
    """

    replace: bool = False
    unverified: bool = False


def restore(
    named: str, databases: Mapping[str, Database], shelf: Shelf, *, now: datetime, allowed: Allowed
) -> list[Database]:
    """Restore databases from a backup.

    The live databases don't change before the whole backup is restored next to them and compared with its
    manifest. Then all are renamed in one transaction.

    Args:
        named: path of a backup's tar, the name of one on this machine or on S3, or ``latest``.
        databases: databases by role.
        shelf: where backups are stored, and the keys that verify and decrypt them.
        now: the time; it becomes part of the new names of the replaced databases.
        allowed: what would be refused otherwise.

    Returns:
        The replaced databases that were not empty, under their new names.

    Raises:
        BackupUnusable: there is no such backup; it is damaged, forged or not signed; it lacks a database; or
            its passphrase is missing.
        Misconfigured: the database's user is a superuser, whose privileges a backup's SQL would have.
        RestoreRefused: a database is in use, or not empty.
        StorageUnavailable, StorageRefused: the database or S3 fails.
    """
    shelf.folder.mkdir(parents=True, exist_ok=True)
    full = [database for database in databases.values() if database.tables()]
    if full and not allowed.replace:
        raise RestoreRefused(
            f"{' and '.join(map(str, full))}: not empty. To replace it: "
            f"make restore FILE={named} REPLACE=1; the present content is kept under another name."
        )
    with postgres.alone(next(iter(databases.values()))):
        postgres.refuse_in_use(full)
        next(iter(databases.values())).drop_scratches()
        work = Path(mkdtemp(prefix=WORK, dir=shelf.folder))
        try:
            file, seal = _locate(named, shelf, work)
            manifest, dumps = archive.unpack(file, seal, work, shelf.keys, unverified=allowed.unverified)
            if set(dumps) != set(databases):
                raise BackupUnusable(
                    f"{file.name} holds {', '.join(sorted(dumps))}; "
                    f"the environment names {', '.join(sorted(databases))}. "
                    "Set PYICEBERG_CATALOG__WEATHER__URI as it was when the backup was made."
                )
            restored = verify(manifest, dumps, databases)
            try:
                replaced = postgres.put_in_place(restored, f"_before_{now:%Y%m%d_%H%M%S}")
            except BaseException:
                for scratch in restored:
                    scratch.drop()
                raise
        finally:
            shutil.rmtree(work, ignore_errors=True)
    log.info("restored: %s, made at %s", file.name, manifest.made_at.isoformat())
    not_empty = [old for old in replaced if old.tables()]
    for empty in set(replaced) - set(not_empty):
        empty.drop()
    return not_empty


def _locate(named: str, shelf: Shelf, work: Path) -> tuple[Path, str]:
    """Return the tar on this machine, fetched from S3 if necessary, and its seal."""
    path = Path(named)
    if path.name != named:
        if not path.exists():
            raise BackupUnusable(f"{path}: no such file")
        return path, _seal(path)
    local = shelf.local()
    if named in {backup.name for backup in local}:  # works without S3, which may be down
        return shelf.folder / named, _seal(shelf.folder / named)
    remote = shelf.remote()
    if named == NEWEST:
        newest = sorted({*local, *remote}, key=lambda backup: backup.made_at)
        if not newest:
            raise BackupUnusable(
                f"there is no backup in {shelf.folder} and none at {shelf.store.where(PREFIX)}"
            )
        named = newest[-1].name
    if named in {backup.name for backup in local}:
        return shelf.folder / named, _seal(shelf.folder / named)
    if named not in {backup.name for backup in remote}:
        known = ", ".join(backup.name for backup in [*remote, *local][:5]) or "none"
        raise BackupUnusable(
            f"no backup {named} in {shelf.folder} or at {shelf.store.where(PREFIX)}. There are: {known}"
        )
    shelf.store.get_file(PREFIX + named, work / named)
    return work / named, shelf.store.get(PREFIX + named + archive.SEAL).decode(errors="replace")


def _seal(file: Path) -> str:
    seal = file.with_name(file.name + archive.SEAL)
    if not seal.exists():
        raise BackupUnusable(f"{file}: {seal.name} is missing: the backup is incomplete. Use another one.")
    return seal.read_text(errors="replace")
