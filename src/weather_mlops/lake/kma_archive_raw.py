"""Note in raw, for ever, which archived forecasts were published, so that raw alone can rebuild the tables.

A grid doesn't say for which stations somebody loaded it, and files of several variables make one row
together. So each batch of a load or an import leaves a small document, written before its rows are: of which
objects it was read, and how. Batches are in the order in which they were published, which decides where two
of them differ; one that is published again is noted again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Literal

from typing_extensions import TypedDict

from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.lake import documents
from weather_mlops.lake.documents import MomentText
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.raw import PREFIX, SIDECAR

VERSION: Final = 1
FOLDER: Final = f"{PREFIX}published_archives/"

ArchiveSource = Literal["portal", "grid"]


@dataclass(frozen=True)
class ArchiveBatch:
    """What was published together.

    Attributes:
        source: files of the portal, or grids.
        keys: of the objects in raw, in the order in which they were read.
        published_at: just before they were, UTC.
        first_issue: the first issue of its rows, UTC.
        last_issue: the last one.
        cells: of grids, the cell of each station.
        lead_hours: of grids, the longest lead; None = to the end of an issue.
    """

    source: ArchiveSource
    keys: tuple[str, ...]
    published_at: datetime
    first_issue: datetime
    last_issue: datetime
    cells: Mapping[int, Cell] = field(default_factory=dict)
    lead_hours: int | None = None

    def repeats(self, other: "ArchiveBatch") -> bool:
        """Whether it has the same rows as another one."""
        return (self.keys, self.cells, self.lead_hours) == (other.keys, other.cells, other.lead_hours)


class _Document(TypedDict):
    version: int
    source: ArchiveSource
    keys: list[str]
    published_at: MomentText
    first_issue: MomentText
    last_issue: MomentText
    cells: dict[str, str]
    lead_hours: int | None


def put_batch(store: ObjectStore, batch: ArchiveBatch) -> str:
    """Note a batch that is about to be published.

    Returns:
        The key: ``raw/kma/published_archives/<YYYY>/<MM>/<DD>/<time>_<source>_<sha12>.json``, in UTC.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    document: _Document = {
        "version": VERSION,
        "source": batch.source,
        "keys": list(batch.keys),
        "published_at": batch.published_at.isoformat(),
        "first_issue": batch.first_issue.isoformat(),
        "last_issue": batch.last_issue.isoformat(),
        "cells": {str(station_id): str(cell) for station_id, cell in batch.cells.items()},
        "lead_hours": batch.lead_hours,
    }
    body = json.dumps(document).encode()
    at = batch.published_at.astimezone(UTC)
    digest = sha256(body).hexdigest()[:12]
    key = f"{FOLDER}{at:%Y/%m/%d}/{at:%Y%m%dT%H%M%S%fZ}_{batch.source}_{digest}{SIDECAR}"
    store.put(key, body, "application/json")
    return key


def read_batches(store: ObjectStore) -> list[ArchiveBatch]:
    """All batches, in the order in which they were published.

    Raises:
        ObjectDamaged: a document is damaged.
        StorageUnavailable, StorageRefused.
    """
    batches = [_batch(documents.read(store, entry.key, _Document)) for entry in store.list(FOLDER)]
    return sorted(batches, key=lambda batch: batch.published_at)


def _batch(document: _Document) -> ArchiveBatch:
    published_at, first_issue, last_issue = (
        datetime.fromisoformat(document[name]) for name in ("published_at", "first_issue", "last_issue")
    )
    return ArchiveBatch(
        document["source"],
        tuple(document["keys"]),
        published_at,
        first_issue,
        last_issue,
        {int(station_id): Cell.parse(cell) for station_id, cell in document["cells"].items()},
        document["lead_hours"],
    )
