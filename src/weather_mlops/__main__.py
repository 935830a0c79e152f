"""``python -m weather_mlops rebuild|import|query``: what is done by hand, beside the pipelines.

Where the data are is told by the environment (``weather_mlops.settings``, and PyIceberg's own).
"""

import argparse
import glob
import logging
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import duckdb

from weather_mlops.errors import WeatherError
from weather_mlops.imports import import_files
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.query import connect
from weather_mlops.lake.store import ObjectStore, S3Access
from weather_mlops.quality import suites
from weather_mlops.rebuild import rebuild
from weather_mlops.settings import load_settings

WIDTH: Final = 200  # characters of a table on the terminal
SHOWN: Final = 50  # differences on the terminal; all of them are in the file


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; its exit status: 0 = all went well, 1 = not, 2 = the command can't be read."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("weather_mlops").setLevel(
        logging.WARNING if options.command == "query" else logging.INFO
    )
    try:
        access = S3Access.from_settings(load_settings())
        return int(options.work(access, options))
    except WeatherError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m weather_mlops", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    rebuild = commands.add_parser("rebuild", help="make the tables anew from raw, and compare")
    rebuild.add_argument(
        "--from", dest="first", type=date.fromisoformat, help="a day (KST) of the first month"
    )
    rebuild.add_argument("--to", dest="last", type=date.fromisoformat, help="a day (KST) of the last month")
    rebuild.add_argument("--apply", action="store_true", help="swap the months that differ")
    rebuild.set_defaults(work=_rebuild)
    imports = commands.add_parser("import", help="take in saved replies")
    imports.add_argument("files", nargs="+", help="paths or patterns")
    imports.set_defaults(work=_import)
    query = commands.add_parser("query", help="SQL (DuckDB) over observations, quarantine, gaps")
    query.add_argument("sql")
    query.set_defaults(work=_query)
    return parser


def _rebuild(access: S3Access, options: argparse.Namespace) -> int:
    store, catalog = ObjectStore(access), open_catalog(access)
    ensure_tables(catalog)
    told = rebuild(
        options.first,
        options.last,
        store=store,
        catalog=catalog,
        suites_dir=suites.FOLDER,
        clock=lambda: datetime.now(UTC),
        apply=options.apply,
    )
    for difference in told.differences[:SHOWN]:
        sys.stdout.write(f"{difference}\n")
    if told.differences:
        key = f"quality/rebuild/{datetime.now(UTC):%Y%m%dT%H%M%SZ}.txt"
        store.put(
            key, "".join(f"{each}\n" for each in told.differences).encode(), "text/plain; charset=utf-8"
        )
        sys.stdout.write(f"All differences: {store.where(key)}\n")
    sys.stdout.write(f"{told}\n")
    return 0


def _import(access: S3Access, options: argparse.Namespace) -> int:
    paths = [path for pattern in options.files for path in sorted(glob.glob(pattern))]  # noqa: PTH207  a pattern may be absolute
    if not paths:
        sys.stderr.write(f"error: no such file: {shlex.join(options.files)}\n")
        return 1
    catalog = open_catalog(access)
    ensure_tables(catalog)
    told = import_files(
        map(Path, paths),
        store=ObjectStore(access),
        catalog=catalog,
        suites_dir=suites.FOLDER,
        clock=lambda: datetime.now(UTC),
    )
    sys.stdout.write(f"{told}\n")
    return 1 if told.refused else 0


def _query(access: S3Access, options: argparse.Namespace) -> int:
    try:
        answer = connect(open_catalog(access), access).sql(options.sql)
    except duckdb.Error as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if answer is not None:
        answer.show(max_width=WIDTH)
    return 0


if __name__ == "__main__":
    sys.exit(main())
