"""Our forecast against the KMA's on common rows, pooled over days from the table of verification."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.clock import KST
from weather_mlops.lake import verification
from weather_mlops.lake.verification_columns import COMMON, KMA_FORECAST, OURS, GroupedBy
from weather_mlops.monitoring.figures.official import ComparedErrors, ForecastComparison
from weather_mlops.monitoring.official_limits import OfficialForecastLimits
from weather_mlops.verification import pooling
from weather_mlops.verification.days import COLUMN
from weather_mlops.verification.extremes import EXTREMES

NOTHING_IN_COMMON: Final = (
    "not enough yet (no hour of the last {days} days has an observation, a forecast of ours and one of the "
    "KMA's): a model must be deployed, and its forecasts verified"
)


def measure(catalog: Catalog, limits: OfficialForecastLimits, now: datetime) -> ForecastComparison:
    """Pool the figures of the last days.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    last = now.astimezone(KST).date()
    first = last - timedelta(days=limits.compared_days)
    leads = pooled(_read(catalog, COLUMN, first, last, "lead_hours"), limits.min_pairs)
    maximum, minimum = (
        pooled(_read(catalog, extreme.variable, first, last, "all"), 1).get(0) for extreme in EXTREMES
    )
    return {
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "leads": {str(lead): errors for lead, errors in leads.items()},
        "maximum": maximum,
        "minimum": minimum,
        "reason": None if leads else NOTHING_IN_COMMON.format(days=limits.compared_days),
    }


def pooled(rows: pa.Table, min_pairs: int) -> Mapping[int, ComparedErrors]:
    """Pool the days of each group.

    Args:
        rows: of VERIFICATION_SCHEMA, of one variable, on common rows, with one way of grouping.
        min_pairs: a group with fewer rows is left out.

    Returns:
        Errors of both forecasts by ``member``, ascending; only where both have figures.
    """
    members = pooling.pooled(rows, ["forecast", "member"]).to_pylist()
    ours, kma = (
        {row["member"]: pooling.errors_of(row) for row in members if row["forecast"] == name}
        for name in (OURS, KMA_FORECAST)
    )
    return {
        member: {"ours": ours[member], "kma": kma[member]}
        for member in sorted(ours.keys() & kma.keys())
        if min(ours[member]["n"], kma[member]["n"]) >= min_pairs
    }


def _read(catalog: Catalog, variable: str, first: date, last: date, grouped_by: GroupedBy) -> pa.Table:
    return verification.read(
        catalog,
        first_day=first,
        last_day=last,
        variable=variable,
        compared=COMMON,
        grouped_by=grouped_by,
    )
