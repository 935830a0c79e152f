"""Audit and publish forecasts of an archive: files of the portal, and old grids."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.kma.forecast.rows import FORECAST_ROWS
from weather_mlops.lake import kma_forecast_quarantine, kma_forecasts
from weather_mlops.lake.kma_forecasts import PublishedKmaForecasts
from weather_mlops.quality import kma_forecast as quality
from weather_mlops.quality.audit import Audit

REJECTED: Final = pa.schema(
    [
        ("issued_at", FORECAST_ROWS.field("issued_at").type),
        ("cell", pa.string()),
        ("text", pa.string()),
        ("reason", pa.string()),
        ("raw_key", pa.string()),
    ]
)
"""Lines that can't be read."""


def audit_archive(
    rows: pa.Table, *, suites_dir: Path, now: datetime, run: str, rejected: pa.Table | None = None
) -> Audit:
    """Audit rows of an archive by the suites of the hourly run.

    Args:
        rows: FORECAST_ROWS and raw_key, at least one.
        suites_dir: folder of the suites.
        now: the time, UTC.
        run: its name.
        rejected: REJECTED.
    """
    collected = {
        "rows": rows,
        "rejected": REJECTED.empty_table() if rejected is None else rejected,
        # Nobody knows which hours an archive should have: its own count.
        "expected": rows.group_by(["station_id", "issued_at"])
        .aggregate([([], "count_all")])
        .rename_columns(["station_id", "issued_at", "hours"]),
    }
    return quality.audit(collected, now, suites_dir=suites_dir, audited_at=now, run=run)


def publish_archive(
    catalog: Catalog, result: Audit, *, run: str, now: datetime, values_of: Collection[int] = ()
) -> PublishedKmaForecasts:
    """Publish what an audit accepted, in one commit, and note what it refused.

    Args:
        catalog: of the tables.
        result: of the audit.
        run: its name.
        now: the time, UTC.
        values_of: ids of the stations whose changed values are counted.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    kma_forecast_quarantine.record_refused(catalog, result.quarantined, run=run, at=now)
    return kma_forecasts.publish(catalog, result.accepted, run=run, now=now, values_of=values_of)
