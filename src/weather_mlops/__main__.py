"""Commands for use by hand, next to the pipelines: ``python -m weather_mlops <command>``.

The environment names the bucket and the catalog (``weather_mlops.settings``, and PyIceberg's variables).
"""

import argparse
import getpass
import glob
import json
import logging
import re
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, overload

import duckdb

from weather_mlops.errors import Misconfigured, WeatherError
from weather_mlops.ingest import importer
from weather_mlops.ingest.kma_forecast import importer as kma_forecast_importer
from weather_mlops.ingest.rebuild import rebuild
from weather_mlops.kma.fields import YEARS
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.query import connect, reading_errors
from weather_mlops.lake.recovery import take_up
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.model import backtest, backtest_files, boosters
from weather_mlops.model.registry import Registry
from weather_mlops.model.targets import TARGETS
from weather_mlops.settings import load_settings, project_folder
from weather_mlops.sources.quoting import escaped
from weather_mlops.stations import resolve_station_ids
from weather_mlops.verification import run, windows

WIDTH: Final = 200  # characters of a table on the terminal
SHOWN: Final = 50  # differences on the terminal; all of them are in the file


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 = success, 1 = failure, 2 = invalid arguments."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("weather_mlops").setLevel(
        logging.WARNING if options.command in {"query", "import"} else logging.INFO
    )
    for taking in (importer, kma_forecast_importer):
        logging.getLogger(taking.__name__).setLevel(logging.INFO)  # a line for each file
    try:
        return int(options.work(options))
    except WeatherError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m weather_mlops", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    rebuild = commands.add_parser(
        "rebuild", help="rebuild the tables from raw, and compare them with the live ones"
    )
    rebuild.add_argument("--from", dest="first", help="a day (KST) of the first month")
    rebuild.add_argument("--to", dest="last", help="a day (KST) of the last month")
    rebuild.add_argument("--apply", action="store_true", help="swap the months that differ")
    rebuild.set_defaults(work=_rebuild)
    taking = commands.add_parser(
        "import", help="import files of observations and forecasts: of the API, of the portal, of data.go.kr"
    )
    taking.add_argument("--station", default="", help="the station that files of a forecast are for")
    taking.add_argument("files", nargs="+", help="paths or patterns")
    taking.set_defaults(work=_import)
    query = commands.add_parser("query", help="SQL (DuckDB) over observations, forecasts, stations, ...")
    query.add_argument("sql", nargs="?", default="")
    query.set_defaults(work=_query)
    taking_up = commands.add_parser(
        "tables",
        help="register the tables of the bucket after the catalog was lost; nothing else may be running",
    )
    taking_up.set_defaults(work=lambda _: tables())
    verifying = commands.add_parser("verify", help="compare the forecasts of past days with observations")
    verifying.add_argument("--from", dest="first", required=True, help="first day (KST)")
    verifying.add_argument("--to", dest="last", required=True, help="last day (KST), included")
    verifying.set_defaults(work=_verify)
    rollback = commands.add_parser("rollback", help="make an earlier model the champion again")
    rollback.add_argument("target", choices=TARGETS)
    rollback.add_argument("--version", help="the version; default: the one deployed before")
    rollback.add_argument("--reason", default="by hand", help="the reason, for the record")
    rollback.set_defaults(work=_rollback)
    test = commands.add_parser("backtest", help="train before a day and test after it, on saved responses")
    test.add_argument("observations", nargs="+", help="files in the wire format, or patterns")
    test.add_argument("--kma-forecasts", action="append", help="files of the KMA's forecast, or a pattern")
    test.add_argument("--station", default="", help="the station that files of a forecast are for")
    test.add_argument("--target", default="air_temperature", choices=TARGETS)
    test.add_argument("--holdout-from", required=True, help="first day (KST)")
    test.add_argument("--holdout-to", help="last day (KST), included")
    test.add_argument("--folds", default="1", help="number of spans of the test, each with its own model")
    test.add_argument("--out", required=True, type=Path, help="file for the result, JSON")
    test.add_argument("--report", type=Path, help="file for the model card, HTML")
    test.set_defaults(work=_backtest)
    return parser


def _access() -> S3Access:
    return S3Access.from_settings(load_settings())


def _rebuild(options: argparse.Namespace) -> int:
    first, last = _day("FROM", options.first), _day("TO", options.last)
    _check_order(first, last)
    access = _access()
    store, catalog = ObjectStore(access), open_catalog(access)
    ensure_tables(catalog)
    result = rebuild(
        first,
        last,
        store=store,
        catalog=catalog,
        suites_dir=project_folder("expectations"),
        clock=lambda: datetime.now(UTC),
        apply=options.apply,
    )
    for difference in result.differences[:SHOWN]:
        sys.stdout.write(f"{difference}\n")
    if result.differences:
        key = f"quality/rebuild/{datetime.now(UTC):%Y%m%dT%H%M%SZ}.txt"
        store.put(
            key, "".join(f"{each}\n" for each in result.differences).encode(), "text/plain; charset=utf-8"
        )
        sys.stdout.write(f"All differences: {store.where(key)}\n")
    sys.stdout.write(f"{result}\n")
    return 0


