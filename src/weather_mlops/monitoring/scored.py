"""Sums of forecasts against observations, day by day, kept on S3: ``monitoring/model/<target>.json``.

The last days are summed anew in each run, since rows come late and are corrected; older ones are read once.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And

from weather_mlops.clock import HOUR, KST
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.filters import between, one_of
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.schemas import FORECASTS
from weather_mlops.model.targets import Target
from weather_mlops.monitoring import pairs
from weather_mlops.monitoring.champion import Verified
from weather_mlops.monitoring.pairs import Damping, Pairs, Sums
from weather_mlops.monitoring.window import observed, read, whole_hour

log = logging.getLogger(__name__)

KEPT_DAYS: Final = 31
OPEN_DAYS: Final = 3
"""Days that are summed anew: rows come up to 12 h late, and so do corrections."""
AT_ONCE: Final = 4
"""Days that are read together at most: memory stays flat."""
LONGEST_LEAD_H: Final = 24
COLUMNS: Final = ("issued_at", "station_id", "valid_at", "lead_hours", "p10", "p50", "p90")


@dataclass(frozen=True)
class DailySums:
    """What is kept of a target between runs.

    Attributes:
        days: sums by day (KST), as ``pairs.day_sums`` gives them.
        issued: hours since 1970 at which forecasts were issued, by the day of the hour after.
        verified: when the champion's files were seen to be whole.
    """

    days: Mapping[str, Mapping[str, Sums]] = field(default_factory=dict)
    issued: Mapping[str, Sequence[int]] = field(default_factory=dict)
    verified: Verified | None = None


def key(target: str) -> str:
    """Where it is kept."""
    return f"monitoring/model/{target}.json"


def load(store: ObjectStore, target: str) -> DailySums:
    """What was kept; nothing, where there is nothing that can be read: it is summed anew.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    try:
        return documents.read(store, key(target), DailySums)
    except FileNotFoundError:
        return DailySums()
    except ObjectDamaged as error:
        log.warning("all days are summed again: %s", error)
        return DailySums()


def save(store: ObjectStore, target: str, kept: DailySums) -> None:
    """Keep it.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    store.put(key(target), json.dumps(vars(kept)).encode(), "application/json")


def brought_up_to_date(
    catalog: Catalog, target: Target, kept: DailySums, damping: Damping | None, now: datetime
) -> tuple[DailySums, Sums]:
    """Sum the days that are missing or still open.

    Args:
        catalog: of forecasts and observations.
        target: which one.
        kept: from the run before.
        damping: of the champion.
        now: the time, timezone-aware.

    Returns:
        What is to be kept; and sums by lead of the last 24 h.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    # The newest forecast is of the hour to come: from 23:00 KST on, that belongs to tomorrow.
    to_come = whole_hour(now) + HOUR
    newest = to_come.astimezone(KST).replace(hour=0, minute=0)
    span = [newest - timedelta(days=back) for back in reversed(range(KEPT_DAYS))]
    days = {name: kept.days[name] for day in span if (name := f"{day:%Y-%m-%d}") in kept.days}
    issued = {name: kept.issued.get(name, []) for name in days}
    recent: list[Sums] = []
    wanted = [day for day in span if f"{day:%Y-%m-%d}" not in days or newest - day < timedelta(OPEN_DAYS)]
    for chunk in _chunks(wanted):
        last = min(chunk[-1] + timedelta(days=1) - HOUR, to_come)
        rows, found = _pairs(catalog, target, chunk[0], last, damping)
        recent.append(_since(found, now - timedelta(hours=24)))
        by_day = pairs.by_day(found)
        first_leads = rows.filter(pc.equal(rows["lead_hours"], 1))
        for day in chunk:
            name = f"{day:%Y-%m-%d}"
            end = pa.scalar(day + timedelta(days=1), rows.schema.field("valid_at").type)
            begin = pa.scalar(day, rows.schema.field("valid_at").type)
            valid = first_leads["valid_at"]
            inside = pc.and_(pc.greater_equal(valid, begin), pc.less(valid, end))
            days[name] = pairs.day_sums(by_day[name]) if name in by_day else {}
            issued[name] = sorted(pairs.issue_hours(first_leads.filter(inside)))
    sums = DailySums(dict(sorted(days.items())), dict(sorted(issued.items())), kept.verified)
    return sums, pairs.added(recent)


def _pairs(
    catalog: Catalog, target: Target, first: datetime, last: datetime, damping: Damping | None
) -> tuple[pa.Table, Pairs]:
    """Forecasts of a period, and those of them that an observation came of."""
    wanted = And(between(first, last, FORECASTS.time), one_of("target", [target.name]))
    rows = read(catalog, FORECASTS, COLUMNS, wanted)
    hours = int((last - first) / HOUR) + LONGEST_LEAD_H + 1
    grid = observed(catalog, [target.column], last, hours) if rows.num_rows else None
    return rows, pairs.NONE if grid is None else pairs.paired(rows, grid, target.column, damping)


def _since(found: Pairs, moment: datetime) -> Sums:
    recent = found.chosen(found.hour.astype("datetime64[s]").astype("int64") > moment.timestamp())
    return pairs.sums_by(recent, recent.lead)


def _chunks(days: Sequence[datetime]) -> Iterator[list[datetime]]:
    """Days in a row, few at a time."""
    chunk: list[datetime] = []
    for day in days:
        if chunk and (day - chunk[-1] > timedelta(days=1) or len(chunk) == AT_ONCE):
            yield chunk
            chunk = []
        chunk.append(day)
    if chunk:
        yield chunk
