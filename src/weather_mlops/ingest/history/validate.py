"""The second stage of a load: audit the batches of a worker by the suites of the hourly run."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from weather_mlops.errors import (
    QualityTooLow,
)
from weather_mlops.ingest.history.batches import (
    LoadProgress,
    failed_rows,
    reason_of,
    requests_of,
    staging_of,
)
from weather_mlops.ingest.history.plan import Load
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.schemas import KEY
from weather_mlops.lake.staging import AUDITED, COLLECTED, FAILED
from weather_mlops.quality import audit, docs

log = logging.getLogger(__name__)


def validate_worker(  # noqa: PLR0913  what it needs to know
    load: Load,
    worker: int,
    *,
    store: ObjectStore,
    run: str,
    suites_dir: Path,
    min_fit_share: float,
    clock: Callable[[], datetime],
) -> dict[str, Any]:
    """Audit the batches of a worker by the suites of the hourly run, each batch as a whole.

    A batch with too few fit rows is refused: none of its rows is published, and its hours go to the gap
    register with the reason.

    Args:
        load: the whole load.
        worker: index of the worker, from 0.
        store: the bucket.
        run: name of the load.
        suites_dir: folder of the suites.
        min_fit_share: share (0 to 1) of a batch's rows that must be fit.
        clock: the time now, UTC.

    Returns:
        Counts: batches audited and refused (``parts_…``), rows audited, accepted and quarantined; keys of the
        batches' pages (``docs_keys``).

    Raises:
        StorageUnavailable, StorageRefused.
    """
    counts = {"parts_audited": 0, "parts_refused": 0, "rows_audited": 0, "accepted": 0, "quarantined": 0}
    pages: list[str] = []
    batches = load.batches_of(worker)
    progress = LoadProgress("validate", requests_of(batches))
    for index, requests in batches:
        staging, rows = staging_of(store, run, index), 0
        if staging.has(COLLECTED) and not staging.has(AUDITED):
            tables = staging.read(COLLECTED).tables
            result = audit.audit_collected(tables, suites_dir=suites_dir, audited_at=clock(), run=staging.run)
            rows = int(result.counts["rows_arrived"])
            pages.append(docs.publish(store, result, load=True).page)
            besides = {name: tables[name] for name in ("expected", FAILED)}
            try:
                audit.check_fit(result, min_fit_share)
            except QualityTooLow as error:
                counts["parts_refused"] += 1
                result = replace(result, accepted=result.accepted.slice(0, 0))
                besides = _refused(besides, error)
            audit.stage_audit(staging, result, besides)
            counts["parts_audited"] += 1
            counts["rows_audited"] += rows
            counts["accepted"] += result.accepted.num_rows
            counts["quarantined"] += result.quarantined.num_rows
            del tables, result, besides  # not next to those of the next batch
        progress.advance(len(requests), rows)
    return {**counts, "docs_keys": pages}


def _refused(tables: Mapping[str, pa.Table], error: QualityTooLow) -> dict[str, pa.Table]:
    """The tables of a refused batch: all expected station-hours have failed."""
    refused = failed_rows(tables["expected"].select(KEY), reason_of(error))
    return {
        "expected": tables["expected"].slice(0, 0),
        FAILED: pa.concat_tables([tables[FAILED], refused]),
    }
