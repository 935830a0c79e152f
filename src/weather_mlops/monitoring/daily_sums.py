"""Sums of forecast errors by day, stored on S3: ``monitoring/model/<target>.json``.

Each run sums the last days again, since rows arrive late and are corrected; older days are summed only once.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And

from weather_mlops.clock import HOUR, KST, whole_hour
from weather_mlops.lake import documents
from weather_mlops.lake.filters import between, one_of, rows_within
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.observations_reader import read, read_panel
from weather_mlops.lake.schemas import FORECASTS
from weather_mlops.model.targets import Target
from weather_mlops.monitoring.champion import Verified
from weather_mlops.verification import error_sums
from weather_mlops.verification.error_sums import Damping, Pairs, Sums

KEPT_DAYS: Final = 31
OPEN_DAYS: Final = 3
"""Newest days, which are summed again in each run: rows and corrections arrive up to 12 h late."""
AT_ONCE: Final = 4
"""Most days that are read together, to limit memory."""
COLUMNS: Final = ("issued_at", "station_id", "valid_at", "lead_hours", "p10", "p50", "p90", "inputs")


@dataclass(frozen=True)
class DailySums:
    """Sums of a target, stored between runs. The fields are keys of the stored document.

    Attributes:
        days: sums by day (KST), see ``error_sums.day_sums``.
        issued: hours since 1970 at which forecasts were issued, by the day (KST) of the following hour.
        verified: when the champion's files were last verified.
    """

    days: Mapping[str, Mapping[str, Sums]] = field(default_factory=dict)
    issued: Mapping[str, Sequence[int]] = field(default_factory=dict)
    verified: Verified | None = None


def key(target: str) -> str:
    """Return the key on S3."""
    return f"monitoring/model/{target}.json"


def load(store: ObjectStore, target: str) -> DailySums:
    """Read the stored sums; empty if there are none that can be read, so that all days are summed again.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    stored = documents.read_or_none(store, key(target), DailySums, "all days are summed again")
    return stored or DailySums()


def save(store: ObjectStore, target: str, sums: DailySums) -> None:
    """Store the sums for the next run.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    store.put(key(target), json.dumps(vars(sums)).encode(), "application/json")


def update(
    catalog: Catalog, target: Target, stored: DailySums, damping: Damping | None, now: datetime
) -> tuple[DailySums, Sums]:
    """Sum the days that are missing or still open.

    Args:
        catalog: catalog of the tables.
        target: the target.
        stored: sums from the run before.
        damping: climatology and damping factors of the champion.
        now: the time, timezone-aware.

    Returns:
        The sums to store; and the sums by lead of the last 24 h.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    # The newest forecast is for the next hour: from 23:00 KST on, that hour belongs to tomorrow.
    to_come = whole_hour(now) + HOUR
    newest = to_come.astimezone(KST).replace(hour=0, minute=0)
    span = [newest - timedelta(days=back) for back in reversed(range(KEPT_DAYS))]
    days = {name: stored.days[name] for day in span if (name := f"{day:%Y-%m-%d}") in stored.days}
    issued = {name: stored.issued.get(name, []) for name in days}
    recent: list[Sums] = []
    open_days = [day for day in span if f"{day:%Y-%m-%d}" not in days or newest - day < timedelta(OPEN_DAYS)]
    for chunk in _chunks(open_days):
        last = min(chunk[-1] + timedelta(days=1) - HOUR, to_come)
        rows, pairs = _read_pairs(catalog, target, chunk[0], last, damping)
        recent.append(_since(pairs, now - timedelta(hours=24)))
        by_day = error_sums.by_day(pairs)
        first_leads = rows.filter(pc.equal(rows["lead_hours"], 1))
        for day in chunk:
            name = f"{day:%Y-%m-%d}"
            of_day = rows_within(first_leads, FORECASTS.time, day, day + timedelta(days=1))
            days[name] = error_sums.day_sums(by_day[name]) if name in by_day else {}
            issued[name] = sorted(error_sums.issue_hours(of_day))
    sums = DailySums(dict(sorted(days.items())), dict(sorted(issued.items())), stored.verified)
    return sums, error_sums.add(recent)


def _read_pairs(
    catalog: Catalog, target: Target, first: datetime, last: datetime, damping: Damping | None
) -> tuple[pa.Table, Pairs]:
    """Read the forecasts of a period, and pair them with the observations."""
    condition = And(between(first, last, FORECASTS.time), one_of("target", [target.name]))
    rows = read(catalog, FORECASTS, COLUMNS, condition)
    if not rows.num_rows:
        return rows, error_sums.NONE
    # Persistence, too, needs the observation at the time of issue, however long the lead is.
    longest = pc.max(rows["lead_hours"]).as_py()
    panel = read_panel(catalog, [target.column], last, int((last - first) / HOUR) + longest + 1)
    if panel is None:
        return rows, error_sums.NONE
    return rows, error_sums.pair(rows, panel, target.column, damping)


def _since(pairs: Pairs, moment: datetime) -> Sums:
    recent = pairs.chosen(pairs.hour.astype("datetime64[s]").astype("int64") > moment.timestamp())
    return error_sums.sums_by(recent, recent.lead)


def _chunks(days: Sequence[datetime]) -> Iterator[list[datetime]]:
    """Group days into runs of consecutive days, of at most AT_ONCE days."""
    chunk: list[datetime] = []
    for day in days:
        if chunk and (day - chunk[-1] > timedelta(days=1) or len(chunk) == AT_ONCE):
            yield chunk
            chunk = []
        chunk.append(day)
    if chunk:
        yield chunk
