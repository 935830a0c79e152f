"""How old the newest issue of the KMA's forecast is, which stations have it, and which issues are missing."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from weather_mlops.clock import HOUR, KST
from weather_mlops.formatting import number, percent
from weather_mlops.ingest.kma_forecast.batch import complete, hours_of
from weather_mlops.ingest.kma_forecast.health import newest_issue
from weather_mlops.ingest.kma_forecast.plan import USUALLY_OUT
from weather_mlops.kma.forecast.issues import AVAILABLE_FOR, issues_between
from weather_mlops.lake import kma_forecast_gaps, kma_forecasts
from weather_mlops.lake.catalog import open_table, summary
from weather_mlops.lake.filters import one_of
from weather_mlops.lake.gap_calls import of_stations
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import KMA_FORECASTS
from weather_mlops.lake.storage_errors import storage_errors
from weather_mlops.monitoring.checks import Check, share
from weather_mlops.monitoring.figures.official import IssueFigures, IssueGaps
from weather_mlops.monitoring.official_limits import OfficialForecastLimits
from weather_mlops.monitoring.section_builder import Rule

STALE: Final = Rule("kma_forecast_stale", "h")
STATIONS: Final = Rule("kma_forecast_stations_low")
MISSING: Final = Rule("kma_issues_missing")
NEWEST_RULES: Final = (STALE, STATIONS)
RULES: Final = (*NEWEST_RULES, MISSING)
NO_ISSUE: Final = "no issue of the last 50 hours is in the table"


def has_rows(catalog: Catalog) -> bool:
    """Whether the table has any row, of whatever source.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    return int(summary(open_table(catalog, KMA_FORECASTS)).get("total-records") or 0) > 0


def is_collected(catalog: Catalog) -> bool:
    """Whether the pipeline ``kma_forecast`` has ever published; archives alone are loaded by hand.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    return kma_forecasts.newest_collected(catalog) is not None


def newest(
    catalog: Catalog, station_ids: Collection[int], hours_share: float, now: datetime
) -> IssueFigures | None:
    """The newest issue in the table, if it is of the last 50 hours.

    Args:
        catalog: catalog of the tables.
        station_ids: ids of the watched stations.
        hours_share: share of the issue's hours that a station must have for it to be whole.
        now: the time, timezone-aware.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, KMA_FORECASTS)
    with storage_errors(f"table {KMA_FORECASTS.identifier}"):
        issued_at = newest_issue(table, now)
        if issued_at is None:
            return None
        rows = _of_issue(table, issued_at)
    whole = complete(hours_of(rows), [(station, issued_at) for station in station_ids], hours_share)
    return {
        "issued_at": issued_at.isoformat(),
        "age_hours": round((now - issued_at) / HOUR, 2),
        "stations": len(whole),
        "stations_expected": len(station_ids),
    }


def missing(catalog: Catalog, station_ids: Collection[int], now: datetime) -> IssueGaps:
    """Count the open gaps of issues that can still be fetched.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    oldest = now - AVAILABLE_FOR
    register = of_stations(kma_forecast_gaps.load(catalog), station_ids)
    issued = register["issued_at"]
    register = register.filter(pc.greater_equal(issued, pa.scalar(oldest, issued.type)))
    first: datetime | None = pc.min(register["issued_at"]).as_py()
    reasons = Counter(register["reason"].to_pylist())
    return {
        "open": register.num_rows,
        "expected": len(station_ids) * len(list(issues_between(oldest, now - USUALLY_OUT))),
        "oldest": first.isoformat() if first else None,
        "by_reason": dict(reasons.most_common()),
    }


def newest_checks(issue: IssueFigures | None, limits: OfficialForecastLimits) -> list[Check]:
    """Compare the newest issue with its limits; none in the table is older than any."""
    if issue is None:
        hours = AVAILABLE_FOR / HOUR
        return [
            STALE.above(hours, limits.max_age_hours, NO_ISSUE),
            STATIONS.unknown(NO_ISSUE, limits.min_station_share),
        ]
    issued_at = datetime.fromisoformat(issue["issued_at"]).astimezone(KST)
    newest_issued = f"the newest issue, {issued_at:%Y-%m-%d %H:%M} KST"
    age, limit = issue["age_hours"], limits.max_age_hours
    present = share(issue["stations"], issue["stations_expected"]) or 0.0
    stations = f"{issue['stations']} of {issue['stations_expected']} stations have all of {newest_issued}"
    return [
        STALE.above(age, limit, f"{newest_issued}, is {number(age, limit)} h old"),
        STATIONS.below(present, limits.min_station_share, stations),
    ]


def missing_check(gaps: IssueGaps, limits: OfficialForecastLimits) -> Check:
    """Compare the share of missing issues with its limit."""
    missing_share = share(gaps["open"], gaps["expected"]) or 0.0
    main_reason = next(iter(gaps["by_reason"]), "")
    detail = (
        f"{gaps['open']} of {gaps['expected']} issues of stations of the last 50 hours are missing, "
        f"{percent(missing_share, limits.max_missing_share)}"
        f"{f', most of them: {main_reason}' if main_reason else ''}"
    )
    return MISSING.above(missing_share, limits.max_missing_share, detail)


def _of_issue(table: Table, issued_at: datetime) -> pa.Table:
    columns = KMA_FORECASTS.select("station_id", "issued_at", "air_temperature_c")
    return scan(table, columns, one_of("issued_at", [issued_at]))
