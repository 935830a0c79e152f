"""Figures of how far the forecasts were from the observations, by day: table ``weather.verification``.

A day is verified several times, because rows of it arrive late and are corrected. So its figures are replaced
as a whole, and a day that was verified with the same result makes no commit.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, BooleanExpression
from pyiceberg.table import Table

from weather_mlops.lake import maintenance
from weather_mlops.lake.catalog import RUN, commit, open_table, summary
from weather_mlops.lake.filters import between, one_of
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import VERIFICATION, cast_to_schema
from weather_mlops.lake.storage_errors import storage_errors
from weather_mlops.lake.verification_columns import (
    COVERAGES,
    FIGURES,
    NAMES,
    VERIFICATION_SCHEMA,
    Compared,
    ForecastName,
    GroupedBy,
)

log = logging.getLogger(__name__)

NEWEST_VERIFIED: Final = "weather.newest-verified-day"
"""Note of a snapshot: the newest day that has figures; each later snapshot repeats it."""

_DECIMALS: Final = 6
"""Of stored figures: sums of the same errors in another order differ in the fifteenth digit."""
_ORDER: Final = [(name, "ascending") for name in VERIFICATION.sorted_by]


@dataclass(frozen=True, slots=True)
class PublishedVerification:
    """Result of publishing figures.

    Attributes:
        rows: number of figures of the days, as they are in the table now.
        changed: days whose figures are new or have changed, ascending.
    """

    rows: int
    changed: tuple[date, ...]


def publish(
    catalog: Catalog, figures: pa.Table, *, run: str, now: datetime, days: Collection[date] | None = None
) -> PublishedVerification:
    """Replace the figures of days, in at most one commit, and maintain the table when that is due.

    Idempotent: days whose figures are the same are left alone. When another writer commits in between, the
    rows are compared again.

    Args:
        catalog: where the table is.
        figures: columns of VERIFICATION_SCHEMA at least.
        run: name of the run, stored with the snapshot.
        now: the time, timezone-aware.
        days: the days (KST) that were verified, those without any figure included: they lose the rows that
            they have. None: the days of the figures.

    Raises:
        ValueError: a row is invalid: a figure is not finite, nothing was compared, a name is unknown, its day
            is not one of ``days``, or another row has its identity. Nothing is published.
        KeyError: a column is missing.
        pyarrow.ArrowInvalid: a value does not fit its column, or is null.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    incoming = _sound(figures)
    verified = set(pc.unique(incoming["day"]).to_pylist() if days is None else days)
    if foreign := set(pc.unique(incoming["day"]).to_pylist()) - verified:
        raise ValueError(f"figures of {min(foreign)}, which is not one of the days that were verified")
    published = commit(catalog, VERIFICATION, lambda table: _replace(table, incoming, verified, run))
    log.info("verification published: rows=%d days_changed=%d", published.rows, len(published.changed))
    maintenance.maintain(catalog, now, (VERIFICATION,))
    return published


def read(  # noqa: PLR0913  keyword only: which rows
    catalog: Catalog,
    *,
    first_day: date,
    last_day: date,
    variable: str | None = "air_temperature_c",
    forecast: ForecastName | None = None,
    compared: Compared | None = None,
    grouped_by: GroupedBy | None = None,
) -> pa.Table:
    """Read the figures of some days; only files of their months are opened.

    Days can be pooled: the mean square of several is the mean of their squared ``rmse``, weighted by ``n``;
    the other figures are means weighted by ``n``.

    Args:
        catalog: where the table is.
        first_day: the first day (KST).
        last_day: the last one, included.
        variable: name of the variable; None: all.
        forecast: whose; None: all.
        compared: which rows; None: both kinds.
        grouped_by: which groups; None: all kinds.

    Returns:
        Rows of VERIFICATION_SCHEMA, sorted by its identity; none where nothing was verified.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    row_filter: BooleanExpression = between(first_day, last_day, VERIFICATION.time)
    names = {"variable": variable, "forecast": forecast, "compared": compared, "grouped_by": grouped_by}
    for column, value in names.items():
        if value is not None:
            row_filter = And(row_filter, one_of(column, [value]))
    table = open_table(catalog, VERIFICATION)
    with storage_errors(f"table {VERIFICATION.identifier}"):
        return scan(table, VERIFICATION_SCHEMA, row_filter).sort_by(_ORDER)


def newest_verified(catalog: Catalog) -> date | None:
    """The newest day (KST) that has figures, or had; None where nothing was verified yet.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    note = summary(open_table(catalog, VERIFICATION)).get(NEWEST_VERIFIED)
    return date.fromisoformat(note) if note else None


def _replace(table: Table, incoming: pa.Table, days: Collection[date], run: str) -> PublishedVerification:
    if not days:
        return PublishedVerification(0, ())
    current = scan(table, VERIFICATION_SCHEMA, between(min(days), max(days), VERIFICATION.time))
    changed = [day for day in sorted(days) if not _of_days(current, [day]).equals(_of_days(incoming, [day]))]
    if changed:
        rows = _of_days(incoming, changed)
        newest = max(filter(None, [*rows["day"].cast(pa.string()).to_pylist(), _newest(table)]))
        notes = {RUN: run, NEWEST_VERIFIED: newest}
        if _of_days(current, changed).num_rows:
            row_filter = one_of(VERIFICATION.time, changed)
            table.overwrite(rows, overwrite_filter=row_filter, snapshot_properties=notes)
        else:
            table.append(rows, snapshot_properties=notes)
    return PublishedVerification(incoming.num_rows, tuple(changed))


def _newest(table: Table) -> str | None:
    return summary(table).get(NEWEST_VERIFIED)


def _of_days(rows: pa.Table, days: Collection[date]) -> pa.Table:
    """Rows of some days, sorted."""
    return rows.filter(pc.is_in(rows["day"], pa.array(list(days), pa.date32()))).sort_by(_ORDER)


def _sound(figures: pa.Table) -> pa.Table:
    """Validate rows, cast them to VERIFICATION_SCHEMA, and round their figures.

    Raises:
        ValueError: a row is invalid; the message names it with the reason.
    """
    rows = cast_to_schema(figures, VERIFICATION_SCHEMA)
    checks = {"n is not at least 1": pc.greater_equal(rows["n"], 1)}
    checks |= {f"{name} is not finite": pc.is_finite(rows[name]) for name in (*FIGURES, *COVERAGES)}
    checks |= {
        f"{name} is none of {', '.join(known)}": pc.is_in(rows[name], pa.array(known))
        for name, known in NAMES.items()
    }
    for fault, sound in checks.items():
        if not pc.all(sound, min_count=0).as_py():
            raise ValueError(f"figures {_named(rows.filter(pc.invert(sound)))}: {fault}")
    counts = rows.group_by(list(VERIFICATION.identity)).aggregate([([], "count_all")])
    if (repeated := counts.filter(pc.greater(counts["count_all"], 1))).num_rows:
        raise ValueError(f"figures {_named(repeated)}: they occur more than once")
    for name in (*FIGURES, *COVERAGES):
        index = rows.schema.get_field_index(name)
        rows = rows.set_column(index, rows.schema.field(index), pc.round(rows[name], _DECIMALS))
    return rows


def _named(rows: pa.Table) -> str:
    """The first of the rows, by its identity."""
    row = rows.select(VERIFICATION.identity).slice(0, 1).to_pylist()[0]
    return ", ".join(f"{name}={value}" for name, value in row.items())