def _import(options: argparse.Namespace) -> int:
    paths = _paths(options.files)
    if options.station.strip():
        resolve_station_ids(options.station.strip())
    access = _access()
    catalog = open_catalog(access)
    ensure_tables(catalog)
    result = importer.import_files(
        paths,
        store=ObjectStore(access),
        catalog=catalog,
        suites_dir=project_folder("expectations"),
        clock=lambda: datetime.now(UTC),
        station=options.station,
    )
    sys.stdout.write(f"{result}\n")
    return 1 if result.refused else 0


def _query(options: argparse.Namespace) -> int:
    if not options.sql.strip():
        raise Misconfigured("give SQL, as in: query 'select * from stations'")
    access = _access()
    try:
        with reading_errors():
            answer = connect(open_catalog(access), access).sql(options.sql)
            if answer is not None:
                answer.show(max_width=WIDTH)
    except duckdb.Error as error:  # also while the rows are read
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def tables() -> int:
    """Register the tables of the bucket in the catalog again, and print what was done."""
    access = _access()
    taken_up = take_up(open_catalog(access), ObjectStore(access))
    if not taken_up:
        sys.stdout.write("nothing to register: the catalog has the newest state of each table\n")
    for table in taken_up:
        sys.stdout.writelines(f"{line}\n" for line in table.lines)
    return 0


def _verify(options: argparse.Namespace) -> int:
    first, last = _day("FROM", options.first), _day("TO", options.last)
    _check_order(first, last)
    access, now = _access(), datetime.now(UTC)
    summary = run.verify_days(catalog := open_catalog(access), first, last, run="verify", now=now)
    windows.publish(catalog, ObjectStore(access), now)
    sys.stdout.write(f"{run.described(summary)}\n")
    return 1 if "reason" in summary else 0


def _rollback(options: argparse.Namespace) -> int:
    decision = Registry(ObjectStore(_access()), options.target).rollback(
        options.version,
        at=datetime.now(UTC),
        by=getpass.getuser(),
        reason=options.reason,
        check=boosters.check,
    )
    sys.stdout.write(f"{options.target}: {decision.version} is the champion, {decision.previous} was\n")
    return 0


def _backtest(options: argparse.Namespace) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", options.folds):
        raise Misconfigured(f"FOLDS is {options.folds!r}: give a number from 1 to 9999")
    holdout_from = _day("HOLDOUT_FROM", options.holdout_from)
    holdout_to = _day("HOLDOUT_TO", options.holdout_to)
    for path in (options.out, options.report):
        if path:
            _check_writable(path)
    now, kma = datetime.now(UTC), None
    observed = backtest_files.observations(_paths(options.observations), options.target, now)
    if options.kma_forecasts:
        kma = backtest_files.kma_forecasts(_paths(options.kma_forecasts), options.station, now)
    result, page = backtest.backtest(
        observed.rows,
        options.target,
        holdout_from=holdout_from,
        holdout_to=holdout_to,
        folds=int(options.folds),
        rows_of=None if kma is None else kma.rows_of,
    )
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    if options.report:
        options.report.write_text(page)
    sys.stdout.write(backtest.described(result))
    sys.stdout.write(f"{escaped(str(options.out))}\n")
    return 1 if observed.refused or (kma is not None and kma.refused) else 0


@overload
def _day(variable: str, text: str) -> date: ...
@overload
def _day(variable: str, text: None) -> None: ...
def _day(variable: str, text: str | None) -> date | None:
    """Parse a day, YYYY-MM-DD; None stays None.

    Raises:
        Misconfigured: the text is no day, or the year has no observations.
    """
    if text is None:
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise Misconfigured(f"{variable} is {escaped(text)!r}: write a day as 2020-01-31") from None
    if day.year not in YEARS:
        raise Misconfigured(f"{variable} is {day}: name a day from {YEARS.start} to {YEARS.stop - 1}")
    return day


def _check_order(first: date | None, last: date | None) -> None:
    """Raise Misconfigured for a period that ends before it begins."""
    if first and last and last < first:
        raise Misconfigured(f"TO is {last}, before FROM, {first}")


def _check_writable(path: Path) -> None:
    """Make sure, before hours of training, that a result can be written.

    Raises:
        Misconfigured: it can't be written.
    """
    name = escaped(str(path))
    try:
        if not path.parent.is_dir():
            raise Misconfigured(f"{name}: there is no folder {escaped(str(path.parent))}: create it first")
        is_new = not path.exists()
        with path.open("a"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        raise Misconfigured(f"{name}: can't be written: {error.strerror}") from error


def _paths(patterns: Sequence[str]) -> list[Path]:
    """The files that patterns match; a pattern that is itself the name of a file stands for that file.

    Raises:
        Misconfigured: no pattern matches a file.
    """
    matches = {pattern: _matches(pattern) for pattern in patterns}
    if not any(matches.values()):
        raise Misconfigured(f"no such file: {escaped(shlex.join(patterns))}")
    # A pattern without a match stays, so that it is refused by its name.
    return [Path(path) for pattern, paths in matches.items() for path in paths or [pattern]]


def _matches(pattern: str) -> list[str]:
    try:
        is_name = Path(pattern).exists()
    except OSError:  # such as a name that is too long
        is_name = True
    return [pattern] if is_name else sorted(glob.glob(pattern))  # noqa: PTH207  absolute ones


if __name__ == "__main__":
    sys.exit(main())
