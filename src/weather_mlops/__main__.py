"""What is done by hand, beside the pipelines: ``python -m weather_mlops <command>``.

Where the data are is told by the environment (``weather_mlops.settings``, and PyIceberg's own).
"""

import argparse
import getpass
import glob
import json
import logging
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import duckdb

from weather_mlops.errors import Misconfigured, WeatherError
from weather_mlops.imports import import_files
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.query import connect
from weather_mlops.lake.store import ObjectStore, S3Access
from weather_mlops.model import backtest, evaluation
from weather_mlops.model.registry import Registry
from weather_mlops.model.targets import TARGETS
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
        return int(options.work(options))
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
    rollback = commands.add_parser("rollback", help="make an earlier model the champion again")
    rollback.add_argument("target", choices=TARGETS)
    rollback.add_argument("--version", help="which; without it, the one deployed before")
    rollback.add_argument("--reason", default="by hand", help="why, for the record")
    rollback.set_defaults(work=_rollback)
    test = commands.add_parser("backtest", help="train before a day and test after it, on saved replies")
    test.add_argument("observations", nargs="+", help="files in the wire format, or patterns")
    test.add_argument("--target", default="air_temperature", choices=TARGETS)
    test.add_argument("--holdout-from", required=True, type=date.fromisoformat, help="first day (KST)")
    test.add_argument("--holdout-to", type=date.fromisoformat, help="last day (KST), included")
    test.add_argument("--folds", type=int, default=1, help="spans of the test, each with a model of its own")
    test.add_argument("--out", required=True, type=Path, help="the result, JSON")
    test.add_argument("--report", type=Path, help="the model card, HTML")
    test.set_defaults(work=_backtest)
    return parser


def _access() -> S3Access:
    return S3Access.from_settings(load_settings())


def _rebuild(options: argparse.Namespace) -> int:
    access = _access()
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


def _import(options: argparse.Namespace) -> int:
    paths = _paths(options.files)
    access = _access()
    catalog = open_catalog(access)
    ensure_tables(catalog)
    told = import_files(
        paths,
        store=ObjectStore(access),
        catalog=catalog,
        suites_dir=suites.FOLDER,
        clock=lambda: datetime.now(UTC),
    )
    sys.stdout.write(f"{told}\n")
    return 1 if told.refused else 0


def _query(options: argparse.Namespace) -> int:
    access = _access()
    try:
        answer = connect(open_catalog(access), access).sql(options.sql)
    except duckdb.Error as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if answer is not None:
        answer.show(max_width=WIDTH)
    return 0


def _rollback(options: argparse.Namespace) -> int:
    decision = Registry(ObjectStore(_access()), options.target).rollback(
        options.version, at=datetime.now(UTC), by=getpass.getuser(), reason=options.reason
    )
    sys.stdout.write(f"{options.target}: {decision.version} is the champion, {decision.previous} was\n")
    return 0


def _backtest(options: argparse.Namespace) -> int:
    result, page = backtest.backtest(
        backtest.observations(_paths(options.observations), options.target),
        options.target,
        holdout_from=options.holdout_from,
        holdout_to=options.holdout_to,
        folds=options.folds,
    )
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    if options.report:
        options.report.write_text(page)
    for lead in evaluation.SHOWN_LEADS:
        told = result["leads"][str(lead)]
        sys.stdout.write(
            f"{lead:3d} h: RMSE {told['rmse']:.3f} {result['unit']}, "
            f"persistence {told['rmse_persistence']:.3f}, "
            f"ridge {told['rmse_ridge']:.3f}; {told['coverage_80']:.1%} within p10 to p90\n"
        )
    sys.stdout.write(f"{options.out}\n")
    return 0


def _paths(patterns: Sequence[str]) -> list[Path]:
    """Files that patterns name, absolute ones too."""
    paths = [path for pattern in patterns for path in sorted(glob.glob(pattern))]  # noqa: PTH207
    if not paths:
        raise Misconfigured(f"no such file: {shlex.join(patterns)}")
    return [Path(path) for path in paths]


if __name__ == "__main__":
    sys.exit(main())
