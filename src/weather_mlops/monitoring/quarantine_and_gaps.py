"""Refused rows of the quarantine, and missing station-hours of the gap register."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And

from weather_mlops.clock import HOUR
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.filters import at_or_after, between, missing
from weather_mlops.lake.gap_calls import of_stations
from weather_mlops.lake.gaps import HORIZON
from weather_mlops.lake.observations_reader import read
from weather_mlops.lake.schemas import GAPS, QUARANTINE
from weather_mlops.monitoring.figures import WindowName
from weather_mlops.monitoring.figures.data import GapCounts, RuleCounts

AGES: Final = {"up to 6 h": 6, "6 to 24 h": 24, "1 to 7 d": 168, "7 to 31 d": 744}
"""Upper limit of each class of age, in hours."""


def refused(catalog: Catalog, first: datetime, last: datetime) -> pa.Table:
    """Read the refused rows of a period; rows without a readable hour count when they were refused.

    Returns:
        ``station_id``, ``rule``, ``at``: the hour of the row, or if unreadable, when it was refused.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    unreadable = And(missing("observed_at"), between(first, last, "quarantined_at"))
    columns = ("station_id", "observed_at", "rule", "quarantined_at")
    # Two scans: in one with Or, PyIceberg compares the month, which an unreadable row doesn't have.
    rows = pa.concat_tables(
        [read(catalog, QUARANTINE, columns, condition) for condition in (between(first, last), unreadable)]
    )
    at = pc.coalesce(rows["observed_at"], rows["quarantined_at"])
    return rows.select(["station_id", "rule"]).append_column("at", at)


def open_gaps(catalog: Catalog, now: datetime, station_ids: Collection[int]) -> pa.Table:
    """Read the open gaps of some stations in the last 31 days: older ones are no longer requested.

    Returns:
        ``station_id``, ``observed_at``, ``reason``.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    columns = ("station_id", "observed_at", "reason", "closed_at")
    condition = And(missing("closed_at"), at_or_after(now - HORIZON))
    gaps = read(catalog, GAPS, columns, condition).drop_columns(["closed_at"])
    return of_stations(gaps, station_ids)


def count_since(rows: pa.Table, since: datetime) -> int:
    """Count the refused rows since a time."""
    return int(pc.sum(pc.greater(rows["at"], pa.scalar(since, UTC_TIME)), min_count=0).as_py())


def by_rule(rows: pa.Table, windows: Mapping[WindowName, int], now: datetime) -> list[RuleCounts]:
    """Count the rows that each rule refused in each window, most frequent rule first."""
    counts: dict[WindowName, Counter[str]] = {name: Counter() for name in windows}
    for joined, at in zip(rows["rule"].to_pylist(), rows["at"].to_pylist(), strict=True):
        for name, hours in windows.items():
            if at > now - timedelta(hours=hours):
                counts[name].update(joined.split("; "))
    rules = sorted(
        set().union(*counts.values()), key=lambda rule: (*(-counts[name][rule] for name in windows), rule)
    )
    return [
        {"rule": rule, "24h": counts["24h"][rule], "7d": counts["7d"][rule], "30d": counts["30d"][rule]}
        for rule in rules
    ]


def of_gaps(rows: pa.Table, now: datetime) -> GapCounts:
    """Count the open gaps by age and by reason."""
    ages = [(now - at) / HOUR for at in rows["observed_at"].to_pylist()]
    by_age, after = {}, float("-inf")
    for name, oldest in AGES.items():
        by_age[name] = sum(after < age <= oldest for age in ages)
        after = oldest
    oldest_at = pc.min(rows["observed_at"]).as_py()
    return {
        "open": rows.num_rows,
        "oldest": oldest_at and oldest_at.isoformat(),
        "by_age": by_age,
        "by_reason": dict(Counter(rows["reason"].to_pylist()).most_common()),
    }


def by_station(rows: pa.Table | None) -> dict[int, int] | None:
    """Count the rows of each station; None without a table."""
    return None if rows is None else dict(Counter(rows["station_id"].drop_null().to_pylist()))
