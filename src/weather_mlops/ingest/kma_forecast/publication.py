"""Publish the audited rows of a run, and note in the register which issues are missing, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.clock import EPOCH
from weather_mlops.ingest.kma_forecast.batch import complete, hours_of, station_issues_of
from weather_mlops.kma.forecast.issues import valid_times
from weather_mlops.lake import kma_forecast_gaps, kma_forecasts, maintenance, quarantine
from weather_mlops.lake.gaps import MISSING, QUARANTINED
from weather_mlops.lake.kma_forecast_gaps import PARTIAL, ForecastGapCount, StationIssue
from weather_mlops.lake.kma_forecasts import NEWEST_COLLECTED, PublishedKmaForecasts
from weather_mlops.lake.schemas import KMA_FORECAST_GAPS, KMA_FORECAST_QUARANTINE, KMA_FORECASTS
from weather_mlops.lake.staging import AUDITED, StagedBatch, Staging

_COUNTED: Final = ("station_id", "issued_at", "valid_at", "air_temperature_c")


@dataclass(frozen=True)
class PublishedIssues:
    """Changes of a run in all tables.

    Attributes:
        published: rows of the forecasts.
        quarantine_added: rows of the quarantine.
        opened: gaps opened.
        gaps: gaps closed, and open in total.
    """

    published: PublishedKmaForecasts
    quarantine_added: int
    opened: int
    gaps: ForecastGapCount

    def as_dict(self) -> dict[str, int]:
        """The changes as a dict, for XCom."""
        return {
            "inserted": self.published.inserted,
            "corrected": self.published.corrected,
            "equal": self.published.equal,
            "quarantine_added": self.quarantine_added,
            "gaps_opened": self.opened,
            "gaps_closed": self.gaps.closed,
            "gaps_open": self.gaps.open,
        }


def publish_run(catalog: Catalog, staging: Staging, now: datetime) -> PublishedIssues:
    """Publish the audited rows of a run, and update the quarantine and the register of gaps.

    In this order: gaps of what is missing, quarantine, forecasts (one commit), gaps of what arrived. A gap is
    never closed before its rows are in the table, and none is forgotten by a kill in between; run again, it
    ends in the same state. The forecasts are maintained later, by ``maintain_forecasts``.

    Args:
        catalog: where the tables are.
        staging: staging of the run, with the audited batch.
        now: the time, timezone-aware.

    Raises:
        FileNotFoundError: the run was not audited.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    audited = staging.read(AUDITED)
    accepted, refused = audited.tables["accepted"], audited.tables["quarantined"]
    present, absent = _completeness(catalog, audited)
    opened = kma_forecast_gaps.record(catalog, absent=absent, present=(), run=staging.run, now=now)
    added = quarantine.record_refused(
        catalog, refused, run=staging.run, at=now, definition=KMA_FORECAST_QUARANTINE
    )
    own = max(datetime.fromisoformat(audited.notes["own"]), kma_forecasts.newest_collected(catalog) or EPOCH)
    notes = {NEWEST_COLLECTED: own.isoformat()}
    published = kma_forecasts.publish(
        catalog, accepted, run=staging.run, now=now, properties=notes, with_maintenance=False
    )
    counted = kma_forecast_gaps.record(catalog, absent={}, present=present, run=staging.run, now=now)
    touched = [
        *([KMA_FORECAST_GAPS] if absent or counted.closed else []),
        *([KMA_FORECAST_QUARANTINE] if added else []),
    ]
    maintenance.maintain(catalog, now, touched)
    return PublishedIssues(published, added, opened.opened, counted)


def maintain_forecasts(catalog: Catalog, now: datetime) -> dict[str, int]:
    """Do a part of the maintenance of the forecasts that is due.

    To be done once a run's rows were read back: they are in a small file of their own until then.

    Returns:
        Counts, as ``maintain``.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    return maintenance.maintain(catalog, now, (KMA_FORECASTS,))


def _completeness(
    catalog: Catalog, audited: StagedBatch
) -> tuple[set[StationIssue], dict[StationIssue, str]]:
    """Which station-issues are whole once the accepted rows are published, and why the others aren't."""
    expected = audited.tables["expected"].to_pylist()
    reasons = {(row["station_id"], row["issued_at"]): row["reason"] for row in expected}
    share = float(audited.notes["hours_share"])
    accepted = audited.tables["accepted"].select(_COUNTED)
    present = complete(hours_of(accepted), reasons, share)
    absent = {each for each in reasons if each not in present}
    if not absent:
        return present, {}
    stored = kma_forecasts.read_issues(catalog, {issued_at for _, issued_at in absent}, _COUNTED)
    counted = hours_of(_united(stored, accepted))
    present |= complete(counted, absent, share)
    refused = station_issues_of(audited.tables["quarantined"])
    return present, {
        each: reasons[each] or reason_of(each, counted, refused) for each in sorted(absent - present)
    }


def _united(stored: pa.Table, accepted: pa.Table) -> pa.Table:
    """Each hour of both tables once, with the maximum of the temperature: whether there is one matters."""
    both = pa.concat_tables([stored, accepted.cast(stored.schema)])
    united = both.group_by(["station_id", "issued_at", "valid_at"]).aggregate([("air_temperature_c", "max")])
    return united.rename_columns(
        [
            name.removesuffix("_max") if name == "air_temperature_c_max" else name
            for name in united.column_names
        ]
    )


def reason_of(each: StationIssue, counted: Mapping[StationIssue, int], refused: set[StationIssue]) -> str:
    """Why a station-issue isn't whole.

    Args:
        each: the station-issue.
        counted: hours of each station-issue.
        refused: station-issues with refused rows.
    """
    if each in refused:
        return QUARANTINED
    if not (hours := counted.get(each, 0)):
        return MISSING
    return f"{PARTIAL}: {hours} of {len(valid_times(each[1]))} hours"
