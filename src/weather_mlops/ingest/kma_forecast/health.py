"""Read a run's issue back from the published table, and check it against limits."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from weather_mlops.clock import KST
from weather_mlops.errors import Unhealthy
from weather_mlops.formatting import exact, exact_percent, number
from weather_mlops.ingest.kma_forecast.batch import complete, hours_of
from weather_mlops.kma.forecast.issues import AVAILABLE_FOR
from weather_mlops.lake import kma_forecast_gaps
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.filters import at_or_after, one_of
from weather_mlops.lake.keys import isin
from weather_mlops.lake.kma_forecast_merge import row_keys
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import KMA_FORECASTS
from weather_mlops.lake.staging import AUDITED, Staging
from weather_mlops.lake.storage_errors import storage_errors


@dataclass(frozen=True, slots=True)
class ForecastHealthLimits:
    """Limits of a healthy table of forecasts.

    Attributes:
        max_age_hours: longest time, hours, from the newest issue in the table to now.
        min_station_share: share (0 to 1) of the stations that must have the run's own issue whole.
        max_open_gaps: most station-issues of the last 50 hours that may be missing.
    """

    max_age_hours: float
    min_station_share: float
    max_open_gaps: int


@dataclass(frozen=True, slots=True)
class ForecastFigures:
    """Figures of the table after a run.

    Attributes:
        issued_at: the run's own issue, UTC.
        newest_issue: newest issue of the last 50 hours in the table, UTC; None where it has none.
        age_hours: hours from the newest issue to now; None where there is none.
        stations_expected: stations that the run requested its own issue for.
        stations_present: those of them that have it whole.
        accepted: rows that the run's audit accepted.
        lost: accepted rows that the table doesn't have; anything but 0 is an error.
        open_gaps: station-issues that are missing and can still be had.
        older_gaps: station-issues that are missing and too old for getVilageFcst.
    """

    issued_at: datetime
    newest_issue: datetime | None
    age_hours: float | None
    stations_expected: int
    stations_present: int
    accepted: int
    lost: int
    open_gaps: int
    older_gaps: int

    @property
    def station_share(self) -> float:
        """Share of the stations that have the run's own issue whole, 0 to 1."""
        return self.stations_present / self.stations_expected if self.stations_expected else 1.0

    def as_dict(self) -> dict[str, object]:
        """The figures as a flat dict, for XCom."""
        return {
            **asdict(self),
            "issued_at": self.issued_at.isoformat(),
            "newest_issue": self.newest_issue.isoformat() if self.newest_issue else None,
            "age_hours": None if self.age_hours is None else round(self.age_hours, 2),
            "station_share": round(self.station_share, 4),
        }


def read_back(catalog: Catalog, staging: Staging, now: datetime) -> ForecastFigures:
    """Look up the requested and the accepted rows of a run in the table.

    Args:
        catalog: where the tables are.
        staging: of the run, with the audited batch.
        now: the time, timezone-aware.

    Raises:
        FileNotFoundError: the run was not audited.
        StorageUnavailable, StorageRefused.
    """
    audited = staging.read(AUDITED)
    own = datetime.fromisoformat(audited.notes["own"])
    accepted, expected = audited.tables["accepted"], audited.tables["expected"]
    requested = [
        (row["station_id"], row["issued_at"]) for row in expected.to_pylist() if row["issued_at"] == own
    ]
    table = open_table(catalog, KMA_FORECASTS)
    with storage_errors(f"table {KMA_FORECASTS.identifier}"):
        issues = sorted({own, *pc.unique(accepted["issued_at"]).to_pylist()})
        stored = scan(table, _COLUMNS, one_of("issued_at", issues))
        newest = own if own in stored["issued_at"].to_pylist() else newest_issue(table, now)
    open_issues = kma_forecast_gaps.load(catalog)["issued_at"].to_pylist()
    healable = sum(issued_at >= now - AVAILABLE_FOR for issued_at in open_issues)
    present = complete(hours_of(stored), requested, float(audited.notes["hours_share"]))
    lost = ~isin(row_keys(accepted), row_keys(stored))
    return ForecastFigures(
        issued_at=own,
        newest_issue=newest,
        age_hours=None if newest is None else (now - newest).total_seconds() / 3600,
        stations_expected=len(requested),
        stations_present=len(present),
        accepted=accepted.num_rows,
        lost=int(np.count_nonzero(lost)),
        open_gaps=healable,
        older_gaps=len(open_issues) - healable,
    )


_COLUMNS: Final = KMA_FORECASTS.select(
    "station_id", "issued_at", "valid_at", "lead_hours", "air_temperature_c"
)


def newest_issue(table: Table, now: datetime) -> datetime | None:
    """The newest issue of the last 50 hours in the table of forecasts, UTC; None where it has none."""
    rows = scan(table, KMA_FORECASTS.select("issued_at"), at_or_after(now - AVAILABLE_FOR, "issued_at"))
    newest: datetime | None = pc.max(rows["issued_at"]).as_py()
    return newest


def breaches(figures: ForecastFigures, limits: ForecastHealthLimits) -> list[str]:
    """Describe each broken limit in a sentence with its figures; empty if the table is healthy."""
    messages = []
    if figures.age_hours is None or figures.newest_issue is None:
        messages.append("no issue of the last 50 hours is in the table")
    elif figures.age_hours > limits.max_age_hours:
        messages.append(
            f"the newest issue, {figures.newest_issue.astimezone(KST):%Y-%m-%d %H:%M} KST, is "
            f"{number(figures.age_hours, limits.max_age_hours)} h old; at most "
            f"{exact(limits.max_age_hours)} h are allowed"
        )
    if figures.station_share < limits.min_station_share:
        messages.append(
            f"{figures.stations_present} of {figures.stations_expected} stations have the issue of "
            f"{figures.issued_at.astimezone(KST):%Y-%m-%d %H:%M} KST whole; at least "
            f"{exact_percent(limits.min_station_share)} must"
        )
    if figures.open_gaps > limits.max_open_gaps:
        messages.append(
            f"{figures.open_gaps} issues of stations are missing; at most {limits.max_open_gaps} may be"
        )
    if figures.lost:
        messages.append(
            f"{figures.lost} of {figures.accepted} accepted rows are not in the table: publish again"
        )
    return messages


def require_healthy(figures: ForecastFigures, limits: ForecastHealthLimits) -> None:
    """Make sure that no limit is broken.

    Raises:
        Unhealthy: some are; the message has their figures.
    """
    if messages := breaches(figures, limits):
        raise Unhealthy(f"{KMA_FORECASTS.identifier}: {'; '.join(messages)}")
