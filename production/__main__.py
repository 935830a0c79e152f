"""Backups and restoring: ``python -m production <command>``. See docs/operations.md for when to use which."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from production import daily
from production.backup import Shelf, back_up
from production.postgres import Database, refuse_in_use
from production.restore import NEWEST, Allowed, restore
from production.settings import CATALOG, Settings, load_settings
from weather_mlops.errors import WeatherError
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.settings import load_settings as load_data_settings

log = logging.getLogger("production")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 = success, 1 = failure, 2 = wrong usage."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout
    )
    for name in ("production", "weather_mlops"):
        logging.getLogger(name).setLevel(logging.INFO)
    # The first process of a container ignores SIGTERM unless it has a handler.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return int(options.work(options))
    except WeatherError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m production", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    backup = commands.add_parser("backup", help="back up Airflow's metadata and the Iceberg catalog, once")
    backup.add_argument("--daily", action="store_true", help="run for ever: every day at BACKUP_AT (KST)")
    backup.add_argument("--check", action="store_true", help="make none; fail if the newest is too old")
    backup.set_defaults(work=_backup)
    listing = commands.add_parser("backups", help="list the backups on S3 and on this machine")
    listing.set_defaults(work=_backups)
    restored = commands.add_parser("restore", help="restore both from a backup; Airflow must be stopped")
    restored.add_argument("file", help=f"a backup's name, the path of its tar, or {NEWEST}")
    restored.add_argument("--replace", action="store_true", help="even if the databases are not empty")
    restored.add_argument(
        "--unverified",
        action="store_true",
        help="even if it isn't signed with BACKUP_KEY: only if you know who made it",
    )
    restored.add_argument(
        "--as-backed-up", action="store_true", help="leave the tables in the state of the backup"
    )
    restored.set_defaults(work=_restore)
    tables = commands.add_parser(
        "tables", help="point the catalog to the newest state of each table on S3; Airflow must be stopped"
    )
    tables.set_defaults(work=_tables)
    return parser


def _shelf(settings: Settings) -> Shelf:
    return Shelf(settings.backup_dir, ObjectStore(_access()), settings.keys())


def _access() -> S3Access:
    return S3Access.from_settings(load_data_settings())


def _backup(options: argparse.Namespace) -> int:
    settings = load_settings()
    shelf, databases = _shelf(settings), settings.databases()
    newest = next((backup.made_at for backup in shelf.local()), None)
    if options.check:
        sys.stdout.write(f"newest backup: {newest or 'none'}\n")
        return int(daily.is_late(newest, datetime.now(UTC)))

    def once(now: datetime) -> None:
        revision = load_data_settings().code_revision or ""
        back_up(databases, shelf, now=now, keep_days=settings.backup_keep_days, revision=revision)

    if options.daily:
        daily.run(once, newest, settings.backup_at)
    _wait_for(databases)
    once(datetime.now(UTC))
    return 0


def _wait_for(databases: Mapping[str, Database]) -> None:
    for database in databases.values():
        database.wait()


def _backups(_: argparse.Namespace) -> int:
    shelf = _shelf(load_settings())
    local, remote = shelf.local(), shelf.remote()
    for backup in sorted({*local, *remote}, reverse=True):
        stores = [name for name, known in (("S3", remote), (str(shelf.folder), local)) if backup in known]
        at = backup.made_at.astimezone(daily.KST)
        sys.stdout.write(f"{backup.name}  {at:%Y-%m-%d %H:%M KST}  {' and '.join(stores)}\n")
    return 0


def _restore(options: argparse.Namespace) -> int:
    settings = load_settings()
    databases = settings.databases()
    _wait_for(databases)
    replaced = restore(
        options.file,
        databases,
        _shelf(settings),
        now=datetime.now(UTC),
        allowed=Allowed(options.replace, options.unverified),
    )
    for database in replaced:
        sys.stdout.write(
            f"The replaced database is kept as {database}: drop it when it isn't needed any more\n"
        )
    if CATALOG in databases and not options.as_backed_up:
        return _register_tables()
    return 0


def _tables(_: argparse.Namespace) -> int:
    # Connections to Airflow's own database show that it runs, whatever the catalog is.
    refuse_in_use(list(load_settings().databases().values()))
    return _register_tables()


def _register_tables() -> int:
    from weather_mlops.__main__ import tables  # noqa: PLC0415  it takes seconds, and only this command needs it

    return tables()


if __name__ == "__main__":
    os.umask(0o077)  # backups hold hashes of passwords
    sys.exit(main())
