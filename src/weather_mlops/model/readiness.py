"""Can a model be trained on what the tables hold? Measured, and held to limits."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, NotNull, Reference

from weather_mlops.lake.catalog import open_table, summary
from weather_mlops.lake.publish import SCORE
from weather_mlops.lake.rows import between, one_of
from weather_mlops.lake.schemas import OBSERVATIONS, OBSERVATIONS_SCHEMA, QUARANTINE
from weather_mlops.lake.store import storage_errors
from weather_mlops.model.limits import limits_of

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Limits:
    """What the data must have.

    Attributes:
        min_span_days: days (0 or more) from the first hour to the newest one.
        min_station_coverage: share (0 to 1) of these hours that a station must have; others are left out.
        min_stations: stations (1 or more) that are left.
        min_coverage: share (0 to 1) of the station-hours of the stations that are left.
        max_age_hours: of the newest hour.
        max_quarantined_share: share (0 to 1) of the rows of these stations and hours that were refused.
        min_quality_score: of the last run of the collection, 0 to 1.
    """

    min_span_days: float = 60
    min_station_coverage: float = 0.5
    min_stations: int = 1
    min_coverage: float = 0.9
    max_age_hours: float = 6
    max_quarantined_share: float = 0.05
    min_quality_score: float = 0.9

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Limits":
        """Limits from YAML.

        Raises:
            Misconfigured: an unknown name.
        """
        return limits_of(cls, "limits", given)


@dataclass(frozen=True)
class Figures:
    """What the tables hold for a target.

    Attributes:
        snapshot_id: state of the observations that was looked at; None = an empty table.
        first: first hour with the target observed (UTC); None where there is none.
        last: newest one.
        stations: those with enough hours.
        left_out: coverage (0 to 1) of the others, by id.
        coverage: share of the station-hours of ``stations``, 0 to 1.
        quarantined_share: share of the rows that were refused, 0 to 1.
        quality_score: of the last run, 0 to 1; None where it is not known.
    """

    snapshot_id: int | None
    first: datetime | None
    last: datetime | None
    stations: tuple[int, ...]
    left_out: Mapping[int, float]
    coverage: float
    quarantined_share: float
    quality_score: float | None

    @property
    def span_days(self) -> float:
        """Days from the first hour to the newest one."""
        return (self.last - self.first) / timedelta(days=1) if self.first and self.last else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Small and flat, for the orchestrator."""
        return {
            **asdict(self),
            "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(),
            "stations": list(self.stations),
            "left_out": {str(station): round(share, 3) for station, share in self.left_out.items()},
            "coverage": round(self.coverage, 4),
            "quarantined_share": round(self.quarantined_share, 5),
            "span_days": round(self.span_days, 1),
        }


def measure(  # noqa: PLR0913  keyword only: what a YAML file says of the data
    catalog: Catalog,
    column: str,
    *,
    stations: Iterable[int] | None,
    history_days: float,
    now: datetime,
    min_station_coverage: float,
) -> Figures:
    """Look at what there is of a target.

    Args:
        catalog: where the tables are.
        column: of the observations, that of the target.
        stations: which stations; None = all that have rows.
        history_days: how far back to look from now.
        now: the time, timezone-aware.
        min_station_coverage: see Limits.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, OBSERVATIONS)
    span = between(now - timedelta(days=history_days), now)
    snapshot = table.current_snapshot()
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        found = (
            table.scan(
                row_filter=And(span, And(NotNull(term=Reference(column)), _of(stations))),
                selected_fields=("station_id", "observed_at"),
            ).to_arrow()
            if snapshot
            else OBSERVATIONS_SCHEMA.empty_table().select(["station_id", "observed_at"])
        )
        told = summary(table)
    ids, first, last, coverage = _coverage(found)
    chosen = coverage >= min_station_coverage
    kept = tuple(int(station) for station in ids[chosen])
    refused = _refused(catalog, And(span, _of(kept))) if kept else 0
    rows = int(np.isin(found["station_id"].to_numpy(), kept).sum())
    return Figures(
        snapshot_id=snapshot.snapshot_id if snapshot else None,
        first=first,
        last=last,
        stations=kept,
        left_out={int(ids[n]): float(coverage[n]) for n in np.flatnonzero(~chosen)},
        coverage=float(coverage[chosen].mean()) if kept else 0.0,
        quarantined_share=refused / (refused + rows) if refused + rows else 0.0,
        quality_score=float(told[SCORE]) if SCORE in told else None,
    )


def shortfalls(figures: Figures, limits: Limits, now: datetime) -> list[str]:
    """Which limits the data miss, each in a sentence with its figures; empty when they are ready."""
    if figures.last is None:
        return ["there are no observations of it: load some history (`make history`)"]
    found = []
    if figures.span_days < limits.min_span_days:
        found.append(
            f"they span {figures.span_days:.1f} days; {limits.min_span_days:g} are needed: load history"
        )
    if len(figures.stations) < limits.min_stations:
        found.append(
            f"{len(figures.stations)} stations have {limits.min_station_coverage:.0%} of the hours; "
            f"{limits.min_stations} are needed"
        )
    if figures.coverage < limits.min_coverage:
        found.append(
            f"{figures.coverage:.1%} of the station-hours are there; {limits.min_coverage:.0%} are needed"
        )
    age = (now - figures.last) / HOUR
    if age > limits.max_age_hours:
        found.append(f"the newest hour is {age:.1f} h old; at most {limits.max_age_hours:g} h are allowed")
    if figures.quarantined_share > limits.max_quarantined_share:
        found.append(
            f"{figures.quarantined_share:.1%} of the rows are in quarantine; at most "
            f"{limits.max_quarantined_share:.1%} are allowed"
        )
    if figures.quality_score is None:
        found.append("the quality score of the last collection is not known: run data_collection")
    elif figures.quality_score < limits.min_quality_score:
        found.append(
            f"the quality score of the last collection is {figures.quality_score:.3f}; "
            f"{limits.min_quality_score:g} is needed"
        )
    return found


def _coverage(found: pa.Table) -> tuple[np.ndarray, datetime | None, datetime | None, np.ndarray]:
    """Station ids, first and last hour, and the share of the hours between them that each station has."""
    if found.num_rows == 0:
        return np.array([], np.int32), None, None, np.array([])
    first, last = (pc.min(found["observed_at"]).as_py(), pc.max(found["observed_at"]).as_py())
    ids, counts = np.unique(found["station_id"].to_numpy(), return_counts=True)
    return ids, first, last, counts / ((last - first) / HOUR + 1)


def _refused(catalog: Catalog, rows: BooleanExpression) -> int:
    table = open_table(catalog, QUARANTINE)
    if table.current_snapshot() is None:
        return 0
    with storage_errors(f"table {QUARANTINE.identifier}"):
        return int(table.scan(row_filter=rows, selected_fields=("station_id",)).to_arrow().num_rows)


def _of(stations: Iterable[int] | None) -> BooleanExpression:
    if stations is None:
        return AlwaysTrue()
    return one_of("station_id", stations)
