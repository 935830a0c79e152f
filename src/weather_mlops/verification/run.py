"""Verify days from the tables, month by month, and publish their figures."""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.clock import DAY, HOUR, KST
from weather_mlops.documents.verification import VerificationSummary
from weather_mlops.errors import Misconfigured
from weather_mlops.lake import forecasts, kma_forecasts, verification
from weather_mlops.lake.health import newest_hour
from weather_mlops.lake.observations_reader import read_observations
from weather_mlops.lake.schemas import KEY, OBSERVATIONS
from weather_mlops.lake.verification_columns import COMMON, KMA_FORECAST, OURS, OWN
from weather_mlops.verification.days import (
    COLUMN,
    OBSERVED_BEFORE,
    TARGET,
    Compared,
    figures_of_day,
    midnight_kst,
)
from weather_mlops.verification.extremes import EXTREMES
from weather_mlops.verification.official import LONGEST_STEP_H

log = logging.getLogger(__name__)

LONGEST_LOOK_DAYS: Final = 31
"""How far back an hourly run goes at most: in a new system, and after an outage."""


def verify_recent(catalog: Catalog, days: int, *, run: str, now: datetime) -> VerificationSummary:
    """Verify the last days, up to that of the newest observation.

    Days since the newest one that has figures are verified as well, up to LONGEST_LOOK_DAYS: so a new system
    and one that was down catch up by themselves.

    Args:
        catalog: of the tables.
        days: number of days (KST), from 1 to LONGEST_LOOK_DAYS: rows of a day arrive late and are corrected.
        run: name of the run.
        now: the time, timezone-aware.

    Returns:
        The result; ``reason`` where there was nothing to compare.

    Raises:
        Misconfigured: an impossible number of days.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    if not 1 <= days <= LONGEST_LOOK_DAYS:
        raise Misconfigured(f"days is {days}: verify from 1 to {LONGEST_LOOK_DAYS} days")
    newest = newest_hour(catalog)
    if newest is None:
        return {"figures": 0, "reason": "there are no observations yet: the hourly collection brings them"}
    last = newest.astimezone(KST).date()
    oldest = last - timedelta(days=LONGEST_LOOK_DAYS - 1)
    verified = verification.newest_verified(catalog) or oldest
    first = max(oldest, min(verified, last - timedelta(days=days - 1)))
    return verify_days(catalog, first, last, run=run, now=now)


def verify_days(catalog: Catalog, first: date, last: date, *, run: str, now: datetime) -> VerificationSummary:
    """Verify all days of a period, a month at a time, with one commit for each.

    Memory holds the forecasts about one month, so that years can be verified.

    Args:
        catalog: of the tables.
        first: the first day (KST).
        last: the last one, included.
        run: name of the run.
        now: the time, timezone-aware.

    Returns:
        The result; ``reason`` where there was nothing to compare.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    count, changed, absent = 0, list[date](), dict.fromkeys((OURS, KMA_FORECAST, COMMON), "")
    for month in _by_month(first, last):
        compared = _read(catalog, month[0], month[-1])
        figures = pa.concat_tables([figures_of_day(compared, day) for day in month])
        published = verification.publish(catalog, figures, run=run, now=now, days=month)
        count += published.rows
        changed += published.changed
        # Only what is absent in every month is absent.
        absent = {name: reason for name, reason in _absent(compared, figures).items() if name in absent}
        log.info("verified: from=%s to=%s figures=%d", month[0], month[-1], figures.num_rows)
    summary: VerificationSummary = {
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "figures": count,
        "days_changed": [day.isoformat() for day in changed],
        "absent": absent,
    }
    if count == 0:
        summary["reason"] = absent[COMMON]
    return summary


def described(summary: VerificationSummary) -> str:
    """The result as text for the terminal."""
    if reason := summary.get("reason"):
        return f"nothing to compare: {reason}"
    absent = [f"\nno figures, {name}: {reason}" for name, reason in summary["absent"].items()]
    return (
        f"verified: from={summary['first_day']} to={summary['last_day']} figures={summary['figures']} "
        f"days_changed={len(summary['days_changed'])}{''.join(absent)}"
    )


def _by_month(first: date, last: date) -> Iterator[list[date]]:
    """The days of a period, by calendar month."""
    days = [first + timedelta(days=after) for after in range((last - first).days + 1)]
    while days:
        month = [day for day in days[:LONGEST_LOOK_DAYS] if day.replace(day=1) == days[0].replace(day=1)]
        yield month
        days = days[len(month) :]


def _read(catalog: Catalog, first: date, last: date) -> Compared:
    """What is about some days; observations only where there is a forecast to compare with them."""
    begin, end = midnight_kst(first), midnight_kst(last) + DAY - HOUR
    ours = forecasts.read(catalog, first_valid=begin, last_valid=end, targets=[TARGET])
    official = kma_forecasts.read(
        catalog,
        first_valid=begin - LONGEST_STEP_H * HOUR,
        last_valid=end + LONGEST_STEP_H * HOUR,
        variables=[COLUMN, *(extreme.variable for extreme in EXTREMES)],
    )
    if ours.num_rows == official.num_rows == 0:
        nothing = OBSERVATIONS.select(*KEY, COLUMN).empty_table()
        return Compared(ours, official, nothing)
    observations = read_observations(catalog, [COLUMN], first=begin - OBSERVED_BEFORE, last=end)
    return Compared(ours, official, observations)


def _absent(compared: Compared, figures: pa.Table) -> dict[str, str]:
    """Why there are no hourly figures of a forecast, or none on common rows; nothing for those that exist."""
    hourly = figures.filter(pc.equal(figures["variable"], COLUMN))
    present = set(zip(hourly["forecast"].to_pylist(), hourly["compared"].to_pylist(), strict=True))
    rows = {OURS: compared.ours, KMA_FORECAST: compared.kma_forecasts}
    owners = {OURS: "no forecast of ours", KMA_FORECAST: "no forecast of the KMA"}
    reasons = {
        name: f"{owner} is about {'an hour that was observed' if rows[name].num_rows else 'these days'}"
        for name, owner in owners.items()
        if (name, OWN) not in present
    }
    if (OURS, COMMON) not in present:
        reasons[COMMON] = "; ".join(reasons.values()) or "no station, hour and lead has a value of each"
    return reasons
