"""Our forecast against the KMA's on common rows, pooled over days from the table of verification."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.clock import KST
from weather_mlops.lake import verification
from weather_mlops.lake.verification_columns import COMMON, FIGURES, KMA_FORECAST, OURS, GroupedBy
from weather_mlops.monitoring.figures.official import ComparedErrors, ForecastComparison, PooledErrors
from weather_mlops.monitoring.official_limits import OfficialForecastLimits
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
    ours, kma = (_pooled(rows.filter(pc.equal(rows["forecast"], name))) for name in (OURS, KMA_FORECAST))
    return {
        member: {"ours": ours[member], "kma": kma[member]}
        for member in sorted(ours.keys() & kma.keys())
        if min(ours[member]["n"], kma[member]["n"]) >= min_pairs
    }


def _pooled(rows: pa.Table) -> dict[int, PooledErrors]:
    members, index = np.unique(rows["member"].to_numpy(), return_inverse=True)
    n = rows["n"].to_numpy().astype(np.float64)
    total = np.bincount(index, n, len(members))
    # The mean square of several days is the mean of their squared RMSE; all figures are weighted by n.
    days = {name: rows[name].to_numpy() for name in FIGURES}
    days["rmse"] = days["rmse"] ** 2
    means = {name: np.bincount(index, n * values, len(members)) / total for name, values in days.items()}
    means["rmse"] = np.sqrt(means["rmse"])
    return {
        int(member): {
            "n": int(total[at]),
            "rmse": round(float(means["rmse"][at]), 4),
            "mae": round(float(means["mae"][at]), 4),
            "bias": round(float(means["bias"][at]), 4),
            "within_1": round(float(means["within_1"][at]), 4),
            "within_2": round(float(means["within_2"][at]), 4),
        }
        for at, member in enumerate(members)
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
